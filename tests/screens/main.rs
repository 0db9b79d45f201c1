//! What a reader sees of each bundled scenario before anything else, and what is found in it: docs/first-screens.md is made here, in virtual time.
//!
//! `SLOWLAB_BLESS=1 cargo test --test screens` rewrites the page.

#![expect(
    clippy::unwrap_used,
    reason = "the helpers of a test report by panicking, as the test does"
)]

mod findings;
mod page;
mod real;
mod sim;

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use sim::Screen;
use slowlab::report::symptoms;
use slowlab::report::words::{Language, Words};

/// Every scenario, played once for all tests of this binary.
static SCREENS: LazyLock<Vec<Screen>> = LazyLock::new(sim::play_all);

/// Checks a page that is made here, or rewrites it.
fn keep_true(page: &str, fresh: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(page);
    if std::env::var_os("SLOWLAB_BLESS").is_some() {
        fs::write(&path, fresh).unwrap();
    }
    let known = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        known == fresh,
        "{page} is old: run SLOWLAB_BLESS=1 cargo test --test screens\n{fresh}"
    );
}

#[test]
fn the_page_is_true() {
    keep_true("docs/first-screens.md", &page::page(&SCREENS));
}

/// One sentence says what happened, and unless nobody was harmed, why.
#[test]
fn every_first_sentence_has_a_reason() {
    for screen in SCREENS.iter() {
        let headline = screen.summary.headline.as_ref().unwrap();
        let harmed = !matches!(&*headline.kind, "nothing" | "held" | "untested");
        assert!(
            !harmed || headline.fields.contains_key("cause"),
            "{}: {}",
            screen.name,
            headline.text
        );
    }
}

/// A screen of a small terminal is enough.
#[test]
fn every_first_screen_fits_a_terminal() {
    for screen in SCREENS.iter() {
        let text = page::screen(screen);
        let lines = text.lines().count();
        assert!(lines <= 24, "{}: {lines} lines\n{text}", screen.name);
    }
}

/// A scenario's own words are there in Korean, each of them.
#[test]
fn every_scenario_speaks_korean() {
    for (name, _) in slowlab::scenario::embedded() {
        let loaded = slowlab::scenario::load_embedded(name, &[]).unwrap();
        let words = loaded.words.get("ko").unwrap_or_else(|| panic!("{name}"));
        let question = words.question.as_deref().unwrap_or_default();
        let reasons = loaded
            .variants
            .iter()
            .map(|variant| words.why.get(&variant.name));
        let reasons = reasons.map(|why| why.map_or("", String::as_str));
        let claims = words.claims.iter().map(String::as_str);
        assert_eq!(words.claims.len(), loaded.expectations.len(), "{name}");
        let all: Vec<&str> = std::iter::once(question)
            .chain(reasons)
            .chain(claims)
            .collect();
        for said in all {
            let hangul = said.chars().any(|letter| ('가'..='힣').contains(&letter));
            assert!(hangul, "{name}: `{said}` is not Korean");
        }
    }
}

#[test]
fn the_page_of_symptoms_is_true() {
    let fresh = symptoms::markdown(Words::of(Language::English));
    keep_true("docs/symptoms.md", &fresh);
}

/// A scenario that is named as showing a symptom shows it.
#[test]
fn symptoms_are_shown_where_they_say() {
    for symptom in &symptoms::SYMPTOMS {
        for [scenario, variant] in symptom.shown_by {
            let screen = SCREENS.iter().find(|screen| screen.name == *scenario);
            let screen = screen.unwrap_or_else(|| panic!("no scenario {scenario}"));
            let mut variants = screen.summary.variants.iter();
            assert!(
                variants.any(|one| one.name == *variant),
                "{scenario} has no {variant}"
            );
            let mut findings = screen.summary.findings.iter();
            let shown =
                findings.any(|one| one.variant == *variant && symptom.kinds.contains(&&*one.kind));
            assert!(
                shown || symptom.kinds.is_empty(),
                "{} in {scenario}, {variant}",
                symptom.key
            );
        }
    }
}
