//! `slowlab site --confirm`: both sides of the first break-point on real sockets, or on the real nginx and gunicorn.

use std::io::Write as _;
use std::path::Path;

use super::measure;
use super::site::Case;
use super::{engine, finish::talk};
use crate::cli::{Engine, KernelChoice, ProgramArgs, SiteArgs};
use crate::error::{Exit, Refusal};
use crate::plan::{self, Choices};
use crate::record::summary::Summary;
use crate::scenario;
use crate::site::{self, Stack};
use crate::time::Span;
use crate::units::human_bytes;

/// Longer confirmations are refused: they would rather be scenarios.
const LONGEST: Span = Span::from_secs(600);
/// Of temp files, at most.
const MOST_DISK: u64 = 4 << 30;
/// Clients that one machine can be.
const MOST_CLIENTS: u64 = 2_000;

/// Plays both sides of the first break-point that there is.
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
        talk("nothing breaks, so there is nothing to confirm");
        return Ok(Exit::Held);
    };
    let stack = Stack::new(&case.understood, &case.question.given).map_err(Refusal::usage)?;
    let sides = [point.not_at, point.at];
    let cost = site::cost(&stack, finding, sides);
    talk(&format!(
        "confirming {} at {} and {} on the {}: up to {}, {} of disk",
        finding.threat,
        sides[0],
        sides[1],
        which.name(),
        cost.time,
        human_bytes(cost.disk)
    ));
    if cost.time > LONGEST || cost.disk > MOST_DISK || sides[1] > MOST_CLIENTS {
        return Err(Refusal::usage(format!(
            "that is more than a confirmation takes ({LONGEST}, {}, {MOST_CLIENTS} clients)\nhint: --only another threat, a smaller --largest, or `--set proxy.proxy_read_timeout=10s`",
            human_bytes(MOST_DISK)
        ))
        .into());
    }
    let ready = engine::ready(which, &ProgramArgs::default(), &KernelChoice::default())?;
    let mut out = anstream::stdout();
    let mut agrees = true;
    for (index, count) in sides.into_iter().enumerate() {
        let expected = site::share_at(&stack, finding, count).map_err(Refusal::usage)?;
        let text = site::scenario_at(&stack, finding, count);
        let summary = play(&text, &stack, &ready, &args.out)?;
        let (failed, all) = failures(&summary);
        let share = failed as f64 / all.max(1) as f64;
        // A side agrees if its share is within fifteen points of the simulator's.
        let same = (share - expected).abs() <= 0.15;
        agrees &= same;
        let side = if index == 0 { "below" } else { "at" };
        writeln!(
            out,
            "{}  {} ({side}): {failed} of {all} visitors failed; the simulator says {:.0} %: {}",
            which.name(),
            count,
            expected * 100.0,
            if same { "agrees" } else { "disagrees" }
        )?;
    }
    Ok(if agrees { Exit::Held } else { Exit::Undecided })
}

fn play(text: &str, stack: &Stack, ready: &engine::Ready, out: &Path) -> anyhow::Result<Summary> {
    let scenario = scenario::load_text("site", "site", text, stack.set())
        .map_err(|mistakes| Refusal::usage(mistakes.render(false)))?;
    let run = plan::build(&scenario, &Choices::default()).map_err(Refusal::usage)?;
    measure::measure(&run, ready, out)
}

/// Visitors without a whole page, and all of them.
fn failures(summary: &Summary) -> (u64, u64) {
    let mut groups = summary.variants.iter().flat_map(|variant| &variant.groups);
    let visitors = groups.find(|group| group.name == site::VISITORS);
    visitors.map_or((0, 0), |group| {
        let fine = group.status.iter().filter(|(status, _)| **status < 400);
        let served = fine
            .map(|(_, count)| count)
            .sum::<u64>()
            .min(group.complete);
        (group.requests.saturating_sub(served), group.requests)
    })
}
