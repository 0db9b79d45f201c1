//! Stretches of workers' time, one series for the page's picture and for its data: who was in which lane, when, and whether at work.

use std::collections::BTreeMap;

use crate::plan::Plan;
use crate::report::chart::worker_occupancy::lanes::{self, Phase};
use crate::report::data::VariantData;

/// Stretches that a page carries of one variant. Beyond, short ones that follow one another are put together.
pub(super) const MOST: usize = 6_000;

/// A stretch of one lane that belongs to a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Segment {
    /// The lane, from 0.
    pub(super) lane: usize,
    /// When it began, in microseconds since the variant's origin.
    pub(super) from_us: u64,
    /// When it ended.
    pub(super) to_us: u64,
    /// Whether the worker waits for its client.
    pub(super) waiting: bool,
    /// The place of its client's group in the plan; their number if it is not known.
    pub(super) group: usize,
    /// The request, unless several were put together.
    pub(super) request: Option<u64>,
}

/// The lanes of a variant: what each is called, and what is in it.
#[derive(Default)]
pub(super) struct Lanes {
    /// Worker and slot of each lane: those that ran in it first.
    pub(super) places: Vec<(u32, u32)>,
    /// The lane of each worker, by age: that of its first slot.
    workers: BTreeMap<u32, usize>,
    pub(super) segments: Vec<Segment>,
    /// How many there were, if some were put together.
    pub(super) joined_from: Option<usize>,
}

impl Lanes {
    pub(super) fn of(variant: &VariantData, end_us: u64) -> Lanes {
        let assigned = lanes::assign(&variant.workers);
        let mut found = Lanes::default();
        for (lane, of) in assigned.iter().enumerate() {
            found
                .places
                .push(of.slots.first().copied().unwrap_or_default());
            for (worker, _) in &of.slots {
                found.workers.entry(*worker).or_insert(lane);
            }
            let mut own: Vec<Segment> = (of.intervals.iter())
                .filter_map(|interval| {
                    let to_us = interval.to.map_or(end_us, |to| to.as_us()).min(end_us);
                    let from_us = interval.from.as_us();
                    Some(Segment {
                        lane,
                        from_us,
                        to_us,
                        waiting: lanes::phase(interval)? == Phase::Client,
                        group: group_of(&variant.plan, interval.group.as_deref()),
                        request: interval.request_id,
                    })
                    .filter(|segment| segment.to_us > segment.from_us)
                })
                .collect();
            own.sort_by_key(|segment| segment.from_us);
            found.segments.extend(own);
        }
        found.thin(end_us);
        found
    }

    /// The lane of a worker, or of its first slot.
    pub(super) fn lane_of(&self, worker: u32) -> Option<usize> {
        self.workers.get(&worker).copied()
    }

    /// Whether there are too many lanes to be told apart.
    pub(super) fn crowded(&self, plan: &Plan) -> bool {
        self.places.len() > crate::report::chart::worker_occupancy::MOST_LANES
            || plan.backend.slots().is_none()
    }

    fn thin(&mut self, end_us: u64) {
        let all = self.segments.len();
        let mut bucket_us = (end_us / 16_000).max(1);
        while self.segments.len() > MOST && bucket_us < end_us / 50 {
            self.segments = joined(&self.segments, bucket_us);
            bucket_us *= 2;
        }
        self.joined_from = (self.segments.len() < all).then_some(all);
    }
}

/// Short stretches of one lane, group and phase that begin in one bucket of time, as one that lasts as long as all of them.
fn joined(segments: &[Segment], bucket_us: u64) -> Vec<Segment> {
    let mut kept: Vec<Segment> = Vec::new();
    // The last short stretch of each phase and group in the present bucket of the present lane.
    let mut open: Vec<((usize, u64, usize, bool), usize)> = Vec::new();
    for segment in segments {
        let lasts = segment.to_us - segment.from_us;
        let bucket = segment.from_us / bucket_us;
        open.retain(|(key, _)| key.0 == segment.lane && key.1 == bucket);
        let key = (segment.lane, bucket, segment.group, segment.waiting);
        let known = open.iter().find(|(of, _)| *of == key).map(|(_, at)| *at);
        match known.filter(|_| lasts < bucket_us) {
            Some(at) => {
                kept[at].to_us += lasts;
                kept[at].request = None;
            }
            None => {
                if lasts < bucket_us {
                    open.push((key, kept.len()));
                }
                kept.push(segment.clone());
            }
        }
    }
    kept
}

/// The place of a group in a plan; the number of groups if it is not one of them.
pub(super) fn group_of(plan: &Plan, name: Option<&str>) -> usize {
    let place = plan
        .groups
        .iter()
        .position(|group| Some(group.name.as_str()) == name);
    place.unwrap_or(plan.groups.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(lane: usize, from_us: u64, to_us: u64, waiting: bool) -> Segment {
        Segment {
            lane,
            from_us,
            to_us,
            waiting,
            group: 0,
            request: Some(from_us),
        }
    }

    #[test]
    fn what_is_put_together_lasts_as_long_as_its_parts() {
        let all: Vec<Segment> = (0..100)
            .flat_map(|at| {
                [
                    segment(0, at * 10, at * 10 + 3, false),
                    segment(0, at * 10 + 3, at * 10 + 5, true),
                ]
            })
            .chain([segment(0, 1000, 9000, true), segment(1, 1001, 1002, true)])
            .collect();
        let kept = joined(&all, 100);
        assert_eq!(kept.len(), 22, "{kept:?}");
        let lasts = |of: &[Segment], waiting| -> u64 {
            let of = of.iter().filter(|segment| segment.waiting == waiting);
            of.map(|segment| segment.to_us - segment.from_us).sum()
        };
        for waiting in [false, true] {
            assert_eq!(lasts(&all, waiting), lasts(&kept, waiting));
        }
        assert_eq!(kept[20].request, Some(1000), "a long stretch stays itself");
        assert_eq!(kept[0].request, None);
    }

    #[test]
    fn the_fixture_has_a_lane_for_each_worker() {
        let run = crate::report::chart::fixture::run();
        let lanes = Lanes::of(&run.variants[0], 20_000_000);
        assert_eq!(lanes.places.len(), 4);
        assert_eq!(lanes.joined_from, None);
        assert!(
            lanes
                .segments
                .iter()
                .any(|one| one.waiting && one.group == 0)
        );
        assert!(!lanes.crowded(&run.variants[0].plan));
    }
}
