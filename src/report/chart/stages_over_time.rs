//! `stages_over_time`: who of a pipeline works, who sleeps in `read` and who in `write`, and when the pipes between them are full.

use plotters::style::RGBAColor;

use super::Chart;
use super::frame::{self, Frame};
use super::picture::{Align, Picture, text_width};
use super::subject::{file_name, last_second, place};
use super::theme;
use crate::record::summary::{PipelineSummary, Summary};
use crate::report::data::{RunData, VariantData};
use crate::report::human;
use crate::report::stage_lanes::{Column, StageLane, WHOLE, lanes};
use crate::report::words::Words;

const WIDTH: u32 = 1200;
/// Height of a stage's lane, and of the pipe below it.
const LANE: f64 = 62.0;
const PIPE: f64 = 30.0;
const TOP: f64 = 124.0;
const LEFT: f64 = 170.0;
const RIGHT: f64 = 960.0;
/// Where the keys stand.
const KEYS: f64 = 92.0;

/// At work, in `read`, in `write`.
const COLORS: [RGBAColor; 3] = [theme::DOING[0].1, theme::DOING[1].1, theme::DOING[2].1];
/// A pipe that is full.
const FULL: RGBAColor = theme::DOING[3].1;

/// Draws a variant's, if it is a pipeline that was looked at.
pub(super) fn draw(
    run: &RunData,
    summary: &Summary,
    variant: &VariantData,
    words: &Words,
) -> Option<Chart> {
    let end_s = last_second(variant);
    let stages = lanes(variant, (end_s * 1e6) as u64);
    let mut numbers = summary.variants.iter();
    let numbers = numbers.find(|one| one.name == variant.plan.variant)?;
    let pipeline = numbers.pipeline.as_ref().filter(|one| one.looks > 0)?;
    let pipes = stages.len().saturating_sub(1) as f64;
    let bottom = TOP + LANE * stages.len() as f64 + PIPE * pipes;
    let mut picture = Picture::sheet(WIDTH, (bottom + 56.0) as u32);
    let at = place(run, &variant.plan.variant);
    let title = words.say("chart-stages", [("place", at.into())]);
    let looks = [("looks", human::count(pipeline.looks).into())];
    frame::header(
        &mut picture,
        &title,
        &words.say("chart-stages-subtitle", looks),
    );
    let frame = Frame::of_lanes((LEFT, RIGHT), (TOP, bottom), end_s);
    frame.seconds(&mut picture, end_s, words);
    let mut sheet = Sheet {
        picture: &mut picture,
        frame,
        words,
    };
    sheet.keys();
    for (at, stage) in stages.iter().enumerate() {
        let top = TOP + (LANE + PIPE) * at as f64;
        sheet.stage(stage, top);
        sheet.said(pipeline, at, top);
        if let Some(reader) = stages.get(at + 1) {
            sheet.pipe((stage, reader), top + LANE);
        }
    }
    Some(Chart {
        name: file_name("stages_over_time", &variant.plan.variant),
        title,
        caption: caption(pipeline, words),
        picture,
    })
}

/// A sheet with its axis.
struct Sheet<'a> {
    picture: &'a mut Picture,
    frame: Frame,
    words: &'a Words,
}

