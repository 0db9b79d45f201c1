//! A run's numbers with all that is said of them: expectations judged, findings, accounts, the sentence. The same for a run that was read from its
//! folder and for one that was never written.

use std::collections::BTreeMap;

use crate::expect;
use crate::plan::RunPlan;
use crate::record::summary::{Finding, Judgement, Summary};
use crate::report::abreast::abreast;
use crate::report::data::RunData;
use crate::report::headline::headline;
use crate::report::words::Words;
use crate::report::{accounts, findings, summarize};

/// Everything, in a language.
pub(crate) fn summary(data: &RunData, plan: &RunPlan, words: &Words) -> Summary {
    let mut summary = summarize::summarize(data);
    summary.expectations = expectations(data, &summary, plan, words);
    // Of a long run each takes as long as the other, and neither needs the other.
    let both: [&(dyn Fn() -> Vec<Finding> + Sync); 2] =
        [&|| findings::find(data, &summary, words), &|| {
            accounts::accounts(data, words)
        }];
    let mut told = abreast(&both, |told| told()).into_iter();
    (summary.findings, summary.accounts) = (
        told.next().unwrap_or_default(),
        told.next().unwrap_or_default(),
    );
    summary.headline = Some(headline(data, &summary, words));
    summary
}

/// The plan's conditions on these numbers.
pub(crate) fn expectations(
    data: &RunData,
    summary: &Summary,
    plan: &RunPlan,
    words: &Words,
) -> Vec<Judgement> {
    let manifest = &data.manifest;
    let unplayable = manifest.unplayable().into_iter();
    let told: BTreeMap<&str, String> = unplayable
        .filter_map(|(variant, fact)| Some((variant, words.engine_fact(manifest, fact)?)))
        .collect();
    let unplayable = told.iter().map(|(variant, why)| (*variant, why.as_str()));
    let unplayable = unplayable.collect();
    expect::judge(&plan.expectations, summary, &unplayable, &words.speech())
}
