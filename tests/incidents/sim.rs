//! A variant in virtual time, without rows.

use slowlab::metrics::{Metric, Unit};
use slowlab::record::summary::VariantSummary;
use slowlab::report::summarize::summarize_variant;
use slowlab::{plan, scenario};

use crate::simulate::simulate;

/// The summary of one variant of a built-in scenario, with these `--set`s.
pub(crate) fn play(name: &str, variant: &str, set: &[String]) -> VariantSummary {
    let scenario = scenario::load_embedded(name, set)
        .unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false)));
    let run = plan::build(&scenario, &plan::Choices::default()).unwrap();
    let chosen = run.variants.iter().find(|one| one.plan.variant == variant);
    let plan = &chosen
        .unwrap_or_else(|| panic!("{name} has no {variant}"))
        .plan;
    summarize_variant(&simulate(plan))
}

/// A metric's value for people: counts whole, times with their unit, bytes to the last.
pub(crate) fn shown(path: &str, summary: &VariantSummary) -> String {
    let metric = Metric::parse(path).unwrap_or_else(|unknown| panic!("{path}: {unknown:?}"));
    match metric.value(summary) {
        Err(_) => "–".to_owned(),
        Ok(value) => match metric.unit() {
            Unit::Plain => grouped(value),
            Unit::Share => format!("{:.1} %", value * 100.0),
            Unit::Micros => time(value / 1e6),
            Unit::Seconds => time(value),
            Unit::Bytes => format!("{} B", grouped(value)),
        },
    }
}

fn time(secs: f64) -> String {
    match secs {
        secs if secs < 1.0 => format!("{:.0} ms", secs * 1e3),
        secs if secs < 10.0 => format!("{secs:.2} s"),
        secs => format!("{secs:.1} s"),
    }
}

fn grouped(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[test]
fn numbers_are_written_for_people() {
    assert_eq!(grouped(1_073_741_824.0), "1,073,741,824");
    assert_eq!(grouped(35.0), "35");
    assert_eq!(time(0.0305), "30 ms");
    assert_eq!(time(180.96), "181.0 s");
}
