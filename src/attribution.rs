//! The machines' verdicts in the record's words: who ended a request, what a worker was doing, what a log line means.
//!
//! `machine` and `record` do not know each other. Every engine that drives a machine and writes records needs the same
//! translation, so it stands between the two, once.

use crate::machine::arbiter;
use crate::machine::exchange::{self, Ending, Finished, LogLine};
use crate::machine::probe::{self, ProbeConfig, Restarted};
use crate::machine::visit::End;
use crate::machine::worker::State;
use crate::record::{
    Attempt, EndedBy, EventKind, ExitStatus, Outcome, ProbeOutcome, ProbeRecord, ProxyHalf,
    WorkerState,
};
use crate::tier::ProxyId;
use crate::time::Timestamp;

/// Whom `requests.csv` names for an ending.
fn ended_by(ending: Ending) -> EndedBy {
    match ending {
        Ending::Completed => EndedBy::Completion,
        Ending::ClientClosed => EndedBy::Client,
        Ending::Refused | Ending::ConnectFailed | Ending::InvalidHead => EndedBy::Proxy,
        Ending::ConnectTimeout => EndedBy::ProxyConnectTimeout,
        Ending::SendRequestTimeout => EndedBy::ProxySendTimeout,
        Ending::ReadTimeout => EndedBy::ProxyReadTimeout,
        Ending::HeaderTimeout => EndedBy::ClientHeaderTimeout,
        Ending::BodyTimeout => EndedBy::ClientBodyTimeout,
        Ending::SendTimeout => EndedBy::SendTimeout,
        Ending::ShutdownTimeout => EndedBy::WorkerShutdownTimeout,
        Ending::UpstreamClosed | Ending::UpstreamStatus => EndedBy::Upstream,
        Ending::Stopped => EndedBy::RunEnd,
    }
}

/// A proxy's view of a request that is over: when its connection was accepted, when it was done, and how long the head was that the
/// client got. `told` makes an instant one of the record's.
pub fn proxy_half(
    finished: &Finished,
    (request_id, proxy): (u64, ProxyId),
    (accepted_at, done_at, head): (Timestamp, Timestamp, u64),
    told: impl Fn(Timestamp) -> Timestamp,
) -> ProxyHalf {
    let earlier = finished.earlier.iter().map(|of| attempt(of, &told));
    ProxyHalf {
        request_id,
        tier: proxy.tier,
        instance: proxy.instance,
        peer: finished.peer,
        reused: Some(finished.reused),
        accepted_at: told(accepted_at),
        upstream_connected_at: finished.upstream_connected_at.map(&told),
        upstream_header_at: finished.upstream_header_at.map(&told),
        upstream_released_at: finished.upstream_released_at.map(&told),
        status: finished.status,
        ended_by: ended_by(finished.ending),
        // An error page is a body of the proxy's own; otherwise the payload, without chunked framing.
        sent_bytes: match finished.upstream_header_at {
            Some(_) => finished.body_sent,
            None => finished.bytes_sent.saturating_sub(head),
        },
        read_bytes: Some(finished.body_read),
        spilled_bytes: Some(finished.spilled),
        peak_buffered_bytes: Some(finished.peak_buffered),
        longest_silence: finished.longest_silence,
        request_bytes: Some(finished.request_body),
        request_spilled_bytes: Some(finished.request_spilled),
        done_at: Some(told(done_at)),
        earlier: earlier.collect(),
    }
}

/// An attempt that was followed by another, as `hops.csv` tells it.
fn attempt(of: &exchange::Attempt, told: impl Fn(Timestamp) -> Timestamp) -> Attempt {
    Attempt {
        peer: of.peer,
        reused: Some(of.reused),
        connected_at: of.connected_at.map(&told),
        released_at: Some(told(of.released_at)),
        status: of.status,
        ended_by: ended_by(of.ending),
    }
}

/// How a request ended for its client, and who ended it as far as the client can tell: the other side is a proxy, or the backend itself.
pub fn client_end(end: End, through_proxy: bool) -> (Outcome, EndedBy) {
    let peer = match through_proxy {
        true => EndedBy::Proxy,
        false => EndedBy::Upstream,
    };
    match end {
        End::Complete => (Outcome::Complete, EndedBy::Completion),
        End::Truncated => (Outcome::Truncated, peer),
        End::Reset => (Outcome::Reset, peer),
        End::Refused { own_lack: false } => (Outcome::Refused, peer),
        End::Refused { own_lack: true } => (Outcome::Refused, EndedBy::Client),
        End::TimedOut => (Outcome::Timeout, EndedBy::ClientTimeout),
        End::Left | End::NotHttp => (Outcome::Aborted, EndedBy::Client),
        End::Unfinished => (Outcome::Unfinished, EndedBy::RunEnd),
    }
}

/// How `workers.csv` calls a state; `Dead` is told by the master, never by the worker itself.
pub fn worker_state(state: State) -> WorkerState {
    match state {
        State::Booting => WorkerState::Booting,
        State::Idle => WorkerState::Idle,
        State::Reading => WorkerState::Reading,
        State::Body => WorkerState::Body,
        State::App => WorkerState::App,
        State::Send => WorkerState::Send,
        State::Linger => WorkerState::Linger,
    }
}

/// The event that a line of the proxy's error log is.
pub fn proxy_event(line: &LogLine) -> EventKind {
    match line.timer {
        Some(timer) => EventKind::TimerFired {
            directive: timer.name().to_owned(),
            line: line.text.clone(),
        },
        None => EventKind::ProxyError {
            line: line.text.clone(),
            call: line.failed.map(|failed| failed.name.to_owned()),
            errno: line.failed.map(|failed| failed.errno),
        },
    }
}

/// How `events.csv` tells the end of a worker's process.
pub fn exit_status(status: arbiter::ExitStatus) -> ExitStatus {
    match status {
        arbiter::ExitStatus::Code(code) => ExitStatus::Code(code),
        arbiter::ExitStatus::Signal(number) => ExitStatus::Signal(number),
    }
}

/// The row of `probes.csv` for an attempt that began at `at`, as records count.
pub fn probe_record(config: &ProbeConfig, attempt: &probe::Attempt, at: Timestamp) -> ProbeRecord {
    ProbeRecord {
        at,
        probe: config.name.clone(),
        to: config.to,
        latency: attempt.latency,
        outcome: match attempt.outcome {
            probe::Outcome::Ok => ProbeOutcome::Ok,
            probe::Outcome::Status => ProbeOutcome::Status,
            probe::Outcome::Timeout => ProbeOutcome::Timeout,
            probe::Outcome::Refused => ProbeOutcome::Refused,
            probe::Outcome::Reset => ProbeOutcome::Reset,
        },
        status: attempt.status,
        failures: attempt.failures,
    }
}

/// The event that a failed attempt is.
pub fn probe_failed(row: &ProbeRecord) -> Option<EventKind> {
    (row.outcome != ProbeOutcome::Ok).then(|| EventKind::ProbeFailed {
        probe: row.probe.clone(),
        outcome: row.outcome,
        status: row.status,
        failures: row.failures,
    })
}

/// The event that the beginning of a restart is.
pub fn probe_killed(config: &ProbeConfig, failures: u32) -> EventKind {
    EventKind::ProbeKilled {
        probe: config.name.clone(),
        failures,
    }
}

/// The event that its end is.
pub fn backend_restarted(config: &ProbeConfig, restarted: Restarted) -> EventKind {
    EventKind::BackendRestarted {
        probe: config.name.clone(),
        took_us: restarted.took.as_ns() / 1_000,
        forced: restarted.forced,
    }
}
