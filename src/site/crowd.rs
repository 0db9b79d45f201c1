//! Crowds that hold something of a site while visitors come: readers, senders, connections that ask for nothing; and those that do no harm.

use super::stack::Stack;
use super::threat::{Clients, LATE, VISITOR_COUNT, VISITORS_OVER, all_of, group, visitors};
use crate::time::Span;

/// Clients of a threat come over so long at least.
const SPREAD: Span = Span::from_secs(2);
/// And so far apart for each slot: what a large response takes of a worker that nobody holds up, so that those who come first are through.
const APART: Span = Span::from_ms(60);
/// They come over so long at most.
const LONGEST_SPREAD: Span = Span::from_secs(30);
/// Ours: who is through, or was refused, comes again so soon. At once would be a storm of refusals that costs most of a run's events.
const AGAIN_AFTER: Span = Span::from_ms(250);
/// Visitors come so long after the last of them.
const VISITORS_AFTER: Span = Span::from_secs(6);
/// Ours: clients that are to be slow for longer than a run lasts are played no faster than this, which costs a tenth of the events.
const SLOWEST: u64 = 2 * 1024;

/// Requests: for a page, and for the largest response.
const PAGE: &str = "request.path = \"/\"";
const LARGE: &str = "request.path = \"/large\"";

/// Who comes before the visitors.
struct Crowd<'a> {
    /// As the threat or its control is called: pictures name their groups so.
    name: &'a str,
    count: u64,
    /// Whether they keep coming, for as long as a visitor may wait.
    again: bool,
    request: &'a str,
    behavior: &'a str,
}

impl Crowd<'_> {
    fn beside_visitors(&self, stack: &Stack) -> Clients {
        let count = self.count;
        let spread = spread(stack, count);
        let visitors_at = spread.saturating_add(VISITORS_AFTER);
        let watched = all_of([visitors_at, VISITORS_OVER, stack.patience()]);
        let arrival = match self.again {
            true => format!("arrival.closed = {{ count = {count}, think = \"{AGAIN_AFTER}\" }}"),
            false => format!("arrival.once = {{ count = {count}, spread = \"{spread}\" }}"),
        };
        let mut toml = String::new();
        if count > 0 {
            let request = match stack.addresses(count) {
                1 => self.request.to_owned(),
                addresses => format!("{}\naddresses = {addresses}", self.request),
            };
            toml += &group(self.name, &arrival, &request, self.behavior);
        }
        toml += &visitors(stack, visitors_at);
        let duration = match self.again {
            true => watched,
            false => all_of([visitors_at, VISITORS_OVER, Span::from_secs(1)]),
        };
        Clients {
            toml,
            times: (duration, all_of([stack.patience(), Span::from_secs(2)])),
            visitors: VISITOR_COUNT,
            late: Some(LATE),
        }
    }
}

/// Over how long so many come.
fn spread(stack: &Stack, count: u64) -> Span {
    let at_once = stack.slots().unwrap_or(stack.workers * 64).max(1);
    let apart = Span::from_ms((APART.as_ms() * count / at_once).min(LONGEST_SPREAD.as_ms()));
    apart.max(SPREAD)
}

/// Whether the download outlasts everything that is watched.
fn outlasts(stack: &Stack) -> bool {
    let watched = all_of([
        LONGEST_SPREAD,
        VISITORS_AFTER,
        VISITORS_OVER,
        stack.patience(),
    ]);
    stack.hold > watched
}

pub(super) fn slow_readers(stack: &Stack, count: u64) -> Clients {
    let long = outlasts(stack);
    let rate = match long && stack.lets_go_slowly() {
        true => stack.slow.0.min(SLOWEST),
        false => stack.slow.0,
    };
    let behavior = format!("slow-read = {{ rate = \"{rate}B/s\", rcvbuf = \"4KiB\" }}");
    let crowd = Crowd {
        name: "slow-readers",
        count,
        again: !long,
        request: LARGE,
        behavior: &behavior,
    };
    crowd.beside_visitors(stack)
}

pub(super) fn stalled_readers(stack: &Stack, count: u64) -> Clients {
    let crowd = Crowd {
        name: "stalled-readers",
        count,
        again: false,
        request: LARGE,
        behavior: "stall = { rcvbuf = \"4KiB\" }",
    };
    crowd.beside_visitors(stack)
}

pub(super) fn fast_readers(stack: &Stack, count: u64) -> Clients {
    let crowd = Crowd {
        name: "fast-readers",
        count,
        again: false,
        request: LARGE,
        behavior: "healthy = {}",
    };
    crowd.beside_visitors(stack)
}

/// Of a body: as large as nginx lets in, and long enough at that pace to be watched.
pub(super) fn body(stack: &Stack) -> u64 {
    let long = stack.slow.0.saturating_mul(120);
    stack
        .largest_body
        .map_or(long, |most| most.0.min(long))
        .max(1)
}

pub(super) fn slow_uploads(stack: &Stack, count: u64) -> Clients {
    let body = body(stack);
    let long = body / stack.slow.0.max(1) > 100;
    // As long an upload, of less at a slower pace: it holds the same.
    let rate = stack.slow.0.min(SLOWEST);
    let played = match long {
        true => body,
        false => (body.saturating_mul(rate) / stack.slow.0.max(1)).max(1),
    };
    let request =
        format!("request = {{ method = \"POST\", path = \"/upload\", body = \"{played}B\" }}");
    let behavior = format!("slow-body = {{ rate = \"{rate}B/s\" }}");
    let crowd = Crowd {
        name: "slow-uploads",
        count,
        again: !long,
        request: &request,
        behavior: &behavior,
    };
    crowd.beside_visitors(stack)
}

pub(super) fn fast_uploads(stack: &Stack, count: u64) -> Clients {
    let body = body(stack);
    let request =
        format!("request = {{ method = \"POST\", path = \"/upload\", body = \"{body}B\" }}");
    let crowd = Crowd {
        name: "fast-uploads",
        count,
        again: false,
        request: &request,
        behavior: "healthy = {}",
    };
    crowd.beside_visitors(stack)
}

pub(super) fn slow_headers(stack: &Stack, count: u64) -> Clients {
    let crowd = Crowd {
        name: "slow-headers",
        count,
        again: false,
        request: PAGE,
        behavior: "slow-header = { rate = \"1B/s\" }",
    };
    crowd.beside_visitors(stack)
}

pub(super) fn idle(stack: &Stack, count: u64) -> Clients {
    let crowd = Crowd {
        name: "idle-connections",
        count,
        again: false,
        request: PAGE,
        behavior: "idle = {}",
    };
    crowd.beside_visitors(stack)
}
