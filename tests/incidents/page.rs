//! docs/incidents.md.

use std::fmt::Write as _;

use crate::data::{Full, Incident};
use crate::measured::Known;
use crate::sim;

const OPENING: &str = "# Incidents

Public reports in which slow clients, back-pressure, buffers or timers between a proxy and an application server played the part, and what reproduces them
here. Figures under *reported* are the reporters'. A scenario plays a report at a scale that fits into seconds, on all engines (*real* is nginx
1.22 with gunicorn 27 on the machine where this was measured, by `scripts/incidents`; *sim* is computed by the test that writes this page). Virtual
time costs nothing, so the sim also plays the reporter's own figures where they are known.

Made by `tests/incidents` from [incidents.toml](../tests/incidents/incidents.toml): `SLOWLAB_BLESS=1 cargo test --test incidents`.

## Reproduced

| incident | reported | played by | shown by | real | lab | sim | with the reporter's figures, in the sim |
|---|---|---|---|--:|--:|--:|---|
";

const NOT_YET: &str = "
## Not reproduced

| incident | reported | why not |
|---|---|---|
";

pub(crate) fn page(incidents: &[Incident], known: &Known) -> String {
    let mut page = OPENING.to_owned();
    // Each takes its time: one thread each, told in order.
    std::thread::scope(|scope| {
        let played = incidents.iter().filter(|one| one.scenario.is_some());
        let rows: Vec<_> = played
            .map(|incident| scope.spawn(|| reproduced(incident, known)))
            .collect();
        for row in rows {
            page.push_str(&row.join().unwrap());
        }
    });
    page.push_str(NOT_YET);
    for incident in incidents {
        if let Some(why) = &incident.not {
            let _ = writeln!(
                page,
                "| {} | {} | {why} |",
                name(incident),
                incident.reported
            );
        }
    }
    page
}

fn reproduced(incident: &Incident, known: &Known) -> String {
    let scenario = incident.scenario.as_ref().unwrap();
    let variant = &incident.variant;
    let summary = sim::play(scenario, variant, &[]);
    let (mut facts, mut real, mut lab, mut simulated) = (vec![], vec![], vec![], vec![]);
    for fact in &incident.facts {
        let key = (scenario.clone(), variant.clone(), fact.clone());
        let measured = known.get(&key).cloned();
        let [on_real, on_lab] = measured.unwrap_or_else(|| ["–".to_owned(), "–".to_owned()]);
        facts.push(format!("`{fact}`"));
        real.push(on_real);
        lab.push(on_lab);
        simulated.push(sim::shown(fact, &summary));
    }
    let full: Vec<String> = (incident.full.iter())
        .map(|full| at_full_scale(scenario, variant, full))
        .collect();
    let note = incident.note.as_ref();
    let note = note.map_or(String::new(), |note| format!("<br>({note})"));
    let cells = [facts, real, lab, simulated, full].map(|lines| lines.join("<br>"));
    format!(
        "| {} | {}{note} | [`{scenario}`](../scenarios/{scenario}.toml), {variant} | {} |\n",
        name(incident),
        incident.reported,
        cells.join(" | ")
    )
}

fn at_full_scale(scenario: &str, variant: &str, full: &Full) -> String {
    let variant = full.variant.as_deref().unwrap_or(variant);
    let summary = sim::play(scenario, variant, &full.set);
    let facts = full.facts.iter();
    let facts = facts.map(|fact| format!("`{fact}` {}", sim::shown(fact, &summary)));
    format!("{}: {}", full.says, facts.collect::<Vec<_>>().join(", "))
}

/// What was seen, where it was told, and when.
fn name(incident: &Incident) -> String {
    let places: Vec<String> = incident.of.iter().map(|place| link(place)).collect();
    format!(
        "{}: {} ({})",
        places.join(", "),
        incident.what,
        incident.when
    )
}

/// A link to GitHub for `owner/project#number`, the words themselves otherwise.
fn link(place: &str) -> String {
    let parts = place.split_once('#').filter(|(project, number)| {
        project.contains('/') && number.chars().all(|digit| digit.is_ascii_digit())
    });
    match parts {
        Some((project, number)) => {
            format!("[{place}](https://github.com/{project}/issues/{number})")
        }
        None => place.to_owned(),
    }
}
