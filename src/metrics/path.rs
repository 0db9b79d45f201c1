//! Paths: which metric is meant, and what to say of one that is not there.

use std::sync::LazyLock;

use super::absent::Absent;
use super::entry::{Getter, Level, Missing, PROBES};
use super::{Allowed, Each, Entry, Unit, entries};
use crate::record::summary::{GroupSummary, ProbeSummary, ProxySummary, VariantSummary};
use crate::tier::Tier;

/// Two names more alike than this are taken for each other (Jaro and Winkler's measure, 0 to 1).
const ALIKE: f64 = 0.8;

/// One metric: an entry of the table, with whose it is and its last word where it has one.
#[derive(Clone, Debug)]
pub struct Metric {
    entry: &'static Entry,
    of: Owner,
    word: String,
}

impl PartialEq for Metric {
    fn eq(&self, other: &Metric) -> bool {
        self.path() == other.path()
    }
}

impl Eq for Metric {}

/// Whose metric it is.
#[derive(Clone, Debug)]
enum Owner {
    Stack,
    Tier(Tier),
    Group(String),
    Probe(String),
}

/// A path that names no metric.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnknownMetric {
    /// What is wrong.
    pub what: String,
    /// What to write instead.
    pub hint: String,
}

/// First words of paths, which cannot name groups.
pub fn places() -> &'static [&'static str] {
    static PLACES: LazyLock<Vec<&str>> = LazyLock::new(|| {
        let stack = entries_of(Level::Stack);
        let mut places: Vec<_> = stack
            .filter_map(|entry| Some(entry.stem.split_once('.')?.0))
            .collect();
        places.dedup();
        places.extend(TIERS.map(Tier::name));
        places
    });
    &PLACES
}

/// The tiers of proxies that a summary knows, as a request meets them.
const TIERS: [Tier; 2] = [Tier::Edge, Tier::Proxy];

impl Metric {
    /// Reads a path.
    ///
    /// # Errors
    /// It names no metric. Whether the group or the probe exists is not known here.
    pub fn parse(path: &str) -> Result<Metric, UnknownMetric> {
        let Some((place, rest)) = path.split_once('.') else {
            return Err(UnknownMetric {
                what: format!("`{path}` is not a metric"),
                hint: format!("write `<group>.<metric>`, such as `{path}.requests`"),
            });
        };
        let tier = TIERS.into_iter().find(|tier| tier.name() == place);
        let (of, name) = match place {
            // A group may have this name, and keeps it: no metric of a group looks like one of a probe.
            PROBES if find(Level::Group, rest).is_none() => {
                let (probe, name) = rest.split_once('.').ok_or_else(|| nameless_probe(path))?;
                (Owner::Probe(probe.to_owned()), name)
            }
            _ => match tier {
                Some(tier) => (Owner::Tier(tier), rest),
                None if places().contains(&place) => (Owner::Stack, path),
                None => (Owner::Group(place.to_owned()), rest),
            },
        };
        let found = find(of.level(), name);
        match found {
            Some((entry, word)) => Ok(Metric {
                entry,
                of,
                word: word.to_owned(),
            }),
            None => Err(unknown(name, of.level())),
        }
    }

    /// Everything that `compare` has of a variant, in the table's order: the groups one by one, the stack, its tiers of
    /// proxies, the probes.
    pub fn compared(variant: &VariantSummary) -> Vec<(Metric, Allowed)> {
        let groups = variant.groups.iter();
        let groups = groups.map(|group| Owner::Group(group.name.clone()));
        let probes = variant.probes.iter();
        let probes = probes.map(|probe| Owner::Probe(probe.name.clone()));
        let mut metrics = Vec::new();
        let edge = variant.edge.as_ref().map(|_| Owner::Tier(Tier::Edge));
        let tiers = edge.into_iter().chain([Owner::Tier(Tier::Proxy)]);
        for of in groups.chain([Owner::Stack]).chain(tiers).chain(probes) {
            let of_level = entries_of(of.level());
            for entry in of_level.filter(|entry| !entry.compared.is_empty()) {
                let words = entry.each.words().into_iter();
                metrics.extend(words.filter_map(|word| {
                    let allowed = entry.allowed(&word)?;
                    let of = of.clone();
                    Some((Metric { entry, of, word }, allowed))
                }));
            }
        }
        metrics
    }

