//! Checks of `[pipeline]`.

use super::check::Checker;
use super::file::File;
use crate::machine::log_target::PAGE;
use crate::machine::pipeline::{MOST_LINES, MOST_STAGES, PipelineConfig, Stage};
use crate::units::{ByteRate, Bytes};

/// The kernel's default of `/proc/sys/fs/pipe-max-size`.
const LARGEST_PIPE: Bytes = Bytes::mib(1);
/// What a pipeline is without.
const OF_STACKS: [&str; 6] = ["backend", "proxy", "edge", "clients", "act", "probe"];

impl Checker<'_> {
    /// Whether there is a pipeline, so that nothing else is to be checked.
    pub(super) fn pipeline(&mut self, file: &File) -> bool {
        let Some(pipeline) = &file.pipeline else {
            if self.tree.get("backend").is_none() {
                self.wrong(
                    "backend",
                    "there is no `[backend]`",
                    "add one; only a `[pipeline]` is without",
                );
            }
            return false;
        };
        for key in OF_STACKS {
            if self.tree.get(key).is_some() {
                self.wrong(
                    key,
                    format!("a pipeline is played without `{key}`"),
                    "leave it out, or leave `[pipeline]` out",
                );
            }
        }
        self.stages(pipeline);
        if pipeline.lines == 0 || pipeline.lines > MOST_LINES {
            self.wrong(
                "pipeline.lines",
                format!("a log has 1 to {MOST_LINES} lines here"),
                "try 50000",
            );
        }
        if pipeline.pipe < Bytes(PAGE) || pipeline.pipe > LARGEST_PIPE {
            self.wrong(
                "pipeline.pipe",
                format!("a pipe holds {} to {LARGEST_PIPE}", Bytes(PAGE)),
                "leave it out for the 64 KiB that the kernel gives",
            );
        }
        true
    }

    fn stages(&mut self, pipeline: &PipelineConfig) {
        let names = &pipeline.stages;
        if names.len() < 2 || names.len() > MOST_STAGES {
            self.wrong(
                "pipeline.stages",
                format!("a pipeline has 2 to {MOST_STAGES} stages"),
                "name them in order, as in `stages = [\"read\", \"count\"]`",
            );
        }
        for (place, name) in names.iter().enumerate() {
            let path = format!("pipeline.stages.{place}");
            if !pipeline.stage.contains_key(name) {
                let hint = format!("say what it is: `[pipeline.stage.{name}]`");
                self.wrong(&path, format!("there is no stage `{name}`"), hint);
            }
            if names[..place].contains(name) {
                let title = format!("`{name}` is in the pipeline twice");
                self.wrong(&path, title, "give the second one a name of its own");
            }
        }
        for (name, stage) in &pipeline.stage {
            let (key, is_nothing) = match stage {
                Stage::Paced(paced) => ("paced.rate", paced.rate == Some(ByteRate(0))),
                Stage::Tail(tail) => ("tail.lines", tail.lines == 0),
                Stage::Head(head) => ("head.lines", head.lines == 0),
                Stage::Sort(sort) => ("sort.memory", sort.memory == Some(Bytes(0))),
                Stage::Grep(_) | Stage::Awk(_) | Stage::Uniq(_) => continue,
            };
            if is_nothing {
                let path = format!("pipeline.stage.{name}.{key}");
                self.wrong(&path, "nothing would come of it", "say more than 0");
            }
        }
    }
}
