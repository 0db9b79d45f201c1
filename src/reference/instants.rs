//! Reads what the hooks and the application of an export note: lines of JSON become worker reports. Pure.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::machine::backend_config::WorkerClass;
use crate::record::{Numbers, WorkerReport, WorkerState};
use crate::time::{Span, Timestamp};

/// One line. Facts that a kind of line does not have are empty.
#[derive(Clone, PartialEq, Debug, Deserialize)]
pub(super) struct Line {
    at_ns: u64,
    pid: u32,
    what: What,
    /// Whose instant it is; the process's own if it has several.
    #[serde(default)]
    slot: Option<u32>,
    #[serde(default)]
    age: Option<u32>,
    /// The worker's master.
    #[serde(default)]
    master: Option<u32>,
    /// With which code a master ends.
    #[serde(default)]
    code: Option<i32>,
    /// When a connection left the accept queue, if that was before its slot took it up.
    #[serde(default)]
    accepted_ns: Option<u64>,
    #[serde(default)]
    request: Option<String>,
    #[serde(default)]
    bytes: Option<u64>,
    #[serde(default)]
    blocked_ns: Option<u64>,
    #[serde(default)]
    addresses: Vec<serde_json::Value>,
    #[serde(default)]
    gunicorn: String,
    #[serde(default)]
    python: String,
}

/// What happened; the words of `hooks.py` and `app.py`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum What {
    Listening,
    Booting,
    Idle,
    Accepted,
    App,
    Send,
    Sent,
    /// A response is complete, and its connection waits for another request.
    Answered,
    Linger,
    /// The main thread has closed a connection.
    Lingered,
    Released,
    Exited,
    /// A master is about to end.
    Halted,
}

/// What one line says.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Said {
    /// The master listens.
    Listening {
        /// The master.
        pid: u32,
        /// When.
        at: Timestamp,
        /// The TCP port, if it is not a Unix socket.
        port: Option<u16>,
        /// gunicorn's version.
        gunicorn: String,
        /// Python's version.
        python: String,
    },
    /// A master ends by itself.
    Halted {
        /// The master.
        pid: u32,
        /// Its exit code.
        code: i32,
    },
    /// A worker changed its state.
    Worker(WorkerReport),
    /// Nothing that can be used: a line that was cut, or a worker that nobody introduced.
    Nothing,
}

/// The workers so far.
#[derive(Debug)]
pub(super) struct Workers {
    class: WorkerClass,
    by_pid: BTreeMap<u32, Worker>,
    /// Of the masters that have forked, in their order.
    masters: Vec<u32>,
    numbers: Numbers,
}

#[derive(Debug)]
struct Worker {
    number: u32,
    slots: BTreeMap<Option<u32>, Slot>,
}

/// What a slot has in hand.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    request_id: Option<u64>,
    accepted_at: Option<Timestamp>,
    sent_bytes: u64,
    blocked: Span,
}

impl Workers {
    pub(super) fn of(class: WorkerClass) -> Workers {
        Workers {
            class,
            by_pid: BTreeMap::new(),
            masters: Vec::new(),
            numbers: Numbers::default(),
        }
    }

    /// Takes a line in. `origin_ns` is the run's origin as the kernel counts it.
    pub(super) fn read(&mut self, line: &str, origin_ns: u64) -> Said {
        let Ok(line) = serde_json::from_str::<Line>(line) else {
            return Said::Nothing;
        };
        let Some(state) = line.what.state() else {
            return of_a_master(line, origin_ns);
        };
        if let (What::Booting, Some(age)) = (line.what, line.age) {
            let number = self.number(line.master, age);
            let slots = BTreeMap::new();
            self.by_pid.insert(line.pid, Worker { number, slots });
        }
        let Some(worker) = self.by_pid.get_mut(&line.pid) else {
            return Said::Nothing;
        };
        // A sync worker is its only slot.
        let slot = match self.class {
            WorkerClass::Sync => Some(0),
            _ => line.slot,
        };
        let at = |ns: u64| Timestamp::from_ns(ns.saturating_sub(origin_ns));
        let held = worker.slots.entry(slot).or_default();
        held.take(&line, line.accepted_ns.map(at));
        let report = WorkerReport {
            request_id: held.request_id,
            accepted_at: held.accepted_at,
            sent_bytes: held.sent_bytes,
            send_blocked: held.blocked,
            ..WorkerReport::bare(worker.number, line.pid, slot, at(line.at_ns), state)
        };
        match line.what {
            What::Exited => drop(self.by_pid.remove(&line.pid)),
            What::Released | What::Lingered => *held = Slot::default(),
            _ => {}
        }
        Said::Worker(report)
    }

