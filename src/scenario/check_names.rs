//! Checks across the file: names, and who refers to whom. They read the tree, so that they also speak of parts that could
//! not be read.

use std::collections::BTreeSet;

use super::diagnostics::{Diagnostic, Diagnostics, did_you_mean, listed};
use super::sources::Place;
use super::tree::Node;
use super::{BASELINE, Configuration, Variant};
use crate::metrics;

/// Names of groups as the file says them, also of groups with other mistakes.
pub(super) fn group_names(tree: &Node) -> Vec<String> {
    names_in(tree, "clients")
}

/// The names in one of the file's lists.
pub(super) fn names_in(tree: &Node, list: &str) -> Vec<String> {
    let items = tree.get(list).map(Node::items).unwrap_or_default();
    items
        .iter()
        .filter_map(|item| Some(item.get("name")?.as_text()?.to_string()))
        .collect()
}

/// Names become file names and parts of conditions: lower case, unique, not reserved.
pub(super) fn names(tree: &Node, out: &mut Diagnostics) {
    let places = metrics::places();
    let lists: [(&str, &str, &[&str]); 3] = [
        ("clients", "client group", places),
        // The pictures of a run are in a folder of that name, beside those of its variants.
        ("variant", "variant", &[BASELINE, "charts"]),
        ("probe", "probe", &[]),
    ];
    for (list, what, reserved) in lists {
        let mut seen = BTreeSet::new();
        for item in tree.get(list).map(Node::items).unwrap_or_default() {
            let Some((node, name)) = item
                .get("name")
                .and_then(|node| Some((node, node.as_text()?)))
            else {
                continue;
            };
            let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
            if name.is_empty() || name.len() > 64 || !name.chars().all(good) {
                out.push(
                    Diagnostic::error(node.place, format!("`{name}` cannot name a {what}")).hint(
                        "use lower-case letters, digits, `-` and `_`: it becomes a file name",
                    ),
                );
            } else if reserved.contains(&name) {
                out.push(
                    Diagnostic::error(node.place, format!("a {what} cannot be called `{name}`"))
                        .hint("that name already means something in expectations and results"),
                );
            } else if !seen.insert(name.to_string()) {
                out.push(Diagnostic::error(
                    node.place,
                    format!("there are two of the {what} `{name}`"),
                ));
            }
        }
    }
}

/// Expectations may only name variants and groups that exist. Their grammar is judged elsewhere.
pub(super) fn expectations(tree: &Node, groups: &[String], out: &mut Diagnostics) {
    let places = metrics::places();
    let mut variants = names_in(tree, "variant");
    variants.push(BASELINE.to_string());
    let probes = names_in(tree, "probe");
    for expect in tree.get("expect").map(Node::items).unwrap_or_default() {
        if let Some(claim) = expect.get("claim")
            && claim.as_text().is_some_and(|claim| claim.trim().is_empty())
        {
            out.push(Diagnostic::error(claim.place, "the claim is empty"));
        }
        let Some((node, that)) = expect
            .get("that")
            .and_then(|node| Some((node, node.as_text()?)))
        else {
            continue;
        };
        for word in that.split(|c: char| !(c.is_ascii_alphanumeric() || "-_.:".contains(c))) {
            let word = word.strip_prefix('-').unwrap_or(word);
            let (variant, metric) = match word.split_once(':') {
                Some((variant, metric)) => (Some(variant), metric),
                None => (None, word),
            };
            if let Some(variant) =
                variant.filter(|name| !variants.iter().any(|known| known == name))
            {
                let known = || variants.iter().map(String::as_str);
                out.push(
                    Diagnostic::error(node.place, format!("there is no variant `{variant}`"))
                        .maybe_hint(did_you_mean(variant, known()))
                        .label(format!("variants: {}", listed(known()))),
                );
            }
            let of_group = groups.iter().any(|group| group == "probes");
            if let Some(rest) = metric.strip_prefix("probes.").filter(|_| !of_group) {
                let probe = rest.split('.').next().unwrap_or_default();
                if !probes.iter().any(|known| known == probe) {
                    out.push(no_such_probe(node.place, probe, &probes));
                }
                continue;
            }
            let group = metric.split_once('.').map(|(group, _)| group);
            let Some(group) =
                group.filter(|group| group.starts_with(|c: char| c.is_ascii_lowercase()))
            else {
                continue;
            };
            if !places.contains(&group) && !groups.iter().any(|known| known == group) {
                let known = || {
                    groups
                        .iter()
                        .map(String::as_str)
                        .chain(places.iter().copied())
                };
                out.push(
                    Diagnostic::error(node.place, format!("there is no client group `{group}`"))
                        .maybe_hint(did_you_mean(group, known()))
                        .label(format!("known: {}", listed(known()))),
                );
            }
        }
    }
}

/// What is wrong with a probe's name that is none of `probes`.
pub(super) fn no_such_probe(place: Place, probe: &str, probes: &[String]) -> Diagnostic {
    let known = || probes.iter().map(String::as_str);
    let hint = match probes {
        [] => "the scenario has no `[[probe]]`".to_owned(),
        _ => did_you_mean(probe, known()).unwrap_or_else(|| format!("probes: {}", listed(known()))),
    };
    Diagnostic::error(place, format!("there is no probe `{probe}`")).hint(hint)
}

/// A variant that changes nothing is a control that nobody asked for. A warning only: a `--set` can make it so, and what was
/// written out after `--set` must be readable again.
pub(super) fn each_changes_something(
    tree: &Node,
    baseline: &Configuration,
    variants: &[Variant],
    out: &mut Diagnostics,
) {
    let nodes = tree.get("variant").map(Node::items).unwrap_or_default();
    for node in nodes {
        let name = node.get("name").and_then(Node::as_text);
        let variant = variants
            .iter()
            .find(|variant| Some(variant.name.as_str()) == name);
        if let Some(variant) = variant
            && variant.configuration == *baseline
        {
            let place = node.get("set").map_or(node.place, |set| set.place);
            let title = format!("variant `{}` changes nothing", variant.name);
            out.push(
                Diagnostic::warning(place, title)
                    .hint("set a key to a value that the plain configuration does not have"),
            );
        }
    }
}
