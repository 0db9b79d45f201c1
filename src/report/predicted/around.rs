//! What happens around the clients: acts, probes, workers that never serve, and pipelines, which have none.

use fluent_bundle::FluentValue;

use super::{NONE, Said, truth};
use crate::machine::act::{Act, HowRotated, Target};
use crate::machine::backend_config::BootFault;
use crate::machine::probe::{ProbeConfig, ProbeKind};
use crate::plan::Around;
use crate::report::words::Words;

pub(super) fn told(claim: &Around, words: &Words) -> Vec<Said> {
    match claim {
        Around::Act(done) => vec![Said::head(act(done, words))],
        Around::Probe(config) => probe(config, words),
        Around::NeverBoots(fault) => vec![Said::head(never_boots(*fault, words))],
        Around::NoBrake => vec![Said::head(words.say("predicted-no-brake", []))],
        Around::Brake { stages, rate } => {
            let first = [
                ("stages", stages.join(", ").into()),
                ("rate", rate.to_string().into()),
            ];
            let then = words.say("predicted-brake-waits", [("stages", stages.len().into())]);
            vec![
                Said::head(words.say("predicted-brake", first)),
                Said::detail(then),
            ]
        }
    }
}

fn act(act: &Act, words: &Words) -> String {
    let target = |to: Target| -> FluentValue<'static> {
        let (name, age) = match to {
            Target::Worker(age) => ("worker", age),
            Target::EveryWorker => ("every-worker", 0),
            Target::Backend => ("backend", 0),
            Target::NewBackend => ("new-backend", 0),
            Target::Proxy => ("proxy", 0),
            Target::Edge => ("edge", 0),
        };
        let named = [("target", name.into()), ("age", age.into())];
        words.say("predicted-target", named).into()
    };
    let mut said: Vec<(&str, FluentValue<'_>)> = vec![
        ("at", act.at.to_string().into()),
        (
            "knobs",
            match &act.knobs[..] {
                [] => NONE.into(),
                knobs => knobs.join(", ").into(),
            },
        ),
    ];
    let kind = if let Some(signal) = act.signal {
        said.extend([
            ("target", target(signal.to)),
            ("signal", signal.name.name().into()),
        ]);
        "signal"
    } else if let Some(fault) = act.fault {
        said.extend([
            ("target", target(fault.to)),
            ("fault", fault.kind.name().into()),
        ]);
        "fault"
    } else if let Some(rotation) = act.rotate {
        let how = match rotation.how {
            HowRotated::Rename => "rename",
            HowRotated::Copytruncate => "copytruncate",
        };
        said.extend([
            ("log", rotation.log.name().into()),
            ("how", how.into()),
            ("is_told", truth(rotation.tell)),
        ]);
        "rotation"
    } else {
        "change"
    };
    words.say(&format!("predicted-{kind}"), said)
}

fn probe(probe: &ProbeConfig, words: &Words) -> Vec<Said> {
    let kind = match probe.kind {
        ProbeKind::Http => "http",
        ProbeKind::Tcp => "tcp",
    };
    let asked = [
        ("probe", probe.name.as_str().into()),
        ("kind", kind.into()),
        ("path", probe.path.as_str().into()),
        ("tier", probe.to.name().into()),
        ("every", probe.every.to_string().into()),
        ("timeout", probe.timeout.to_string().into()),
    ];
    let mut said = vec![Said::head(words.say("predicted-probe", asked))];
    if let Some(limit) = probe.kill_after {
        let follows = [
            ("failures", limit.into()),
            ("grace", probe.grace.to_string().into()),
        ];
        said.push(Said::detail(words.say("predicted-restarts", follows)));
    }
    said
}

fn never_boots(fault: BootFault, words: &Words) -> String {
    let fault = match fault {
        BootFault::Import => "import",
        BootFault::Missing => "missing",
        BootFault::Crash => "crash",
    };
    words.say("predicted-never-boots", [("fault", fault.into())])
}
