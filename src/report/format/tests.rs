//! What other programs read: whole, and nothing that a name could break.

use super::*;
use crate::record::summary::{Doubt, Verdict};
use crate::report::chart::fixture;
use crate::report::words::Language;

fn rendered(summaries: &[Summary], format: Format) -> String {
    let runs = Runs {
        summaries,
        required: false,
        missing: &[],
    };
    render(runs, format, Words::of(Language::English))
}

/// A run of which all that was expected came true.
fn held() -> Summary {
    let mut summary = fixture::summary(&fixture::run());
    for one in &mut summary.expectations {
        one.verdict = Verdict::Held;
    }
    summary
}

/// A file of one run, which was to be judged or not.
fn of_one(summary: &Summary, required: bool, format: Format) -> String {
    let runs = Runs {
        required,
        ..Runs::only(summary)
    };
    render(runs, format, Words::of(Language::English))
}

fn evil() -> Summary {
    let mut summary = fixture::summary(&fixture::run());
    summary.scenario = "a<b>\"c\"&'d'\u{1b}[31m|e\n# f".to_owned();
    summary.expectations[0].claim = "x | y\n| z | <script>".to_owned();
    summary
}

#[test]
fn junit_counts_and_names_every_expectation() {
    let xml = rendered(&[fixture::summary(&fixture::run())], Format::Junit);
    insta::assert_snapshot!(xml);
}

#[test]
fn junit_quotes_what_would_be_markup() {
    let xml = rendered(&[evil()], Format::Junit);
    let tags = xml.matches('<').count();
    let clean = rendered(&[fixture::summary(&fixture::run())], Format::Junit);
    assert_eq!(tags, clean.matches('<').count(), "{xml}");
    assert!(!xml.contains('\u{1b}'));
}

/// Whoever reads nothing but this file sees no success where the exit status is none.
#[test]
fn junit_has_an_error_wherever_a_run_is_no_success() {
    let mut left_out = held();
    for one in &mut left_out.expectations {
        one.verdict = Verdict::LeftOut;
    }
    let mut doubted = held();
    doubted.doubts.push(Doubt {
        variant: "buffered".to_owned(),
        kind: "clients_late".to_owned(),
        text: "the clients had no CPU".to_owned(),
    });
    let mut idle = held();
    idle.variants.clear();
    for (summary, said) in [
        (left_out, "Nothing was judged."),
        (
            doubted,
            "buffered: no verdict on it: the clients had no CPU",
        ),
        (idle, "Nothing was measured"),
    ] {
        let xml = of_one(&summary, false, Format::Junit);
        assert!(xml.contains("failures=\"0\" errors=\"1\""), "{xml}");
        assert!(xml.contains(&format!("<error message=\"{said}")), "{xml}");
    }
    let fine = of_one(&held(), true, Format::Junit);
    assert!(
        fine.contains("errors=\"0\"") && !fine.contains("judged"),
        "{fine}"
    );
}

#[test]
fn a_run_of_which_nothing_is_expected_says_so() {
    let mut nothing = held();
    nothing.expectations.clear();
    let said = "The scenario states no expectations: nothing was judged";
    let xml = of_one(&nothing, true, Format::Junit);
    assert!(
        xml.contains("tests=\"1\" failures=\"0\" errors=\"1\""),
        "{xml}"
    );
    assert!(
        xml.contains(&format!("<error message=\"{said}, and `--require")),
        "{xml}"
    );
    let page = of_one(&nothing, true, Format::Md);
    assert!(page.contains("exit status 3"), "{page}");
    // Nobody asked for more: that is no error.
    let xml = of_one(&nothing, false, Format::Junit);
    assert!(
        xml.contains("tests=\"0\" failures=\"0\" errors=\"0\""),
        "{xml}"
    );
    assert!(
        xml.contains("<property name=\"judged\" value=\"nothing\"/>"),
        "{xml}"
    );
    assert!(xml.contains(&format!("<system-out>{said}.")), "{xml}");
    assert!(of_one(&nothing, false, Format::Md).contains(said));
}

#[test]
fn runs_that_have_no_numbers_are_missed_in_every_file() {
    let summaries = [held()];
    let runs = Runs {
        summaries: &summaries,
        required: false,
        missing: &["no `nginx` < 1.18 here".to_owned()],
    };
    let words = Words::of(Language::English);
    let xml = render(runs, Format::Junit, words);
    assert!(
        xml.contains("tests=\"4\" failures=\"0\" errors=\"1\""),
        "{xml}"
    );
    assert!(
        xml.contains("<error message=\"no `nginx` &lt; 1.18 here\">"),
        "{xml}"
    );
    let page = render(runs, Format::Md, words);
    assert!(
        page.ends_with("* warning: no `nginx` \\< 1.18 here\n"),
        "{page}"
    );
}

#[test]
fn markdown_is_a_page() {
    let page = rendered(&[fixture::summary(&fixture::run())], Format::Md);
    insta::assert_snapshot!(page);
}

#[test]
fn no_name_leaves_its_cell() {
    let page = rendered(&[evil()], Format::Md);
    let clean = rendered(&[fixture::summary(&fixture::run())], Format::Md);
    assert_eq!(page.lines().count(), clean.lines().count(), "{page}");
    assert!(page.contains("x \\| y \\| z \\| \\<script\\>"), "{page}");
}

#[test]
fn openmetrics_names_every_number_once() {
    let text = rendered(&[fixture::summary(&fixture::run())], Format::OpenMetrics);
    assert!(text.ends_with("# EOF\n"), "{text}");
    let samples: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let mut names: Vec<&str> = samples
        .iter()
        .filter_map(|line| Some(line.rsplit_once(' ')?.0))
        .collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert!(
        count > 50 && names.len() == count,
        "{count} samples, {} names",
        names.len()
    );
    assert!(
        names
            .iter()
            .any(|name| name.starts_with("slowlab_group_latency_seconds{")
                && name.contains("point=\"p99\"")),
        "{text}"
    );
}

#[test]
fn openmetrics_quotes_what_would_be_a_label() {
    let clean = rendered(&[fixture::summary(&fixture::run())], Format::OpenMetrics);
    let text = rendered(&[evil()], Format::OpenMetrics);
    assert_eq!(text.lines().count(), clean.lines().count(), "{text}");
    assert!(!text.contains('\u{1b}'));
}
