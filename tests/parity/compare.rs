//! The facts of a row on each engine, and whether they agree.

use slowlab::expect::measure;
use slowlab::record::ProcRole;
use slowlab::time::Span;

use crate::band::Band;
use crate::play::{Engine, NoRun, Played, in_turn, play};
use crate::row::{Fact, Row};

/// A row that differs is played so often before it is called different.
const ATTEMPTS: usize = 3;

/// One row in so many may stay undecided: a machine on which more do is not one to compare engines on.
const UNDECIDED_OF: usize = 20;

/// What became of a row.
#[derive(Debug)]
pub(crate) struct RowVerdict<'a> {
    /// The row.
    pub(crate) row: &'a Row,
    /// One entry per fact of the row.
    pub(crate) facts: Vec<FactVerdict<'a>>,
    /// By how much the lab's sampling grid was late at worst, at the last attempt: how busy the machine was.
    pub(crate) late: Span,
}

/// What became of a fact.
#[derive(Debug)]
pub(crate) struct FactVerdict<'a> {
    /// The fact.
    pub(crate) fact: &'a Fact,
    /// The sim against the lab.
    pub(crate) sim: Held,
    /// The lab against the real programs.
    pub(crate) lab: Held,
    /// Its values of the attempt at which all agreed, otherwise of the last.
    pub(crate) values: Values,
}

/// Two engines on one fact.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Held {
    /// At least one of the two was not played.
    NotCompared,
    /// They agreed, first at this attempt.
    At(usize),
    /// They did not, as often as it was tried.
    Never,
    /// The last run forbade a verdict: the machine was busy with something else.
    Undecided,
}

/// One fact on every engine that was played.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Values {
    /// The real programs.
    pub(crate) real: Option<Value>,
    /// The lab.
    pub(crate) lab: Option<Value>,
    /// The sim.
    pub(crate) sim: Option<Value>,
}

/// A value, or what is said instead.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Value {
    /// In seconds, bytes or a plain number; `None` if it was not measured.
    pub(crate) number: Option<f64>,
    /// For people.
    pub(crate) text: String,
    /// Whether the run forbade a verdict.
    pub(crate) undecided: bool,
}

/// Plays all rows on the engines, and those that differ again, alone.
pub(crate) fn all<'a>(rows: &[&'a Row], engines: &[Engine]) -> Vec<RowVerdict<'a>> {
    let mut verdicts: Vec<RowVerdict> = rows.iter().map(|row| RowVerdict::new(row)).collect();
    let mut played = in_turn(rows, |row| Attempt::new(row, engines));
    for (verdict, played) in verdicts.iter_mut().zip(&played) {
        verdict.judge(played, 1);
    }
    for number in 2..=ATTEMPTS {
        for (verdict, played) in verdicts.iter_mut().zip(&mut played) {
            if !verdict.agrees() {
                played.again(verdict.row, engines);
                verdict.judge(played, number);
            }
        }
    }
    verdicts
}

/// What makes the comparison fail, a line each: facts that differed, and those without a verdict where they are too many to be chance.
pub(crate) fn failing(verdicts: &[RowVerdict]) -> Vec<String> {
    let undecided = verdicts
        .iter()
        .filter(|row| !row.agrees() && !row.differs());
    let too_many = undecided.count() * UNDECIDED_OF > verdicts.len().max(UNDECIDED_OF);
    let fails = |row: &&RowVerdict| row.differs() || too_many && !row.agrees();
    let of_row = |row: &RowVerdict| {
        let apart = row.facts.iter().filter(|fact| !fact.agrees());
        let told = apart.map(|fact| format!("{} {}", row.row.name, fact.told()));
        told.collect::<Vec<_>>()
    };
    verdicts.iter().filter(fails).flat_map(of_row).collect()
}

/// A row on every engine.
#[derive(Default)]
struct Attempt {
    real: Option<Result<Played, NoRun>>,
    lab: Option<Result<Played, NoRun>>,
    sim: Option<Result<Played, NoRun>>,
}

impl Attempt {
    fn new(row: &Row, engines: &[Engine]) -> Attempt {
        let mut attempt = Attempt::default();
        attempt.again(row, engines);
        attempt
    }

    /// The sim would do the same again.
    fn again(&mut self, row: &Row, engines: &[Engine]) {
        for engine in engines {
            match engine {
                Engine::Real => self.real = play(row, Engine::Real),
                Engine::Lab => self.lab = play(row, Engine::Lab),
                Engine::Sim if self.sim.is_none() => self.sim = play(row, Engine::Sim),
                Engine::Sim => {}
            }
        }
        for error in [&self.real, &self.lab].into_iter().flatten() {
            if let Err(NoRun::Undecided(why) | NoRun::Failed(why)) = error {
                eprintln!("{why}");
            }
        }
    }
}

