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