    /// Those that are left are gone.
    pub(super) fn all_gone(&mut self, at: Timestamp) -> Vec<WorkerReport> {
        let left = std::mem::take(&mut self.by_pid).into_iter();
        left.map(|(pid, worker)| WorkerReport::gone(worker.number, pid, at))
            .collect()
    }

    /// The end of a worker of which only the log tells.
    pub(super) fn ended(&mut self, pid: u32, at: Timestamp) -> Option<WorkerReport> {
        let worker = self.by_pid.remove(&pid)?;
        let state = WorkerState::Dead;
        Some(WorkerReport::bare(worker.number, pid, Some(0), at, state))
    }

    /// The number of a worker that is alive.
    pub(super) fn number_of(&self, pid: u32) -> Option<u32> {
        self.by_pid.get(&pid).map(|worker| worker.number)
    }

    /// The number of a worker that one of the masters has forked.
    fn number(&mut self, master: Option<u32>, age: u32) -> u32 {
        let master = master.unwrap_or_default();
        let known = self.masters.iter().position(|pid| *pid == master);
        let ordinal = known.unwrap_or_else(|| {
            self.masters.push(master);
            self.masters.len() - 1
        });
        self.numbers
            .of(u32::try_from(ordinal).unwrap_or(u32::MAX), age)
    }
}

impl What {
    /// The state that begins with it; none for a master's word.
    fn state(self) -> Option<WorkerState> {
        Some(match self {
            What::Listening | What::Halted => return None,
            What::Booting => WorkerState::Booting,
            What::Idle | What::Released | What::Lingered => WorkerState::Idle,
            What::Accepted | What::Answered => WorkerState::Reading,
            What::App => WorkerState::App,
            What::Send | What::Sent => WorkerState::Send,
            What::Linger => WorkerState::Linger,
            What::Exited => WorkerState::Dead,
        })
    }
}

impl Slot {
    /// What a line says of the request in hand.
    fn take(&mut self, line: &Line, accepted_at: Option<Timestamp>) {
        let named = || line.request.as_deref().and_then(|id| id.parse().ok());
        match line.what {
            What::Accepted => {
                *self = Slot {
                    accepted_at,
                    ..Slot::default()
                };
            }
            What::App => {
                (self.sent_bytes, self.blocked) = (0, Span::ZERO);
                self.request_id = named();
            }
            What::Linger => self.request_id = named().or(self.request_id),
            What::Answered => self.request_id = None,
            What::Sent => {
                self.sent_bytes = line.bytes.unwrap_or(self.sent_bytes);
                self.blocked = line.blocked_ns.map_or(self.blocked, Span::from_ns);
            }
            _ => {}
        }
    }
}

