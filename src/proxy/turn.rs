//! Several event loops at one listener: each accepts when it has its turn.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use crate::machine::event_loop::Turns;

/// An event loop's place among those of its generation.
#[derive(Debug)]
pub(super) struct Turn {
    number: u32,
    /// `None` if it is alone.
    all: Option<Arc<All>>,
}

#[derive(Debug)]
struct All {
    turns: Mutex<Turns>,
    first: watch::Sender<Option<u32>>,
}

impl Turn {
    /// Those of so many event loops.
    pub(super) fn of_loops(count: u32) -> Vec<Turn> {
        let turns = Turns::new(count);
        let (first, _) = watch::channel(turns.first());
        let all = Arc::new(All {
            turns: Mutex::new(turns),
            first,
        });
        let all = (count > 1).then_some(all);
        let turn = |number| Turn {
            number,
            all: all.clone(),
        };
        (0..count).map(turn).collect()
    }

    /// Waits until it is first.
    pub(super) async fn comes(&self) {
        if let Some(all) = &self.all {
            let mut first = all.first.subscribe();
            // It fails without a sender, which is there.
            let _ = first.wait_for(|first| *first == Some(self.number)).await;
        }
    }

    /// It has accepted a connection.
    pub(super) fn accepted(&self, is_crowded: bool) {
        self.change(|turns| turns.accepted(self.number, is_crowded));
    }

    /// It does not listen for a while.
    pub(super) fn pause(&self) {
        self.change(|turns| turns.pause(self.number));
    }

    /// It listens again.
    pub(super) fn resume(&self) {
        self.change(|turns| turns.resume(self.number));
    }

    fn change(&self, change: impl FnOnce(&mut Turns)) {
        let Some(all) = &self.all else { return };
        let mut turns = all.turns.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut turns);
        let now = turns.first();
        all.first
            .send_if_modified(|first| std::mem::replace(first, now) != now);
    }
}
