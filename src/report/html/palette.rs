//! The page's colours as custom properties: the charts' own on light paper, and their counterparts on dark.
//!
//! Groups are told apart by lightness as well as hue. What a group's worker does is never told by colour alone: waiting is hatched.

use std::fmt::Write as _;

use crate::plan::Plan;
use crate::report::chart::theme;

/// A colour as CSS writes it.
type Css = &'static str;

/// A class of groups: its name in CSS, and (handler at work, waiting for the client) on light and on dark paper.
struct Group {
    class: Css,
    dark: (Css, Css),
}

/// In the order of [`theme::GROUPS`].
const GROUPS: [Group; 7] = [
    group("slow-0", ("#f0b040", "#4e3a10")),
    group("slow-1", ("#cf2f97", "#4a1a3a")),
    group("slow-2", ("#846b0c", "#332a0c")),
    group("healthy-0", ("#5aa9ea", "#173a5c")),
    group("healthy-1", ("#12bc88", "#0d4535")),
    group("healthy-2", ("#6450f0", "#25205c")),
    group("unknown", ("#e3e9f1", "#4a525a")),
];

const fn group(class: Css, dark: (Css, Css)) -> Group {
    Group { class, dark }
}

/// Signal colours: name, light, dark.
const SIGNALS: [(Css, Css, Css); 2] = [
    ("failure", "#c2102a", "#ff7d8c"),
    ("queue", "#7a4f9a", "#b893d8"),
];

/// Lines of variants on dark paper, in the order of [`theme::VARIANTS`].
const DARK_VARIANTS: [Css; 6] = [
    "#f08a3c", "#6cb4f0", "#47f0c4", "#e8408a", "#616e7b", "#7a7410",
];

/// Places where bytes wait, on dark paper, in the order of [`theme::BANDS`].
const DARK_BANDS: [Css; 9] = [
    "#134262", "#5c93c8", "#736088", "#447e63", "#43b899", "#7c2250", "#604027", "#a26130",
    "#eb893f",
];
/// In the order of [`theme::ENDINGS`], likewise.
const DARK_ENDINGS: [Css; 5] = ["#42484d", "#ff7d8c", "#fdd0d6", "#a12e43", "#a47db7"];
/// In the order of [`theme::STAGES`], likewise.
const DARK_STAGES: [Css; 8] = [
    "#454c57", "#838991", "#d296f0", "#257050", "#dceaf5", "#d77b36", "#50e2b1", "#347aad",
];
/// In the order of [`theme::STATES`], likewise.
const DARK_STATES: [Css; 5] = ["#4a5967", "#7d590b", "#ff7d8c", "#b893d8", "#e6eaee"];
/// In the order of [`theme::DOING`], likewise.
const DARK_DOING: [Css; 4] = ["#8bc9f4", "#264c73", "#a66936", "#997daf"];

/// Classes that have one colour: those of the charts with their counterparts on dark paper.
fn plain() -> impl Iterator<Item = (Css, plotters::style::RGBAColor, Css)> {
    let tables: [(&[_], &[Css]); 5] = [
        (&theme::BANDS, &DARK_BANDS),
        (&theme::ENDINGS, &DARK_ENDINGS),
        (&theme::STAGES, &DARK_STAGES),
        (&theme::STATES, &DARK_STATES),
        (&theme::DOING, &DARK_DOING),
    ];
    let pairs = (tables.into_iter()).flat_map(|(light, dark)| light.iter().zip(dark));
    pairs.map(|((class, on_light), on_dark)| (*class, *on_light, *on_dark))
}

/// The rules that give the classes their colours, for `<style>`.
pub(super) fn css() -> String {
    let mut light = String::new();
    let mut dark = String::new();
    for (place, signal) in SIGNALS.iter().enumerate() {
        let _ = write!(light, "--{}: {}; ", signal.0, signal_on_light(place));
        let _ = write!(dark, "--{}: {}; ", signal.0, signal.2);
    }
    for (place, on_dark) in DARK_VARIANTS.iter().enumerate() {
        let _ = write!(light, "--v{place}: {}; ", hex(theme::VARIANTS[place]));
        let _ = write!(dark, "--v{place}: {on_dark}; ");
    }
    for (class, on_light, on_dark) in plain() {
        let _ = write!(light, "--{class}: {}; ", hex(on_light));
        let _ = write!(dark, "--{class}: {on_dark}; ");
    }
    for (group, hue) in GROUPS.iter().zip(theme::GROUPS) {
        let class = group.class;
        let _ = write!(
            light,
            "--{class}: {}; --{class}-wait: {}; ",
            hex(hue.strong),
            hex(hue.light)
        );
        let (strong, wait) = group.dark;
        let _ = write!(dark, "--{class}: {strong}; --{class}-wait: {wait}; ");
    }
    let mut rules = format!(
        ":root {{ {light}}}\n@media screen and (prefers-color-scheme: dark) {{ :root {{ {dark}}} }}\n"
    );
    for Group { class, .. } in &GROUPS {
        let _ = writeln!(
            rules,
            ".{class} {{ --strong: var(--{class}); --wait: var(--{class}-wait); }}"
        );
    }
    for (class, ..) in plain() {
        let _ = writeln!(rules, ".{class} {{ --b: var(--{class}); }}");
    }
    for place in 0..DARK_VARIANTS.len() {
        let _ = writeln!(rules, ".v{place} {{ --line: var(--v{place}); }}");
    }
    rules
}

