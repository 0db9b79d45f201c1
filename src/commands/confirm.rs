//! `slowlab site --confirm`: both sides of the first break-point on real sockets, or on the real nginx and gunicorn.

use std::io::Write as _;

use super::measure;
use super::site::Case;
use super::{engine, finish::talk};
use crate::cli::{Engine, KernelChoice, ProgramArgs, SiteArgs};
use crate::error::{Exit, Refusal};
use crate::plan::{self, Choices, RunPlan};
use crate::report::data::RunData;
use crate::report::human::percent;
use crate::scenario;
use crate::site::{self, Finding, Stack};
use crate::time::Span;
use crate::units::human_bytes;

/// Longer confirmations are refused, repeats not counted: they would rather be scenarios.
const LONGEST: Span = Span::from_secs(600);
/// Of temp files, at most.
const MOST_DISK: u64 = 4 << 30;
/// Clients that one machine can be.
const MOST_CLIENTS: u64 = 2_000;

/// Plays both sides of the first break-point that there is, or what `--confirm-at` says.
///
/// # Errors
/// Too long, too large, an engine that is not there.
pub(super) fn run(args: &SiteArgs, case: &Case, which: Engine) -> anyhow::Result<Exit> {
    let broken = case
        .answer
        .findings
        .iter()
        .find(|finding| finding.first.is_some());
    let Some((finding, point)) = broken.and_then(|one| Some((one, one.half.or(one.first)?))) else {
        talk(&args.words().say("site-confirm-nothing", []));
        return Ok(Exit::Held);
    };
    let stack = Stack::new(&case.understood, &case.question.given).map_err(Refusal::usage)?;
    let counts = match args.confirm_at.as_slice() {
        [] => vec![point.not_at, point.at],
        counts => counts.to_vec(),
    };
    affordable(args, (&stack, finding, &counts), which)?;
    let ready = engine::ready(
        (which, args.words()),
        &ProgramArgs::default(),
        &KernelChoice::default(),
    )?;
    let mut out = anstream::stdout();
    let mut agrees = true;
    for count in counts {
        let expected = site::share_at(&stack, finding, count).map_err(Refusal::usage)?;
        let text = site::scenario_at(&stack, finding, count);
        let mut shares = Vec::new();
        for seed in 1..=u64::from(args.confirm_repeats) {
            let plan = plan(&text, &stack, seed)?;
            let folder = measure::folder(&plan, &ready, &args.out)?;
            let data = RunData::read(&folder).map_err(|error| Refusal::unreadable(&error))?;
            let rows = data.variants.iter().flat_map(|variant| &variant.requests);
            shares.push(site::share_of(&stack, finding, rows));
        }
        let same = site::agree(&shares, expected);
        agrees &= same;
        let facts = [
            ("engine", which.name()),
            (
                "count",
                &site::counted(&finding.threat, count, args.words()),
            ),
            ("measured", &told(&shares)),
            ("simulated", &percent(expected)),
            ("agrees", if same { "yes" } else { "no" }),
        ];
        writeln!(out, "{}", args.words().tell("site-confirm-told", &facts))?;
    }
    Ok(if agrees { Exit::Held } else { Exit::Undecided })
}

/// Says what it takes, or that it takes too much.
fn affordable(
    args: &SiteArgs,
    (stack, finding, counts): (&Stack, &Finding, &[u64]),
    which: Engine,
) -> anyhow::Result<()> {
    if which == Engine::Sim {
        let text =
            "the simulator cannot confirm itself\nhint: --confirm lab or --confirm reference";
        return Err(Refusal::usage(text).into());
    }
    let cost = site::cost(stack, finding, counts);
    let together = Span::from_ns(cost.time.as_ns() * u64::from(args.confirm_repeats));
    let shown: Vec<String> = counts.iter().map(u64::to_string).collect();
    let facts = [
        ("threat", &finding.threat[..]),
        ("counts", &shown.join(", ")),
        ("engine", which.name()),
        ("time", &together.to_string()),
        ("disk", &human_bytes(cost.disk)),
    ];
    talk(&args.words().tell("site-confirm-takes", &facts));
    let most = counts.iter().max().copied().unwrap_or(0);
    if cost.time > LONGEST || cost.disk > MOST_DISK || most > MOST_CLIENTS {
        return Err(Refusal::usage(format!(
            "that is more than a confirmation takes ({LONGEST}, {}, {MOST_CLIENTS} clients)\nhint: --only another threat, a smaller --largest, or `--set proxy.proxy_read_timeout=10s`",
            human_bytes(MOST_DISK)
        ))
        .into());
    }
    Ok(())
}

/// A seed of its own for each repeat, so that clients come at other instants, as in the simulator's runs.
fn plan(text: &str, stack: &Stack, seed: u64) -> anyhow::Result<RunPlan> {
    let scenario = scenario::load_text("site", "site", text, stack.set())
        .map_err(|mistakes| Refusal::usage(mistakes.render(false)))?;
    let choices = Choices {
        seed: Some(seed),
        variants: Vec::new(),
    };
    Ok(plan::build(&scenario, &choices).map_err(Refusal::usage)?)
}

/// `47 %`, or of several runs their mean and each of them.
fn told(shares: &[f64]) -> String {
    let mean = percent(site::mean(shares));
    match shares {
        [_] => mean,
        _ => {
            let each: Vec<String> = shares.iter().copied().map(percent).collect();
            format!("{mean} ({})", each.join(", "))
        }
    }
}
