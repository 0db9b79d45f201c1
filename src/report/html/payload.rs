//! What the page's scripts know: the same series as its pictures, and single requests with their instants at every party.
//!
//! Instants are microseconds since a variant's origin; of a request they count from its intended start. What is not known is `null`. A page
//! carries at most [`MOST_REQUESTS`] requests of all variants together, failures and what findings point at first.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::areas::changes;
use super::axes::{Axes, kind, queue};
use super::flow;
use super::journeys::{Request, requests};
use super::palette;
use super::pane::{Found, Side};
use super::segments::Segment;
use crate::record::RequestRecord;
use crate::record::summary::Summary;
use crate::report::data::VariantData;
use crate::report::stage_lanes::lanes as lanes_of_stages;
use crate::report::words::Words;

/// Requests that a page carries.
pub(super) const MOST_REQUESTS: usize = 6_000;

/// Everything.
#[derive(Serialize)]
pub(super) struct Payload {
    end_us: u64,
    /// Lowest and highest latency of the pictures over time, in microseconds.
    latency: (f64, f64),
    words: BTreeMap<String, String>,
    /// Words for kinds of ends that are no status.
    kinds: BTreeMap<String, String>,
    variants: Vec<Variant>,
    findings: Vec<Mark>,
}

#[derive(Serialize)]
struct Variant {
    name: String,
    groups: Vec<Group>,
    slots: Option<u64>,
    proxied: bool,
    lanes: Vec<(u32, u32)>,
    /// Lane, from, length, whether waiting, group, request.
    segments: Vec<(usize, u64, u64, u8, usize, Option<u64>)>,
    /// Instant, connections; an instant holds until the next.
    queue: Vec<(u64, u64)>,
    /// The places where bytes wait.
    bands: Vec<String>,
    /// Their colours.
    band_classes: Vec<&'static str>,
    /// Instant, bytes in each of them.
    bytes: Vec<(u64, Vec<u64>)>,
    /// Instant, bytes of responses that have come to the clients; where flows are shown.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    delivered: Vec<(u64, u64)>,
    /// Of a pipeline: each stage and since when it was mostly doing what (`StageLane::mostly`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stages: Vec<(String, Vec<(u64, u8)>)>,
    requests: Vec<Request>,
    /// How many requests there were.
    of_requests: usize,
    #[serde(skip)]
    joined_from: Option<usize>,
}

#[derive(Serialize)]
struct Group {
    name: String,
    class: &'static str,
}

/// A finding's place.
#[derive(Serialize)]
struct Mark {
    variant: String,
    at_us: u64,
    requests: Vec<u64>,
}

