//! The buffers of the buffered pipe and their limits, in bytes.

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
