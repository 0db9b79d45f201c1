//! What gunicorn is started with: the command line over `GUNICORN_CMD_ARGS` over the configuration file over the environment over its defaults.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::options::{self, Given};
use crate::machine::backend_config::{MOST_CONNECTIONS, MOST_THREADS, MOST_WORKERS, WorkerClass};
use crate::understand::environment::Environment;
use crate::understand::files::Files;
use crate::understand::known::{Known, Place, Text};
use crate::understand::nginx::Address;
use crate::understand::said::Said;
use crate::understand::starts::Start;
use crate::understand::{python, shell};

/// A Python file that was named on the command line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::understand) struct Config {
    pub(in crate::understand) path: PathBuf,
    pub(in crate::understand) text: String,
}

/// One gunicorn.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Gunicorn {
    /// Where it is started; unset if only a configuration file was named.
    pub start: Option<Place>,
    /// Where the script is started in which that stands.
    pub via: Option<Place>,
    /// Whether a condition decides if it is started so.
    pub conditional: bool,
    /// What is set, by gunicorn's names, as text.
    pub settings: BTreeMap<String, Known<String>>,
    /// Where it listens: none is its default.
    pub binds: Vec<Known<String>>,
    /// What may set anything and could not be read, with the flag that would help.
    pub open: Vec<(Said, Said)>,
    /// The configuration file that was read, by its path.
    pub config: Option<String>,
    /// The folder that it runs in, if that is not here: a `gunicorn.conf.py` in it would be read without being named.
    pub unseen: Option<String>,
    /// A file of variables that is not here: it may set some that gunicorn itself reads.
    pub unread: Option<String>,
}

/// gunicorn's default.
const DEFAULT_BIND: &str = "127.0.0.1:8000";
/// Its port, if nothing says another.
pub(in crate::understand) const DEFAULT_PORT: u16 = 8000;
/// What is looked for in the folder that it runs in.
const DEFAULT_CONFIG: &str = "gunicorn.conf.py";

/// Where configuration files may be.
pub(in crate::understand) struct Sources<'a> {
    pub(in crate::understand) files: &'a Files,
    pub(in crate::understand) configs: &'a [Config],
}

/// Puts together what one command starts.
pub(in crate::understand) fn started(start: &Start, sources: &Sources<'_>) -> Gunicorn {
    let mut gunicorn = Gunicorn {
        start: Some(start.at.clone()),
        via: start.via.clone(),
        conditional: start.conditional,
        ..Gunicorn::default()
    };
    let environment = &start.environment;
    let command = options::parse(&start.options);
    let args = environment.get("GUNICORN_CMD_ARGS");
    let by_variable = args.map_or_else(Vec::new, |args| {
        let at = Place::new("GUNICORN_CMD_ARGS", 0);
        let mut words = shell::plain_words(&args.text, &at, environment, false);
        for word in &mut words {
            word.learn(&["GUNICORN_CMD_ARGS".into()]);
        }
        if args.unknown.is_some() {
            words.push(args);
        }
        options::parse(&words)
    });
    let all = || by_variable.iter().chain(&command);
    let named = all().rfind(|given| given.setting == "config");
    config(named, start, sources, &mut gunicorn);
    for given in [&by_variable, &command] {
        gunicorn.take(given, &start.at);
    }
    if start.activated && gunicorn.binds.is_empty() {
        let hint = "--gunicorn NAME.socket".into();
        gunicorn
            .open
            .push((Said::of("understood-systemd-socket"), hint));
    }
    gunicorn.unread = environment.missing().map(str::to_owned);
    gunicorn.defaults_of(environment, &start.at);
    gunicorn
}

/// A configuration file alone: what starts gunicorn may say more.
pub(in crate::understand) fn configured(config: &Config, environment: &Environment) -> Gunicorn {
    let mut gunicorn = Gunicorn::default();
    gunicorn.read(config, environment);
    let at = Place::new("environment", 0);
    gunicorn.defaults_of(environment, &at);
    gunicorn
}

