//! What a finished run says: read back from its folder, summarised, explained and drawn.

pub(crate) mod abreast;
pub mod accounts;
mod acts;
pub mod brief;
pub mod chart;
mod columns;
pub mod compare;
mod csv_text;
pub mod data;
mod existence;
mod fair;
pub mod findings;
pub mod format;
pub mod headline;
pub mod html;
pub mod human;
pub mod predicted;
mod rows;
mod stage_lanes;
mod stages;
pub mod summarize;
pub mod symptoms;
pub mod text;
pub mod unjudged;
pub mod words;

pub use csv_text::csv_text;
