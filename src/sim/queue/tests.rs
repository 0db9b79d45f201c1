//! The queue against a naive sorted list, and against queueing theory.

use proptest::prelude::*;

use super::*;
use crate::seed::Seed;
use crate::time::Span;

/// Pushes and pops by a script; returns what came out. A step either adds an event `gap` ahead of the last popped one or pops.
fn run<P: Pending<u32>>(mut pending: P, script: &[Option<u64>]) -> Vec<(u64, u64, u32)> {
    let mut now = Timestamp::ZERO;
    let mut sequence = 0;
    let mut out = Vec::new();
    let take = |pending: &mut P, now: &mut Timestamp, out: &mut Vec<_>| {
        if let Some(entry) = pending.pop() {
            *now = entry.at;
            out.push((entry.at.as_ns(), entry.sequence, entry.event));
        }
    };
    for step in script {
        match step {
            Some(gap) => {
                let at = now + Span::from_ns(*gap);
                pending.push(Entry {
                    at,
                    sequence,
                    event: sequence as u32,
                });
                sequence += 1;
            }
            None => take(&mut pending, &mut now, &mut out),
        }
    }
    while !pending.is_empty() {
        take(&mut pending, &mut now, &mut out);
    }
    out
}

/// The naive store: a list, sorted at every pop.
#[derive(Default)]
struct SortedList(Vec<Entry<u32>>);

impl Pending<u32> for SortedList {
    fn push(&mut self, entry: Entry<u32>) {
        self.0.push(entry);
    }
    fn pop(&mut self) -> Option<Entry<u32>> {
        self.0.sort_by_key(|entry| std::cmp::Reverse(entry.key()));
        self.0.pop()
    }
    fn len(&self) -> usize {
        self.0.len()
    }
}

fn steps() -> impl Strategy<Value = Vec<Option<u64>>> {
    // Gaps at every scale: the same instant, the same tick, the same wheel, far beyond it.
    let gap = prop_oneof![
        Just(0),
        0..200_u64,
        0..1_000_000_u64,
        0..10_000_000_000_u64,
        8_500_000_000..8_700_000_000_u64,
        0..200_000_000_000_u64,
    ];
    prop::collection::vec(prop::option::weighted(0.6, gap), 0..300)
}

proptest! {
    #[test]
    fn both_stores_agree_with_a_sorted_list(script in steps()) {
        let naive = run(SortedList::default(), &script);
        prop_assert_eq!(&run(Heap::default(), &script), &naive);
        prop_assert_eq!(&run(Wheel::default(), &script), &naive);
    }
}

#[test]
fn events_of_one_instant_come_out_in_the_order_in_which_they_went_in() {
    let mut queue = EventQueue::new(0);
    for event in 0..100_u32 {
        queue.push(Timestamp::from_us(5), event);
    }
    let out: Vec<u32> = std::iter::from_fn(|| queue.pop())
        .map(|(_, event)| event)
        .collect();
    assert_eq!(out, (0..100).collect::<Vec<u32>>());
    assert_eq!(queue.most_pending(), 100);
}

#[test]
#[should_panic(expected = "was added at")]
fn nothing_can_be_added_to_the_past() {
    let mut queue = EventQueue::new(0);
    queue.push(Timestamp::from_us(5), 0_u32);
    queue.pop();
    queue.push(Timestamp::from_us(4), 1);
}

/// A queue with `servers`, Poisson arrivals and the given service times; returns the mean wait in the queue.
fn mean_wait(
    expected: usize,
    servers: usize,
    arrivals_per_s: f64,
    customers: u32,
    mut service: impl FnMut() -> f64,
) -> f64 {
    #[derive(Clone, Copy)]
    enum Happening {
        Arrival,
        Departure,
    }
    let mut gaps = Seed(7).stream("arrivals");
    let mut queue = EventQueue::new(expected);
    let mut waiting = std::collections::VecDeque::new();
    let (mut idle, mut arrived, mut served, mut waited) = (servers, 0, 0, 0.0);
    queue.push(Timestamp::ZERO, Happening::Arrival);
    while let Some((now, happening)) = queue.pop() {
        match happening {
            Happening::Arrival => {
                waiting.push_back(now);
                arrived += 1;
                if arrived < customers {
                    let gap = Span::from_secs_f64(gaps.exponential(1.0 / arrivals_per_s));
                    queue.push(now + gap, Happening::Arrival);
                }
            }
            Happening::Departure => idle += 1,
        }
        while idle > 0 && !waiting.is_empty() {
            let since = waiting.pop_front().expect("it is not empty");
            waited += now.since(since).as_secs_f64();
            served += 1;
            idle -= 1;
            queue.push(now + Span::from_secs_f64(service()), Happening::Departure);
        }
    }
    assert_eq!(served, customers);
    waited / f64::from(customers)
}

/// Erlang's C formula: the chance to wait with `c` servers and an offered load of `a` Erlang.
fn erlang_c(c: u32, a: f64) -> f64 {
    let mut b = 1.0; // Erlang B by its recursion
    for n in 1..=c {
        b = a * b / (f64::from(n) + a * b);
    }
    let rho = a / f64::from(c);
    b / (1.0 - rho + rho * b)
}

#[test]
fn waiting_in_mmc_is_what_erlang_says_within_one_per_cent() {
    for (servers, utilization) in [(1_u32, 0.5), (4, 0.8), (20, 0.8)] {
        let mu = 100.0;
        let lambda = utilization * mu * f64::from(servers);
        let mut times = Seed(7).stream("service");
        let customers = 3_000_000;
        let waited = mean_wait(0, servers as usize, lambda, customers, || {
            times.exponential(1.0 / mu)
        });
        let expected = erlang_c(servers, lambda / mu) / (f64::from(servers) * mu - lambda);
        let error = (waited / expected - 1.0).abs();
        assert!(
            error < 0.01,
            "M/M/{servers}: {waited} against {expected}, {error}"
        );
    }
}

#[test]
fn waiting_in_md1_is_what_pollaczek_and_khinchine_say_within_one_per_cent() {
    for utilization in [0.3, 0.7] {
        let service = 0.01;
        let waited = mean_wait(100_000, 1, utilization / service, 2_000_000, || service);
        let expected = utilization * service / (2.0 * (1.0 - utilization));
        let error = (waited / expected - 1.0).abs();
        assert!(
            error < 0.01,
            "rho {utilization}: {waited} against {expected}, {error}"
        );
    }
}
