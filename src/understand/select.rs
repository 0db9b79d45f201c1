//! Which gunicorn is the site's, of all that start somewhere: the one that listens where nginx connects to.

use std::path::{Path, PathBuf};

use super::environment::Environment;
use super::error::UnderstandError;
use super::files::Files;
use super::gunicorn::{self, Config, Gunicorn};
use super::known::{Known, Place, Text};
use super::nginx::{self, Address, Asked, Chosen, Configuration, Match};
use super::said::Said;
use super::starts::{self, Found, Kind, Reading, kind_of};
use super::{Question, Sources, Understood};

/// What was read of all that `--gunicorn` names.
#[derive(Default)]
pub(super) struct Read {
    all: Vec<Gunicorn>,
    /// Programs that are started and are no gunicorn.
    others: Vec<(String, Place)>,
    named: bool,
}

/// A file that was named.
struct File {
    path: PathBuf,
    text: String,
    kind: Kind,
}

/// Reads every source of gunicorn's settings.
///
/// # Errors
/// A path that is not there, a template, a command that starts no gunicorn.
pub(super) fn read(sources: &Sources, base: &Environment) -> Result<Read, UnderstandError> {
    let mut environment = base.clone();
    let (mut files, mut commands) = (Vec::new(), Vec::new());
    let first = sources
        .gunicorn
        .iter()
        .map(Path::new)
        .find(|path| path.is_file());
    let disk = Files::new(sources.root.as_deref(), first);
    for named in &sources.gunicorn {
        let path = Path::new(named);
        // A path may have blanks in it; a command is no file.
        if named.trim().contains(char::is_whitespace) && !path.exists() {
            commands.push(named.as_str());
            continue;
        }
        let text = disk.read(path)?;
        let kind = kind_of(path, &text);
        refuse_template(named, kind, &text)?;
        let path = path.to_owned();
        files.push(File { path, text, kind });
    }
    // Variables first: a script sees those of the compose file beside it, and those of its image where that does not set them. Which of several
    // images is the script's cannot be told.
    let is_image = |file: &&File| file.kind == Kind::Dockerfile;
    let images: Vec<&File> = files.iter().filter(is_image).collect();
    let image = if images.len() == 1 {
        images
    } else {
        Vec::new()
    };
    let others = files.iter().filter(|file| !is_image(file));
    for file in image.into_iter().chain(others) {
        let mut reading = reading(file, &disk, &environment);
        starts::variables(file.kind, &file.text, &mut reading);
        environment = reading.environment;
    }
    let configs: Vec<Config> = files
        .iter()
        .filter(|file| file.kind == Kind::Python)
        .map(|file| Config {
            path: file.path.clone(),
            text: file.text.clone(),
        })
        .collect();
    let mut found = Vec::new();
    for command in &commands {
        let one = starts::command(command, &environment);
        if one.starts.is_empty() {
            let words: Vec<&str> = command.split_whitespace().take(3).collect();
            return Err(UnderstandError::NoGunicorn {
                command: words.join(" "),
            });
        }
        found.push(one);
    }
    let own = files.iter().map(|file| {
        let mut reading = reading(file, &disk, &environment);
        starts::read(file.kind, &file.text, &mut reading)
    });
    found.extend(without_followed(&files, own.collect()));
    Ok(assemble(found, &disk, &configs, &environment, sources))
}

/// A script that another file starts is read there, with the variables that it gets there.
fn without_followed(files: &[File], found: Vec<Found>) -> Vec<Found> {
    let paths: Vec<PathBuf> = (files.iter())
        .map(|file| starts::whole(&file.path))
        .collect();
    let leads = |from: usize, to: usize| found[from].followed.contains(&paths[to]);
    let is_followed = |to: usize| (0..found.len()).any(|from| leads(from, to) && !leads(to, from));
    let followed: Vec<bool> = (0..found.len()).map(is_followed).collect();
    let all = found.into_iter().zip(followed);
    all.filter(|(_, followed)| !followed)
        .map(|(one, _)| one)
        .collect()
}

fn reading<'a>(file: &'a File, files: &'a Files, environment: &Environment) -> Reading<'a> {
    Reading {
        files,
        path: &file.path,
        at: Place::new(&file.path.display().to_string(), 1),
        environment: environment.clone(),
        chain: vec![starts::whole(&file.path)],
    }
}

/// A unit or a Procfile of which a template makes one; in Python, YAML and scripts braces mean other things.
fn refuse_template(name: &str, kind: Kind, text: &str) -> Result<(), UnderstandError> {
    let template = match kind {
        Kind::Python | Kind::Compose | Kind::Shell => nginx::template_by_lines(text),
        _ => nginx::template(text),
    };
    match template {
        Some((kind, line)) => Err(UnderstandError::Template {
            file: name.to_owned(),
            line,
            kind,
        }),
        None => Ok(()),
    }
}

fn assemble(
    found: Vec<Found>,
    files: &Files,
    configs: &[Config],
    environment: &Environment,
    sources: &Sources,
) -> Read {
    let mut read = Read {
        named: !sources.gunicorn.is_empty(),
        ..Read::default()
    };
    let sockets: Vec<(Text, Place)> = found.iter().flat_map(|one| one.sockets.clone()).collect();
    let places = gunicorn::Sources { files, configs };
    for one in found {
        for start in &one.starts {
            let mut gunicorn = gunicorn::started(start, &places);
            if gunicorn.binds.is_empty() {
                let sockets = sockets.iter();
                gunicorn.binds = sockets.map(|(text, at)| text.known(at)).collect();
            }
            read.all.push(gunicorn);
        }
        read.others.extend(one.others);
    }
    if read.all.is_empty() {
        let alone = configs.iter();
        read.all = alone
            .map(|config| gunicorn::configured(config, environment))
            .collect();
    }
    read
}

