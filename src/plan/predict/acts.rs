//! What is done to the stack, who looks at it, and what an application that does not start means, in words.

use crate::machine::backend_config::BootFault;
use crate::machine::probe::{ProbeConfig, ProbeKind};
use crate::plan::Plan;

/// The widest line.
const WIDTH: usize = 78;

/// One line an act, or more where it sets much.
pub(super) fn timeline(plan: &Plan) -> Vec<String> {
    let mut lines = Vec::new();
    for act in &plan.acts {
        let mut line = format!("at {}: ", act.at);
        for word in act.to_string().split(' ') {
            if line.chars().count() + word.chars().count() > WIDTH {
                lines.push(line.trim_end().to_owned());
                line = "  ".to_owned();
            }
            line.push_str(word);
            line.push(' ');
        }
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// A probe's question, and what follows from failures.
pub(super) fn probes(plan: &Plan) -> Vec<String> {
    plan.probes.iter().flat_map(probe).collect()
}

fn probe(probe: &ProbeConfig) -> Vec<String> {
    let question = match probe.kind {
        ProbeKind::Http => format!("GET {} to the", probe.path),
        ProbeKind::Tcp => "connects to the".to_owned(),
    };
    let mut lines = vec![format!(
        "{}: {question} {} every {}, within {}",
        probe.name,
        probe.to.name(),
        probe.every,
        probe.timeout
    )];
    if let Some(limit) = probe.kill_after {
        lines.push(format!(
            "  {limit} failures in a row restart the backend: TERM, KILL after {}",
            probe.grace
        ));
    }
    lines
}

/// What comes of a configuration whose workers never serve.
pub(super) fn never_boots(plan: &Plan) -> Option<Vec<String>> {
    let text = match plan.backend.boot.fault? {
        BootFault::Import => [
            "no worker boots (exit code 3): the master halts within a second or two,",
            "  with exit code 3, or 1 where a second worker fails while it halts",
        ],
        BootFault::Missing => [
            "no worker loads the application (exit code 4): the master halts within",
            "  a second or two, with exit code 4, or 1 where a second one fails too",
        ],
        BootFault::Crash => [
            "every worker dies as it boots (exit code 7): the master forks the next",
            "  at once, some twenty a second for each; connections wait in the queue",
        ],
    };
    Some(text.map(str::to_owned).to_vec())
}
