//! Both catalogues are whole, and say what they are given.

use std::collections::BTreeSet;

use fluent_syntax::ast::{Entry, Expression, InlineExpression, PatternElement};
use fluent_syntax::parser::parse;

use super::*;

/// Names of messages, and the arguments of each, as a catalogue has them.
fn messages(language: Language) -> BTreeSet<(String, BTreeSet<String>)> {
    let mut found = BTreeSet::new();
    for text in language.catalogues() {
        let resource =
            parse(*text).unwrap_or_else(|(_, errors)| panic!("{language:?}: {errors:?}"));
        for entry in &resource.body {
            let Entry::Message(message) = entry else {
                continue;
            };
            let attributes = message.attributes.iter().map(|one| &one.value);
            let mut used = BTreeSet::new();
            for pattern in message.value.iter().chain(attributes) {
                pattern
                    .elements
                    .iter()
                    .for_each(|one| element(one, &mut used));
            }
            found.insert((message.id.name.to_owned(), used));
        }
    }
    found
}

fn element(element: &PatternElement<&str>, used: &mut BTreeSet<String>) {
    match element {
        PatternElement::TextElement { .. } => {}
        PatternElement::Placeable { expression } => match expression {
            Expression::Inline(expression) => inline(expression, used),
            Expression::Select { selector, variants } => {
                inline(selector, used);
                let inner = variants.iter().flat_map(|variant| &variant.value.elements);
                inner.for_each(|one| self::element(one, used));
            }
        },
    }
}

fn inline(expression: &InlineExpression<&str>, used: &mut BTreeSet<String>) {
    if let InlineExpression::VariableReference { id } = expression {
        used.insert(id.name.to_owned());
    }
}

#[test]
fn every_message_is_there_in_both_languages() {
    let names = |language| -> BTreeSet<String> {
        messages(language)
            .into_iter()
            .map(|(name, _)| name)
            .collect()
    };
    assert_eq!(names(Language::English), names(Language::Korean));
}

#[test]
fn no_language_leaves_out_what_another_says() {
    let english = messages(Language::English);
    for (name, used) in messages(Language::Korean) {
        let (_, said) = english
            .iter()
            .find(|one| one.0 == name)
            .expect("checked above");
        assert_eq!(used, *said, "{name}");
    }
}

/// Particles whose form depends on the last sound before them.
const PARTICLES: [&str; 10] = ["은", "는", "이", "가", "을", "를", "와", "과", "로", "으로"];

#[test]
fn no_korean_particle_hangs_on_an_argument() {
    for text in Language::Korean.catalogues() {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        for (number, line) in lines.enumerate() {
            for piece in line.split('}').skip(1) {
                let word: String = piece.chars().take_while(|c| c.is_alphabetic()).collect();
                assert!(!PARTICLES.contains(&&*word), "line {number}: {line}");
            }
        }
    }
}

/// Korean knows no plural: a choice for `one` is never taken, and a number is written as `[1]`.
#[test]
fn no_korean_choice_waits_for_a_plural() {
    for text in Language::Korean.catalogues() {
        let line = text.lines().find(|line| line.contains("[one]"));
        assert_eq!(line, None);
    }
}

#[test]
fn the_embedded_font_has_every_sign_of_every_catalogue() {
    let font = include_bytes!("../../../assets/fonts/NotoSansKR.ttf");
    let font = ab_glyph::FontRef::try_from_slice(font).unwrap();
    let texts = Language::ALL.into_iter().flat_map(Language::catalogues);
    let signs: BTreeSet<char> = texts.flat_map(|text| text.chars()).collect();
    let missing: Vec<char> = signs
        .into_iter()
        .filter(|sign| !sign.is_control() && ab_glyph::Font::glyph_id(&font, *sign).0 == 0)
        .collect();
    assert!(
        missing.is_empty(),
        "no glyph for {missing:?}: list it in scripts/font"
    );
}

