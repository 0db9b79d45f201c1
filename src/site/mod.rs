//! What takes a site down, and which setting saves it: answers about a user's own configuration, from the simulator.
//!
//! [`crate::understand`] says what the configuration is. Here it becomes a stack ([`stack`]), meets a battery of threats ([`threat`]), each with a control
//! that shall do no harm, and the number of clients is found by bisection at which the first, half and nearly all visitors fail
//! ([`search`], over runs of [`play`]). Then one change of configuration at a time is tried ([`cures`]). Limits: what the simulator's are, and
//! an application that is described by one page and its largest response.

mod answer;
mod cures;
mod diff;
mod edits;
mod log;
mod page;
mod play;
mod read;
mod search;
mod stack;
mod text;
mod threat;

pub use answer::{Answer, BreakPoint, Change, Cure, Failure, Finding, Verdict};
pub use diff::{Moved, moved};
pub use log::{AccessLog, LogError};
pub use page::{to_html, to_markdown};
pub use play::Stop;
pub use stack::{Given, Stack, StackError};
pub use text::render;
pub use threat::VISITORS;

use crate::report::abreast::abreast;
use crate::time::Span;
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
    let chosen: Vec<&threat::Threat> = threat::ALL
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

/// What a confirmation takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cost {
    /// On a clock, both sides together, at most.
    pub time: Span,
    /// Bytes of temp files, at most.
    pub disk: u64,
}

fn named(threat: &str) -> &'static threat::Threat {
    let mut all = threat::ALL.iter();
    all.find(|one| one.name == threat)
        .unwrap_or(&threat::ALL[0])
}

/// What it takes to play so many of a threat on real sockets.
pub fn cost(stack: &Stack, threat: &str, sides: [u64; 2]) -> Cost {
    let mut cost = Cost {
        time: Span::ZERO,
        disk: 0,
    };
    for count in sides {
        let (duration, drain) = (named(threat).clients)(stack, count).times;
        cost.time = cost.time.saturating_add(duration).saturating_add(drain);
        if stack.buffering {
            cost.disk = cost.disk.max(stack.largest.0.saturating_mul(count));
        }
    }
    cost
}

/// The scenario of so many of a threat, for another engine.
pub fn scenario_at(stack: &Stack, threat: &str, count: u64) -> String {
    let clients = (named(threat).clients)(stack, count);
    stack.scenario(&clients.toml, clients.times)
}

/// The share of visitors that fails at so many, over five seeds.
///
/// # Errors
/// Settings that no scenario can play.
pub fn share_at(stack: &Stack, threat: &str, count: u64) -> Result<f64, StackError> {
    search::share(stack, named(threat), count)
}

/// The names of the threats, for `--only` and `--fail-under`.
pub fn threats() -> Vec<&'static str> {
    threat::ALL.iter().map(|threat| threat.name).collect()
}

#[cfg(test)]
mod tests;
