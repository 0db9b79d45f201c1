//! What this machine, or this user of it, does not have for some variants of a run.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::facts::Facts;
use crate::apart;
use crate::backend::EXECUTABLE;
use crate::error::Refusal;
use crate::plan::{Plan, RunPlan};
use crate::process::is_root;
use crate::record::Told;
use crate::report::words::{Language, Words};
use crate::{slow_disk, small_disk};

/// Why there is none of each, if it was asked for.
struct Lacking {
    line: Option<String>,
    disk: Option<String>,
    slow_disk: Option<String>,
    second_user: Option<NoSecondUser>,
}

/// Why a proxy cannot have a user of its own.
enum NoSecondUser {
    /// Only root starts a process of another user.
    NotRoot,
    /// Others do not get through this folder to the sockets below it.
    Locked(String),
}

impl Lacking {
    /// Looks for what some variant of this run wants.
    fn of(run: &RunPlan) -> Lacking {
        let wanted = |wants: fn(&Plan) -> bool| run.variants.iter().any(|one| wants(&one.plan));
        Lacking {
            line: wanted(Plan::has_lines).then(apart::missing).flatten(),
            disk: wanted(Plan::wants_small_disk)
                .then(|| small_disk::missing(Path::new(EXECUTABLE)))
                .flatten(),
            slow_disk: wanted(Plan::wants_slow_disk)
                .then(|| slow_disk::missing(Path::new(EXECUTABLE)))
                .flatten(),
            second_user: wanted(Plan::has_socket_modes)
                .then(NoSecondUser::here)
                .flatten(),
        }
    }

    /// Why this plan cannot be played here.
    fn keeps(&self, plan: &Plan) -> Option<Told> {
        let congestion = apart::here().and_then(|apart| apart.lacks(plan.congestion()?));
        let wants = [
            (
                plan.has_lines(),
                "line",
                self.line.as_ref().or(congestion.as_ref()),
            ),
            (plan.wants_small_disk(), "disk", self.disk.as_ref()),
            (plan.wants_slow_disk(), "slow-disk", self.slow_disk.as_ref()),
        ];
        let lacks = wants.into_iter().find_map(|(is_wanted, what, missing)| {
            let why = missing.filter(|_| is_wanted)?;
            Some(Told::new(
                "departure-lacks",
                [
                    ("variant", plan.variant.clone()),
                    ("what", what.to_owned()),
                    ("why", why.clone()),
                ],
            ))
        });
        // Where the backend's user meets the same as another one, nobody else is needed; as root he would pass every mode.
        let wants_user = plan.wants_second_user() || plan.has_socket_modes() && is_root();
        let nobody = self.second_user.as_ref().filter(|_| wants_user);
        lacks.or_else(|| Some(nobody?.told(&plan.variant)))
    }
}

impl NoSecondUser {
    fn here() -> Option<NoSecondUser> {
        if !is_root() {
            return Some(NoSecondUser::NotRoot);
        }
        let parent = std::env::temp_dir();
        let locked = |folder: &&Path| {
            let about = std::fs::metadata(folder);
            about.is_ok_and(|about| about.mode() & 0o001 == 0)
        };
        let locked = parent.ancestors().find(locked)?;
        Some(NoSecondUser::Locked(locked.display().to_string()))
    }

    fn told(&self, variant: &str) -> Told {
        let (why, folder) = match self {
            NoSecondUser::NotRoot => ("not-root", ""),
            NoSecondUser::Locked(folder) => ("locked", folder.as_str()),
        };
        Told::new(
            "departure-no-user",
            [
                ("variant", variant.to_owned()),
                ("why", why.to_owned()),
                ("folder", folder.to_owned()),
            ],
        )
    }
}

/// Leaves out the variants that want what this machine does not have for this user, saying so; their expectations stay undecided.
///
/// # Errors
/// Nothing is left.
pub(super) fn leave_out(run: &mut RunPlan, facts: &mut Facts, words: &Words) -> anyhow::Result<()> {
    let lacking = Lacking::of(run);
    let mut last = None;
    run.variants.retain(|variant| {
        let Some(reason) = lacking.keeps(&variant.plan) else {
            return true;
        };
        facts.leave_out(&variant.plan.variant, reason.clone(), words);
        last = Some((reason, variant.plan.has_lines()));
        false
    });
    let Some((reason, is_far)) = last.filter(|_| run.variants.is_empty()) else {
        return Ok(());
    };
    // What is wrong with a machine is said in English.
    let reason = Words::of(Language::English).sentence(&reason);
    let text = format!(
        "no variant of `{}` can be played here: {}",
        run.scenario,
        reason.unwrap_or_default()
    );
    Err(match is_far {
        true => Refusal::unfit(text),
        false => Refusal::undecided(text),
    }
    .into())
}
