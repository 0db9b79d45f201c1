//! What a reader sees of each bundled scenario before anything else, and what is found in it: docs/first-screens.md is made here, in virtual time.
//!
//! `SLOWLAB_BLESS=1 cargo test --test screens` rewrites the page.

#![expect(
    clippy::unwrap_used,
    reason = "the helpers of a test report by panicking, as the test does"
)]

mod findings;
mod page;
mod sim;

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use sim::Screen;

/// Every scenario, played once for all tests of this binary.
static SCREENS: LazyLock<Vec<Screen>> = LazyLock::new(sim::play_all);

#[test]
fn the_page_is_true() {
    let fresh = page::page(&SCREENS);
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/first-screens.md");
    if std::env::var_os("SLOWLAB_BLESS").is_some() {
        fs::write(&path, &fresh).unwrap();
    }
    let page = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        page == fresh,
        "docs/first-screens.md is old: run SLOWLAB_BLESS=1 cargo test --test screens\n{fresh}"
    );
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
