//! A response as a client on real sockets follows it: the head is parsed, the body is counted, the bytes are thrown away.

use std::borrow::Cow;

use super::end::{AtEof, Heard};
use crate::machine::http::{
    ChunkedBody, Framing, HeadError, ResponseHead, parse_response, response_framing,
};

/// A response in the course of arriving.
#[derive(Debug, Default)]
pub struct Response {
    stage: Stage,
    /// Bytes of body.
    pub body_bytes: u64,
    /// Bytes of body that the head announced, if it announced a number.
    pub expected_bytes: Option<u64>,
    /// The status, once its head is complete.
    pub status: Option<u16>,
    keep_alive: bool,
}

#[derive(Debug)]
enum Stage {
    Head(Vec<u8>),
    Length { left: u64 },
    // Boxed because it is rare, and a held client should stay small.
    Chunked(Box<ChunkedBody>),
    UntilClose,
    Done { surplus: bool },
}

impl Default for Stage {
    fn default() -> Stage {
        Stage::Head(Vec::new())
    }
}

impl Response {
    /// Takes in bytes as they were read. Returns whether the response is complete.
    ///
    /// # Errors
    /// What is not HTTP/1.x, in the head or in the chunks.
    pub fn feed(&mut self, input: &[u8]) -> Result<bool, HeadError> {
        let mut piece = Cow::Borrowed(input);
        while let Stage::Head(buffer) = &mut self.stage {
            buffer.extend_from_slice(&piece);
            let Some(head) = parse_response(buffer)? else {
                return Ok(false);
            };
            piece = Cow::Owned(buffer.split_off(head.len));
            self.begin_body(&head)?;
        }
        self.count(&piece)
    }

    fn begin_body(&mut self, head: &ResponseHead) -> Result<(), HeadError> {
        if (100..200).contains(&head.status) && head.status != 101 {
            // An interim response: the real one follows.
            self.stage = Stage::Head(Vec::new());
            return Ok(());
        }
        self.status = Some(head.status);
        self.keep_alive = head.keep_alive();
        let framing = response_framing(head, false)?;
        self.expected_bytes = match framing {
            Framing::None => Some(0),
            Framing::Length(length) => Some(length),
            Framing::Chunked | Framing::UntilClose => None,
        };
        self.stage = match framing {
            Framing::None | Framing::Length(0) => Stage::Done { surplus: false },
            Framing::Length(left) => Stage::Length { left },
            Framing::Chunked => Stage::Chunked(Box::default()),
            Framing::UntilClose => Stage::UntilClose,
        };
        Ok(())
    }

    fn count(&mut self, input: &[u8]) -> Result<bool, HeadError> {
        let (consumed, payload, done) = match &mut self.stage {
            Stage::Head(_) => return Ok(false),
            Stage::Length { left } => {
                let taken = (*left).min(input.len() as u64);
                *left -= taken;
                (taken, taken, *left == 0)
            }
            Stage::Chunked(body) => {
                let progress = body.feed(input)?;
                (progress.consumed as u64, progress.payload, progress.done)
            }
            Stage::UntilClose => (input.len() as u64, input.len() as u64, false),
            Stage::Done { .. } => (0, 0, true),
        };
        self.body_bytes += payload;
        if done {
            let surplus = consumed < input.len() as u64;
            self.stage = Stage::Done { surplus };
        }
        Ok(done)
    }

    /// What it means that the peer has closed now.
    pub fn at_eof(&self) -> AtEof {
        match self.stage {
            Stage::Head(_) => AtEof::NoHead,
            Stage::Length { .. } | Stage::Chunked(_) => AtEof::Cut,
            Stage::UntilClose | Stage::Done { .. } => AtEof::Whole,
        }
    }

    /// What the client knows of it when it is over.
    pub fn heard(&self) -> Heard {
        Heard {
            status: self.status,
            usable: self.keep_alive && matches!(self.stage, Stage::Done { surplus: false }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds `text` in pieces of every size, and says how it stands: done, at EOF, status, announced, body.
    fn read(text: &str) -> (bool, AtEof, Option<u16>, Option<u64>, u64) {
        let mut seen = None;
        for size in 1..=text.len().max(1) {
            let mut response = Response::default();
            let mut done = false;
            for piece in text.as_bytes().chunks(size) {
                done = response.feed(piece).unwrap();
            }
            let now = (
                done,
                response.at_eof(),
                response.status,
                response.expected_bytes,
                response.body_bytes,
            );
            assert_eq!(*seen.get_or_insert(now), now, "pieces of {size}");
        }
        seen.unwrap()
    }

    #[test]
    fn outcomes() {
        use AtEof::{Cut, NoHead, Whole};
        let cases = [
            ("", (false, NoHead, None, None, 0)),
            (
                "HTTP/1.1 200 OK\r\nContent-Le",
                (false, NoHead, None, None, 0),
            ),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
                (false, Cut, Some(200), Some(5), 4),
            ),
            (
                "HTTP/1.1 504 Gateway Time-out\r\nContent-Length: 5\r\n\r\nhello",
                (true, Whole, Some(504), Some(5), 5),
            ),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello and more",
                (true, Whole, Some(200), Some(5), 5),
            ),
            (
                "HTTP/1.1 204 No Content\r\n\r\n",
                (true, Whole, Some(204), Some(0), 0),
            ),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
                (false, Cut, Some(200), None, 3),
            ),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
                (true, Whole, Some(200), None, 3),
            ),
            (
                "HTTP/1.0 200 OK\r\n\r\nuntil the end",
                (false, Whole, Some(200), None, 13),
            ),
            (
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
                (true, Whole, Some(200), Some(0), 0),
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_connection_is_kept_only_after_an_exact_end() {
        let cases = [
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", true),
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokk", false),
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no", false),
            ("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", false),
            (
                "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
                false,
            ),
        ];
        for (text, kept) in cases {
            let mut response = Response::default();
            response.feed(text.as_bytes()).unwrap();
            assert_eq!(response.heard().usable, kept, "{text:?}");
        }
    }

    #[test]
    fn nonsense_is_an_error() {
        assert!(
            Response::default()
                .feed(b"SSH-2.0-OpenSSH\r\n\r\n")
                .is_err()
        );
    }
}
