//! What is known of a value, and how: found, worked out, a default, assumed, or not at all.

use std::fmt;
use std::sync::Arc;

use super::said::Said;

/// A line of a file, or of what was given on the command line.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Place {
    /// The file as it was named, or the flag that brought it.
    pub file: Arc<str>,
    /// Counted from 1; 0 where there are no lines.
    pub line: usize,
}

impl Place {
    /// A line of a file.
    pub fn new(file: &str, line: usize) -> Place {
        Place {
            file: Arc::from(file),
            line,
        }
    }

    /// Another line of the same file.
    pub fn on(&self, line: usize) -> Place {
        Place {
            file: Arc::clone(&self.file),
            line,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.file.rsplit('/').next().unwrap_or(&self.file);
        match self.line {
            0 => write!(f, "{name}"),
            line => write!(f, "{name}:{line}"),
        }
    }
}

/// A value and how it is known. Nothing here is ever a guess that does not say so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Known<T> {
    /// It stands there.
    Found {
        /// What.
        value: T,
        /// Where.
        at: Place,
    },
    /// It was worked out from what stands there.
    Derived {
        /// What comes out.
        value: T,
        /// Where the expression stands.
        at: Place,
        /// By what: `--cpus 4`, `WORKERS is not set`.
        how: Said,
    },
    /// The program's own, because no setting was found.
    Default(T),
    /// Ours, and said to be.
    Assumed {
        /// What.
        value: T,
        /// Why that.
        why: Said,
    },
    /// It decides, and nobody can tell from here.
    Unknown {
        /// Where it is decided, if anywhere.
        at: Option<Place>,
        /// Why it is not known; what to answer it with follows `hint`.
        why: Said,
        /// How to say it: a flag.
        hint: Said,
    },
}

impl<T> Known<T> {
    /// The value, if there is one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Known::Found { value, .. }
            | Known::Derived { value, .. }
            | Known::Default(value)
            | Known::Assumed { value, .. } => Some(value),
            Known::Unknown { .. } => None,
        }
    }

    /// Where it stands.
    pub fn place(&self) -> Option<&Place> {
        match self {
            Known::Found { at, .. } | Known::Derived { at, .. } => Some(at),
            Known::Unknown { at, .. } => at.as_ref(),
            Known::Default(_) | Known::Assumed { .. } => None,
        }
    }

    /// Whether somebody decided it: not a default, nor ours.
    pub fn is_said(&self) -> bool {
        matches!(self, Known::Found { .. } | Known::Derived { .. })
    }

    /// The same, known in the same way, of another value.
    pub fn map<U>(&self, to: impl FnOnce(&T) -> U) -> Known<U> {
        match self {
            Known::Found { value, at } => Known::Found {
                value: to(value),
                at: at.clone(),
            },
            Known::Derived { value, at, how } => Known::Derived {
                value: to(value),
                at: at.clone(),
                how: how.clone(),
            },
            Known::Default(value) => Known::Default(to(value)),
            Known::Assumed { value, why } => Known::Assumed {
                value: to(value),
                why: why.clone(),
            },
            Known::Unknown { at, why, hint } => Known::Unknown {
                at: at.clone(),
                why: why.clone(),
                hint: hint.clone(),
            },
        }
    }

    /// As [`Known::map`], where the value may be no value of the kind: then it is unknown, for this reason.
    pub fn and_then<U>(&self, why: Said, to: impl FnOnce(&T) -> Option<U>) -> Known<U> {
        let mut fits = true;
        let mapped = self.map(|value| {
            let to = to(value);
            fits = to.is_some();
            to
        });
        let unknown = |at| Known::Unknown {
            at,
            why: why.clone(),
            hint: Said::default(),
        };
        let at = self.place().cloned();
        match mapped {
            Known::Unknown { at, why, hint } => Known::Unknown { at, why, hint },
            _ if !fits => unknown(at),
            Known::Found {
                value: Some(value),
                at,
            } => Known::Found { value, at },
            Known::Derived {
                value: Some(value),
                at,
                how,
            } => Known::Derived { value, at, how },
            Known::Default(Some(value)) => Known::Default(value),
            Known::Assumed {
                value: Some(value),
                why,
            } => Known::Assumed { value, why },
            _ => unknown(at),
        }
    }

    /// How it is known, for brackets behind the value: `gunicorn.conf.py:3`, `--cpus 4; gunicorn.conf.py:3`, `default`.
    pub fn how(&self) -> Said {
        let behind = |said: Said, at: &Place| Said::Row(vec![said, at.into()], "; ");
        match self {
            Known::Found { at, .. } => at.into(),
            Known::Derived { at, how, .. } => behind(how.clone(), at),
            Known::Default(_) => Said::of("understood-default"),
            Known::Assumed { why, .. } => Said::of("understood-assumed").with("why", why.clone()),
            Known::Unknown { at, why, .. } => {
                let unknown = Said::of("understood-unknown").with("why", why.clone());
                match at {
                    Some(at) => behind(unknown, at),
                    None => unknown,
                }
            }
        }
    }
}

