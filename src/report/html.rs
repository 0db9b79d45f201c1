//! The report as one HTML file: no network, no scripts, charts inlined. The verdict comes first, the numbers after the words.

use std::fs;
use std::path::PathBuf;

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, HtmlEscape, Value};
use serde::Serialize;

use super::brief::sentence;
use super::chart::ChartFile;
use super::data::RunData;
use super::human;
use super::rows::{GroupRow, NOT_MEASURED, facts, verdict, verdict_name, verdict_word};
use super::words::Words;
use crate::record::summary::{Summary, Verdict};

const TEMPLATE: &str = include_str!("report.html.jinja");

/// Why a report could not be written.
#[derive(Debug, thiserror::Error)]
pub enum HtmlError {
    /// A chart's SVG could not be read back.
    #[error("the chart `{}` could not be read: {error}\nhint: draw the charts again with `slowlab report`", path.display())]
    Chart {
        /// The SVG.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// The template failed.
    #[error(
        "the report's template failed: {0:#}\nhint: please report this as a bug; summary.json is complete without it"
    )]
    Template(#[from] minijinja::Error),
}

#[derive(Serialize)]
struct Page {
    scenario: String,
    headline: Option<String>,
    question: String,
    engine: String,
    engine_words: &'static str,
    partial: bool,
    verdict: String,
    all_held: bool,
    expectations: Vec<Expectation>,
    /// The picture of the variant that the sentence is about, and of one that cures it.
    heroes: Vec<Figure>,
    findings: Vec<FindingRow>,
    accounts: Vec<AccountRow>,
    warnings: Vec<String>,
    groups: Vec<GroupRow>,
    variants: Vec<VariantSection>,
    group_figures: Vec<Figure>,
    conditions: Vec<(String, String)>,
    scenario_toml: String,
}

#[derive(Serialize)]
struct Expectation {
    claim: String,
    that: String,
    measured: String,
    word: String,
    class: &'static str,
}

#[derive(Serialize)]
struct FindingRow {
    variant: String,
    at: String,
    text: String,
}

#[derive(Serialize)]
struct AccountRow {
    variant: String,
    text: String,
}

#[derive(Serialize)]
struct VariantSection {
    name: String,
    facts: Vec<(String, String)>,
    held: Vec<(String, String)>,
    figures: Vec<Figure>,
}

#[derive(Serialize)]
struct Figure {
    title: String,
    caption: String,
    svg: Value,
    #[serde(skip)]
    name: String,
}

/// The whole file.
///
/// # Errors
/// When a chart cannot be read back from disk.
pub fn render(
    run: &RunData,
    summary: &Summary,
    charts: &[ChartFile],
    words: &Words,
) -> Result<String, HtmlError> {
    let mut figures = charts.iter().map(figure).collect::<Result<Vec<_>, _>>()?;
    let heroes = heroes(summary)
        .iter()
        .filter_map(|variant| take_picture_of_workers(&mut figures, variant))
        .collect();
    let variants = summary
        .variants
        .iter()
        .map(|variant| VariantSection {
            name: variant.name.clone(),
            facts: facts(variant, words),
            held: variant
                .workers
                .held_s_by_group
                .iter()
                .map(|(group, secs)| (group.clone(), human::seconds(*secs)))
                .collect(),
            figures: take_figures(&mut figures, &variant.name),
        })
        .collect();
    let page = Page {
        scenario: summary.scenario.clone(),
        headline: (summary.headline.as_ref()).map(|one| sentence(&one.text)),
        question: run.manifest.question.clone(),
        engine: summary.engine.clone(),
        engine_words: engine_words(&summary.engine),
        partial: summary.partial,
        verdict: verdict(summary, words),
        all_held: (summary.expectations.iter())
            .all(|one| matches!(one.verdict, Verdict::Held | Verdict::LeftOut)),
        expectations: expectations(summary, words),
        heroes,
        findings: summary
            .findings
            .iter()
            .map(|finding| FindingRow {
                variant: finding.variant.clone(),
                at: human::seconds(finding.at_s),
                text: finding.text.clone(),
            })
            .collect(),
        accounts: (summary.accounts.iter())
            .map(|account| AccountRow {
                variant: account.variant.clone(),
                text: account.text.clone(),
            })
            .collect(),
        warnings: summary.warnings.clone(),
        groups: summary
            .variants
            .iter()
            .flat_map(|variant| {
                variant
                    .groups
                    .iter()
                    .map(|group| GroupRow::new(&variant.name, group, words))
            })
            .collect(),
        variants,
        group_figures: figures,
        conditions: conditions(run),
        scenario_toml: run.scenario_toml.clone(),
    };
    let mut environment = Environment::new();
    environment.add_filter("code", code);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    Ok(environment.render_str(TEMPLATE, Serde(page))?)
}

fn figure(chart: &ChartFile) -> Result<Figure, HtmlError> {
    let svg = fs::read_to_string(&chart.svg_path).map_err(|error| HtmlError::Chart {
        path: chart.svg_path.clone(),
        error,
    })?;
    Ok(Figure {
        title: chart.title.clone(),
        caption: chart.caption.clone(),
        svg: Value::from_safe_string(svg),
        name: chart.name.clone(),
    })
}

