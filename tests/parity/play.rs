//! A row on an engine, and its results folder read back: on real sockets by the binary as a user runs it, in virtual time in here, without
//! the report that the binary would draw.

use std::collections::VecDeque;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;

use slowlab::error::Exit;
use slowlab::record::folder;
use slowlab::record::summary::VariantSummary;
use slowlab::reference::programs::{Named, find_gunicorn, find_nginx};
use slowlab::report::data::{RunData, VariantData};
use slowlab::report::summarize::summarize_variant;
use slowlab::{plan, scenario};

use crate::row::{Real, Row};
use crate::simulate;

/// Rows at a time. On real sockets they mostly wait: more would make noise for each other on two cores.
const AT_A_TIME: usize = 6;

/// What the reference engine says of a plan that it cannot play.
const UNPLAYABLE: &str = "can be played by the real programs";

/// What a run says where this machine, or this user of it, lacks what the plan wants: a disk of its own, say.
const NOT_HERE: &str = "can be played here";

/// What a run ends with that forbids a verdict.
const UNDECIDED: i32 = Exit::Undecided.code() as i32;

/// Who plays a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Engine {
    /// The real nginx and gunicorn.
    Real,
    /// Ours on real sockets.
    Lab,
    /// Ours in virtual time.
    Sim,
}

/// What a run left.
#[derive(Debug)]
pub(crate) struct Played {
    /// Its summary.
    pub(crate) summary: VariantSummary,
    /// Its rows.
    pub(crate) data: VariantData,
}

/// Why there is nothing to read of a run.
#[derive(Clone, Debug)]
pub(crate) enum NoRun {
    /// The laboratory was sick and said so: the run says nothing about the engines.
    Undecided(String),
    /// It failed otherwise.
    Failed(String),
}

/// Those that are played, with a word on the one that is not.
pub(crate) fn engines() -> Vec<Engine> {
    let mut engines = vec![Engine::Lab, Engine::Sim];
    if std::env::var_os("SLOWLAB_PARITY_REAL").is_none() {
        eprintln!("played: lab, sim (SLOWLAB_PARITY_REAL=1 plays the real nginx and gunicorn too)");
        return engines;
    }
    let named = Named::by_environment();
    match (find_nginx(&named), find_gunicorn(&named)) {
        (Ok(_), Ok(_)) => {
            engines.insert(0, Engine::Real);
            eprintln!("played: real, lab, sim");
        }
        (nginx, gunicorn) => {
            for error in [nginx.err(), gunicorn.err()].into_iter().flatten() {
                eprintln!("played: lab, sim; not the real programs: {error}");
            }
        }
    }
    engines
}

/// Plays a row; `None` if this engine does not play it, an error if it failed, as on a machine on which gunicorn takes too long to start.
pub(crate) fn play(row: &Row, engine: Engine) -> Option<Result<Played, NoRun>> {
    match engine {
        Engine::Sim => Some(Ok(simulate(row))),
        Engine::Real if row.real != Real::Plays => None,
        Engine::Real | Engine::Lab => measure(row, engine),
    }
}

pub(crate) fn simulate(row: &Row) -> Played {
    let scenario = scenario::load_text(row.name, row.name, &row.scenario(), &[]);
    let scenario = scenario.unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false)));
    let run = plan::build(&scenario, &plan::Choices::default()).unwrap();
    let data = simulate::simulate(&run.variants[0].plan);
    Played {
        summary: summarize_variant(&data),
        data,
    }
}

fn measure(row: &Row, engine: Engine) -> Option<Result<Played, NoRun>> {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join(format!("{}.toml", row.name));
    fs::write(&file, row.scenario()).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_slowlab"));
    command
        .arg("run")
        .arg(&file)
        .args(["--quiet", "--engine", engine.name(), "--out"])
        .arg(place.path())
        .stdin(Stdio::null());
    if engine == Engine::Real {
        let named = Named::by_environment();
        for (flag, program) in [("--nginx", named.nginx), ("--gunicorn", named.gunicorn)] {
            command.args(
                program
                    .into_iter()
                    .flat_map(|path| [flag.into(), path.into_os_string()]),
            );
        }
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    if engine == Engine::Real && said.contains(UNPLAYABLE) || said.contains(NOT_HERE) {
        eprintln!("{}: {said}", row.name);
        return None;
    }
    if !output.status.success() {
        let (name, engine, status) = (row.name, engine.name(), output.status);
        let judged = String::from_utf8_lossy(&output.stdout);
        let why = format!("{name} on {engine}: {status}\n{judged}{said}");
        return Some(Err(match status.code() == Some(UNDECIDED) {
            true => NoRun::Undecided(why),
            false => NoRun::Failed(why),
        }));
    }
    Some(Ok(read(&place.path().join(row.name).join("latest"))))
}

fn read(run: &Path) -> Played {
    let summary = folder::read_summary(run).unwrap().unwrap();
    let data = RunData::read(run).unwrap();
    Played {
        summary: summary.variants.into_iter().next().unwrap(),
        data: data.variants.into_iter().next().unwrap(),
    }
}

/// What `work` makes of each item, in their order, a few at a time.
pub(crate) fn in_turn<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let queue: Mutex<VecDeque<usize>> = Mutex::new((0..items.len()).collect());
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                let next = || queue.lock().unwrap().pop_front();
                while let Some(index) = next() {
                    let result = work(&items[index]);
                    done.lock().unwrap().push((index, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap();
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

impl Engine {
    /// As `--engine` names it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Engine::Real => "reference",
            Engine::Lab => "lab",
            Engine::Sim => "sim",
        }
    }
}
