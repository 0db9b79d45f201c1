//! The metrics of what the operating system shows: the machine's load, and logs as files. Part of the table.

use super::Each;
use super::entry::{Entry, Missing, Reading, Unit};
use super::reading::{counted, measured};
use crate::record::summary::{
    LogsSummary, MachineSummary, PipelineSummary, StageSummary, VariantSummary,
};

/// Those that are measured only where a plan is about them.
pub static SYSTEM: &[Entry] = &[
    Entry::of_stack(
        "machine.active_tasks",
        Each::One,
        Unit::Plain,
        "Tasks that the load average counts, from the last act on: those that run or could, and those in D. Two readings 5 s apart give them back.",
        |variant, _| of_machine(variant, |machine| machine.active_tasks),
    ),
    Entry::of_stack(
        "machine.waiting_tasks",
        Each::One,
        Unit::Plain,
        "Of these, those that do not run: tasks in D.",
        |variant, _| {
            of_machine(variant, |machine| {
                Some(machine.active_tasks? - machine.running_tasks?)
            })
        },
    ),
    Entry::of_stack(
        "machine.running_tasks",
        Each::One,
        Unit::Plain,
        "Tasks of this machine that ran or could, the mean of the samples from the last act on.",
        |variant, _| of_machine(variant, |machine| machine.running_tasks),
    ),
    Entry::of_stack(
        "machine.busy_ratio",
        Each::One,
        Unit::Share,
        "Share of the cores' time that they were busy, from the last act on.",
        |variant, _| of_machine(variant, |machine| machine.busy_ratio),
    ),
    Entry::of_stack(
        "machine.iowait_ratio",
        Each::One,
        Unit::Share,
        "Share of the cores' time that they were idle with a disk at work, from the last act on.",
        |variant, _| of_machine(variant, |machine| machine.iowait_ratio),
    ),
    Entry::of_stack(
        "machine.psi_io_ratio",
        Each::One,
        Unit::Share,
        "Share of the time in which somebody waited for a disk, from the last act on.",
        |variant, _| of_machine(variant, |machine| machine.psi_io_ratio),
    ),
    Entry::of_stack(
        "machine.load_1m",
        Each::One,
        Unit::Plain,
        "Highest load average over a minute.",
        |variant, _| of_machine(variant, |machine| machine.load_1m),
    ),
    Entry::of_stack(
        "logs.deleted_bytes",
        Each::One,
        Unit::Bytes,
        "The most that a log took on the disk which a process had open and nobody could name.",
        |variant, _| of_logs(variant, |logs| logs.deleted_bytes),
    ),
    Entry::of_stack(
        "logs.hole_bytes",
        Each::One,
        Unit::Bytes,
        "The most by which a log was larger than what it takes on the disk.",
        |variant, _| of_logs(variant, |logs| logs.hole_bytes),
    ),
    Entry::of_stack(
        "logs.named_bytes",
        Each::One,
        Unit::Bytes,
        "The most that logs and older ones took on the disk, as `du` adds up.",
        |variant, _| of_logs(variant, |logs| logs.named_bytes),
    ),
    Entry::of_stack(
        "pipeline.brake",
        Each::One,
        Unit::Plain,
        "Place of the stage that all others of a pipeline wait for, from 1; 0 where there is none.",
        |variant, _| of_pipeline(variant, |pipeline| Some(pipeline.brake_position)),
    ),
    Entry::of_stack(
        "pipeline.lasted",
        Each::One,
        Unit::Micros,
        "From the start of a pipeline to the end of its last stage.",
        |variant, _| of_pipeline(variant, |pipeline| Some(pipeline.lasted_us)),
    ),
    Entry::of_stack(
        "pipeline.answer_lines",
        Each::One,
        Unit::Plain,
        "Lines that the last stage of a pipeline has written.",
        |variant, _| of_pipeline(variant, |pipeline| pipeline.answer_lines),
    ),
    Entry::of_stack(
        "pipeline.temp_bytes",
        Each::One,
        Unit::Bytes,
        "The most that temp files of one stage took.",
        |variant, _| most(variant, |stage| stage.peak_temp_bytes),
    ),
    Entry::of_stack(
        "pipeline.peak_rss_bytes",
        Each::One,
        Unit::Bytes,
        "The most memory that one stage was found with.",
        |variant, _| most(variant, |stage| stage.peak_rss_bytes),
    ),
    Entry::of_stack(
        "pipeline.looks",
        Each::One,
        Unit::Plain,
        "How often a pipeline was looked at; a brake is named from 20 on.",
        |variant, _| of_pipeline(variant, |pipeline| Some(pipeline.looks)),
    ),
    Entry::of_stack(
        "pipeline.at_work_ratio",
        Each::One,
        Unit::Share,
        "Share of the looks in which a stage was found at work of its own, of the one that was so most.",
        |variant, _| largest(variant, |stage| stage.at_work_ratio),
    ),
    Entry::of_stack(
        "pipeline.for_input_ratio",
        Each::One,
        Unit::Share,
        "Share of the looks in which a stage was found in `read`, of the one that was so most.",
        |variant, _| largest(variant, |stage| stage.for_input_ratio),
    ),
    Entry::of_stack(
        "pipeline.for_room_ratio",
        Each::One,
        Unit::Share,
        "Share of the looks in which a stage was found in `write`, of the one that was so most.",
        |variant, _| largest(variant, |stage| stage.for_room_ratio),
    ),
    Entry::of_stack(
        "pipeline.cpu",
        Each::One,
        Unit::Micros,
        "CPU time of the stage that took most.",
        |variant, _| most(variant, |stage| stage.cpu_us),
    ),
    Entry::of_stack(
        "pipeline.exit",
        Each::One,
        Unit::Plain,
        "The largest of the stages' exit codes, 128 and the signal's number where one ended it.",
        |variant, _| most(variant, |stage| u64::try_from(stage.exit?).ok()),
    ),
    Entry::of_stack(
        "pipeline.broken_pipes",
        Each::One,
        Unit::Plain,
        "Stages that ended because nobody reads them any more: 141 in PIPESTATUS.",
        |variant, _| {
            of_pipeline(variant, |pipeline| {
                let ends = pipeline
                    .stages
                    .iter()
                    .filter(|stage| stage.exit == Some(BROKEN_PIPE));
                Some(ends.count() as u64)
            })
        },
    ),
];

