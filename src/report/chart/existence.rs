//! `exists_works`: what a supervisor, the probes and the kernel say of the same processes at the same time. Only where somebody falls sick, or a log goes
//! into a pipe.
//!
//! Limits: the kernel is asked five times a second; a state between two looks is not seen.

use plotters::style::RGBAColor;

use super::Chart;
use super::frame::{self, Frame};
use super::picture::{Align, Picture, text_width};
use super::subject::{file_name, last_second, place};
use super::theme;
use crate::record::EventKind;
use crate::report::acts;
use crate::report::data::{RunData, VariantData};
use crate::report::existence::{Existence, ProbeLane, ProcessLane, Stretch};
use crate::report::words::Words;

const WIDTH: u32 = 1200;
/// Height of a lane, and of the gap between two columns.
const LANE: f64 = 30.0;
const GAP: f64 = 30.0;
const TOP: f64 = 112.0;
const LEFT: f64 = 170.0;
const RIGHT: f64 = 1150.0;

/// Draws a variant's, if it has one.
pub(super) fn draw(run: &RunData, variant: &VariantData, words: &Words) -> Option<Chart> {
    let existence = Existence::of(run, variant)?;
    let (processes, probes) = (&existence.processes, &existence.probes);
    let columns = 1 + usize::from(!probes.is_empty()) + usize::from(!processes.is_empty());
    let lanes = 2 * processes.len() + probes.len();
    let bottom = TOP + LANE * lanes as f64 + GAP * columns as f64;
    let end_s = last_second(variant);
    let frame = Frame::of_lanes((LEFT, RIGHT), (TOP - 8.0, bottom), end_s);
    let mut picture = Picture::sheet(WIDTH, (bottom + 56.0) as u32);
    let at = place(run, &variant.plan.variant);
    let title = words.say("chart-existence", [("place", at.into())]);
    frame::header(
        &mut picture,
        &title,
        &words.say("chart-existence-subtitle", []),
    );
    frame.seconds(&mut picture, end_s, words);
    let mut sheet = Sheet {
        picture: &mut picture,
        frame,
        words,
        y: TOP,
        headings: Vec::new(),
    };
    if !processes.is_empty() {
        sheet.heading("chart-existence-supervisor");
        processes
            .iter()
            .for_each(|process| sheet.supervised(process));
    }
    if !probes.is_empty() {
        sheet.heading("chart-existence-probes");
        probes.iter().for_each(|probe| sheet.probed(probe));
    }
    if !processes.is_empty() {
        sheet.heading("chart-existence-kernel");
        processes.iter().for_each(|process| sheet.seen(process));
    }
    let headings = sheet.headings;
    let done = labels(variant, words);
    mark_acts(&mut picture, &frame, &done, &headings);
    Some(Chart {
        name: file_name("exists_works", &variant.plan.variant),
        title,
        caption: words.say("chart-existence-caption", []),
        picture,
    })
}

/// A sheet that is filled from the top down.
struct Sheet<'a> {
    picture: &'a mut Picture,
    frame: Frame,
    words: &'a Words,
    y: f64,
    headings: Vec<Block>,
}

/// From its upper left corner to its lower right one.
type Block = ((f64, f64), (f64, f64));

impl Sheet<'_> {
    fn heading(&mut self, message: &str) {
        let at = (self.frame.left, self.y + GAP / 2.0 + 2.0);
        let ink = (theme::LABEL, theme::INK);
        let text = self.words.say(message, []);
        let half = text_width(&text, theme::LABEL);
        let (from, to) = ((at.0 - 2.0, at.1 - 9.0), (at.0 + half + 6.0, at.1 + 9.0));
        self.picture.fill(from, to, theme::PAPER);
        self.headings.push((from, to));
        self.picture.words(at, &text, ink, Align::Left);
        self.y += GAP;
    }

    /// The ground of the next lane and its name; where it is.
    fn lane(&mut self, name: &str) -> (f64, f64) {
        let (top, bottom) = (self.y + 3.0, self.y + LANE - 3.0);
        let (left, right) = (self.frame.left, self.frame.right);
        self.picture.fill((left, top), (right, bottom), theme::LANE);
        let at = (left - 8.0, f64::midpoint(top, bottom));
        let ink = (theme::LABEL, theme::INK);
        self.picture.words(at, name, ink, Align::Right);
        self.y += LANE;
        (top, bottom)
    }

    fn supervised(&mut self, process: &ProcessLane) {
        let lane = self.lane(&process.name(self.words));
        for (active, from_us, to_us) in spans(&process.stretches) {
            let (color, message) = match active {
                true => (
                    theme::blend(theme::PAPER, theme::GROUPS[3].strong, 0.45),
                    "active",
                ),
                false => (theme::FAILURE, "gone"),
            };
            let word = self
                .words
                .say("chart-existence-says", [("says", message.into())]);
            self.block(lane, (from_us, to_us), color, &word);
        }
    }

    fn probed(&mut self, probe: &ProbeLane) {
        let (top, bottom) = self.lane(&probe.label());
        let middle = f64::midpoint(top, bottom);
        let x = |frame: &Frame, us: &u64| frame.x(*us as f64 / 1e6);
        for us in &probe.ok_us {
            self.picture
                .disc((x(&self.frame, us), middle), 5.0, theme::GROUPS[3].strong);
        }
        for us in &probe.failed_us {
            self.picture
                .cross((x(&self.frame, us), middle), 5.5, 2.5, theme::FAILURE);
        }
    }

    fn seen(&mut self, process: &ProcessLane) {
        let lane = self.lane(&process.name(self.words));
        for stretch in &process.stretches {
            let color = color_of(stretch.state);
            let span = (stretch.from_us, stretch.to_us);
            self.block(lane, span, color, &stretch.words());
        }
    }

    fn block(
        &mut self,
        (top, bottom): (f64, f64),
        (from_us, to_us): (u64, u64),
        color: RGBAColor,
        text: &str,
    ) {
        let x = |us: u64| self.frame.x(us as f64 / 1e6);
        let (from, to) = (x(from_us), x(to_us).min(self.frame.right));
        self.picture
            .fill((from, top), ((to - 1.0).max(from + 1.0), bottom), color);
        let wide = text_width(text, theme::SMALL);
        if wide + 8.0 < to - from {
            let at = (from + 5.0, f64::midpoint(top, bottom));
            let half = (bottom - top) / 2.0 - 3.0;
            let ground = ((at.0 - 2.0, at.1 - half), (at.0 + wide + 2.0, at.1 + half));
            self.picture.fill(ground.0, ground.1, theme::PAPER);
            let ink = (theme::SMALL, theme::INK);
            self.picture.words(at, text, ink, Align::Left);
        }
    }
}

