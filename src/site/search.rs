//! Break-points: the fewest of something at which the first visitor fails, half of them, nearly all; by bisection over runs, with one seed to find
//! the place and with five to be sure of it.

use std::collections::BTreeMap;

use super::answer::{BreakPoint, Control, Failure, Finding, Verdict};
use super::play::{Failed, Played, Stop, mean, play};
use super::stack::{Stack, StackError};
use super::threat::{Threat, Told};
use crate::bisection;
use crate::machine::backend_config::WorkerClass;
use crate::record::EndedBy;
use crate::time::Span;

/// Seeds with which both sides of a break-point are tried.
const SEEDS: u64 = 5;
/// With so many one run of gthread that is unlike the others moves a mean by five points at most.
const SEEDS_OF_A_MEAN: u64 = 20;
/// Of a hundred visitors.
const MOST: f64 = 0.95;
pub(super) const HALF: f64 = 0.5;
/// So far the place may move when more seeds are asked.
const STEPS: u32 = 6;
/// A control that fails more than this says that nothing can be said.
const HARMLESS: f64 = 0.05;

/// One threat against one stack, with what was seen so far.
pub(super) struct Trial<'a> {
    pub(super) stack: &'a Stack,
    pub(super) threat: &'a Threat,
    pub(super) stop: Stop<'a>,
    seen: BTreeMap<(u64, u64), Played>,
}

