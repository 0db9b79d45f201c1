//! Division by a number that stays the same for a whole run, which is a multiplication then.

/// A number that others are divided by, again and again. A processor needs five times as long to divide as to multiply, and a TCP flow
/// divides by the size of its skbs at each read and write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Divisor {
    by: u32,
    /// 2^64 / `by`, rounded up: exact for all dividends of 32 bits (Lemire, Kaser and Kurz, "Faster remainder by direct computation", 2019).
    inverse: u64,
}

impl Divisor {
    /// # Panics
    /// If `by` is zero.
    pub(super) fn new(by: u32) -> Divisor {
        Divisor {
            by,
            inverse: (u64::MAX / u64::from(by)).wrapping_add(1),
        }
    }

    /// The number itself.
    #[inline]
    pub(super) fn get(self) -> u32 {
        self.by
    }

    /// `n` divided by it, rounded up.
    #[inline]
    pub(super) fn ceil(self, n: u32) -> u32 {
        match n {
            0 => 0,
            _ => self.floor(n - 1) + 1,
        }
    }

    /// The greatest multiple of it up to `n`.
    #[inline]
    pub(super) fn whole(self, n: u32) -> u32 {
        self.floor(n) * self.by
    }

    #[inline]
    fn floor(self, n: u32) -> u32 {
        match self.inverse {
            // The inverse of one does not fit.
            0 => n,
            inverse => ((u128::from(inverse) * u128::from(n)) >> 64) as u32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_divides_as_the_processor_does(n: u32, by in 1_u32.., near in 0_u32..3, times: u32) {
            let multiple = by.saturating_mul(times % (u32::MAX / by + 1));
            for (n, by) in [(n, by), (n, by >> (n % 32) | 1), (multiple.saturating_sub(near), by), (multiple.saturating_add(near), by)] {
                let divisor = Divisor::new(by);
                prop_assert_eq!(divisor.ceil(n), n.div_ceil(by));
                prop_assert_eq!(divisor.whole(n), n / by * by);
            }
        }
    }
}
