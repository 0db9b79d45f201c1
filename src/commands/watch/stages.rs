//! The view of a pipeline: a lane for each stage, by what it does or whom it waits for.

use super::glance::{Glance, Heading, Lane};
use super::paint::{Sheet, short};
use crate::record::WorkerState;

impl Sheet<'_> {
    /// All of it: there are no clients, no queue of connections and no proxy.
    pub(super) fn pipeline(&mut self, heading: &Heading, glance: &Glance) {
        self.title(heading, glance);
        self.y += 2;
        self.left(0, &self.view.say("watch-stages"), self.bold());
        self.key([
            ("█", "watch-key-works"),
            ("▒", "watch-key-room"),
            ("·", "watch-key-input"),
        ]);
        self.y += 1;
        let room = self.area.height.saturating_sub(self.y + 2).max(1);
        let stages = u16::try_from(heading.stages.len()).unwrap_or(u16::MAX);
        self.lanes(heading, room.min(stages.max(1)));
        self.how_to_end();
    }

    /// What a stage does now, and for how long.
    pub(super) fn stage(&mut self, lane: &Lane) {
        let state = match lane.state {
            WorkerState::App => "works",
            WorkerState::Send => "room",
            WorkerState::Idle => "input",
            _ => "ended",
        };
        let state = self
            .view
            .words
            .say("watch-stage", [("state", state.into())]);
        let style = match lane.state {
            WorkerState::App => self.bold(),
            _ => self.faint(),
        };
        let lasts = short(lane.lasts);
        self.left(self.values, &state, style);
        self.right(self.area.width, &lasts, style);
    }
}
