//! Reports: what a finished run says, as text, as one HTML file and as charts.

pub mod chart;
pub mod data;
pub mod html;
pub mod human;
mod rows;
pub mod text;
