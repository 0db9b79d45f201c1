//! The body of a request as it travels: with a length, or in chunks. Its contents are of no interest and made up on the way.

use super::chunked::{CHUNK_END, CHUNKED_FIELD, LAST_CHUNK, chunk_len, chunk_size};

/// Ours: data in each chunk but the last, of the order of what clients write at once.
const CHUNK_BYTES: u64 = 16 * 1024;
/// What each byte of a body is.
const FILLER: u8 = b'x';

/// A request's body.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Upload {
    /// Bytes of data; zero is no body at all.
    pub bytes: u64,
    /// In chunks, rather than with a length that is told beforehand.
    pub chunked: bool,
}

impl Upload {
    /// Bytes as it travels, framing included.
    pub fn wire_bytes(self) -> u64 {
        if self.bytes == 0 || !self.chunked {
            return self.bytes;
        }
        let (full, rest) = (self.bytes / CHUNK_BYTES, self.bytes % CHUNK_BYTES);
        let last = if rest > 0 { chunk_len(rest) } else { 0 };
        full * chunk_len(CHUNK_BYTES) + last + LAST_CHUNK.len() as u64
    }

    /// The field of the head that announces it; empty if there is no body.
    pub fn head_field(self) -> String {
        match self {
            Upload { bytes: 0, .. } => String::new(),
            Upload { chunked: true, .. } => CHUNKED_FIELD.to_owned(),
            Upload { bytes, .. } => format!("Content-Length: {bytes}\r\n"),
        }
    }

    /// Fills `into` with what travels from the byte with the index `from` on; how much of it was filled: all, but at the end.
    pub fn fill(self, from: u64, into: &mut [u8]) -> usize {
        let left = usize::try_from(self.wire_bytes().saturating_sub(from)).unwrap_or(usize::MAX);
        let filled = left.min(into.len());
        let into = &mut into[..filled];
        if !self.chunked {
            into.fill(FILLER);
            return filled;
        }
        let mut done = 0;
        while done < filled {
            done += self.fill_chunk(from + done as u64, &mut into[done..]);
        }
        filled
    }

    /// The same up to the end of the chunk that `from` is in, at most.
    fn fill_chunk(self, from: u64, into: &mut [u8]) -> usize {
        // The last chunk and what is behind it may be longer than a full one.
        let index = (from / chunk_len(CHUNK_BYTES)).min(self.bytes / CHUNK_BYTES);
        let data = (self.bytes - index * CHUNK_BYTES).min(CHUNK_BYTES);
        let within = from - index * chunk_len(CHUNK_BYTES);
        let end = chunk_len(data);
        if data == 0 || within >= end {
            // Behind the last data: a chunk of less than full size, or none, is followed by the last one.
            let at = if data == 0 { within } else { within - end };
            return copy(&LAST_CHUNK.as_bytes()[at as usize..], into);
        }
        let size = chunk_size(data);
        let body_end = size.len() as u64 + data;
        if within < size.len() as u64 {
            copy(&size.as_bytes()[within as usize..], into)
        } else if within < body_end {
            let n = usize::try_from(body_end - within).unwrap_or(usize::MAX);
            let n = n.min(into.len());
            into[..n].fill(FILLER);
            n
        } else {
            copy(&CHUNK_END.as_bytes()[(within - body_end) as usize..], into)
        }
    }
}

/// Fills `into` with a request (its `head`, then its body) from the byte with the index `from` on; how much of it was filled.
pub fn request_bytes(head: &[u8], body: Upload, from: u64, into: &mut [u8]) -> usize {
    let begun = usize::try_from(from).unwrap_or(usize::MAX);
    let of_head = match head.get(begun..) {
        Some(rest) => copy(rest, into),
        None => 0,
    };
    let from_body = (from + of_head as u64).saturating_sub(head.len() as u64);
    of_head + body.fill(from_body, &mut into[of_head..])
}

fn copy(from: &[u8], into: &mut [u8]) -> usize {
    let n = from.len().min(into.len());
    into[..n].copy_from_slice(&from[..n]);
    n
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::ChunkedBody;
    use super::*;

    /// The whole of it, in pieces of `size`.
    fn whole(head: &[u8], body: Upload, size: usize) -> Vec<u8> {
        let (mut all, mut piece) = (Vec::new(), vec![0; size]);
        loop {
            let n = request_bytes(head, body, all.len() as u64, &mut piece);
            all.extend_from_slice(&piece[..n]);
            if n < size {
                return all;
            }
        }
    }

    #[test]
    fn a_body_is_as_long_as_it_says() {
        let plain = Upload {
            bytes: 5,
            chunked: false,
        };
        assert_eq!(plain.head_field(), "Content-Length: 5\r\n");
        assert_eq!(whole(b"HEAD", plain, 3), b"HEADxxxxx");
        let chunked = Upload {
            chunked: true,
            ..plain
        };
        assert_eq!(chunked.head_field(), "Transfer-Encoding: chunked\r\n");
        assert_eq!(whole(b"H", chunked, 4), b"H5\r\nxxxxx\r\n0\r\n\r\n");
        let none = Upload::default();
        assert_eq!(
            (
                none.head_field().as_str(),
                none.wire_bytes(),
                whole(b"H", none, 9)
            ),
            ("", 0, b"H".to_vec())
        );
    }

    proptest! {
        /// Whatever the pieces: the same bytes, as many as announced, and the chunks hold the data.
        #[test]
        fn pieces_do_not_matter(bytes in 1..70_000_u64, size in 1..20_000_usize, chunked: bool) {
            let body = Upload { bytes, chunked };
            let all = whole(b"", body, 1 << 20);
            prop_assert_eq!(all.len() as u64, body.wire_bytes());
            prop_assert_eq!(&whole(b"", body, size), &all);
            if chunked {
                let progress = ChunkedBody::default().feed(&all).unwrap();
                prop_assert!(progress.done && progress.consumed == all.len());
                prop_assert_eq!(progress.payload, bytes);
            }
        }
    }
}
