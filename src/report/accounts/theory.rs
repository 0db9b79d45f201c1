//! What queueing theory makes of the numbers of a run, beside what was measured, and the gap between the two.
//!
//! Four pieces of arithmetic, each told only where its premises hold well enough for the gap to mean something:
//!
//! * **Capacity**: slots / mean hold, against what was offered.
//! * **Little's law**, L = λ W: connections at the backend as the observer sampled them, against arrivals per second times the time that
//!   the requests' own instants say they stayed. The two sides are measured independently of each other.
//! * **Waiting**: Erlang C for as many servers as there are slots, scaled for the spread of arrivals and holds (Allen and Cunneen's M/G/c and
//!   G/G/c approximation). It is about a steady state: load below 95 %, no looping clients, no hold as long as a tenth of the run.
//! * **Drain**: size / rate, and the hold that `plan::predict` expects of it.

use super::Books;
use super::blame::is_failure;
use crate::machine::arrival::Schedule;
use crate::plan::predict;
use crate::record::hgrm::is_measured;
use crate::record::{Outcome, RequestRecord};
use crate::report::findings::Seen;
use crate::report::summarize::queue_wait;
use crate::tier::Tier;
use crate::time::{Span, Timestamp};

/// Ours: fewer requests make no mean.
const FEWEST: usize = 50;
/// Above this load a run of seconds does not come near its steady state.
const BUSIEST: f64 = 0.95;
/// A hold longer than this part of the run is an event of its own, and no sample of a steady state.
const LONGEST_PART: f64 = 0.1;

/// All that applies.
pub(super) fn theory(books: &Books<'_>) -> Vec<Seen> {
    let Some(flow) = Flow::of(books) else {
        return drains(books);
    };
    let told = [
        flow.capacity(),
        flow.littles_law(books),
        flow.waiting(books),
    ];
    told.into_iter().flatten().chain(drains(books)).collect()
}

/// Requests that came to the backend after the warm-up and before the end of arrivals.
struct Flow<'a> {
    window_s: f64,
    window: (Timestamp, Timestamp),
    slots: Option<u64>,
    /// Those that a worker took up, whether anybody still waited or not.
    served: Vec<&'a RequestRecord>,
    offered: usize,
    mean_hold: Span,
    busy: f64,
}

