//! Addresses and socket buffer sizes: the small vocabulary that proxy, backend and clients share.

mod address;
mod buffers;

pub use address::Address;
pub use buffers::{BufferSizes, Granted, apply_before_use, granted};
