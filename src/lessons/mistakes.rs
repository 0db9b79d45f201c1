//! What is wrong with a lesson: file, line, key, and what to do.

use std::fmt;

/// One mistake.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Mistake {
    /// The file, as it was named.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// Dotted, with the block before it: `fix.knob.1.key`. Empty where it is about no key.
    pub key: String,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// All that is wrong, in the order of the lines.
#[derive(Clone, PartialEq, Eq, Debug, Default, thiserror::Error)]
pub struct Mistakes(pub Vec<Mistake>);

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.file, self.line)?;
        if !self.key.is_empty() {
            write!(f, "`{}`: ", self.key)?;
        }
        f.write_str(&self.what)?;
        match &self.hint {
            Some(hint) => write!(f, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut ordered: Vec<&Mistake> = self.0.iter().collect();
        ordered.sort();
        let lines: Vec<String> = ordered.iter().map(|one| one.to_string()).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl Mistakes {
    /// `value` if nothing is wrong.
    ///
    /// # Errors
    /// What is.
    pub fn unless<T>(self, value: T) -> Result<T, Mistakes> {
        match self.0.is_empty() {
            true => Ok(value),
            false => Err(self),
        }
    }
}
