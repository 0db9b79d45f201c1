//! A lesson from its first line to its last, with answers from a pipe.

use std::io::Cursor;

use super::*;
use crate::report::human;
use crate::report::words::Language;

/// The second lesson, answered with these lines: how it ended, and all that was said.
fn answered(lines: &str, language: Language) -> (Exit, String) {
    let shelf = lessons::embedded();
    let words = Words::of(language);
    let folder = find(&shelf, "2", words).unwrap();
    let lesson = folder.lesson(language).unwrap();
    let mut out = Vec::new();
    let page = page::Page {
        input: &mut Cursor::new(lines.as_bytes()),
        out: &mut out,
        words,
        is_read_from_a_pipe: true,
    };
    let exit = terminal::play((&lesson, folder), false, page).unwrap();
    (exit, String::from_utf8(out).unwrap())
}

const LINES: &str = "2\n100\n0 10 30 60 90 120 140 100 20\nproxy.proxy_read_timeout=60s\nbackend.workers=5\n2\n2\n1\n";

#[test]
fn a_lesson_is_played_from_its_story_to_its_score() {
    let (exit, said) = answered(LINES, Language::English);
    assert_eq!(exit, Exit::Held);
    let order = [
        "The ticket",
        "Your predictions are locked",
        "115",
        "Not yet:",
        "No 504 any more",
        "It holds:",
        "Mended at attempt 2.",
        "Predictions right or close: 3 of 3. Mended: at attempt 2. Explained: 2 of 3.",
    ];
    let mut rest = said.as_str();
    for words in order {
        let at = rest
            .find(words)
            .unwrap_or_else(|| panic!("{words}: {said}"));
        rest = &rest[at..];
    }
    // Nothing of the answers before the predictions are in.
    let (before, _) = said.split_once("locked").unwrap();
    assert!(
        !before.contains("115") && !before.contains("back-pressure"),
        "{before}"
    );
}

#[test]
fn it_fits_into_eighty_columns_in_both_languages() {
    for language in Language::ALL {
        let (_, said) = answered(LINES, language);
        let wide = said
            .lines()
            .filter(|line| human::columns(line) > page::WIDTH);
        let wide: Vec<&str> = wide.collect();
        // Lines of a log are as long as they are.
        let wide: Vec<_> = wide.iter().filter(|line| !line.contains(".log ")).collect();
        assert!(wide.is_empty(), "{wide:#?}");
    }
}

#[test]
fn answers_that_are_none_are_asked_for_again_and_an_input_that_ends_ends_it() {
    let (exit, said) = answered("5\nwho?\n2\n1000\n60\n1 2 3\n", Language::Korean);
    assert_eq!(exit, Exit::Undecided);
    assert_eq!(said.matches("답이 아니다").count(), 4, "{said}");
    assert!(said.trim_end().ends_with("입력이 끝났다"), "{said}");
}

#[test]
fn lessons_are_found_by_number_and_by_name_and_a_teachers_come_first() {
    let dir = tempfile::tempdir().unwrap();
    let own = dir.path().join("02-of-my-own");
    std::fs::create_dir(&own).unwrap();
    let text = &lessons::embedded()[1].files["ko.md"];
    std::fs::write(own.join("ko.md"), text).unwrap();
    let words = Words::of(Language::English);
    let shelf = shelf::all(Some(dir.path())).unwrap();
    assert_eq!(find(&shelf, "2", words).unwrap().name, "02-of-my-own");
    let ours = &lessons::embedded()[0].name;
    assert_eq!(&find(&shelf, ours, words).unwrap().name, ours);
    assert!(find(&shelf, "77", words).is_err());
    // A language that it does not have.
    let lesson = find(&shelf, "2", words)
        .unwrap()
        .lesson(Language::English)
        .unwrap();
    assert_eq!(lesson.language, Language::Korean);
    let empty = tempfile::tempdir().unwrap();
    assert!(shelf::all(Some(empty.path())).is_err());
    assert!(shelf::all(Some(&empty.path().join("nowhere"))).is_err());
}
