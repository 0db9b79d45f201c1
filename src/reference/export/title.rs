//! What generated files call the plan that they are made of.

use crate::plan::Plan;

/// The heading of a generated file's comment: `scenario worker-starvation, variant buffered`. It stands in Python's docstrings, in shell
/// scripts, in nginx's and systemd's files: a name is a file's, and may be anything, so that only what no language gives a meaning stays of it.
pub(super) fn title(plan: &Plan) -> String {
    let (scenario, variant) = (plain(&plan.scenario), plain(&plan.variant));
    format!("scenario {scenario}, variant {variant}")
}

/// A name of which only letters, digits, `-`, `_`, `.` and spaces stay; all else becomes `_`.
fn plain(name: &str) -> String {
    let keep = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ');
    name.chars()
        .map(|c| if keep(c) { c } else { '_' })
        .collect()
}
