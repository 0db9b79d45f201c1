//! Addresses, connecting and socket buffer sizes: the small vocabulary that proxy, backend, clients and probes share.

mod address;
mod buffers;
mod connect;
mod watch;

pub use address::Address;
pub use buffers::{BufferSizes, Granted, apply_before_use, granted};
pub use connect::{begin_connect, stream_to};
pub use watch::watch;

/// The inode of an open file or socket, by which the kernel's tables name it.
pub fn inode_of(of: impl std::os::fd::AsFd) -> Option<u64> {
    Some(rustix::fs::fstat(of).ok()?.st_ino)
}

/// An error of the operating system in the C library's words, without the number that the standard library adds.
pub fn words_of(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error ") {
        Some((words, _)) => words.to_owned(),
        None => text,
    }
}
