//! The page as a whole.

use super::*;
use crate::report::chart::fixture;
use crate::report::words::Language;

/// What a page may weigh.
const MOST_BYTES: usize = 3 << 20;

fn page_in(run: &RunData, language: Language) -> String {
    let mut summary = fixture::summary(run);
    summary.headline = Some(crate::record::summary::Headline {
        kind: "failed".to_owned(),
        variant: run.variants[0].plan.variant.clone(),
        text: "164 of 400 `visitors` got 504; `buffered` cures it".to_owned(),
        fields: [("cure_variants".to_owned(), serde_json::json!(["buffered"]))].into(),
    });
    let said = crate::report::symptoms::said(run, &summary);
    render(run, &summary, &said, Words::of(language)).unwrap()
}

fn page(run: &RunData) -> String {
    page_in(run, Language::English)
}

#[test]
fn the_page_says_it_all_in_one_file() {
    let page = page(&fixture::run());
    if let Ok(keep) = std::env::var("SLOWLAB_KEEP_CHARTS") {
        std::fs::create_dir_all(&keep).unwrap();
        std::fs::write(std::path::Path::new(&keep).join("report.html"), &page).unwrap();
    }
    for part in [
        "1 of 3 expectations failed",
        "UNDECIDED",
        "164 × 504",
        "6.12.0",
        "<th scope",
        "<details id=\"expectations\" open>",
    ] {
        assert!(page.contains(part), "no `{part}`");
    }
    assert!(page.len() < MOST_BYTES, "{} bytes", page.len());
}

#[test]
fn nothing_on_it_leads_out() {
    let page = page(&fixture::run());
    assert!(!page.contains("src=") && !page.contains("@import"));
    for address in page.split("href=\"").skip(1) {
        assert!(address.starts_with('#'), "{}", &address[..40]);
    }
    for address in page.split("url(").skip(1) {
        let own = address.starts_with('#') || address.starts_with("data:font/woff2");
        assert!(own, "{}", &address[..40]);
    }
    assert!(
        page.contains("content=\"default-src &#x27;none&#x27;")
            || page.contains("content=\"default-src &#39;none&#39;")
    );
}

#[test]
fn the_sentence_comes_before_the_pictures_and_the_pictures_before_the_numbers() {
    let page = page(&fixture::run());
    let body = &page[page.find("<body>").unwrap()..];
    let order = [
        "<h1>",
        "class=\"pane sick\"",
        "class=\"pane cure\"",
        "id=\"findings\"",
        "id=\"others\"",
        "id=\"groups\"",
        "id=\"latency\"",
        "id=\"expectations\"",
    ];
    let places: Vec<usize> = (order.iter())
        .map(|part| body.find(part).unwrap_or_else(|| panic!("no `{part}`")))
        .collect();
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn names_cannot_break_out() {
    let mut run = fixture::run();
    run.variants.truncate(1);
    let evil = "<img onerror=x>\"&'";
    run.manifest.scenario = evil.into();
    run.manifest.question = evil.into();
    for variant in &mut run.variants {
        variant.plan.groups[1].name = evil.into();
        variant.plan.variant = format!("{evil}{}", variant.plan.variant);
        for request in &mut variant.requests {
            if request.group == "visitors" {
                request.group = evil.into();
            }
        }
    }
    let page = page(&run);
    assert!(!page.contains("<img"), "markup got through");
    assert!(page.contains("&lt;img"));
}

#[test]
fn in_korean_it_says_so() {
    let page = page_in(&fixture::run(), Language::Korean);
    assert!(page.contains("<html lang=\"ko\" "));
    assert!(page.contains("각 그룹") || page.contains("클라이언트 그룹마다 받은 것"));
    assert!(
        !page.contains("page-"),
        "a message is missing: {:?}",
        page.find("page-").map(|at| &page[at..at + 40])
    );
}

#[test]
fn a_hundred_thousand_requests_fit() {
    let mut run = fixture::run();
    let variant = &mut run.variants[0];
    let pattern = variant.requests.clone();
    let stretches = variant.workers.clone();
    let copies = 100_000 / pattern.len() + 1;
    for copy in 1..copies as u64 {
        let moved = |at: crate::time::Timestamp| at + crate::time::Span::from_us(copy * 37);
        variant
            .requests
            .extend(pattern.iter().cloned().map(|mut request| {
                request.request_id += copy * 1_000_000;
                request.intended_at = moved(request.intended_at);
                request
            }));
        variant
            .workers
            .extend(stretches.iter().take(60).cloned().map(|mut stretch| {
                stretch.from = moved(stretch.from);
                stretch.to = stretch.to.map(moved);
                stretch
            }));
    }
    assert!(variant.requests.len() > 100_000);
    let page = page(&run);
    assert!(page.len() < MOST_BYTES, "{} bytes", page.len());
    assert!(page.contains("requests to click on, failures first"));
}

/// As after an early Ctrl-C: nothing of the visitors yet, something of the slow readers, or nothing of anyone.
#[test]
fn a_run_that_was_cut_short_has_a_page() {
    let mut run = fixture::run();
    for variant in &mut run.variants {
        variant.requests.retain(|request| request.group == "slow");
    }
    assert!(run.variants.iter().any(|one| !one.requests.is_empty()));
    page(&run);
    for variant in &mut run.variants {
        variant.requests.clear();
    }
    page(&run);
}
