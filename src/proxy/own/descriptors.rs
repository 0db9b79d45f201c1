//! `worker_rlimit_nofile` by the kernel's own limit, which counts the descriptors of a whole process.
//!
//! nginx's limit is each worker's. Here all event loops are in one process, which has some files open that an nginx worker has not, and none of
//! those that it has. So its limit is what it has open itself, and for each event loop as many more as a worker has left for its clients,
//! upstreams and temp files. Event loops that share a process share them.

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::machine::event_loop::BASE_DESCRIPTORS;
use crate::machine::proxy_config::ProxyConfig;

/// What a proxy has open beside its event loops, and this process had not before: the listener and two logs.
const OF_PROXY: u64 = 3;

/// The limit of this process.
#[derive(Debug)]
pub(super) struct Descriptors {
    /// For the clients of an event loop; `None` leaves the process its limit.
    each: Option<u64>,
    /// What it has open without event loops.
    base: u64,
    /// What an event loop has open without clients.
    of_loop: u64,
    maximum: Option<u64>,
    current: Option<u64>,
}

impl Descriptors {
    /// Before the proxy has begun.
    pub(super) fn of(config: &ProxyConfig) -> io::Result<Descriptors> {
        let limit = config.worker_rlimit_nofile.map(u64::from);
        let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
        Ok(Descriptors {
            each: limit.map(|limit| limit.saturating_sub(BASE_DESCRIPTORS.into())),
            base: open()? + OF_PROXY,
            of_loop: 0,
            maximum,
            current,
        })
    }

    /// So many event loops have begun, and have no clients yet.
    pub(super) fn begin(&mut self, loops: usize) -> io::Result<()> {
        let loops = loops.max(1) as u64;
        self.of_loop = open()?.saturating_sub(self.base) / loops;
        self.set(loops)
    }

    /// Until [`Descriptors::follow`] there is no limit but the system's: more event loops begin.
    pub(super) fn lift(&mut self) {
        if self.each.is_some() {
            self.current = self.maximum;
            let _ = self.apply();
        }
    }

    /// What a leak has set is over.
    pub(super) fn restore(&self) {
        let _ = self.apply();
    }

    /// So many event loops are there: as with nginx, old ones have theirs as long as they live.
    pub(super) fn follow(&mut self, loops: usize) {
        // It was granted once, and is no higher but while a reload's old loops live; what is not granted then leaves the old limit.
        let _ = self.set(loops as u64);
    }

    fn set(&mut self, loops: u64) -> io::Result<()> {
        let Some(each) = self.each else { return Ok(()) };
        let current = Some(self.base + loops * (self.of_loop + each));
        if self.current == current {
            return Ok(());
        }
        self.current = current;
        self.apply()
    }

    fn apply(&self) -> io::Result<()> {
        let (current, maximum) = (self.current, self.maximum);
        Ok(setrlimit(Resource::Nofile, Rlimit { current, maximum })?)
    }
}

/// Descriptors that this process has open.
fn open() -> io::Result<u64> {
    // One of them is for the look at them.
    Ok(std::fs::read_dir("/proc/self/fd")?.count() as u64 - 1)
}
