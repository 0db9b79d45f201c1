//! The flags of the larger subcommands.

use std::path::PathBuf;

use clap::Args;

use super::{BatchSystem, Engine, KeptRows, KernelChoice, ShardChoice};
use crate::report::words::Language;

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
    /// Watch the run while it lasts: workers, queue, bytes, percentiles and failures, on a terminal
    #[arg(long, conflicts_with = "quiet")]
    pub watch: bool,
    /// Print each look at the run as a line of JSON on standard output, and end with standard input: for `serve`, whose child this is
    #[arg(long, hide = true)]
    pub live: bool,
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
    #[arg(required_unless_present = "merge")]
    pub scenario: Option<String>,
    /// A key and its values: `clients.slow.count=1..64*2`, `proxy.proxy_buffering=on,off` (repeatable: every combination)
    #[arg(long, value_name = "KEY=VALUES", required_unless_present = "merge")]
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
    /// On many machines.
    #[command(flatten)]
    pub spread: SpreadArgs,
    /// What is run, and where to.
    #[command(flatten)]
    pub work: WorkArgs,
}

/// A sweep on many machines: docs/scale.md.
#[derive(Debug, Default, Args)]
pub struct SpreadArgs {
    /// Measure every Nth point only, from the Ith on (I counts from 0). `auto/N` takes I from JOB_COMPLETION_INDEX (Kubernetes),
    /// SLURM_ARRAY_TASK_ID or PARALLEL_SEQ (GNU parallel, which counts from 1)
    #[arg(long, value_name = "I/N")]
    pub shard: Option<ShardChoice>,
    /// Put the folders of all shards together, as if they had been one sweep
    #[arg(long, value_name = "DIR", num_args = 1.., conflicts_with_all = ["scenario", "vary", "zip", "shard", "export"])]
    pub merge: Vec<PathBuf>,
    /// Do not run it: write what runs its shards, and what merges them. `--shard auto/N` says how many
    #[arg(long, value_enum, value_name = "SYSTEM", requires = "to")]
    pub export: Option<BatchSystem>,
    /// The folder that `--export` writes to; it must be new or empty
    #[arg(long, value_name = "DIR", requires = "export")]
    pub to: Option<PathBuf>,
    /// With `--export kubernetes`: the container's image, which `Containerfile` beside the manifests makes
    #[arg(long, requires = "export", required_if_eq("export", "kubernetes"))]
    pub image: Option<String>,
    /// With `--export kubernetes`: the PersistentVolumeClaim that takes the results (ReadWriteMany if shards run on several nodes)
    #[arg(
        long,
        value_name = "NAME",
        requires = "export",
        required_if_eq("export", "kubernetes")
    )]
    pub volume_claim: Option<String>,
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

/// `compare`.
#[derive(Debug, Args)]
pub struct CompareArgs {
    /// A run's folder, such as that of the real programs; or a folder of such runs, whose medians are compared
    pub first: PathBuf,
    /// Another one, such as the lab's
    pub second: PathBuf,
    /// Print CSV instead of a table
    #[arg(long)]
    pub csv: bool,
    /// Write a page of HTML, too: pictures of both runs beside one another, their latencies over one another
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Draw their latencies over one another as SVG and PNG, too, into `charts` below this folder
    #[arg(long, value_name = "DIR")]
    pub charts: Option<PathBuf>,
    /// In which language.
    #[command(flatten)]
    pub speech: SpeechArgs,
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
    /// In which language.
    #[command(flatten)]
    pub speech: SpeechArgs,
}

/// `--lang`.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct SpeechArgs {
    /// Language of what is said [default: that of LC_ALL, LC_MESSAGES or LANG; in files for programs English]
    #[arg(long, value_enum, value_name = "LANGUAGE")]
    pub lang: Option<Language>,
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
#[derive(Clone, Debug, Args)]
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
pub struct ImportArgs {
    /// What is imported.
    #[command(flatten)]
    pub sources: SourceArgs,
}

