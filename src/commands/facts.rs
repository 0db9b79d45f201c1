//! What the manifest says of an engine: names and numbers as they are, sentences also without their words.

use std::collections::BTreeMap;

use super::finish::talk;
use crate::record::{Manifest, Told, UNPLAYABLE};
use crate::report::words::{Language, Words};

/// By name.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    said: BTreeMap<String, String>,
    told: BTreeMap<String, Told>,
}

impl Facts {
    /// Versions and the like.
    pub(super) fn named(facts: impl IntoIterator<Item = (String, String)>) -> Facts {
        Facts {
            said: facts.into_iter().collect(),
            told: BTreeMap::new(),
        }
    }

    /// Adds a sentence, which programs read in English. Several of one name are counted.
    pub(super) fn tell(&mut self, name: String, told: Told) {
        let english = Words::of(Language::English).sentence(&told);
        let later = (2..).map(|place| format!("{name} ({place})"));
        let mut names = std::iter::once(name.clone()).chain(later);
        let free = names.find(|name| !self.said.contains_key(name));
        let name = free.unwrap_or(name);
        self.said.insert(name.clone(), english.unwrap_or_default());
        self.told.insert(name, told);
    }

    /// Adds why a variant is not played, and says it.
    pub(super) fn leave_out(&mut self, variant: &str, told: Told, words: &Words) {
        let why = words.sentence(&told).unwrap_or_default();
        let mut said = words.tell("run-left-out", &[("why", &why)]);
        if let Some(hint) = words.hint(&told) {
            let word = words.say("mistake-hint", []);
            said.push_str(&format!("\n{word}: {hint}"));
        }
        talk(&said);
        self.tell(format!("{UNPLAYABLE}{variant}"), told);
    }

    /// All of them, as programs read them.
    pub(super) fn said(&self) -> BTreeMap<String, String> {
        self.said.clone()
    }

    /// Writes them down.
    pub(super) fn into_manifest(self, manifest: &mut Manifest) {
        manifest.engine_facts = self.said;
        manifest.told = self.told;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::backend_config::LINGER;
    use crate::plan::Plan;
    use crate::reference::export::{Note, Unplayable, newer_nginx, notes, shortfall};
    use crate::reference::programs::Version;
    use crate::report::chart::fixture;
    use crate::time::Span;

    /// A plan that the real programs play by many other means.
    fn plan() -> Plan {
        let mut plan = fixture::run().variants[0].plan.clone();
        plan.backend.instances = 2;
        plan.backend.linger = Span::ZERO;
        if let Some(proxy) = &mut plan.proxy {
            proxy.instances = 3;
        }
        let link = serde_json::json!({ "rate": "10Mbit/s", "rtt": "50ms" });
        plan.groups[0].link = Some(serde_json::from_value(link).unwrap());
        plan
    }

    fn unplayable() -> [Unplayable; 5] {
        let variant = "v".to_owned();
        [
            Unplayable::NoStack {
                variant: variant.clone(),
            },
            Unplayable::WallClockTimer {
                variant: variant.clone(),
                tier: "proxy",
            },
            Unplayable::FilesStay {
                variant: variant.clone(),
                key: "pipe",
            },
            Unplayable::SickProxy {
                variant: variant.clone(),
            },
            Unplayable::FractionOfSecond {
                variant,
                key: "timeout",
                value: Span::from_ms(1500),
                rounded: Span::from_secs(2),
            },
        ]
    }

    fn all_notes() -> Vec<Note> {
        let mut all = notes(&plan());
        let mut lingers = plan();
        lingers.backend.linger = LINGER;
        all.extend(shortfall(&lingers, Version([23, 0, 0])));
        all.extend(newer_nginx(Version([1, 31, 5])));
        all
    }

    /// The exported files speak English without a catalogue.
    #[test]
    fn what_the_files_say_is_what_the_catalogue_says() {
        let english = Words::of(Language::English);
        for note in all_notes() {
            assert_eq!(english.sentence(&note.told), Some(note.text));
        }
        for error in unplayable() {
            let told = error.told();
            let said = english.sentence(&told).unwrap();
            let hint = english.hint(&told).unwrap();
            assert_eq!(format!("{said}\nhint: {hint}"), error.to_string());
        }
    }

    #[test]
    fn korean_readers_get_korean() {
        let korean = Words::of(Language::Korean);
        let told = all_notes().into_iter().map(|note| note.told);
        let told: Vec<Told> = told.chain(unplayable().map(|error| error.told())).collect();
        assert!(told.len() >= 11, "{told:?}");
        for told in told {
            let said = korean.sentence(&told).unwrap();
            assert!(said.contains(['다', '.']), "{said}");
            assert_ne!(Some(said), Words::of(Language::English).sentence(&told));
        }
    }

    #[test]
    fn a_fact_is_told_in_the_language_of_its_reader() {
        let mut facts = Facts::named([("nginx".to_owned(), "1.22.1".to_owned())]);
        let [pipeline, ..] = unplayable();
        facts.tell("left out v".to_owned(), pipeline.told());
        facts.tell("left out v".to_owned(), pipeline.told());
        let mut manifest = Manifest::default();
        facts.into_manifest(&mut manifest);
        let korean = Words::of(Language::Korean);
        let of = |name: &str| korean.engine_fact(&manifest, name).unwrap();
        assert_eq!(of("nginx"), "1.22.1");
        assert!(of("left out v").contains("파이프라인"));
        assert!(of("left out v (2)").contains("파이프라인"));
        // A folder of an older slowlab has the words only.
        manifest.told.clear();
        let kept = korean.engine_fact(&manifest, "left out v").unwrap();
        assert!(kept.starts_with("variant `v` is a pipeline"), "{kept}");
    }
}
