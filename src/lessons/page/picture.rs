//! Curves as SVG, for pages without scripts and on paper; the page's script draws the same with what was tried.

use std::fmt::Write as _;

use crate::lessons::{Curve, Series};
use crate::report::words::Words;
use crate::units::{human_bytes, trimmed};

/// Of a drawing.
pub(super) const WIDTH: f64 = 640.0;
/// Of one curve in it.
pub(super) const HEIGHT: f64 = 72.0;

/// A drawing per curve, that one first which is looked at; those that stay at nothing are left out. `of` names the variant where others are beside it.
pub(super) fn curves(
    look_at: Curve,
    (series, of): (&Series, Option<&str>),
    words: &Words,
) -> String {
    let others = Curve::ALL.into_iter().filter(|curve| *curve != look_at);
    let mut out = String::new();
    for curve in [look_at].into_iter().chain(others) {
        let values = series.curves.get(&curve).map_or(&[][..], Vec::as_slice);
        let most = values.iter().copied().fold(0.0, f64::max);
        if most > 0.0 || curve == look_at {
            let label = words.say(&format!("lesson-curve-{}", curve.name()), []);
            let label = of.map_or(label.clone(), |of| format!("{label}: {of}"));
            let text = match curve {
                Curve::ProxyBytes => human_bytes(most as u64),
                _ => trimmed(most),
            };
            let most_text = words.tell("lesson-most", &[("most", &text)]);
            out.push_str(&figure((&label, &most_text), values, (most, series.step_s)));
        }
    }
    out
}

fn figure((label, most_text): (&str, &str), values: &[f64], (most, step_s): (f64, f64)) -> String {
    let end = trimmed(step_s * values.len() as f64);
    format!(
        "<figure class=\"curve\"><figcaption>{label} <small>{most_text}</small></figcaption>\
         <svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{label}, {most_text}\" preserveAspectRatio=\"none\">\
         <path class=\"line\" d=\"{}\"/></svg><p class=\"axis\"><span>0 s</span><span>{end} s</span></p></figure>",
        path(values, most)
    )
}

/// The outline of an area under steps.
fn path(values: &[f64], most: f64) -> String {
    let mut path = format!("M0 {HEIGHT}");
    let step = WIDTH / values.len().max(1) as f64;
    for (index, value) in values.iter().enumerate() {
        let y = HEIGHT - value / most.max(f64::MIN_POSITIVE) * (HEIGHT - 4.0);
        let (from, to) = (step * index as f64, step * (index + 1) as f64);
        let _ = write!(path, "L{from:.1} {y:.1}L{to:.1} {y:.1}");
    }
    let _ = write!(path, "L{WIDTH} {HEIGHT}Z");
    path
}