    /// Everything that a variant has a value of, in the table's order. Statuses that nobody saw are left out: there are hundreds.
    pub fn measured(variant: &VariantSummary) -> Vec<(Metric, f64)> {
        let groups: Vec<String> = (variant.groups.iter())
            .map(|group| group.name.clone())
            .collect();
        let probes = (variant.probes.iter()).map(|probe| Owner::Probe(probe.name.clone()));
        let owners = groups.iter().cloned().map(Owner::Group);
        let owners = owners.chain([Owner::Stack]).chain(TIERS.map(Owner::Tier));
        let mut measured = Vec::new();
        for of in owners.chain(probes) {
            for entry in entries_of(of.level()) {
                let words = match entry.each {
                    Each::Group => groups.clone(),
                    each => each.words(),
                };
                let metrics = words.into_iter().map(|word| Metric {
                    entry,
                    of: of.clone(),
                    word,
                });
                let known = metrics.filter_map(|metric| {
                    let value = metric.value(variant).ok()?;
                    let is_silent = entry.each == Each::Status && value == 0.0;
                    (!is_silent).then_some((metric, value))
                });
                measured.extend(known);
            }
        }
        measured
    }

    /// What tells it from others of its entry, as names and values: whose it is, and the last word of its path.
    pub fn labels(&self) -> Vec<(&'static str, &str)> {
        let owner = match &self.of {
            Owner::Stack => None,
            Owner::Tier(tier) => Some(("tier", tier.name())),
            Owner::Group(group) => Some(("group", group.as_str())),
            Owner::Probe(probe) => Some(("probe", probe.as_str())),
        };
        let name = self.entry.each.placeholder().trim_matches(['.', '<', '>']);
        let word = (!name.is_empty()).then_some((name, self.word.as_str()));
        owner.into_iter().chain(word).collect()
    }

    /// The group whose metric it is, if it is one of a group.
    pub fn group(&self) -> Option<&str> {
        match &self.of {
            Owner::Group(group) => Some(group),
            Owner::Stack | Owner::Tier(_) | Owner::Probe(_) => None,
        }
    }

    /// The group that its path names: its own, or as in `workers.held.<group>`.
    pub fn names_group(&self) -> Option<&str> {
        match self.entry.each {
            Each::Group => Some(&self.word),
            _ => self.group(),
        }
    }

    /// The last word of a family's path; empty for a single metric.
    pub fn word(&self) -> &str {
        &self.word
    }

    /// What of the table it is.
    pub fn entry(&self) -> &'static Entry {
        self.entry
    }

    /// The unit of its value.
    pub fn unit(&self) -> Unit {
        self.entry.unit
    }

    /// Its path without the group, tier or probe before it.
    pub fn name(&self) -> String {
        self.entry.name(&self.word)
    }

    /// Its path, as conditions write it.
    pub fn path(&self) -> String {
        let name = self.name();
        match &self.of {
            Owner::Stack => name,
            Owner::Tier(tier) => format!("{}.{name}", tier.name()),
            Owner::Group(group) => format!("{group}.{name}"),
            Owner::Probe(probe) => format!("{PROBES}.{probe}.{name}"),
        }
    }

    /// Its value in its [`Unit`].
    ///
    /// # Errors
    /// Why there is none: not measured, no such group, too few values.
    pub fn value(&self, variant: &VariantSummary) -> Result<f64, Absent> {
        let group = self.names_group();
        let group = group.map(|name| find_group(variant, name)).transpose()?;
        let reading = match (self.entry.getter, group, &self.of) {
            (Getter::Stack(get), ..) => get(variant, &self.word),
            (Getter::Tier(get), _, Owner::Tier(tier)) => {
                get(find_tier(variant, *tier)?, &self.word)
            }
            (Getter::Group(get), Some(group), _) => get(group, &self.word),
            (Getter::Probe(get), _, Owner::Probe(name)) => {
                get(find_probe(variant, name)?, &self.word)
            }
            (Getter::Group(_) | Getter::Tier(_) | Getter::Probe(_), ..) => {
                unreachable!("a metric of a group, a tier or a probe has one")
            }
        };
        reading.map_err(|missing| match missing {
            Missing::Value => Absent::new("judged-not-measured", [("name", self.name())]),
            Missing::Family => Absent::new(
                "judged-not-measured",
                [("name", self.entry.stem.to_owned())],
            ),
            Missing::TooFew(count) => Absent::new(
                "judged-too-few",
                [("count", count.to_string()), ("name", self.name())],
            ),
            Missing::Because(message) => Absent::new(message, []),
        })
    }
}

/// A group of a variant.
fn find_group<'a>(variant: &'a VariantSummary, name: &str) -> Result<&'a GroupSummary, Absent> {
    let found = variant.groups.iter().find(|group| group.name == name);
    found.ok_or_else(|| Absent::new("judged-no-group", [("name", name.to_owned())]))
}

