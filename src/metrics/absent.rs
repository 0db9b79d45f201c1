//! Why a summary has no value of a metric.

/// A reason without words: which message of a catalogue says it, and of what. Whoever tells it to a reader chooses the language.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Absent {
    /// The message, such as `judged-not-measured`.
    pub message: &'static str,
    /// Its arguments, by name.
    pub arguments: Vec<(&'static str, String)>,
}

impl Absent {
    pub(super) fn new(
        message: &'static str,
        arguments: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Absent {
        Absent {
            message,
            arguments: arguments.into_iter().collect(),
        }
    }
}
