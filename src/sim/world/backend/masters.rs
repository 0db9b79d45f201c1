//! One master, or two after USR2: what they share, and what each hears of the others.

use super::super::ctx::Ctx;
use super::super::event::Stage;
use super::Backend;
use super::master::{Child, Master};
use super::workers::Workers;
use crate::machine::arbiter::{ExitStatus, Signal};
use crate::machine::backend_config::BackendConfig;

/// What a master shares with others.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) workers: Workers,
    /// What the configuration says by now, if that has changed.
    pub(super) on_file: Option<BackendConfig>,
    /// How many masters there were ever.
    pub(super) masters: u16,
    /// Masters that were started and are not in place yet.
    pub(super) started: Vec<Master>,
    /// Those that have just ended, and how.
    pub(super) exited: Vec<(u16, ExitStatus)>,
    /// Whether an orchestrator has told them to end: then their end is no surprise.
    pub(super) is_to_end: bool,
}

impl Backend {
    /// Tells each master of its children that have come and gone.
    pub(super) fn bring_home(&mut self, ctx: &mut Ctx<'_>) {
        while let Some(child) = self.shared.workers.next_ended() {
            let master = &mut self.masters[usize::from(child.master)];
            master.child_ended(ctx, Child::Worker(child));
        }
        if ctx.stage == Stage::Stopping {
            // Its master was told to start it before it was told to end, and whoever ends the stack ends all of it.
            for late in &mut self.shared.started {
                late.signal(ctx, Signal::Term);
            }
        }
        self.masters.append(&mut self.shared.started);
        for (ordinal, status) in std::mem::take(&mut self.shared.exited) {
            self.shared.workers.orphan(ordinal);
            let gone = &self.masters[usize::from(ordinal)];
            let (pid, parent) = (gone.pid(), gone.parent);
            for orphan in &mut self.masters {
                orphan.parent = orphan.parent.filter(|parent| *parent != ordinal);
            }
            if let Some(parent) = parent {
                let parent = &mut self.masters[usize::from(parent)];
                parent.child_ended(ctx, Child::Master { pid, status });
            }
        }
    }

    /// A signal for all masters that live.
    pub(in crate::sim::world) fn signal(&mut self, ctx: &mut Ctx<'_>, signal: Signal) {
        for master in self.masters.iter_mut().filter(|master| !master.is_gone()) {
            master.signal(ctx, signal);
        }
    }

    /// Whoever reads the access log takes whatever comes from now on.
    pub(in crate::sim::world) fn catch_up(&mut self, ctx: &mut Ctx<'_>) {
        self.shared.workers.read_all_access(ctx);
        self.bring_home(ctx);
    }

    /// Whether no master is left.
    pub(in crate::sim::world) fn is_gone(&self) -> bool {
        self.masters.iter().all(Master::is_gone)
    }
}
