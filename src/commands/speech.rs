//! Which language is spoken: on the screen and in the report that of the user, in files that programs read English, unless one was asked for.

use crate::cli::{Command, SpeechArgs, WorkArgs};
use crate::report::words::{Language, Words};

/// Who is told how a command goes on.
#[derive(Clone, Copy)]
pub(super) struct Listener {
    /// Whether to say nothing.
    pub(super) quiet: bool,
    /// In which words.
    pub(super) words: &'static Words,
}

impl Listener {
    /// Nobody.
    pub(super) fn nobody() -> Listener {
        Listener {
            quiet: true,
            words: Words::of(Language::English),
        }
    }
}

/// What the environment asks for.
pub(super) fn of_environment() -> &'static Words {
    Words::of(Language::of_environment(|name| std::env::var(name).ok()))
}

/// What whoever gave this command is told if it fails.
pub fn of_command(command: &Command) -> &'static Words {
    match command {
        Command::List { speech, .. }
        | Command::Show { speech, .. }
        | Command::Symptom { speech, .. }
        | Command::Check { speech, .. }
        | Command::Report { speech, .. } => speech.shown(),
        Command::Run(args) => args.work.speech.shown(),
        Command::Sweep(args) => args.work.speech.shown(),
        Command::Break(args) => args.work.speech.shown(),
        Command::Compare(args) => args.speech.shown(),
        Command::Serve(args) => args.speech.shown(),
        Command::Workshop(args) => args.speech.shown(),
        Command::Handout(args) => args.speech.shown(),
        Command::Stage(args) => args.speech.shown(),
        Command::Site(args) => args.speech.shown(),
        _ => of_environment(),
    }
}

impl WorkArgs {
    /// Whoever sits there.
    pub(super) fn listener(&self) -> Listener {
        Listener {
            quiet: self.quiet,
            words: self.speech.shown(),
        }
    }
}

impl SpeechArgs {
    /// English, whoever sits there.
    pub(super) fn english() -> SpeechArgs {
        SpeechArgs {
            lang: Some(Language::English),
        }
    }

    /// What readers are told.
    pub(super) fn shown(self) -> &'static Words {
        self.lang.map_or_else(of_environment, Words::of)
    }

    /// What is written for programs.
    pub(super) fn kept(self) -> &'static Words {
        Words::of(self.lang.unwrap_or_default())
    }
}
