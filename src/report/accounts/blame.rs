//! Each failure: who ended it, whom the log blames, who was really slow, and by what evidence.
//!
//! Who was slow follows from the stage in which the request spent its time ([`crate::record::Split`]). A request that waited for a slot is held up by
//! whoever held the slots meanwhile, and by what they were held for; one in a handler by the application; one whose response was on the way
//! by its own client. A failure that came at once, as from a full accept queue, is put down to whoever held the slots just before.

use std::collections::BTreeMap;

use super::Books;
use super::holders::Doing;
use crate::record::{EndedBy, Outcome, RequestRecord, Split, Stage};
use crate::report::findings::Seen;
use crate::time::{Span, Timestamp};

/// Ours: a failure that comes sooner waited for nobody.
const AT_ONCE: Span = Span::from_ms(100);
/// Ours: how long before such a failure its cause is looked for.
const JUST_BEFORE: Span = Span::from_secs(1);
/// Holders who had less of the slots' time than this held nobody up.
const LEAST_SHARE: f64 = 1.0 / 3.0;
/// Requests of holders that are named.
const MOST_NAMED: usize = 5;

/// Who was slow.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Slow {
    /// The client of the request itself: it sent or read slowly.
    Client,
    /// The application, in this request's handler.
    Application,
    /// Those who held the slots of workers: a group (connections that sent no request have none), and what its slots were held for.
    Holders(Option<String>, Doing),
    /// The generator of the load: the request began late.
    Generator,
    /// Nobody that is known of.
    Nobody,
}

/// What is to be said of a failure.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Blame {
    /// `504`, `truncated`: how it ended for the client.
    pub(super) how: String,
    /// Who ended it.
    pub(super) ended_by: EndedBy,
    /// Whom the log of what the client spoke to blames: `client`, `proxy`, `backend`, or `nobody` if it says that all was well.
    pub(super) log_blames: &'static str,
    /// The stage that took the most of its time.
    pub(super) stage: Stage,
    /// How long that was.
    pub(super) stage_time: Span,
    /// Who was slow.
    pub(super) slow: Slow,
    /// The share of the slots' time that those who held them had while it waited.
    pub(super) held_ratio: Option<f64>,
    /// When it waited for them.
    window: (Timestamp, Timestamp),
}

impl Slow {
    /// As files write it: who, and of holders which group and what its slots were held for.
    pub(super) fn told(&self) -> (&'static str, Option<&str>, Option<Doing>) {
        match self {
            Slow::Client => ("client", None, None),
            Slow::Application => ("application", None, None),
            Slow::Holders(group, doing) => ("holders", group.as_deref(), Some(*doing)),
            Slow::Generator => ("generator", None, None),
            Slow::Nobody => ("nobody", None, None),
        }
    }
}

/// Whether a request did not get what it asked for. What its client gave up on purpose, or the end of the run cut short, is no failure.
pub(super) fn is_failure(row: &RequestRecord) -> bool {
    match row.outcome {
        Outcome::Complete => row.status.is_some_and(|status| status >= 400),
        Outcome::Truncated | Outcome::Refused | Outcome::Reset | Outcome::Timeout => true,
        Outcome::Aborted | Outcome::Unfinished => false,
    }
}

/// What is to be said of a request that failed; `None` where its time is not known.
pub(super) fn blame(books: &Books<'_>, row: &RequestRecord) -> Option<Blame> {
    let split = books.split(row)?;
    let stage = split.longest();
    let window = window(row, &split)?;
    let (slow, held_ratio) = slow(books, stage, window, &split);
    Some(Blame {
        how: how(row),
        ended_by: row.ended_by,
        log_blames: log_blames(row),
        stage,
        stage_time: split.of(stage),
        slow,
        held_ratio,
        window,
    })
}

fn how(row: &RequestRecord) -> String {
    match (row.outcome, row.status) {
        (Outcome::Complete, Some(status)) => status.to_string(),
        (outcome, _) => outcome.name().to_owned(),
    }
}

/// nginx's access log tells a status, gunicorn's too: 499 and 408 are the client's, 502 and 504 what is behind, and below 400 nobody's.
fn log_blames(row: &RequestRecord) -> &'static str {
    match row.proxy_status.or(row.status) {
        Some(499 | 408 | 400..=407 | 409..=431) => "client",
        Some(502 | 504 | 500) => "backend",
        Some(503) => "proxy",
        Some(0) | None => "nobody",
        Some(_) => "nobody",
    }
}

/// When it waited, if it did; otherwise the time just before its end.
fn window(row: &RequestRecord, split: &Split) -> Option<(Timestamp, Timestamp)> {
    let end = row.ended_at()?;
    if split.total() < AT_ONCE {
        return Some((end - JUST_BEFORE, end));
    }
    let from = match split.longest() {
        Stage::AcceptQueue => row.upstream_connected_at.or(row.connected_at),
        _ => Some(row.started_at),
    };
    Some((from.unwrap_or(row.started_at), end))
}

fn slow(
    books: &Books<'_>,
    stage: Stage,
    (from, to): (Timestamp, Timestamp),
    split: &Split,
) -> (Slow, Option<f64>) {
    let waited = matches!(stage, Stage::AcceptQueue | Stage::Connecting);
    if waited || split.total() < AT_ONCE {
        return holders(books, from, to);
    }
    let slow = match stage {
        Stage::Starting => Slow::Generator,
        Stage::Handler => Slow::Application,
        Stage::Reading | Stage::Sending | Stage::HeldInProxy | Stage::Draining => Slow::Client,
        Stage::Connecting | Stage::AcceptQueue => Slow::Nobody,
    };
    (slow, None)
}

