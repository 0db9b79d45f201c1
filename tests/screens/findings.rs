//! Runs in which a finding must be seen, and runs, as like them as can be, in which it must not.

use crate::sim::{self, Screen};

/// A kind of finding, a run that must show it, and one that must not: scenario and variant.
type Pair = (&'static str, [&'static str; 2], [&'static str; 2]);

const PAIRS: [Pair; 30] = [
    (
        "serves_nobody",
        ["active-but-dead", "deadlock"],
        ["active-but-dead", "well"],
    ),
    (
        "serves_nobody",
        ["fd-leak", "backs-off"],
        ["fd-leak", "baseline"],
    ),
    (
        "unseen_cut",
        ["cut-without-a-word", "baseline"],
        ["cut-without-a-word", "http-1-1"],
    ),
    (
        "silent_hole",
        ["the-silent-hole", "baseline"],
        ["the-silent-hole", "room-for-all"],
    ),
    (
        "silent_hole",
        ["the-silent-hole", "threads"],
        ["the-silent-hole", "threads-no-file"],
    ),
    (
        "linger_hold",
        ["keep-open-holds-a-worker", "baseline"],
        ["keep-open-holds-a-worker", "no-linger"],
    ),
    (
        "linger_hold",
        ["keep-open-holds-a-worker", "gthread"],
        ["keep-open-holds-a-worker", "proxied"],
    ),
    (
        "stale_keepalive",
        ["stale-keepalive", "baseline"],
        ["stale-keepalive", "no-pool"],
    ),
    (
        "stale_keepalive",
        ["stale-keepalive", "never-again"],
        ["next-upstream-kills-the-second", "baseline"],
    ),
    (
        "retry_amplification",
        ["retry-storm", "baseline"],
        ["retry-storm", "no-retries"],
    ),
    (
        "retry_amplification",
        ["two-tiers", "three-proxies"],
        ["two-tiers", "asked-once"],
    ),
    (
        "slots_exhausted",
        ["connection-slots", "baseline"],
        ["connection-slots", "more-slots"],
    ),
    (
        "slots_exhausted",
        ["connection-slots", "baseline"],
        ["connection-slots", "one-fewer"],
    ),
    (
        "files_exhausted",
        ["fd-exhaustion", "baseline"],
        ["fd-exhaustion", "more-files"],
    ),
    (
        "upload_hold",
        ["slow-upload", "baseline"],
        ["slow-upload", "buffered"],
    ),
    (
        "upload_hold",
        ["slow-upload", "threads"],
        ["slowloris", "baseline"],
    ),
    (
        "loop_stalled",
        ["cpu-on-the-event-loop", "baseline"],
        ["cpu-on-the-event-loop", "yielding-driver"],
    ),
    (
        "loop_stalled",
        ["fast-reader-starves-gevent", "baseline"],
        ["fast-reader-starves-gevent", "no-cpu"],
    ),
    (
        "loop_stalled",
        ["fast-reader-starves-gevent", "baseline"],
        ["fast-reader-starves-gevent", "threads"],
    ),
    (
        "worker_timeout",
        ["cpu-on-the-event-loop", "asgi-killed"],
        ["cpu-on-the-event-loop", "baseline"],
    ),
    (
        "hidden_by_the_kernel",
        ["unix-vs-tcp", "tcp"],
        ["unix-vs-tcp", "baseline"],
    ),
    (
        "reload_cut",
        ["reload-behind-slow-clients", "baseline"],
        ["reload-behind-slow-clients", "no-timeout"],
    ),
    (
        "reload_cut",
        ["reload-behind-slow-clients", "baseline"],
        ["graceful-reload", "baseline"],
    ),
    (
        "boot_failure",
        ["crash-loop", "baseline"],
        ["crash-loop", "good-release"],
    ),
    (
        "boot_failure",
        ["crash-loop", "import-error"],
        ["crash-loop", "slow-import"],
    ),
    (
        "backend_stopped",
        ["graceful-reload", "restart"],
        ["graceful-reload", "baseline"],
    ),
    (
        "backend_stopped",
        ["term-loses-the-queue", "baseline"],
        ["term-loses-the-queue", "reload"],
    ),
    (
        "no_live_upstreams",
        ["next-upstream-kills-the-second", "baseline"],
        ["next-upstream-kills-the-second", "errors-only"],
    ),
    (
        "no_live_upstreams",
        ["next-upstream-kills-the-second", "baseline"],
        ["next-upstream-kills-the-second", "never-left-out"],
    ),
    (
        "kept_back",
        ["events-through-two-tiers", "baseline"],
        ["healthy", "baseline"],
    ),
];

/// The sim has no load generator that could be late.
const NEVER: [&str; 1] = ["generator_saturated"];

fn is_seen(screens: &[Screen], kind: &str, [scenario, variant]: [&str; 2]) -> bool {
    let screen = screens.iter().find(|screen| screen.name == scenario);
    let summary = &screen
        .unwrap_or_else(|| panic!("no scenario {scenario}"))
        .summary;
    let mut variants = summary.variants.iter();
    assert!(
        variants.any(|one| one.name == variant),
        "{scenario} has no {variant}"
    );
    let mut findings = summary.findings.iter();
    findings.any(|finding| finding.kind == kind && finding.variant == variant)
}

pub(crate) fn each_is_seen_where_it_is_and_not_where_it_is_not(screens: &[Screen]) {
    let mut wrong = Vec::new();
    for (kind, there, not_there) in PAIRS {
        if !is_seen(screens, kind, there) {
            wrong.push(format!("{kind} is not seen in {there:?}"));
        }
        if is_seen(screens, kind, not_there) {
            wrong.push(format!("{kind} is seen in {not_there:?}"));
        }
    }
    for screen in screens {
        let findings = screen.summary.findings.iter();
        let never = findings.filter(|finding| NEVER.contains(&&*finding.kind));
        wrong.extend(never.map(|one| format!("{} is seen in {}", one.kind, screen.name)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_healthy_stack_shows_nothing() {
    let healthy = sim::play("healthy").unwrap();
    let seen = &healthy.summary.findings;
    assert!(seen.is_empty(), "{seen:?}");
}
