//! Acts in a reader's language. `Act`'s own words are those of `events.csv`: English, and the name by which an event finds its act again.

use fluent_bundle::FluentValue;

use super::words::Words;
use crate::machine::act::{Act, HowRotated, Target};
use crate::plan::Plan;

/// What an event says was done; one that the plan does not know keeps its words.
pub(super) fn done(act: &str, plan: &Plan, words: &Words) -> String {
    let planned = plan.acts.iter().find(|planned| planned.to_string() == act);
    planned.map_or_else(|| act.to_owned(), |planned| said(planned, words))
}

/// One, without its instant.
pub(super) fn said(act: &Act, words: &Words) -> String {
    let knobs = match &act.knobs[..] {
        [] => "none".into(),
        knobs => knobs.join(", ").into(),
    };
    let mut said: Vec<(&str, FluentValue<'_>)> = vec![("knobs", knobs)];
    let kind = if let Some(signal) = act.signal {
        said.extend([
            ("target", target(signal.to, words)),
            ("signal", signal.name.name().into()),
        ]);
        "signal"
    } else if let Some(fault) = act.fault {
        said.extend([
            ("target", target(fault.to, words)),
            ("fault", fault.kind.name().into()),
        ]);
        "fault"
    } else if let Some(rotation) = act.rotate {
        let how = match rotation.how {
            HowRotated::Rename => "rename",
            HowRotated::Copytruncate => "copytruncate",
        };
        let told = if rotation.tell { "yes" } else { "no" };
        said.extend([
            ("log", rotation.log.name().into()),
            ("how", how.into()),
            ("is_told", told.into()),
        ]);
        "rotation"
    } else {
        "change"
    };
    words.say(&format!("act-{kind}"), said)
}

fn target(to: Target, words: &Words) -> FluentValue<'static> {
    let (name, age) = match to {
        Target::Worker(age) => ("worker", age),
        Target::EveryWorker => ("every-worker", 0),
        Target::Backend => ("backend", 0),
        Target::NewBackend => ("new-backend", 0),
        Target::Proxy => ("proxy", 0),
        Target::Edge => ("edge", 0),
    };
    let named = [("target", name.into()), ("age", age.into())];
    words.say("act-target", named).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{self, Choices};
    use crate::report::words::Language;
    use crate::scenario::{self, load_text};

    #[test]
    fn every_act_of_every_scenario_is_told_in_both_languages() {
        let mut acts = 0;
        for (name, text) in scenario::embedded() {
            let scenario = load_text(name, name, text, &[]).unwrap();
            let run = plan::build(&scenario, &Choices::default()).unwrap();
            for plan in run.variants.iter().map(|variant| &variant.plan) {
                for act in &plan.acts {
                    let kept = act.to_string();
                    let english = done(&kept, plan, Words::of(Language::English));
                    assert_eq!(english, kept, "as in events.csv");
                    let korean = done(&kept, plan, Words::of(Language::Korean));
                    assert!(!korean.is_ascii(), "{korean}");
                    acts += 1;
                }
            }
        }
        assert!(acts > 20, "{acts}");
    }
}
