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
pub(in crate::report) const FAILURE: RGBAColor = rgb(0xc2, 0x10, 0x2a);
/// The accept queue.
pub(in crate::report) const QUEUE: RGBAColor = rgb(0x7a, 0x4f, 0x9a);

/// Size of a title: the height of its line in pixels, about 1.24 times the size that CSS would call it.
pub(super) const TITLE: f64 = 26.5;
/// Size of a subtitle.
pub(super) const SUBTITLE: f64 = 20.0;
/// Size of labels.
pub(super) const LABEL: f64 = 19.5;
/// Size of notes: what CSS would call 16 px where a sheet, which is 1200 wide, is shown 1280 wide.
pub(super) const SMALL: f64 = 18.7;

/// A group's or a variant's two shades.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(in crate::report) struct Hue {
    /// Full strength: the handler, a line.
    pub(in crate::report) strong: RGBAColor,
    /// Lighter: waiting for the client.
    pub(in crate::report) light: RGBAColor,
}

/// Hues of groups: three for those that hold on to their connection, three for everyone else, and that of requests of no known group. Any two
/// are told apart by eyes that lack the middle cone, too (`report::html::palette` has the test).
pub(in crate::report) const GROUPS: [Hue; 7] = [
    hue(rgb(0x8f, 0x56, 0x00), rgb(0xf4, 0xb6, 0x42)),
    hue(rgb(0xe2, 0x55, 0x9f), rgb(0xf3, 0xb5, 0xd6)),
    hue(rgb(0xa8, 0x96, 0x3a), rgb(0xdd, 0xd2, 0x9a)),
    hue(rgb(0x00, 0x5f, 0xa8), rgb(0x7c, 0xb8, 0xe6)),
    hue(rgb(0x08, 0x7e, 0x6c), rgb(0x78, 0xc8, 0xb8)),
    hue(rgb(0x8d, 0x7a, 0xe6), rgb(0xc9, 0xc0, 0xf5)),
    UNKNOWN,
];
/// How many of them are for each kind of group.
const OF_A_KIND: usize = 3;
/// Work for requests of no known group.
pub(super) const UNKNOWN: Hue = hue(rgb(0x2d, 0x30, 0x34), rgb(0xb9, 0xc0, 0xc7));

/// Lines of variants: colour and dash. The plain configuration comes first and stands out.
pub(in crate::report) const VARIANTS: [RGBAColor; 6] = [
    rgb(0xc0, 0x5a, 0x00),
    rgb(0x00, 0x5f, 0xa8),
    rgb(0x00, 0x7a, 0x5c),
    rgb(0x41, 0x1f, 0x35),
    rgb(0x8d, 0x95, 0xa1),
    rgb(0x50, 0x4a, 0x10),
];

/// Places where bytes wait, by their class on the page. Queues of the kernel are tints of blue and amber, by whose side they are on; user space is green, a
/// temp file violet, a shared line of its own colour. Any two are told apart by eyes that lack the middle cone, too (`report::html::palette` has the test).
pub(in crate::report) const BANDS: [(&str, RGBAColor); 9] = [
    ("b-client", rgb(0xc1, 0xe3, 0xff)),
    ("b-send", rgb(0x32, 0x86, 0xc0)),
    ("b-file", rgb(0xad, 0x98, 0xc4)),
    ("b-edge-memory", rgb(0x94, 0xc8, 0xb9)),
    ("b-memory", rgb(0x3b, 0xa1, 0x7b)),
    ("b-line", rgb(0x83, 0x73, 0x86)),
    ("b-receive", rgb(0xf0, 0xce, 0xb0)),
    ("b-worker", rgb(0xd6, 0x93, 0x57)),
    ("b-worker-memory", rgb(0xb7, 0x57, 0x02)),
];

/// How requests ended, by their class on the page: what ended well is pale, failures are reds, the most frequent first, and the rest shares a violet.
pub(in crate::report) const ENDINGS: [(&str, RGBAColor); 5] = [
    ("e-ok", rgb(0xce, 0xd1, 0xd5)),
    ("e-0", rgb(0xc2, 0x10, 0x2a)),
    ("e-1", rgb(0x58, 0x1e, 0x2d)),
    ("e-2", rgb(0xe0, 0x88, 0x94)),
    ("e-3", rgb(0x9b, 0x7b, 0xb3)),
];

/// Stages of a request's way, in the order of [`Stage::ALL`](crate::record::Stage).
pub(in crate::report) const STAGES: [(&str, RGBAColor); 8] = [
    ("st-starting", rgb(0xc3, 0xcd, 0xd8)),
    ("st-connecting", rgb(0x81, 0x8b, 0x94)),
    ("st-queue", rgb(0x7f, 0x4f, 0xa3)),
    ("st-reading", rgb(0x70, 0xcb, 0x9f)),
    ("st-handler", rgb(0x33, 0x37, 0x3c)),
    ("st-sending", rgb(0xca, 0x73, 0x23)),
    ("st-held", rgb(0x20, 0x8a, 0x5e)),
    ("st-draining", rgb(0x6c, 0xb6, 0xec)),
];

/// What the kernel says of a process: asleep, running, uninterruptible, stopped, a zombie.
pub(in crate::report) const STATES: [(&str, RGBAColor); 5] = [
    ("state-s", rgb(0xbf, 0xc3, 0xc7)),
    ("state-r", rgb(0xf4, 0xb6, 0x42)),
    ("state-d", rgb(0xc2, 0x10, 0x2a)),
    ("state-t", rgb(0x7a, 0x4f, 0x9a)),
    ("state-z", rgb(0x1f, 0x26, 0x2e)),
];

/// What a stage of a pipeline does (at work, in `read`, in `write`), and a pipe that is full.
pub(in crate::report) const DOING: [(&str, RGBAColor); 4] = [
    ("s-work", rgb(0x25, 0x5d, 0xa3)),
    ("s-read", rgb(0x43, 0xba, 0xfe)),
    ("s-write", rgb(0xf7, 0xb3, 0x1c)),
    ("s-full", rgb(0xad, 0x3c, 0x84)),
];

/// The place in [`GROUPS`] of each group of a plan, in the plan's order.
pub(in crate::report) fn places(plan: &Plan) -> Vec<usize> {
    let (mut slow, mut healthy) = (0, 0);
    let groups = plan.groups.iter();
    groups
        .map(|group| {
            let (first, next) = match group.is_healthy() {
                true => (OF_A_KIND, &mut healthy),
                false => (0, &mut slow),
            };
            let place = first + *next % OF_A_KIND;
            *next += 1;
            place
        })
        .collect()
}

/// The groups of a plan with their colours, in the plan's order.
pub(super) fn hues(plan: &Plan) -> Vec<(String, Hue)> {
    let hues = places(plan).into_iter().map(|place| GROUPS[place]);
    let names = plan.groups.iter().map(|group| group.name.clone());
    names.zip(hues).collect()
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
