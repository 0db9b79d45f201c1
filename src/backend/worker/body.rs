//! The bodies of all responses: one pattern in memory, made before the fork and shared by all workers.

use std::borrow::Cow;

use super::hands::head_bytes;
use crate::machine::backend_config::BackendConfig;
use crate::machine::worker::{BODY_PATTERN, Payload};

/// The body's pattern, long enough for the largest write of any handler from any offset within the pattern.
pub(in crate::backend) fn body_of(config: &BackendConfig) -> Vec<u8> {
    let writes = config.app.values();
    let largest = writes
        .map(|handler| handler.write_size().min(handler.response.most()))
        .max();
    let mut body = Vec::new();
    let len = largest.unwrap_or_default().0 + BODY_PATTERN.len() as u64;
    Payload::Body { offset: 0, len }.write_to("", &mut body);
    body
}

/// A payload's bytes on the wire; a piece of a body is a part of the pattern, which is not copied.
pub(super) fn bytes_of<'a>(pattern: &'a [u8], payload: &Payload) -> Cow<'a, [u8]> {
    let Payload::Body { offset, len } = payload else {
        return Cow::Owned(head_bytes(payload));
    };
    let skip = usize::try_from(offset % BODY_PATTERN.len() as u64).unwrap_or(0);
    let len = usize::try_from(*len).unwrap_or(usize::MAX);
    Cow::Borrowed(&pattern[skip..skip + len])
}
