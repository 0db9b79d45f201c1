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
    /// Those that there are for connections and files; `None` is no limit.
    most: Option<u32>,
    free: Option<u32>,
    /// Whatever is free is forgotten at once.
    leak: bool,
}

impl Descriptors {
    /// Under this limit.
    pub fn new(limit: Option<u32>) -> Descriptors {
        let most = limit.map(|limit| limit.saturating_sub(BASE_DESCRIPTORS));
        Descriptors {
            most,
            free: most,
            leak: false,
        }
    }

    /// Those that are somebody's, under a limit.
    pub fn taken(&self) -> Option<u32> {
        let both = self.most.zip(self.free);
        both.map(|(most, free)| most - free)
    }

    /// From now on they leak: nobody gets one any more, and who has one keeps it.
    pub fn leak(&mut self) {
        self.leak = true;
    }

    /// Whether there was one; it is taken then.
    pub fn take(&mut self) -> bool {
        if self.leak {
            return false;
        }
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
