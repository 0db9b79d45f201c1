//! The metrics of what the operating system shows: the machine's load, and logs as files. Part of the table.

use super::Each;
use super::entry::{Entry, Missing, Reading, Unit};
use super::reading::{counted, measured};
use crate::record::summary::{LogsSummary, MachineSummary, VariantSummary};

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
];

fn of_machine(variant: &VariantSummary, of: fn(&MachineSummary) -> Option<f64>) -> Reading {
    match &variant.machine {
        Some(machine) => measured(of(machine)),
        None => Err(Missing::Because("the machine's load was not looked at")),
    }
}

fn of_logs(variant: &VariantSummary, of: fn(&LogsSummary) -> Option<u64>) -> Reading {
    match &variant.logs {
        Some(logs) => counted(of(logs)),
        None => Err(Missing::Because("no log was looked at")),
    }
}
