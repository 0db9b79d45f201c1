//! Runs in which a finding must be seen, and runs, as like them as can be, in which it must not.

use std::collections::BTreeSet;

use crate::sim::{self, Screen};

/// A kind of finding, a run that must show it, and one that must not: scenario and variant.
type Pair = (&'static str, [&'static str; 2], [&'static str; 2]);

const PAIRS: [Pair; 48] = [
    (
        "starvation",
        ["worker-starvation", "baseline"],
        ["worker-starvation", "buffered"],
    ),
    (
        "read_timeout_misfire",
        ["worker-starvation", "baseline"],
        ["worker-starvation", "twice-the-workers"],
    ),
    (
        "zombie_work",
        ["client-gone", "baseline"],
        ["two-tiers", "patient"],
    ),
    (
        "full_unix_queue",
        ["backlog-overflow", "unix"],
        ["backlog-overflow", "baseline"],
    ),
    (
        "syn_retries",
        ["backlog-overflow", "baseline"],
        ["backlog-overflow", "unix"],
    ),
    (
        "syn_retries",
        ["backlog-overflow", "impatient-proxy"],
        ["backlog-overflow", "deep"],
    ),
    (
        "worker_timeout_in_send",
        ["worker-timeout-kill", "baseline"],
        ["worker-timeout-kill", "patient"],
    ),
    (
        "worker_timeout_in_send",
        ["worker-timeout-kill", "baseline"],
        ["slow-upload", "baseline"],
    ),
    (
        "probe_kill",
        ["probe-kills-a-busy-backend", "baseline"],
        ["probe-kills-a-busy-backend", "patient"],
    ),
    (
        "edge_gives_up",
        ["two-tiers", "baseline"],
        ["two-tiers", "inner-first"],
    ),
    (
        "wall_clock_misfire",
        ["read-timeout-misfire", "wall-clock"],
        ["read-timeout-misfire", "baseline"],
    ),
    (
        "send_timeout",
        ["send-timeout-cuts-a-reader", "baseline"],
        ["send-timeout-cuts-a-reader", "patient"],
    ),
    (
        "hidden_truncation",
        ["worker-timeout-kill", "baseline"],
        ["worker-timeout-kill", "patient"],
    ),
    (
        "hidden_truncation",
        ["cut-without-a-word", "http-1-1"],
        ["cut-without-a-word", "baseline"],
    ),
    (
        "hoarding",
        ["gthread-hoards", "baseline"],
        ["gthread-hoards", "one-process"],
    ),
    (
        "spill",
        ["worker-starvation", "buffered"],
        ["worker-starvation", "buffered-no-temp"],
    ),
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
        "disk_full",
        ["disk-full-downloads", "baseline"],
        ["disk-full-downloads", "room"],
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
    (
        "blocked_on_a_log",
        ["pipe-is-a-slow-client", "baseline"],
        ["pipe-is-a-slow-client", "read-quickly"],
    ),
];

/// Kinds that no run in virtual time shows. Their pairs are records made by hand, in `src/report/findings`.
const BY_HAND: [&str; 12] = [
    "brake",
    "bufferbloat",
    "coordinated_omission",
    "deleted_but_open",
    "generator_saturated",
    "hole_in_a_log",
    "load_without_cpu",
    "no_brake",
    "slow_heartbeat",
    "socket_refused",
    "stage_spilled",
    "worker_killed_from_outside",
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
fn every_kind_has_a_run_in_which_it_is_seen_and_one_in_which_it_is_not() {
    let catalogue = include_str!("../../src/report/words/en/findings.ftl");
    let messages = catalogue
        .lines()
        .filter_map(|line| line.strip_prefix("finding-"));
    let told: BTreeSet<String> = messages
        .filter_map(|line| Some(line.split_once(" =")?.0.replace('-', "_")))
        .collect();
    let paired = PAIRS.iter().map(|(kind, ..)| *kind).chain(BY_HAND);
    let paired: BTreeSet<String> = paired.map(str::to_owned).collect();
    assert_eq!(paired, told);
}

#[test]
fn a_healthy_stack_shows_nothing() {
    let healthy = sim::play("healthy");
    let seen = &healthy.summary.findings;
    assert!(seen.is_empty(), "{seen:?}");
}
