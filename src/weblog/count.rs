//! How often each key came, in memory that has a bound.
//!
//! Beyond so many distinct keys the rarest gives its place to the new one, which inherits its count (Metwally, Agrawal, El Abbadi 2005, "Space-Saving"):
//! each count is then at most what it says, and at least that less what was inherited, and no key that came more often than the total divided by
//! the number of places is missing.

use std::collections::{BTreeMap, BTreeSet};

/// Counts of keys.
#[derive(Debug)]
pub struct Counts {
    most_keys: usize,
    keys: BTreeMap<Box<[u8]>, Place>,
    /// By count, where a place has to be given up: made when the bound is first met.
    order: BTreeSet<(u64, Box<[u8]>)>,
    total: u64,
    full: bool,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    count: u64,
    /// Of it, what was inherited.
    inherited: u64,
}

/// A key and how often it came.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Counted {
    /// The key.
    pub key: Vec<u8>,
    /// How often it came at most.
    pub count: u64,
    /// How often less it may have been; 0 is exact.
    pub over_by: u64,
}

impl Counts {
    /// None yet, of so many distinct keys at most.
    pub fn new(most_keys: usize) -> Counts {
        Counts {
            most_keys: most_keys.max(1),
            keys: BTreeMap::new(),
            order: BTreeSet::new(),
            total: 0,
            full: false,
        }
    }

    /// A key has come.
    pub fn add(&mut self, key: &[u8]) {
        self.total += 1;
        if let Some(place) = self.keys.get_mut(key) {
            place.count += 1;
            if self.full {
                let count = place.count;
                let key: Box<[u8]> = key.into();
                self.order.remove(&(count - 1, key.clone()));
                self.order.insert((count, key));
            }
            return;
        }
        let inherited = match self.keys.len() < self.most_keys {
            true => 0,
            false => self.give_up(),
        };
        let place = Place {
            count: inherited + 1,
            inherited,
        };
        self.keys.insert(key.into(), place);
        if self.full {
            self.order.insert((place.count, key.into()));
        }
    }

    /// The rarest gives up its place; its count.
    fn give_up(&mut self) -> u64 {
        if !self.full {
            self.full = true;
            let keys = self.keys.iter();
            self.order = keys
                .map(|(key, place)| (place.count, key.clone()))
                .collect();
        }
        match self.order.pop_first() {
            Some((count, key)) => {
                self.keys.remove(&key);
                count
            }
            None => 0,
        }
    }

    /// Whether all counts are exact.
    pub fn are_exact(&self) -> bool {
        !self.full
    }

    /// Keys in all, distinct ones as far as known.
    pub fn distinct(&self) -> usize {
        self.keys.len()
    }

    /// How many were added.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The most frequent, those of one count in the order of their bytes: as `sort -k1,1nr -k2` has them in the C locale.
    pub fn top(&self, n: usize) -> Vec<Counted> {
        let mut all: Vec<(&Box<[u8]>, &Place)> = self.keys.iter().collect();
        all.sort_by_key(|(_, place)| std::cmp::Reverse(place.count));
        let counted = all.into_iter().take(n).map(|(key, place)| Counted {
            key: key.to_vec(),
            count: place.count,
            over_by: place.inherited,
        });
        counted.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_keys_are_counted_exactly() {
        let mut counts = Counts::new(10);
        for key in ["b", "a", "b", "c", "a", "b"] {
            counts.add(key.as_bytes());
        }
        let told: Vec<(Vec<u8>, u64)> = (counts.top(2).into_iter())
            .map(|one| (one.key, one.count))
            .collect();
        assert_eq!(told, [(b"b".to_vec(), 3), (b"a".to_vec(), 2)]);
        assert!(counts.are_exact() && counts.total() == 6);
    }

    #[test]
    fn beyond_the_bound_a_count_is_never_too_low_and_the_frequent_stay() {
        let mut counts = Counts::new(20);
        let mut exact: BTreeMap<String, u64> = BTreeMap::new();
        for n in 0..10_000_u64 {
            // A few that come often among many that come once.
            let key = match n % 4 {
                0 => format!("often-{}", n % 3),
                _ => format!("once-{n}"),
            };
            *exact.entry(key.clone()).or_default() += 1;
            counts.add(key.as_bytes());
        }
        assert!(!counts.are_exact() && counts.distinct() == 20);
        let top = counts.top(3);
        for one in &top {
            let name = String::from_utf8(one.key.clone()).unwrap();
            let truth = exact[&name];
            assert!(name.starts_with("often"), "{name}");
            assert!(
                one.count >= truth && one.count - one.over_by <= truth,
                "{one:?}, {truth}"
            );
        }
    }
}
