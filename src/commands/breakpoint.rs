//! `slowlab break`: the smallest value of a key at which a condition holds.
//!
//! Each value is tried with several seeds. First the *control*: at the low end the condition must hold with no seed, otherwise
//! nothing is broken by the key. Then the value doubles until the condition holds with every seed, and the gap is halved until
//! two neighbours are left. Between "with none" and "with all" there may be a band where the seeds disagree: it is
//! told, not hidden. It is taken for granted that more of the key never mends what less of it broke; a value above the
//! answer is tried at the end, and the answer is withdrawn if that is not so.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

use super::engine::{self, Ready};
use super::finish::talk;
use super::sweep::files;
use super::tried::Tried;
use super::vary::Range;
use super::{interrupt, load, measure, remains};
use crate::bisection::{neighbours, turn};
use crate::cli::{BreakArgs, Engine, KernelChoice, ProgramArgs};
use crate::error::{Exit, Refusal};
use crate::expect::{self, Mentions};
use crate::plan::{self, Choices, Expectation, RunPlan};
use crate::record::summary::{Judgement, Verdict};
use crate::report::words::Words;

/// With how many of the seeds the condition held at a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Seen {
    None,
    Some,
    All,
}

/// The end of a search.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Found {
    /// Up to the first with no seed, from the second on with all.
    Between(u64, u64),
    /// Even the low end breaks, at least with some seed.
    NoControl,
    /// Not even the high end breaks with all seeds; up to this value with none.
    NotReached(u64),
    /// Above the answer the condition failed again.
    NotMonotonic(u64),
}

/// Looks for the limit and says what was found.
///
/// # Errors
/// A bad scenario, range or condition; an engine that cannot run it.
pub(super) fn run(args: &BreakArgs) -> anyhow::Result<Exit> {
    let engine = engine::ready(
        (args.engine, args.work.speech.shown()),
        &ProgramArgs::default(),
        &args.kernel,
    )?;
    let range = Range::parse(&args.vary)?;
    let condition = expect::parse(&args.until).map_err(Refusal::usage)?;
    let mut variants: Vec<String> = condition.mentions().variants.into_iter().collect();
    if variants.is_empty() {
        variants.push(expect::BASELINE.to_owned());
    }
    let ends = check_ends(args, &range, &condition.mentions(), &variants)?;
    let confirmed = if args.confirm {
        Engine::Lab
    } else {
        args.engine
    };
    engine::leave_the_network(confirmed, &ends);
    interrupt::listen()?;
    if args.engine != Engine::Sim || args.confirm {
        remains::before_a_run(args.work.speech.shown());
    }
    let mut lab = Laboratory {
        args,
        range: &range,
        variants,
        seen: BTreeMap::new(),
        tried: Tried::default(),
        scenario: String::new(),
    };
    let found = search((range.low, range.high), &mut |n| lab.seen_at(n, &engine));
    // What was tried counts, however the search ended.
    let kept = lab.tried.write(args, (&lab.scenario, &range.key));
    let found = found?;
    let mut out = anstream::stdout();
    writeln!(out, "{}", lab.story(&found))?;
    if let (Some(dir), false) = (kept?, args.work.quiet) {
        files(&dir, "break.csv", args.work.speech.shown());
    }
    match (&found, args.confirm) {
        (Found::Between(low, high), true) => lab.confirm(*low, *high),
        (Found::Between(..), false) => Ok(Exit::Held),
        _ => Ok(Exit::Undecided),
    }
}

/// Both ends are planned before anything runs: a range that the scenario refuses, or a group that it does not have, must not cost time.
fn check_ends(
    args: &BreakArgs,
    range: &Range,
    mentions: &Mentions,
    variants: &[String],
) -> anyhow::Result<Vec<RunPlan>> {
    let mut ends = Vec::new();
    for end in [range.low, range.high] {
        let scenario = load::varied(
            &args.scenario,
            &args.work.set,
            &[range.setting(end)],
            args.work.speech.shown(),
        )?;
        let choices = Choices {
            seed: args.work.seed,
            variants: variants.to_vec(),
        };
        let plan = plan::build(&scenario, &choices).map_err(Refusal::usage)?;
        let groups: Vec<&str> = plan
            .variants
            .iter()
            .flat_map(|variant| &variant.plan.groups)
            .map(|group| group.name.as_str())
            .collect();
        if let Some(name) = mentions
            .groups
            .iter()
            .find(|name| !groups.contains(&name.as_str()))
        {
            let known: BTreeSet<&str> = groups.into_iter().collect();
            let known: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
            let text = format!(
                "`--until {}` names the group `{name}`, which there is not\nhint: groups: {}",
                args.until,
                known.join(", ")
            );
            return Err(Refusal::usage(text).into());
        }
        ends.push(plan);
    }
    Ok(ends)
}