/// Conditions and metrics know messages by their names only.
#[test]
fn every_reason_of_a_verdict_has_its_words() {
    let sources = [
        include_str!("../../expect/eval.rs"),
        include_str!("../../metrics/path.rs"),
        include_str!("../../metrics/reading.rs"),
        include_str!("../../metrics/system.rs"),
        include_str!("../../metrics/table.rs"),
    ];
    let names: BTreeSet<&str> = (sources.iter())
        .flat_map(|source| source.split('"'))
        .filter(|text| text.starts_with("judged-") && !text.contains(' '))
        .collect();
    assert!(names.len() > 15, "{names:?}");
    let there: BTreeSet<String> = (messages(Language::Korean).into_iter())
        .map(|(name, _)| name)
        .collect();
    for name in names {
        assert!(there.contains(name), "{name}");
    }
    let said = Words::of(Language::Korean).tell("judged-not-run", &[("variant", "buffered")]);
    assert_eq!(said, "`buffered` 변형은 실행하지 않았다");
}

/// The texts of a room's files, those of its tests left out.
fn room(path: &str) -> Vec<String> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if path.is_file() {
        return vec![std::fs::read_to_string(&path).unwrap()];
    }
    let entries = std::fs::read_dir(&path).unwrap();
    let inner = entries.map(|entry| entry.unwrap().path());
    let inner = inner.filter(|path| !path.ends_with("tests.rs"));
    inner
        .flat_map(|path| room(path.to_str().unwrap()))
        .collect()
}

/// What a room says by its name is there, and nothing is there that nobody says.
#[test]
fn sites_have_their_words_and_no_others() {
    let rooms = [
        "src/site",
        "src/understand",
        "src/commands/site.rs",
        "src/commands/confirm.rs",
    ];
    let texts: Vec<String> = rooms.into_iter().flat_map(room).collect();
    let is_name = |text: &&str| {
        let known = ["site-", "understood-"];
        let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        plain && known.iter().any(|start| text.starts_with(start))
    };
    let said: BTreeSet<&str> = (texts.iter())
        .flat_map(|text| text.split('"'))
        .filter(is_name)
        .collect();
    assert!(said.len() > 150, "{said:?}");
    let catalogue = messages(Language::Korean);
    let there: BTreeSet<&str> = catalogue.iter().map(|(name, _)| &**name).collect();
    let missing: Vec<_> = said.difference(&there).collect();
    assert!(missing.is_empty(), "{missing:?}");
    // Some names are put together: `site-what-{threat}`.
    let parts = ["terminal", "column", "count", "unit", "what"];
    let is_put_together = |name: &str| {
        let part = name.split('-').nth(1).unwrap_or_default();
        parts.contains(&part)
    };
    let mut silent = (there.difference(&said)).filter(|name| is_name(name));
    let silent = silent.find(|name| !is_put_together(name));
    assert_eq!(silent, None);
}

#[test]
fn what_nobody_knows_is_its_own_name() {
    for language in Language::ALL {
        assert_eq!(
            Words::of(language).say("no-such-message", []),
            "no-such-message"
        );
    }
}

#[test]
fn the_environment_chooses_the_language() {
    let of = |set: &'static [(&str, &str)]| {
        Language::of_environment(|name| {
            let found = set.iter().find(|(known, _)| *known == name)?;
            Some(found.1.to_owned())
        })
    };
    assert_eq!(of(&[]), Language::English);
    assert_eq!(of(&[("LANG", "ko_KR.UTF-8")]), Language::Korean);
    assert_eq!(of(&[("LANG", "ko")]), Language::Korean);
    assert_eq!(of(&[("LANG", "kok_IN")]), Language::English, "Konkani");
    assert_eq!(of(&[("LC_ALL", "C"), ("LANG", "ko_KR")]), Language::English);
    assert_eq!(of(&[("LC_ALL", ""), ("LANG", "ko_KR")]), Language::Korean);
}