/// The variants whose pictures show what the sentence says.
fn heroes(summary: &Summary) -> Vec<&str> {
    let Some(headline) = &summary.headline else {
        let first = summary.variants.first();
        return first.map(|variant| &*variant.name).into_iter().collect();
    };
    let cures = headline.fields.get("cure_variants");
    let cure = cures.and_then(|cures| cures.get(0)?.as_str());
    std::iter::once(&*headline.variant).chain(cure).collect()
}

fn take_picture_of_workers(figures: &mut Vec<Figure>, variant: &str) -> Option<Figure> {
    let name = super::chart::file_name("worker_occupancy", variant);
    let place = figures.iter().position(|figure| figure.name == name)?;
    Some(figures.remove(place))
}

/// The figures that belong to a variant: those whose name ends in it, the percentiles of groups excepted.
fn take_figures(figures: &mut Vec<Figure>, variant: &str) -> Vec<Figure> {
    let ours = |figure: &Figure| {
        super::chart::OF_VARIANTS
            .iter()
            .any(|kind| figure.name == super::chart::file_name(kind, variant))
    };
    let (taken, left) = std::mem::take(figures).into_iter().partition(ours);
    *figures = left;
    taken
}

fn engine_words(engine: &str) -> &'static str {
    match engine {
        "lab" => "measured: our proxy, server and clients on real sockets of one machine",
        "sim" => "simulated: virtual time and a model of the kernel's buffers",
        "reference" => "measured: the real nginx and gunicorn of this machine",
        _ => "an engine that this report does not know",
    }
}

fn expectations(summary: &Summary, words: &Words) -> Vec<Expectation> {
    summary
        .expectations
        .iter()
        .map(|one| Expectation {
            claim: one.claim.clone(),
            that: one.that.clone(),
            measured: one.measured.clone(),
            word: verdict_word(one.verdict, words),
            class: verdict_name(one.verdict),
        })
        .collect()
}

fn conditions(run: &RunData) -> Vec<(String, String)> {
    let manifest = &run.manifest;
    let or_not = |value: &Option<String>| value.clone().unwrap_or(NOT_MEASURED.to_owned());
    let mut rows = vec![
        ("slowlab".to_owned(), manifest.version.clone()),
        ("commit".to_owned(), or_not(&manifest.commit)),
        ("engine".to_owned(), manifest.engine.clone()),
        ("seed".to_owned(), manifest.seed.to_string()),
        ("scenario hash".to_owned(), manifest.scenario_hash.clone()),
        ("started (UTC)".to_owned(), manifest.started_utc.clone()),
        ("kernel".to_owned(), or_not(&manifest.kernel)),
        ("CPU".to_owned(), or_not(&manifest.cpu)),
    ];
    if let Some((soft, hard)) = manifest.nofile {
        rows.push((
            "open files, soft and hard limit".to_owned(),
            format!("{soft}, {hard}"),
        ));
    }
    if let Some((median, worst)) = manifest.tick_error_us {
        let words = format!(
            "{} median, {} worst",
            human::micros(median),
            human::micros(worst)
        );
        rows.push(("lateness of a timer tick".to_owned(), words));
    }
    for (name, value) in manifest.sysctls.iter().chain(&manifest.engine_facts) {
        rows.push((name.clone(), value.clone()));
    }
    if let Some(plan) = run.variants.first().map(|variant| &variant.plan) {
        let words = format!(
            "{}, of which {} warm-up; drain up to {}",
            plan.duration, plan.warmup, plan.drain
        );
        rows.push(("duration of a variant".to_owned(), words));
    }
    rows
}

/// Text as HTML in which what stands between backticks is code.
fn code(text: &str) -> Value {
    let pieces = text.split('`').enumerate().map(|(index, piece)| {
        let piece = HtmlEscape(piece).to_string();
        if index % 2 == 1 {
            format!("<code>{piece}</code>")
        } else {
            piece
        }
    });
    Value::from_safe_string(pieces.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::{draw_all, fixture};
    use crate::report::words::Language;

    fn page(run: &RunData) -> String {
        let folder = tempfile::tempdir().unwrap();
        let summary = fixture::summary(run);
        let charts = draw_all(run, &summary, folder.path(), Words::of(Language::English)).unwrap();
        render(run, &summary, &charts, Words::of(Language::English)).unwrap()
    }

    #[test]
    fn the_page_says_it_all_in_one_file() {
        let page = page(&fixture::run());
        if let Ok(keep) = std::env::var("SLOWLAB_KEEP_CHARTS") {
            fs::create_dir_all(&keep).unwrap();
            fs::write(std::path::Path::new(&keep).join("report.html"), &page).unwrap();
        }
        for part in [
            "1 of 3 expectations failed",
            "UNDECIDED",
            "164 × 504",
            "6.12.0",
            "<th scope",
        ] {
            assert!(page.contains(part), "no `{part}`");
        }
        assert_eq!(
            page.matches("<svg").count(),
            page.matches("<figure").count()
        );
        for foreign in ["src=", "href=", "url(", "@import", "<script"] {
            assert!(
                !page.contains(foreign),
                "`{foreign}` would reach out or run"
            );
        }
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
    fn a_missing_chart_is_named() {
        let run = fixture::run();
        let chart = ChartFile {
            name: "gone".into(),
            title: "gone".into(),
            svg_path: "/nonexistent/gone.svg".into(),
            png_path: "/nonexistent/gone.png".into(),
            caption: String::new(),
        };
        let words = Words::of(Language::English);
        let error = render(&run, &fixture::summary(&run), &[chart], words)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("/nonexistent/gone.svg") && error.contains("hint:"),
            "{error}"
        );
    }
}
