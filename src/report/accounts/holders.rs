//! Who held workers' slots, and what for, at any time: questions of many requests answered in a search each, not a walk.

use std::collections::BTreeMap;

use crate::record::WorkerState;
use crate::report::data::VariantData;
use crate::time::{Span, Timestamp};

/// Who holds a slot, and what its worker does: the client's group (none of a connection that sent no request), and why it is not free.
pub(super) type Holder<'a> = (Option<&'a str>, Doing);

/// What a held slot waits for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Doing {
    /// The request.
    Reading,
    /// The handler.
    Handler,
    /// Its client, to take the response.
    Send,
    /// Its client, to close.
    Linger,
}

/// All holds of a variant.
#[derive(Debug, Default)]
pub(super) struct Holders<'a>(BTreeMap<Holder<'a>, Area>);

/// How much time has been held by an instant: a line through points, as many as a slot was taken or freed.
#[derive(Debug, Default)]
struct Area {
    /// Instants in nanoseconds, and by each of them what was held before and how many slots are held from there on.
    points: Vec<(u64, u128, i64)>,
}

impl Doing {
    /// As messages select it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Doing::Reading => "reading",
            Doing::Handler => "handler",
            Doing::Send => "send",
            Doing::Linger => "linger",
        }
    }

    fn of(state: WorkerState) -> Option<Doing> {
        match state {
            WorkerState::Reading | WorkerState::Body => Some(Doing::Reading),
            WorkerState::App => Some(Doing::Handler),
            WorkerState::Send => Some(Doing::Send),
            WorkerState::Linger => Some(Doing::Linger),
            WorkerState::Booting | WorkerState::Idle | WorkerState::Dead => None,
        }
    }
}

impl<'a> Holders<'a> {
    /// Those of a variant, by the stretches of its workers.
    pub(super) fn of(variant: &'a VariantData) -> Holders<'a> {
        let mut changes: BTreeMap<Holder<'a>, Vec<(u64, i64)>> = BTreeMap::new();
        for row in variant.workers.iter().filter(|row| row.slot.is_some()) {
            let Some(doing) = Doing::of(row.state) else {
                continue;
            };
            let of = changes.entry((row.group.as_deref(), doing)).or_default();
            let to = row.to.map_or(u64::MAX, Timestamp::as_ns);
            of.extend([(row.from.as_ns(), 1), (to, -1)]);
        }
        let areas = changes.into_iter();
        Holders(areas.map(|(of, changes)| (of, Area::of(changes))).collect())
    }

    /// Slot-time held between two instants, by whom and what for.
    pub(super) fn between(
        &self,
        from: Timestamp,
        to: Timestamp,
    ) -> impl Iterator<Item = (Holder<'a>, Span)> + '_ {
        let all = self.0.iter();
        all.map(move |(of, area)| (*of, area.between(from, to)))
            .filter(|(_, held)| !held.is_zero())
    }
}

impl Area {
    fn of(mut changes: Vec<(u64, i64)>) -> Area {
        changes.sort_unstable();
        let mut points: Vec<(u64, u128, i64)> = Vec::with_capacity(changes.len());
        for (at, change) in changes {
            match points.last_mut() {
                Some(last) if last.0 == at => last.2 += change,
                Some(last) => {
                    let held = last.1 + u128::from(at - last.0) * last.2.unsigned_abs() as u128;
                    let count = last.2 + change;
                    points.push((at, held, count));
                }
                None => points.push((at, 0, change)),
            }
        }
        Area { points }
    }

    fn until(&self, at: Timestamp) -> u128 {
        let at = at.as_ns();
        let before = self.points.partition_point(|point| point.0 <= at);
        let Some((since, held, count)) = before.checked_sub(1).map(|index| self.points[index])
        else {
            return 0;
        };
        held + u128::from(at - since) * count.unsigned_abs() as u128
    }

    fn between(&self, from: Timestamp, to: Timestamp) -> Span {
        let held = self.until(to).saturating_sub(self.until(from));
        Span::from_ns(u64::try_from(held).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_area_is_what_was_held_until_an_instant() {
        let ms = Span::from_ms(1).as_ns();
        // One slot from 10 to 30, another from 20 to 40, a third one from 50 on.
        let changes = [(10, 1), (30, -1), (20, 1), (40, -1), (50, 1)];
        let area = Area::of(changes.map(|(at, n)| (at * ms, n)).to_vec());
        let at = |ms: u64| Timestamp::from_us(ms * 1000);
        for (from, to, held) in [
            (0, 10, 0),
            (0, 20, 10),
            (10, 30, 30),
            (25, 35, 15),
            (0, 50, 40),
            (45, 60, 10),
            (60, 60, 0),
        ] {
            let found = area.between(at(from), at(to));
            assert_eq!(found, Span::from_ms(held), "{from} to {to}");
        }
        assert_eq!(Area::default().between(at(0), at(9)), Span::ZERO);
    }
}
