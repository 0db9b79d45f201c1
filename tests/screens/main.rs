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
mod recorded;
mod sim;
#[path = "../shared/simulate.rs"]
mod simulate;

use std::fs;
use std::path::PathBuf;

use sim::Screen;
use slowlab::report::symptoms;
use slowlab::report::words::{Language, Words};

/// Every scenario, in virtual time or as it was recorded. In this order the page that is old is told last, when all that is on it is right.
///
/// One test, since playing them is most of the work, and each test may be a process of its own.
#[test]
fn each_scenario_is_told_as_it_should_be() {
    let screens = sim::play_all();
    every_first_sentence_has_a_reason(&screens);
    every_first_screen_fits_a_terminal(&screens);
    symptoms_are_shown_where_they_say(&screens);
    findings::each_is_seen_where_it_is_and_not_where_it_is_not(&screens);
    keep_true("docs/first-screens.md", &page::page(&screens));
}

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

/// One sentence says what happened, and unless nobody was harmed, why.
fn every_first_sentence_has_a_reason(screens: &[Screen]) {
    for screen in screens {
        let headline = screen.summary.headline.as_ref().unwrap();
        let unharmed = ["nothing", "held", "untested", "pipeline", "pipeline-even"];
        let harmed = !unharmed.contains(&&*headline.kind);
        assert!(
            !harmed || headline.fields.contains_key("cause"),
            "{}: {}",
            screen.name,
            headline.text
        );
    }
}

/// A screen of a small terminal is enough.
fn every_first_screen_fits_a_terminal(screens: &[Screen]) {
    for screen in screens {
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
fn symptoms_are_shown_where_they_say(screens: &[Screen]) {
    for symptom in &symptoms::SYMPTOMS {
        for [scenario, variant] in symptom.shown_by {
            let screen = screens.iter().find(|screen| screen.name == *scenario);
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
