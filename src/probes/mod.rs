//! Probes on real sockets: one thread and one `poll` for all of them, so that they neither wait for clients nor make them wait.
//!
//! A driver of [`crate::machine::probe::Prober`]: when to ask and what an answer means is decided there. What follows from a probe that kills is
//! not done here either: whoever started the probes hears of it by [`Probes::wait`], and says when the backend ends and begins.

mod dialog;
mod watch;

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;

use crate::machine::probe::ProbeConfig;
use crate::net::Address;
use crate::record::Sink;
use crate::tier::Tier;
use crate::time::{Clock, Span};

/// What probes need.
#[derive(Clone, Debug)]
pub struct ProbesSpec {
    /// The probes.
    pub probes: Vec<ProbeConfig>,
    /// Where the backend listens.
    pub backend: Address,
    /// Where the tiers of proxies listen, the first of several of each.
    pub proxies: Vec<(Tier, SocketAddr)>,
    /// The `Host` that they ask for.
    pub host: String,
    /// The clock of what is reported.
    pub clock: Clock,
    /// Takes the reports.
    pub sink: Sink,
}

/// A probe that wants the backend restarted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ask {
    /// Which one.
    pub probe: usize,
    /// Failures in a row.
    pub failures: u32,
}

/// Running probes. Dropping them ends them.
#[derive(Debug)]
pub struct Probes {
    /// A byte is a word to the thread, its end is the last one.
    told: Option<UnixStream>,
    asks: Receiver<Ask>,
    thread: Option<JoinHandle<()>>,
}

/// See [`Probes::hold`].
const HOLD: u8 = b'h';
/// See [`Probes::release`].
const RELEASE: u8 = b'r';

impl Probes {
    /// Starts them; the first questions are asked at once.
    ///
    /// # Errors
    /// The kernel refuses a thread or a socket.
    pub fn start(spec: ProbesSpec) -> io::Result<Probes> {
        let (told, hears) = UnixStream::pair()?;
        hears.set_nonblocking(true)?;
        let (says, asks) = channel();
        let thread = std::thread::Builder::new()
            .name("probes".to_owned())
            .spawn(move || watch::Watch::new(spec, hears, says).run())?;
        Ok(Probes {
            told: Some(told),
            asks,
            thread: Some(thread),
        })
    }

    /// Waits for so long at most until a probe wants the backend restarted.
    pub fn wait(&self, limit: Span) -> Option<Ask> {
        match self.asks.recv_timeout(limit.to_duration()) {
            Ok(ask) => Some(ask),
            Err(RecvTimeoutError::Timeout) => None,
            // The thread has panicked, which was printed; time is to pass all the same.
            Err(RecvTimeoutError::Disconnected) => {
                watch::pass(limit);
                None
            }
        }
    }

    /// The backend is told to end: probes that could kill it again are silent until it is there anew.
    pub fn hold(&self) {
        self.tell(HOLD);
    }

    /// It is there anew.
    pub fn release(&self) {
        self.tell(RELEASE);
    }

    fn tell(&self, word: u8) {
        if let Some(mut told) = self.told.as_ref() {
            let _ = told.write_all(&[word]); // a thread that is gone needs no words
        }
    }

    /// Ends them; what is not answered yet has no row.
    pub fn stop(self) {}
}

impl Drop for Probes {
    fn drop(&mut self) {
        drop(self.told.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // a panic there has been printed
        }
    }
}
