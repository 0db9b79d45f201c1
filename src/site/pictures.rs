//! The first break-point as pictures: the same clients on the same seed, before and after the best cure.

use super::answer::{Answer, Cure, Finding};
use super::battery::named;
use super::play::{Stop, keep};
use super::search;
use super::stack::{Stack, StackError};
use super::text::counted;
use crate::record::{Manifest, SCHEMA};
use crate::report::data::RunData;
use crate::report::words::Words;

/// Of a crowd larger than this a picture takes longer than anybody waits, and shows no more.
const MOST: u64 = 4_000;

/// What is played, and the two runs of it.
#[derive(Clone, Debug)]
pub struct Pictures {
    /// What it is that happens in both.
    pub told: String,
    /// Before and after.
    pub run: RunData,
}

/// Plays them; `None` where nothing breaks, where nothing helps, and of crowds too large to be drawn.
///
/// # Errors
/// A plan that cannot be made; an interruption.
pub fn pictures(
    stack: &Stack,
    answer: &Answer,
    words: &Words,
    stop: Stop<'_>,
) -> Result<Option<Pictures>, StackError> {
    let Some((finding, cure)) = first_cured(answer) else {
        return Ok(None);
    };
    // Half of the visitors, as a confirmation plays: of a single one nobody sees anything.
    let (point, share) = match finding.half {
        Some(half) => (Some(half), search::HALF),
        None => (finding.first, 0.0),
    };
    let Some(count) = point.map(|point| point.at).filter(|count| *count <= MOST) else {
        return Ok(None);
    };
    let threat = named(&finding.threat);
    let clients = (threat.clients)(stack, count);
    let seed = search::seed_of((stack, threat), (count, share), stop)?;
    let changed = stack.with(&cure.set)?;
    let mut variants = Vec::new();
    for (stack, name) in [
        (stack, words.say("site-picture-before", [])),
        (&changed, cure.settings(words)),
    ] {
        let mut plan = stack.plan(&clients.toml, clients.times, seed)?;
        plan.variant = name;
        variants.push(keep(&plan, stack.cpus, stop)?);
    }
    let counted = counted(&finding.threat, count, words);
    let facts = [("count", &counted[..]), ("what", &finding.what)];
    let told = words.tell("site-picture-told", &facts);
    let manifest = Manifest {
        schema: SCHEMA,
        scenario: "site".to_owned(),
        question: told.clone(),
        engine: "sim".to_owned(),
        variants: (variants.iter())
            .map(|one| one.plan.variant.clone())
            .collect(),
        ..Manifest::default()
    };
    let run = RunData {
        manifest,
        scenario_toml: String::new(),
        variants,
    };
    Ok(Some(Pictures { told, run }))
}

/// The first that breaks and has a cure, and the best of its cures.
fn first_cured(answer: &Answer) -> Option<(&Finding, &Cure)> {
    answer.findings.iter().find_map(|finding| {
        let cure = answer
            .cures
            .iter()
            .find(|cure| cure.threat == finding.threat)?;
        Some((finding, cure))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::data::VariantData;
    use crate::report::words::Language;
    use crate::site::{Given, Question, answer};
    use crate::understand::{Sources, understand};
    use crate::units::Bytes;

    /// Who is shut out before is served after, of the same clients.
    #[test]
    fn what_breaks_is_drawn_before_and_after_its_cure() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("site.conf");
        let nginx =
            "server { location / { proxy_pass http://unix:/run/g.sock; proxy_buffering off; } }";
        std::fs::write(&path, nginx).unwrap();
        let understood = understand(&Sources {
            nginx: Some(path),
            gunicorn: vec!["gunicorn -w 3 -t 120 -b unix:/run/g.sock a".to_owned()],
            ..Sources::default()
        })
        .unwrap();
        let mut question = Question {
            given: Given {
                largest: Some(Bytes(20 << 20)),
                set: vec!["proxy.worker_connections=64".to_owned()],
                ..Given::default()
            },
            only: vec!["slow-readers".to_owned()],
            no_cures: false,
        };
        let words = Words::of(Language::English);
        let stack = Stack::new(&understood, &question.given).unwrap();
        let played = |question: &Question| {
            let answer = answer(&understood, question, &|| false).unwrap();
            pictures(&stack, &answer, words, &|| false).unwrap()
        };
        let drawn = played(&question).unwrap();
        let shut_out = |variant: &VariantData| {
            let failed = |row: &&crate::record::RequestRecord| {
                row.group == "visitors" && row.status.is_none_or(|status| status >= 400)
            };
            variant.requests.iter().filter(failed).count()
        };
        let [before, after] = drawn.run.variants.as_slice() else {
            panic!("{} pictures", drawn.run.variants.len());
        };
        assert!(shut_out(before) >= 15, "{}", shut_out(before));
        assert_eq!(shut_out(after), 0);
        let groups = |name: &str| before.requests.iter().any(|row| row.group == name);
        assert!(groups("slow-readers") && groups("visitors"));
        assert_eq!(after.plan.variant, "proxy_buffering on");
        assert!(
            drawn.told.starts_with("3 slow readers: 20MiB"),
            "{}",
            drawn.told
        );
        question.no_cures = true;
        assert!(played(&question).is_none());
    }
}
