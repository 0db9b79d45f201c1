//! Which variants of a run a report draws, on its first screen and below it, and their panes.

use super::pane::{Pane, Side};
use super::stages;
use super::waiting::Band;
use crate::plan::BASELINE;
use crate::record::summary::Summary;
use crate::report::data::{RunData, VariantData};
use crate::report::words::Words;

/// The variants that have pictures.
pub(super) struct Shown<'a> {
    /// What the first screen shows of them, and their parts in what the sentence says.
    parts: Vec<(&'a str, &'static str)>,
    pub(super) heroes: Vec<&'a VariantData>,
    pub(super) others: Vec<&'a VariantData>,
}

impl<'a> Shown<'a> {
    pub(super) fn of(run: &'a RunData, summary: &'a Summary) -> Shown<'a> {
        let parts = heroes(summary);
        let with_rows: Vec<&VariantData> = (run.variants.iter())
            .filter(|variant| variant.has_pictures() || !variant.stages.is_empty())
            .collect();
        let is_hero = |variant: &&VariantData| {
            let mut parts = parts.iter();
            parts.any(|hero| hero.0 == variant.plan.variant)
        };
        let (heroes, others) = with_rows.into_iter().partition(is_hero);
        Shown {
            parts,
            heroes,
            others,
        }
    }

    /// All variants of the run, each with the side that would have its pane: the first one's or the others'.
    pub(super) fn beside<'s>(
        &self,
        run: &'a RunData,
        [first, other]: &'s [Side<'a>; 2],
    ) -> Vec<(&'a VariantData, &'s Side<'a>)> {
        let side = |variant: &VariantData| {
            let mut parts = self.parts.iter();
            match parts.any(|hero| hero.0 == variant.plan.variant) {
                true => first,
                false => other,
            }
        };
        let variants = run.variants.iter();
        variants.map(|variant| (variant, side(variant))).collect()
    }
}

/// The pictures: those of the first screen, and the other variants'.
pub(super) struct Drawn {
    pub(super) heroes: Vec<Pane>,
    pub(super) others: Vec<Pane>,
    /// Of the first and of the second.
    pub(super) bands: (Vec<Band>, Vec<Band>),
}

impl Drawn {
    pub(super) fn of(shown: &Shown<'_>, [first, other]: &[Side<'_>; 2], words: &Words) -> Drawn {
        let hero = |(name, role): &(&str, &'static str)| {
            let mut heroes = shown.heroes.iter();
            let variant = heroes.find(|variant| variant.plan.variant == *name)?;
            Some(first.pane(variant, role))
        };
        let others = shown.others.iter();
        Drawn {
            heroes: shown.parts.iter().filter_map(hero).collect(),
            others: others.map(|variant| other.pane(variant, "")).collect(),
            bands: match stages::is_pipeline(first.summary) {
                true => (stages::bands(words), stages::bands(words)),
                false => (first.bands.clone(), other.bands.clone()),
            },
        }
    }
}

/// The variants whose pictures show what the sentence says, and their parts in it. Where nobody was harmed, the first two.
fn heroes(summary: &Summary) -> Vec<(&str, &'static str)> {
    let harmed = summary.headline.as_ref();
    let harmed = harmed.filter(|one| {
        let kinds = ["nothing", "untested", "pipeline", "pipeline-even"];
        !kinds.contains(&&*one.kind)
    });
    let Some(headline) = harmed else {
        let variants = summary.variants.iter().take(2);
        return variants.map(|variant| (&*variant.name, "")).collect();
    };
    let first = |field: &str| headline.fields.get(field)?.get(0)?.as_str();
    // Where a variant does the harm, what does none is no cure: it is what was there before. Nor is what leaves the cause out.
    let part = match headline.variant == BASELINE {
        true => "cure",
        false => "well",
    };
    let well = first("cure_variants").map(|cure| (cure, part));
    let well = well.or_else(|| Some((first("control_variants")?, "well")));
    std::iter::once((&*headline.variant, "sick"))
        .chain(well)
        .collect()
}

/// Whether all have the same tracks, so that their names need not be there again.
pub(super) fn alike(panes: &[Pane]) -> bool {
    let names = |pane: &Pane| {
        let tracks = pane.tracks.iter();
        let names = tracks.map(|track| (track.label.clone(), track.lanes.clone()));
        names.collect::<Vec<_>>()
    };
    panes
        .windows(2)
        .all(|pair| names(&pair[0]) == names(&pair[1]))
}