/// Finds and reads the configuration file.
fn config(named: Option<&Given>, start: &Start, sources: &Sources<'_>, gunicorn: &mut Gunicorn) {
    let environment = &start.environment;
    let last = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let wanted = named.map(|given| given.value.text.trim_start_matches("file:").to_owned());
    let name = wanted.clone().unwrap_or_else(|| DEFAULT_CONFIG.to_owned());
    let given = sources.configs.iter().find(|config| {
        config
            .path
            .file_name()
            .is_some_and(|own| own.to_string_lossy() == last(&name))
    });
    if let Some(config) = given {
        return gunicorn.read(config, environment);
    }
    if let Some(given) = named.filter(|given| given.value.unknown.is_some()) {
        let (why, hint) = given.value.unknown.clone().unwrap_or_default();
        return gunicorn.open.push((why, hint));
    }
    // A command line is given anywhere: what lies about here is not the server's.
    let on_disk = start.at.line > 0 || wanted.is_some();
    let dir = start.dir.as_deref();
    let path = on_disk
        .then(|| sources.files.named(&name, dir, &start.beside))
        .flatten();
    let text = path.as_deref().map(|path| sources.files.read(path));
    let is_here = dir.is_none_or(|dir| sources.files.has_folder(dir));
    let none_is_read = path.is_none() && sources.configs.len() != 1;
    if wanted.is_none() && none_is_read && !is_here {
        gunicorn.unseen = dir.map(str::to_owned);
    }
    match (path, text) {
        (Some(path), Some(Ok(text))) => gunicorn.read(&Config { path, text }, environment),
        _ if wanted.is_none() || name.is_empty() => match sources.configs {
            [] => {}
            [only] => gunicorn.read(only, environment),
            _ => {}
        },
        _ => match sources.configs {
            // One file was given, and one is missing.
            [only] => gunicorn.read(only, environment),
            _ => gunicorn.open.push((
                Said::of("understood-config-missing")
                    .with("name", name.as_str())
                    .with("at", &start.at),
                Said::of("understood-config-missing-hint").with("name", last(&name)),
            )),
        },
    }
}

impl Gunicorn {
    fn read(&mut self, config: &Config, environment: &Environment) {
        let file = config.path.display().to_string();
        let place = Place::new(&file, 0);
        self.config = Some(file);
        let settings = python::read(&config.text, environment);
        for line in settings.open {
            let at = place.on(line);
            self.open.push((
                Said::of("understood-open").with("at", &at),
                "--set backend.KEY=VALUE".into(),
            ));
        }
        for (name, (text, line)) in settings.values {
            let at = place.on(line);
            if name == "bind" {
                self.bind(&text, &at);
            } else {
                self.settings.insert(name, text.known(&at));
            }
        }
    }

    fn take(&mut self, given: &[Given], at: &Place) {
        let binds: Vec<&Given> = given.iter().filter(|one| one.setting == "bind").collect();
        if !binds.is_empty() {
            self.binds.clear();
        }
        for bind in binds {
            self.bind(&bind.value, at);
        }
        for one in given {
            match (one.setting, &one.value.unknown) {
                ("bind" | "config", _) => {}
                ("", Some((why, hint))) => self.open.push((why.clone(), hint.clone())),
                ("", None) => {}
                (name, _) => {
                    self.settings.insert(name.to_owned(), one.value.known(at));
                }
            }
        }
    }

    /// One or several addresses.
    fn bind(&mut self, text: &Text, at: &Place) {
        for one in text.text.split(['\n', ',']) {
            let text = Text {
                text: one.trim().to_owned(),
                ..text.clone()
            };
            self.binds.push(text.known(at));
        }
    }

    /// Where the environment stands in for a setting.
    fn defaults_of(&mut self, environment: &Environment, at: &Place) {
        if let Some(count) = environment.get("WEB_CONCURRENCY")
            && !self.settings.contains_key("workers")
        {
            let mut count = count;
            count.learn(&["WEB_CONCURRENCY".into()]);
            self.settings.insert("workers".to_owned(), count.known(at));
        }
        if self.binds.is_empty()
            && let Some(port) = environment.get("PORT")
        {
            let mut bind = Text::plain("0.0.0.0:");
            bind.push(&port);
            self.binds.push(bind.known(at));
        }
    }

    /// A setting as a number.
    pub fn number(&self, name: &str, default: u64) -> Known<u64> {
        match self.settings.get(name) {
            Some(known) => {
                let why = Said::of("understood-no-number");
                let hint = format!("--set backend.{name}=N");
                let number = known.and_then(why, |text| whole(text));
                let number = playable(&number, name);
                hinted(number, &hint)
            }
            None => self.or_own(name, default),
        }
    }

    /// gunicorn's own, if nothing else could say it.
    fn or_own<T>(&self, name: &str, value: T) -> Known<T> {
        match self.open.first() {
            None => Known::Default(value),
            Some((why, hint)) => Known::Unknown {
                at: None,
                why: why.clone(),
                hint: match hint.is_empty() {
                    true => format!("--set backend.{name}=…").into(),
                    false => hint.clone(),
                },
            },
        }
    }