/// A tier of proxies of a variant.
fn find_tier(variant: &VariantSummary, tier: Tier) -> Result<&ProxySummary, Absent> {
    let found = match tier {
        Tier::Edge => &variant.edge,
        Tier::Proxy | Tier::Backend => &variant.proxy,
    };
    let name = || [("tier", tier.name().to_owned())];
    (found.as_ref()).ok_or_else(|| Absent::new("judged-no-tier", name()))
}

/// A probe of a variant.
fn find_probe<'a>(variant: &'a VariantSummary, name: &str) -> Result<&'a ProbeSummary, Absent> {
    let found = variant.probes.iter().find(|probe| probe.name == name);
    found.ok_or_else(|| Absent::new("judged-no-probe", [("name", name.to_owned())]))
}

/// The entry of a level that a name means, and the name's last word.
fn find(level: Level, name: &str) -> Option<(&'static Entry, &str)> {
    entries_of(level).find_map(|entry| Some((entry, word_in(entry, name)?)))
}

/// The entries of a level, in the table's order.
fn entries_of(level: Level) -> impl Iterator<Item = &'static Entry> + Clone {
    entries().filter(move |entry| entry.level() == level)
}

impl Owner {
    fn level(&self) -> Level {
        match self {
            Owner::Stack => Level::Stack,
            Owner::Tier(_) => Level::Tier,
            Owner::Group(_) => Level::Group,
            Owner::Probe(_) => Level::Probe,
        }
    }
}

/// A path that stops at the probe.
fn nameless_probe(path: &str) -> UnknownMetric {
    UnknownMetric {
        what: format!("`{path}` is not a metric"),
        hint: format!("write `{PROBES}.<probe>.<metric>`, such as `{path}.failures`"),
    }
}

/// The last word of a path that is one of this entry.
fn word_in<'a>(entry: &Entry, name: &'a str) -> Option<&'a str> {
    let rest = name.strip_prefix(entry.stem)?;
    let word = match entry.each {
        Each::One => rest,
        _ => rest.strip_prefix('.')?,
    };
    entry.each.takes(word).then_some(word)
}

/// What to say of a name that no entry has. What is right at its beginning, a place or a family, is left out when names are held
/// against it: it would make all of them look alike.
fn unknown(name: &str, level: Level) -> UnknownMetric {
    let entries = entries_of(level);
    let is_in = |stem: &str| {
        let rest = name.strip_prefix(stem);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let families = entries.clone().filter(|entry| entry.each != Each::One);
    let family = families.map(|entry| entry.stem).find(|stem| is_in(stem));
    let mut places = places().iter();
    let place = places.find(|place| level == Level::Stack && is_in(place));
    let prefix = family.or(place.copied()).map(|stem| format!("{stem}."));
    let prefix = prefix.as_deref().unwrap_or_default();
    let names: Vec<String> = entries.clone().flat_map(Entry::names).collect();
    let words = names.iter().filter_map(|known| known.strip_prefix(prefix));
    let what = match level {
        Level::Group => "a metric of a group",
        Level::Stack => "a metric",
        Level::Tier => "a metric of a proxy",
        Level::Probe => "a metric of a probe",
    };
    let hint = match closest(name.strip_prefix(prefix).unwrap_or_default(), words) {
        Some(word) => format!("did you mean `{prefix}{word}`?"),
        None => there_are(entries, prefix),
    };
    UnknownMetric {
        what: format!("`{name}` is not {what}"),
        hint,
    }
}

/// The word that was probably meant. One that was left incomplete comes before one that merely looks alike.
fn closest<'a>(found: &str, known: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    let is_end = |word: &&str| {
        let before = word.strip_suffix(found);
        !found.is_empty() && before.is_some_and(|before| before.ends_with(['.', '_']))
    };
    let alike = known
        .clone()
        .map(|word| (strsim::jaro_winkler(found, word), word));
    let best = alike.max_by(|a, b| a.0.total_cmp(&b.0));
    let best = best.filter(|(likeness, _)| *likeness > ALIKE);
    known.clone().find(is_end).or(best.map(|(_, word)| word))
}

/// The entries in a line; of a family that was meant also the words.
fn there_are(entries: impl Iterator<Item = &'static Entry>, prefix: &str) -> String {
    let shape = |entry: &Entry| {
        let shape = format!("{}{}", entry.stem, entry.each.placeholder());
        let is_meant = prefix.strip_suffix('.') == Some(entry.stem);
        match entry.each.in_short().filter(|_| is_meant) {
            Some(words) => format!("{shape} (with {words})"),
            None => shape,
        }
    };
    let shapes = entries.map(shape).filter(|shape| shape.starts_with(prefix));
    let shapes: Vec<String> = shapes.collect();
    format!(
        "there are: {}; `slowlab list --metrics` explains them",
        shapes.join(", ")
    )
}
