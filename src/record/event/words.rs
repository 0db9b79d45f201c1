//! Events in words: the only place that makes them, and nothing reads them back.

use super::{ClientStep, EventKind, ExitStatus, LineWay, Loss, Remedy};
use crate::time::Span;
use crate::units::human_bytes;

impl EventKind {
    /// It in one line.
    pub fn text(&self) -> String {
        match self {
            EventKind::ClientsStarted {} => "the stack is up, clients begin".to_owned(),
            EventKind::DrainStarted { open_connections } => {
                format!("nothing new starts; {open_connections} connections are open")
            }
            EventKind::ClientProblem { count, .. } => {
                let problem = self.problem().unwrap_or_default();
                match count {
                    1 => problem,
                    _ => format!("{count} times in all: {problem}"),
                }
            }
            EventKind::Interrupted { settling: false } => "stopped before its end".to_owned(),
            EventKind::Interrupted { settling: true } => {
                "stopped while the backend worked off what was left".to_owned()
            }
            EventKind::Act { act, error: None } => act.clone(),
            EventKind::Act {
                act,
                error: Some(error),
            } => format!("{act}: {error}"),
            EventKind::MasterExited { code } => format!("exit code {code}"),
            EventKind::ProxyError { line, .. }
            | EventKind::MasterLog { line }
            | EventKind::WorkerLog { line } => line.clone(),
            EventKind::TimerFired { directive, line } => format!("{directive}: {line}"),
            EventKind::SpillStarted { path } => format!(
                "an upstream response is buffered to a temporary file{} while reading upstream",
                named(path)
            ),
            EventKind::BodySpillStarted { path } => format!(
                "a client request body is buffered to a temporary file{}",
                named(path)
            ),
            EventKind::TempFileFailed { dir, error, .. } => {
                format!("pwritev() to a temporary file in {dir} failed ({error})")
            }
            EventKind::UpstreamBlocked {} => {
                "no buffer space left: upstream is not read until the client takes bytes".to_owned()
            }
            EventKind::SignalHandled { signal } => format!("Handling signal: {signal}"),
            EventKind::WorkerSpawned { pid } | EventKind::MasterKilled { pid } => {
                format!("pid {pid}")
            }
            EventKind::WorkerTimeout { pid } => format!("WORKER TIMEOUT (pid:{pid})"),
            EventKind::WorkerExited { status, .. } | EventKind::ProxyExited { status, .. } => {
                status.text()
            }
            EventKind::ProbeFailed { .. }
            | EventKind::ProbeKilled { .. }
            | EventKind::BackendRestarted { .. } => self.of_probe().unwrap_or_default(),
            EventKind::BackendEnded {} => {
                "the backend ended although nobody asked it to".to_owned()
            }
            EventKind::Observed { .. } => self.of_observer().unwrap_or_default(),
            EventKind::Relayed { .. } => self.of_relay().unwrap_or_default(),
            EventKind::Queued { .. } => self.of_line().unwrap_or_default(),
            EventKind::Generated { .. } | EventKind::TimeLost { .. } => {
                self.of_machine().unwrap_or_default()
            }
            EventKind::ReportsDropped { count, place } => match place {
                Loss::ReportPipe {} => {
                    format!("{count} reports of the backend: the report pipe was full")
                }
                Loss::Unreadable { error } => {
                    format!("{count} report of the backend: it could not be read ({error})")
                }
                Loss::Queue {} => format!("{count} reports found the queue full and were lost"),
            },
        }
    }

    /// What looking on cost; `None` for another kind.
    fn of_observer(&self) -> Option<String> {
        let EventKind::Observed {
            cpu_us,
            elapsed_us,
            looks,
            widest_us,
        } = self
        else {
            return None;
        };
        let cost = cpu_us.map_or(String::new(), |cpu_us| {
            let share = 100.0 * cpu_us as f64 / (*elapsed_us).max(1) as f64;
            format!("looking on took {share:.1} % of a core; ")
        });
        let widest = Span::from_us(*widest_us).human();
        Some(format!(
            "{cost}bytes were counted {looks} times, at most {widest} apart"
        ))
    }

    /// What the relay did; `None` for another kind.
    fn of_relay(&self) -> Option<String> {
        let EventKind::Relayed {
            packets,
            lost,
            overflowed,
            vanished,
            dropped,
            late_p99_us,
            late_max_us,
            cpu_us,
            elapsed_us,
            congestion,
        } = self
        else {
            return None;
        };
        let [p99, most] = [late_p99_us, late_max_us].map(|us| Span::from_us(*us).human());
        let cpu = 100.0 * *cpu_us as f64 / (*elapsed_us).max(1) as f64;
        Some(format!(
            "{packets} packets over the line ({congestion}): {lost} lost, {overflowed} found its queue full, {vanished} were of vanished clients; \
             this machine dropped {dropped}, was {p99} late at the 99th percentile ({most} at most), and took {cpu:.1} % of a core"
        ))
    }

