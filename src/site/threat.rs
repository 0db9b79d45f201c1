//! What may happen to a site, as clients of a scenario: crowds of them, and pages.

use super::stack::Stack;
use crate::time::Span;

/// The group whose failures are counted.
pub(super) const VISITORS: &str = "visitors";
/// A page that takes longer has failed whoever waits for it, whatever its status.
pub(super) const LATE: Span = Span::from_secs(10);
/// Visitors of a run: a share of them has steps of about three points.
pub(super) const VISITOR_COUNT: u64 = 30;
/// Visitors come over so long: ten a second.
pub(super) const VISITORS_OVER: Span = Span::from_secs(3);
/// A load of plain requests lasts so long, which is long enough for a queue that grows to be longer than [`PROMPT`].
const LOAD: Span = Span::from_secs(3);
/// Who waits so long under plain load has failed: the queue grows.
const PROMPT: Span = Span::from_ms(500);
/// The same for pages that take their own time, as an access log says.
const PATIENT: Span = Span::from_secs(5);
/// Ours: as many addresses as people come from, where they are counted. More clients than that share them.
const PEOPLE: u64 = 20_000;
/// The most of anything that is tried.
const MOST: u64 = 20_000;

/// Clients of which there are so many.
type Play = fn(&Stack, u64) -> Clients;

/// One threat.
pub(super) struct Threat {
    pub(super) name: &'static str,
    /// What stands in the sentence of what one of them does.
    pub(super) facts: fn(&Stack) -> Vec<(&'static str, String)>,
    /// Whether it applies; why not.
    pub(super) applies: fn(&Stack) -> Result<(), String>,
    /// So many of it.
    pub(super) clients: Play,
    /// As many that do no harm, and the message of what they do.
    pub(super) control: Option<(&'static str, Play)>,
    /// Above so many, neighbours are this share of it apart: a finer answer is no better one.
    pub(super) fine: u64,
    /// Where the limit may be, and the most that makes sense.
    pub(super) guesses: fn(&Stack) -> (Vec<u64>, u64),
    /// What logs say and where the limit is, where that does not follow from how visitors fail.
    pub(super) known: Option<fn(&Stack) -> Told>,
}

impl Threat {
    /// Whether clients hold workers in it, so that gunicorn's `timeout` may end those.
    pub(super) fn is_a_crowd(&self) -> bool {
        !matches!(self.name, "outage" | "retries")
    }

    /// Whether what is counted is requests of clients, of whom `limit_conn` lets a few in from each address.
    pub(super) fn is_limited_by_address(&self) -> bool {
        matches!(
            self.name,
            "slow-readers" | "stalled-readers" | "slow-uploads"
        )
    }

    /// What one of them does.
    pub(super) fn what(&self, stack: &Stack) -> String {
        stack.tell(&format!("site-what-{}", self.name), &(self.facts)(stack))
    }
}

/// What is told of a failure.
pub(super) struct Told {
    pub(super) log: String,
    pub(super) limit: String,
}

/// The clients of a run.
#[derive(Clone, Debug)]
pub(super) struct Clients {
    pub(super) toml: String,
    /// `duration` and `drain`.
    pub(super) times: (Span, Span),
    pub(super) visitors: u64,
    /// After how long a whole page has failed its visitor all the same; `None` is never, and who still waits at the end has not failed either.
    pub(super) late: Option<Span>,
}

pub(super) fn all_of<const N: usize>(spans: [Span; N]) -> Span {
    spans.into_iter().fold(Span::ZERO, Span::saturating_add)
}

pub(super) fn group(name: &str, arrival: &str, request: &str, behavior: &str) -> String {
    format!("[[clients]]\nname = \"{name}\"\n{arrival}\n{request}\nbehavior.{behavior}\n")
}

pub(super) fn visitors(stack: &Stack, at: Span) -> String {
    let arrival = format!(
        "arrival.once = {{ count = {VISITOR_COUNT}, start = \"{at}\", spread = \"{VISITORS_OVER}\" }}"
    );
    let request = format!(
        "request = {{ path = \"/\", timeout = \"{}\" }}",
        stack.patience()
    );
    group(VISITORS, &arrival, &apart(stack, &request), "healthy = {}")
}

/// The same request of people who have an address each, where that makes a difference.
pub(super) fn apart(stack: &Stack, request: &str) -> String {
    match stack.limit_conn {
        0 => request.to_owned(),
        _ => format!("{request}\naddresses = {PEOPLE}"),
    }
}

pub(super) fn burst(stack: &Stack, count: u64) -> Clients {
    let count = count.max(1);
    let arrival = format!("arrival.once = {{ count = {count}, spread = \"100ms\" }}");
    let request = format!(
        "request = {{ path = \"/\", timeout = \"{}\" }}",
        stack.patience()
    );
    Clients {
        toml: group(VISITORS, &arrival, &apart(stack, &request), "healthy = {}"),
        times: (
            Span::from_secs(1),
            all_of([stack.patience(), Span::from_secs(2)]),
        ),
        visitors: count,
        late: Some(LATE),
    }
}

pub(super) fn prompt(stack: &Stack) -> Span {
    match stack.rate {
        Some(_) => PATIENT,
        None => PROMPT,
    }
}

pub(super) fn load(stack: &Stack, rate: u64) -> Clients {
    let rate = rate.max(1);
    let patience = prompt(stack);
    let arrival = format!("arrival.open = {{ rate = \"{rate}/s\" }}");
    let request = format!("request = {{ path = \"/\", timeout = \"{patience}\" }}");
    Clients {
        toml: group(VISITORS, &arrival, &apart(stack, &request), "healthy = {}"),
        times: (LOAD, patience),
        visitors: u64::MAX,
        late: Some(LATE),
    }
}

/// Where the workers are all held, and where nginx has no connection left: two for each request that it passes on.
pub(super) fn readers(stack: &Stack) -> (Vec<u64>, u64) {
    let mut guesses = Vec::new();
    let through = stack.connections / 2;
    if let Some(slots) = stack.slots() {
        guesses.extend([
            slots / 8,
            slots / 4,
            slots / 2,
            slots.saturating_sub(1),
            slots,
        ]);
        guesses.extend([slots * 3 / 2, slots * 2]);
    } else {
        guesses.extend([8, 64]);
    }
    guesses.extend([through.saturating_sub(20), through, stack.connections]);
    let most = match stack.buffering {
        false => stack.slots().map_or(stack.connections, |slots| slots * 3),
        true => stack.connections,
    };
    (guesses, (most.min(stack.connections) + 8).min(MOST))
}

pub(super) fn connections(stack: &Stack) -> (Vec<u64>, u64) {
    let all = stack.connections;
    let guesses = vec![
        all / 2,
        all.saturating_sub(40),
        all.saturating_sub(2),
        all,
        all + 16,
    ];
    (guesses, (all + 64).min(MOST))
}

pub(super) fn bursts(stack: &Stack) -> (Vec<u64>, u64) {
    let through = stack.connections / 2;
    let guesses = vec![
        64,
        through.saturating_sub(8),
        through,
        stack.backlog,
        stack.connections + 16,
    ];
    (
        guesses,
        (stack.connections.max(stack.backlog) * 2).min(MOST / 2),
    )
}

pub(super) fn loads(stack: &Stack) -> (Vec<u64>, u64) {
    let about = stack.capacity();
    (
        vec![about / 2, about * 3 / 4, about, about * 3 / 2],
        (about * 2).min(8_000),
    )
}
