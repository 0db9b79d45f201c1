//! The flags of `workshop`.

use std::path::PathBuf;

use clap::Args;

use super::SpeechArgs;

/// `workshop`.
#[derive(Debug, Args)]
pub struct WorkshopArgs {
    /// Play this lesson here, in the terminal: its number or its name
    #[arg(long, value_name = "LESSON", conflicts_with_all = ["check", "list"])]
    pub terminal: Option<String>,
    /// A folder of lessons of your own, beside ours (docs/lessons.md)
    #[arg(long, value_name = "DIR")]
    pub lessons: Option<PathBuf>,
    /// With --terminal: play the run on real sockets as well
    #[arg(long, requires = "terminal")]
    pub lab: bool,
    /// List the lessons and the courses
    #[arg(long, conflicts_with = "check")]
    pub list: bool,
    /// Look for mistakes in lessons, and play everything that they claim
    #[arg(long)]
    pub check: bool,
    /// In which language.
    #[command(flatten)]
    pub speech: SpeechArgs,
}
