//! Runs on a machine that others use: what to do about a verdict that was withheld for that alone.

use std::fs;

use crate::support::{Done, Place};

impl Place {
    /// A run again, up to four times, whose machine had no CPU for it: beside other work clients begin when all is over.
    pub(crate) fn beside_others<T: AsRef<Done>>(&self, mut run: impl FnMut() -> T) -> T {
        let mut done = run();
        for _ in 0..4 {
            if done.as_ref().code != 3 || !self.was_busy() {
                break;
            }
            fs::remove_dir_all(self.path("out")).unwrap();
            done = run();
        }
        done
    }

    /// Whether a verdict was withheld because somebody had no CPU, and for nothing else.
    pub(crate) fn was_busy(&self) -> bool {
        let [folder] = &self.all_results()[..] else {
            return false;
        };
        let Ok(summary) = fs::read(folder.join("summary.json")) else {
            return false;
        };
        let summary: serde_json::Value = serde_json::from_slice(&summary).unwrap();
        let doubts = summary["doubts"].as_array().cloned().unwrap_or_default();
        let busy = [
            "clients_late",
            "clients_starved",
            "observer_late",
            "relay_late",
            "stack_late",
            "time_lost",
        ];
        let is_busy = |doubt: &serde_json::Value| busy.contains(&doubt["kind"].as_str().unwrap());
        !doubts.is_empty() && doubts.iter().all(is_busy)
    }
}
