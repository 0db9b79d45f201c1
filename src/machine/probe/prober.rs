//! One probe: when it asks, how long it waits, what it makes of the answer, how often it has failed in a row.

use super::{ProbeConfig, ProbeKind};
use crate::time::{Span, Timestamp};

/// So much of a body is waited for, and no more of it is read (the kubelet's `maxRespBodyLength`).
pub const BODY_LIMIT: u64 = 10 * 1024;
/// Statuses of a success (the kubelet's `DoHTTPProbe`).
const GOOD: std::ops::Range<u16> = 200..400;

/// A probe, without a socket.
#[derive(Clone, Debug)]
pub struct Prober {
    config: ProbeConfig,
    /// The first point of the grid.
    origin: Timestamp,
    /// The next point.
    tick: u64,
    asking: Option<Asking>,
    /// When the last answer was judged: a point of the grid that passed until then is made up for at once.
    judged_at: Timestamp,
    /// Nobody is asked while what would be killed is restarted.
    held: bool,
    failures: u32,
}

/// A question that is not answered yet.
#[derive(Clone, Copy, Debug)]
struct Asking {
    at: Timestamp,
    status: Option<u16>,
}

/// What is to be done at [`Prober::due`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// Connect; what comes of it is told.
    Ask,
    /// Nobody answered in time: close the connection.
    Judged(Attempt),
}

/// As much of a response as has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Response {
    /// Its status.
    pub status: u16,
    /// The length of its body, if its head says so.
    pub length: Option<u64>,
    /// Bytes of the body so far.
    pub read: u64,
}

/// How an attempt ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// A success.
    Ok,
    /// An answer with a status that is none.
    Status,
    /// No answer in time.
    Timeout,
    /// No connection.
    Refused,
    /// The connection was lost, or closed, before there was an answer.
    Reset,
}

/// An attempt that was judged.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attempt {
    /// When it began.
    pub asked_at: Timestamp,
    /// How long it took.
    pub latency: Span,
    /// How it ended.
    pub outcome: Outcome,
    /// The status of an HTTP answer.
    pub status: Option<u16>,
    /// Failures in a row, this one included; zero after a success.
    pub failures: u32,
    /// Whether the backend is to be restarted for it.
    pub kills: bool,
}

impl Prober {
    /// A probe that asks for the first time at `origin`.
    pub fn new(config: ProbeConfig, origin: Timestamp) -> Prober {
        Prober {
            config,
            origin,
            tick: 0,
            asking: None,
            judged_at: origin,
            held: false,
            failures: 0,
        }
    }

    /// Its configuration.
    pub fn config(&self) -> &ProbeConfig {
        &self.config
    }

    /// When [`Prober::on_time`] is to be called; `None` while it is held.
    pub fn due(&self) -> Option<Timestamp> {
        match &self.asking {
            Some(asking) => Some(asking.at + self.config.timeout),
            None if self.held => None,
            None => Some(self.point(self.tick).max(self.judged_at)),
        }
    }

    /// Its time has come: a question, or the end of its patience with the one before.
    pub fn on_time(&mut self, now: Timestamp) -> Option<Step> {
        if self.due().is_none_or(|due| now < due) {
            return None;
        }
        if self.asking.is_some() {
            return self.judge(now, Outcome::Timeout).map(Step::Judged);
        }
        self.tick = self.tick_after(now);
        self.asking = Some(Asking {
            at: now,
            status: None,
        });
        Some(Step::Ask)
    }

    /// There is a connection: all that a TCP probe wants. An HTTP probe sends its request now.
    pub fn on_connected(&mut self, now: Timestamp) -> Option<Attempt> {
        match self.config.kind {
            ProbeKind::Tcp => self.judge(now, Outcome::Ok),
            ProbeKind::Http => None,
        }
    }

    /// There is no connection.
    pub fn on_refused(&mut self, now: Timestamp) -> Option<Attempt> {
        self.judge(now, Outcome::Refused)
    }

    /// The head of a response has come, or more of its body.
    pub fn on_response(&mut self, now: Timestamp, response: Response) -> Option<Attempt> {
        self.asking.as_mut()?.status = Some(response.status);
        let wanted = response.length.unwrap_or(u64::MAX).min(BODY_LIMIT);
        if response.read < wanted {
            return None;
        }
        self.judge(now, of_status(response.status))
    }

    /// The peer has closed the connection; `reset` if not in order.
    pub fn on_end(&mut self, now: Timestamp, reset: bool) -> Option<Attempt> {
        let outcome = match self.asking?.status {
            Some(status) if !reset => of_status(status),
            _ => Outcome::Reset,
        };
        self.judge(now, outcome)
    }

    /// Asks no more until [`Prober::release`]; an answer that is on its way is still judged. Only for probes that kill: others watch.
    pub fn hold(&mut self) {
        self.held = self.config.kill_after.is_some();
    }

    /// There is a new process: what the old one did is forgotten, and the grid goes on.
    pub fn release(&mut self, now: Timestamp) {
        if std::mem::take(&mut self.held) {
            self.failures = 0;
            self.tick = self.tick_after(now);
        }
    }

    fn judge(&mut self, now: Timestamp, outcome: Outcome) -> Option<Attempt> {
        let Asking { at, status } = self.asking.take()?;
        self.judged_at = now;
        self.failures = match outcome {
            Outcome::Ok => 0,
            _ => self.failures.saturating_add(1),
        };
        let enough = |limit: u32| self.failures >= limit.max(1);
        let kills = !self.held && self.config.kill_after.is_some_and(enough);
        if kills {
            self.hold();
        }
        Some(Attempt {
            asked_at: at,
            latency: now.since(at),
            outcome,
            status,
            failures: self.failures,
            kills,
        })
    }

    fn point(&self, tick: u64) -> Timestamp {
        self.origin + Span::from_ns(self.config.every.as_ns().saturating_mul(tick))
    }

    /// The first point of the grid after an instant. A grid without width has a point at every nanosecond.
    fn tick_after(&self, now: Timestamp) -> u64 {
        now.since(self.origin).as_ns() / self.config.every.as_ns().max(1) + 1
    }
}

fn of_status(status: u16) -> Outcome {
    match GOOD.contains(&status) {
        true => Outcome::Ok,
        false => Outcome::Status,
    }
}