/// Brackets by doubling, then halves the bracket. `seen` is asked at most once per value.
fn search(
    (low, high): (u64, u64),
    seen: &mut dyn FnMut(u64) -> anyhow::Result<Seen>,
) -> anyhow::Result<Found> {
    let mut known = BTreeMap::new();
    let mut ask = |n: u64| -> anyhow::Result<Seen> {
        if let Some(seen) = known.get(&n) {
            return Ok(*seen);
        }
        let answer = seen(n)?;
        known.insert(n, answer);
        Ok(answer)
    };
    if ask(low)? != Seen::None {
        return Ok(Found::NoControl);
    }
    let (mut none, mut step) = (low, 1);
    let mut all = loop {
        let next = none.saturating_add(step).min(high);
        match ask(next)? {
            Seen::All => break next,
            Seen::None if next == high => return Ok(Found::NotReached(high)),
            _ if next == high => {
                let (last_none, _) = turn((none, high), neighbours, &mut |n| {
                    ask(n).map(|seen| seen != Seen::None)
                })?;
                return Ok(Found::NotReached(last_none));
            }
            Seen::None => none = next,
            Seen::Some => {}
        }
        step *= 2;
    };
    // The last value with no seed, then the first with all: equal neighbours unless seeds disagree in between.
    none = turn((none, all), neighbours, &mut |n| {
        ask(n).map(|seen| seen != Seen::None)
    })?
    .0;
    all = turn((none, all), neighbours, &mut |n| {
        ask(n).map(|seen| seen == Seen::All)
    })?
    .1;
    let beyond = all.saturating_mul(2).min(high);
    if ask(beyond)? != Seen::All {
        return Ok(Found::NotMonotonic(beyond));
    }
    Ok(Found::Between(none, all))
}

/// Where values are tried.
struct Laboratory<'a> {
    args: &'a BreakArgs,
    range: &'a Range,
    variants: Vec<String>,
    /// By value: what was measured with each seed.
    seen: BTreeMap<u64, Vec<Judgement>>,
    tried: Tried,
    /// The scenario's name, once it was loaded.
    scenario: String,
}

