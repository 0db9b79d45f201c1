//! A thousand damaged scenario files: each is refused with its mistakes, or can be planned and predicted.

use proptest::prelude::*;

use super::{Choices, build, predict};
use crate::scenario::{embedded, load_embedded, load_text};
use crate::time::Span;

/// A change of a good file: a piece is cut out, doubled, moved, or overwritten with what a hand might slip in.
fn mutated() -> impl Strategy<Value = String> {
    let slips = prop::sample::select(vec![
        "",
        "\"",
        "{",
        "}",
        "[[",
        "]",
        "=",
        ".",
        "-1",
        "0",
        "1e999",
        "99999999999999999999",
        "nan",
        "inf",
        "\n",
        "\u{e9}\u{4e16}",
        "\0",
        "'''",
        "#",
        "true",
        "\"\"",
        "{}",
        "[]",
        "\"0s\"",
        "1979-05-27",
        "\"9999999h\"",
        "[proxy]",
        "\"999999999999GiB\"",
        "set = {}",
    ]);
    let text = prop::sample::select(embedded().iter().map(|(_, text)| *text).collect::<Vec<_>>());
    let edit = (any::<prop::sample::Index>(), 0_usize..40, slips);
    (text, prop::collection::vec(edit, 1..6)).prop_map(|(text, edits)| {
        let mut chars: Vec<char> = text.chars().collect();
        for (at, length, slip) in edits {
            let at = at.index(chars.len().max(1)).min(chars.len());
            let end = (at + length).min(chars.len());
            chars.splice(at..end, slip.chars());
        }
        chars.into_iter().collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    /// No panic and no hang; what is refused can be shown, and what is accepted can be planned.
    #[test]
    fn mutated_files_are_loaded_or_refused(text in mutated(), flag in "[a-z.]{0,12}=?.{0,8}") {
        match load_text("mutant", "mutant.toml", &text, &[]) {
            Ok(scenario) => {
                if scenario.baseline.duration <= Span::from_secs(60) {
                    let plan = build(&scenario, &Choices::default()).unwrap();
                    for variant in &plan.variants {
                        let _ = predict(&variant.plan).claims();
                    }
                }
            }
            Err(wrong) => prop_assert!(!wrong.render(true).is_empty() && wrong.errors() > 0),
        }
        if let Err(wrong) = load_embedded("healthy", &[flag]) {
            prop_assert!(wrong.errors() > 0 && !wrong.to_string().is_empty());
        }
    }
}
