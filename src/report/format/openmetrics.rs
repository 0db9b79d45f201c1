//! OpenMetrics 1.0: every number of the runs as a gauge, with what it is of as labels. One family per entry of the table of metrics.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::metrics::{Metric, Unit};
use crate::record::summary::Summary;

/// One family: what it is, and its samples.
struct Family {
    unit: &'static str,
    meaning: &'static str,
    samples: Vec<String>,
}

pub(super) fn render(summaries: &[Summary]) -> String {
    let mut families: BTreeMap<String, Family> = BTreeMap::new();
    for summary in summaries {
        for variant in &summary.variants {
            for (metric, value) in Metric::measured(variant) {
                let (unit, factor) = unit(metric.unit());
                let name = named(&metric.entry().plain_name(), unit);
                let run = [
                    ("scenario", summary.scenario.as_str()),
                    ("engine", &summary.engine),
                    ("variant", &variant.name),
                ];
                let seed = summary.seed.to_string();
                let labels = run.into_iter().chain([("seed", seed.as_str())]);
                let labels = labels.chain(metric.labels());
                let labels: Vec<String> = labels
                    .map(|(name, value)| format!("{name}=\"{}\"", escaped(value)))
                    .collect();
                let sample = format!("{name}{{{}}} {}", labels.join(","), value * factor);
                let family = families.entry(name).or_insert(Family {
                    unit,
                    meaning: metric.entry().meaning,
                    samples: Vec::new(),
                });
                family.samples.push(sample);
            }
        }
    }
    let mut text = String::new();
    for (name, family) in families {
        let _ = writeln!(text, "# TYPE {name} gauge"); // a String takes everything
        if !family.unit.is_empty() {
            let _ = writeln!(text, "# UNIT {name} {}", family.unit);
        }
        let _ = writeln!(text, "# HELP {name} {}", escaped(family.meaning));
        for sample in family.samples {
            let _ = writeln!(text, "{sample}");
        }
    }
    text.push_str("# EOF\n");
    text
}

/// OpenMetrics has base units only, and their names end the family's.
fn unit(unit: Unit) -> (&'static str, f64) {
    match unit {
        Unit::Plain => ("", 1.0),
        Unit::Share => ("ratio", 1.0),
        Unit::Micros => ("seconds", 1e-6),
        Unit::Seconds => ("seconds", 1.0),
        Unit::Bytes => ("bytes", 1.0),
    }
}

fn named(stem: &str, unit: &str) -> String {
    match unit {
        "" => format!("slowlab_{stem}"),
        unit if stem.ends_with(&format!("_{unit}")) => format!("slowlab_{stem}"),
        unit => format!("slowlab_{stem}_{unit}"),
    }
}

/// Text in a label or a help line: the three that the format cannot take, and control characters, which no reader shows.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '\\' => safe.push_str("\\\\"),
            '"' => safe.push_str("\\\""),
            '\n' => safe.push_str("\\n"),
            char if char.is_control() => safe.push('\u{fffd}'),
            char => safe.push(char),
        }
    }
    safe
}