impl Sheet<'_> {
    fn keys(&mut self) {
        let mut x = LEFT;
        let messages = ["work", "input", "room", "full", "empty"];
        let colors = COLORS.into_iter().chain([FULL, theme::PAPER]);
        for (message, color) in messages.into_iter().zip(colors) {
            let text = self.words.say(&format!("chart-stages-{message}"), []);
            let edge = ((x - 1.0, KEYS - 8.0), (x + 21.0, KEYS + 8.0));
            self.picture.fill(edge.0, edge.1, theme::FAINT);
            self.picture
                .fill((x, KEYS - 7.0), (x + 20.0, KEYS + 7.0), color);
            let ink = (theme::SMALL, theme::INK);
            self.picture
                .words((x + 27.0, KEYS), &text, ink, Align::Left);
            x += 27.0 + text_width(&text, theme::SMALL) + 26.0;
        }
    }

    /// A stage's lane: what it was found doing, as shares from the bottom up.
    fn stage(&mut self, stage: &StageLane, top: f64) {
        let (left, right) = (self.frame.left, self.frame.right);
        self.picture
            .fill((left, top), (right, top + LANE), theme::LANE);
        let ink = (theme::LABEL, theme::INK);
        let at = (left - 10.0, top + LANE / 2.0);
        self.picture.words(at, &stage.name, ink, Align::Right);
        for column in &stage.columns {
            let mut below = 0;
            for (share, color) in column.shares().into_iter().zip(COLORS) {
                self.block(column, top + LANE, (below, below + share, LANE), color);
                below += share;
            }
        }
    }

    /// The pipe behind a stage: dark for as much of the time as it was full, white for as much as it was empty.
    fn pipe(&mut self, (writer, reader): (&StageLane, &StageLane), top: f64) {
        let (top, tall) = (top + 7.0, PIPE - 14.0);
        let (left, right) = (self.frame.left, self.frame.right);
        self.picture
            .fill((left, top), (right, top + tall), theme::GRID);
        let ink = (theme::SMALL, theme::FAINT);
        let at = (left - 10.0, top + tall / 2.0);
        self.picture.words(
            at,
            &self.words.say("chart-stages-pipe", []),
            ink,
            Align::Right,
        );
        for column in &reader.columns {
            let [_, empty, _] = column.shares();
            // An edge is left, or nobody would see that there is a pipe.
            let shares = (WHOLE - empty, WHOLE, tall - 3.0);
            self.block(column, top + tall - 1.5, shares, theme::PAPER);
        }
        for column in &writer.columns {
            let [_, _, full] = column.shares();
            self.block(column, top + tall, (0, full, tall), FULL);
        }
    }

    /// From one share to another of a lane that stands on `bottom`.
    fn block(
        &mut self,
        column: &Column,
        bottom: f64,
        (from, to, tall): (u64, u64, f64),
        color: RGBAColor,
    ) {
        if to <= from {
            return;
        }
        let x = |us: u64| self.frame.x(us as f64 / 1e6).min(self.frame.right);
        let y = |share: u64| bottom - tall * share as f64 / WHOLE as f64;
        let (low, high) = ((x(column.from_us), y(to)), (x(column.to_us), y(from)));
        self.picture.fill(low, high, color);
    }

    /// Beside its lane: how much of the time it was at work, whether it is the brake, and how it ended.
    fn said(&mut self, pipeline: &PipelineSummary, at: usize, top: f64) {
        let Some(stage) = pipeline.stages.get(at) else {
            return;
        };
        let is_brake = pipeline.brake_position == at as u64 + 1;
        let work = [("work", human::percent(stage.at_work_ratio).into())];
        let middle = top + LANE / 2.0;
        let mut text = self.words.say("chart-stages-share", work);
        if is_brake {
            text = format!("{text}, {}", self.words.say("chart-stages-brake", []));
        }
        let at = (RIGHT + 14.0, middle - 12.0);
        let ink = (theme::SMALL, theme::INK);
        self.picture.words(at, &text, ink, Align::Left);
        if let Some(exit) = stage.exit {
            let code = [("exit", exit.to_string().into())];
            let text = self.words.say("chart-stages-exit", code);
            let color = if exit == 0 {
                theme::FAINT
            } else {
                theme::FAILURE
            };
            let at = (RIGHT + 14.0, middle + 12.0);
            self.picture
                .words(at, &text, (theme::SMALL, color), Align::Left);
        }
    }
}

fn caption(pipeline: &PipelineSummary, words: &Words) -> String {
    let each = pipeline.stages.iter().map(|stage| {
        let share = |ratio| human::percent(ratio).into();
        let arguments = [
            ("stage", stage.name.as_str().into()),
            ("work", share(stage.at_work_ratio)),
            ("input", share(stage.for_input_ratio)),
            ("room", share(stage.for_room_ratio)),
        ];
        words.say("chart-stages-each", arguments)
    });
    let each: Vec<String> = each.collect();
    words.say("chart-stages-caption", [("stages", each.join("; ").into())])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::pipeline::PipelineConfig;
    use crate::record::{StageSample, StageWait};
    use crate::report::findings::tests::{plan, run_of, variant};
    use crate::report::summarize::summarize;
    use crate::report::words::Language;
    use crate::time::{Span, Timestamp};

    fn told(looks: u64, language: Language) -> Option<Chart> {
        let config =
            "stages = [\"tail\", \"slow\"]\nstage.tail.paced = {}\nstage.slow.paced = {}\n";
        let config: PipelineConfig = toml::from_str(config).unwrap();
        let mut data = variant(plan(1, false));
        data.plan.pipeline = Some(config);
        for look in 0..looks {
            let at = Timestamp::ZERO + Span::from_ms(5 * look);
            let waits = (look > 2).then_some(StageWait::Room);
            data.stages.push(StageSample {
                waits,
                ..StageSample::of(at, 1, "tail", 1)
            });
            data.stages.push(StageSample::of(at, 2, "slow", 2));
        }
        let run = run_of(data);
        let summary = summarize(&run);
        draw(&run, &summary, &run.variants[0], Words::of(language))
    }

    #[test]
    fn who_sleeps_in_write_stands_above_the_brake_and_a_stack_has_no_stages() {
        let svg = told(200, Language::English).unwrap().picture.svg().unwrap();
        for text in [
            "tail",
            "slow",
            "the brake",
            "100 % at work",
            "asleep in write",
        ] {
            assert!(svg.contains(text), "{text}");
        }
        let full = format!("#{:02x}{:02x}{:02x}", FULL.0, FULL.1, FULL.2);
        assert!(svg.to_lowercase().contains(&full), "a full pipe");
        let caption = told(200, Language::Korean).unwrap().caption;
        assert!(
            caption.contains("slow") && caption.contains("write"),
            "{caption}"
        );
        assert!(told(0, Language::English).is_none());
        let stack = run_of(variant(plan(1, false)));
        let summary = summarize(&stack);
        let words = Words::of(Language::English);
        assert!(draw(&stack, &summary, &stack.variants[0], words).is_none());
    }
}
