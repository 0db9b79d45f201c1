//! The flags of `workshop`.

use std::path::PathBuf;

use clap::Args;

use super::{RoleArgs, SpeechArgs};

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
    /// The port to try first: the page is at 127.0.0.1 and nowhere else
    #[arg(long, value_name = "N", conflicts_with_all = ["terminal", "list", "check"])]
    pub port: Option<u16>,
    /// Open a browser at the lessons
    #[arg(long, conflicts_with_all = ["terminal", "list", "check"])]
    pub open: bool,
    /// In which language.
    #[command(flatten)]
    pub speech: SpeechArgs,
}

/// `stage`.
#[derive(Debug, Args)]
pub struct StageArgs {
    /// The scenario, the variant and its overrides
    #[command(flatten)]
    pub role: RoleArgs,
    /// Let only this group of clients come (repeatable) [default: every one that is slow on purpose]
    #[arg(long, value_name = "GROUP")]
    pub only: Vec<String>,
    /// Hold them: they read 256 bytes a second or send one, no timer ends them, and gunicorn does not look at heartbeats
    #[arg(long)]
    pub hold: bool,
    /// In which language.
    #[command(flatten)]
    pub speech: SpeechArgs,
}

/// `clients`.
#[derive(Debug, Args)]
pub struct ClientsArgs {
    /// The scenario and its overrides
    #[command(flatten)]
    pub role: RoleArgs,
    /// Where to: 127.0.0.1:PORT or unix:PATH
    #[arg(long)]
    pub target: String,
    /// Only this group (repeatable)
    #[arg(long, value_name = "GROUP")]
    pub only: Vec<String>,
    /// Hold them where they are: they read 256 bytes a second, or send one. The timers are those of the target
    #[arg(long)]
    pub hold: bool,
}

/// `handout`.
#[derive(Debug, Args)]
pub struct HandoutArgs {
    /// A lesson's number or name, or `all`
    pub lesson: String,
    /// The file to write; for `all` a folder, with a page for each lesson and language
    #[arg(long, value_name = "FILE|DIR")]
    pub to: PathBuf,
    /// A folder of lessons of your own, beside ours
    #[arg(long, value_name = "DIR")]
    pub lessons: Option<PathBuf>,
    /// With the teacher's notes in it
    #[arg(long)]
    pub teacher: bool,
    /// In which language.
    #[command(flatten)]
    pub speech: SpeechArgs,
}
