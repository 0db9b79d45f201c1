//! What happens around the clients: acts, probes, workers that never serve, and pipelines, which have none.

use super::Said;
use crate::machine::backend_config::BootFault;
use crate::machine::probe::{ProbeConfig, ProbeKind};
use crate::plan::Around;
use crate::report::acts;
use crate::report::words::Words;

pub(super) fn told(claim: &Around, words: &Words) -> Vec<Said> {
    match claim {
        Around::Act(act) => {
            let done = [
                ("at", act.at.to_string().into()),
                ("act", acts::said(act, words).into()),
            ];
            vec![Said::head(words.say("predicted-act", done))]
        }
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
