//! `[pipeline]`: stages connected by pipes, without clients and without a backend. The cheapest back-pressure there is: a full pipe holds its writer.
//!
//! A stage is one of ours, which takes its time, or a real tool with arguments from a fixed list: a scenario file holds no command line.
//! Which stage is the brake is [`brake`]'s to say. Not here: processes and pipes.

mod brake;
mod config;
#[cfg(test)]
mod tests;
mod tools;

pub use brake::{FEWEST_LOOKS, Looks, brake};
pub use config::{
    Awk, Dropped, Field, Grep, Head, MOST_LINES, MOST_STAGES, PIECE, Paced, PipelineConfig, Since,
    Sort, Stage, Tail, Uniq,
};
pub use tools::{Tool, log_line};
