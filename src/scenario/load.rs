//! From text to a [`Scenario`]: parse, override, read, check; the plain configuration first, then each variant.

use std::path::Path;

use toml::de::DeTable;

use super::acts;
use super::check::Checker;
use super::check_names;
use super::diagnostics::{Diagnostic, Diagnostics};
use super::file::File;
use super::read::read;
use super::set::{self, Setting};
use super::sources::{Place, Sources};
use super::tree::{Node, Step, keys};
use super::{Configuration, Knob, Scenario, Variant, embedded, words};
use crate::files;
use crate::machine::act::Act;
use crate::tier::Tier;

/// The sections that may be left out with all that they say.
const TIERS: [&str; 2] = [Tier::Edge.name(), Tier::Proxy.name()];
/// What follows the first slips is often their echo, and in a file that is no scenario at all it is noise.
const MOST_SYNTAX_ERRORS: usize = 3;
/// Larger files are no scenarios.
const LARGEST_FILE: usize = 1 << 20;

/// Loads the scenario that is embedded under `name`, with `--set` flags.
///
/// # Errors
/// An unknown name, or everything that is wrong with the scenario or the flags.
pub fn load_embedded(name: &str, flags: &[String]) -> Result<Scenario, Diagnostics> {
    embedded_part(name, flags, Part::Whole)
}

fn embedded_part(name: &str, flags: &[String], part: Part<'_>) -> Result<Scenario, Diagnostics> {
    match embedded().iter().find(|(known, _)| *known == name) {
        Some((_, text)) => text_part((name, &format!("scenarios/{name}.toml")), text, flags, part),
        None => Err(nowhere(
            format!("there is no scenario `{name}`"),
            super::diagnostics::did_you_mean(name, embedded().iter().map(|(known, _)| *known))
                .unwrap_or_else(|| {
                    let names = embedded().iter().map(|(known, _)| *known);
                    format!("known: {}", super::diagnostics::listed(names))
                }),
        )),
    }
}

/// Loads a scenario file, with `--set` flags. The scenario's name is the file's stem.
///
/// # Errors
/// An unreadable file, or everything that is wrong with the scenario or the flags.
pub fn load_path(path: &Path, flags: &[String]) -> Result<Scenario, Diagnostics> {
    path_part(path, flags, Part::Whole)
}

fn path_part(path: &Path, flags: &[String], part: Part<'_>) -> Result<Scenario, Diagnostics> {
    let label = path.display().to_string();
    let bytes = files::read(path, LARGEST_FILE as u64)
        .map_err(|error| nowhere(format!("cannot read `{label}`: {error}"), "check the path"))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| nowhere(format!("`{label}` is not UTF-8"), "save it as UTF-8"))?;
    let name = path
        .file_stem()
        .map_or("scenario".to_string(), |stem| stem.to_string_lossy().into());
    text_part((&name, &label), &text, flags, part)
}

/// Loads `what`: a path if it looks like one (a slash, or `.toml` at its end), else the name of an embedded scenario.
///
/// # Errors
/// As [`load_path`] and [`load_embedded`].
pub fn load(what: &str, flags: &[String]) -> Result<Scenario, Diagnostics> {
    load_part(what, flags, Part::Whole)
}

/// As [`load`], but of variants only these are read, and neither conditions nor translations nor the text as run: what one of many points
/// needs of a scenario that was loaded whole before.
///
/// # Errors
/// As [`load`], of what is read.
pub fn load_only(
    what: &str,
    flags: &[String],
    variants: &[String],
) -> Result<Scenario, Diagnostics> {
    load_part(what, flags, Part::Only(variants))
}

fn load_part(what: &str, flags: &[String], part: Part<'_>) -> Result<Scenario, Diagnostics> {
    if what.contains('/') || what.ends_with(".toml") {
        path_part(Path::new(what), flags, part)
    } else {
        embedded_part(what, flags, part)
    }
}

/// What is read of a scenario.
#[derive(Clone, Copy, Debug)]
enum Part<'a> {
    Whole,
    /// What these variants need to be played.
    Only(&'a [String]),
}

impl Part<'_> {
    /// Leaves out of a tree what is not read.
    fn cut(self, tree: &mut Node) {
        let Part::Only(variants) = self else {
            return;
        };
        for left_out in ["expect", "words"] {
            tree.remove(&keys(&[left_out]));
        }
        tree.retain("variant", |variant| {
            let name = variant.get("name").and_then(Node::as_text);
            name.is_some_and(|name| variants.iter().any(|wanted| wanted == name))
        });
    }
}

