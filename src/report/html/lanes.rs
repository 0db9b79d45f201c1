//! Who had the workers: a lane for each slot, or, where there are too many to be told apart, how many each group held.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::axes::{Axes, WIDE};
use super::heights::{Heights, LANE};
use super::pane::{Caption, Side, Track};
use super::segments::{Lanes, Segment};
use super::shapes::{Shape, crossed, share, stretched};
use super::{areas, palette};
use crate::machine::backend_config::AGES_OF_INSTANCE;
use crate::record::{Event, EventKind};
use crate::report::data::VariantData;
use crate::report::human;

/// Lanes up to this many get a full one's height each.
const FULL: usize = 5;
/// Half of the cross of a kill, and its stroke, in pixels.
const CROSS: f64 = 10.0;
/// Columns that areas are drawn with where lanes are too many.
const COLUMNS: u64 = 700;

pub(super) fn track(side: &Side<'_>, variant: &VariantData, lanes: &Lanes, room: usize) -> Track {
    if lanes.crowded(&variant.plan) {
        return crowd(side, variant, lanes, room);
    }
    let told = told(side, variant, lanes);
    let higher: BTreeSet<usize> = told.iter().map(|one| one.lane).collect();
    let higher: Vec<usize> = higher.into_iter().collect();
    let heights = Heights::of(lanes.places.len(), room, &higher);
    let several = lanes.places.iter().any(|place| place.1 > 0);
    let names = lanes.places.iter();
    let names = names.map(|place| lane_name(side, *place, several));
    Track {
        label: side.say(match several {
            true => "page-slots",
            false => "page-workers",
        }),
        lanes: match heights.are_readable() {
            true => names.collect(),
            false => Vec::new(),
        },
        height: room.max(heights.whole()),
        lanes_height: heights.whole(),
        lanes_tops: heights.uneven(),
        captions: captions(side, (variant, lanes), &told, &heights),
        total: total(side, variant, lanes),
        heights: heights.clone(),
        ..Track::new("lanes", drawn(side.axes, variant, lanes, &heights))
    }
}

/// Pixels that so many lanes ask for.
pub(super) fn height_for(lanes: usize) -> usize {
    let lanes = lanes.max(1);
    (lanes * LANE).min((lanes * 24).max(FULL * LANE))
}

/// A lane's name: that of a worker of another instance than the first says so.
fn lane_name(side: &Side<'_>, (worker, slot): (u32, u32), several: bool) -> String {
    let (instance, age) = (worker / AGES_OF_INSTANCE, worker % AGES_OF_INSTANCE);
    let message = match (instance, several) {
        (0, true) => "page-lane-slot",
        (0, false) => "page-lane",
        _ => "page-lane-of",
    };
    let arguments = [
        ("worker", age.into()),
        ("slot", slot.into()),
        ("instance", (instance + 1).into()),
    ];
    side.words.say(message, arguments)
}

/// What the lanes come to, in words: how many workers were killed; of those that cannot be told apart, how many there were.
pub(super) fn total(side: &Side<'_>, variant: &VariantData, lanes: &Lanes) -> String {
    if lanes.crowded(&variant.plan) {
        let most = human::count(lanes.places.len().max(1) as u64);
        return side.words.say("page-up-to", [("most", most.into())]);
    }
    let kills = crate::report::chart::worker_occupancy::lanes::kill_count(variant);
    match kills {
        0 => String::new(),
        kills => side.words.say("page-kills", [("kills", kills.into())]),
    }
}

