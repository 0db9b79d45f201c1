//! Arrivals: when requests are meant to start.
//!
//! Open and closed load are different types on purpose. An open arrival happens on its own clock, however slow the system
//! is; a closed client starts its next request only after its last one. Mixing them hides coordinated omission.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::seed::Stream;
use crate::time::{Span, Timestamp};
use crate::units::EventRate;

/// Ours: a looping client that was refused asks again after this long at the earliest. Without think time it would otherwise do
/// nothing but be refused, tens of thousands of times a second.
pub const REFUSED_PAUSE: Span = Span::from_ms(10);

/// How a group's requests arrive.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Arrival {
    /// Each client makes one request.
    Once(Once),
    /// Each client loops until the end.
    Closed(Closed),
    /// Requests start on their own clock.
    Open(Open),
    /// Requests start on their own clock, at a rate that changes evenly.
    Ramp(Ramp),
}

/// `arrival.once`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Once {
    /// Clients.
    pub count: u32,
    /// When the first one starts.
    #[serde(default)]
    pub start: Span,
    /// They start evenly over this long.
    #[serde(default)]
    pub spread: Span,
}

/// `arrival.closed`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Closed {
    /// Clients.
    pub count: u32,
    /// When they start.
    #[serde(default)]
    pub start: Span,
    /// Pause between one request and the next.
    #[serde(default)]
    pub think: Span,
}

/// `arrival.open`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Open {
    /// Requests per second.
    pub rate: EventRate,
    /// How the gaps are drawn.
    #[serde(default)]
    pub process: Process,
    /// When the first gap begins.
    #[serde(default)]
    pub start: Span,
}

/// `arrival.ramp`: open arrivals whose rate goes evenly from one to another, and stays there.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ramp {
    /// Requests per second at the start.
    pub from: EventRate,
    /// Requests per second from the end of `over` on.
    pub to: EventRate,
    /// How long the change takes.
    pub over: Span,
    /// How the gaps are drawn.
    #[serde(default)]
    pub process: Process,
    /// When the first gap begins.
    #[serde(default)]
    pub start: Span,
}

/// The gaps between open arrivals.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Process {
    /// Exponential gaps: independent users.
    #[default]
    Poisson,
    /// Equal gaps.
    Uniform,
}

/// The drawn starts of one group.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// One request per entry, each by a client of its own. `once` and `open` both end up here.
    Starts {
        /// Intended starts in nanoseconds since the run's origin, ascending.
        at: Vec<Timestamp>,
    },
    /// One looping client per entry.
    Loops {
        /// First intended starts, ascending.
        at: Vec<Timestamp>,
        /// Pause between one request and the next.
        think: Span,
    },
}

impl Arrival {
    /// Draws the starts that fall before `duration`.
    pub fn draw(&self, duration: Span, chance: &mut Stream) -> Schedule {
        match self {
            Arrival::Once(once) => Schedule::Starts {
                at: once.starts(duration),
            },
            Arrival::Closed(closed) => {
                let at = if closed.start < duration {
                    closed.count as usize
                } else {
                    0
                };
                Schedule::Loops {
                    at: vec![Timestamp::ZERO + closed.start; at],
                    think: closed.think,
                }
            }
            Arrival::Open(open) => Schedule::Starts {
                at: open.starts(duration, chance),
            },
            Arrival::Ramp(ramp) => Schedule::Starts {
                at: ramp.starts(duration, chance),
            },
        }
    }

    /// About how many starts it has before `duration`, or clients that loop: known without drawing them.
    pub fn expected(&self, duration: Span) -> u64 {
        let seconds = duration.as_secs_f64();
        match self {
            Arrival::Once(once) => u64::from(once.count),
            Arrival::Closed(closed) => u64::from(closed.count),
            Arrival::Open(open) => (open.rate.0 * seconds) as u64,
            Arrival::Ramp(ramp) => (ramp.from.0.max(ramp.to.0) * seconds) as u64,
        }
    }

    /// How many clients there are, if the number is fixed.
    pub fn count(&self) -> Option<u32> {
        match self {
            Arrival::Once(once) => Some(once.count),
            Arrival::Closed(closed) => Some(closed.count),
            Arrival::Open(_) | Arrival::Ramp(_) => None,
        }
    }
}