fn of_a_master(line: Line, origin_ns: u64) -> Said {
    let pid = line.pid;
    if let (What::Halted, Some(code)) = (line.what, line.code) {
        return Said::Halted { pid, code };
    }
    // `["127.0.0.1", 8000]` for TCP, a path for Unix.
    let port = line
        .addresses
        .first()
        .and_then(|address| address.get(1)?.as_u64());
    Said::Listening {
        pid,
        at: Timestamp::from_ns(line.at_ns.saturating_sub(origin_ns)),
        port: port.and_then(|port| u16::try_from(port).ok()),
        gunicorn: line.gunicorn,
        python: line.python,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A run of gunicorn 27.0.1, shortened.
    const LINES: &str = r#"{"at_ns":1000,"pid":10,"what":"listening","addresses":[["127.0.0.1",4711]],"gunicorn":"27.0.1","python":"3.11.7"}
{"at_ns":2000,"pid":11,"what":"booting","age":1}
{"at_ns":3000,"pid":11,"what":"idle"}
{"at_ns":4000,"pid":11,"what":"accepted"}
{"at_ns":5000,"pid":11,"what":"app","request":"7"}
{"at_ns":6000,"pid":11,"what":"send","request":"7"}
{"at_ns":7000,"pid":11,"what":"sent","request":"7","bytes":65536,"blocked_ns":900}
{"at_ns":8000,"pid":11,"what":"linger"}
{"at_ns":9000,"pid":11,"what":"released"}
{"at_ns":9500,"pid":11,"what":"accepted"}
{"at_ns":9600,"pid":11,"what":"exited","age":1}"#;

    #[test]
    fn a_request_passes_through_the_states() {
        let mut workers = Workers::of(WorkerClass::Sync);
        let mut states = Vec::new();
        for line in LINES.lines() {
            match workers.read(line, 1000) {
                Said::Worker(report) => {
                    states.push((
                        report.at.as_ns(),
                        report.state,
                        report.request_id,
                        report.sent_bytes,
                    ));
                }
                Said::Listening {
                    port,
                    gunicorn,
                    python,
                    ..
                } => {
                    assert_eq!(
                        (port, gunicorn.as_str(), python.as_str()),
                        (Some(4711), "27.0.1", "3.11.7")
                    );
                }
                Said::Halted { .. } | Said::Nothing => panic!("{line}"),
            }
        }
        use WorkerState::{App, Booting, Dead, Idle, Linger, Reading, Send};
        assert_eq!(
            states,
            [
                (1000, Booting, None, 0),
                (2000, Idle, None, 0),
                (3000, Reading, None, 0),
                (4000, App, Some(7), 0),
                (5000, Send, Some(7), 0),
                (6000, Send, Some(7), 65_536),
                (7000, Linger, Some(7), 65_536),
                (8000, Idle, Some(7), 65_536),
                (8500, Reading, None, 0),
                (8600, Dead, None, 0),
            ]
        );
        assert_eq!(workers.number_of(11), None);
    }

    #[test]
    fn workers_of_two_masters_have_numbers_of_their_own() {
        let mut workers = Workers::of(WorkerClass::Sync);
        let mut numbers = Vec::new();
        for (master, pid, age) in [(10, 11, 1), (10, 12, 2), (20, 21, 1), (10, 13, 3)] {
            let line = format!(
                r#"{{"at_ns":1,"pid":{pid},"what":"booting","age":{age},"master":{master}}}"#
            );
            assert!(matches!(workers.read(&line, 0), Said::Worker(_)), "{line}");
            numbers.push(workers.number_of(pid));
        }
        assert_eq!(numbers, [Some(1), Some(2), Some(3), Some(4)]);
        let halted = r#"{"at_ns":1,"pid":20,"what":"halted","code":3}"#;
        let said = workers.read(halted, 0);
        assert_eq!(said, Said::Halted { pid: 20, code: 3 });
    }

    #[test]
    fn a_unix_socket_has_no_port_and_a_stranger_says_nothing() {
        let mut workers = Workers::of(WorkerClass::Sync);
        let unix = r#"{"at_ns":1,"pid":10,"what":"listening","addresses":["/tmp/x.sock"]}"#;
        assert!(matches!(
            workers.read(unix, 0),
            Said::Listening { port: None, .. }
        ));
        assert_eq!(
            workers.read(r#"{"at_ns":1,"pid":10,"what":"idle"}"#, 0),
            Said::Nothing
        );
        assert_eq!(
            workers.read(r#"{"at_ns":1,"pid":10,"what":"#, 0),
            Said::Nothing
        );
        assert_eq!(workers.read("", 0), Said::Nothing);
    }
}
