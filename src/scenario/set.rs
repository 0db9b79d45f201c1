//! Overrides: a variant's `set` and the command line's `--set key=value`, applied to the tree before it is read.
//!
//! Keys are dotted paths as in the file, with two conveniences: `clients.<name>` finds a group by its name, and
//! `clients.<name>.count` and `.rate` stand for the count or rate of whatever arrival the group has.

use toml::de::DeValue;

use super::check_names::{names_in, no_such_probe};
use super::diagnostics::{Diagnostic, did_you_mean, listed};
use super::sources::{Place, SET, Sources};
use super::tree::{Node, Step, Table, Value};

/// Parts of the longest key, and room: a key is applied part by part.
const DEEPEST_KEY: usize = 32;

/// A key to set, and where it is written.
pub(super) struct Setting {
    pub(super) key: String,
    pub(super) key_place: Place,
    pub(super) value: Node,
}

/// Reads a `key=value` of the command line. Values are TOML; what is not TOML is taken as a string, and `on` and `off`
/// stand for `true` and `false`, as in nginx.
pub(super) fn from_flag(flag: &str, sources: &mut Sources) -> Result<Setting, Diagnostic> {
    let base = sources.add_flag(SET, flag);
    let whole = Place::at(base, 0..flag.len());
    let Some((key, value)) = flag.split_once('=') else {
        return Err(Diagnostic::error(whole, "`--set` needs `key=value`")
            .hint("for example `--set proxy.proxy_read_timeout=2s`"));
    };
    let value_at = key.len() + 1;
    let place = Place::at(base, value_at..flag.len());
    let node = match (value.trim(), DeValue::parse(value)) {
        ("on", _) => Node {
            value: Value::Bool(true),
            place,
        },
        ("off", _) => Node {
            value: Value::Bool(false),
            place,
        },
        (_, Ok(parsed)) => Node::from_value(&parsed, base + value_at),
        (bare, Err(_)) => Node {
            value: Value::Text(bare.to_string()),
            place,
        },
    };
    if key.matches('.').count() >= DEEPEST_KEY {
        return Err(Diagnostic::error(whole, "no key has so many parts"));
    }
    Ok(Setting {
        key: key.trim().to_string(),
        key_place: Place::at(base, 0..key.len()),
        value: node,
    })
}

/// The settings of a variant, from its `set` table in the tree.
pub(super) fn of_variant(variant: &Node) -> Vec<Setting> {
    let Some(set) = variant.get("set").and_then(Node::as_table) else {
        return Vec::new();
    };
    let mut settings = Vec::new();
    for (key, entry) in set {
        flatten(key, entry.key, &entry.node, &mut settings);
    }
    settings
}

/// `set = { proxy.proxy_buffering = true }`, without the quotes, means the same as with them. The tables that such a key
/// makes on the way begin where their key does; a table that begins elsewhere was written as a value, and stays whole.
fn flatten(key: &str, key_place: Place, node: &Node, settings: &mut Vec<Setting>) {
    let nested = node.as_table().is_some_and(|table| !table.is_empty());
    let dotted = key.contains('.') && node.place.start != key_place.start;
    let whole = !nested || dotted;
    if whole {
        settings.push(Setting {
            key: key.to_string(),
            key_place,
            value: node.clone(),
        });
        return;
    }
    for (inner, entry) in node.as_table().into_iter().flatten() {
        let quoted = if inner.contains('.') {
            format!("\"{inner}\"")
        } else {
            inner.clone()
        };
        flatten(&format!("{key}.{quoted}"), entry.key, &entry.node, settings);
    }
}

/// Applies one setting.
pub(super) fn apply(tree: &mut Node, setting: &Setting) -> Result<(), Diagnostic> {
    let names = split(&setting.key)
        .map_err(|why| Diagnostic::error(setting.key_place, format!("`{}`: {why}", setting.key)))?;
    let path = match names.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["schema" | "variant" | "expect", ..] => {
            return Err(unsettable(setting, &names[0]));
        }
        ["clients", ..] => client_path(tree, setting, &names)?,
        ["act", number, ..] => act_path(tree, setting, number, &names[2..])?,
        ["probe", name, _, ..] => probe_path(tree, setting, name, &names[2..])?,
        ["backend", "app", path, ..] if names.len() > 2 => {
            known_handler(tree, setting, path)?;
            steps(&names)
        }
        _ => steps(&names),
    };
    tree.insert(&path, setting.key_place, setting.value.clone())
        .map_err(|depth| {
            let way = names[..depth.min(names.len())].join(".");
            Diagnostic::error(
                setting.key_place,
                format!(
                    "`{way}` is not a section, so `{}` cannot be set",
                    setting.key
                ),
            )
        })
}

fn unsettable(setting: &Setting, section: &str) -> Diagnostic {
    Diagnostic::error(setting.key_place, format!("`{section}` cannot be set"))
        .hint("set keys of `backend`, `proxy`, `edge`, `clients.<name>`, `probe.<name>`, or `duration`, `warmup`, `drain`, `seed`")
}

fn steps(names: &[String]) -> Vec<Step> {
    names.iter().cloned().map(Step::Key).collect()
}

fn known_handler(tree: &Node, setting: &Setting, path: &str) -> Result<(), Diagnostic> {
    let app = tree.get("backend").and_then(|backend| backend.get("app"));
    let known: Vec<&str> = app
        .and_then(Node::as_table)
        .map(|table| table.keys().map(String::as_str).collect())
        .unwrap_or_default();
    if known.contains(&path) {
        return Ok(());
    }
    let message = format!("the application has no handler for `{path}`");
    Err(Diagnostic::error(setting.key_place, message).hint(
        did_you_mean(path, known.iter().copied())
            .unwrap_or_else(|| format!("handlers: {}", listed(known.iter().copied()))),
    ))
}