fn signal_on_light(place: usize) -> String {
    hex([theme::FAILURE, theme::QUEUE][place])
}

/// The class of each group of a plan, in its order.
pub(super) fn classes(plan: &Plan) -> Vec<Css> {
    let places = theme::places(plan);
    places
        .into_iter()
        .map(|place| GROUPS[place].class)
        .collect()
}

/// The classes of all groups that there can be.
pub(super) fn all_classes() -> Vec<Css> {
    GROUPS.iter().map(|group| group.class).collect()
}

/// The class of requests of no known group.
pub(super) const UNKNOWN: Css = "unknown";

fn hex(color: plotters::style::RGBAColor) -> String {
    format!("#{:02x}{:02x}{:02x}", color.0, color.1, color.2)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Red, green and blue, linear, 0 to 1.
    type Linear = [f64; 3];

    fn linear(css: &str) -> Linear {
        let byte = |at: usize| u8::from_str_radix(&css[at..at + 2], 16).unwrap();
        [1, 3, 5].map(|at| {
            let share = f64::from(byte(at)) / 255.0;
            match share <= 0.04045 {
                true => share / 12.92,
                false => ((share + 0.055) / 1.055).powf(2.4),
            }
        })
    }

    /// How it looks to eyes without the middle cone: Machado, Oliveira and Fernandes 2009, severity 1.
    fn deuteranopia([r, g, b]: Linear) -> Linear {
        [
            0.367_322 * r + 0.860_646 * g - 0.227_968 * b,
            0.280_085 * r + 0.672_501 * g + 0.047_413 * b,
            -0.011_820 * r + 0.042_940 * g + 0.968_881 * b,
        ]
        .map(|share| share.clamp(0.0, 1.0))
    }

    /// CIE L*a*b* under D65.
    fn lab([r, g, b]: Linear) -> [f64; 3] {
        let f = |t: f64| match t > 216.0 / 24389.0 {
            true => t.cbrt(),
            false => (24389.0 / 27.0 * t + 16.0) / 116.0,
        };
        let x = f((0.412_456_4 * r + 0.357_576_1 * g + 0.180_437_5 * b) / 0.950_47);
        let y = f(0.212_672_9 * r + 0.715_152_2 * g + 0.072_175_0 * b);
        let z = f((0.019_333_9 * r + 0.119_192_0 * g + 0.950_304_1 * b) / 1.088_83);
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    /// CIEDE2000, after Sharma, Wu and Dalal 2005.
    fn delta_e([l1, a1, b1]: [f64; 3], [l2, a2, b2]: [f64; 3]) -> f64 {
        let seventh = |c: f64| (c.powi(7) / (c.powi(7) + 25_f64.powi(7))).sqrt();
        let g = 0.5 * (1.0 - seventh(f64::midpoint(a1.hypot(b1), a2.hypot(b2))));
        let (a1, a2) = (a1 * (1.0 + g), a2 * (1.0 + g));
        let (c1, c2) = (a1.hypot(b1), a2.hypot(b2));
        let hue = |a: f64, b: f64| b.atan2(a).to_degrees().rem_euclid(360.0);
        let (h1, h2) = (hue(a1, b1), hue(a2, b2));
        let turn = (h2 - h1 + 180.0).rem_euclid(360.0) - 180.0;
        let lightness = l2 - l1;
        let chroma = c2 - c1;
        let hue = 2.0 * (c1 * c2).sqrt() * (turn / 2.0).to_radians().sin();
        let (l, c) = (f64::midpoint(l1, l2), f64::midpoint(c1, c2));
        let h = (h1 + turn / 2.0).rem_euclid(360.0);
        let wave = |factor: f64, offset: f64| (factor * h + offset).to_radians().cos();
        let t = 1.0 - 0.17 * wave(1.0, -30.0) + 0.24 * wave(2.0, 0.0) + 0.32 * wave(3.0, 6.0)
            - 0.20 * wave(4.0, -63.0);
        let fifty = (l - 50.0).powi(2);
        let by_lightness = 1.0 + 0.015 * fifty / (20.0 + fifty).sqrt();
        let (by_chroma, by_hue) = (1.0 + 0.045 * c, 1.0 + 0.015 * c * t);
        let turn = 30.0 * (-((h - 275.0) / 25.0).powi(2)).exp();
        let rotation = -2.0 * seventh(c) * (2.0 * turn).to_radians().sin();
        let (chroma, hue) = (chroma / by_chroma, hue / by_hue);
        ((lightness / by_lightness).powi(2)
            + chroma.powi(2)
            + hue.powi(2)
            + rotation * chroma * hue)
            .sqrt()
    }

    #[test]
    fn the_formula_gives_its_authors_numbers() {
        // Pairs 1, 7, 13 and 25 of Sharma, Wu and Dalal's table.
        for (one, other, wanted) in [
            ([50.0, 2.6772, -79.7751], [50.0, 0.0, -82.7485], 2.0425),
            ([50.0, 0.0, 0.0], [50.0, -1.0, 2.0], 2.3669),
            ([50.0, -0.0010, 2.4900], [50.0, 0.0011, -2.4900], 4.7461),
            (
                [60.2574, -34.0099, 36.2677],
                [60.4626, -34.1751, 39.4387],
                1.2644,
            ),
        ] {
            assert!((delta_e(one, other) - wanted).abs() < 1e-3, "{wanted}");
        }
    }

    /// The custom properties of one scheme.
    fn scheme(dark: bool) -> Vec<(String, String)> {
        let css = css();
        let block = css.split('{').nth(if dark { 3 } else { 1 }).unwrap();
        let block = block.split('}').next().unwrap();
        let rules = block
            .split(';')
            .filter_map(|rule| rule.trim().strip_prefix("--"));
        let pairs = rules.filter_map(|rule| rule.split_once(": "));
        pairs
            .map(|(name, color)| (name.to_owned(), color.to_owned()))
            .collect()
    }

    /// Every two of the named colours, as each kind of eyes sees them, at least this far apart.
    fn apart(colors: &[(String, String)], least: f64) {
        for (place, (name, color)) in colors.iter().enumerate() {
            for (other, its) in &colors[place + 1..] {
                for (eyes, see) in [
                    ("all cones", (|c| c) as fn(Linear) -> Linear),
                    ("no middle cone", deuteranopia),
                ] {
                    let far = delta_e(lab(see(linear(color))), lab(see(linear(its))));
                    assert!(far >= least, "{name} and {other} ({eyes}): {far:.1}");
                }
            }
        }
    }

    #[test]
    fn whatever_has_a_colour_is_told_apart_without_the_middle_cone() {
        for dark in [false, true] {
            let colors = scheme(dark);
            let groups: Vec<(String, String)> = (colors.iter())
                .filter(|(name, _)| GROUPS.iter().any(|group| group.class == name))
                .cloned()
                .collect();
            assert_eq!(groups.len(), GROUPS.len());
            apart(&groups, 15.0);
            let lines: Vec<(String, String)> = (colors.iter())
                .filter(|(name, _)| name.starts_with('v'))
                .cloned()
                .collect();
            assert_eq!(lines.len(), DARK_VARIANTS.len());
            apart(&lines, 15.0);
            for (start, of) in [
                ("b-", DARK_BANDS.len()),
                ("e-", DARK_ENDINGS.len()),
                ("st-", DARK_STAGES.len()),
                ("state-", DARK_STATES.len()),
                ("s-", DARK_DOING.len()),
            ] {
                let bands: Vec<(String, String)> = (colors.iter())
                    .filter(|(name, _)| name.starts_with(start))
                    .cloned()
                    .collect();
                assert_eq!(bands.len(), of, "{start}");
                apart(&bands, 15.0);
            }
        }
    }

    #[test]
    fn work_and_waiting_of_a_group_differ_by_more_than_the_hatch() {
        for dark in [false, true] {
            let colors = scheme(dark);
            let of = |name: &str| colors.iter().find(|one| one.0 == name).unwrap().clone();
            for group in &GROUPS {
                apart(
                    &[of(group.class), of(&format!("{}-wait", group.class))],
                    15.0,
                );
            }
        }
    }
}
