//! Reports: from a results folder, and nothing else, to numbers, findings, charts and pages.

pub mod chart;
pub mod data;
pub mod findings;
pub mod summarize;
