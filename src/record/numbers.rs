//! Each master counts its workers from 1; records count those of a backend, in the order in which they were forked.

use std::collections::BTreeMap;

/// Which worker of which master has which number.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    by_age: BTreeMap<(u32, u32), u32>,
    several: bool,
    last: u32,
}

impl Numbers {
    /// The number of a master's worker of this age; as long as there is one master, it is the age.
    pub(crate) fn of(&mut self, master: u32, age: u32) -> u32 {
        self.several |= master > 0;
        let next = match self.several {
            false => age,
            true => self.last + 1,
        };
        let number = *self.by_age.entry((master, age)).or_insert(next);
        self.last = self.last.max(number);
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_are_counted_across_masters_as_they_come() {
        let mut numbers = Numbers::default();
        let mut told = |master, ages: &[u32]| -> Vec<u32> {
            ages.iter().map(|age| numbers.of(master, *age)).collect()
        };
        assert_eq!(told(0, &[1, 2, 4]), [1, 2, 4], "word of the third was lost");
        assert_eq!(told(1, &[1, 2, 1]), [5, 6, 5]);
        assert_eq!(told(0, &[2, 5]), [2, 7]);
        assert_eq!(told(2, &[1]), [8]);
    }
}
