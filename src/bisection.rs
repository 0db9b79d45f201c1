//! Where an answer turns, by halving: of everything that is looked for on a line of numbers.
//!
//! It is taken for granted that the answer turns once between the two ends; who cannot know that asks once more beyond the place.

/// The last number that has it not and the first that has it, of `not` (which has it not) and `has` (which has it). Ends as soon as they are as close as
/// `apart` says of the upper one, at least neighbours.
///
/// # Errors
/// Those of `ask`.
pub fn turn<E>(
    (mut not, mut has): (u64, u64),
    apart: impl Fn(u64) -> u64,
    ask: &mut dyn FnMut(u64) -> Result<bool, E>,
) -> Result<(u64, u64), E> {
    while has.saturating_sub(not) > apart(has).max(1) {
        let middle = u64::midpoint(not, has);
        match ask(middle)? {
            true => has = middle,
            false => not = middle,
        }
    }
    Ok((not, has))
}

/// Down to neighbours.
pub fn neighbours(_: u64) -> u64 {
    1
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;
    use proptest::prelude::*;

    fn turned(ends: (u64, u64), apart: impl Fn(u64) -> u64, from: u64) -> ((u64, u64), u32) {
        let mut asked = 0;
        let found = turn(ends, apart, &mut |n| {
            asked += 1;
            Ok::<_, Infallible>(n >= from)
        });
        let Ok(found) = found;
        (found, asked)
    }

    proptest! {
        #[test]
        fn it_finds_neighbours_in_as_many_questions_as_there_are_bits(below in 0..100_000_u64, to in 1..100_000_u64, beyond in 0..100_000_u64) {
            let from = below + to;
            let (found, asked) = turned((below, from + beyond), neighbours, from);
            prop_assert_eq!(found, (from - 1, from));
            prop_assert!(asked <= 18, "{} questions", asked);
        }

        #[test]
        fn it_stops_early_where_that_is_enough(from in 1..100_000_u64) {
            let ((not, has), _) = turned((0, 100_000), |upper| upper / 64, from);
            prop_assert!(not < from && from <= has);
            prop_assert!(has - not <= (has / 64).max(1));
        }
    }

    #[test]
    fn neighbours_need_no_question() {
        assert_eq!(turned((6, 7), neighbours, 7), ((6, 7), 0));
    }
}
