//! `sweep.json`: what a sweep was asked. Shards that were asked the same can be merged, and a sweep that is asked the same again goes on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::super::engine::{How, Ready};
use super::super::vary::Axis;
use super::points::{self, Grid};
use super::shard::Shard;
use crate::cli::SweepArgs;
use crate::error::Refusal;
use crate::files;
use crate::observe::machine;
use crate::plan;
use crate::record::folder::{file_name, write_below};

/// The file.
const NAME: &str = "sweep.json";

/// The question: everything on which the numbers depend.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    /// The version of slowlab.
    pub(super) version: String,
    /// Its engine, and what programs that is made of.
    pub(super) engine: String,
    /// The kernel whose sockets are meant: the model's, with its constants, or this machine's.
    pub(super) kernel: BTreeMap<String, String>,
    /// The scenario's name.
    pub(super) scenario: String,
    /// FNV-1a of its text with the first point's settings.
    pub(super) scenario_hash: String,
    /// Its variants.
    pub(super) variants: Vec<String>,
    /// The seed of every point.
    pub(super) seed: u64,
    /// What varies.
    pub(super) axes: Vec<Axis>,
    /// Whether axes go side by side.
    pub(super) zip: bool,
    /// Variants times groups: the same for every point.
    pub(super) rows_per_point: usize,
}

/// The file's contents.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    /// The question.
    pub(super) asked: Asked,
    /// Which points of it are here; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) shard: Option<Shard>,
}

/// A part of the question: its name, how it is said, whether two are the same in it.
type Look<'a> = (&'static str, &'a dyn Fn(&Asked) -> String, bool);

impl Asked {
    /// What these arguments ask.
    ///
    /// # Errors
    /// A scenario that cannot be planned at its first point.
    pub(super) fn of(args: &SweepArgs, grid: &Grid<'_>, engine: &Ready) -> anyhow::Result<Asked> {
        let axes = args.vary.iter().map(|text| Axis::parse(text));
        let plan = points::plan(args, grid, &grid.values(0))?;
        let mut kernel = engine.facts.said();
        match &engine.how {
            How::Simulated(options) => {
                let buffers = serde_json::to_string(&options.kernel)?;
                kernel.insert("sim.buffers".to_owned(), buffers);
            }
            How::Measured(_) => {
                kernel.insert("kernel".to_owned(), machine::facts().kernel);
            }
        }
        let variants = plan.variants.iter();
        Ok(Asked {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            engine: engine.engine.name().to_owned(),
            kernel,
            scenario_hash: plan.hash,
            seed: plan.seed.0,
            axes: axes.collect::<anyhow::Result<_>>()?,
            zip: args.zip,
            rows_per_point: variants
                .clone()
                .map(|variant| variant.plan.groups.len())
                .sum(),
            variants: variants
                .map(|variant| variant.plan.variant.clone())
                .collect(),
            scenario: plan.scenario,
        })
    }

    /// The points.
    ///
    /// # Errors
    /// A file that somebody changed.
    pub(super) fn grid(&self) -> anyhow::Result<Grid<'_>> {
        Grid::new(&self.axes, self.zip)
    }

    /// The keys that vary.
    pub(super) fn keys(&self) -> Vec<String> {
        self.axes.iter().map(|axis| axis.key.clone()).collect()
    }

    /// Where its results are below `out`: the same for the same question.
    pub(super) fn folder(&self, out: &Path, shard: Option<Shard>) -> anyhow::Result<PathBuf> {
        let asked = serde_json::to_vec(self)?;
        let mut name = format!("sweep-{}", plan::fnv1a_hex(&asked));
        if let Some(Shard { index, of }) = shard {
            name.push_str(&format!("-{index}-of-{of}"));
        }
        Ok(out.join(file_name(&self.scenario)).join(name))
    }

    /// In what another question differs from this one: name, here, there.
    pub(super) fn difference(&self, other: &Asked) -> Option<(&'static str, String, String)> {
        let axes = |asked: &Asked| {
            let each = asked.axes.iter().map(|axis| {
                let (first, last) = (axis.values.first(), axis.values.last());
                let [first, last] = [first, last].map(|value| value.map_or("", String::as_str));
                format!(
                    "{}={first}..{last} ({} values)",
                    axis.key,
                    axis.values.len()
                )
            });
            each.collect::<Vec<_>>().join(", ")
        };
        let kernel = |asked: &Asked| {
            let facts = asked.kernel.iter();
            let facts = facts.map(|(name, fact)| format!("{name}: {fact}"));
            facts.collect::<Vec<_>>().join(", ")
        };
        let scenario =
            |asked: &Asked| format!("{} (its text: {})", asked.scenario, asked.scenario_hash);
        let variants = |asked: &Asked| asked.variants.join(", ");
        let zip = |asked: &Asked| {
            if asked.zip {
                "--zip"
            } else {
                "every combination"
            }
            .to_owned()
        };
        let looks: [Look<'_>; 8] = [
            (
                "version",
                &|asked| asked.version.clone(),
                self.version == other.version,
            ),
            ("scenario", &scenario, scenario(self) == scenario(other)),
            ("axes", &axes, self.axes == other.axes),
            ("axes", &zip, self.zip == other.zip),
            ("variants", &variants, self.variants == other.variants),
            (
                "seed",
                &|asked| asked.seed.to_string(),
                self.seed == other.seed,
            ),
            (
                "engine",
                &|asked| asked.engine.clone(),
                self.engine == other.engine,
            ),
            ("kernel", &kernel, self.kernel == other.kernel),
        ];
        let differs = looks.into_iter().find(|(_, _, same)| !same);
        differs.map(|(name, text, _)| (name, text(self), text(other)))
    }
}

impl Manifest {
    /// Reads that of a folder.
    ///
    /// # Errors
    /// There is none, or it is another version's.
    pub(super) fn read(dir: &Path) -> anyhow::Result<Manifest> {
        let path = dir.join(NAME);
        let refused = |why: String| {
            Refusal::usage(format!(
                "cannot read `{}`: {why}\nhint: name the folders that `slowlab sweep --shard` wrote",
                path.display()
            ))
        };
        let text = files::read_text(&path, files::MOST_WRITTEN);
        let text = text.map_err(|error| refused(error.to_string()))?;
        Ok(serde_json::from_str(&text).map_err(|error| refused(error.to_string()))?)
    }

    /// Writes it into a folder that is there.
    ///
    /// # Errors
    /// Those of the disk.
    pub(super) fn write(&self, dir: &Path) -> anyhow::Result<()> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        Ok(write_below(dir, &[NAME], text.as_bytes()).map_err(Refusal::unfit)?)
    }
}
