//! Chance that is drawn the same way every time.
//!
//! Each entity (a group's arrivals, a worker's jitter) draws from a stream of its own, derived from the run's seed
//! and the entity's *name*: adding a client or a group leaves the draws of all others unchanged.

use rand::{Rng, RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};

/// The seed of a run. Same seed and same scenario: same draws.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seed(pub u64);

/// One entity's stream of chance. Xoshiro256++ is named here on purpose: its output is fixed across releases.
#[derive(Clone, Debug)]
pub struct Stream(Xoshiro256PlusPlus);

/// FNV-1a, 64 bit: tells texts apart, and protects nothing.
pub fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

impl Seed {
    /// The stream of the entity called `name`.
    pub fn stream(self, name: &str) -> Stream {
        // Folded into the seed; `seed_from_u64` mixes the result (SplitMix64).
        let hash = fnv1a(name.as_bytes());
        Stream(Xoshiro256PlusPlus::seed_from_u64(
            self.0.rotate_left(32) ^ hash,
        ))
    }
}

impl Stream {
    /// Uniform in `[0, 1)`.
    pub fn uniform(&mut self) -> f64 {
        self.0.random::<f64>()
    }

    /// Exponential with the given mean, in the mean's unit (inverse transform, so that it is the same in every release).
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -(1.0 - self.uniform()).ln() * mean
    }

    /// A whole number in `0..=max`.
    pub fn up_to(&mut self, max: u64) -> u64 {
        self.0.random_range(0..=max)
    }

    /// Puts things into an order that is drawn by chance (Fisher and Yates).
    pub fn shuffle<T>(&mut self, things: &mut [T]) {
        for last in (1..things.len()).rev() {
            things.swap(last, self.up_to(last as u64) as usize);
        }
    }

    /// 64 raw bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_depends_on_seed_and_name_only() {
        let draw = |seed, name: &str| {
            let mut stream = Seed(seed).stream(name);
            [stream.bits(), stream.bits()]
        };
        assert_eq!(draw(7, "visitors"), draw(7, "visitors"));
        assert_ne!(draw(7, "visitors"), draw(8, "visitors"));
        assert_ne!(draw(7, "visitors"), draw(7, "slow"));
    }

    #[test]
    fn every_order_is_as_likely() {
        let mut stream = Seed(1).stream("x");
        let mut seen = std::collections::BTreeMap::new();
        for _ in 0..6_000 {
            let mut order = [0, 1, 2];
            stream.shuffle(&mut order);
            *seen.entry(order).or_insert(0) += 1;
        }
        assert_eq!(seen.len(), 6);
        assert!(
            seen.values().all(|count| (850..1_150).contains(count)),
            "{seen:?}"
        );
    }

    #[test]
    fn exponential_has_its_mean() {
        let mut stream = Seed(1).stream("x");
        let n = 20_000;
        let mean = (0..n).map(|_| stream.exponential(25.0)).sum::<f64>() / f64::from(n);
        assert!((mean - 25.0).abs() < 0.75, "{mean}");
    }
}