impl Schedule {
    /// The most connections that this schedule can hold open at once.
    pub fn most_connections(&self) -> usize {
        match self {
            Schedule::Starts { at } | Schedule::Loops { at, .. } => at.len(),
        }
    }

    /// When a client starts its next request, whose last one ended at `now`; `None` if it makes no further one before `ends_at`.
    pub fn next(&self, now: Timestamp, was_refused: bool, ends_at: Timestamp) -> Option<Timestamp> {
        let Schedule::Loops { think, .. } = *self else {
            return None;
        };
        Some(now + pause_after(was_refused, think)).filter(|at| *at < ends_at)
    }
}

/// How long a client pauses that would pause for `wanted`.
pub(super) fn pause_after(was_refused: bool, wanted: Span) -> Span {
    match was_refused {
        true => wanted.max(REFUSED_PAUSE),
        false => wanted,
    }
}

impl Once {
    fn starts(&self, duration: Span) -> Vec<Timestamp> {
        let gap = self.spread.as_ns() / u64::from(self.count.max(1));
        (0..u64::from(self.count))
            .map(|index| Timestamp::ZERO + self.start + Span::from_ns(gap * index))
            .take_while(|at| *at < Timestamp::ZERO + duration)
            .collect()
    }
}

impl Open {
    fn starts(&self, duration: Span, chance: &mut Stream) -> Vec<Timestamp> {
        let mut starts = Vec::new();
        if self.rate.0 <= 0.0 {
            return starts;
        }
        let mean_gap_s = 1.0 / self.rate.0;
        let mut at_s = self.start.as_secs_f64();
        loop {
            at_s += match self.process {
                Process::Poisson => chance.exponential(mean_gap_s),
                Process::Uniform => mean_gap_s,
            };
            if at_s >= duration.as_secs_f64() {
                return starts;
            }
            starts.push(Timestamp::ZERO + Span::from_secs_f64(at_s));
        }
    }
}

impl Ramp {
    /// How many starts are to be expected before `s` seconds have passed since its own start.
    pub fn expected(&self, s: f64) -> f64 {
        let (from, to, over) = (self.from.0, self.to.0, self.over.as_secs_f64());
        let on_the_way = s.min(over);
        let slope = if over > 0.0 { (to - from) / over } else { 0.0 };
        from * on_the_way + slope * on_the_way * on_the_way / 2.0 + to * (s - on_the_way)
    }

    /// The inverse of `expected`: after so many seconds `n` starts are to be expected.
    fn reaches(&self, n: f64) -> f64 {
        let (from, to, over) = (self.from.0, self.to.0, self.over.as_secs_f64());
        let whole = self.expected(over);
        if n >= whole {
            return over + (n - whole) / to;
        }
        let slope = (to - from) / over;
        // The root of `slope/2 s^2 + from s - n` that does not cancel out.
        2.0 * n / (from + (from * from + 2.0 * slope * n).max(0.0).sqrt())
    }

