//! Which of the workers that wait for connections takes the next one.
//!
//! The kernel wakes all of them (plain `select` and `epoll`, no EPOLLEXCLUSIVE): the first to run takes the connection, the others
//! find nothing. Who that is no rule of gunicorn's says; it was measured: 400 requests, one after another, over four idle workers of
//! gunicorn 27 on two cores, eight runs a class, half of them over TCP and half with 5 ms between the requests.
//!
//! * `sync` enters its `select` anew for every wait. Over TCP the one that had waited longest won 78, 80 and 94 times in 100, so that each
//!   gets about a quarter (a fourth run: two of four did nearly all). Over a Unix socket such runs were half of them; on average the
//!   longest waiting won 46 times in 100.
//! * The others registered with their `epoll` once and for all. Shares go by that order, are uneven and stay so: the busiest of four
//!   gthread workers got 58 in 100, the next ones 24, 13 and 5; gevent's by age 36, 29, 13 and 21.
//!
//! Limits: two cores. Which worker is the favourite varied between the runs of gthread; here it is the oldest. asgi and uvicorn were not
//! measured and are as gevent.

use super::backend_config::{Bind, WorkerClass};
use crate::seed::Stream;

/// Who is asked first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// Whoever has waited longest.
    LongestWaiting,
    /// Whoever was forked first.
    Oldest,
}

/// The workers of one class at one kind of socket.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Herd {
    /// In which order they are asked.
    pub order: Order,
    /// The probability with which whoever is asked takes it; the last one always does.
    takes: f64,
}

impl Herd {
    /// Those of a class that wait at such a listener.
    pub fn of(class: WorkerClass, bind: Bind) -> Herd {
        let (order, takes) = match (class, bind) {
            (WorkerClass::Sync, Bind::Tcp) => (Order::LongestWaiting, 0.84),
            (WorkerClass::Sync, Bind::Unix) => (Order::LongestWaiting, 0.46),
            (WorkerClass::Gthread, _) => (Order::Oldest, 0.58),
            (WorkerClass::Gevent | WorkerClass::Asgi | WorkerClass::Uvicorn, _) => {
                (Order::Oldest, 0.36)
            }
        };
        Herd { order, takes }
    }

    /// Which of so many takes the next connection: its place in the order, below `waiting`.
    ///
    /// # Panics
    /// If nobody waits.
    pub fn winner(&self, waiting: usize, chance: &mut Stream) -> usize {
        assert!(waiting > 0, "somebody waits");
        if waiting == 1 {
            return 0;
        }
        // Geometric, by inversion: one draw, however many wait.
        let passed = (1.0 - chance.uniform()).ln() / (1.0 - self.takes).ln();
        (passed as usize).min(waiting - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;

    /// How often each of four idle workers serves one of 40 000 requests in a row, in percent, by age.
    fn shares(class: WorkerClass, bind: Bind) -> [u64; 4] {
        let herd = Herd::of(class, bind);
        let mut chance = Seed(7).stream("herd");
        let (mut waiting, mut served) = (vec![0, 1, 2, 3], [0_u64; 4]);
        for _ in 0..40_000 {
            let place = herd.winner(waiting.len(), &mut chance);
            let worker: usize = waiting.remove(place);
            served[worker] += 1;
            match herd.order {
                Order::LongestWaiting => waiting.push(worker),
                Order::Oldest => waiting.insert(worker, worker),
            }
        }
        served.map(|times| (times + 200) / 400)
    }

    #[test]
    fn sync_workers_share_evenly_and_the_others_by_age() {
        for bind in [Bind::Tcp, Bind::Unix] {
            let sync = shares(WorkerClass::Sync, bind);
            assert!(
                sync.iter().all(|share| (24..=26).contains(share)),
                "{sync:?}"
            );
            let near = |class, measured: [u64; 4]| {
                let drawn = shares(class, bind);
                let mut pairs = drawn.iter().zip(measured);
                assert!(
                    pairs.all(|(drawn, measured)| drawn.abs_diff(measured) <= 6),
                    "{drawn:?}"
                );
            };
            near(WorkerClass::Gthread, [58, 24, 13, 5]);
            near(WorkerClass::Gevent, [36, 29, 13, 21]);
        }
    }

    #[test]
    fn sync_workers_take_turns_over_tcp() {
        let herd = Herd::of(WorkerClass::Sync, Bind::Tcp);
        let mut chance = Seed(7).stream("herd");
        let firsts = (0..10_000).filter(|_| herd.winner(4, &mut chance) == 0);
        let firsts = firsts.count();
        assert!((8_200..8_600).contains(&firsts), "{firsts}");
    }

    #[test]
    fn one_that_waits_alone_wins_without_a_draw() {
        let herd = Herd::of(WorkerClass::Gevent, Bind::Unix);
        let (mut drawn, mut other) = (Seed(7).stream("herd"), Seed(7).stream("herd"));
        assert_eq!(herd.winner(1, &mut drawn), 0);
        assert_eq!(drawn.bits(), other.bits());
    }
}
