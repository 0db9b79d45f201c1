//! The disk that a plan wants to be slow.

use std::path::{Path, PathBuf};

use super::PartError;
use crate::backend::EXECUTABLE;
use crate::plan::Plan;
use crate::slow_disk::{SlowDisk, Slowness};
use crate::time::Span;

/// How long beyond the planned end of a run somebody may be held, if nobody lets him go before.
const GRACE: Span = Span::from_secs(60);

/// Makes it, if there is to be one.
///
/// # Errors
/// This machine has none for this user.
pub(crate) fn slow_disk(plan: &Plan, runtime_dir: &Path) -> Result<Option<SlowDisk>, PartError> {
    if !plan.wants_slow_disk() {
        return Ok(None);
    }
    let slowness = Slowness {
        utime: plan.slow_heartbeat().unwrap_or(Span::ZERO),
        holds: plan.holds_processes(),
        limit: plan
            .duration
            .saturating_add(plan.drain)
            .saturating_add(GRACE),
    };
    let disk = SlowDisk::start(slowness, &runtime_dir.join("slow"), Path::new(EXECUTABLE));
    disk.map(Some).map_err(PartError::SlowDisk)
}

/// Where heartbeats are, if they have a disk of their own.
pub(crate) fn beats_on(plan: &Plan, disk: Option<&SlowDisk>) -> Option<PathBuf> {
    plan.slow_heartbeat()?;
    Some(disk?.path().to_owned())
}