/// How well a gunicorn fits what nginx connects to; less is better.
fn misfit(gunicorn: &Gunicorn, matched: Option<&Match>) -> (u8, bool, bool, bool) {
    let fits = match matched {
        Some(Match::Reaches(_)) => 0,
        Some(Match::Untold(..)) => 1,
        Some(Match::Conflict(_)) => 2,
        None => 0,
    };
    let is_development = gunicorn.settings.contains_key("reload");
    // Of two that fit, the one that says more is the one that was meant.
    let says_workers = gunicorn.settings.contains_key("workers");
    (
        fits,
        is_development,
        gunicorn.binds.is_empty(),
        !says_workers,
    )
}

/// Chooses the gunicorn and with it the location.
///
/// # Errors
/// No location that passes requests on.
pub(super) fn pick<'t>(
    read: Read,
    configuration: Option<&Configuration<'t>>,
    base: &Environment,
    asked: Asked<'_>,
    understood: &mut Understood,
) -> Result<Option<Chosen<'t>>, UnderstandError> {
    let choose = |binds: &[Known<Address>]| match configuration {
        Some(configuration) => nginx::choose(configuration, binds, base, asked).map(Some),
        None => Ok(None),
    };
    if read.all.is_empty() {
        if read.named {
            understood.questions.push(none_starts(&read.others));
        }
        return choose(&[]);
    }
    let mut best: Option<(Gunicorn, Option<Chosen<'t>>)> = None;
    let mut rivals: Vec<Gunicorn> = Vec::new();
    for gunicorn in read.all {
        let chosen = choose(&gunicorn.addresses())?;
        let matched =
            |chosen: &Option<Chosen<'t>>| chosen.as_ref().map(|one| one.site.matched.clone());
        let misfit_of =
            |one: &Gunicorn, chosen: &Option<Chosen<'t>>| misfit(one, matched(chosen).as_ref());
        let wins = best
            .as_ref()
            .is_none_or(|(known, of_it)| misfit_of(&gunicorn, &chosen) < misfit_of(known, of_it));
        let loser = match wins {
            true => best.replace((gunicorn, chosen)).map(|(one, _)| one),
            false => Some(gunicorn),
        };
        rivals.extend(loser);
    }
    let Some((gunicorn, chosen)) = best else {
        return Ok(None);
    };
    compare(&gunicorn, &rivals, understood);
    if let Some(dir) = &gunicorn.unseen {
        let note = Said::of("understood-unseen").with("dir", dir.as_str());
        understood.told.notes.push(note);
    }
    if let Some(file) = &gunicorn.unread {
        let note = Said::of("understood-unread").with("file", file.as_str());
        understood.told.notes.push(note);
    }
    understood.gunicorn = Some(gunicorn);
    Ok(chosen)
}

fn none_starts(others: &[(String, Place)]) -> Question {
    let started: Vec<String> = others
        .iter()
        .take(3)
        .map(|(words, at)| format!("`{words}` ({at})"))
        .collect();
    let why = match started.is_empty() {
        true => Said::of("understood-starts-none"),
        false => Said::of("understood-starts-others").with("started", started.join(", ")),
    };
    Question {
        about: "workers".to_owned(),
        why,
        hint: Said::of("understood-command-hint"),
    }
}

/// Settings that decide what a gunicorn can take.
const DECISIVE: [&str; 3] = ["workers", "worker_class", "threads"];

/// Says which others there are. Two that fit as well and disagree are a question.
fn compare(best: &Gunicorn, rivals: &[Gunicorn], understood: &mut Understood) {
    let value = |one: &Gunicorn, name: &str| one.settings.get(name).and_then(Known::value).cloned();
    for rival in rivals {
        // One line of a script that is started twice.
        let is_same = best.start == rival.start && best.via != rival.via;
        let place = |one: &Gunicorn| match (&one.start, &one.via) {
            (Some(at), Some(via)) if is_same => format!("{at} ({via})"),
            (Some(at), _) => at.to_string(),
            (None, _) => one.config.clone().unwrap_or_default(),
        };
        let differ: Vec<&str> = DECISIVE
            .into_iter()
            .filter(|name| value(best, name) != value(rival, name))
            .collect();
        let listens = |one: &Gunicorn| -> Vec<Option<String>> {
            (one.binds.iter())
                .map(|bind| bind.value().cloned())
                .collect()
        };
        let as_good = listens(best) == listens(rival)
            && best.settings.contains_key("reload") == rival.settings.contains_key("reload")
            && best.settings.contains_key("workers") == rival.settings.contains_key("workers");
        understood.told.notes.push(match differ.is_empty() {
            true => Said::of("understood-same-workers").with("at", place(rival)),
            false => Said::of("understood-another")
                .with("at", place(rival))
                .with("differ", differ.join(", "))
                .with("best", place(best)),
        });
        if as_good && !differ.is_empty() {
            understood.questions.push(Question {
                about: differ.join(", "),
                why: Said::of("understood-disagree")
                    .with("best", place(best))
                    .with("other", place(rival)),
                hint: Said::of("understood-command-hint"),
            });
        }
    }
}