/// `act.<number>.rest` as a path into the list of acts, which have no names: the first is `act.1`.
fn act_path(
    tree: &Node,
    setting: &Setting,
    number: &str,
    rest: &[String],
) -> Result<Vec<Step>, Diagnostic> {
    let acts = tree.get("act").map_or(0, |acts| acts.items().len());
    match number.parse::<usize>() {
        Ok(number) if (1..=acts).contains(&number) => {
            let mut path = vec![Step::Key("act".to_string()), Step::Index(number - 1)];
            path.extend(steps(rest));
            Ok(path)
        }
        _ => {
            let title = format!("there is no act `{number}`");
            let hint = match acts {
                0 => "the scenario has no `[[act]]`".to_string(),
                acts => format!("acts are counted in the order of the file, 1 to {acts}"),
            };
            Err(Diagnostic::error(setting.key_place, title).hint(hint))
        }
    }
}

/// `probe.<name>.rest` as a path into the list of probes.
fn probe_path(
    tree: &Node,
    setting: &Setting,
    name: &str,
    rest: &[String],
) -> Result<Vec<Step>, Diagnostic> {
    let probes = tree.get("probe").map(Node::items).unwrap_or_default();
    let found = |probe: &Node| probe.get("name").and_then(Node::as_text) == Some(name);
    let Some(index) = probes.iter().position(found) else {
        let known = names_in(tree, "probe");
        return Err(no_such_probe(setting.key_place, name, &known));
    };
    let mut path = vec![Step::Key("probe".to_string()), Step::Index(index)];
    path.extend(steps(rest));
    Ok(path)
}

/// `clients.<name>.rest` as a path into the list of groups.
fn client_path(
    tree: &mut Node,
    setting: &Setting,
    names: &[String],
) -> Result<Vec<Step>, Diagnostic> {
    let groups = tree.get("clients").map(Node::items).unwrap_or_default();
    let known: Vec<&str> = groups
        .iter()
        .filter_map(|group| group.get("name")?.as_text())
        .collect();
    let [_, name, rest @ ..] = names else {
        return Err(
            Diagnostic::error(setting.key_place, "`clients` cannot be set as a whole")
                .hint("name a group: `clients.<name>.<key>`"),
        );
    };
    if rest.is_empty() {
        return Err(
            Diagnostic::error(setting.key_place, "a group cannot be set as a whole")
                .hint(format!("for example `clients.{name}.count`")),
        );
    }
    let index = groups
        .iter()
        .position(|group| group.get("name").and_then(Node::as_text) == Some(name));
    let Some(index) = index else {
        let message = format!("there is no client group `{name}`");
        return Err(Diagnostic::error(setting.key_place, message).hint(
            did_you_mean(name, known.iter().copied())
                .unwrap_or_else(|| format!("groups: {}", listed(known.iter().copied()))),
        ));
    };
    let rest = shorthand(&groups[index], setting, rest)?;
    let mut path = vec![Step::Key("clients".to_string()), Step::Index(index)];
    path.extend(steps(&rest));
    retag(tree, setting, &path);
    Ok(path)
}

/// `count` and `rate` belong to the arrival, whichever it is.
fn shorthand(group: &Node, setting: &Setting, rest: &[String]) -> Result<Vec<String>, Diagnostic> {
    let [key] = rest else {
        return Ok(rest.to_vec());
    };
    if key != "count" && key != "rate" {
        return Ok(rest.to_vec());
    }
    let arrival = group.get("arrival").and_then(Node::as_table);
    let tag = arrival.and_then(|table| table.keys().next()).cloned();
    let fits = match tag.as_deref() {
        Some("open") => key == "rate",
        Some("once" | "closed") => key == "count",
        _ => false,
    };
    match tag {
        Some(tag) if fits => Ok(vec!["arrival".to_string(), tag, key.clone()]),
        _ => Err(Diagnostic::error(
            setting.key_place,
            format!("this group's arrival has no `{key}`"),
        )
        .hint(if key == "rate" {
            "`rate` is for open arrivals; a slow reader's is `behavior.slow-read.rate`"
        } else {
            "`count` is for once and closed arrivals; open ones have a `rate`, a ramp has `from` and `to`"
        })),
    }
}

/// `behavior.stall = {}` over a `behavior.slow-read` replaces it: a group has one behaviour and one arrival.
fn retag(tree: &mut Node, setting: &Setting, path: &[Step]) {
    let [clients, index, Step::Key(kind), Step::Key(tag), ..] = path else {
        return;
    };
    if kind != "behavior" && kind != "arrival" {
        return;
    }
    let around = [clients.clone(), index.clone(), Step::Key(kind.clone())];
    let mut node = Some(&*tree);
    for step in &around {
        node = node.and_then(|node| match step {
            Step::Key(key) => node.get(key),
            Step::Index(index) => node.items().get(*index),
        });
    }
    if node.is_some_and(|node| node.get(tag).is_none()) {
        let empty = Node::table(setting.value.place, Table::new());
        let _ = tree.insert(&around, setting.key_place, empty);
    }
}

/// Splits a dotted key; parts with dots in them stand in double quotes.
fn split(key: &str) -> Result<Vec<String>, &'static str> {
    let mut names = vec![String::new()];
    let mut quoted = false;
    for c in key.chars() {
        let name = names.last_mut().expect("it begins with one name");
        match c {
            '"' => quoted = !quoted,
            '.' if !quoted => names.push(String::new()),
            c => name.push(c),
        }
    }
    if quoted {
        return Err("a quote is not closed");
    }
    if names.iter().any(String::is_empty) {
        return Err("a part of the key is empty");
    }
    Ok(names)
}
