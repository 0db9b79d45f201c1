//! The command line: what the user may ask for. What is done with it is in `commands`.

mod args;
mod choices;
mod command;
mod log;
mod workshop;

pub use args::{
    BreakArgs, CompareArgs, ImportArgs, ProgramArgs, RoleArgs, RunArgs, ServeArgs, SiteArgs,
    SourceArgs, SpeechArgs, SpreadArgs, SweepArgs, WorkArgs,
};
pub use choices::{
    BatchSystem, Engine, KeptRows, KernelChoice, ReportFormat, SchemaOf, ShardChoice,
};
pub use command::{Cli, Command};
pub use log::{CountedBy, LogArgs};
pub use workshop::WorkshopArgs;
