//! The command line: what the user may ask for. What is done with it is in `commands`.

use std::convert::Infallible;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::report::format::Format;

/// A laboratory for slow clients and back-pressure.
#[derive(Debug, Parser)]
#[command(name = "slowlab", version, about, max_term_width = 100)]
#[command(after_help = "Examples:
  slowlab run worker-starvation          show the failure, in half a minute
  slowlab check my-site.toml             find mistakes, and predict
  slowlab run my-site.toml --set backend.workers=8
  slowlab report results/worker-starvation/latest

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
    },
    /// Show a scenario: its question, its text and its variants
    Show {
        /// A built-in scenario's name, or a file
        name: String,
        /// Also what it claims, and what arithmetic and simulation predict
        #[arg(long)]
        predict: bool,
    },
    /// Check scenario files: report every mistake, or what a good file will do
    Check {
        /// Built-in names or files
        #[arg(required = true)]
        files: Vec<String>,
        /// Override a key, as in `--set backend.workers=8`
        #[arg(long = "set", value_name = "KEY=VALUE")]
        set: Vec<String>,
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
        format: Option<Format>,
    },
    /// Compare two results folders, metric by metric
    Compare {
        /// A run's folder, such as that of the real programs; or a folder of such runs, whose medians are compared
        first: PathBuf,
        /// Another one, such as the lab's
        second: PathBuf,
        /// Print CSV instead of a table
        #[arg(long)]
        csv: bool,
    },
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
    /// Run the backend alone, for strace, ss and curl beside it
    Backend(RoleArgs),
    /// Run backend and proxy without clients, for curl and wrk beside them
    Proxy(RoleArgs),
    /// Run a scenario's clients against an address of this machine
    Clients {
        /// The scenario and its overrides
        #[command(flatten)]
        role: RoleArgs,
        /// Where to: 127.0.0.1:PORT or unix:PATH
        #[arg(long)]
        target: String,
    },
    /// Say what this machine can hold, and what is missing
    Doctor {
        /// Also measure what this machine's sockets take in, beside what the model says, and fit the model to it; FILE keeps the
        /// result for `--engine sim --kernel FILE`
        #[arg(long, value_name = "FILE", num_args = 0..=1)]
        calibrate: Option<Option<PathBuf>>,
    },
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

/// `run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// Built-in names or files
    #[arg(required_unless_present = "all")]
    pub scenarios: Vec<String>,
    /// Run every built-in scenario
    #[arg(long, conflicts_with = "scenarios")]
    pub all: bool,
    /// Which engine runs the plan
    #[arg(long, value_enum, default_value_t = Engine::Lab)]
    pub engine: Engine,
    /// Whose sockets the sim models: `measured` (Linux 6.18), `this` (the same with this machine's sysctls) or a file of
    /// `doctor --calibrate`
    #[arg(long, value_name = "WHICH", default_value = "measured")]
    pub kernel: KernelChoice,
    /// With `--engine sim`: `none` counts requests and keeps no row of them, in memory or on disk: for runs of a million
    #[arg(long, value_enum, default_value_t = KeptRows::All, value_name = "WHICH")]
    pub rows: KeptRows,
    /// Of the reference engine.
    #[command(flatten)]
    pub programs: ProgramArgs,
    /// Run only this variant (repeatable); `baseline` is the plain configuration. What is expected of others is left out
    #[arg(long, value_name = "NAME")]
    pub variant: Vec<String>,
    /// Run each scenario so often, with seeds that count up and variants in an order drawn by chance, into one folder that `compare`
    /// takes; medians have intervals from 5 on
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub repeat: u32,
    /// Say what the simulation predicts before the run
    #[arg(long)]
    pub predict: bool,
    /// What is run, and where to.
    #[command(flatten)]
    pub work: WorkArgs,
    /// Print summary.json on standard output instead of the table; of several runs an array of them
    #[arg(long)]
    pub json: bool,
    /// Print every number, finding and expectation at the end, not one screen of them
    #[arg(long, short)]
    pub verbose: bool,
    /// A condition that shall hold beside the scenario's own, as in `--expect 'visitors.status.504 == 0'` (repeatable)
    #[arg(long, value_name = "CONDITION")]
    pub expect: Vec<String>,
    /// Exit with 3 where there is nothing to judge, instead of 0
    #[arg(long)]
    pub require_expectations: bool,
    /// Write the verdicts as JUnit's XML, too: a suite per scenario
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Write the result as a page of Markdown, too
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<PathBuf>,
}

/// `sweep`.
#[derive(Debug, Args)]
pub struct SweepArgs {
    /// A built-in name or a file
    pub scenario: String,
    /// A key and its values: `clients.slow.count=1..64*2`, `proxy.proxy_buffering=on,off` (repeatable: every combination)
    #[arg(long, value_name = "KEY=VALUES", required = true)]
    pub vary: Vec<String>,
    /// First values together, second values together and so on, instead of every combination
    #[arg(long)]
    pub zip: bool,
    /// Which engine runs each point
    #[arg(long, value_enum, default_value_t = Engine::Sim)]
    pub engine: Engine,
    /// Whose sockets the sim models: `measured`, `this` or a file of `doctor --calibrate`
    #[arg(long, value_name = "WHICH", default_value = "measured")]
    pub kernel: KernelChoice,
    /// Run only this variant (repeatable); without it the baseline alone
    #[arg(long, value_name = "NAME")]
    pub variant: Vec<String>,
    /// What is run, and where to.
    #[command(flatten)]
    pub work: WorkArgs,
}

