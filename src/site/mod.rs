//! What takes a site down, and which setting saves it: answers about a user's own configuration, from the simulator.
//!
//! [`crate::understand`] says what the configuration is. Here it becomes a stack (`stack`), meets a battery of threats (`threat`, `crowd`, `outage`), each with a control
//! that shall do no harm, and the number of clients is found by bisection at which the first, half and nearly all visitors fail
//! (`search`, over runs of `play`). Then one change of configuration at a time is tried (`cures`). Limits: what the simulator's are, and
//! an application that is described by one page and its largest response.

mod answer;
mod battery;
mod confirming;
mod crowd;
mod cures;
mod diff;
mod edits;
mod log;
mod outage;
mod page;
mod pictures;
mod play;
mod read;
mod search;
mod stack;
mod text;
mod threat;

pub use answer::{Answer, BreakPoint, Change, Cure, Failure, Finding, Verdict};
pub use confirming::{Cost, agree, cost, scenario_at, share_at, share_of};
pub use diff::{Moved, moved};
pub use log::{AccessLog, LogError};
pub use page::{to_html, to_markdown};
pub use pictures::{Pictures, pictures};
pub use play::{Stop, mean};
pub use stack::{Given, Stack, StackError};
pub use text::{counted, render};

use crate::report::abreast::abreast;
use crate::understand::Understood;

/// What is asked beside the configuration.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// What the user says of the application and its clients.
    pub given: Given,
    /// Only threats of these names; empty means all.
    pub only: Vec<String>,
    /// Leave cures out.
    pub no_cures: bool,
}

/// Answers, or says what must be answered first: then there are no findings.
///
/// # Errors
/// Settings that no scenario can play; an interruption.
pub fn answer(
    understood: &Understood,
    question: &Question,
    stop: Stop<'_>,
) -> Result<Answer, StackError> {
    let mut answer = read::read(understood, &question.given);
    if !answer.questions.is_empty() {
        return Ok(answer);
    }
    let stack = Stack::new(understood, &question.given)?;
    read::of_stack(&stack, &mut answer);
    let chosen: Vec<&threat::Threat> = battery::ALL
        .iter()
        .filter(|threat| {
            question.only.is_empty() || question.only.iter().any(|one| one == threat.name)
        })
        .collect();
    let found = abreast(&chosen, |threat| search::search(&stack, threat, stop));
    for finding in found {
        answer.findings.push(finding?);
    }
    read::busiest(&stack, &mut answer);
    if !question.no_cures {
        let tried = cures::tried(&stack, &answer.findings);
        let found = abreast(&tried, |one| cures::play(&stack, one, stop));
        for cure in found {
            answer.cures.push(cure?);
        }
        answer.cures = cures::ranked(std::mem::take(&mut answer.cures), &answer.findings);
    }
    Ok(answer)
}

/// The names of the threats, for `--only` and `--fail-under`.
pub fn threats() -> Vec<&'static str> {
    battery::ALL.iter().map(|threat| threat.name).collect()
}

#[cfg(test)]
mod tests;
