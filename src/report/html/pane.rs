//! One variant as tracks on a time axis: who had the workers, the accept queue, where bytes waited, and what became of requests.
//!
//! Shapes are SVG that stretches to any width, words are HTML that does not: so the picture is the same on a projector, on a telephone and on paper,
//! follows the page's colours, and can be enlarged by widening it. Scripts add to it and draw none of it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::axes::{Axes, Filled, Row, RowKey, Rows};
use super::heights::Heights;
use super::segments::Lanes;
use super::shapes::{self, Shape};
use super::waiting::{Band, Waiting};
use super::{areas, lanes};
use crate::record::summary::Summary;
use crate::report::chart::text_width;
use crate::report::chart::worker_occupancy::notes;
use crate::report::data::{RunData, VariantData};
use crate::report::human;
use crate::report::words::Words;
use crate::units::human_bytes;

/// Pixels that all tracks of a pane of the first screen share.
const FIRST_SCREEN: usize = 416;
/// Height of a row of requests in pixels, and of the smaller areas.
const ROW: usize = 25;
const QUEUE: usize = 60;
const BYTES: usize = 52;

/// A variant's tracks.
#[derive(Clone, Serialize, Debug)]
pub(super) struct Pane {
    pub(super) name: String,
    /// The variant's place in the run.
    pub(super) place: usize,
    /// What the scenario says about it.
    pub(super) why: String,
    /// `sick`, `cure` or nothing.
    pub(super) role: &'static str,
    /// What became of whom, in a line.
    pub(super) story: String,
    pub(super) tracks: Vec<Track>,
    /// Warm-up, drain, a backend that ends for a probe.
    shades: Vec<Shade>,
    ticks: Vec<Tick>,
}

/// One strip along the time axis.
#[derive(Clone, Serialize, Debug)]
pub(super) struct Track {
    /// `lanes`, `queue`, `bytes` or `row`.
    pub(super) kind: &'static str,
    pub(super) label: String,
    /// Names of single lanes, if they can be read.
    pub(super) lanes: Vec<String>,
    /// In pixels.
    pub(super) height: usize,
    /// Of it, the part that lanes fill.
    pub(super) lanes_height: usize,
    /// Where each lane begins, in pixels, if they are not all as high as one another.
    pub(super) lanes_tops: Option<String>,
    /// Of lanes: how high each is.
    #[serde(skip)]
    pub(super) heights: Heights,
    /// At the right end: a number that sums it up.
    pub(super) total: String,
    pub(super) bad: bool,
    /// The row of requests that it is.
    pub(super) row: Option<usize>,
    pub(super) svg: minijinja::Value,
    pub(super) captions: Vec<Caption>,
    /// What was here before somebody turned a knob, and what that came to if it is not the same.
    pub(super) ghost: Option<minijinja::Value>,
    pub(super) was: Option<String>,
}

/// Words within a track.
#[derive(Clone, PartialEq, Serialize, Debug)]
pub(super) struct Caption {
    pub(super) left: String,
    pub(super) width: String,
    pub(super) top: String,
    pub(super) height: String,
    pub(super) text: String,
    pub(super) class: &'static str,
}

#[derive(Clone, PartialEq, Serialize, Debug)]
struct Shade {
    left: String,
    width: String,
    text: String,
}

#[derive(Clone, PartialEq, Serialize, Debug)]
pub(super) struct Tick {
    pub(super) at: String,
    pub(super) text: String,
}

/// What panes side by side are made of.
pub(super) struct Side<'a> {
    pub(super) run: &'a RunData,
    pub(super) summary: &'a Summary,
    pub(super) axes: &'a Axes,
    pub(super) words: &'a Words,
    pub(super) rows: Rows,
    /// The places where bytes wait in any of them.
    pub(super) bands: Vec<Band>,
    /// What was found in the rows of each, by their names.
    found: BTreeMap<&'a str, Found>,
    /// The most lanes that any of them has.
    most_lanes: usize,
}

/// What the pictures of one variant are made of: asked for again and again, by its pane, by what stands behind another one and for the page's scripts, and it
/// takes long to find in the rows of a long run.
#[derive(Default)]
pub(super) struct Found {
    pub(super) lanes: Lanes,
    pub(super) waiting: Option<Waiting>,
    pub(super) filled: Filled,
}

