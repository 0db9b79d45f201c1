//! The languages that reports speak, and how one is chosen.

use unic_langid::{LanguageIdentifier, langid};

/// A language.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum)]
pub enum Language {
    /// English.
    #[default]
    #[value(name = "en")]
    English,
    /// Korean.
    #[value(name = "ko")]
    Korean,
}

impl Language {
    /// All of them.
    pub const ALL: [Language; 2] = [Language::English, Language::Korean];

    /// What an environment asks for: the first of `LC_ALL`, `LC_MESSAGES` and `LANG` that is set and not empty; English for any that is not
    /// spoken here.
    pub fn of_environment(variable: impl Fn(&str) -> Option<String>) -> Language {
        let mut asked = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter();
        let asked = asked.find_map(|name| variable(name).filter(|value| !value.is_empty()));
        match asked {
            Some(asked)
                if asked == "ko" || asked.starts_with("ko_") || asked.starts_with("ko.") =>
            {
                Language::Korean
            }
            _ => Language::English,
        }
    }

    /// Its code, as in `<html lang="en">`.
    pub fn code(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Korean => "ko",
        }
    }

    pub(super) fn identifier(self) -> LanguageIdentifier {
        match self {
            Language::English => langid!("en"),
            Language::Korean => langid!("ko"),
        }
    }

    pub(super) fn catalogues(self) -> &'static [&'static str] {
        match self {
            Language::English => &[
                include_str!("en/browse.ftl"),
                include_str!("en/charts.ftl"),
                include_str!("en/compare.ftl"),
                include_str!("en/accounts.ftl"),
                include_str!("en/findings.ftl"),
                include_str!("en/labels.ftl"),
                include_str!("en/lessons.ftl"),
                include_str!("en/page.ftl"),
                include_str!("en/predicted.ftl"),
                include_str!("en/report.ftl"),
                include_str!("en/site.ftl"),
                include_str!("en/symptoms.ftl"),
                include_str!("en/understood.ftl"),
                include_str!("en/warnings.ftl"),
                include_str!("en/watch.ftl"),
            ],
            Language::Korean => &[
                include_str!("ko/browse.ftl"),
                include_str!("ko/charts.ftl"),
                include_str!("ko/compare.ftl"),
                include_str!("ko/accounts.ftl"),
                include_str!("ko/findings.ftl"),
                include_str!("ko/labels.ftl"),
                include_str!("ko/lessons.ftl"),
                include_str!("ko/page.ftl"),
                include_str!("ko/predicted.ftl"),
                include_str!("ko/report.ftl"),
                include_str!("ko/site.ftl"),
                include_str!("ko/symptoms.ftl"),
                include_str!("ko/understood.ftl"),
                include_str!("ko/warnings.ftl"),
                include_str!("ko/watch.ftl"),
            ],
        }
    }
}