/// Loads a scenario from text; `label` is what errors call it.
///
/// # Errors
/// Everything that is wrong with the scenario or the flags.
pub fn load_text(
    name: &str,
    label: &str,
    text: &str,
    flags: &[String],
) -> Result<Scenario, Diagnostics> {
    text_part((name, label), text, flags, Part::Whole)
}

fn text_part(
    (name, label): (&str, &str),
    text: &str,
    flags: &[String],
    part: Part<'_>,
) -> Result<Scenario, Diagnostics> {
    if text.len() > LARGEST_FILE {
        return Err(nowhere(
            format!("`{label}` is larger than 1 MiB"),
            "no scenario is",
        ));
    }
    let mut sources = Sources::default();
    let base = sources.add(label, text);
    let mut tree = parse(text, base, &sources)?;
    let settings: Vec<_> = flags
        .iter()
        .map(|flag| set::from_flag(flag, &mut sources))
        .collect();
    let mut out = Diagnostics::new(sources);
    let mut applied = Vec::new();
    for setting in settings {
        let set = setting.and_then(|setting| {
            its_tier_is_there(&tree, &setting)?;
            set::apply(&mut tree, &setting)?;
            Ok(setting)
        });
        match set {
            Ok(setting) => applied.push(setting),
            Err(mistake) => out.push(mistake),
        }
    }
    let source = match part {
        Part::Whole => as_run(text, &tree, flags),
        Part::Only(_) => String::new(),
    };
    part.cut(&mut tree);
    let scenario = assemble(name, source, &tree, &applied, &mut out);
    match scenario {
        Some(scenario) if out.errors() == 0 => Ok(Scenario {
            diagnostics: out,
            ..scenario
        }),
        _ => Err(out),
    }
}

fn nowhere(title: String, hint: impl Into<String>) -> Diagnostics {
    let mut out = Diagnostics::default();
    out.push(Diagnostic::error(Place::default(), title).hint(hint));
    out
}

fn parse(text: &str, base: usize, sources: &Sources) -> Result<Node, Diagnostics> {
    let (document, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        return Ok(Node::from_document(&document, base));
    }
    let mut out = Diagnostics::new(sources.clone());
    let rest = errors.len().saturating_sub(MOST_SYNTAX_ERRORS);
    for error in errors.into_iter().take(MOST_SYNTAX_ERRORS) {
        let span = error.span().unwrap_or(0..0);
        out.push(
            Diagnostic::error(
                Place::at(base, span),
                format!("not TOML: {}", error.message().replace('\n', ", ")),
            )
            .label("here"),
        );
    }
    if rest > 0 {
        let title = format!("and {rest} more places that are not TOML");
        out.push(
            Diagnostic::error(Place::at(base, text.len()..text.len()), title)
                .hint("is this a scenario? `slowlab show healthy` is one"),
        );
    }
    Err(out)
}

/// A `proxy.` key where there is no proxy would quietly add one, and an `edge.` key an edge.
fn its_tier_is_there(tree: &Node, setting: &Setting) -> Result<(), Diagnostic> {
    for tier in TIERS {
        let of_tier = setting.key.starts_with(&format!("{tier}."));
        if of_tier && tree.get(tier).is_none() && setting.key != enabling(tier) {
            return Err(Diagnostic::error(
                setting.key_place,
                format!("`{}` is set, but there is no {tier}", setting.key),
            )
            .hint(format!(
                "add a `[{tier}]` section, or set `{tier}.enabled` first"
            )));
        }
    }
    Ok(())
}

/// The key that adds a tier.
fn enabling(tier: &str) -> String {
    format!("{tier}.enabled")
}

/// The text as read after `--set`. Without flags it is the file; with flags it is written anew, without its comments.
fn as_run(text: &str, tree: &Node, flags: &[String]) -> String {
    if flags.is_empty() {
        return text.to_string();
    }
    let flags: Vec<String> = flags
        .iter()
        .map(|flag| format!("# --set {}\n", flag.replace('\n', " ")))
        .collect();
    let body = toml::to_string_pretty(&tree.to_toml()).unwrap_or_else(|_| text.to_string());
    format!(
        "# As run, with these flags applied; comments are left out.\n{}{body}",
        flags.concat()
    )
}

