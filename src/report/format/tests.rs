//! What other programs read: whole, and nothing that a name could break.

use super::*;
use crate::report::chart::fixture;
use crate::report::words::Language;

fn rendered(summaries: &[Summary], format: Format) -> String {
    render(summaries, format, Words::of(Language::English))
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
