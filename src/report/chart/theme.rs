//! Colours and sizes that all charts share.
//!
//! After Okabe and Ito: amber, blue and red differ in lightness as well as in hue, and no chart relies on hue alone. Charts carry
//! their own paper, so that they read the same on light and dark pages.

use plotters::style::RGBAColor;

use crate::plan::Plan;

/// The sheet.
pub(super) const PAPER: RGBAColor = rgb(0xff, 0xff, 0xff);
/// Words and axes.
pub(super) const INK: RGBAColor = rgb(0x1f, 0x26, 0x2e);
/// Words of second rank.
pub(super) const FAINT: RGBAColor = rgb(0x5b, 0x66, 0x72);
/// Lines of a grid.
pub(super) const GRID: RGBAColor = rgb(0xe3, 0xe7, 0xeb);
/// The ground of a lane.
pub(super) const LANE: RGBAColor = rgb(0xf3, 0xf5, 0xf7);
/// Warm-up and drain.
pub(super) const SHADE: RGBAColor = RGBAColor(0x5b, 0x66, 0x72, 0.10);
/// Failures.
pub(super) const FAILURE: RGBAColor = rgb(0xc2, 0x10, 0x2a);
/// The accept queue.
pub(super) const QUEUE: RGBAColor = rgb(0x7a, 0x4f, 0x9a);

/// Size of a title: the height of its line in pixels, about 1.24 times the size that CSS would call it.
pub(super) const TITLE: f64 = 25.0;
/// Size of a subtitle.
pub(super) const SUBTITLE: f64 = 18.0;
/// Size of labels.
pub(super) const LABEL: f64 = 16.5;
/// Size of notes.
pub(super) const SMALL: f64 = 14.5;

/// A group's or a variant's two shades.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Hue {
    /// Full strength: the handler, a line.
    pub(super) strong: RGBAColor,
    /// Lighter: waiting for the client.
    pub(super) light: RGBAColor,
}

/// Groups that hold on to their connection.
const SLOW: [Hue; 3] = [
    hue(rgb(0x8f, 0x56, 0x00), rgb(0xf4, 0xb6, 0x42)),
    hue(rgb(0x8c, 0x2f, 0x6b), rgb(0xe3, 0x9c, 0xc8)),
    hue(rgb(0x6b, 0x5d, 0x1e), rgb(0xd6, 0xc5, 0x62)),
];
/// Everyone else.
const HEALTHY: [Hue; 3] = [
    hue(rgb(0x00, 0x5f, 0xa8), rgb(0x7c, 0xb8, 0xe6)),
    hue(rgb(0x00, 0x7a, 0x5c), rgb(0x78, 0xc8, 0xb0)),
    hue(rgb(0x3f, 0x4b, 0x9e), rgb(0xa6, 0xb0, 0xe6)),
];
/// Work for requests of no known group.
pub(super) const UNKNOWN: Hue = hue(rgb(0x6a, 0x74, 0x7e), rgb(0xb9, 0xc0, 0xc7));

/// Lines of variants: colour and dash. The plain configuration comes first and stands out.
pub(super) const VARIANTS: [RGBAColor; 6] = [
    rgb(0xc0, 0x5a, 0x00),
    rgb(0x00, 0x5f, 0xa8),
    rgb(0x00, 0x7a, 0x5c),
    rgb(0x8c, 0x2f, 0x6b),
    rgb(0x4a, 0x55, 0x60),
    rgb(0x6b, 0x5d, 0x1e),
];

/// The groups of a plan with their colours, in the plan's order.
pub(super) fn hues(plan: &Plan) -> Vec<(String, Hue)> {
    let (mut slow, mut healthy) = (0, 0);
    plan.groups
        .iter()
        .map(|group| {
            let (hues, next) = if group.is_healthy() {
                (&HEALTHY, &mut healthy)
            } else {
                (&SLOW, &mut slow)
            };
            let hue = hues[*next % hues.len()];
            *next += 1;
            (group.name.clone(), hue)
        })
        .collect()
}

/// The hue of a group by name.
pub(super) fn hue_of(hues: &[(String, Hue)], group: Option<&str>) -> Hue {
    hues.iter()
        .find(|(name, _)| Some(name.as_str()) == group)
        .map_or(UNKNOWN, |(_, hue)| *hue)
}

/// `over` laid on `under` with the given strength, as an opaque colour.
pub(super) fn blend(under: RGBAColor, over: RGBAColor, strength: f64) -> RGBAColor {
    let strength = strength.clamp(0.0, 1.0);
    let mix =
        |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * strength).round() as u8;
    rgb(
        mix(under.0, over.0),
        mix(under.1, over.1),
        mix(under.2, over.2),
    )
}

const fn rgb(red: u8, green: u8, blue: u8) -> RGBAColor {
    RGBAColor(red, green, blue, 1.0)
}

const fn hue(strong: RGBAColor, light: RGBAColor) -> Hue {
    Hue { strong, light }
}
