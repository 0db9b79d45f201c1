//! What a row of the table consists of.

use crate::band::Band;

/// One small plan, and what must agree about it.
#[derive(Debug)]
pub(crate) struct Row {
    /// Names the snapshot; a word of it chooses the row.
    pub(crate) name: &'static str,
    /// What the row is about: the scenario's question.
    pub(crate) question: &'static str,
    /// The scenario behind `schema`, `question` and `seed`, in pieces that are put one below the other.
    pub(crate) plan: &'static [&'static str],
    /// What is compared.
    pub(crate) facts: &'static [Fact],
    /// Why the real programs cannot play it, if they cannot.
    pub(crate) real: Real,
}

/// Whether the real programs play a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Real {
    /// They do.
    Plays,
    /// They cannot, for this reason.
    Cannot(&'static str),
}

/// A number of a run.
#[derive(Debug)]
pub(crate) struct Fact {
    /// A metric as in `[[expect]]`, or `events.<kind>`: how many events of that kind there were; `delayed.<group>`: how many of its requests
    /// took longer than a second; `grown`: by how many bytes the resident memory of a worker grew.
    pub(crate) path: &'static str,
    /// How far the sim may be from the lab.
    pub(crate) sim: Band,
    /// How far the lab may be from the real programs.
    pub(crate) lab: Band,
}

/// A fact with one band for both comparisons.
pub(crate) const fn fact(path: &'static str, band: Band) -> Fact {
    Fact {
        path,
        sim: band,
        lab: band,
    }
}

/// A fact with a band of its own for the lab against the real programs.
pub(crate) const fn fact_apart(path: &'static str, sim: Band, lab: Band) -> Fact {
    Fact { path, sim, lab }
}

impl Row {
    /// The scenario file.
    pub(crate) fn scenario(&self) -> String {
        format!(
            "schema = 1\nquestion = \"{}\"\nseed = 7\n{}\n",
            self.question,
            self.plan.join("\n")
        )
    }
}
