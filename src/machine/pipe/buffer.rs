//! The buffers of the buffered pipe and their limits, in bytes.

use std::collections::VecDeque;

use super::outgoing::Body;
use crate::machine::proxy_config::ProxyConfig;

#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) count: u32,
    pub(super) size: u64,
    pub(super) busy: u64,
    pub(super) max_temp_file: u64,
    pub(super) temp_file_write: u64,
}

/// A buffer of `size` bytes, of which `space` can hold body (less than `size` only in the first buffer, behind the head).
#[derive(Clone, Copy, Debug)]
pub(super) struct Buffer {
    pub(super) size: u64,
    pub(super) space: u64,
    pub(super) len: u64,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Range {
    pub(super) at: u64,
    pub(super) len: u64,
}

impl Limits {
    pub(super) fn new(config: &ProxyConfig) -> Limits {
        Limits {
            count: config.proxy_buffers.count,
            size: config.proxy_buffers.size.0,
            busy: config.busy_buffers_size().0,
            max_temp_file: config.proxy_max_temp_file_size.0,
            temp_file_write: config.temp_file_write_size().0,
        }
    }

    /// Whether a buffer of this size may go out behind `busy` others. nginx refuses configurations in which one alone passes the limit; then one at a
    /// time does.
    pub(super) fn fits(&self, busy: u64, size: u64) -> bool {
        busy == 0 || busy + size <= self.busy
    }

    /// Bytes in those of `buffers` that may go out together.
    pub(super) fn together(&self, buffers: &VecDeque<Buffer>) -> u64 {
        let mut busy = 0;
        let fit = buffers.iter().take_while(|buffer| {
            let fits = self.fits(busy, buffer.size);
            busy += buffer.size;
            fits
        });
        fit.map(|buffer| buffer.len).sum()
    }
}

impl Buffer {
    pub(super) fn empty(size: u64) -> Buffer {
        Buffer {
            size,
            space: size,
            len: 0,
        }
    }

    pub(super) fn as_body(self) -> Body {
        Body::Memory {
            len: self.len,
            buffer: self.size,
        }
    }
}

/// `ngx_event_pipe_add_free_buf`: behind a partly filled buffer, otherwise in front.
pub(super) fn recycle(raw: &mut VecDeque<Buffer>, size: u64) {
    let behind_partial = raw.front().is_some_and(|buffer| buffer.len > 0);
    raw.insert(usize::from(behind_partial), Buffer::empty(size));
}
