//! Mistakes of a scenario file in a reader's language, for whoever shows them: a terminal or a page.

use crate::report::words::Words;
use crate::scenario::{Diagnostics, Frame};

/// Each at its place; with colours for a terminal.
pub(crate) fn told(mistakes: &Diagnostics, colour: bool, words: &Words) -> String {
    let language = words.language();
    let frame = Frame {
        error: words.say("mistake-error", []),
        warning: words.say("mistake-warning", []),
        hint: words.say("mistake-hint", []),
        in_variant: Box::new(move |title, variant| {
            let arguments = [("title", title), ("variant", variant)];
            Words::of(language).tell("mistake-in-variant", &arguments)
        }),
    };
    mistakes.framed(colour, &frame)
}
