//! `[words.LANGUAGE]`: what a scenario says for people, in another language than that of the file.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check_names::names_in;
use super::diagnostics::{Diagnostic, Diagnostics, did_you_mean, listed};
use super::file::File;
use super::tree::{Node, keys};

/// The languages beside English, in which a file is taken to be written.
const LANGUAGES: [&str; 1] = ["ko"];

/// A scenario's own words in one language. What is left out is said as the file says it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnWords {
    /// The question.
    #[serde(default)]
    pub question: Option<String>,
    /// Why a variant is tried, by its name.
    #[serde(default)]
    pub why: BTreeMap<String, String>,
    /// The claims, in the order of the expectations.
    #[serde(default)]
    pub claims: Vec<String>,
}

/// Checks that words are of a language that is spoken, and of what is there.
pub(super) fn check(tree: &Node, file: &File, out: &mut Diagnostics) {
    let variants = names_in(tree, "variant");
    for (language, words) in &file.words {
        let path = ["words", language.as_str()];
        if !LANGUAGES.contains(&&**language) {
            let place = tree.key_place_of(&keys(&path));
            let mistake = Diagnostic::error(place, format!("no report speaks `{language}`"));
            out.push(mistake.hint(format!("known: {}", listed(LANGUAGES))));
        }
        for name in words.why.keys().filter(|name| !variants.contains(name)) {
            let place = tree.key_place_of(&keys(&["words", language, "why", name]));
            let known = || variants.iter().map(String::as_str);
            out.push(
                Diagnostic::error(place, format!("there is no variant `{name}`"))
                    .maybe_hint(did_you_mean(name, known()))
                    .label(format!("variants: {}", listed(known()))),
            );
        }
        let (claims, expected) = (words.claims.len(), file.expect.len());
        // Fewer are well: `--expect` adds some that have no other words.
        if claims > expected {
            let place = tree.place_of(&keys(&["words", language, "claims"]));
            let title = format!("{claims} claims for {expected} expectations");
            let mistake = Diagnostic::error(place, title);
            out.push(mistake.hint("one for each `[[expect]]`, in their order"));
        }
    }
}
