//! Checks of `[[clients]]`: arrivals that never happen, requests that nobody answers, socket options without a socket.

use super::check::{Checker, good_path};
use super::diagnostics::{did_you_mean, listed};
use super::file::{ClientGroup, File};
use crate::machine::arrival::Arrival;
use crate::machine::backend_config::{Bind, WorkerClass};
use crate::machine::behavior::Behavior;
use crate::time::Span;
use crate::units::ByteRate;

/// Ours: what the sim can hold.
const MOST_CLIENTS: u32 = 1_000_000;
/// Ours: so many drawn starts still fit in memory comfortably.
const MOST_STARTS: f64 = 2_000_000.0;
/// Ours: a segment takes a quarter of a minute.
const SLOWEST_LINE: ByteRate = ByteRate(100);
/// Ours: half of it is more than light takes to the moon.
const LONGEST_RTT: Span = Span::from_secs(10);
/// Kernel: TCP_MAXSEG accepts 88 (`TCP_MIN_MSS`) to 32767 (`MAX_TCP_WINDOW`).
const MSS: std::ops::RangeInclusive<u32> = 88..=32_767;

impl Checker<'_> {
    pub(super) fn arrival(&mut self, file: &File, index: usize, group: &ClientGroup) {
        let (tag, start) = match &group.arrival {
            Arrival::Once(once) => ("once", once.start),
            Arrival::Closed(closed) => ("closed", closed.start),
            Arrival::Open(open) => ("open", open.start),
        };
        let at = format!("clients.{index}.arrival.{tag}");
        if start >= file.duration {
            self.wrong(
                &format!("{at}.start"),
                format!("`{}` never starts", group.name),
                format!(
                    "`start` ({start}) must be before `duration` ({})",
                    file.duration
                ),
            );
        }
        if let Some(count) = group.arrival.count()
            && !(1..=MOST_CLIENTS).contains(&count)
        {
            self.wrong(
                &format!("{at}.count"),
                format!("a group of {count} clients cannot be played"),
                format!("use 1 to {MOST_CLIENTS}"),
            );
        }
        if let Arrival::Open(open) = &group.arrival {
            let starts = open.rate.0 * file.duration.as_secs_f64();
            // Not-a-number fails both comparisons, so it is outside as well.
            let playable = open.rate.0 > 0.0 && starts <= MOST_STARTS;
            if !playable {
                self.wrong(
                    &format!("{at}.rate"),
                    format!("a rate of {} cannot be played", open.rate),
                    format!("use more than zero, and at most {MOST_STARTS} starts per run"),
                );
            }
        }
    }

    pub(super) fn request(&mut self, file: &File, index: usize, group: &ClientGroup) {
        let at = format!("clients.{index}.request");
        let request = &group.request;
        if let Err(why) = good_path(&request.path) {
            self.wrong(
                &format!("{at}.path"),
                format!("`{}` {why}", request.path),
                "write for example `/report`",
            );
        } else if file.backend.handler(&request.path).is_none() && !file.backend.app.is_empty() {
            let known = || file.backend.app.keys().map(String::as_str);
            self.wrong(
                &format!("{at}.path"),
                format!("the application has no handler for `{}`", request.path),
                did_you_mean(&request.path, known())
                    .unwrap_or_else(|| format!("handlers: {}", listed(known()))),
            );
        }
        if request.timeout == Some(Span::ZERO) {
            self.wrong(
                &format!("{at}.timeout"),
                "a client without any patience asks nothing",
                "leave `timeout` out for a client that waits for ever",
            );
        }
        if request.keepalive && !matches!(group.arrival, Arrival::Closed(_)) {
            self.wrong(
                &format!("{at}.keepalive"),
                "`keepalive` needs a next request on the same connection",
                "only `arrival.closed` clients make one; leave `keepalive` out",
            );
        } else if request.keepalive
            && !file.proxy.as_ref().is_some_and(|proxy| proxy.enabled)
            && (file.backend.class() == WorkerClass::Sync || file.backend.keepalive.is_zero())
        {
            self.doubtful(
                &format!("{at}.keepalive"),
                "`keepalive` does nothing here: a sync worker closes after each response",
                "only a proxy, or workers of another class with a `keepalive`, keep client connections",
            );
        }
    }

    pub(super) fn link(&mut self, file: &File, index: usize, group: &ClientGroup) {
        let Some(link) = &group.link else {
            return;
        };
        let at = format!("clients.{index}.link");
        if link.rate < SLOWEST_LINE {
            self.wrong(
                &format!("{at}.rate"),
                format!("a line of {} carries nothing in time", link.rate),
                format!(
                    "use at least {SLOWEST_LINE}; a client that takes nothing is `behavior.stall`"
                ),
            );
        }
        if link.rtt > LONGEST_RTT {
            self.wrong(
                &format!("{at}.rtt"),
                format!("a round trip of {} is no line", link.rtt),
                format!("use at most {LONGEST_RTT}; a satellite has 600ms"),
            );
        }
        // Not-a-number is outside as well.
        if !(0.0..1.0).contains(&link.loss) {
            self.wrong(
                &format!("{at}.loss"),
                format!("a loss of {} is not a share of segments", link.loss),
                "use 0 up to and without 1; 0.01 loses one segment in a hundred",
            );
        }
        let direct = !file.proxy.as_ref().is_some_and(|proxy| proxy.enabled);
        if direct && file.backend.bind == Bind::Unix {
            self.wrong(
                &at,
                "`link` needs TCP, but these clients meet only a Unix socket",
                "use `bind = \"tcp\"`, a proxy, or leave `link` out",
            );
        }
    }

    pub(super) fn behavior(&mut self, file: &File, index: usize, group: &ClientGroup) {
        let at = format!("clients.{index}.behavior.{}", group.behavior.name());
        if let Behavior::Idle(idle) = &group.behavior
            && idle.after > 0
            && !group.request.keepalive
        {
            self.wrong(
                &format!("{at}.after"),
                "`after` needs a kept connection to fall silent on",
                "set `request.keepalive`, with `arrival.closed`; or leave `after` out for a client that never asks",
            );
        }
        if group.behavior.keeps_open() && group.request.keepalive {
            self.wrong(
                &format!("clients.{index}.request.keepalive"),
                "a `keep-open` client asks nothing more on its connection",
                "leave `keepalive` out",
            );
        }
        if let Behavior::SlowRead(slow) = &group.behavior
            && slow.rate.0 == 0
        {
            self.wrong(
                &format!("{at}.rate"),
                "a rate of zero is not slow, it is a stall",
                "write `behavior.stall = {}` instead",
            );
        }
        if let Behavior::Stall(stall) = &group.behavior
            && stall.duration == Some(Span::ZERO)
        {
            self.wrong(
                &format!("{at}.for"),
                "a stall of no time is none",
                "leave `for` out to stall for good",
            );
        }
        let knobs = group.behavior.socket();
        self.buffer(&format!("{at}.rcvbuf"), knobs.rcvbuf);
        if let Some(mss) = knobs.mss
            && !MSS.contains(&mss)
        {
            self.wrong(
                &format!("{at}.mss"),
                format!("the kernel refuses an `mss` of {mss}"),
                format!("use {} to {}", MSS.start(), MSS.end()),
            );
        }
        let direct = !file.proxy.as_ref().is_some_and(|proxy| proxy.enabled);
        if direct && file.backend.bind == Bind::Unix {
            if knobs.mss.is_some() {
                self.wrong(
                    &format!("{at}.mss"),
                    "`mss` needs TCP, but these clients meet only a Unix socket",
                    "use `bind = \"tcp\"`, a proxy, or leave `mss` out",
                );
            }
            if knobs.rcvbuf.is_some() {
                self.doubtful(
                    &format!("{at}.rcvbuf"),
                    "`rcvbuf` does nothing: these clients meet only a Unix socket",
                    "use `bind = \"tcp\"` or a proxy for it to count",
                );
            }
        }
    }
}
