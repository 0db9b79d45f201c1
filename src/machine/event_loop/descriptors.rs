//! `worker_rlimit_nofile`: descriptors of an event loop, where there is no kernel that counts them.
//!
//! A connection takes one, to a client or to an upstream, and so does a temp file. What fails for want of one is `accept4` (nobody accepts for
//! [`super::ACCEPT_PAUSE`]), `socket` (500) or `open` (the response is cut).

/// What an nginx worker has open before its first client comes: three standard streams, two logs, the listener, the channel to the master, epoll
/// and an eventfd (measured, 1.22.1).
pub const BASE_DESCRIPTORS: u32 = 9;

/// Descriptors of one event loop.
#[derive(Clone, Copy, Debug)]
pub struct Descriptors {
    /// `None` is no limit.
    free: Option<u32>,
}

impl Descriptors {
    /// Under this limit.
    pub fn new(limit: Option<u32>) -> Descriptors {
        Descriptors {
            free: limit.map(|limit| limit.saturating_sub(BASE_DESCRIPTORS)),
        }
    }

    /// Those that nobody has, under a limit.
    pub fn free(&self) -> Option<u32> {
        self.free
    }

    /// Whether there was one; it is taken then.
    pub fn take(&mut self) -> bool {
        match &mut self.free {
            None => true,
            Some(0) => false,
            Some(free) => {
                *free -= 1;
                true
            }
        }
    }

    /// So many are closed.
    pub fn give_back(&mut self, count: u32) {
        if let Some(free) = &mut self.free {
            *free += count;
        }
    }
}