impl<'a> Trial<'a> {
    pub(super) fn new(stack: &'a Stack, threat: &'a Threat, stop: Stop<'a>) -> Trial<'a> {
        Trial {
            stack,
            threat,
            stop,
            seen: BTreeMap::new(),
        }
    }

    /// What came of so many with a seed.
    pub(super) fn at(&mut self, count: u64, seed: u64) -> Result<&Played, StackError> {
        if !self.seen.contains_key(&(count, seed)) {
            let clients = (self.threat.clients)(self.stack, count);
            let played = play(self.stack, &clients, seed, self.stop)?;
            self.seen.insert((count, seed), played);
        }
        Ok(&self.seen[&(count, seed)])
    }

    /// Whether at least this share fails; a share of nothing is one visitor.
    fn reaches(&mut self, count: u64, seed: u64, share: f64) -> Result<bool, StackError> {
        let played = self.at(count, seed)?;
        Ok(played.failed > 0 && played.share() >= share)
    }

    /// With how many of the seeds.
    fn agreeing(&mut self, count: u64, share: f64) -> Result<u32, StackError> {
        let mut agree = 0;
        for seed in 1..=SEEDS {
            agree += u32::from(self.reaches(count, seed, share)?);
        }
        Ok(agree)
    }

    /// The bracket of a share with one seed: the last that does not reach it, and the first that does.
    pub(super) fn bracket(&mut self, share: f64) -> Result<Option<(u64, u64)>, StackError> {
        let (mut guesses, most) = (self.threat.guesses)(self.stack);
        guesses.extend([1, most]);
        guesses.retain(|guess| (1..=most).contains(guess));
        guesses.sort_unstable();
        guesses.dedup();
        let known = guesses;
        let last = *known.last().unwrap_or(&1);
        if !self.reaches(last, 1, share)? {
            return Ok(None);
        }
        // Places from one on; zero is before all of them.
        let place = |at: u64| known[(at - 1) as usize];
        let (before, first) =
            bisection::turn((0, known.len() as u64), bisection::neighbours, &mut |at| {
                self.reaches(place(at), 1, share)
            })?;
        let not = if before == 0 { 0 } else { place(before) };
        let fine = self.threat.fine;
        let apart = |reached| reached / fine;
        let turned = bisection::turn((not, place(first)), apart, &mut |count| {
            self.reaches(count, 1, share)
        })?;
        Ok(Some(turned))
    }

    /// The same with all seeds: where most of them agree.
    fn sure(&mut self, share: f64) -> Result<Option<BreakPoint>, StackError> {
        let Some((mut not, mut reached)) = self.bracket(share)? else {
            return Ok(None);
        };
        let step = (reached / self.threat.fine).max(1);
        let most_of = SEEDS.div_ceil(2) as u32;
        let mut agree = self.agreeing(reached, share)?;
        let (_, most) = (self.threat.guesses)(self.stack);
        for _ in 0..STEPS {
            if agree >= most_of || reached >= most {
                break;
            }
            not = reached;
            reached = (reached + step).min(most);
            agree = self.agreeing(reached, share)?;
        }
        for _ in 0..STEPS {
            if not == 0 || self.agreeing(not, share)? < most_of {
                break;
            }
            agree = self.agreeing(not, share)?;
            reached = not;
            not = not.saturating_sub(step);
        }
        Ok(Some(BreakPoint {
            at: reached,
            not_at: not,
            seeds: SEEDS as u32,
            agree,
        }))
    }
}

/// Searches one threat.
///
/// # Errors
/// A plan that cannot be made; an interruption.
pub(super) fn search(
    stack: &Stack,
    threat: &Threat,
    stop: Stop<'_>,
) -> Result<Finding, StackError> {
    let mut trial = Trial::new(stack, threat, stop);
    let (_, most) = (threat.guesses)(stack);
    let mut finding = Finding {
        threat: threat.name.to_owned(),
        unit: stack.tell(&format!("site-unit-{}", threat.name), &[]),
        what: threat.what(stack),
        verdict: Verdict::Holds,
        first: None,
        half: None,
        most: None,
        addresses: None,
        tried_up_to: most,
        failure: None,
        control: None,
    };
    if let Err(why) = (threat.applies)(stack) {
        finding.verdict = Verdict::LeftOut;
        finding.what = why;
        return Ok(finding);
    }
    // Without any of it nobody may fail.
    if trial.at(0, 1)?.share() > HARMLESS {
        finding.verdict = Verdict::Inconclusive;
        return Ok(finding);
    }
    finding.first = trial.sure(0.0)?;
    if finding.first.is_none() {
        return Ok(finding);
    }
    finding.verdict = Verdict::Breaks;
    finding.addresses = addresses(stack, threat, finding.first_at());
    finding.half = trial.sure(HALF)?;
    finding.most = trial.sure(MOST)?;
    let told = finding
        .half
        .or(finding.first)
        .map_or(most, |point| point.at);
    let played = trial.at(told, 1)?.clone();
    finding.failure = failure((stack, threat), &played, told);
    if let Some((what, clients)) = threat.control {
        let count = finding.first_at().unwrap_or(1);
        let clients = clients(stack, count);
        let control = play(stack, &clients, 1, stop)?;
        finding.control = Some(Control {
            what: stack.tell(what, &[]),
            count,
            share: control.share(),
        });
    }
    Ok(finding)
}

/// From how many addresses so many come at least, where that is limited.
pub(super) fn addresses(stack: &Stack, threat: &Threat, count: Option<u64>) -> Option<u64> {
    let is_limited = stack.limit_conn > 0 && threat.is_limited_by_address();
    count
        .filter(|_| is_limited)
        .map(|count| stack.addresses(count))
}

/// The mean share of visitors that fails at so many, over more seeds than a break-point has: five runs of gthread are no mean.
///
/// # Errors
/// A plan that cannot be made.
pub(super) fn share(stack: &Stack, threat: &Threat, count: u64) -> Result<f64, StackError> {
    let mut trial = Trial::new(stack, threat, &|| false);
    let shares: Result<Vec<f64>, StackError> = (1..=SEEDS_OF_A_MEAN)
        .map(|seed| Ok(trial.at(count, seed)?.share()))
        .collect();
    Ok(mean(&shares?))
}

/// The first of the seeds with which at least this share fails at so many: for who wants to see it happen. They need not agree.
///
/// # Errors
/// A plan that cannot be made; an interruption.
pub(super) fn seed_of(
    (stack, threat): (&Stack, &Threat),
    (count, share): (u64, f64),
    stop: Stop<'_>,
) -> Result<u64, StackError> {
    let mut trial = Trial::new(stack, threat, stop);
    for seed in 1..=SEEDS {
        if trial.reaches(count, seed, share)? {
            return Ok(seed);
        }
    }
    Ok(1)
}

/// How most of the visitors fail, and where the limit is.
pub(super) fn failure(
    (stack, threat): (&Stack, &Threat),
    played: &Played,
    at: u64,
) -> Option<Failure> {
    let worst = played.worst()?;
    let (status, by, _) = worst.kind;
    // Who got a page, too late, did get a connection.
    let is_whole = by == EndedBy::Completion && status == Some(200);
    let refused = !matches!(by, EndedBy::ProxyReadTimeout | EndedBy::ClientTimeout) && !is_whole;
    let is_out = refused && played.out_of_connections + played.out_of_descriptors > 0;
    let (by, seen) = match is_out {
        true if played.out_of_connections > 0 => out_of_connections(stack),
        true => out_of_descriptors(stack),
        false if nobody_was_left(stack, worst) => no_live_upstreams(stack),
        false => ended(stack, threat, (by, status)),
    };
    let known = threat.known.filter(|_| !is_out);
    let Told { log, limit } = known.map_or(seen, |known| known(stack));
    Some(Failure {
        at,
        share: played.share(),
        status,
        by,
        after_s: worst.took.as_secs_f64() / worst.count.max(1) as f64,
        log,
        limit,
    })
}

fn out_of_connections(stack: &Stack) -> (String, Told) {
    let log = format!("{} worker_connections are not enough", stack.connections);
    let limit = connections(stack);
    let by = stack.tell("site-by-no-connection", &[]);
    (by, Told { log, limit })
}

fn out_of_descriptors(stack: &Stack) -> (String, Told) {
    let log = "(24: Too many open files)".to_owned();
    let limit = descriptors(stack);
    let by = stack.tell("site-by-no-descriptor", &[]);
    (by, Told { log, limit })
}

/// Whether nginx had waited for one backend in vain before it refused: then each of several has failed somebody, and rests (`max_fails`).
fn nobody_was_left(stack: &Stack, failed: &Failed) -> bool {
    let each = Span::from_ns(failed.took.as_ns() / failed.count.max(1));
    stack.instances > 1 && failed.kind.0 == Some(502) && each >= stack.read_timeout
}

fn no_live_upstreams(stack: &Stack) -> (String, Told) {
    let timeout = [("timeout", stack.read_timeout.to_string())];
    let by = stack.tell("site-by-read-timeout", &timeout);
    let log = "no live upstreams while connecting to upstream".to_owned();
    let limit = workers(stack);
    (by, Told { log, limit })
}

/// What ended a request, and what follows from that.
fn ended(stack: &Stack, threat: &Threat, (by, status): (EndedBy, Option<u16>)) -> (String, Told) {
    let say = |message: &str| stack.tell(message, &[]);
    let queue = || stack.count("site-limit-queue", stack.backlog);
    let (by, log, limit) = match (by, status) {
        (EndedBy::ProxyReadTimeout, _) => (
            stack.tell(
                "site-by-read-timeout",
                &[("timeout", stack.read_timeout.to_string())],
            ),
            "upstream timed out (110: Connection timed out) while reading response header from upstream"
                .to_owned(),
            workers(stack),
        ),
        (EndedBy::ProxyConnectTimeout, _) => (
            "proxy_connect_timeout".to_owned(),
            "upstream timed out (110: Connection timed out) while connecting to upstream".to_owned(),
            queue(),
        ),
        (_, Some(502)) => ("nginx".to_owned(), refused(stack).to_owned(), queue()),
        (_, Some(503)) => (
            "limit_conn".to_owned(),
            "limiting connections by zone".to_owned(),
            "limit_conn".to_owned(),
        ),
        (EndedBy::ClientTimeout, _) => (
            say("site-by-patience"),
            say("site-log-nothing-499"),
            workers(stack),
        ),
        (EndedBy::Completion, Some(200)) => {
            let log = match stack.class {
                WorkerClass::Sync if threat.is_a_crowd() => "site-log-worker-timeout",
                _ => "site-log-large-time",
            };
            (say("site-by-too-late"), say(log), workers(stack))
        }
        (by, _) => (
            by.timer()
                .map_or_else(|| say("site-by-closed"), str::to_owned),
            say("site-log-nothing"),
            connections(stack),
        ),
    };
    (by, Told { log, limit })
}

/// What nginx logs where an accept queue is full.
fn refused(stack: &Stack) -> &'static str {
    match stack.unix {
        true => {
            "connect() to unix:… failed (11: Resource temporarily unavailable) while connecting to upstream"
        }
        false => {
            "upstream prematurely closed connection while reading response header from upstream"
        }
    }
}

/// What is told of nginx's limit, by which cures know it again.
pub(super) fn connections(stack: &Stack) -> String {
    stack.count("site-limit-connections", stack.connections)
}

/// The same of a process's descriptors.
pub(super) fn descriptors(stack: &Stack) -> String {
    let count = stack.descriptors.unwrap_or(0);
    stack.count("site-limit-descriptors", count)
}

fn workers(stack: &Stack) -> String {
    let slots = |slots: u64| [("slots", slots.to_string())];
    match (stack.slots(), stack.class) {
        (Some(all), WorkerClass::Gthread) => stack.tell("site-limit-hoarded", &slots(all)),
        (Some(all), _) => stack.tell("site-limit-slots", &slots(all)),
        (None, class) => stack.tell("site-limit-loops", &[("class", class.name().to_owned())]),
    }
}