impl<'a> RowVerdict<'a> {
    fn new(row: &'a Row) -> RowVerdict<'a> {
        let facts = row.facts.iter().map(|fact| FactVerdict {
            fact,
            sim: Held::NotCompared,
            lab: Held::NotCompared,
            values: Values::default(),
        });
        RowVerdict {
            row,
            facts: facts.collect(),
            late: Span::ZERO,
        }
    }

    /// Whether no fact is still apart.
    pub(crate) fn agrees(&self) -> bool {
        self.facts.iter().all(FactVerdict::agrees)
    }

    /// Whether a fact of it was apart in a run that allowed a verdict.
    pub(crate) fn differs(&self) -> bool {
        let held = |fact: &FactVerdict| [fact.sim, fact.lab];
        self.facts
            .iter()
            .flat_map(held)
            .any(|held| held == Held::Never)
    }

    fn judge(&mut self, played: &Attempt, number: usize) {
        let labs = played.lab.iter().flatten();
        let grid = labs.flat_map(|lab| &lab.data.queues);
        self.late = grid.map(|sample| sample.late).max().unwrap_or_default();
        for verdict in &mut self.facts {
            if number > 1 && verdict.agrees() {
                continue;
            }
            let path = verdict.fact.path;
            let of = |played: &Option<Result<Played, NoRun>>| {
                let run = played.as_ref();
                run.map(|run| {
                    run.as_ref()
                        .map_or_else(Value::without, |run| value(path, run))
                })
            };
            let values = Values {
                real: of(&played.real),
                lab: of(&played.lab),
                sim: of(&played.sim),
            };
            let sim = (verdict.fact.sim, &values.sim, &values.lab);
            let lab = (verdict.fact.lab, &values.lab, &values.real);
            verdict.sim = verdict.sim.or(sim, number);
            verdict.lab = verdict.lab.or(lab, number);
            verdict.values = values;
        }
    }
}

impl FactVerdict<'_> {
    /// Whether neither comparison is still apart.
    pub(crate) fn agrees(&self) -> bool {
        let apart = |held| matches!(held, Held::Never | Held::Undecided);
        !apart(self.sim) && !apart(self.lab)
    }

    /// Its values and how far apart they may be, for whoever sees no more of a failed run than why it ended.
    fn told(&self) -> String {
        let text = Value::shown;
        let Values { real, lab, sim } = &self.values;
        format!(
            "{}: real {}, lab {} ({}), sim {} ({})",
            self.fact.path,
            text(real),
            text(lab),
            self.fact.lab,
            text(sim),
            self.fact.sim
        )
    }
}

impl Held {
    fn or(
        self,
        (band, value, against): (Band, &Option<Value>, &Option<Value>),
        number: usize,
    ) -> Held {
        match (self, value, against) {
            (Held::At(_), _, _) => self,
            (_, Some(value), Some(against)) if value.undecided || against.undecided => {
                Held::Undecided
            }
            (_, Some(value), Some(against)) => match band.holds(value.number, against.number) {
                true => Held::At(number),
                false => Held::Never,
            },
            _ => Held::NotCompared,
        }
    }
}

impl Value {
    /// For people, a dash where the engine was not played.
    pub(crate) fn shown(value: &Option<Value>) -> &str {
        value.as_ref().map_or("-", |value| &value.text)
    }

    fn count(count: usize) -> Value {
        Value {
            number: Some(count as f64),
            text: count.to_string(),
            undecided: false,
        }
    }

    /// Of a run that left none: no number is near it.
    fn without(run: &NoRun) -> Value {
        let undecided = matches!(run, NoRun::Undecided(_));
        Value {
            number: Some(f64::NAN),
            text: if undecided { "undecided" } else { "failed" }.to_owned(),
            undecided,
        }
    }
}

/// A fact of a run. A path that means nothing is a mistake in the table.
fn value(path: &str, run: &Played) -> Value {
    if let Some(kind) = path.strip_prefix("events.") {
        let events = run.data.events.iter();
        return Value::count(events.filter(|event| event.kind.name() == kind).count());
    }
    if let Some(group) = path.strip_prefix("delayed.") {
        return Value::count(delayed(run, group));
    }
    if path == "grown" {
        let number = grown(run);
        let text = number.map(|bytes| format!("{:.1} MiB", bytes / 1_048_576.0));
        return Value {
            number,
            text: text.unwrap_or_else(|| "not measured".to_owned()),
            undecided: false,
        };
    }
    let condition = slowlab::expect::parse(&format!("{path} == {path}"));
    assert!(condition.is_ok(), "`{path}` is not a metric: {condition:?}");
    // The reason is not looked at.
    let say = |message: &str, _: &[(&str, &str)]| message.to_owned();
    match measure(path, &run.summary, &say) {
        Ok(measured) => Value {
            number: Some(measured.value),
            text: measured.text,
            undecided: false,
        },
        Err(_) => Value {
            number: None,
            text: "not measured".to_owned(),
            undecided: false,
        },
    }
}

/// Requests of a group that took longer than a second.
fn delayed(run: &Played, group: &str) -> usize {
    let groups = &run.summary.groups;
    assert!(groups.iter().any(|one| one.name == group), "no `{group}`");
    let rows = run.data.requests.iter();
    let of_group = rows.filter(|row| row.group == group);
    let slow = of_group.filter(|row| {
        let took = row.closed_at.map(|at| at.since(row.started_at));
        took > Some(Span::from_secs(1))
    });
    slow.count()
}

/// By how much the resident memory of a worker grew at most, from the first sample of it on.
fn grown(run: &Played) -> Option<f64> {
    let mut first = std::collections::BTreeMap::new();
    let samples = run.data.procs.iter();
    let samples = samples.filter(|sample| sample.role == ProcRole::Worker);
    let grown = samples.filter_map(|sample| {
        let rss = sample.rss_bytes?;
        let before = *first.entry(sample.pid).or_insert(rss);
        Some(rss.saturating_sub(before))
    });
    grown.max().map(|bytes| bytes as f64)
}
