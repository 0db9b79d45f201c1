//! How high each lane is: all the same where all can be read; otherwise those on which something can be told get the room for it, and the others share the rest.

/// Heights of a lane in pixels: where a pane beside it needs the room, where there is room, and at least.
pub(super) const THICKEST: usize = 56;
pub(super) const LANE: usize = 38;
pub(super) const THINNEST: usize = 3;
/// A lane this high can have words in it, and a name beside it.
const READABLE: usize = 21;
/// So many lanes at most are higher than others.
const HIGHER: usize = 5;
/// Units of a pixel, in which lanes are drawn.
const UNITS: usize = 20;

/// Where each lane begins, in pixels from the top.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct Heights {
    /// One more than there are lanes: the last is the whole height.
    tops: Vec<usize>,
}

impl Heights {
    /// For so many lanes in so much room; `told` are those on which there is something to tell, in order.
    pub(super) fn of(many: usize, room: usize, told: &[usize]) -> Heights {
        let many = many.max(1);
        let each = (room / many).clamp(THINNEST, THICKEST);
        let higher = &told[..told.len().min(HIGHER)];
        if each >= READABLE || higher.is_empty() || higher.len() == many {
            return Heights::from((0..many).map(|_| each));
        }
        let rest = many - higher.len();
        let low = room.saturating_sub(higher.len() * READABLE) / rest;
        let low = low.clamp(1, each);
        let high = room.saturating_sub(rest * low) / higher.len();
        let high = high.clamp(READABLE, LANE);
        Heights::from((0..many).map(|lane| match higher.contains(&lane) {
            true => high,
            false => low,
        }))
    }

    fn from(heights: impl Iterator<Item = usize>) -> Heights {
        let mut tops = vec![0];
        for height in heights {
            tops.push(tops.last().copied().unwrap_or_default() + height);
        }
        Heights { tops }
    }

    /// How many lanes there are.
    pub(super) fn many(&self) -> usize {
        self.tops.len().saturating_sub(1)
    }

    /// Pixels of all lanes.
    pub(super) fn whole(&self) -> usize {
        self.tops.last().copied().unwrap_or_default()
    }

    /// Whether each lane can have a name beside it.
    pub(super) fn are_readable(&self) -> bool {
        (0..self.many()).all(|lane| self.is_readable(lane))
    }

    /// Whether there is room for a word in a lane.
    pub(super) fn is_readable(&self, lane: usize) -> bool {
        self.pixels(lane).1 >= READABLE
    }

    /// Where each lane begins, if they are not all as high as one another.
    pub(super) fn uneven(&self) -> Option<String> {
        let (_, first) = self.pixels(0);
        let is_even = (0..self.many()).all(|lane| self.pixels(lane).1 == first);
        let tops = || self.tops.iter().map(usize::to_string).collect::<Vec<_>>();
        (!is_even).then(|| tops().join(" "))
    }

    /// Where a lane begins, and how high it is, in pixels. Lanes beyond the last are as high as it.
    fn pixels(&self, lane: usize) -> (usize, usize) {
        match (self.tops.get(lane), self.tops.get(lane + 1)) {
            (Some(top), Some(next)) => (*top, next - top),
            _ => {
                let last = self.tops.iter().rev().take(2).copied().collect::<Vec<_>>();
                let tall = last.first().unwrap_or(&0) - last.get(1).unwrap_or(&0);
                (self.whole() + lane.saturating_sub(self.many()) * tall, tall)
            }
        }
    }

    /// The units that the lanes up to so many take, for [`Heights::units`].
    pub(super) fn units_of(&self, many: usize) -> u64 {
        (self.pixels(many).0 * UNITS) as u64
    }

    /// Where a part of a lane begins and how high it is, in units. The part is in hundredths of the lane: from, and how many.
    pub(super) fn units(&self, lane: usize, (from, many): (usize, usize)) -> (u64, u64) {
        let (top, tall) = self.pixels(lane);
        let part = |hundredths: usize| tall * UNITS * hundredths / 100;
        ((top * UNITS + part(from)) as u64, part(many).max(1) as u64)
    }

    /// What is taken up in a lane: all of it but a gap above and below.
    pub(super) fn filled(&self, lane: usize) -> (u64, u64) {
        let gap = if self.pixels(lane).1 > 12 { 8 } else { 3 };
        self.units(lane, (gap, 100 - 2 * gap))
    }

    /// Where a lane begins and how high it is, as shares of all lanes in per cent.
    pub(super) fn shares(&self, lane: usize) -> (f64, f64) {
        let (top, tall) = self.pixels(lane);
        let share = |pixels: usize| pixels as f64 * 100.0 / self.whole().max(1) as f64;
        (share(top), share(tall))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_that_can_be_read_are_as_high_as_one_another() {
        let even = Heights::of(5, 190, &[0]);
        assert!(even.are_readable() && even.uneven().is_none());
        assert_eq!((even.many(), even.whole()), (5, 190));
        assert_eq!(even.shares(4), (80.0, 20.0));
        assert_eq!(
            Heights::of(1, 500, &[]).whole(),
            THICKEST,
            "one lane is no wall"
        );
    }

    #[test]
    fn what_is_told_has_room_among_many() {
        let heights = Heights::of(66, 205, &[0, 7]);
        assert!(heights.whole() <= 205, "{}", heights.whole());
        assert!(heights.is_readable(0) && heights.is_readable(7) && !heights.is_readable(1));
        assert!(!heights.are_readable());
        let tops = heights.uneven().unwrap();
        assert_eq!(tops.split(' ').count(), 67);
        // Nothing is told of any: even, and as low as that takes.
        let even = Heights::of(66, 205, &[]);
        assert_eq!(even.whole(), 66 * THINNEST);
        assert!(even.uneven().is_none());
    }

    #[test]
    fn of_many_that_are_told_the_first_have_room() {
        let heights = Heights::of(30, 205, &[2, 3, 4, 5, 6, 7, 8]);
        let high = (0..30).filter(|lane| heights.is_readable(*lane));
        assert_eq!(high.collect::<Vec<_>>(), [2, 3, 4, 5, 6]);
        assert!(heights.whole() <= 205);
    }

    #[test]
    fn a_lane_beyond_the_last_is_below_it() {
        let heights = Heights::of(2, 76, &[]);
        assert_eq!(heights.units_of(2), (76 * UNITS) as u64);
        assert_eq!(heights.units_of(3), (114 * UNITS) as u64);
        assert_eq!(heights.units(3, (0, 100)).0, (114 * UNITS) as u64);
    }
}