impl<'a> Flow<'a> {
    fn of(books: &Books<'a>) -> Option<Flow<'a>> {
        let variant = books.variant;
        let plan = &variant.plan;
        let window = (
            Timestamp::ZERO + plan.warmup,
            Timestamp::ZERO + plan.duration,
        );
        let window_s = window.1.since(window.0).as_secs_f64();
        let all = variant.requests.iter();
        let arrived: Vec<&RequestRecord> = all
            .filter(|row| reached(row).is_some_and(|at| at >= window.0 && at < window.1))
            .collect();
        let served: Vec<&RequestRecord> = (arrived.iter().copied())
            .filter(|row| row.hold().is_some())
            .collect();
        let mean_hold = mean(served.iter().filter_map(|row| row.hold()))?;
        let held = books.holders.between(window.0, window.1);
        let held_s: f64 = held.map(|(_, held)| held.as_secs_f64()).sum();
        (window_s > 0.0).then_some(Flow {
            window_s,
            window,
            slots: plan.backend.slots(),
            served,
            offered: arrived.len(),
            mean_hold,
            busy: held_s / window_s,
        })
    }

    fn per_s(&self) -> f64 {
        self.offered as f64 / self.window_s
    }

    fn capacity(&self) -> Option<Seen> {
        let slots = self.slots.filter(|_| self.served.len() >= FEWEST)?;
        let capacity = slots as f64 / self.mean_hold.as_secs_f64().max(1e-9);
        Some(
            Seen::new("capacity", self.window.0)
                .with("slots", slots)
                .span("hold_us", self.mean_hold)
                .with("capacity_rate", tenths(capacity))
                .with("offered_rate", tenths(self.per_s()))
                .with("load_ratio", self.per_s() / capacity)
                .with("busy_ratio", (self.busy / slots as f64).min(1.0)),
        )
    }

    /// Samples against instants.
    fn littles_law(&self, books: &Books<'_>) -> Option<Seen> {
        let samples = books.variant.queues.iter();
        let samples = samples
            .filter(|sample| sample.is_whole(Tier::Backend))
            .filter(|sample| sample.at >= self.window.0 && sample.at < self.window.1);
        let there: Vec<u64> = samples
            .filter_map(|sample| Some(sample.busy_slots? + sample.accept_queue?))
            .collect();
        if there.len() < 10 || self.served.len() < FEWEST {
            return None;
        }
        let sampled = there.iter().sum::<u64>() as f64 / there.len() as f64;
        let stays = self.served.iter();
        let stays = stays.filter_map(|row| Some(row.worker_released_at?.since(reached(row)?)));
        let stay = mean(stays)?;
        let expected = self.per_s() * stay.as_secs_f64();
        Some(
            Seen::new("littles_law", self.window.0)
                .with("rate", tenths(self.per_s()))
                .span("stay_us", stay)
                .with("expected", hundredths(expected))
                .with("sampled", hundredths(sampled))
                .with("gap_percent", gap(sampled, expected)),
        )
    }

    /// Allen and Cunneen's approximation against the requests' own waits.
    fn waiting(&self, books: &Books<'_>) -> Option<Seen> {
        let slots = self.slots?;
        let loops = |schedule: &Schedule| matches!(schedule, Schedule::Loops { .. });
        let groups = &books.variant.plan.groups;
        if self.served.len() < FEWEST || groups.iter().any(|group| loops(&group.schedule)) {
            return None;
        }
        let holds: Vec<f64> = (self.served.iter())
            .filter_map(|row| Some(row.hold()?.as_secs_f64()))
            .collect();
        let longest = holds.iter().copied().fold(0.0, f64::max);
        let mut arrivals: Vec<Timestamp> =
            self.served.iter().filter_map(|row| reached(row)).collect();
        arrivals.sort_unstable();
        let gaps: Vec<f64> = arrivals
            .windows(2)
            .map(|pair| pair[1].since(pair[0]).as_secs_f64())
            .collect();
        let (rate, hold_s) = (self.per_s(), self.mean_hold.as_secs_f64());
        let load = rate * hold_s / slots as f64;
        if load >= BUSIEST || longest >= LONGEST_PART * self.window_s {
            return None;
        }
        let spread = (spread(&gaps)?, spread(&holds)?);
        let queue = erlang_c(slots, rate * hold_s);
        let poisson = queue / (slots as f64 / hold_s - rate);
        let expected = poisson * f64::midpoint(spread.0, spread.1);
        let waited = mean(self.served.iter().filter_map(|row| queue_wait(row)))?;
        Some(
            Seen::new("waiting", self.window.0)
                .with("slots", slots)
                .with("load_ratio", load)
                .with("queue_ratio", queue)
                .with("arrival_spread", hundredths(spread.0))
                .with("hold_spread", hundredths(spread.1))
                .span("expected_us", Span::from_secs_f64(expected))
                .span("waited_us", waited),
        )
    }
}

/// When a request came to the backend: the proxy's connection to it, or the client's own.
fn reached(row: &RequestRecord) -> Option<Timestamp> {
    match row.proxy_accepted_at {
        Some(_) => row.upstream_connected_at,
        None => row.connected_at,
    }
}

/// What clients that read slowly were expected to take, and took.
fn drains(books: &Books<'_>) -> Vec<Seen> {
    let variant = books.variant;
    let prediction = predict(&variant.plan);
    let of_group = |name: &str| -> Vec<&RequestRecord> {
        let rows = variant.requests.iter();
        // What the end of the run or the client cut short took no longer than that, and what nobody waited for is no hold of a client's.
        let ended = |row: &&RequestRecord| {
            let cut = matches!(row.outcome, Outcome::Unfinished | Outcome::Aborted);
            !cut && !row.is_zombie()
        };
        rows.filter(|row| row.group == name && is_measured(row, variant.plan.warmup))
            .filter(ended)
            .collect()
    };
    let told = prediction.slow.iter().filter_map(|slow| {
        let rows = of_group(&slow.name);
        let held = median(rows.iter().filter_map(|row| row.hold()).collect())?;
        let client = &slow.client;
        let expected = client
            .rate
            .map(|rate| Span::from_secs_f64(client.response as f64 / rate.max(1) as f64));
        let complete =
            (rows.iter()).filter(|row| row.last_byte_at == row.ended_at() && !is_failure(row));
        let drained = complete.filter_map(|row| row.reading());
        let drained = median(drained.collect()).filter(|_| expected.is_some());
        let hold = (client.hold < Span::MAX).then_some(client.hold);
        Some(
            Seen::new("drain", slow.from)
                .with("group", slow.name.as_str())
                .with("response_bytes", client.response)
                .with("rate_bytes", client.rate)
                .span("expected_us", expected)
                .span("drained_us", drained)
                .span("hold_us", hold)
                .span("held_us", held),
        )
    });
    told.collect()
}

/// The probability that all of `servers` are busy, under a load of so many of them (Erlang's second formula, from his first one by recursion).
fn erlang_c(servers: u64, load: f64) -> f64 {
    let blocked = (1..=servers).fold(1.0, |blocked: f64, k| {
        load * blocked / (k as f64 + load * blocked)
    });
    let utilization = load / servers as f64;
    blocked / (1.0 - utilization * (1.0 - blocked))
}

/// The squared coefficient of variation: 1 of what is exponential, 0 of what is always the same.
fn spread(values: &[f64]) -> Option<f64> {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values
        .iter()
        .map(|value| (value - mean).powi(2))
        .sum::<f64>()
        / n;
    (n > 1.0 && mean > 0.0).then(|| variance / (mean * mean))
}

fn mean(spans: impl Iterator<Item = Span>) -> Option<Span> {
    let (sum, count) = spans.fold((0_u128, 0_u128), |(sum, count), span| {
        (sum + u128::from(span.as_ns()), count + 1)
    });
    let mean = sum.checked_div(count)?;
    Some(Span::from_ns(u64::try_from(mean).unwrap_or(u64::MAX)))
}

fn median(mut spans: Vec<Span>) -> Option<Span> {
    spans.sort_unstable();
    spans.get(spans.len() / 2).copied()
}

/// By how many hundredths a measured number is off the expected one.
fn gap(measured: f64, expected: f64) -> Option<i64> {
    (expected > 0.0).then(|| (100.0 * (measured / expected - 1.0)).round() as i64)
}

fn tenths(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

fn hundredths(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn erlangs_formula_is_his() {
        // One server: the load itself. Tables of Erlang C: 10 servers under a load of 8 wait with 0.409, 2 under 1 with 1/3.
        for (servers, load, expected) in [(1, 0.6, 0.6), (2, 1.0, 1.0 / 3.0), (10, 8.0, 0.4092)] {
            let found = erlang_c(servers, load);
            assert!(
                (found - expected).abs() < 1e-3,
                "{servers}, {load}: {found}"
            );
        }
    }

    #[test]
    fn spread_tells_even_gaps_from_exponential_ones() {
        assert_eq!(spread(&[2.0; 9]), Some(0.0));
        let drawn: Vec<f64> = (1..1000).map(|n| -(f64::from(n) / 1000.0).ln()).collect();
        let found = spread(&drawn).unwrap();
        assert!((found - 1.0).abs() < 0.05, "{found}");
        assert_eq!(spread(&[]), None);
    }
}
