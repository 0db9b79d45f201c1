//! A change of a key as an edit of the user's own files: the line that goes and the line that comes, in nginx's and gunicorn's words.

use std::collections::BTreeMap;
use std::path::Path;

use super::answer::Change;
use crate::files;
use crate::report::words::Words;
use crate::understand::{Known, Place, Understood};

/// Where things stand.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Edits {
    /// By the key of the scenario: the line as it is, and its place.
    nginx: BTreeMap<String, (String, Place)>,
    gunicorn: BTreeMap<String, (String, Place)>,
    /// By gunicorn's name: the line of its configuration file, where it is one.
    assignments: BTreeMap<String, String>,
    /// Where gunicorn is started, and its configuration file.
    start: Option<Place>,
    config: Option<String>,
    /// Where nginx keeps what is for all connections, and where a directive that is missing would stand: beside what passes requests on.
    events: String,
    http: String,
    beside: String,
}

impl Edits {
    /// Looks everything up.
    pub(super) fn of(understood: &Understood, words: &Words) -> Edits {
        let mut edits = Edits {
            events: words.say("site-place-events", []),
            http: words.say("site-place-http", []),
            beside: "nginx.conf".to_owned(),
            ..Edits::default()
        };
        for setting in &understood.told.proxy {
            if let Some(at) = setting.value.place() {
                let line = (setting.shown.clone(), at.clone());
                edits.nginx.insert(setting.key.clone(), line);
            }
        }
        if let Some(site) = &understood.site {
            let place = site.scope.to_string();
            edits.beside = words.tell("site-place-beside", &[("place", &place)]);
        }
        if let Some(gunicorn) = &understood.gunicorn {
            edits.start.clone_from(&gunicorn.start);
            edits.config.clone_from(&gunicorn.config);
            for (name, known) in &gunicorn.settings {
                let (Known::Found { value, at } | Known::Derived { value, at, .. }) = known else {
                    continue;
                };
                let old = (value.clone(), at.clone());
                edits.gunicorn.insert(name.clone(), old);
                if let Some(line) = assignment(name, at) {
                    edits.assignments.insert(name.clone(), line);
                }
            }
        }
        edits
    }

    /// The edits that set a key of `[proxy]` or `[backend]` to a TOML value: one, and of `limit_conn` what it counts by.
    pub(super) fn changes(&self, key: &str, value: &str) -> Vec<Change> {
        let (table, name) = key.split_once('.').unwrap_or(("proxy", key));
        let plain = value.trim_matches('"');
        match (table, name) {
            ("backend", _) => vec![self.of_gunicorn(name, plain)],
            (_, "limit_conn") => vec![
                self.of_nginx(name, &format!("addresses {plain}")),
                Change {
                    place: self.http.clone(),
                    ..self.of_nginx("limit_conn_zone", "$binary_remote_addr zone=addresses:10m")
                },
            ],
            _ => vec![self.of_nginx(name, plain)],
        }
    }

    fn of_nginx(&self, name: &str, value: &str) -> Change {
        let value = match value {
            "true" => "on",
            "false" => "off",
            value => value,
        };
        let setting = format!("{name} {value}");
        let main = matches!(
            name,
            "worker_connections" | "worker_processes" | "worker_rlimit_nofile"
        );
        let (minus, place) = match self.nginx.get(name) {
            Some((line, at)) => (Some(format!("{line};")), at.to_string()),
            None if main => (None, self.events.clone()),
            None => (None, self.beside.clone()),
        };
        Change {
            plus: format!("{setting};"),
            setting,
            place,
            minus,
        }
    }

    fn of_gunicorn(&self, name: &str, value: &str) -> Change {
        let option = format!("--{} {value}", name.replace('_', "-"));
        let in_command = |at: &Place| self.start.as_ref() == Some(at);
        match (self.gunicorn.get(name), &self.start, &self.config) {
            (Some((old, at)), ..) if in_command(at) => Change {
                setting: option.clone(),
                place: at.to_string(),
                minus: Some(format!("--{} {old}", name.replace('_', "-"))),
                plus: option,
            },
            (Some((old, at)), ..) => Change {
                setting: format!("{name} = {value}"),
                place: at.to_string(),
                minus: Some(match self.assignments.get(name) {
                    Some(line) => line.clone(),
                    None => format!("{name} = {old}"),
                }),
                plus: format!("{name} = {value}"),
            },
            (None, Some(start), _) => Change {
                setting: option.clone(),
                place: start.to_string(),
                minus: None,
                plus: option,
            },
            (None, None, config) => Change {
                setting: format!("{name} = {value}"),
                place: config
                    .clone()
                    .unwrap_or_else(|| "gunicorn.conf.py".to_owned()),
                minus: None,
                plus: format!("{name} = {value}"),
            },
        }
    }
}

/// The line that assigns a setting, as the user wrote it: `workers = multiprocessing.cpu_count() * 2 + 1`. None that goes on, nor one that cannot be read
/// again.
fn assignment(name: &str, at: &Place) -> Option<String> {
    let bytes = files::read(Path::new(&*at.file), files::MOST_WRITTEN).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let line = text.lines().nth(at.line.checked_sub(1)?)?.trim();
    let is_whole = ["()", "[]", "{}"].iter().all(|pair| {
        let count = |at: usize| {
            line.chars()
                .filter(|one| pair.chars().nth(at) == Some(*one))
                .count()
        };
        count(0) == count(1)
    });
    let assigns = line.strip_prefix(name)?.trim_start().starts_with('=');
    (assigns && is_whole && !line.ends_with('\\')).then(|| line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_users_own_is_shown_if_it_is_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("gunicorn.conf.py");
        let text =
            "import os\nworkers = os.cpu_count() * 2 + 1\n  threads=(\n2)\nworker_class = 'sync'\n";
        std::fs::write(&path, text).unwrap();
        let at = |line| Place::new(path.to_str().unwrap(), line);
        let line = assignment("workers", &at(2));
        assert_eq!(line.as_deref(), Some("workers = os.cpu_count() * 2 + 1"));
        // Another line, one that goes on, one of another name, and none.
        for (name, line) in [
            ("workers", 1),
            ("threads", 3),
            ("worker", 5),
            ("workers", 0),
            ("workers", 9),
        ] {
            assert_eq!(assignment(name, &at(line)), None, "{name} {line}");
        }
        assert_eq!(assignment("workers", &Place::new("/no/such/file", 1)), None);
    }
}
