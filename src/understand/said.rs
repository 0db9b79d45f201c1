//! What is to be told, before it has words: the name of a message and the facts that stand in it. Whoever tells it has the catalogues.

use super::known::Place;

/// Something to be told, in no language.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Said {
    /// What is the same in every language: a name, a flag, a line of a file.
    Plain(String),
    /// A message, and what stands in it by name.
    Message(&'static str, Vec<(&'static str, Said)>),
    /// Several, with this between them.
    Row(Vec<Said>, &'static str),
}

/// Who finds words for a message and its facts.
pub type Speech<'a> = dyn Fn(&str, &[(&str, &str)]) -> String + 'a;

impl Said {
    /// A message without facts, so far.
    pub fn of(message: &'static str) -> Said {
        Said::Message(message, Vec::new())
    }

    /// The same with a fact.
    pub fn with(mut self, name: &'static str, fact: impl Into<Said>) -> Said {
        if let Said::Message(_, facts) = &mut self {
            facts.push((name, fact.into()));
        }
        self
    }

    /// This, and behind a colon why.
    pub fn because(self, why: Said) -> Said {
        Said::Row(vec![self, why], ": ")
    }

    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        match self {
            Said::Plain(text) => text.is_empty(),
            Said::Message(..) => false,
            Said::Row(all, _) => all.is_empty(),
        }
    }

    /// In the words of a speech.
    pub fn tell(&self, speech: &Speech<'_>) -> String {
        match self {
            Said::Plain(text) => text.clone(),
            Said::Message(message, facts) => {
                let told: Vec<(&str, String)> = (facts.iter())
                    .map(|(name, fact)| (*name, fact.tell(speech)))
                    .collect();
                let facts: Vec<(&str, &str)> =
                    told.iter().map(|(name, fact)| (*name, &**fact)).collect();
                speech(message, &facts)
            }
            Said::Row(all, between) => {
                let told: Vec<String> = all.iter().map(|one| one.tell(speech)).collect();
                told.join(between)
            }
        }
    }
}

impl Default for Said {
    fn default() -> Said {
        Said::Plain(String::new())
    }
}

impl From<String> for Said {
    fn from(text: String) -> Said {
        Said::Plain(text)
    }
}

impl From<&str> for Said {
    fn from(text: &str) -> Said {
        Said::Plain(text.to_owned())
    }
}

impl From<&Place> for Said {
    fn from(at: &Place) -> Said {
        Said::Plain(at.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::words::{Language, Words};

    impl Said {
        /// As an English reader is told it.
        pub(in crate::understand) fn english(&self) -> String {
            self.tell(&Words::of(Language::English).speech())
        }
    }

    #[test]
    fn facts_may_be_sayings_themselves() {
        let inner = Said::of("understood-unset").with("name", "W");
        let said = Said::Row(vec![inner, "g.py:3".into()], "; ");
        assert_eq!(said.english(), "W is not set; g.py:3");
        let why = Said::of("understood-unknown").with("why", Said::of("understood-no-number"));
        let why = why.tell(&Words::of(Language::Korean).speech());
        assert!(
            why.contains("알 수 없음") && !why.contains("understood"),
            "{why}"
        );
    }
}