impl Payload {
    /// Of those variants whose panes scripts are to enliven, each with the side that has its pane. `latency` is the lowest and the highest of the run.
    pub(super) fn of(
        variants: &[(&VariantData, &Side<'_>)],
        summary: &Summary,
        axes: &Axes,
        latency: (f64, f64),
        words: &Words,
    ) -> Payload {
        let most = MOST_REQUESTS / variants.len().max(1);
        let variant = |(of, side): &(&VariantData, &Side<'_>)| {
            let nothing = Found::default();
            let found = side.found(of).unwrap_or(&nothing);
            Variant::of(of, summary, (axes, found), most)
        };
        Payload {
            end_us: axes.end_us,
            latency,
            words: super::wording::for_scripts(words),
            kinds: super::wording::kinds(words),
            variants: variants.iter().map(variant).collect(),
            findings: (summary.findings.iter())
                .map(|finding| Mark {
                    variant: finding.variant.clone(),
                    at_us: (finding.at_s.max(0.0) * 1e6) as u64,
                    requests: finding.requests.clone(),
                })
                .collect(),
        }
    }

    /// With what a page needs that shows flows; a report does not.
    pub(super) fn with_flows(mut self, variants: &[&VariantData]) -> Payload {
        for (shown, variant) in self.variants.iter_mut().zip(variants) {
            let delivered = flow::delivered(variant);
            shown.delivered = changes(delivered, |one, other| one.1 == other.1);
        }
        self
    }

    /// As JSON that no HTML parser takes for markup.
    pub(super) fn json(&self) -> String {
        super::in_script(&self.plain())
    }

    /// As JSON, on one line.
    pub(super) fn plain(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// What the page has less of than there was.
    pub(super) fn thinned(&self) -> Vec<Thinned<'_>> {
        let mut thinned = Vec::new();
        for variant in &self.variants {
            let mut told = |requests: bool, kept: usize, all: usize| {
                if kept < all {
                    thinned.push(Thinned {
                        variant: &variant.name,
                        requests,
                        kept,
                        all,
                    });
                }
            };
            told(true, variant.requests.len(), variant.of_requests);
            if let Some(all) = variant.joined_from {
                told(false, variant.segments.len(), all);
            }
        }
        thinned
    }
}

/// Something that a page has only a part of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Thinned<'a> {
    pub(super) variant: &'a str,
    /// Whether requests; otherwise stretches in lanes.
    pub(super) requests: bool,
    pub(super) kept: usize,
    pub(super) all: usize,
}

impl Variant {
    fn of(
        variant: &VariantData,
        summary: &Summary,
        (axes, found): (&Axes, &Found),
        most: usize,
    ) -> Variant {
        let plan = &variant.plan;
        let lanes = &found.lanes;
        let waiting = found.waiting.as_ref();
        let (bands, looks) = waiting.map_or((&[][..], &[][..]), |one| (&one.bands, &one.looks));
        let groups = plan.groups.iter().zip(palette::classes(plan));
        let findings = summary.findings.iter();
        let findings = findings.filter(|finding| finding.variant == plan.variant);
        let shown: BTreeSet<u64> = findings.flat_map(|one| one.requests.clone()).collect();
        Variant {
            name: plan.variant.clone(),
            groups: groups
                .map(|(group, class)| Group {
                    name: group.name.clone(),
                    class,
                })
                .collect(),
            slots: plan.backend.slots(),
            proxied: variant.has_proxy(),
            segments: match lanes.crowded(plan) {
                true => Vec::new(),
                false => lanes.segments.iter().map(flat).collect(),
            },
            joined_from: lanes.joined_from.filter(|_| !lanes.crowded(plan)),
            lanes: lanes.places.clone(),
            queue: changes(queue(variant), |one, other| one.1 == other.1),
            band_classes: bands.iter().map(|band| band.class).collect(),
            bands: bands.iter().map(|band| band.name.clone()).collect(),
            bytes: (changes(looks, |one, other| one.1 == other.1).into_iter())
                .cloned()
                .collect(),
            delivered: Vec::new(),
            stages: (lanes_of_stages(variant, axes.end_us).iter())
                .map(|stage| (stage.name.clone(), stage.mostly()))
                .collect(),
            requests: requests(variant, &found.filled.places, &kept(variant, &shown, most)),
            of_requests: variant.requests.len(),
        }
    }
}

fn flat(segment: &Segment) -> (usize, u64, u64, u8, usize, Option<u64>) {
    let lasts = segment.to_us - segment.from_us;
    let waiting = u8::from(segment.waiting);
    let Segment {
        lane,
        from_us,
        group,
        request,
        ..
    } = segment;
    (*lane, *from_us, lasts, waiting, *group, *request)
}

/// The requests that the page carries, by id: those that findings point at, then failures, then the others, evenly thinned.
fn kept(variant: &VariantData, shown: &BTreeSet<u64>, most: usize) -> BTreeSet<u64> {
    if variant.requests.len() <= most {
        return variant
            .requests
            .iter()
            .map(|request| request.request_id)
            .collect();
    }
    let rank = |request: &&RequestRecord| match (shown.contains(&request.request_id), kind(request))
    {
        (true, _) => 0,
        (_, end) if end != "ok" => 1,
        _ => 2,
    };
    let mut kept = BTreeSet::new();
    for class in 0..3 {
        let of_class: Vec<u64> = (variant.requests.iter())
            .filter(|request| rank(request) == class)
            .map(|request| request.request_id)
            .collect();
        let room = most - kept.len().min(most);
        let step = of_class.len().div_ceil(room.max(1)).max(1);
        kept.extend(of_class.into_iter().step_by(step).take(room));
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::fixture;
    use crate::report::data::RunData;
    use crate::report::html::latency;
    use crate::report::words::Language;

    fn payload(run: &RunData) -> Payload {
        let axes = Axes::of(run);
        let all: Vec<&VariantData> = run.variants.iter().collect();
        let summary = fixture::summary(run);
        let words = Words::of(Language::English);
        let side = Side::new((run, &summary), &axes, words, &all);
        let shown: Vec<(&VariantData, &Side<'_>)> = all.iter().map(|one| (*one, &side)).collect();
        Payload::of(&shown, &summary, &axes, latency::range(&all), words)
    }

    #[test]
    fn no_text_of_a_scenario_ends_the_script_element() {
        let mut run = fixture::run();
        run.variants[0].plan.groups[0].name = "</script><script>alert(1)".into();
        let json = payload(&run).json();
        assert!(!json.contains('<'));
        let read: serde_json::Value = serde_json::from_str(&json).unwrap();
        let name = &read["variants"][0]["groups"][0]["name"];
        assert_eq!(name, "</script><script>alert(1)");
    }

    #[test]
    fn of_too_many_requests_failures_are_kept() {
        let run = fixture::run();
        let variant = &run.variants[0];
        let failed: Vec<u64> = (variant.requests.iter())
            .filter(|request| kind(request) != "ok")
            .map(|request| request.request_id)
            .collect();
        let most = failed.len() + 40;
        assert!(variant.requests.len() > most);
        let kept = kept(variant, &BTreeSet::new(), most);
        assert!(failed.iter().all(|id| kept.contains(id)));
        assert!((failed.len() + 20..=most).contains(&kept.len()));
        let kept = super::kept(variant, &BTreeSet::new(), 10);
        assert!((6..=10).contains(&kept.len()), "{}", kept.len());
        assert!(payload(&run).thinned().is_empty());
    }
}
