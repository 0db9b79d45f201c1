//! `sweep --export SYSTEM --to DIR`: what makes somebody else's engine run the shards, and put them together. We write none: Kubernetes, Slurm
//! and GNU parallel know which machines there are, what failed and what is to be run again.

mod kubernetes;
mod scripts;
#[cfg(test)]
mod tests;

use std::io::Write as _;
use std::path::Path;

use super::super::finish::talk;
use super::asked::Asked;
use super::shard::Shard;
use crate::cli::{BatchSystem, Engine, KernelChoice, SweepArgs};
use crate::error::{Exit, Refusal};
use crate::files;

/// How many shards there are if nobody says: a lost one costs a sixteenth.
const SHARDS: usize = 16;

/// What is written for any system.
struct Work<'a> {
    asked: &'a Asked,
    /// The arguments of each shard, but for `--out`.
    shard: Vec<String>,
    /// How many shards.
    of: usize,
    /// The scenario's file, where it is not built in: its name and its text.
    file: Option<(String, String)>,
}

/// One file of the folder.
struct Page {
    name: String,
    text: String,
}

impl Page {
    fn new(name: &str, text: String) -> Page {
        let name = name.to_owned();
        Page { name, text }
    }
}

/// Writes the files, each listed on standard output.
///
/// # Errors
/// A sweep that cannot be divided among machines; a folder that is not empty or cannot be written.
pub(super) fn run(
    args: &SweepArgs,
    asked: &Asked,
    (system, to): (BatchSystem, &Path),
) -> anyhow::Result<Exit> {
    if let Some(why) = bound_to_this_machine(args, system) {
        return Err(Refusal::usage(why).into());
    }
    let work = work(args, asked)?;
    let mut pages = match system {
        BatchSystem::Kubernetes => kubernetes::pages(
            &work,
            args.spread.image.as_deref().unwrap_or_default(),
            args.spread.volume_claim.as_deref().unwrap_or_default(),
        )?,
        BatchSystem::Slurm => scripts::slurm(&work)?,
        BatchSystem::Parallel => scripts::parallel(&work)?,
    };
    if let (Some((name, text)), true) = (&work.file, system != BatchSystem::Kubernetes) {
        pages.push(Page::new(name, text.clone()));
    }
    if std::fs::read_dir(to).is_ok_and(|mut entries| entries.next().is_some()) {
        let text = format!(
            "`{}` is not empty\nhint: name a new folder with --to",
            to.display()
        );
        return Err(Refusal::usage(text).into());
    }
    let mut out = std::io::stdout();
    for path in written(&pages, to)? {
        writeln!(out, "{path}")?;
    }
    let begin = to.join(&pages[0].name).display().to_string();
    let words = args.work.speech.shown();
    talk(&words.say(
        "sweep-exported",
        [("path", begin.into()), ("shards", work.of.into())],
    ));
    Ok(Exit::Held)
}

fn written(pages: &[Page], to: &Path) -> anyhow::Result<Vec<String>> {
    let unfit = |path: &Path, error: std::io::Error| {
        Refusal::unfit(format!("cannot write `{}`: {error}", path.display()))
    };
    std::fs::create_dir_all(to).map_err(|error| unfit(to, error))?;
    pages
        .iter()
        .map(|page| {
            let path = to.join(&page.name);
            std::fs::write(&path, &page.text).map_err(|error| unfit(&path, error))?;
            Ok(path.display().to_string())
        })
        .collect()
}

/// Why other machines could not measure the same.
fn bound_to_this_machine(args: &SweepArgs, system: BatchSystem) -> Option<String> {
    if args.engine != Engine::Sim {
        let text = "`--export` is for `--engine sim`: real sockets measure the machine that they are on, and shards of several would not fit together\n\
                    hint: sweep it on one machine, without `--export`";
        return Some(text.to_owned());
    }
    match (&args.kernel, system) {
        (KernelChoice::This, _) => Some(
            "`--export` with `--kernel this`: every machine would bring its own\nhint: `doctor --calibrate FILE` here, and `--kernel FILE`"
                .to_owned(),
        ),
        (KernelChoice::Calibrated(_), BatchSystem::Kubernetes) => Some(
            "`--export kubernetes` with a calibration's file: the container has none\nhint: leave `--kernel` out, or put the file into an image of your own"
                .to_owned(),
        ),
        _ => None,
    }
}

fn work<'a>(args: &SweepArgs, asked: &'a Asked) -> anyhow::Result<Work<'a>> {
    let points = asked.grid()?.len;
    let of = match args.spread.shard {
        None => SHARDS.min(points),
        Some(choice) if choice.index.is_none() => choice.of,
        Some(choice) => {
            let of = choice.of;
            let text = format!("`--export` writes all shards\nhint: `--shard auto/{of}`");
            return Err(Refusal::usage(text).into());
        }
    };
    let given = args.scenario.as_deref().unwrap_or_default();
    let path = Path::new(given);
    let is_built_in = crate::scenario::embedded()
        .iter()
        .any(|(name, _)| *name == given);
    let file = match is_built_in {
        true => None,
        false => {
            let text = files::read_text(path, files::MOST_WRITTEN).map_err(Refusal::usage)?;
            let name = path.file_name().unwrap_or_default();
            Some((name.to_string_lossy().into_owned(), text))
        }
    };
    let scenario = file.as_ref().map_or(given, |(name, _)| name);
    let shard = [
        vec!["sweep".to_owned(), scenario.to_owned()],
        given_flags(args),
        vec![
            "--shard".to_owned(),
            format!("auto/{of}"),
            "--quiet".to_owned(),
        ],
    ]
    .concat();
    Ok(Work {
        asked,
        shard,
        of,
        file,
    })
}

/// The flags that say what is asked, as they were given.
fn given_flags(args: &SweepArgs) -> Vec<String> {
    let mut flags = Vec::new();
    let mut flag = |name: &str, values: &[String]| {
        for value in values {
            flags.extend([name.to_owned(), value.clone()]);
        }
    };
    flag("--vary", &args.vary);
    flag("--set", &args.work.set);
    flag("--variant", &args.variant);
    let seed = args.work.seed.map(|seed| seed.to_string());
    flag("--seed", &Vec::from_iter(seed));
    if let KernelChoice::Calibrated(path) = &args.kernel {
        flag("--kernel", &[path.display().to_string()]);
    }
    if args.zip {
        flags.push("--zip".to_owned());
    }
    flags
}

impl Work<'_> {
    /// The arguments that put the shards below `out` together.
    fn merging(&self, out: &str) -> anyhow::Result<Vec<String>> {
        let mut arguments = vec!["sweep".to_owned(), "--merge".to_owned()];
        for index in 0..self.of {
            let shard = Shard { index, of: self.of };
            let dir = self.asked.folder(Path::new(out), Some(shard))?;
            arguments.push(dir.display().to_string());
        }
        arguments.extend(["--out", out].map(str::to_owned));
        Ok(arguments)
    }
}
