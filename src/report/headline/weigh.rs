//! How bad a variant is for its clients, as something that can be compared: for break-points and for ranking cures.

use serde::Serialize;

use super::harm::{Kind, Other, harm};
use crate::record::summary::VariantSummary;
use crate::report::data::RunData;

/// The harm of a variant: the greater the worse.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub struct Harmed {
    /// Of which kind, as the sentence of a run ranks them; 0 is nobody.
    pub rank: u8,
    /// How many requests failed or waited.
    pub size: u64,
}

impl Harmed {
    /// Nobody.
    pub const NONE: Harmed = Harmed { rank: 0, size: 0 };
    /// The first rank that clients who behave feel.
    pub const FELT: u8 = Kind::KeptBack as u8;
}

/// How bad it is.
pub fn harmed(run: &RunData, variant: &VariantSummary) -> Harmed {
    let harm = harm(run, variant);
    Harmed {
        rank: harm.kind as u8,
        size: harm.size,
    }
}

/// Whether what one run does to its clients is gone in another one, and nothing as bad came in its place.
pub fn cures(
    (sick, before): (&RunData, &VariantSummary),
    (other, after): (&RunData, &VariantSummary),
) -> bool {
    let left = Other {
        run: other,
        variant: after,
        harm: &harm(other, after),
    };
    left.cures(&harm(sick, before))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::fixture;

    #[test]
    fn buffering_cures_and_the_sick_one_is_the_worse() {
        let run = fixture::run();
        let summary = fixture::summary(&run);
        let [sick, cured, ..] = &summary.variants[..] else {
            panic!("two variants");
        };
        assert!(harmed(&run, sick) > harmed(&run, cured));
        assert!(cures((&run, sick), (&run, cured)));
        assert!(!cures((&run, sick), (&run, sick)));
    }
}
