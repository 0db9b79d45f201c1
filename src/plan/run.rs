//! A whole run: its variants, what is expected of them, and what it says in a reader's language: its own words where it has them, those of the
//! file otherwise.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Plan;
use crate::scenario::OwnWords;
use crate::seed::Seed;

/// The resolved work of a whole run: every variant, and what is expected of them.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunPlan {
    /// The scenario's name (its file's stem).
    pub scenario: String,
    /// What it asks.
    pub question: String,
    /// The public incidents that it reproduces.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub incidents: Vec<String>,
    /// The seed from which chance was drawn.
    pub seed: Seed,
    /// The scenario's text as read, after `--set`: becomes `scenario.toml` in the results.
    pub source: String,
    /// FNV-1a (64 bit, hex) of `source`.
    pub hash: String,
    /// In the order in which they run.
    pub variants: Vec<VariantPlan>,
    /// What the scenario's author claims.
    pub expectations: Vec<Expectation>,
    /// Question, reasons and claims in other languages, by their codes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub words: BTreeMap<String, OwnWords>,
}

/// One variant and its reason.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VariantPlan {
    /// Why it is tried.
    pub why: String,
    /// The keys that it sets, as `key = value`; none for the baseline.
    pub knobs: Vec<String>,
    /// The work.
    pub plan: Plan,
}

/// A claim and the condition by which it is judged.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// In words.
    pub claim: String,
    /// The condition.
    pub that: String,
}

impl RunPlan {
    /// Its own words in a language, by its code (`ko`).
    fn own(&self, language: &str) -> Option<&OwnWords> {
        self.words.get(language)
    }

    /// The question.
    pub fn question_in(&self, language: &str) -> &str {
        let own = self.own(language).and_then(|own| own.question.as_deref());
        own.unwrap_or(&self.question)
    }

    /// Why a variant is tried; `why` is what the file says.
    pub fn why_in<'a>(&'a self, language: &str, variant: &str, why: &'a str) -> &'a str {
        let own = self.own(language).and_then(|own| own.why.get(variant));
        own.map_or(why, String::as_str)
    }

    /// The claim of an expectation, by its place; `claim` is what the file says.
    pub fn claim_in<'a>(&'a self, language: &str, place: usize, claim: &'a str) -> &'a str {
        let own = self.own(language).and_then(|own| own.claims.get(place));
        own.map_or(claim, String::as_str)
    }
}
