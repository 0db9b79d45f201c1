//! The thread: all probes around one `poll`.

use std::io::Read as _;
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::Sender;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::dialog::{Dialog, News};
use super::{Ask, HOLD, ProbesSpec, RELEASE};
use crate::attribution::{probe_failed, probe_record};
use crate::machine::probe::{Attempt, ProbeKind, Prober, Step};
use crate::net::Address;
use crate::record::{Event, Report, Sink, Source};
use crate::tier::Tier;
use crate::time::{Clock, Span, Timestamp};

/// The longest sleep; any would do.
const LONGEST_WAIT: Span = Span::from_secs(3600);

/// What the thread has.
pub(super) struct Watch {
    all: Vec<Probe>,
    hears: UnixStream,
    says: Sender<Ask>,
    clock: Clock,
    sink: Sink,
}

/// A probe and its connection.
struct Probe {
    prober: Prober,
    to: Address,
    request: Vec<u8>,
    dialog: Option<Dialog>,
}

impl Watch {
    pub(super) fn new(spec: ProbesSpec, hears: UnixStream, says: Sender<Ask>) -> Watch {
        let address = |to: Tier| {
            let mut proxies = spec.proxies.iter();
            let proxy = proxies.find(|(tier, _)| *tier == to);
            proxy.map_or(spec.backend.clone(), |(_, at)| Address::Tcp(*at))
        };
        let probes = spec.probes.iter().map(|config| Probe {
            to: address(config.to),
            request: match config.kind {
                ProbeKind::Http => config.request_text(&spec.host).into_bytes(),
                ProbeKind::Tcp => Vec::new(),
            },
            prober: Prober::new(config.clone(), Timestamp::ZERO),
            dialog: None,
        });
        Watch {
            all: probes.collect(),
            hears,
            says,
            clock: spec.clock,
            sink: spec.sink,
        }
    }

    /// Until nobody is there any more to tell it anything.
    pub(super) fn run(mut self) {
        loop {
            let ready = self.wait();
            if ready[0] && !self.hear() {
                return;
            }
            for (index, ready) in ready.iter().skip(1).enumerate() {
                self.turn(index, *ready);
            }
        }
    }

    /// Sleeps until something happens or is due: which of the ear and the probes are ready.
    fn wait(&self) -> Vec<bool> {
        let now = self.clock.now();
        let due = self.all.iter().filter_map(|probe| probe.prober.due()).min();
        let limit = due.map_or(LONGEST_WAIT, |due| due.since(now).min(LONGEST_WAIT));
        let mut fds = vec![PollFd::from_borrowed_fd(self.hears.as_fd(), PollFlags::IN)];
        let mut owners = vec![0];
        for (index, probe) in self.all.iter().enumerate() {
            if let Some(dialog) = &probe.dialog {
                let (fd, flags) = dialog.waits_for();
                fds.push(PollFd::from_borrowed_fd(fd, flags));
                owners.push(index + 1);
            }
        }
        let mut ready = vec![false; self.all.len() + 1];
        let limit = Timespec::try_from(limit.to_duration()).ok();
        if poll(&mut fds, limit.as_ref()).is_ok() {
            for (owner, fd) in owners.into_iter().zip(&fds) {
                ready[owner] = !fd.revents().is_empty();
            }
        }
        ready
    }

    /// Words from whoever started the probes; `false` after the last one.
    fn hear(&mut self) -> bool {
        let mut words = [0; 64];
        let heard = match self.hears.read(&mut words) {
            Ok(0) => return false,
            Ok(n) => &words[..n],
            Err(error) => return error.kind() == std::io::ErrorKind::WouldBlock,
        };
        let now = self.clock.now();
        for word in heard {
            for probe in &mut self.all {
                match *word {
                    HOLD => probe.prober.hold(),
                    RELEASE => probe.prober.release(now),
                    _ => {}
                }
            }
        }
        true
    }

    fn turn(&mut self, index: usize, ready: bool) {
        let probe = &mut self.all[index];
        let now = self.clock.now();
        let mut judged = None;
        if ready {
            judged = probe.on_ready(now);
        }
        if judged.is_none() {
            judged = probe.on_time(now);
        }
        if let Some(attempt) = judged {
            self.judged(index, &attempt);
        }
    }

    /// An attempt is over: its row, and word of it if it kills.
    fn judged(&mut self, index: usize, attempt: &Attempt) {
        let probe = &mut self.all[index];
        probe.dialog = None;
        let row = probe_record(probe.prober.config(), attempt, attempt.asked_at);
        if let Some(kind) = probe_failed(&row) {
            self.sink
                .event(Event::new(self.clock.now(), Source::Lab, kind));
        }
        self.sink.send(Report::Probe(Box::new(row)));
        if attempt.kills {
            let failures = attempt.failures;
            // Nobody is left to restart anything when the run ends.
            let _ = self.says.send(Ask {
                probe: index,
                failures,
            });
        }
    }
}

impl Probe {
    fn on_time(&mut self, now: Timestamp) -> Option<Attempt> {
        match self.prober.on_time(now)? {
            Step::Judged(attempt) => Some(attempt),
            Step::Ask => match Dialog::open(&self.to, self.request.clone()) {
                Ok(dialog) => {
                    self.dialog = Some(dialog);
                    None
                }
                Err(_) => self.prober.on_refused(now),
            },
        }
    }

    /// Something has happened on the connection.
    fn on_ready(&mut self, now: Timestamp) -> Option<Attempt> {
        match self.dialog.as_mut()?.turn() {
            News::Nothing => None,
            News::Connected => self.prober.on_connected(now),
            News::Refused => self.prober.on_refused(now),
            News::Response(response) => self.prober.on_response(now, response),
            News::End { reset } => self.prober.on_end(now, reset),
        }
    }
}

/// Lets so much time pass.
pub(super) fn pass(limit: Span) {
    let limit = Timespec::try_from(limit.to_duration()).ok();
    let _ = poll(&mut [], limit.as_ref());
}