/// A text that was worked out: of an expression, a variable, a word of a command.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Text {
    /// What came out.
    pub text: String,
    /// What it took: `--cpus 4`, `WORKERS is not set`. Empty where it stands as it is.
    pub facts: Vec<Said>,
    /// Why nothing came out, with the flag that would answer it.
    pub unknown: Option<(Said, Said)>,
}

/// So many facts of a text are told; nobody reads more.
const MOST_FACTS: usize = 4;

impl Text {
    /// As it stands.
    pub fn plain(text: impl Into<String>) -> Text {
        Text {
            text: text.into(),
            ..Text::default()
        }
    }

    /// It cannot be told, and this is how to answer it.
    pub fn asked(why: Said, hint: impl Into<Said>) -> Text {
        Text {
            unknown: Some((why, hint.into())),
            ..Text::default()
        }
    }

    /// It cannot be told: the message that says why.
    pub fn unknown(why: &'static str) -> Text {
        Text::asked(Said::of(why), "")
    }

    /// Appends another one.
    pub fn push(&mut self, other: &Text) {
        self.text.push_str(&other.text);
        self.learn(&other.facts);
        if self.unknown.is_none() {
            self.unknown.clone_from(&other.unknown);
        }
    }

    /// Adds what it took.
    pub fn learn(&mut self, facts: &[Said]) {
        for fact in facts {
            if self.facts.len() < MOST_FACTS && !self.facts.contains(fact) {
                self.facts.push(fact.clone());
            }
        }
    }

    /// The value of a setting that stands at a place.
    pub fn known(&self, at: &Place) -> Known<String> {
        match &self.unknown {
            Some((why, hint)) => Known::Unknown {
                at: Some(at.clone()),
                why: why.clone(),
                hint: hint.clone(),
            },
            None if self.facts.is_empty() => Known::Found {
                value: self.text.clone(),
                at: at.clone(),
            },
            None => Known::Derived {
                value: self.text.clone(),
                at: at.clone(),
                how: Said::Row(self.facts.clone(), ", "),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_a_value_is_known_goes_with_it() {
        let at = Place::new("/etc/gunicorn.conf.py", 3);
        let text = Text {
            text: "9".to_owned(),
            facts: vec!["--cpus 4".into()],
            unknown: None,
        };
        let known = text.known(&at);
        assert_eq!(known.how().english(), "--cpus 4; gunicorn.conf.py:3");
        let number = known.and_then("no number".into(), |text| text.parse::<u32>().ok());
        assert_eq!(number.value(), Some(&9));
        assert_eq!(number.how(), known.how());
        let none = known.and_then("no size".into(), |_| None::<u32>);
        assert_eq!(none.how().english(), "unknown: no size; gunicorn.conf.py:3");
        assert!(!Known::Default(1).is_said());
    }
}
