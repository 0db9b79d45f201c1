//! Where lessons come from: the binary, or a folder of a teacher's own, read by whoever may read.

use std::collections::BTreeMap;

use super::file::{Lesson, number, parse};
use super::mistakes::{Mistake, Mistakes};
use crate::report::words::Language;

/// A lesson's folder: its texts and what lies beside them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Folder {
    /// `02-four-slow-readers`.
    pub name: String,
    /// How mistakes call it: `lessons/02-four-slow-readers`.
    pub label: String,
    /// Its files by name: `en.md`, `ko.md`, `site.toml`.
    pub files: BTreeMap<String, String>,
}

impl Folder {
    /// Its number.
    pub fn number(&self) -> u32 {
        number(&self.name)
    }

    /// The languages that it has.
    pub fn languages(&self) -> Vec<Language> {
        let all = Language::ALL.into_iter();
        all.filter(|language| self.files.contains_key(&text_of(*language)))
            .collect()
    }

    /// The lesson in a language; in the first that there is, if it does not have that.
    ///
    /// # Errors
    /// What is wrong with the text; a folder without one.
    pub fn lesson(&self, language: Language) -> Result<Lesson, Mistakes> {
        let spoken = [language].into_iter().chain(Language::ALL);
        let mut found = spoken.filter_map(|language| {
            let file = text_of(language);
            Some((language, self.files.get(&file)?, file))
        });
        let Some((language, text, file)) = found.next() else {
            return Err(Mistakes(vec![Mistake {
                file: self.label.clone(),
                line: 1,
                key: String::new(),
                what: "there is no text in this folder".to_owned(),
                hint: Some("write `en.md` or `ko.md`; docs/lessons.md says how".to_owned()),
            }]));
        };
        parse(
            &self.name,
            language,
            &format!("{}/{file}", self.label),
            text,
        )
    }
}

/// The file of a language's words.
fn text_of(language: Language) -> String {
    format!("{}.md", language.code())
}

/// The lessons in the binary, by name.
pub fn embedded() -> Vec<Folder> {
    let folders: &[(&str, &[(&str, &str)])] = include!(concat!(env!("OUT_DIR"), "/lessons.rs"));
    let folder = |(name, files): &(&str, &[(&str, &str)])| Folder {
        name: (*name).to_owned(),
        label: format!("lessons/{name}"),
        files: (files.iter())
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect(),
    };
    folders.iter().map(folder).collect()
}
