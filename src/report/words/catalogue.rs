//! A language's messages, and how facts become one of its sentences.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use serde_json::Value;

use super::{Language, argument};
use crate::plan::BASELINE;
use crate::record::summary::{Finding, Headline};
use crate::record::{Manifest, Told};

/// The catalogues of one language.
pub struct Words {
    language: Language,
    bundle: FluentBundle<FluentResource>,
}

static ENGLISH: LazyLock<Words> = LazyLock::new(|| Words::load(Language::English));
static KOREAN: LazyLock<Words> = LazyLock::new(|| Words::load(Language::Korean));

impl Words {
    /// Those of a language.
    pub fn of(language: Language) -> &'static Words {
        match language {
            Language::English => &ENGLISH,
            Language::Korean => &KOREAN,
        }
    }

    /// Which language it is.
    pub fn language(&self) -> Language {
        self.language
    }

    fn load(language: Language) -> Words {
        let mut bundle = FluentBundle::new_concurrent(vec![language.identifier()]);
        // The marks are for mixed directions of writing; neither language has them, and terminals show them.
        bundle.set_use_isolating(false);
        for text in language.catalogues() {
            // A mistake costs only its own message, and a test makes each of them.
            let resource = match FluentResource::try_new((*text).to_owned()) {
                Ok(resource) | Err((resource, _)) => resource,
            };
            bundle.add_resource_overriding(resource);
        }
        Words { language, bundle }
    }

    /// A message, with its arguments by name. One that the language does not have comes in English, and one that nobody has is its name.
    pub fn say<'a>(
        &self,
        message: &str,
        arguments: impl IntoIterator<Item = (&'a str, FluentValue<'a>)>,
    ) -> String {
        let arguments: FluentArgs<'_> = arguments.into_iter().collect();
        self.told(message, &arguments)
            .unwrap_or_else(|| message.to_owned())
    }

    /// The same with texts as arguments.
    pub fn tell(&self, message: &str, arguments: &[(&str, &str)]) -> String {
        let arguments = arguments.iter().map(|(name, text)| (*name, (*text).into()));
        self.say(message, arguments)
    }

    /// [`Words::tell`], for those who know no catalogue.
    pub fn speech(&self) -> impl Fn(&str, &[(&str, &str)]) -> String + '_ {
        |message, arguments| self.tell(message, arguments)
    }

    /// The sentence of a finding; one of a kind that these catalogues do not know keeps the words that it has.
    pub fn finding(&self, finding: &Finding) -> String {
        let mut arguments = self.arguments(&finding.fields);
        arguments.set("at_s", argument::instant(finding.at_s));
        default_to_none(&mut arguments, "beside_group");
        let message = format!("finding-{}", finding.kind.replace('_', "-"));
        self.told(&message, &arguments)
            .unwrap_or_else(|| finding.text.clone())
    }

    /// The sentence of an account, likewise.
    pub fn account(&self, account: &Finding) -> String {
        let arguments = self.arguments(&account.fields);
        let message = format!("account-{}", account.kind.replace('_', "-"));
        self.told(&message, &arguments)
            .unwrap_or_else(|| account.text.clone())
    }

    /// The sentence of a run.
    pub fn headline(&self, headline: &Headline) -> String {
        let mut arguments = self.arguments(&headline.fields);
        default_to_none(&mut arguments, "cause_beside_group");
        let harm = format!("headline-{}", headline.kind);
        let harm = self.told(&harm, &arguments).unwrap_or_default();
        let cause = headline.fields.get("cause").and_then(Value::as_str);
        let cause = cause.map(|kind| format!("cause-{}", kind.replace('_', "-")));
        let reason = cause.and_then(|message| self.told(&message, &arguments));
        arguments.set("harm", harm);
        arguments.set(
            "reason",
            reason.unwrap_or_else(|| argument::NONE.to_owned()),
        );
        arguments.set("variant", format!("`{}`", headline.variant));
        arguments.set(
            "is_plain",
            argument::yes_or_no(headline.variant == BASELINE),
        );
        default_to_none(&mut arguments, "best_variant");
        for name in [
            "cure_variants_count",
            "control_variants_count",
            "others",
            "left",
        ] {
            if arguments.get(name).is_none() {
                arguments.set(name, 0);
            }
        }
        self.told("headline", &arguments)
            .unwrap_or_else(|| headline.text.clone())
    }

    /// What the manifest says of an engine, in these words where it is a sentence that they know.
    pub fn engine_fact(&self, manifest: &Manifest, name: &str) -> Option<String> {
        let kept = manifest.engine_facts.get(name)?;
        let told = (manifest.told.get(name)).and_then(|told| self.sentence(told));
        Some(told.unwrap_or_else(|| kept.clone()))
    }

    /// A sentence that was kept without its words.
    pub fn sentence(&self, told: &Told) -> Option<String> {
        self.told(&told.message, &fields(told))
    }

    /// What to do about it, if that is known.
    pub fn hint(&self, told: &Told) -> Option<String> {
        self.told(&format!("{}.hint", told.message), &fields(told))
    }

    fn arguments(&self, fields: &BTreeMap<String, Value>) -> FluentArgs<'static> {
        let mut arguments = FluentArgs::new();
        for (name, value) in fields {
            argument::add(&mut arguments, self.language, name, value);
        }
        arguments
    }

    fn told(&self, message: &str, arguments: &FluentArgs<'_>) -> Option<String> {
        let (words, pattern) = match self.pattern(message) {
            Some(pattern) => (self, pattern),
            None if self.language == Language::English => return None,
            None => {
                let english = Words::of(Language::English);
                (english, english.pattern(message)?)
            }
        };
        let mut errors = Vec::new();
        let bundle = &words.bundle;
        let text = bundle.format_pattern(pattern, Some(arguments), &mut errors);
        // An older folder's facts may lack what a sentence asks for: half a sentence would be worse than none.
        if !errors.is_empty() {
            return None;
        }
        // A sentence over several lines of a catalogue is still one line.
        Some(
            text.split('\n')
                .map(str::trim)
                .collect::<Vec<_>>()
                .join(" "),
        )
    }

    /// Of a message, or of one of its attributes (`message.attribute`).
    fn pattern(&self, message: &str) -> Option<&fluent_syntax::ast::Pattern<&str>> {
        match message.split_once('.') {
            None => self.bundle.get_message(message)?.value(),
            Some((message, attribute)) => {
                let message = self.bundle.get_message(message)?;
                Some(message.get_attribute(attribute)?.value())
            }
        }
    }
}

/// What an older folder's facts do not have.
fn default_to_none(arguments: &mut FluentArgs<'_>, name: &'static str) {
    if arguments.get(name).is_none() {
        arguments.set(name, argument::NONE);
    }
}

fn fields(told: &Told) -> FluentArgs<'_> {
    let fields = told.fields.iter();
    fields
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}
