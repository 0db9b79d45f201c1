//! Checks of `[[clients]]`: arrivals that never happen, lines that carry nothing. Their requests and kinds have files of their own.

use super::check::Checker;
use super::file::{ClientGroup, File};
use crate::machine::arrival::{Arrival, Ramp};
use crate::machine::link::{Link, Nature};
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
/// Ours: a full packet.
const LEAST_QUEUE: u64 = 1500;
/// Ours: a group's share of 127.0.0.0/8.
const MOST_ADDRESSES: u32 = 65_000;

impl Checker<'_> {
    pub(super) fn arrival(&mut self, file: &File, index: usize, group: &ClientGroup) {
        let (tag, start) = match &group.arrival {
            Arrival::Once(once) => ("once", once.start),
            Arrival::Closed(closed) => ("closed", closed.start),
            Arrival::Open(open) => ("open", open.start),
            Arrival::Ramp(ramp) => ("ramp", ramp.start),
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
        let seconds = file.duration.as_secs_f64();
        let (key, rate, starts) = match &group.arrival {
            Arrival::Open(open) => ("rate", open.rate, open.rate.0 * seconds),
            Arrival::Ramp(ramp) if ramp.from.0 > ramp.to.0 => {
                ("from", ramp.from, ramp.from.0 * seconds)
            }
            Arrival::Ramp(ramp) => ("to", ramp.to, ramp.to.0 * seconds),
            Arrival::Once(_) | Arrival::Closed(_) => return,
        };
        // Not-a-number fails both comparisons, so it is outside as well.
        let playable = rate.0 > 0.0 && starts <= MOST_STARTS;
        if !playable {
            self.wrong(
                &format!("{at}.{key}"),
                format!("a rate of {rate} cannot be played"),
                format!("use more than zero, and at most {MOST_STARTS} starts per run"),
            );
        }
        if let Arrival::Ramp(ramp) = &group.arrival {
            self.ramp(file, &at, ramp);
        }
    }

    fn ramp(&mut self, file: &File, at: &str, ramp: &Ramp) {
        for (key, rate) in [("from", ramp.from), ("to", ramp.to)] {
            // Not-a-number is outside as well.
            if !(0.0..).contains(&rate.0) {
                self.wrong(
                    &format!("{at}.{key}"),
                    format!("a rate of {rate} goes nowhere"),
                    "use zero or more",
                );
            }
        }
        if ramp.over.is_zero() {
            self.wrong(
                &format!("{at}.over"),
                "a ramp of no time is a step",
                "say how long it takes, or use `arrival.open` with the rate that it leads to",
            );
        } else if ramp.start.saturating_add(ramp.over) > file.duration {
            self.doubtful(
                &format!("{at}.over"),
                "the run ends before the ramp does",
                "shorten `over` for the last rate to be reached",
            );
        }
    }

    pub(super) fn addresses(&mut self, index: usize, group: &ClientGroup) {
        if !(1..=MOST_ADDRESSES).contains(&group.addresses) {
            self.wrong(
                &format!("clients.{index}.addresses"),
                format!("a group cannot come from {} addresses", group.addresses),
                format!("use 1 to {MOST_ADDRESSES}"),
            );
        }
    }

    pub(super) fn link(&mut self, file: &File, index: usize, group: &ClientGroup) {
        let Some(setting) = &group.link else {
            return;
        };
        let at = format!("clients.{index}.link");
        let Some(link) = setting.link() else {
            let missing = if setting.rate.is_none() {
                "rate"
            } else {
                "rtt"
            };
            return self.wrong(
                &at,
                format!("`link` does not say its `{missing}`"),
                "add it, or a `preset` that does: 2g, 3g, 4g, dsl, satellite, lan",
            );
        };
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
        self.nature(&at, &link);
        self.of_one_kernel(file, &at, &link);
        if file.is_unix_for_clients() {
            self.wrong(
                &at,
                "`link` needs TCP, but these clients meet only a Unix socket",
                "use `bind = \"tcp\"`, a proxy, or leave `link` out",
            );
        }
    }

    fn nature(&mut self, at: &str, link: &Link) {
        let Nature {
            jitter, reorder, ..
        } = link.nature;
        if jitter > LONGEST_RTT {
            self.wrong(
                &format!("{at}.jitter"),
                format!("packets that wander for {jitter} are lost"),
                format!("use at most {LONGEST_RTT}"),
            );
        }
        // Not-a-number is outside as well.
        if !(0.0..=1.0).contains(&reorder) {
            self.wrong(
                &format!("{at}.reorder"),
                format!("{reorder} is not a share of packets"),
                "use 0 to 1; 0.01 holds one packet in a hundred back",
            );
        }
        if link.queue.is_some_and(|queue| queue.0 < LEAST_QUEUE) {
            self.wrong(
                &format!("{at}.queue"),
                "no packet fits into so short a queue",
                format!("use at least {LEAST_QUEUE}B"),
            );
        }
        if link.tcp_retries2 == Some(0) {
            self.wrong(
                &format!("{at}.tcp_retries2"),
                "the kernel tries at least once more",
                "use 1 to 255; 15 is Linux's own",
            );
        }
    }

    /// What is the kernel's is the same for all sockets of a run.
    fn of_one_kernel(&mut self, file: &File, at: &str, link: &Link) {
        let others = file.clients.iter();
        let others: Vec<Link> = others
            .filter_map(|group| group.link.as_ref()?.link())
            .collect();
        let other_way = |other: &Link| {
            other.congestion.is_some()
                && link.congestion.is_some()
                && other.congestion != link.congestion
        };
        let other_count = |other: &Link| {
            other.tcp_retries2.is_some()
                && link.tcp_retries2.is_some()
                && other.tcp_retries2 != link.tcp_retries2
        };
        let other_line = |other: &Link| {
            let shared = other.nature.shared && link.nature.shared;
            shared
                && (other.rate, other.queue(), other.nature.drop)
                    != (link.rate, link.queue(), link.nature.drop)
        };
        if others.iter().any(other_line) {
            self.wrong(
                &format!("{at}.shared"),
                "groups that share a line say different things of it",
                "say the same `rate`, `queue` and `drop` for all of them; `rtt`, `loss` and `jitter` may differ",
            );
        }
        let looks: [(&str, bool); 2] = [
            ("congestion", others.iter().any(other_way)),
            ("tcp_retries2", others.iter().any(other_count)),
        ];
        for (key, differs) in looks {
            if differs {
                self.wrong(
                    &format!("{at}.{key}"),
                    format!("groups differ in `{key}`, and the stack has one kernel"),
                    "say the same for all of them",
                );
            }
        }
    }
}
