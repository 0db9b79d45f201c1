//! What was seen so far: a cell per look for each lane, and the depth of the accept queue.

use super::glance::{Glance, Lane};
use crate::record::WorkerState;
use crate::time::Span;

/// Looks that are kept; when there are more, every second one is forgotten, and from then on only every second one is kept.
const MOST_LOOKS: usize = 2_048;
/// Lanes that are kept; workers beyond them are only counted.
const MOST_LANES: usize = 256;

/// What a lane did at a look.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Cell {
    /// It was not there.
    #[default]
    Nothing,
    Booting,
    Idle,
    /// The application ran, for this group.
    Handler(Option<usize>),
    /// It waited for its client: in `recv`, in `send`, or for the connection's end.
    Client(Option<usize>),
}

/// A lane: the slots of workers that were in it, one after another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Row {
    /// Who is in it now.
    pub(super) now: Option<Lane>,
    /// Who was in it last: the worker's age, and the slot.
    pub(super) place: (u32, u32),
    cells: Vec<Cell>,
}

/// All looks.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Strip {
    at: Vec<Span>,
    queue: Vec<u64>,
    pub(super) rows: Vec<Row>,
    /// Looks so far, and how often they were thinned out.
    looks: u64,
    thinned: u32,
    deepest: u64,
}

impl Cell {
    fn of(lane: &Lane) -> Cell {
        match lane.state {
            WorkerState::Booting => Cell::Booting,
            WorkerState::Idle => Cell::Idle,
            WorkerState::App => Cell::Handler(lane.group),
            WorkerState::Reading | WorkerState::Body | WorkerState::Send | WorkerState::Linger => {
                Cell::Client(lane.group)
            }
            WorkerState::Dead => Cell::Nothing,
        }
    }
}

impl Strip {
    /// Takes in a look.
    pub(super) fn see(&mut self, glance: &Glance) {
        for row in &mut self.rows {
            let lanes = &mut glance.lanes.iter().chain(&glance.stages);
            row.now = lanes.find(|lane| lane.place == row.place).copied();
        }
        for lane in glance.lanes.iter().chain(&glance.stages) {
            self.seat(lane);
        }
        self.deepest = self.deepest.max(glance.queue);
        let keeps = self.looks.is_multiple_of(1 << self.thinned);
        self.looks += 1;
        if !keeps {
            return;
        }
        if self.at.len() >= MOST_LOOKS {
            self.thin();
        }
        self.at.push(glance.elapsed);
        self.queue.push(glance.queue);
        for row in &mut self.rows {
            row.cells.resize(self.at.len() - 1, Cell::Nothing);
            row.cells
                .push(row.now.as_ref().map_or(Cell::Nothing, Cell::of));
        }
    }

    /// Gives a lane a row: its own, or that of a worker that is gone, or a new one.
    fn seat(&mut self, lane: &Lane) {
        if self.rows.iter().any(|row| row.place == lane.place) {
            return;
        }
        if let Some(row) = self.rows.iter_mut().find(|row| row.now.is_none()) {
            (row.place, row.now) = (lane.place, Some(*lane));
        } else if self.rows.len() < MOST_LANES {
            // Who reports first need not be the first.
            let after = self.rows.iter().position(|row| row.place > lane.place);
            let row = Row {
                now: Some(*lane),
                place: lane.place,
                cells: Vec::new(),
            };
            self.rows.insert(after.unwrap_or(self.rows.len()), row);
        }
    }

    fn thin(&mut self) {
        self.thinned += 1;
        fn halve<T>(all: &mut Vec<T>) {
            let mut place = 0;
            all.retain(|_| {
                place += 1;
                place % 2 == 0
            });
        }
        halve(&mut self.at);
        halve(&mut self.queue);
        self.rows.iter_mut().for_each(|row| halve(&mut row.cells));
    }

    /// The looks of each of `columns` equal parts of a time that lasts until `end`: the indices from and to. A part in which nobody looked has
    /// the look before it; one that is still to come has none.
    fn columns(&self, columns: usize, end: Span) -> Vec<Option<(usize, usize)>> {
        let end = end.as_us().max(1);
        let upto = |column: usize| {
            let bound = Span::from_us(end * column as u64 / columns.max(1) as u64);
            self.at.partition_point(|at| *at < bound)
        };
        let newest = self.at.last().copied().unwrap_or_default();
        let part = |column: usize| {
            let begins = Span::from_us(end * column as u64 / columns.max(1) as u64);
            let (from, to) = (upto(column), upto(column + 1));
            match () {
                () if begins > newest || self.at.is_empty() => None,
                () if from < to => Some((from, to)),
                () => Some((from.saturating_sub(1), from.max(1))),
            }
        };
        (0..columns).map(part).collect()
    }

    /// What a lane did, in so many columns until `end`: what it did last in each.
    pub(super) fn lane(&self, row: &Row, columns: usize, end: Span) -> Vec<Cell> {
        let parts = self.columns(columns, end).into_iter();
        let cell = |(_, to): (usize, usize)| row.cells.get(to - 1).copied().unwrap_or_default();
        parts.map(|part| part.map_or(Cell::Nothing, cell)).collect()
    }

    /// How deep the accept queue was at most, in each of so many columns until `end`.
    pub(super) fn queue(&self, columns: usize, end: Span) -> Vec<Option<u64>> {
        let deepest = |(from, to): (usize, usize)| self.queue[from..to].iter().max().copied();
        let parts = self.columns(columns, end).into_iter();
        parts.map(|part| part.and_then(deepest)).collect()
    }

    /// The deepest that it ever was.
    pub(super) fn deepest(&self) -> u64 {
        self.deepest
    }
}