impl<'a> Side<'a> {
    pub(super) fn new(
        (run, summary): (&'a RunData, &'a Summary),
        axes: &'a Axes,
        words: &'a Words,
        variants: &[&'a VariantData],
    ) -> Side<'a> {
        let rows = Rows::of(variants, summary);
        let mut found = BTreeMap::new();
        for variant in variants {
            let own = Found {
                lanes: Lanes::of(variant, axes.end_us),
                waiting: Waiting::of(variant, words),
                filled: rows.fill(variant),
            };
            found.insert(variant.plan.variant.as_str(), own);
        }
        let mut bands: Vec<Band> = Vec::new();
        let waited = variants.iter().filter_map(|variant| {
            let own = found.get(&*variant.plan.variant)?;
            own.waiting.as_ref()
        });
        for band in waited.flat_map(|waiting| &waiting.bands) {
            if !bands.contains(band) {
                bands.push(band.clone());
            }
        }
        let many = found.values().map(|own| own.lanes.places.len());
        Side {
            run,
            summary,
            axes,
            words,
            rows,
            bands,
            most_lanes: many.max().unwrap_or(0),
            found,
        }
    }

    /// What was found in the rows of one of its variants.
    pub(super) fn found(&self, variant: &VariantData) -> Option<&Found> {
        self.found.get(variant.plan.variant.as_str())
    }

    pub(super) fn pane(&self, variant: &VariantData, role: &'static str) -> Pane {
        let place = |one: &VariantData| one.plan.variant == variant.plan.variant;
        let place = self.run.variants.iter().position(place).unwrap_or(0);
        let tracks = match variant.plan.pipeline {
            Some(_) => super::stages::tracks(self, variant),
            None => self.tracks(variant),
        };
        Pane {
            name: variant.plan.variant.clone(),
            place,
            why: super::whys::why(
                &self.run.scenario_toml,
                self.words.language().code(),
                &variant.plan.variant,
            ),
            role,
            story: super::story::story(self.summary, &variant.plan.variant, self.words),
            tracks,
            shades: self.shades(variant),
            ticks: ticks(self.axes.end_us),
        }
    }

    fn tracks(&self, variant: &VariantData) -> Vec<Track> {
        let Some(found) = self.found(variant) else {
            return Vec::new();
        };
        let seen = super::existence::tracks(self, variant);
        let taken = seen.iter().map(|track| track.height).sum();
        let room = self.room_for_lanes(taken);
        let mut tracks = vec![lanes::track(self, variant, &found.lanes, room)];
        tracks.extend(seen);
        tracks.push(self.queue(variant));
        if !self.bands.is_empty() {
            tracks.push(self.bytes(variant));
        }
        for (at, row) in found.filled.rows.iter().enumerate() {
            tracks.push(self.row(variant, row, at));
        }
        tracks
    }

    /// Pixels for the lanes of each pane: what the rows and areas, and what is `taken` by probes and processes, leave of the first screen, but no more than the most
    /// lanes of any need.
    fn room_for_lanes(&self, taken: usize) -> usize {
        let bytes = if self.bands.is_empty() { 0 } else { BYTES };
        let left = FIRST_SCREEN.saturating_sub(self.rows.keys.len() * ROW + QUEUE + bytes + taken);
        left.min(lanes::height_for(self.most_lanes))
    }

    pub(super) fn say(&self, message: &str) -> String {
        self.words.say(message, [])
    }

    fn queue(&self, variant: &VariantData) -> Track {
        let values = super::axes::queue(variant).map(|(at, depth)| (at, vec![depth]));
        let shape = areas::steps(self.axes, values, self.axes.queue_high, &["queue"]);
        Track {
            label: self.say("page-accept-queue"),
            height: QUEUE,
            total: self.queue_total(variant),
            ..Track::new("queue", shape)
        }
    }

    /// How deep the accept queue was at most, in words.
    pub(super) fn queue_total(&self, variant: &VariantData) -> String {
        let depths = super::axes::queue(variant).map(|(_, depth)| depth);
        match depths.max() {
            None => self.say("page-not-measured"),
            Some(0) => human::count(0),
            Some(peak) => self
                .words
                .say("page-up-to", [("most", human::count(peak).into())]),
        }
    }

    /// What waited in one of its variants.
    pub(super) fn waiting(&self, variant: &VariantData) -> Option<&Waiting> {
        self.found(variant)?.waiting.as_ref()
    }

    fn bytes(&self, variant: &VariantData) -> Track {
        let waiting = self.waiting(variant);
        let looks = waiting.iter().flat_map(|waiting| waiting.looks.clone());
        let classes: Vec<&str> = waiting
            .iter()
            .flat_map(|waiting| waiting.bands.iter().map(|band| band.class))
            .collect();
        let shape = areas::steps(self.axes, looks, self.axes.bytes_high, &classes);
        Track {
            label: self.say("page-waiting-bytes"),
            height: BYTES,
            total: self.bytes_total(variant),
            ..Track::new("bytes", shape)
        }
    }

    /// How much waited at most, in words.
    pub(super) fn bytes_total(&self, variant: &VariantData) -> String {
        match self.waiting(variant) {
            Some(waiting) => human_bytes(waiting.most()),
            None => self.say("page-little"),
        }
    }

