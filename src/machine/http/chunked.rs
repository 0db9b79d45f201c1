//! The chunked transfer coding, read piece by piece as nginx does (`ngx_http_parse_chunked`).

use super::HeadError;

/// A reader of chunked framing: fed bytes in any pieces, it counts payload and finds the end.
#[derive(Clone, Copy, Debug, Default)]
pub struct ChunkedBody {
    state: State,
    /// Of the chunk in hand: what its line says so far, then what is left of it.
    size: u64,
    /// Whether anything of it has come.
    begun: bool,
}

/// What a piece of input contained.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ChunkedProgress {
    /// Bytes of input that belong to this body.
    pub consumed: usize,
    /// Of these, payload.
    pub payload: u64,
    /// Whether the last chunk and its trailer are complete.
    pub done: bool,
}

/// nginx's states, `sw_...`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum State {
    #[default]
    Start,
    Size,
    Extension,
    ExtensionEnd,
    Data,
    AfterData,
    AfterDataEnd,
    LastExtension,
    LastExtensionEnd,
    Trailer,
    TrailerEnd,
    TrailerField,
    TrailerFieldEnd,
    Done,
}

/// `NGX_MAX_OFF_T_VALUE`.
const MOST: u64 = i64::MAX as u64;

/// The line end that closes a chunk.
pub const CHUNK_END: &str = "\r\n";
/// The last chunk and the empty trailer.
pub const LAST_CHUNK: &str = "0\r\n\r\n";
/// The field of a head that announces chunks.
pub const CHUNKED_FIELD: &str = "Transfer-Encoding: chunked\r\n";

/// The line that begins a chunk of so many bytes.
pub fn chunk_size(bytes: u64) -> String {
    format!("{bytes:x}\r\n")
}

/// Its length.
pub fn chunk_size_len(bytes: u64) -> u64 {
    u64::from(bytes.max(1).ilog2() / 4) + 3
}

/// Length of a chunk of so many bytes, its first line and its end included.
pub fn chunk_len(bytes: u64) -> u64 {
    chunk_size_len(bytes) + bytes + CHUNK_END.len() as u64
}

impl ChunkedBody {
    /// Takes in a piece.
    ///
    /// # Errors
    /// [`HeadError::Framing`] for a chunk size that is not hexadecimal or too large, or a missing line end.
    pub fn feed(&mut self, input: &[u8]) -> Result<ChunkedProgress, HeadError> {
        self.decode(input, |_| {})
    }

    /// Takes in a piece and hands its payload to `sink`, run by run.
    ///
    /// # Errors
    /// As [`ChunkedBody::feed`].
    pub fn decode(
        &mut self,
        input: &[u8],
        mut sink: impl FnMut(&[u8]),
    ) -> Result<ChunkedProgress, HeadError> {
        let mut consumed = 0;
        let mut payload = 0;
        while consumed < input.len() && self.state != State::Done {
            if self.state == State::Data {
                let take = self.size.min((input.len() - consumed) as u64);
                sink(&input[consumed..consumed + take as usize]);
                self.begun = true;
                consumed += take as usize;
                payload += take;
                self.size -= take;
                if self.size == 0 {
                    self.state = State::AfterData;
                }
                continue;
            }
            self.state = self.step(input[consumed]).ok_or(HeadError::Framing)?;
            consumed += 1;
        }
        if self.size > MOST - 5 {
            return Err(HeadError::Framing);
        }
        Ok(ChunkedProgress {
            consumed,
            payload,
            done: self.state == State::Done,
        })
    }

    /// Bytes that are still to come of a chunk of which some have; nginx does not look at a chunk before.
    pub fn ahead(&self) -> u64 {
        match self.state {
            State::Data if self.begun => self.size,
            _ => 0,
        }
    }

    /// The state behind a byte of the framing; `None` if it does not belong there.
    fn step(&mut self, byte: u8) -> Option<State> {
        Some(match (self.state, byte) {
            (State::Start | State::Size, _) => return self.size_line(byte),
            (State::Extension, b'\r') => State::ExtensionEnd,
            (State::Extension | State::ExtensionEnd, b'\n') => State::Data,
            (State::AfterData, b'\r') => State::AfterDataEnd,
            (State::AfterData | State::AfterDataEnd, b'\n') => State::Start,
            (State::LastExtension, b'\r') => State::LastExtensionEnd,
            (State::LastExtension | State::LastExtensionEnd, b'\n') => State::Trailer,
            (State::Trailer, b'\r') => State::TrailerEnd,
            (State::Trailer | State::TrailerEnd, b'\n') => State::Done,
            (State::TrailerField, b'\r') => State::TrailerFieldEnd,
            (State::TrailerField | State::TrailerFieldEnd, b'\n') => State::Trailer,
            (State::Trailer, _) => State::TrailerField,
            (State::Extension | State::LastExtension | State::TrailerField, _) => self.state,
            _ => return None,
        })
    }

