//! Requests that ended well and were harmed all the same: the sentence of the run says so, and the picture below it must not say "ok".

use super::axes::{Row, RowKey};
use crate::record::summary::Summary;
use crate::report::data::VariantData;
use crate::report::human;
use crate::report::words::Words;

/// What is told of a row of them in place of their count; `None` where the sentence is about another variant, group or kind of harm.
pub(super) fn told(
    summary: &Summary,
    variant: &VariantData,
    (key, row): (&RowKey, &Row),
    words: &Words,
) -> Option<String> {
    let headline = summary.headline.as_ref()?;
    let of = |name: &str| headline.fields.get(name);
    let is_meant = key.kind == "ok"
        && headline.variant == variant.plan.variant
        && of("group")?.as_str() == Some(&key.group);
    let (how, count) = match (&*headline.kind, of("how").and_then(|how| how.as_str())) {
        ("failed", Some("unseen")) => ("cut", "failed"),
        ("waited", _) => ("slow", "slow"),
        ("kept-back", _) => ("late", "kept"),
        _ => return None,
    };
    let count = of(count)?.as_u64().filter(|_| is_meant)?;
    let arguments = [
        ("count", human::count(count).into()),
        ("of", human::count(row.measured).into()),
        ("how", how.into()),
    ];
    Some(words.say("page-harmed", arguments))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::summary::Headline;
    use crate::report::chart::fixture;
    use crate::report::words::Language;

    #[test]
    fn a_row_of_whom_the_sentence_calls_harmed_is_not_ok() {
        let run = fixture::run();
        let mut summary = fixture::summary(&run);
        let said = |summary: &Summary, kind: &str, group: &str| {
            let key = RowKey {
                group: group.to_owned(),
                rank: 0,
                kind: kind.to_owned(),
                failed: false,
            };
            let row = Row {
                at_us: Vec::new(),
                measured: 49,
            };
            let words = Words::of(Language::English);
            told(summary, &run.variants[0], (&key, &row), words)
        };
        let mut about = |kind: &str, how: &str, count: &str| {
            let fields = serde_json::json!({ "group": "visitors", "how": how, count: 43 });
            summary.headline = Some(Headline {
                kind: kind.to_owned(),
                variant: run.variants[0].plan.variant.clone(),
                text: String::new(),
                fields: serde_json::from_value(fields).unwrap(),
            });
            summary.clone()
        };
        let slow = about("waited", "", "slow");
        assert_eq!(said(&slow, "ok", "visitors").unwrap(), "43 of 49 slow");
        assert_eq!(said(&slow, "ok", "slow"), None, "another group");
        assert_eq!(said(&slow, "504", "visitors"), None, "another end");
        let cut = about("failed", "unseen", "failed");
        assert_eq!(said(&cut, "ok", "visitors").unwrap(), "43 of 49 cut");
        let failed = about("failed", "504", "failed");
        assert_eq!(
            said(&failed, "ok", "visitors"),
            None,
            "those failed visibly"
        );
        let mut elsewhere = about("kept-back", "", "kept");
        assert_eq!(said(&elsewhere, "ok", "visitors").unwrap(), "43 of 49 late");
        if let Some(headline) = &mut elsewhere.headline {
            headline.variant = "another".to_owned();
        }
        assert_eq!(said(&elsewhere, "ok", "visitors"), None);
    }
}