/// Stretches put together by what the supervisor says.
fn spans(stretches: &[Stretch]) -> Vec<(bool, u64, u64)> {
    let mut spans: Vec<(bool, u64, u64)> = Vec::new();
    for stretch in stretches {
        let Some(active) = stretch.active else {
            continue;
        };
        match spans.last_mut() {
            Some(last) if last.0 == active && last.2 >= stretch.from_us => last.2 = stretch.to_us,
            _ => spans.push((active, stretch.from_us, stretch.to_us)),
        }
    }
    spans
}

/// Asleep is pale, whatever for.
fn color_of(state: char) -> RGBAColor {
    let place = match state {
        'R' => 1,
        'D' => 2,
        'T' | 't' => 3,
        'Z' | 'X' => 4,
        _ => 0,
    };
    theme::STATES[place].1
}

/// When something was done to the stack, and what.
fn labels(variant: &VariantData, words: &Words) -> Vec<(f64, String)> {
    let events = variant.events.iter();
    let done = events.filter_map(|event| match &event.kind {
        EventKind::Act { act, .. } => {
            let said = acts::done(act, &variant.plan, words);
            Some((event.at.as_secs_f64(), said))
        }
        _ => None,
    });
    done.collect()
}

/// A line where something was done to the stack, broken where a heading stands; what is done at once, or too soon for a label of its own, shares one.
fn mark_acts(picture: &mut Picture, frame: &Frame, done: &[(f64, String)], headings: &[Block]) {
    let mut labels: Vec<(f64, String)> = Vec::new();
    for (at_s, act) in done {
        let x = frame.x(*at_s);
        let mut from = frame.top;
        let in_the_way = headings
            .iter()
            .filter(|block| block.0.0 <= x && x <= block.1.0);
        for (top, bottom) in in_the_way.map(|block| (block.0.1, block.1.1)) {
            picture.dashed(&[(x, from), (x, top)], (5.0, 4.0), 1.5, theme::FAILURE);
            from = bottom;
        }
        let rest = [(x, from), (x, frame.bottom)];
        picture.dashed(&rest, (5.0, 4.0), 1.5, theme::FAILURE);
        match labels.last_mut() {
            Some((at, text)) if x < *at + text_width(text, theme::SMALL) + 12.0 => {
                text.push_str("; ");
                text.push_str(act);
            }
            _ => labels.push((x, act.clone())),
        }
    }
    for (x, text) in labels {
        // Where there is no room to the right, to the left.
        let (at, align) = match x + 5.0 + text_width(&text, theme::SMALL) <= frame.right {
            true => (x + 5.0, Align::Left),
            false => (x - 5.0, Align::Right),
        };
        let ink = (theme::SMALL, theme::FAILURE);
        picture.words((at, frame.top - 2.0), &text, ink, align);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::frame::Scale;
    use crate::report::chart::picture::Mark;

    #[test]
    fn what_is_done_at_once_is_said_in_one_line_and_crosses_no_heading() {
        let done = [(0.5, "one"), (0.5, "two"), (11.9, "late")];
        let done = done.map(|(at_s, act)| (at_s, act.to_owned()));
        let frame = Frame::over_time(300, 12.0, Scale::linear(0.0, 1.0));
        let x = frame.x(0.5);
        let heading = ((x - 20.0, frame.top + 30.0), (x + 20.0, frame.top + 50.0));
        let mut picture = Picture::sheet(WIDTH, 300);
        mark_acts(&mut picture, &frame, &done, &[heading]);
        let mut labels = Vec::new();
        for mark in &picture.marks {
            match mark {
                Mark::Words(words) => labels.push((words.text.as_str(), words.align)),
                Mark::Line(points, ..) if points.iter().all(|at| at.0 == x) => {
                    let within = points
                        .iter()
                        .any(|at| heading.0.1 < at.1 && at.1 < heading.1.1);
                    assert!(!within, "{points:?} crosses {heading:?}");
                }
                _ => {}
            }
        }
        assert_eq!(labels, [("one; two", Align::Left), ("late", Align::Right)]);
    }
}