impl Laboratory<'_> {
    fn seen_at(&mut self, n: u64, engine: &Ready) -> anyhow::Result<Seen> {
        let mut judged = Vec::new();
        for repeat in 0..u64::from(self.args.repeats.max(1)) {
            judged.push(self.judge(n, repeat, engine)?);
        }
        if let Some(unknown) = judged
            .iter()
            .find(|judged| !matches!(judged.verdict, Verdict::Held | Verdict::Failed))
        {
            let setting = self.range.setting(n);
            let why = format!(
                "at {setting} the condition cannot be decided: {}\nhint: a longer `duration`, or a metric that needs fewer requests",
                unknown.measured
            );
            return Err(Refusal::undecided(why).into());
        }
        let held = judged
            .iter()
            .filter(|judged| judged.verdict == Verdict::Held)
            .count();
        let seen = match held {
            0 => Seen::None,
            held if held == judged.len() => Seen::All,
            _ => Seen::Some,
        };
        if !self.args.work.quiet {
            let tried = [
                ("setting", self.range.setting(n).into()),
                ("held", held.into()),
                ("of", judged.len().into()),
                ("measured", judged[0].measured.as_str().into()),
            ];
            talk(&self.args.work.speech.shown().say("break-tried", tried));
        }
        self.seen.insert(n, judged);
        Ok(seen)
    }

    fn judge(&mut self, n: u64, repeat: u64, engine: &Ready) -> anyhow::Result<Judgement> {
        let vary = [self.range.setting(n)];
        let words = self.args.work.speech.shown();
        let scenario = load::varied(&self.args.scenario, &self.args.work.set, &vary, words)?;
        let first = self.args.work.seed.unwrap_or(scenario.seed);
        let choices = Choices {
            seed: Some(first.wrapping_add(repeat)),
            variants: self.variants.clone(),
        };
        let plan = plan::build(&scenario, &choices).map_err(Refusal::usage)?;
        let summary = measure::measure(&plan, engine, &self.args.work.out)?;
        let expectation = Expectation {
            claim: String::new(),
            that: self.args.until.clone(),
        };
        let judged = |words: &Words| {
            let asked = std::slice::from_ref(&expectation);
            expect::judge(asked, &summary, &BTreeMap::new(), &words.speech()).remove(0)
        };
        let kept = judged(self.args.work.speech.kept());
        let judged = judged(words);
        self.tried.note(n, self.range.value(n), &summary, &kept);
        self.scenario = scenario.name;
        Ok(judged)
    }

    fn story(&self, found: &Found) -> String {
        let words = self.args.work.speech.shown();
        let measured = |n: u64| {
            let judged = self.seen.get(&n).and_then(|judged| judged.first());
            judged.map_or(String::new(), |judged| judged.measured.clone())
        };
        let say = |message: &str, none: u64, all: u64, measured: String| {
            let setting = |n| self.range.setting(n);
            let arguments = [
                ("until", self.args.until.as_str().into()),
                ("seeds", self.args.repeats.max(1).into()),
                ("none", setting(none).into()),
                ("all", setting(all).into()),
                ("low", setting(self.range.low).into()),
                ("high", setting(self.range.high).into()),
                ("beyond", setting(all).into()),
                ("measured", measured.into()),
            ];
            words.say(message, arguments)
        };
        let (message, hint, none, all) = match *found {
            Found::Between(none, all) => {
                let message = if all - none == 1 {
                    "break-from"
                } else {
                    "break-band"
                };
                let side = |n| format!("\n  {}: {}", self.range.setting(n), measured(n));
                let story = say(message, none, all, String::new());
                return format!("{story}{}{}", side(none), side(all));
            }
            Found::NoControl => {
                let low = self.range.low;
                ("break-no-control", "break-hint-lower", low, low)
            }
            Found::NotReached(none) if none == self.range.high => {
                ("break-not-reached", "break-hint-higher", none, none)
            }
            Found::NotReached(none) => {
                ("break-not-reached-by-all", "break-hint-higher", none, none)
            }
            Found::NotMonotonic(beyond) => {
                ("break-not-monotonic", "break-hint-sweep", beyond, beyond)
            }
        };
        let story = say(message, none, all, measured(none));
        format!("{story}\n{}", words.say(hint, []))
    }

    /// Both sides of the answer on real sockets.
    fn confirm(&mut self, none: u64, all: u64) -> anyhow::Result<Exit> {
        let mut out = anstream::stdout();
        let lab = engine::ready(
            (Engine::Lab, self.args.work.speech.shown()),
            &ProgramArgs::default(),
            &KernelChoice::default(),
        )?;
        let mut agrees = true;
        for (n, expected) in [(none, Verdict::Failed), (all, Verdict::Held)] {
            let judged = self.judge(n, 0, &lab)?;
            let message = if judged.verdict == expected {
                "break-lab-agrees"
            } else {
                "break-lab-disagrees"
            };
            agrees &= judged.verdict == expected;
            let arguments = [
                ("setting", self.range.setting(n).into()),
                ("measured", judged.measured.as_str().into()),
            ];
            let told = self.args.work.speech.shown().say(message, arguments);
            writeln!(out, "  {told}")?;
        }
        Ok(if agrees { Exit::Held } else { Exit::Undecided })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn searched(low: u64, high: u64, seen: impl Fn(u64) -> Seen) -> (Found, usize) {
        let mut asked = 0;
        let found = search((low, high), &mut |n| {
            asked += 1;
            Ok(seen(n))
        });
        (found.unwrap(), asked)
    }

    proptest! {
        #[test]
        fn it_finds_both_edges_of_the_band(low in 0..50_u64, to_band in 1..500_u64, band in 1..40_u64, rest in 0..5000_u64) {
            let (none, all) = (low + to_band - 1, low + to_band + band - 1);
            let high = all + rest;
            let (found, asked) = searched(low, high, |n| match n {
                n if n <= none => Seen::None,
                n if n < all => Seen::Some,
                _ => Seen::All,
            });
            prop_assert_eq!(found, Found::Between(none, all));
            prop_assert!(asked < 60, "{} questions", asked);
        }
    }

    #[test]
    fn what_cannot_be_answered_is_said() {
        assert_eq!(searched(1, 64, |_| Seen::Some).0, Found::NoControl);
        assert_eq!(searched(1, 64, |_| Seen::None).0, Found::NotReached(64));
        let some = |n| if n > 50 { Seen::Some } else { Seen::None };
        assert_eq!(searched(1, 64, some).0, Found::NotReached(50));
        let hump = |n| {
            if (10..20).contains(&n) {
                Seen::All
            } else {
                Seen::None
            }
        };
        assert!(matches!(
            searched(1, 64, hump).0,
            Found::NotMonotonic(_) | Found::NotReached(_)
        ));
    }
}