    /// The row at a place, and whether it is the one for what has none of its own.
    fn key(&self, at: usize) -> (&RowKey, bool) {
        let is_last = at + 1 == self.rows.keys.len();
        (&self.rows.keys[at], self.rows.mixed && is_last)
    }

    /// What a row's requests come to, in words, and whether the run's sentence calls them harmed.
    pub(super) fn row_total(&self, variant: &VariantData, row: &Row, at: usize) -> (String, bool) {
        let (key, mixed) = self.key(at);
        let harmed = super::harmed::told(self.summary, variant, (key, row), self.words);
        if let Some(harmed) = harmed {
            return (harmed, true);
        }
        let count = human::count(row.measured);
        let total = match key.kind.starts_with(|sign: char| sign.is_ascii_digit()) {
            true if !mixed => format!("{count} × {}", key.kind),
            _ if mixed => count,
            _ => format!("{count} {}", super::wording::kind(&key.kind, self.words)),
        };
        (total, false)
    }

    fn row(&self, variant: &VariantData, row: &Row, at: usize) -> Track {
        let (key, mixed) = self.key(at);
        let class = super::palette::classes(&variant.plan)
            .get(key.rank)
            .copied();
        let class = class.unwrap_or(super::palette::UNKNOWN);
        let kind = super::wording::kind(&key.kind, self.words);
        let label = match mixed {
            true => self.say("outcome-others"),
            false => format!("{} {kind}", key.group),
        };
        let shape = match key.failed || mixed {
            true => shapes::crosses(self.axes, &row.at_us),
            false => shapes::strokes(self.axes, &row.at_us, class),
        };
        let (total, is_harmed) = self.row_total(variant, row, at);
        Track {
            label,
            height: ROW,
            total,
            bad: is_harmed || key.failed && row.measured > 0,
            row: Some(at),
            ..Track::new("row", shape)
        }
    }

    fn shades(&self, variant: &VariantData) -> Vec<Shade> {
        let plan = &variant.plan;
        let end_s = self.axes.end_us as f64 / 1e6;
        let mut shades = Vec::new();
        // A pipeline has neither: it begins at once, and its `duration` is the longest that it may take.
        if plan.pipeline.is_some() {
            return shades;
        }
        let mut shade = |from_us: u64, to_us: u64, text: String| {
            if to_us.saturating_sub(from_us) * 200 > self.axes.end_us {
                shades.push(Shade {
                    left: self.axes.percent(from_us),
                    width: self.axes.percent(to_us - from_us),
                    text,
                });
            }
        };
        shade(0, plan.warmup.as_us(), self.say("page-warm-up"));
        let ends_us = plan.duration.as_us();
        shade(ends_us, self.axes.end_us, self.say("page-drain"));
        for (from, to) in notes::restarts(variant, end_s) {
            shade((from * 1e6) as u64, (to * 1e6) as u64, "TERM".to_owned());
        }
        shades
    }
}

impl Track {
    pub(super) fn new(kind: &'static str, svg: Shape) -> Track {
        Track {
            kind,
            label: String::new(),
            lanes: Vec::new(),
            height: ROW,
            lanes_height: 0,
            lanes_tops: None,
            heights: Heights::default(),
            total: String::new(),
            bad: false,
            row: None,
            svg: minijinja::Value::from_safe_string(svg),
            captions: Vec::new(),
            ghost: None,
            was: None,
        }
    }
}

/// The room that the names of these panes' tracks ask for, in rem; a longer one than this has room for is cut, and whole where a pointer rests.
pub(super) fn named(panes: [&[Pane]; 2]) -> String {
    const MOST: f64 = 13.0;
    const EM: f64 = 16.0;
    const PADDING: f64 = 0.9;
    // A chart's size is the height of a line.
    const LINE: f64 = 1.24;
    let tracks = panes.into_iter().flatten().flat_map(|pane| &pane.tracks);
    let names = tracks.flat_map(|track| track.lanes.iter().chain([&track.label]));
    let widths = names.map(|name| text_width(name, EM * LINE) / EM + PADDING);
    format!("{:.1}", widths.fold(0.0, f64::max).min(MOST))
}

/// Round seconds along the axis: few enough that their numbers do not touch where a plot is narrow.
pub(super) fn ticks(end_us: u64) -> Vec<Tick> {
    let end_s = end_us as f64 / 1e6;
    let at = crate::report::chart::round_ticks(0.0, end_s, 6);
    at.into_iter()
        .filter(|at| *at <= end_s * 0.97)
        .map(|at| Tick {
            at: format!("{:.3}%", at / end_s * 100.0),
            text: crate::units::trimmed(at),
        })
        .collect()
}
