//! Threats in which time is counted, or nothing at all: what the application needs is away for a while, a backend is gone for good, a reload.

use super::stack::Stack;
use super::threat::{
    Clients, LATE, Told, VISITOR_COUNT, VISITORS, VISITORS_OVER, apart, group, visitors,
};
use crate::machine::backend_config::WorkerClass;
use crate::time::Span;

/// It begins so long after the start.
const OUTAGE_AT: Span = Span::from_secs(1);
/// Visitors come so long after its end.
const VISITORS_AFTER: Span = Span::from_secs(1);
/// Ours: people who get nothing for so long ask again.
const RETRY_AFTER: Span = Span::from_secs(5);
/// So often, as fingers on a reload button do.
const RETRIES: u32 = 4;
/// The longest outage that is tried, and the most people who come meanwhile: more would only cost events.
const LONGEST: u64 = 60;
const MOST_PER_S: u64 = 120;
/// So long is a reload watched at most, with so many readers.
const LONGEST_RELOAD: Span = Span::from_secs(180);
/// What the kernel still delivers of a connection over TCP that its sender has closed (about 4.2 MB, and what nginx's socket has taken).
const ON_THE_WAY: u64 = 6 << 20;
const MOST_READERS: u64 = 16;

/// Pages that come all the time: the busiest hour of the log, or half of what the stack can serve.
pub(super) fn rate(stack: &Stack) -> u64 {
    let half = match stack.rate {
        Some(rate) => rate.ceil() as u64,
        None => stack.capacity() / 2,
    };
    half.clamp(1, MOST_PER_S)
}

/// Whoever asks a loop again is another task of it, and how long that one waits depends on when it asks.
pub(super) fn can_stand_still(stack: &Stack) -> Result<(), String> {
    match stack.slots() {
        Some(_) => Ok(()),
        None => {
            let class = stack.class.name().to_owned();
            Err(stack.tell("site-left-out-loop", &[("class", class)]))
        }
    }
}

/// Where patience and queues end, in seconds.
pub(super) fn lengths(stack: &Stack) -> (Vec<u64>, u64) {
    let most = match (stack.class, stack.timeout.as_secs()) {
        (WorkerClass::Sync, timeout @ 1..) => timeout.saturating_sub(1).clamp(1, LONGEST),
        _ => LONGEST,
    };
    (vec![2, RETRY_AFTER.as_secs(), 10, 20, 40], most)
}

/// The same, until everybody has asked as often as they do: from there on as many give up as come.
pub(super) fn lengths_with_retries(stack: &Stack) -> (Vec<u64>, u64) {
    let (guesses, most) = lengths(stack);
    (
        guesses,
        most.min(RETRY_AFTER.as_secs() * u64::from(RETRIES + 1)),
    )
}

/// People who are patient for `patience`, and what they do then.
fn away(stack: &Stack, secs: u64, patience: Span, retry: &str) -> Clients {
    let slots = stack.slots().unwrap_or(1);
    let length = Span::from_secs(secs);
    let back = OUTAGE_AT.saturating_add(length);
    let visitors_at = back.saturating_add(VISITORS_AFTER);
    let last = visitors_at.saturating_add(VISITORS_OVER);
    let mut toml = String::new();
    if secs > 0 && stack.slots().is_none() {
        toml += &waiting_together(stack, secs, patience);
    } else if secs > 0 {
        toml += &format!("[backend.app.\"/away\"]\nwait = \"{length}\"\nresponse = \"1KiB\"\n");
        toml += &group(
            "held",
            &format!("arrival.once = {{ count = {slots}, start = \"{OUTAGE_AT}\" }}"),
            &apart(stack, "request = { path = \"/away\", timeout = \"5m\" }"),
            "healthy = {}",
        );
    }
    let rate = rate(stack);
    // Those of a loop have waited until it is back.
    let start = match stack.slots() {
        Some(_) => Span::ZERO,
        None => back,
    };
    toml += &group(
        "people",
        &format!("arrival.open = {{ rate = \"{rate}/s\", start = \"{start}\" }}"),
        &apart(
            stack,
            &format!("request = {{ path = \"/\", timeout = \"{patience}\" }}\n{retry}"),
        ),
        "healthy = {}",
    );
    toml += &visitors(stack, visitors_at);
    Clients {
        toml,
        times: (last.saturating_add(LATE), stack.patience()),
        visitors: VISITOR_COUNT,
        late: Some(LATE),
    }
}

