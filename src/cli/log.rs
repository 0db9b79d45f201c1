//! `log`.

use clap::{Args, ValueEnum};

use crate::time::Span;

/// What is counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum CountedBy {
    /// Clients' addresses
    Address,
    /// URIs without what is behind a `?`
    Uri,
    /// Status codes
    Status,
}

/// `log`.
#[derive(Debug, Args)]
pub struct LogArgs {
    /// An access log in the combined format, or `-` for standard input
    pub file: String,
    /// What is counted
    #[arg(long, value_enum, default_value_t = CountedBy::Address)]
    pub by: CountedBy,
    /// Only lines from then on, in the log's own time: `2026-05-28T13:00:00`, or a day
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Only lines before then
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// Only so much time before the last line of a file, as in `10m`; the part of the file before it is not read
    #[arg(long, value_name = "SPAN", conflicts_with = "since")]
    pub last: Option<Span>,
    /// Leave out requests for this URI, such as a health check; what is behind a `?` does not count
    #[arg(long, value_name = "URI")]
    pub exclude: Option<String>,
    /// How many are shown
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub top: usize,
    /// Distinct keys that are kept in memory; beyond, counts are estimates from above, and say so
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub most_keys: usize,
    /// Also run the pipeline of tools that gives the same answer: whether it does, its lines per second, and its memory
    #[arg(long)]
    pub beside: bool,
}