/// The lanes as clips of two rectangles per group: the clip stretches, what shines through (a hatch) does not.
fn drawn(axes: &Axes, variant: &VariantData, lanes: &Lanes, heights: &Heights) -> Shape {
    let many = heights.many();
    let mut grounds = String::new();
    for lane in 0..many {
        let (top, tall) = heights.filled(lane);
        let _ = write!(grounds, "M0 {top}h{WIDE}v{tall}h-{WIDE}z");
    }
    let high = heights.units_of(many);
    let ground = stretched(high, &format!(r#"<path class="ground" d="{grounds}"/>"#));
    let mut paths: BTreeMap<(usize, bool), String> = BTreeMap::new();
    for segment in &lanes.segments {
        let path = paths.entry((segment.group, segment.waiting)).or_default();
        let (from, to) = (axes.x(segment.from_us), axes.x(segment.to_us));
        let wide = to.saturating_sub(from).max(1);
        let (top, tall) = heights.filled(segment.lane);
        let _ = write!(path, "M{from} {top}h{wide}v{tall}h-{wide}z");
    }
    let classes = palette::classes(&variant.plan);
    let mut svg = format!(r#"{ground}<svg class="marks" aria-hidden="true">"#);
    let scale = format!("scale({} {})", 1.0 / WIDE as f64, 1.0 / high as f64);
    for ((group, waiting), path) in paths {
        let class = classes.get(group).copied().unwrap_or(palette::UNKNOWN);
        let id = clip_id(&variant.plan.variant, group, waiting);
        let fill = match waiting {
            true => format!("url(#hatch-{class})"),
            false => "var(--strong)".to_owned(),
        };
        let _ = write!(
            svg,
            r##"<clipPath id="{id}" clipPathUnits="objectBoundingBox"><path transform="{scale}" d="{path}"/></clipPath><rect class="{class}" width="100%" height="100%" style="fill:{fill}" clip-path="url(#{id})"/>"##
        );
    }
    kills(&mut svg, axes, (variant, lanes), heights);
    svg + "</svg>"
}

/// A name for a clip that no other variant's has, whatever the variant is called.
fn clip_id(variant: &str, group: usize, waiting: bool) -> String {
    let letters: String = variant.bytes().fold(String::new(), |mut letters, byte| {
        let _ = write!(letters, "{byte:02x}");
        letters
    });
    format!(
        "lanes-{letters}-{group}-{}",
        if waiting { "wait" } else { "work" }
    )
}

/// Crosses where the arbiter killed.
fn kills(
    svg: &mut String,
    axes: &Axes,
    (variant, lanes): (&VariantData, &Lanes),
    heights: &Heights,
) {
    let places = killed(variant, lanes).map(|(lane, at_us)| (lane, crossed(axes, at_us)));
    for (lane, x) in places.collect::<BTreeSet<_>>() {
        let x = share(x);
        let (top, tall) = heights.shares(lane);
        let y = crate::units::trimmed(top + tall / 2.0);
        let _ = write!(svg, r##"<use href="#kill" x="{x}%" y="{y}%"/>"##);
    }
}

/// In which lanes the arbiter killed, and when.
fn killed(variant: &VariantData, lanes: &Lanes) -> impl Iterator<Item = (usize, u64)> {
    let by_arbiter = |event: &&Event| matches!(event.kind, EventKind::WorkerTimeout { .. });
    let events = variant.events.iter().filter(by_arbiter);
    events.filter_map(|event| Some((lanes.lane_of(event.worker?)?, event.at.as_us())))
}

/// How long a connection had a slot, whatever it did there.
struct Held {
    lane: usize,
    from_us: u64,
    to_us: u64,
    group: usize,
    /// Whether it brought a request.
    has_request: bool,
}

impl Held {
    /// Whether there is room for the shortest word that can be said of it.
    fn can_be_told(&self, side: &Side<'_>, variant: &VariantData) -> bool {
        let named = variant.plan.groups.get(self.group);
        let least = named.map_or("", |named| &named.name);
        let lasts_us = self.to_us - self.from_us;
        (named.is_some() || !self.has_request) && side.axes.has_room(lasts_us, least)
    }
}

/// Those of whom there is room to say something: of many stretches few.
fn told(side: &Side<'_>, variant: &VariantData, lanes: &Lanes) -> Vec<Held> {
    let mut held = held(lanes);
    held.retain(|one| one.can_be_told(side, variant));
    held
}

/// Who had each lane, by when.
fn held(lanes: &Lanes) -> Vec<Held> {
    let mut spans: BTreeMap<(usize, u64, bool), Held> = BTreeMap::new();
    for segment in &lanes.segments {
        // A connection that brings no request has no number.
        let whose = match segment.request {
            Some(request) => (segment.lane, request, true),
            None if segment.waiting => (segment.lane, segment.from_us, false),
            None => continue,
        };
        let held = spans.entry(whose).or_insert(Held {
            lane: segment.lane,
            from_us: segment.from_us,
            to_us: segment.to_us,
            group: segment.group,
            has_request: whose.2,
        });
        held.from_us = held.from_us.min(segment.from_us);
        held.to_us = held.to_us.max(segment.to_us);
    }
    spans.into_values().collect()
}

/// Says on each long stretch who held the worker, where the lane has room for words.
fn captions(
    side: &Side<'_>,
    (variant, lanes): (&VariantData, &Lanes),
    told: &[Held],
    heights: &Heights,
) -> Vec<Caption> {
    let classes = palette::classes(&variant.plan);
    let cross_us = side.axes.lasts_us(CROSS);
    // Asked for once: events are many, and so are stretches.
    let crosses: BTreeSet<(usize, u64)> = killed(variant, lanes).collect();
    let mut captions = Vec::new();
    for one in told.iter().filter(|one| heights.is_readable(one.lane)) {
        let (lane, from_us, to_us) = (one.lane, one.from_us, one.to_us);
        let named = variant.plan.groups.get(one.group);
        let lasted = human::micros(to_us - from_us);
        // No word lies on a cross.
        let next = crosses.range((lane, from_us + 1)..=(lane, u64::MAX)).next();
        let free = next.map(|(_, at)| at.saturating_sub(cross_us).max(from_us));
        let to_us = free.map_or(to_us, |free| free.min(to_us));
        let texts = match named {
            Some(named) => {
                let arguments = [("group", &*named.name), ("span", &*lasted)];
                let long = side.words.tell("page-held-by", &arguments);
                vec![long, named.name.clone()]
            }
            None => vec![side.say("page-silent")],
        };
        let texts = texts.into_iter();
        let fits = |text: &String| side.axes.has_room(to_us - from_us, text);
        let Some(text) = texts.into_iter().find(fits) else {
            continue;
        };
        let (top, tall) = heights.shares(lane);
        captions.push(Caption {
            left: side.axes.percent(from_us),
            width: side.axes.percent(to_us - from_us),
            top: format!("{top:.2}%"),
            height: format!("{tall:.2}%"),
            text,
            class: classes.get(one.group).copied().unwrap_or(palette::UNKNOWN),
        });
    }
    captions
}

/// Areas: how many slots each group held, at work (below) and waiting (above). Each column shows the mean of its time.
fn crowd(side: &Side<'_>, variant: &VariantData, lanes: &Lanes, room: usize) -> Track {
    let classes = palette::classes(&variant.plan);
    let kinds = 2 * (classes.len() + 1);
    let column_us = (side.axes.end_us / COLUMNS).max(1);
    let mut held = vec![vec![0_u64; kinds]; COLUMNS as usize + 2];
    for segment in &lanes.segments {
        let kind = 2 * segment.group.min(classes.len()) + usize::from(segment.waiting);
        spread(segment, column_us, |column, us| {
            if let Some(kinds) = held.get_mut(column) {
                kinds[kind] += us;
            }
        });
    }
    let most = lanes.places.len().max(1) as u64;
    let layers: Vec<String> = classes
        .iter()
        .chain([&palette::UNKNOWN])
        .flat_map(|class| [format!("{class} strong"), format!("{class} wait")])
        .collect();
    let layers: Vec<&str> = layers.iter().map(String::as_str).collect();
    let samples = (0..).map(|column| column * column_us).zip(held);
    Track {
        label: side.say("page-held-slots"),
        height: room.clamp(60, 200),
        total: total(side, variant, lanes),
        ..Track::new(
            "lanes",
            areas::steps(side.axes, samples, most * column_us, &layers),
        )
    }
}

/// Tells of each column of time how much of it a stretch fills.
fn spread(segment: &Segment, column_us: u64, mut tell: impl FnMut(usize, u64)) {
    for column in segment.from_us / column_us..=segment.to_us / column_us {
        let (from, to) = (column * column_us, (column + 1) * column_us);
        let filled = segment
            .to_us
            .min(to)
            .saturating_sub(segment.from_us.max(from));
        tell(column as usize, filled);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::fixture;
    use crate::report::words::{Language, Words};

    /// All variants of a run side by side.
    fn beside(look: impl FnOnce(&Side<'_>, &[&VariantData])) {
        let run = fixture::run();
        let axes = Axes::of(&run);
        let variants: Vec<&VariantData> = run.variants.iter().collect();
        let summary = fixture::summary(&run);
        let words = Words::of(Language::English);
        let side = Side::new((&run, &summary), &axes, words, &variants);
        look(&side, &variants);
    }

    #[test]
    fn each_group_and_phase_is_one_clip_and_long_holds_are_named() {
        beside(|side, variants| {
            let pane = side.pane(variants[0], "sick");
            let lanes = &pane.tracks[0];
            let svg = lanes.svg.to_string();
            assert_eq!(
                svg.matches("<clipPath").count(),
                4,
                "two groups, two phases"
            );
            assert_eq!(lanes.lanes.len(), 4);
            assert!(lanes.captions.iter().all(|one| one.text.contains("slow")));
            assert!(!lanes.captions.is_empty());
            let pane = side.pane(variants[2], "");
            assert!(pane.tracks[0].svg.to_string().contains("#kill"));
        });
    }

    #[test]
    fn no_name_lies_on_a_cross() {
        beside(|side, variants| {
            let lanes = Lanes::of(variants[2], side.axes.end_us);
            let crosses: Vec<(usize, u64)> = killed(variants[2], &lanes).collect();
            let heights = Heights::of(lanes.places.len(), 200, &[]);
            let told = told(side, variants[2], &lanes);
            let captions = captions(side, (variants[2], &lanes), &told, &heights);
            assert!(!crosses.is_empty() && !captions.is_empty());
            let part = |share: &str| share.trim_end_matches('%').parse::<f64>().unwrap();
            for (lane, at_us) in crosses {
                let top = format!("{:.2}%", lane as f64 * 100.0 / lanes.places.len() as f64);
                let cross = part(&side.axes.percent(at_us));
                for one in captions.iter().filter(|one| one.top == top) {
                    let end = part(&one.left) + part(&one.width);
                    assert!(end < cross || part(&one.left) > cross, "{one:?}");
                }
            }
        });
    }

    #[test]
    fn a_stretch_is_spread_over_the_columns_that_it_touches() {
        let segment = Segment {
            lane: 0,
            from_us: 15,
            to_us: 32,
            waiting: false,
            group: 0,
            request: None,
        };
        let mut told = Vec::new();
        spread(&segment, 10, |column, us| told.push((column, us)));
        assert_eq!(told, [(1, 5), (2, 10), (3, 2)]);
    }
}