/// A loop takes everybody in: who comes in some second of the outage waits for the rest of it.
fn waiting_together(stack: &Stack, secs: u64, patience: Span) -> String {
    let rate = rate(stack);
    let of_second = |second: u64| {
        let start = OUTAGE_AT.saturating_add(Span::from_secs(second));
        let left = Span::from_secs(secs - second);
        let waiting = group(
            &format!("people-{second}"),
            &format!("arrival.once = {{ count = {rate}, start = \"{start}\", spread = \"1s\" }}"),
            &apart(
                stack,
                &format!("request = {{ path = \"/away-{second}\", timeout = \"{patience}\" }}"),
            ),
            "healthy = {}",
        );
        format!(
            "[backend.app.\"/away-{second}\"]\nwait = \"{left}\"\nresponse = \"1KiB\"\n{waiting}"
        )
    };
    (0..secs).map(of_second).collect()
}

/// What everybody's page needs is away for so long: every slot is held meanwhile, or every task of a loop.
pub(super) fn outage(stack: &Stack, secs: u64) -> Clients {
    away(stack, secs, stack.patience(), "")
}

/// The same, and who waits in vain asks again.
pub(super) fn with_retries(stack: &Stack, secs: u64) -> Clients {
    let on = "[\"timeout\", \"502\", \"503\", \"504\"]";
    let retry = format!("retry = {{ max = {RETRIES}, on = {on} }}");
    away(stack, secs, RETRY_AFTER, &retry)
}

/// The same patience, and nobody asks again.
pub(super) fn without_retries(stack: &Stack, secs: u64) -> Clients {
    away(stack, secs, RETRY_AFTER, "")
}

pub(super) fn pages_meanwhile(stack: &Stack) -> Vec<(&'static str, String)> {
    vec![("rate", rate(stack).to_string())]
}

pub(super) fn pages_and_patience(stack: &Stack) -> Vec<(&'static str, String)> {
    let mut facts = pages_meanwhile(stack);
    facts.push(("patience", RETRY_AFTER.to_string()));
    facts.push(("times", RETRIES.to_string()));
    facts
}

/// The master and its workers are killed, and nobody starts them again: workers without a master would serve on for a while, uvicorn's for ever.
pub(super) fn vanished(stack: &Stack, count: u64) -> Clients {
    let kill = |whom: &str| {
        format!("[[act]]\nat = \"1s\"\nsignal = {{ to = \"{whom}\", name = \"KILL\" }}\n")
    };
    let act = match count {
        0 => String::new(),
        _ => (1..=stack.workers).fold(kill("backend"), |acts, age| {
            acts + &kill(&format!("worker {age}"))
        }),
    };
    let visitors = visitors(stack, Span::from_secs(4));
    Clients {
        toml: format!("{act}{visitors}"),
        times: (Span::from_secs(8), stack.patience()),
        visitors: VISITOR_COUNT,
        late: Some(LATE),
    }
}

pub(super) fn nobody_listens(stack: &Stack) -> Told {
    let whom = match stack.unix {
        true => "unix:…",
        false => "…",
    };
    Told {
        log: format!(
            "connect() to {whom} failed (111: Connection refused) while connecting to upstream"
        ),
        limit: stack.tell("site-limit-only-backend", &[]),
    }
}