/// `site`.
#[derive(Clone, Debug, Args)]
pub struct SiteArgs {
    /// The site.
    #[command(flatten)]
    pub sources: SourceArgs,
    /// The largest response of the application
    #[arg(long, value_name = "SIZE")]
    pub largest: Option<String>,
    /// How fast a slow client is [default: 64KiB/s]
    #[arg(long, value_name = "RATE")]
    pub slow: Option<String>,
    /// An access log in the combined format, with or without $request_time and $upstream_response_time behind it: sizes, times and the
    /// busiest hour are taken from it
    #[arg(long, value_name = "FILE")]
    pub access_log: Option<PathBuf>,
    /// Answer a question, or override what was read, as in `--set backend.workers=8` (repeatable)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Only this threat (repeatable)
    #[arg(long, value_name = "THREAT")]
    pub only: Vec<String>,
    /// Do not look for cures
    #[arg(long)]
    pub no_cures: bool,
    /// Exit with 1 if visitors fail at fewer, as in `--fail-under slow-readers=50` (repeatable)
    #[arg(long, value_name = "THREAT=N")]
    pub fail_under: Vec<String>,
    /// The configuration before: say what the change does to each break-point
    #[arg(long, value_names = ["OLD_NGINX", "OLD_GUNICORN"], num_args = 1..=2)]
    pub against: Vec<String>,
    /// Play both sides of the first break-point on real sockets (`lab`), or on the real nginx and gunicorn (`reference`)
    #[arg(long, value_enum, value_name = "ENGINE")]
    pub confirm: Option<Engine>,
    /// How often `--confirm` plays each of them: then shares are means
    #[arg(long, value_name = "N", default_value_t = 1, requires = "confirm", value_parser = clap::value_parser!(u32).range(1..=20))]
    pub confirm_repeats: u32,
    /// Confirm at so many instead of on both sides of the first break-point (repeatable)
    #[arg(long, value_name = "N", requires = "confirm")]
    pub confirm_at: Vec<u64>,
    /// Print the answer as JSON (`slowlab schema site`)
    #[arg(long)]
    pub json: bool,
    /// Write a page of HTML, too
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Write Markdown for a pull request, too
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<PathBuf>,
    /// Folder under which `--confirm` writes its results
    #[arg(long, default_value = "results", value_name = "DIR")]
    pub out: PathBuf,
    /// In which language.
    #[command(flatten)]
    pub speech: SpeechArgs,
}

/// A user's own configuration, for `import` and `site`.
#[derive(Clone, Debug, Args)]
#[group(id = "sources", required = true, multiple = true, args = ["nginx", "gunicorn"])]
pub struct SourceArgs {
    /// nginx.conf, or a file that it includes
    #[arg(long, value_name = "FILE")]
    pub nginx: Option<PathBuf>,
    /// gunicorn.conf.py, a systemd unit, a Procfile, supervisor's, a compose file, a Dockerfile, a start script, a file of variables;
    /// or the command line in quotes (repeatable)
    #[arg(long, value_name = "FILE|COMMAND")]
    pub gunicorn: Vec<String>,
    /// CPUs of the server, of which workers may be computed
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub cpus: Option<u32>,
    /// An environment variable that is set there (repeatable)
    #[arg(long, value_name = "NAME=VALUE")]
    pub env: Vec<String>,
    /// The server whose locations count, by one of its names
    #[arg(long, value_name = "NAME", requires = "nginx")]
    pub server: Option<String>,
    /// The request path whose `location` counts, as nginx would choose it [default: the one that leads to gunicorn]
    #[arg(long, value_name = "PATH", requires = "nginx")]
    pub location: Option<String>,
    /// The folder in which paths of the configurations are looked up [default: `/` for files in /etc, else the file's own]
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
}

/// `serve`.
#[derive(Clone, Debug, Args)]
pub struct ServeArgs {
    /// Scenario files and folders of past runs that stand beside the bundled scenarios
    #[arg(value_name = "FILE|RUN")]
    pub named: Vec<PathBuf>,
    /// The port on 127.0.0.1; 0 takes any that is free [default: 7500, or the next that is free]
    #[arg(long, value_name = "N")]
    pub port: Option<u16>,
    /// Open it in a browser
    #[arg(long)]
    pub open: bool,
    /// Folder under which runs on real sockets are written, and recorded ones are looked for
    #[arg(long, default_value = "results", value_name = "DIR")]
    pub out: PathBuf,
    /// In which language.
    #[command(flatten)]
    pub speech: SpeechArgs,
}
