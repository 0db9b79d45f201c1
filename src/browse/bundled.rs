//! Runs on real sockets that come with the binary, of scenarios that virtual time does not play: the rows of each, packed, so that pictures and words are made
//! anew in the reader's language. `scripts/record` makes the files in `recorded`.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::sync::LazyLock;

use flate2::read::GzDecoder;

use super::simulate::{Ask, Simulated};
use crate::judged;
use crate::plan::{self, Choices};
use crate::report::data::RunData;
use crate::report::html::{self, HtmlError};
use crate::report::words::Words;
use crate::report::{summarize, symptoms};
use crate::scenario;

/// By the scenario's name: a `.tar.gz` of its folder's rows.
const RUNS: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/recorded.rs"));

/// The size of a header in an archive, and what everything in it is a multiple of.
const BLOCK: usize = 512;
/// Where a header has the name, and the size in octal digits.
const NAME: std::ops::Range<usize> = 0..100;
const SIZE: std::ops::Range<usize> = 124..136;
/// More than any of ours is when it is unpacked.
const LARGEST: u64 = 1 << 26;

/// Such a run.
pub(super) struct Bundled {
    data: RunData,
}

/// When each of them was recorded: the library says it of all of them, and each has to be unpacked for it.
static STARTED: LazyLock<BTreeMap<&str, String>> = LazyLock::new(|| {
    let runs = RUNS.iter();
    runs.filter_map(|(name, _)| Some((*name, of(name)?.data.manifest.started_utc)))
        .collect()
});

/// When that of a scenario was recorded, if there is one.
pub(super) fn started_utc(name: &str) -> Option<&'static str> {
    STARTED.get(name).map(String::as_str)
}

/// In place of what only real sockets play: the recorded run of the very same file, with nothing set.
pub(super) fn instead(ask: &Ask, words: &'static Words) -> Option<Simulated> {
    let same = |(name, text): &(&str, &str)| *name == ask.name && *text == ask.toml;
    let known = ask.set.is_empty() && scenario::embedded().iter().any(same);
    let run = known.then(|| of(&ask.name)).flatten()?;
    run.variant(&ask.variant, words)
}

/// The run of a scenario.
pub(super) fn of(name: &str) -> Option<Bundled> {
    let (_, packed) = RUNS.iter().find(|(known, _)| *known == name)?;
    let data = RunData::of_files(&unpacked(packed)?).ok()?;
    Some(Bundled { data })
}

impl Bundled {
    /// Of one of its variants: its numbers and what is said of them, as of a simulated one.
    fn variant(mut self, variant: &str, words: &'static Words) -> Option<Simulated> {
        self.data.variants.retain(|one| one.plan.variant == variant);
        self.data.manifest.variants.retain(|one| one == variant);
        self.judged(words)
    }

    /// Its report.
    ///
    /// # Errors
    /// When the template fails.
    pub(super) fn report(self, words: &'static Words) -> Result<Option<String>, HtmlError> {
        let Some(run) = self.judged(words) else {
            return Ok(None);
        };
        html::render(&run.data, &run.summary, &run.said, words).map(Some)
    }

    /// Judged by what its own file expects.
    fn judged(mut self, words: &'static Words) -> Option<Simulated> {
        let name = self.data.manifest.scenario.clone();
        let toml = &self.data.scenario_toml;
        let scenario = scenario::load_text(&name, &name, toml, &[]).ok()?;
        let choices = Choices {
            seed: None,
            variants: self.data.manifest.variants.clone(),
        };
        let plan = plan::build(&scenario, &choices).ok()?;
        let code = words.language().code();
        plan.question_in(code)
            .clone_into(&mut self.data.manifest.question);
        let mut summary = judged::summary(&self.data, &plan, words);
        summary.doubts = summarize::doubts(&self.data, words);
        summary.warnings = summarize::warnings(&self.data, &summary.doubts, words);
        for (place, one) in summary.expectations.iter_mut().enumerate() {
            one.claim = plan.claim_in(code, place, &one.claim).to_owned();
        }
        let said = symptoms::said(&self.data, &summary);
        Some(Simulated {
            plan,
            data: self.data,
            summary,
            said,
        })
    }
}

/// The files of an archive: plain files with short names, which is what `scripts/record` puts into it.
fn unpacked(packed: &[u8]) -> Option<BTreeMap<String, Vec<u8>>> {
    let mut archive = Vec::new();
    let mut reader = GzDecoder::new(packed).take(LARGEST);
    reader.read_to_end(&mut archive).ok()?;
    let mut files = BTreeMap::new();
    let mut rest = archive.as_slice();
    while let Some((header, after)) = rest.split_at_checked(BLOCK) {
        let name = field(header, NAME)?;
        if name.is_empty() {
            break;
        }
        let size = usize::from_str_radix(field(header, SIZE)?, 8).ok()?;
        files.insert(name.to_owned(), after.get(..size)?.to_vec());
        rest = after.get(size.next_multiple_of(BLOCK)..)?;
    }
    Some(files)
}

/// A field of a header, up to the zero that ends it.
fn field(header: &[u8], place: std::ops::Range<usize>) -> Option<&str> {
    let bytes = header.get(place)?.split(|byte| *byte == 0).next()?;
    std::str::from_utf8(bytes).ok().map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::BASELINE;
    use crate::record::summary::Verdict;
    use crate::report::words::Language;
    use crate::scenario::{embedded, load_embedded};

    /// Whoever changes such a scenario records it anew.
    #[test]
    fn each_scenario_that_is_not_simulated_has_a_run_of_the_file_as_it_is_and_it_held() {
        let words = Words::of(Language::Korean);
        for (name, _) in embedded() {
            let scenario = load_embedded(name, &[]).unwrap();
            let choices = Choices {
                seed: None,
                variants: Vec::new(),
            };
            let plan = plan::build(&scenario, &choices).unwrap();
            let baseline = plan
                .variants
                .iter()
                .find(|one| one.plan.variant == BASELINE);
            let refused = baseline.is_some_and(|one| one.plan.is_for_sockets_only().is_some());
            assert_eq!(refused, started_utc(name).is_some(), "{name}");
            if !refused {
                continue;
            }
            let run = of(name).unwrap();
            assert_eq!(
                run.data.scenario_toml, plan.source,
                "{name}: record it anew with scripts/record {name}"
            );
            let judged = run.judged(words).unwrap();
            let held = |one: &crate::record::summary::Judgement| one.verdict == Verdict::Held;
            assert!(judged.summary.expectations.iter().all(held), "{name}");
            assert_eq!(judged.data.manifest.engine, "lab");
        }
    }

    #[test]
    fn its_report_is_in_the_readers_language() {
        let words = Words::of(Language::Korean);
        let html = of("phone-in-a-tunnel").unwrap().report(words);
        let html = html.unwrap().unwrap();
        assert!(html.contains("lang=\"ko\"") && html.contains("class=\"pane"));
        let picture = of("pipeline-brake").unwrap().variant(BASELINE, words);
        let mut html = String::new();
        let series = picture
            .unwrap()
            .picture(None, words, &mut |drawn| html = drawn);
        assert!(series.unwrap().is_some() && html.contains("stage-lane"));
        assert!(unpacked(b"no archive").is_none() && of("healthy").is_none());
    }
}