    /// The same within the line that begins a chunk, up to what is behind its size.
    fn size_line(&mut self, byte: u8) -> Option<State> {
        let begins = self.state == State::Start;
        if begins {
            (self.size, self.begun) = (0, false);
        } else if self.size > MOST / 16 {
            return None;
        }
        if let Some(digit) = char::from(byte).to_digit(16) {
            self.size = self.size * 16 + u64::from(digit);
            return Some(State::Size);
        }
        let last = self.size == 0;
        match byte {
            _ if begins => None,
            b'\r' if last => Some(State::LastExtensionEnd),
            b'\r' => Some(State::ExtensionEnd),
            b'\n' if last => Some(State::Trailer),
            b'\n' => Some(State::Data),
            b';' | b' ' | b'\t' if last => Some(State::LastExtension),
            b';' | b' ' | b'\t' => Some(State::Extension),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_body_in_one_piece() {
        let progress = ChunkedBody::default()
            .feed(b"4\r\nWiki\r\n5;x=y\r\npedia\r\n0\r\nT: v\r\n\r\nnext")
            .unwrap();
        assert_eq!((progress.payload, progress.done), (9, true));
        assert_eq!(
            progress.consumed,
            b"4\r\nWiki\r\n5;x=y\r\npedia\r\n0\r\nT: v\r\n\r\n".len()
        );
    }

    #[test]
    fn a_size_line_is_as_long_as_it_says() {
        for bytes in [0, 1, 15, 16, 255, 256, 16 << 10, u64::MAX] {
            let line = chunk_size(bytes);
            assert_eq!(chunk_size_len(bytes), line.len() as u64, "{line}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for bad in [
            &b"xyz\r\n"[..],
            b"\r\n",
            b"4\r\nWikiX\r\n",
            b"ffffffffffffffffff\r\n",
            b"7fffffffffffffff\r\n",
            b"-1\r\n",
            b"0x2\r\n",
            b" 2\r\n",
            b"2\rx",
            b"2;a\rb\r\n",
            b"0\rx",
            b"0\r\n\rx",
            b"0\r\nT\rx",
            b"2\r\nab\rx",
        ] {
            assert!(ChunkedBody::default().feed(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn what_nginx_lets_pass() {
        for (body, payload) in [
            (&b"2\nhi\n0\n\n"[..], 2),
            (b"2 whatever\r\nhi\r\n0\t\r\n\r\n", 2),
            (b"00002\r\nhi\r\n000\r\nnonsense\r\n\r\n", 2),
        ] {
            let progress = ChunkedBody::default().feed(body).unwrap();
            assert_eq!(
                (progress.payload, progress.done),
                (payload, true),
                "{body:?}"
            );
        }
    }

    /// nginx compares a chunk with the limit once its first byte is there (`NGX_OK` of the parser).
    #[test]
    fn a_chunk_is_announced_by_its_first_byte() {
        let mut body = ChunkedBody::default();
        let mut ahead = |bytes: &[u8]| {
            body.feed(bytes).unwrap();
            body.ahead()
        };
        assert_eq!((ahead(b"10\r\n"), ahead(b"x"), ahead(b"yz")), (0, 15, 13));
    }

    proptest! {
        #[test]
        fn pieces_do_not_matter(chunks in prop::collection::vec(1..300usize, 0..8), cuts in prop::collection::vec(1..40usize, 1..50)) {
            let mut wire = Vec::new();
            for len in &chunks {
                wire.extend(format!("{len:x}\r\n").bytes());
                wire.extend(std::iter::repeat_n(b'\n', *len));
                wire.extend(b"\r\n");
            }
            wire.extend(b"0\r\n\r\n");
            let (mut body, mut at, mut payload, mut done) = (ChunkedBody::default(), 0, 0, false);
            for cut in cuts.iter().cycle() {
                if at == wire.len() { break }
                let end = (at + cut).min(wire.len());
                let progress = body.feed(&wire[at..end]).unwrap();
                prop_assert_eq!(progress.consumed, end - at);
                payload += progress.payload;
                done = progress.done;
                at = end;
            }
            prop_assert!(done);
            prop_assert_eq!(payload, chunks.iter().sum::<usize>() as u64);
        }
    }
}
