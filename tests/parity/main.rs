//! Parity: one table of small plans, each played on the engines, facts held against each other within stated bands.
//!
//! * `rows` has the table. A row is a plan of a few seconds and the facts that must agree, each with two bands: how far the sim may
//!   be from the lab, and the lab from the real nginx and gunicorn.
//! * The sim is deterministic, so its tables are snapshots too: whatever moves the behaviour of what exists appears as a diff.
//! * `engines_agree` plays lab and sim, by `scripts/parity`: three minutes are too long for the test command. With `SLOWLAB_PARITY_REAL=1` the real programs are played as well, where they are installed
//!   (`SLOWLAB_NGINX` and `SLOWLAB_GUNICORN` name them, otherwise those in PATH).
//! * A machine that does something else meanwhile makes noise. So rows that differ are played again, up to twice and one at a time; the
//!   table says of a fact at which attempt it agreed. What never agrees fails. A run that itself forbids a verdict, because CPU was stolen
//!   from it, is no difference: its row stays undecided, of which one in twenty may be.
//!
//! `SLOWLAB_PARITY_ROWS=tcp,linger` plays only the rows with one of these words in their names, and shows each of their facts. Of the
//! whole table only those facts are shown that did not agree at once: whoever reads a failed run wants them on its first screen.
//!
//! To add a row: one entry in a file of `rows`, then `INSTA_UPDATE=always cargo test --test parity the_sims` to write its snapshot, which is
//! read before it is committed. To change a behaviour on purpose: the same; the diff of the snapshots belongs to the commit.

#![expect(
    clippy::unwrap_used,
    reason = "the helpers of a test report by panicking, as the test does"
)]
#![expect(clippy::print_stderr, reason = "the table is what this test is for")]

mod band;
mod compare;
mod play;
mod row;
mod rows;
#[path = "../shared/simulate.rs"]
mod simulate;
mod snapshot;
mod table;

const UPDATE: &str = "the sim moved, as told above (if that was meant: `INSTA_UPDATE=always cargo test --test parity the_sims`)";

/// The deterministic half, quick and exact.
#[test]
fn the_sims_tables_are_what_they_were() {
    let rows = rows::chosen();
    let tables = play::in_turn(&rows, |row| snapshot::table(row, &play::simulate(row)));
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let mut moved = Vec::new();
    for (row, table) in rows.iter().zip(tables) {
        let same = || settings.bind(|| insta::assert_snapshot!(row.name, table));
        // All diffs are wanted, not the first.
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(same)).is_err() {
            moved.push(row.name);
        }
    }
    assert!(moved.is_empty(), "{UPDATE}: {moved:?}");
}

#[test]
#[ignore = "three minutes on real sockets: `scripts/parity` runs it"]
fn engines_agree() {
    let engines = play::engines();
    let verdicts = compare::all(&rows::chosen(), &engines);
    eprintln!(
        "{}",
        table::of(&verdicts, &engines, table::Which::of(&engines))
    );
    let differ = compare::failing(&verdicts);
    assert!(
        differ.is_empty(),
        "engines differ beyond their bands:\n{}",
        differ.join("\n")
    );
}
