//! A lesson as one page of HTML that needs no network and no slowlab: its text, and every answer that it can be asked for, computed beforehand.
//!
//! Without scripts it can be read from top to bottom, answers folded; with them it is played: predictions are locked before the run is shown, knobs
//! are sliders over a grid of simulated runs, progress is kept. On paper it is one sheet. Limits: knobs have the values that the lesson lists.

mod grid;
mod picture;
mod sheet;

pub use sheet::{For, Page, PageError, page};
