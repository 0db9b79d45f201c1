//! Faults by chance: system calls of the proxies that fail and connections that break, at instants which a seed decides.
//!
//! They are there to shake the model and the machines, not to model a machine: a run with faults must end, tell every request once, and
//! have its books balance, as any other. While there are some, the world looks after each event whether it still adds up.

use crate::seed::{Seed, Stream};
use crate::time::Span;

/// How often something fails, and by which chance.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Faults {
    /// Decides what fails and when.
    pub seed: Seed,
    /// One in so many of the calls that can fail does (`accept4`, `socket`, `connect`, `open`, `write`); at least 1.
    pub one_in: u32,
    /// Mean time between two connections that break in the middle.
    pub breaks_every: Span,
    /// After how long a process goes on (SIGCONT) that an act has stopped; `None`: it stands still for good.
    pub resumes_after: Option<Span>,
}

/// The chance in hand.
#[derive(Clone, Debug)]
pub(super) struct Chance {
    faults: Faults,
    calls: Stream,
    breaks: Stream,
}

impl Chance {
    pub(super) fn new(faults: Faults) -> Chance {
        Chance {
            faults,
            calls: faults.seed.stream("faults/calls"),
            breaks: faults.seed.stream("faults/breaks"),
        }
    }

    /// Whether the next call fails.
    pub(super) fn call_fails(&mut self) -> bool {
        self.calls.up_to(u64::from(self.faults.one_in.max(1)) - 1) == 0
    }

    /// After how long a process goes on that an act has stopped.
    pub(super) fn resumes_after(&self) -> Option<Span> {
        self.faults.resumes_after
    }

    /// The time until the next connection breaks.
    pub(super) fn until_break(&mut self) -> Span {
        let mean = self.faults.breaks_every.as_us() as f64;
        Span::from_us(self.breaks.exponential(mean) as u64 + 1)
    }

    /// Which of `count` things it is; at least one.
    pub(super) fn pick(&mut self, count: usize) -> usize {
        self.breaks.up_to(count as u64 - 1) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_is_the_seeds() {
        let draw = |seed| {
            let faults = Faults {
                seed: Seed(seed),
                one_in: 3,
                breaks_every: Span::from_ms(10),
                resumes_after: None,
            };
            let mut chance = Chance::new(faults);
            let calls: Vec<bool> = (0..30).map(|_| chance.call_fails()).collect();
            (calls, chance.until_break(), chance.pick(1000))
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        let failed = draw(1).0.iter().filter(|fails| **fails).count();
        assert!((3..20).contains(&failed), "{failed} of 30");
    }
}