    fn starts(&self, duration: Span, chance: &mut Stream) -> Vec<Timestamp> {
        let mut starts = Vec::new();
        let mut n = 0.0;
        loop {
            n += match self.process {
                Process::Poisson => chance.exponential(1.0),
                Process::Uniform => 1.0,
            };
            let at_s = self.start.as_secs_f64() + self.reaches(n);
            // A rate of zero at the end is never reached again, which is no number.
            let within = at_s < duration.as_secs_f64();
            if !within {
                return starts;
            }
            starts.push(Timestamp::ZERO + Span::from_secs_f64(at_s));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;

    fn open(rate: f64, process: Process) -> Arrival {
        Arrival::Open(Open {
            rate: EventRate(rate),
            process,
            start: Span::ZERO,
        })
    }

    fn starts(arrival: &Arrival, secs: u64) -> Vec<Timestamp> {
        match arrival.draw(Span::from_secs(secs), &mut Seed(7).stream("arrivals")) {
            Schedule::Starts { at } | Schedule::Loops { at, .. } => at,
        }
    }

    #[test]
    fn uniform_arrivals_keep_their_distance() {
        let starts = starts(&open(40.0, Process::Uniform), 10);
        assert_eq!(starts.len(), 399);
        assert!(
            starts
                .windows(2)
                .all(|pair| pair[1].since(pair[0]).as_us().abs_diff(25_000) <= 1)
        );
    }

    #[test]
    fn poisson_arrivals_have_rate_and_variance_of_one_another() {
        let starts = starts(&open(100.0, Process::Poisson), 1000);
        let n = starts.len() as f64;
        assert!((n - 100_000.0).abs() < 5.0 * 100_000_f64.sqrt(), "{n}");
        let gaps: Vec<f64> = starts
            .windows(2)
            .map(|pair| pair[1].since(pair[0]).as_secs_f64())
            .collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64;
        let squared_cv = variance / (mean * mean);
        assert!((squared_cv - 1.0).abs() < 0.05, "{squared_cv}");
    }

    #[test]
    fn a_ramp_goes_from_one_rate_to_the_other_and_stays() {
        let ramp = |from, to, over, process| {
            Arrival::Ramp(Ramp {
                from: EventRate(from),
                to: EventRate(to),
                over: Span::from_secs(over),
                process,
                start: Span::from_secs(1),
            })
        };
        let per_second = |arrival: &Arrival, from: u64, to: u64| {
            let within = |at: &&Timestamp| (from..to).contains(&(at.as_us() / 1_000_000));
            starts(arrival, 30).iter().filter(within).count() as f64 / (to - from) as f64
        };
        // Evenly: 1/s to 21/s over 10 s makes 2, 4, 6, ... in each second, then 21.
        let even = ramp(1.0, 21.0, 10, Process::Uniform);
        let counts: Vec<f64> = (0..14).map(|s| per_second(&even, s, s + 1)).collect();
        let expected = [
            0.0, 1.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0, 16.0, 18.0, 20.0, 21.0, 21.0, 21.0,
        ];
        for (s, (found, expected)) in counts.iter().zip(expected).enumerate() {
            assert!((found - expected).abs() <= 1.0, "second {s}: {found}");
        }
        let down = ramp(40.0, 0.0, 10, Process::Uniform);
        assert!((starts(&down, 30).len() as f64 - 200.0).abs() <= 1.0);
        assert_eq!(per_second(&down, 11, 30), 0.0);
        let level = ramp(5.0, 5.0, 0, Process::Uniform);
        assert!((per_second(&level, 2, 30) - 5.0).abs() < 0.1);
        let chance = ramp(0.0, 1000.0, 10, Process::Poisson);
        assert!((per_second(&chance, 1, 11) - 500.0).abs() < 40.0);
        assert!((per_second(&chance, 11, 30) - 1000.0).abs() < 40.0);
    }

    #[test]
    fn once_spreads_evenly_and_stops_at_the_end() {
        let once = Arrival::Once(Once {
            count: 4,
            start: Span::from_secs(1),
            spread: Span::from_secs(2),
        });
        let at: Vec<u64> = starts(&once, 10)
            .iter()
            .map(|at| at.as_us() / 1000)
            .collect();
        assert_eq!(at, [1000, 1500, 2000, 2500]);
        assert_eq!(starts(&once, 2).len(), 2);
    }

    #[test]
    fn closed_clients_are_counted_not_drawn() {
        let closed = Arrival::Closed(Closed {
            count: 3,
            start: Span::from_secs(2),
            think: Span::ZERO,
        });
        assert_eq!(starts(&closed, 10), vec![Timestamp::from_us(2_000_000); 3]);
        assert!(starts(&closed, 2).is_empty());
    }

    #[test]
    fn a_looping_client_thinks_and_one_that_was_refused_takes_a_breath() {
        let at = Timestamp::from_us;
        let next = |think_ms, refused, now| {
            let (at_start, think) = (vec![Timestamp::ZERO], Span::from_ms(think_ms));
            let loops = Schedule::Loops {
                at: at_start,
                think,
            };
            loops.next(at(now), refused, at(1_000_000))
        };
        assert_eq!(next(0, false, 500), Some(at(500)));
        assert_eq!(next(0, true, 500), Some(at(10_500)));
        assert_eq!(next(50, true, 500), Some(at(50_500)));
        // Nothing starts at the end or later.
        assert_eq!(next(0, false, 1_000_000), None);
        assert_eq!(next(0, true, 990_000), None);
        let starts = Schedule::Starts { at: vec![at(0)] };
        assert_eq!(starts.next(at(500), false, at(1_000_000)), None);
    }
}
