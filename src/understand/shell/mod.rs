//! Start scripts and the words of commands.

mod expand;
mod script;
mod words;

pub(super) use script::{Command, commands, plain_words};

#[cfg(test)]
mod tests;