    /// The worker class; with more than one thread sync is gthread.
    pub fn class(&self) -> Known<WorkerClass> {
        let Some(known) = self.settings.get("worker_class") else {
            return self.or_own("worker_class", WorkerClass::Sync);
        };
        let name = known.value().cloned().unwrap_or_default();
        let why = Said::of("understood-no-class").with("name", name);
        let hint = "--set backend.worker_class=sync, gthread, gevent, asgi, uvicorn";
        hinted(known.and_then(why, |name| class_of(name)), hint)
    }

    /// Where it listens, its default among them.
    pub fn listens(&self) -> Vec<Known<String>> {
        match self.binds.as_slice() {
            [] => vec![self.or_own("bind", DEFAULT_BIND.to_owned())],
            binds => binds.to_vec(),
        }
    }

    /// The same as addresses.
    pub(in crate::understand) fn addresses(&self) -> Vec<Known<Address>> {
        let listens = self.listens();
        let parsed = |text: &String| Address::parse(text, DEFAULT_PORT);
        let addresses = listens
            .iter()
            .map(|known| known.and_then(Said::of("understood-no-address"), parsed));
        addresses.collect()
    }
}

/// A number as gunicorn takes it: `int("4")`, and of a float what `int` leaves.
fn whole(text: &str) -> Option<u64> {
    let text = text.trim();
    text.parse().ok().or_else(|| {
        let float: f64 = text.parse().ok()?;
        (float.is_finite() && (0.0..1e9).contains(&float) && text.contains('.'))
            .then_some(float as u64)
    })
}

/// With a flag to answer by, where there is none.
fn hinted<T>(known: Known<T>, by: &str) -> Known<T> {
    match known {
        Known::Unknown { at, why, hint } if hint.is_empty() => Known::Unknown {
            at,
            why,
            hint: by.into(),
        },
        known => known,
    }
}

/// A class by the name or the path that gunicorn takes; both modules that uvicorn's worker has lived in.
fn class_of(value: &str) -> Option<WorkerClass> {
    let value = value.strip_prefix("egg:gunicorn#").unwrap_or(value);
    let by_path = match value {
        "gunicorn.workers.sync.SyncWorker" => WorkerClass::Sync,
        "gunicorn.workers.gthread.ThreadWorker" => WorkerClass::Gthread,
        "gunicorn.workers.ggevent.GeventWorker" => WorkerClass::Gevent,
        "gunicorn.workers.gasgi.ASGIWorker" => WorkerClass::Asgi,
        "uvicorn_worker.UvicornWorker"
        | "uvicorn.workers.UvicornWorker"
        | "uvicorn_worker.UvicornH11Worker"
        | "uvicorn.workers.UvicornH11Worker" => WorkerClass::Uvicorn,
        // Ours alone: gunicorn has no alias for it.
        "uvicorn" => return None,
        name => return WorkerClass::named(name),
    };
    Some(by_path)
}

/// A number, if gunicorn starts with it and a scenario can have it.
fn playable(number: &Known<u64>, name: &str) -> Known<u64> {
    let (least, most): (u32, u32) = match name {
        "workers" => (1, MOST_WORKERS),
        "threads" => (1, MOST_THREADS),
        "worker_connections" => (1, MOST_CONNECTIONS),
        "backlog" => (0, u16::MAX.into()),
        _ => (0, u32::MAX),
    };
    let zero = Said::of("understood-zero").with("name", name);
    let number = match name {
        "workers" | "threads" => number.and_then(zero, |count| (*count > 0).then_some(*count)),
        _ => number.clone(),
    };
    let beyond = Said::of("understood-range")
        .with("name", name)
        .with("least", least.to_string())
        .with("most", most.to_string());
    let playable = u64::from(least)..=u64::from(most);
    number.and_then(beyond, |count| playable.contains(count).then_some(*count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_whole() {
        for (text, expected) in [
            ("4", Some(4)),
            (" 4 ", Some(4)),
            ("4.0", Some(4)),
            ("-1", None),
            ("four", None),
            ("", None),
            ("1e99", None),
            ("inf", None),
        ] {
            assert_eq!(whole(text), expected, "{text}");
        }
    }

    #[test]
    fn classes_are_known_by_name_and_path() {
        assert_eq!(class_of("egg:gunicorn#gthread"), Some(WorkerClass::Gthread));
        assert_eq!(
            class_of("uvicorn_worker.UvicornWorker"),
            Some(WorkerClass::Uvicorn)
        );
        assert_eq!(class_of("uvicorn"), None);
        assert_eq!(class_of("tornado"), None);
    }
}
