//! Which language is spoken: on the screen and in the report that of the user, in files that programs read English, unless one was asked for.

use crate::cli::{SpeechArgs, WorkArgs};
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
        let environment = || Language::of_environment(|name| std::env::var(name).ok());
        Words::of(self.lang.unwrap_or_else(environment))
    }

    /// What is written for programs.
    pub(super) fn kept(self) -> &'static Words {
        Words::of(self.lang.unwrap_or_default())
    }
}
