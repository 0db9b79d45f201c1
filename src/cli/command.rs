//! The subcommands.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use super::{
    BreakArgs, ClientsArgs, CompareArgs, HandoutArgs, ImportArgs, LogArgs, ReportFormat, RoleArgs,
    RunArgs, SchemaOf, ServeArgs, SiteArgs, SpeechArgs, StageArgs, SweepArgs, WorkshopArgs,
};

/// A laboratory for slow clients and back-pressure.
#[derive(Debug, Parser)]
#[command(name = "slowlab", version, about, max_term_width = 100)]
#[command(after_help = "Examples:
  slowlab run worker-starvation          show the failure, in half a minute
  slowlab check my-site.toml             find mistakes, and predict
  slowlab run my-site.toml --set backend.workers=8
  slowlab report results/worker-starvation/latest
  slowlab site --nginx site.conf --gunicorn gunicorn.service --cpus 4 --largest 20MiB
  slowlab symptom upstream timed out     what that line means, and what cures it

Exit status: 0 expectations held, 1 one failed, 2 usage or a bad scenario,
3 undecided, 4 environment unfit, 70 a bug, 130/143 interrupted.")]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the scenarios that are built in
    List {
        /// List what conditions can name instead: every metric with its unit and meaning
        #[arg(long)]
        metrics: bool,
        /// In which language.
        #[command(flatten)]
        speech: SpeechArgs,
    },
    /// Show a scenario: its question, its text and its variants
    Show {
        /// A built-in scenario's name, or a file
        name: String,
        /// Also what it claims, and what arithmetic and simulation predict
        #[arg(long)]
        predict: bool,
        /// In which language.
        #[command(flatten)]
        speech: SpeechArgs,
    },
    /// Say what a line of a log, a status or a complaint means, and what cures it
    Symptom {
        /// Words of it, as in `slowlab symptom upstream timed out`; without any all symptoms are listed
        words: Vec<String>,
        /// In which language.
        #[command(flatten)]
        speech: SpeechArgs,
    },
    /// Read an access log in one stream: who asked most often, in a stretch of time, without one URI
    Log(LogArgs),
    /// Try on this machine which modes of files and sockets let whom do what
    Permissions,
    /// Check scenario files: report every mistake, or what a good file will do
    Check {
        /// Built-in names or files
        #[arg(required = true)]
        files: Vec<String>,
        /// Override a key, as in `--set backend.workers=8`
        #[arg(long = "set", value_name = "KEY=VALUE")]
        set: Vec<String>,
        /// In which language.
        #[command(flatten)]
        speech: SpeechArgs,
    },
    /// Run scenarios and judge their expectations
    Run(RunArgs),
    /// Run a scenario once for each value of some keys, into one table
    Sweep(SweepArgs),
    /// Find the smallest value of a key at which a condition holds
    Break(BreakArgs),
    /// Redraw the report of a results folder
    Report {
        /// A results folder, complete or partial
        dir: PathBuf,
        /// Print summary.json on standard output
        #[arg(long)]
        json: bool,
        /// Print it in this format instead
        #[arg(long, value_enum, conflicts_with = "json")]
        format: Option<ReportFormat>,
        /// In which language.
        #[command(flatten)]
        speech: SpeechArgs,
    },
    /// Compare two results folders, metric by metric
    Compare(CompareArgs),
    /// List what conditions can name: every metric with its unit and meaning
    Metrics,
    /// List the keys of a scenario file: what each is, its default and its meaning
    Keys {
        /// Only those that have this in their path, such as `proxy_buffer` or `clients[]`
        part: Option<String>,
    },
    /// Print the JSON Schema of a file, for editors and validators
    Schema {
        /// Which file
        #[arg(value_enum, default_value_t = SchemaOf::Scenario)]
        of: SchemaOf,
    },
    /// Write a scenario's stack as configuration of the real nginx and gunicorn
    Export {
        /// The scenario, the variant and its overrides
        #[command(flatten)]
        role: RoleArgs,
        /// The folder to write to; it must be new or empty
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
    },
    /// Make a scenario from your own nginx and gunicorn configuration
    Import(ImportArgs),
    /// Say what takes your own site down, at how many of it, and which setting saves it
    Site(SiteArgs),
    /// Explore scenarios in a browser: turn knobs, watch what comes of it; on this machine only
    Serve(ServeArgs),
    /// Lessons: predict, run, see, mend, explain; for a class or for yourself
    Workshop(WorkshopArgs),
    /// Write a lesson as one page for laptops without slowlab: offline, with every answer computed beforehand
    Handout(HandoutArgs),
    /// Run the backend alone, for strace, ss and curl beside it
    Backend(RoleArgs),
    /// Run backend and proxy without clients, for curl and wrk beside them
    Proxy(RoleArgs),
    /// Run a scenario's clients against an address of this machine
    Clients(ClientsArgs),
    /// Run a stack with its slow clients in place, and print what to look at it with: strace, ss, lsof, curl
    Stage(StageArgs),
    /// Say what this machine can hold, and what is missing
    Doctor {
        /// Also measure what this machine's sockets take in, beside what the model says, and fit the model to it; FILE keeps the
        /// result for `--engine sim --kernel FILE`
        #[arg(long, value_name = "FILE", num_args = 0..=1)]
        calibrate: Option<Option<PathBuf>>,
        /// Only end and remove what a slowlab left that was killed together with its guards
        #[arg(long, conflicts_with = "calibrate")]
        sweep: bool,
    },
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}
