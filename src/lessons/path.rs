//! Courses: named paths through lessons, whose minutes are those of their lessons.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::report::words::Language;

/// A course.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Path {
    /// Its name: `fifty-minutes`.
    pub name: String,
    /// What it is called, by language.
    pub title: BTreeMap<String, String>,
    /// At most so long.
    pub minutes: u32,
    /// Names of lessons, in order.
    pub lessons: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Paths {
    path: Vec<Path>,
}

impl Path {
    /// What it is called.
    pub fn title(&self, language: Language) -> &str {
        let title = self.title.get(language.code());
        title.map_or(&self.name, String::as_str)
    }
}

/// The courses in the binary.
///
/// # Panics
/// Never: a test reads the same text.
pub fn paths() -> Vec<Path> {
    let text = include_str!("../../lessons/paths.toml");
    let paths: Paths = toml::from_str(text).expect("`lessons/paths.toml` is read by a test");
    paths.path
}
