//! What a flag may choose between.

use std::convert::Infallible;
use std::path::PathBuf;
use std::str::FromStr;

use clap::ValueEnum;

/// The formats of `report`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum ReportFormat {
    /// Markdown: the sentence, a table of groups, what did and did not hold, what was found
    Md,
    /// JUnit's XML: a suite per scenario, a case per expectation
    Junit,
    /// OpenMetrics: every number as a gauge with labels
    Openmetrics,
    /// Chrome's trace format, for ui.perfetto.dev: lanes of workers and clients, queues, bytes
    Perfetto,
    /// summary.json, as --json
    Json,
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
    /// What `site --json` prints
    Site,
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

/// Who shall run the shards of a sweep.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum BatchSystem {
    /// An Indexed Job, and a Job that merges
    Kubernetes,
    /// An array of jobs
    Slurm,
    /// GNU parallel, on one machine or several
    Parallel,
}

/// Which part of a sweep is measured: `2/8`, or `auto/8`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ShardChoice {
    /// Counting from 0; `None`: a batch system says it.
    pub index: Option<usize>,
    /// Of how many.
    pub of: usize,
}

impl FromStr for ShardChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<ShardChoice, String> {
        let bad = || {
            "`2/8` is the third of eight, `auto/8` the one that the batch system names".to_owned()
        };
        let (index, of) = text.split_once('/').ok_or_else(bad)?;
        let of: usize = of.parse().ok().filter(|of| *of > 0).ok_or_else(bad)?;
        if index == "auto" {
            return Ok(ShardChoice { index: None, of });
        }
        let index: usize = index.parse().map_err(|_| bad())?;
        if index >= of {
            return Err(format!(
                "shards count from 0: the last of {of} is {}/{of}",
                of - 1
            ));
        }
        Ok(ShardChoice {
            index: Some(index),
            of,
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
