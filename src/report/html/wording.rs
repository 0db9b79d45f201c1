//! Words of the page: for its template by name, for its scripts as patterns with the names of their arguments in braces.

use std::collections::BTreeMap;

use fluent_bundle::FluentValue;
use minijinja::Environment;
use minijinja::value::Kwargs;

use crate::record::Outcome;
use crate::report::words::Words;

/// Messages that scripts say, without the `page-js-` of the catalogues, and their arguments.
const FOR_SCRIPTS: &[(&str, &[&str])] = &[
    ("play", &[]),
    ("pause", &[]),
    ("back", &[]),
    ("forward", &[]),
    ("speed", &[]),
    ("closer", &[]),
    ("wider", &[]),
    ("whole", &[]),
    ("previous-failure", &[]),
    ("next-failure", &[]),
    ("time", &[]),
    ("keys", &[]),
    ("keys-of-stages", &[]),
    ("workers", &["busy", "slots"]),
    ("workers-free", &["busy"]),
    ("by", &["count", "group"]),
    ("waiting", &["count"]),
    ("queue", &["count"]),
    ("held", &["bytes"]),
    ("flow", &[]),
    ("rate", &["bytes"]),
    ("open", &["count"]),
    ("failed", &["count"]),
    ("request", &["id", "group"]),
    ("click", &[]),
    ("lane", &["worker", "group", "span"]),
    ("at-work", &[]),
    ("waits", &[]),
    ("free", &[]),
    ("journey", &["id", "group", "variant"]),
    ("close", &[]),
    ("client", &[]),
    ("edge", &[]),
    ("proxy", &[]),
    ("queue-lane", &[]),
    ("worker", &["worker"]),
    ("step-began", &[]),
    ("step-late", &[]),
    ("step-connected", &[]),
    ("step-accepted", &["tier"]),
    ("step-upstream", &["tier"]),
    ("step-header", &["tier"]),
    ("step-let-go", &["tier"]),
    ("step-timer", &["timer", "tier", "status"]),
    ("step-status", &["tier", "status"]),
    ("step-taken", &["worker", "span"]),
    ("step-zombie", &["worker"]),
    ("step-head", &["worker"]),
    ("step-done", &[]),
    ("step-released", &["worker", "span"]),
    ("step-killed", &["worker"]),
    ("step-first-byte", &[]),
    ("step-last-byte", &["bytes"]),
    ("step-ended", &["kind"]),
    ("stage-work", &[]),
    ("stage-read", &[]),
    ("stage-write", &[]),
    ("stage-gone", &[]),
    ("ended", &["kind", "span", "by"]),
    ("not-carried", &[]),
];

/// What scripts say, by name.
pub(crate) fn for_scripts(words: &Words) -> BTreeMap<String, String> {
    let all = FOR_SCRIPTS.iter();
    all.map(|(name, arguments)| {
        let arguments = arguments.iter();
        let arguments = arguments.map(|name| (*name, FluentValue::from(format!("{{{name}}}"))));
        let pattern = words.say(&format!("page-js-{name}"), arguments);
        ((*name).to_owned(), pattern)
    })
    .collect()
}

/// How a kind of end is called: `ok`, a status, an outcome by its name in the records.
pub(super) fn kind(kind: &str, words: &Words) -> String {
    match kind {
        "ok" => words.say("page-ok-row", []),
        kind if kind.starts_with(|sign: char| sign.is_ascii_digit()) => kind.to_owned(),
        kind => words.say(&format!("outcome-{kind}"), []),
    }
}

/// What kinds of ends that are no status are called, by their names in the records.
pub(super) fn kinds(words: &Words) -> BTreeMap<String, String> {
    let names = Outcome::ALL
        .into_iter()
        .filter(|one| *one != Outcome::Complete);
    let names = names.map(Outcome::name).chain(["ok"]);
    names
        .map(|name| (name.to_owned(), kind(name, words)))
        .collect()
}

/// Gives templates `t(message, argument=value)`.
pub(super) fn teach(environment: &mut Environment<'_>, words: &'static Words) {
    environment.add_function("t", move |message: &str, arguments: Kwargs| {
        let names: Vec<String> = arguments.args().map(str::to_owned).collect();
        let mut given = Vec::new();
        for name in &names {
            let value: String = arguments.get(name)?;
            given.push((name.as_str(), FluentValue::from(value)));
        }
        Ok::<String, minijinja::Error>(words.say(message, given))
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::words::Language;

    #[test]
    fn scripts_get_every_word_with_its_arguments_in_every_language() {
        for language in Language::ALL {
            let words = for_scripts(Words::of(language));
            assert_eq!(words.len(), FOR_SCRIPTS.len());
            for (name, arguments) in FOR_SCRIPTS {
                let pattern = &words[*name];
                assert!(!pattern.starts_with("page-js"), "{language:?}: {name}");
                for argument in *arguments {
                    assert!(pattern.contains(&format!("{{{argument}}}")), "{pattern}");
                }
            }
        }
    }

    #[test]
    fn scripts_ask_for_no_word_that_they_do_not_get() {
        for (name, source) in super::super::assets::MODULES {
            for piece in source.split("say('").skip(1) {
                let word = piece.split('\'').next().unwrap_or_default();
                let known = FOR_SCRIPTS.iter().any(|(name, _)| *name == word);
                assert!(known, "{name} says `{word}`");
            }
        }
    }
}