/// `break`.
#[derive(Debug, Args)]
pub struct BreakArgs {
    /// A built-in name or a file
    pub scenario: String,
    /// The key and where to look: `clients.slow.count=1..64`, `clients.visitors.rate=10/s..500/s`
    #[arg(long, value_name = "KEY=LOW..HIGH")]
    pub vary: String,
    /// The condition, as in an expectation: `visitors.latency.p99 > 1s`; `slowlab list --metrics` has what it can name
    #[arg(long, value_name = "CONDITION")]
    pub until: String,
    /// Which engine tries the values
    #[arg(long, value_enum, default_value_t = Engine::Sim)]
    pub engine: Engine,
    /// Whose sockets the sim models: `measured`, `this` or a file of `doctor --calibrate`
    #[arg(long, value_name = "WHICH", default_value = "measured")]
    pub kernel: KernelChoice,
    /// Try both sides of the answer on real sockets
    #[arg(long)]
    pub confirm: bool,
    /// Seeds per value
    #[arg(long, default_value_t = 3, value_name = "N")]
    pub repeats: u32,
    /// What is run, and where to.
    #[command(flatten)]
    pub work: WorkArgs,
}

/// What `run`, `sweep` and `break` have in common.
#[derive(Debug, Args)]
pub struct WorkArgs {
    /// Override a key, as in `--set backend.workers=8` (repeatable)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Seed of everything that is drawn by chance; `break` counts up from it
    #[arg(long)]
    pub seed: Option<u64>,
    /// Folder under which results are written
    #[arg(long, default_value = "results", value_name = "DIR")]
    pub out: PathBuf,
    /// No progress, and a single line at the end
    #[arg(long, short)]
    pub quiet: bool,
}

/// The files that have a schema.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum SchemaOf {
    /// A scenario
    Scenario,
    /// `summary.json`
    Summary,
    /// `manifest.json`
    Manifest,
}

/// Whose sockets the sim models.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum KernelChoice {
    /// Those of the machine on which the model was measured: the same result everywhere.
    #[default]
    Measured,
    /// The measured constants with this machine's sysctls.
    This,
    /// What `doctor --calibrate` wrote.
    Calibrated(PathBuf),
}

impl FromStr for KernelChoice {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<KernelChoice, Infallible> {
        Ok(match text {
            "measured" => KernelChoice::Measured,
            "this" => KernelChoice::This,
            file => KernelChoice::Calibrated(PathBuf::from(file)),
        })
    }
}

/// Which rows of requests and workers a simulated run keeps.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum KeptRows {
    /// Every one
    All,
    /// None: histograms, counts and samples only
    None,
}

/// The engines.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Engine {
    /// Our proxy and our backend, on real sockets and real processes
    Lab,
    /// The same machines in virtual time over a model of the kernel: no waiting, the same result every time
    Sim,
    /// The real nginx and gunicorn of this machine
    Reference,
    /// The real nginx before our backend
    #[value(name = "reference:nginx")]
    ReferenceNginx,
    /// Our proxy before the real gunicorn
    #[value(name = "reference:gunicorn")]
    ReferenceGunicorn,
}

impl Engine {
    /// As records and reports name it.
    pub fn name(self) -> &'static str {
        match self {
            Engine::Lab => "lab",
            Engine::Sim => "sim",
            Engine::Reference => "reference",
            Engine::ReferenceNginx => "reference:nginx",
            Engine::ReferenceGunicorn => "reference:gunicorn",
        }
    }
}

/// Which real programs the reference engine uses.
#[derive(Debug, Default, Args)]
pub struct ProgramArgs {
    /// The nginx of the reference engine [default: from PATH]
    #[arg(long, value_name = "PATH")]
    pub nginx: Option<PathBuf>,
    /// The gunicorn of the reference engine [default: from PATH]
    #[arg(long, value_name = "PATH")]
    pub gunicorn: Option<PathBuf>,
    /// A Python that has gunicorn as a module, instead of --gunicorn
    #[arg(long, value_name = "PATH")]
    pub python: Option<PathBuf>,
}

/// A scenario for a single role.
#[derive(Debug, Args)]
pub struct RoleArgs {
    /// A built-in scenario's name, or a file
    pub scenario: String,
    /// The variant whose configuration is used
    #[arg(long, default_value = "baseline")]
    pub variant: String,
    /// Override a key, as in `--set backend.workers=8` (repeatable)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

/// `import`.
#[derive(Debug, Args)]
#[group(id = "sources", required = true, multiple = true, args = ["nginx", "gunicorn"])]
pub struct ImportArgs {
    /// nginx.conf, or a file that it includes
    #[arg(long, value_name = "FILE")]
    pub nginx: Option<PathBuf>,
    /// The request path whose `location` counts [default: the first that passes requests on]
    #[arg(long, value_name = "PATH", requires = "nginx")]
    pub location: Option<String>,
    /// gunicorn.conf.py, a systemd unit, or a command line in quotes
    #[arg(long, value_name = "FILE")]
    pub gunicorn: Option<String>,
}