/// Who had the slots, if somebody had much of them, and what they were held for most.
fn holders(books: &Books<'_>, from: Timestamp, to: Timestamp) -> (Slow, Option<f64>) {
    let mut by_group: BTreeMap<Option<&str>, (Span, Span, Doing)> = BTreeMap::new();
    for ((group, doing), held) in books.holders.between(from, to) {
        let (sum, most, what) = by_group.entry(group).or_insert((Span::ZERO, held, doing));
        *sum = sum.saturating_add(held);
        if held > *most {
            (*most, *what) = (held, doing);
        }
    }
    let most = by_group.into_iter().max_by_key(|(_, (sum, ..))| *sum);
    let slots = books.variant.plan.backend.slots();
    let (Some((group, (held, _, doing))), Some(slots)) = (most, slots) else {
        return (Slow::Nobody, None);
    };
    let whole = to.since(from).as_secs_f64() * slots as f64;
    let ratio = (held.as_secs_f64() / whole.max(1e-9)).min(1.0);
    match ratio >= LEAST_SHARE {
        true => (Slow::Holders(group.map(str::to_owned), doing), Some(ratio)),
        false => (Slow::Nobody, None),
    }
}

/// What failures have in common that are told together.
type Kind = (usize, String, EndedBy, &'static str, Stage, Slow);

/// Failures of a kind.
#[derive(Debug, Default)]
struct Failures<'a> {
    rows: Vec<(&'a RequestRecord, Blame)>,
}

/// One account per kind of failure, the most frequent first.
pub(super) fn failures(books: &Books<'_>) -> Vec<Seen> {
    let groups = &books.variant.plan.groups;
    let mut kinds: BTreeMap<Kind, Failures<'_>> = BTreeMap::new();
    for row in books.variant.measured().filter(|row| is_failure(row)) {
        let Some(blame) = blame(books, row) else {
            continue;
        };
        let rank = groups.iter().position(|group| group.name == row.group);
        let kind = (
            rank.unwrap_or(usize::MAX),
            blame.how.clone(),
            blame.ended_by,
            blame.log_blames,
            blame.stage,
            blame.slow.clone(),
        );
        kinds.entry(kind).or_default().rows.push((row, blame));
    }
    let mut kinds: Vec<Failures<'_>> = kinds.into_values().collect();
    kinds.sort_by_key(|kind| std::cmp::Reverse(kind.rows.len()));
    kinds.iter().filter_map(|kind| kind.told(books)).collect()
}

impl Failures<'_> {
    fn told(&self, books: &Books<'_>) -> Option<Seen> {
        let (example, blame) = self.rows.iter().max_by_key(|(_, one)| one.stage_time)?;
        let n = self.rows.len() as f64;
        let mean =
            |of: &dyn Fn(&Blame) -> f64| self.rows.iter().map(|(_, one)| of(one)).sum::<f64>() / n;
        let stage_s = mean(&|one| one.stage_time.as_secs_f64());
        let held = mean(&|one| one.held_ratio.unwrap_or(0.0));
        let (slow, group, doing) = blame.slow.told();
        let held_by = match &blame.slow {
            Slow::Holders(group, _) => holding(books, group.as_deref(), blame.window),
            _ => Vec::new(),
        };
        // Only who is sent to is held up by how fast it reads.
        let sent_to = held_by.iter().filter(|_| doing == Some(Doing::Send));
        let rates = sent_to.filter_map(|row| reading_rate(row));
        let rate = rates.clone().sum::<u64>().checked_div(rates.count() as u64);
        let rows = self.rows.iter().map(|(row, _)| *row);
        let first = rows.clone().map(|row| row.intended_at).min()?;
        let by = held_by.iter().map(|row| row.request_id);
        Some(
            Seen::new("failure", first)
                .befell(rows)
                .with("group", example.group.as_str())
                .with("how", blame.how.as_str())
                .with("ended_by", name_of(blame.ended_by))
                .with("log_blames", blame.log_blames)
                .with("slow", slow)
                .with("slow_group", group)
                .with("doing", doing.map(Doing::name))
                .with("stage", blame.stage.name())
                .span("stage_us", Span::from_secs_f64(stage_s))
                .with("held_ratio", (held > 0.0).then_some(held))
                .with("example", example.request_id)
                .with("held_by", by.collect::<Vec<u64>>())
                .with("reading_per_s_bytes", rate),
        )
    }
}

/// Requests of a group that held slots in a stretch of time, the longest ones first.
fn holding<'a>(
    books: &Books<'a>,
    group: Option<&str>,
    (from, to): (Timestamp, Timestamp),
) -> Vec<&'a RequestRecord> {
    let mut found: Vec<(Span, u64)> = Vec::new();
    for row in &books.variant.holds {
        let began = row.began_at.unwrap_or(from).max(from);
        let ended = row.released_at.unwrap_or(to).min(to);
        let held = ended.since(began);
        if let Some(id) = row.request_id.filter(|_| row.group.as_deref() == group)
            && !held.is_zero()
        {
            found.push((held, id));
        }
    }
    found.sort_by_key(|(held, id)| (std::cmp::Reverse(*held), *id));
    let rows = &books.variant.requests;
    let row_of = |id: u64| {
        let place = rows.binary_search_by_key(&id, |row| row.request_id).ok()?;
        Some(&rows[place])
    };
    let named = found.into_iter().take(MOST_NAMED);
    named.filter_map(|(_, id)| row_of(id)).collect()
}

/// At how many bytes per second its client read, if that took a while.
fn reading_rate(row: &RequestRecord) -> Option<u64> {
    let took = row.reading().filter(|took| *took >= AT_ONCE)?;
    Some((row.received_bytes as f64 / took.as_secs_f64()) as u64)
}

/// As files write it.
fn name_of(ended_by: EndedBy) -> String {
    match serde_json::to_value(ended_by) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}