/// Reads and checks everything; mistakes go to `out`.
fn assemble(
    name: &str,
    source: String,
    tree: &Node,
    flags: &[Setting],
    out: &mut Diagnostics,
) -> Option<Scenario> {
    let file: Option<File> = read(tree.clone(), &mut |mistake| out.push(mistake));
    let groups = check_names::group_names(tree);
    if let Some(file) = &file {
        Checker::new(tree, None, out).whole(file);
        words::check(tree, file, out);
    }
    let variants = variants(tree, flags, out);
    check_names::names(tree, out);
    check_names::expectations(tree, &groups, out);
    let file = file?;
    let baseline = configuration(&file, acts::resolve(tree, &file, None, out));
    if out.errors() == 0 {
        check_names::each_changes_something(tree, &baseline, &variants, out);
    }
    let that_places = (0..file.expect.len())
        .map(|index| {
            let mut path = keys(&["expect"]);
            path.extend([Step::Index(index), Step::Key("that".to_string())]);
            tree.place_of(&path)
        })
        .collect();
    Some(Scenario {
        name: name.to_string(),
        source,
        question: file.question,
        incidents: file.source.0,
        seed: file.seed,
        baseline,
        variants,
        expectations: file.expect,
        words: file.words,
        diagnostics: Diagnostics::default(),
        that_places,
        tree: tree.clone(),
    })
}

fn configuration(file: &File, acts: Vec<Act>) -> Configuration {
    Configuration {
        duration: file.duration,
        warmup: file.warmup,
        drain: file.drain,
        backend: file.backend.clone(),
        edge: file.edge.clone().filter(|edge| edge.enabled),
        proxy: file.proxy.clone().filter(|proxy| proxy.enabled),
        clients: file.clients.clone(),
        acts,
        probes: file.probe.clone(),
        pipeline: file.pipeline.clone(),
    }
}

/// Each variant is the whole tree again with its settings applied, read and checked like the plain one.
fn variants(tree: &Node, flags: &[Setting], out: &mut Diagnostics) -> Vec<Variant> {
    let mut plain = tree.clone();
    plain.remove(&keys(&["variant"]));
    plain.remove(&keys(&["expect"]));
    plain.remove(&keys(&["words"]));
    let declared = tree.get("variant").map(Node::items).unwrap_or_default();
    let mut variants = Vec::new();
    for node in declared {
        let name = node.get("name").and_then(Node::as_text).unwrap_or("?");
        let why = node.get("why").and_then(Node::as_text).unwrap_or("");
        let settings = set::of_variant(node);
        shadowed(flags, &settings, name, out);
        let enables = |tier: &str| {
            let key = enabling(tier);
            settings.iter().any(|setting| setting.key == key)
        };
        let mut changed = plain.clone();
        let mut knobs = Vec::new();
        for setting in &settings {
            knobs.push(Knob {
                key: setting.key.clone(),
                value: setting.value.to_toml().to_string(),
            });
            let tier = setting.key.split('.').next().unwrap_or_default();
            let checked = match enables(tier) {
                true => Ok(()),
                false => its_tier_is_there(&plain, setting),
            };
            if let Err(mistake) = checked.and_then(|()| set::apply(&mut changed, setting)) {
                out.push(of_variant(mistake, Some(name)));
            }
        }
        let mut mistakes = Vec::new();
        let file: Option<File> = read(changed.clone(), &mut |mistake| mistakes.push(mistake));
        for mistake in mistakes {
            out.push(of_variant(mistake, Some(name)));
        }
        if let Some(file) = file {
            Checker::new(&changed, Some(name), out).whole(&file);
            let acts = acts::resolve(&changed, &file, Some(name), out);
            variants.push(Variant {
                name: name.to_string(),
                why: why.to_string(),
                knobs,
                configuration: configuration(&file, acts),
            });
        }
    }
    variants
}

/// A mistake of a variant; `None` is the plain configuration.
pub(super) fn of_variant(mistake: Diagnostic, name: Option<&str>) -> Diagnostic {
    Diagnostic {
        variant: name.map(str::to_owned),
        ..mistake
    }
}

/// A flag changes the plain configuration; a variant that sets the same key still has its own value.
fn shadowed(flags: &[Setting], settings: &[Setting], name: &str, out: &mut Diagnostics) {
    for flag in flags {
        if settings.iter().any(|setting| setting.key == flag.key) {
            let title = format!("`{}` is set by the variant itself", flag.key);
            out.push(of_variant(
                Diagnostic::warning(flag.key_place, title)
                    .label("applies to the baseline and the other variants"),
                Some(name),
            ));
        }
    }
}