/// Why numbers of stages are missing.
const NO_PIPELINE: &str = "judged-no-pipeline";
/// A shell's number for a process that SIGPIPE has ended.
const BROKEN_PIPE: i32 = 141;

fn of_pipeline(variant: &VariantSummary, of: fn(&PipelineSummary) -> Option<u64>) -> Reading {
    match &variant.pipeline {
        Some(pipeline) => counted(of(pipeline)),
        None => Err(Missing::Because(NO_PIPELINE)),
    }
}

fn largest(variant: &VariantSummary, of: fn(&StageSummary) -> f64) -> Reading {
    match &variant.pipeline {
        Some(pipeline) => measured(pipeline.stages.iter().map(of).reduce(f64::max)),
        None => Err(Missing::Because(NO_PIPELINE)),
    }
}

fn most(variant: &VariantSummary, of: fn(&StageSummary) -> Option<u64>) -> Reading {
    match &variant.pipeline {
        Some(pipeline) => counted(pipeline.stages.iter().filter_map(of).max()),
        None => Err(Missing::Because(NO_PIPELINE)),
    }
}

fn of_machine(variant: &VariantSummary, of: fn(&MachineSummary) -> Option<f64>) -> Reading {
    match &variant.machine {
        Some(machine) => measured(of(machine)),
        None => Err(Missing::Because("judged-no-machine")),
    }
}

fn of_logs(variant: &VariantSummary, of: fn(&LogsSummary) -> Option<u64>) -> Reading {
    match &variant.logs {
        Some(logs) => counted(of(logs)),
        None => Err(Missing::Because("judged-no-logs")),
    }
}