pub(super) fn told_to_end(stack: &Stack) -> Told {
    let nginx_cuts = stack.spills || stack.worker_shutdown_timeout > Span::ZERO;
    match nginx_cuts && stack.worker_shutdown_timeout < stack.graceful_timeout {
        true => Told {
            log: stack.tell("site-log-fewer-bytes", &[]),
            limit: format!("worker_shutdown_timeout {}", stack.worker_shutdown_timeout),
        },
        false => Told {
            log: "upstream prematurely closed connection while reading upstream".to_owned(),
            limit: format!("graceful_timeout {}", stack.graceful_timeout),
        },
    }
}

/// Acts are for the only backend. What becomes of several when one of them is gone follows from what nginx does then, and the other threats can be
/// tried against those that are left.
pub(super) fn can_be_killed(stack: &Stack) -> Result<(), String> {
    if stack.instances == 1 {
        return Ok(());
    }
    let left = match stack.slots() {
        Some(slots) => stack.count("site-left-slots", slots - slots / stack.instances),
        None => stack.count("site-left-gunicorns", stack.instances - 1),
    };
    let next = if stack.asks_next { "yes" } else { "no" };
    let facts = [
        ("instances", stack.instances.to_string()),
        ("next", next.to_owned()),
        ("left", left),
        ("rest", (stack.instances - 1).to_string()),
    ];
    Err(stack.tell("site-left-out-kill", &facts))
}

pub(super) fn yes_or_no(_: &Stack) -> (Vec<u64>, u64) {
    (vec![1], 1)
}

/// gunicorn gets HUP and then nginx, while so many readers are in the middle of a download: it is they who are watched.
pub(super) fn reload(stack: &Stack, count: u64) -> Clients {
    let rate = stack.played().0.saturating_mul(1000) / stack.hold.as_ms().max(1);
    let readers = group(
        VISITORS,
        &format!(
            "arrival.once = {{ count = {}, spread = \"2s\" }}",
            count.max(1)
        ),
        &apart(stack, "request.path = \"/large\""),
        &format!(
            "slow-read = {{ rate = \"{}B/s\", rcvbuf = \"4KiB\" }}",
            rate.max(1)
        ),
    );
    let acts = match count {
        0 => "",
        _ => {
            "[[act]]\nat = \"4s\"\nsignal = { to = \"backend\", name = \"HUP\" }\n\
             [[act]]\nat = \"5s\"\nsignal = { to = \"proxy\", name = \"HUP\" }\n"
        }
    };
    Clients {
        toml: format!("{readers}{acts}"),
        times: (Span::from_secs(6), reload_takes(stack)),
        visitors: count.max(1),
        late: None,
    }
}

/// Until everything has run out that cuts somebody off, and has been noticed.
fn reload_takes(stack: &Stack) -> Span {
    let longest = (stack.graceful_timeout).max(stack.worker_shutdown_timeout);
    let on_the_way = match stack.unix {
        true => 0,
        false => ON_THE_WAY / stack.slow.0.max(1),
    };
    longest
        .saturating_add(Span::from_secs(10 + on_the_way))
        .min(LONGEST_RELOAD)
}

/// Whether a download lasts until the reload and longer, of the one backend that is told to.
pub(super) fn outlasts_a_reload(stack: &Stack) -> Result<(), String> {
    if stack.instances > 1 {
        let instances = stack.instances.to_string();
        return Err(stack.tell("site-left-out-reload", &[("instances", instances)]));
    }
    if stack.hold <= Span::from_secs(8) {
        return Err(stack.tell("site-left-out-short", &stack.download()));
    }
    let is_murdered = stack.class == WorkerClass::Sync && !stack.spills && !stack.timeout.is_zero();
    match is_murdered && stack.hold > stack.timeout {
        true => {
            let timeout = stack.timeout.to_string();
            Err(stack.tell("site-left-out-murdered", &[("timeout", timeout)]))
        }
        false => Ok(()),
    }
}

/// As many as are served at once, and some that wait.
pub(super) fn old_readers(stack: &Stack) -> (Vec<u64>, u64) {
    let slots = stack.slots().unwrap_or(MOST_READERS).min(MOST_READERS);
    (vec![slots / 2, slots, slots + 1], slots * 2)
}
