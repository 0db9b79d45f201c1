//! What reports say, in a reader's language: catalogues in Project Fluent's format, one folder per language.
//!
//! A message is named by what it is about and gets facts as arguments; how long a span is, how large a size and who belongs to a list is written
//! by the rule of the argument's name (`argument.rs` has the rules), so that a catalogue holds sentences and nothing else.
//!
//! Limits: in Korean no particle stands right behind an argument, since which one it is would depend on the argument's last sound.

mod argument;
mod catalogue;
mod language;

pub use catalogue::Words;
pub use language::Language;

#[cfg(test)]
mod tests;
