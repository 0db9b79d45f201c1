//! What a scenario says, in a reader's language: its own words where it has them, those of the file otherwise.

use super::{OwnWords, RunPlan};

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
