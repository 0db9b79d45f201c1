//! The chunked transfer coding, read piece by piece.

use super::HeadError;

/// A reader of chunked framing: fed bytes in any pieces, it counts payload and finds the end.
#[derive(Clone, Debug, Default)]
pub struct ChunkedBody {
    state: State,
    line: Vec<u8>,
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

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum State {
    #[default]
    Size,
    Data(u64),
    DataEnd,
    Trailer,
    Done,
}

/// The line end that closes a chunk.
pub const CHUNK_END: &str = "\r\n";
/// The last chunk and the empty trailer.
pub const LAST_CHUNK: &str = "0\r\n\r\n";

/// The line that begins a chunk of so many bytes.
pub fn chunk_size(bytes: u64) -> String {
    format!("{bytes:x}\r\n")
}

/// Its length.
pub fn chunk_size_len(bytes: u64) -> u64 {
    u64::from(bytes.max(1).ilog2() / 4) + 3
}

/// Longest chunk-size line, extensions included.
const MAX_LINE: usize = 1024;

impl ChunkedBody {
    /// Takes in a piece.
    ///
    /// # Errors
    /// [`HeadError::Framing`] for a chunk size that is not hexadecimal or too long, or a missing line end.
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
            if let State::Data(left) = self.state {
                let take = left.min((input.len() - consumed) as u64);
                sink(&input[consumed..consumed + take as usize]);
                consumed += take as usize;
                payload += take;
                self.state = if take == left {
                    State::DataEnd
                } else {
                    State::Data(left - take)
                };
                continue;
            }
            let byte = input[consumed];
            consumed += 1;
            if byte != b'\n' {
                self.line.push(byte);
                if self.line.len() > MAX_LINE {
                    return Err(HeadError::Framing);
                }
                continue;
            }
            self.state = self.end_of_line()?;
            self.line.clear();
        }
        Ok(ChunkedProgress {
            consumed,
            payload,
            done: self.state == State::Done,
        })
    }

    /// Bytes of payload that the framing has announced and that have not come.
    pub fn ahead(&self) -> u64 {
        match self.state {
            State::Data(left) => left,
            State::Size | State::DataEnd | State::Trailer | State::Done => 0,
        }
    }

    fn end_of_line(&self) -> Result<State, HeadError> {
        let line = self.line.strip_suffix(b"\r").unwrap_or(&self.line);
        match self.state {
            State::Size => match parse_size(line).ok_or(HeadError::Framing)? {
                0 => Ok(State::Trailer),
                size => Ok(State::Data(size)),
            },
            State::DataEnd if line.is_empty() => Ok(State::Size),
            State::Trailer if line.is_empty() => Ok(State::Done),
            State::Trailer => Ok(State::Trailer),
            State::DataEnd | State::Data(_) | State::Done => Err(HeadError::Framing),
        }
    }
}

fn parse_size(line: &[u8]) -> Option<u64> {
    let digits = line.split(|byte| *byte == b';').next()?.trim_ascii_end();
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let size = u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    i64::try_from(size)
        .is_ok_and(|size| size <= i64::MAX - 5)
        .then_some(size)
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
        ] {
            assert!(ChunkedBody::default().feed(bad).is_err(), "{bad:?}");
        }
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
