//! Chunked bodies: how the bytes were cut into pieces makes no difference.

#![no_main]

use libfuzzer_sys::fuzz_target;
use slowlab::machine::http::ChunkedBody;

/// The payload, the bytes that belong to the body, and whether it ended well; none if it is broken.
fn decoded<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Option<(Vec<u8>, usize, bool)> {
    let mut body = ChunkedBody::default();
    let (mut payload, mut consumed) = (Vec::new(), 0);
    for piece in pieces {
        let progress = body.decode(piece, |run| payload.extend_from_slice(run)).ok()?;
        consumed += progress.consumed;
        if progress.done {
            return Some((payload, consumed, true));
        }
        assert_eq!(progress.consumed, piece.len(), "all is taken before the end");
    }
    Some((payload, consumed, false))
}

fuzz_target!(|input: (u8, &[u8])| {
    let (size, bytes) = input;
    let whole = decoded(std::iter::once(bytes));
    let cut = decoded(bytes.chunks(usize::from(size).max(1)));
    assert_eq!(whole, cut);
});
