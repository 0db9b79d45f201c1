//! The three columns as tracks of a pane: what a supervisor says is in the words of the lanes, which are coloured by what the kernel shows; probes have
//! a row each.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::axes::WIDE;
use super::pane::{Caption, Side, Track};
use super::shapes::{crosses, stretched};
use crate::report::data::VariantData;
use crate::report::existence::{Existence, ProbeLane, ProcessLane};

/// Height of a lane and of a row in pixels.
const LANE: usize = 24;
/// Units of a lane's height.
const TALL: u64 = 100;

/// The tracks of a variant, where there are some: none of a run in which nobody falls sick, waits for a log or a disk, or is asked.
pub(super) fn tracks(side: &Side<'_>, variant: &VariantData) -> Vec<Track> {
    let Some(existence) = Existence::of(side.run, variant) else {
        return Vec::new();
    };
    let mut tracks: Vec<Track> = existence
        .probes
        .iter()
        .map(|probe| probed(side, probe))
        .collect();
    if !existence.processes.is_empty() {
        tracks.push(kernel(side, &existence.processes));
    }
    tracks
}

fn probed(side: &Side<'_>, probe: &ProbeLane) -> Track {
    let ok = super::shapes::strokes(side.axes, &probe.ok_us, "healthy-0");
    let (failed, all) = (
        probe.failed_us.len(),
        probe.failed_us.len() + probe.ok_us.len(),
    );
    let arguments = [("failed", failed.into()), ("all", all.into())];
    Track {
        label: probe.label(),
        height: LANE,
        total: side.words.say("page-probe-failed", arguments),
        bad: failed > 0,
        ..Track::new("probe", ok + &crosses(side.axes, &probe.failed_us))
    }
}

fn kernel(side: &Side<'_>, processes: &[ProcessLane]) -> Track {
    let high = processes.len() as u64 * TALL;
    let mut paths: BTreeMap<&'static str, String> = BTreeMap::new();
    let mut captions = Vec::new();
    for (lane, process) in (0..).zip(processes) {
        for stretch in &process.stretches {
            let to_us = stretch.to_us.min(side.axes.end_us);
            let (from, to) = (side.axes.x(stretch.from_us), side.axes.x(to_us));
            let (top, tall) = (lane * TALL + 8, TALL - 16);
            let wide = to.saturating_sub(from).max(1);
            let path = paths.entry(class_of(stretch.state)).or_default();
            let _ = write!(path, "M{from} {top}h{wide}v{tall}h-{wide}z");
            let text = stretch.words();
            let lasts_us = to_us.saturating_sub(stretch.from_us);
            if side.axes.has_room(lasts_us, &text) {
                captions.push(Caption {
                    left: side.axes.percent(stretch.from_us),
                    width: side.axes.percent(lasts_us),
                    top: format!("{:.2}%", lane as f64 / processes.len() as f64 * 100.0),
                    height: format!("{:.2}%", 100.0 / processes.len() as f64),
                    text,
                    class: "",
                });
            }
        }
    }
    let mut svg = format!(r#"<path class="ground" d="M0 0h{WIDE}v{high}h-{WIDE}z"/>"#);
    for (class, path) in paths {
        let _ = write!(svg, r#"<path class="{class}" d="{path}"/>"#);
    }
    let height = LANE * processes.len();
    Track {
        label: side.say("page-kernel"),
        lanes: processes.iter().map(|one| name(side, one)).collect(),
        height,
        lanes_height: height,
        captions,
        total: side.say("page-kernel"),
        ..Track::new("states", stretched(high, &svg))
    }
}

/// The name of a process, and what a supervisor says of it at the end.
fn name(side: &Side<'_>, process: &ProcessLane) -> String {
    let last = process.stretches.last().and_then(|last| last.active);
    let says = match last {
        Some(true) => "active",
        Some(false) => "gone",
        None => "unknown",
    };
    let who = process.name(side.words);
    let arguments = [("who", who.into()), ("says", says.into())];
    side.words.say("page-supervised", arguments)
}

fn class_of(state: char) -> &'static str {
    match state {
        'R' => "state-r",
        'D' => "state-d",
        'T' | 't' => "state-t",
        'Z' | 'X' => "state-z",
        _ => "state-s",
    }
}
