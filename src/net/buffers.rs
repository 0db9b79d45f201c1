//! Socket buffers: what was asked for and what the kernel granted.
//!
//! Linux doubles the request, caps it at `rmem_max`/`wmem_max` and floors it at 2304 and 4608 bytes
//! (measured on 6.18). Asking switches autotuning off for that side. SO_RCVBUF counts only if it is set before
//! `connect` or `listen`: afterwards the window is already promised, and the kernel drops what overflows.

use std::io;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use socket2::SockRef;

use crate::units::Bytes;

/// The sizes that a scenario asks for; `None` leaves the kernel's own rule (autotuning on TCP).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BufferSizes {
    /// SO_SNDBUF in bytes, before the kernel doubles it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sndbuf: Option<Bytes>,
    /// SO_RCVBUF in bytes, before the kernel doubles it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rcvbuf: Option<Bytes>,
}

/// The effective sizes that `getsockopt` reports, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Granted {
    /// Effective SO_SNDBUF.
    pub sndbuf: u64,
    /// Effective SO_RCVBUF.
    pub rcvbuf: u64,
}

/// Asks for buffer sizes on a socket that is not yet connected or listening.
///
/// # Errors
/// Those of `setsockopt`.
pub fn apply_before_use(socket: SockRef<'_>, sizes: BufferSizes) -> io::Result<()> {
    if let Some(sndbuf) = sizes.sndbuf {
        socket.set_send_buffer_size(sndbuf.as_usize())?;
    }
    if let Some(rcvbuf) = sizes.rcvbuf {
        socket.set_recv_buffer_size(rcvbuf.as_usize())?;
    }
    Ok(())
}

/// Reads back what the kernel granted.
///
/// # Errors
/// Those of `getsockopt`.
pub fn granted(socket: SockRef<'_>) -> io::Result<Granted> {
    Ok(Granted {
        sndbuf: socket.send_buffer_size()? as u64,
        rcvbuf: socket.recv_buffer_size()? as u64,
    })
}