    /// Who waited in a line's queue; `None` for another kind.
    fn of_line(&self) -> Option<String> {
        let EventKind::Queued {
            way,
            group,
            packets,
            wait_mean_us,
            wait_max_us,
            ahead_bytes,
            peak_bytes,
            limit_bytes,
        } = self
        else {
            return None;
        };
        let [mean, most] = [wait_mean_us, wait_max_us].map(|us| Span::from_us(*us).human());
        let whose = |(name, bytes): (&String, &u64)| format!("{} of {name}", human_bytes(*bytes));
        let ahead: Vec<String> = ahead_bytes.iter().map(whose).collect();
        let ahead = match ahead.is_empty() {
            true => "nothing".to_owned(),
            false => ahead.join(", "),
        };
        let way = match way {
            LineWay::Up => "from",
            LineWay::Down => "to",
        };
        let [peak, limit] = [peak_bytes, limit_bytes].map(|bytes| human_bytes(*bytes));
        Some(format!(
            "{packets} packets {way} {group} stood in the queue of the shared line for {mean} on average ({most} at most) behind {ahead}; \
             at most {peak} stood in it, {limit} have room"
        ))
    }

    /// What the machine gave the clients, or took from all; `None` for another kind.
    fn of_machine(&self) -> Option<String> {
        let share = |part: u64, whole: u64| 100.0 * part as f64 / whole.max(1) as f64;
        match *self {
            EventKind::Generated {
                cpu_us,
                waited_us,
                elapsed_us,
            } => {
                let waited = waited_us.map_or(String::new(), |waited_us| {
                    format!(
                        ", and waited for one for {:.1} %",
                        share(waited_us, elapsed_us)
                    )
                });
                let cpu = share(cpu_us, elapsed_us);
                Some(format!(
                    "the clients' thread took {cpu:.1} % of a core{waited}"
                ))
            }
            EventKind::TimeLost {
                suspended_us,
                stolen_us,
                cpus,
                elapsed_us,
            } => {
                let suspended = Span::from_us(suspended_us);
                let suspended = (!suspended.is_zero())
                    .then(|| format!("the machine was suspended for {}", suspended.human()));
                let stolen = share(stolen_us, elapsed_us * cpus.max(1));
                let stolen = (stolen_us > 0).then(|| {
                    format!("{stolen:.1} % of the machine's CPU time were taken for others")
                });
                let lost: Vec<String> = [suspended, stolen].into_iter().flatten().collect();
                Some(lost.join("; "))
            }
            _ => None,
        }
    }

    /// What a probe saw, or had done; `None` for another kind.
    fn of_probe(&self) -> Option<String> {
        match self {
            EventKind::ProbeFailed {
                probe,
                outcome,
                status,
                failures,
            } => {
                let status = status.map_or(String::new(), |status| format!(" {status}"));
                Some(format!(
                    "{probe}: {}{status}, {failures} in a row",
                    outcome.name()
                ))
            }
            EventKind::ProbeKilled { probe, failures } => Some(format!(
                "{probe} failed {failures} times in a row: TERM to the backend"
            )),
            EventKind::BackendRestarted {
                probe,
                took_us,
                forced,
            } => {
                let took = Span::from_us(*took_us).human();
                let how = if *forced { "killed" } else { "gone" };
                Some(format!(
                    "for {probe}: {how} {took} after TERM, and started anew"
                ))
            }
            _ => None,
        }
    }

    /// What kept clients from their requests, and what to do about it, without how often; `None` for another kind.
    pub fn problem(&self) -> Option<String> {
        let EventKind::ClientProblem {
            step, errno, error, ..
        } = self
        else {
            return None;
        };
        let step = match step {
            ClientStep::Connect => "a client could not connect",
            ClientStep::ReadResponse => "a response is not readable",
        };
        let hint =
            Remedy::of(*errno).map_or(String::new(), |remedy| format!("; hint: {}", remedy.text()));
        Some(format!("{step}: {error}{hint}"))
    }
}

/// A file's name behind what is said of it; the sim's files had none once.
fn named(path: &Option<String>) -> String {
    path.as_ref()
        .map_or(String::new(), |path| format!(" {path}"))
}

impl ExitStatus {
    /// `exit code 3`, `signal 9`.
    pub fn text(self) -> String {
        match self {
            ExitStatus::Code(code) => format!("exit code {code}"),
            ExitStatus::Signal(number) => format!("signal {number}"),
        }
    }
}
