//! Findings on hand-made records: each kind is seen where it is, and nowhere else.

use crate::machine::backend_config::WorkerClass;
use crate::machine::behavior::{Behavior, Idle};
use crate::machine::link::Link;
use crate::plan::Plan;
use crate::record::summary::Summary;
use crate::record::{
    EndedBy, Event, EventKind, ExitStatus, Hold, HoldEnd, Hop, LineWay, Manifest, Outcome,
    QueueSample, RequestRecord, Source, WorkerInterval, WorkerState,
};
use crate::report::data::{RunData, VariantData};
use crate::report::findings::find;
use crate::report::summarize::summarize;
use crate::report::words::{Language, Words};
use crate::tier::Tier;
use crate::time::{Span, Timestamp};
use crate::units::ByteRate;

pub(crate) fn at(ms: u64) -> Timestamp {
    Timestamp::from_us(ms * 1000)
}

/// One worker or more behind a proxy; `slow` asks for `/report`, `visitors` for `/`.
pub(crate) fn plan(workers: u32, proxy: bool) -> Plan {
    let group = |name: &str, path: &str| {
        serde_json::json!({
            "name": name, "path": path, "timeout": null, "keepalive": false,
            "behavior": { "healthy": {} }, "schedule": { "starts": { "at": [] } },
        })
    };
    let plan = serde_json::json!({
        "scenario": "s", "variant": "baseline", "seed": 7,
        "duration": "10s", "warmup": "1s", "drain": "10s",
        "backend": { "workers": workers, "timeout": "4s", "app": { "/": { "wait": "5ms" } } },
        "proxy": proxy.then(|| serde_json::json!({ "proxy_read_timeout": "3s", "send_timeout": "2s" })),
        "groups": [group("slow", "/report"), group("visitors", "/")],
    });
    serde_json::from_value(plan).unwrap()
}

pub(crate) fn request(id: u64, group: &str, start_ms: u64, end_ms: u64) -> RequestRecord {
    let row = serde_json::json!({
        "request_id": id, "group": group, "client": 0, "path": if group == "slow" { "/report" } else { "/" },
        "intended_at_us": start_ms * 1000, "started_at_us": start_ms * 1000, "connected_at_us": start_ms * 1000,
        "proxy_accepted_at_us": start_ms * 1000, "upstream_connected_at_us": start_ms * 1000,
        "worker": null, "worker_accepted_at_us": null, "app_done_at_us": null, "worker_released_at_us": null,
        "upstream_released_at_us": end_ms * 1000, "first_byte_at_us": null, "last_byte_at_us": end_ms * 1000,
        "closed_at_us": end_ms * 1000, "status": 200, "outcome": "complete", "ended_by": "completion",
        "expected_bytes": 1000, "received_bytes": 1000, "sent_bytes": null, "proxy_status": 200,
        "upstream_header_at_us": null, "proxy_read_bytes": null, "proxy_sent_bytes": null, "spilled_bytes": null,
        "peak_buffered_bytes": null, "send_blocked_us": null, "worker_pid": null,
        "rcvbuf_requested_bytes": null, "rcvbuf_granted_bytes": null, "client_port": null,
    });
    serde_json::from_value(row).unwrap()
}

/// Served by worker 1: taken up at `from`, handed to `send` 5 ms later, released at `to`.
pub(crate) fn served(row: RequestRecord, from: u64, to: u64) -> RequestRecord {
    RequestRecord {
        worker: Some(1),
        worker_accepted_at: Some(at(from)),
        app_done_at: Some(at(from + 5)),
        worker_released_at: Some(at(to)),
        ..row
    }
}

pub(crate) fn interval(
    state: WorkerState,
    from: u64,
    to: u64,
    request: &RequestRecord,
) -> WorkerInterval {
    WorkerInterval {
        worker: 1,
        pid: 99,
        slot: Some(0),
        state,
        from: at(from),
        to: Some(at(to)),
        request_id: Some(request.request_id),
        group: Some(request.group.clone()),
        rss_bytes: None,
        buffered_bytes: None,
    }
}

/// The hold of a request by slot 0 of worker 1, which accepted its connection as it took it up.
pub(crate) fn hold(request: &RequestRecord) -> Hold {
    Hold {
        worker: 1,
        slot: 0,
        pid: 99,
        request_id: Some(request.request_id),
        group: Some(request.group.clone()),
        accepted_at: request.worker_accepted_at,
        began_at: request.worker_accepted_at,
        head_read_at: request.worker_accepted_at,
        body_read_at: request.worker_accepted_at,
        app_done_at: request.app_done_at,
        released_at: request.worker_released_at,
        ended: HoldEnd::Released,
        sent_bytes: 0,
        recv_blocked: Span::ZERO,
        send_blocked: Span::ZERO,
        lingering: Span::ZERO,
    }
}

/// The only attempt of the proxy at a request.
pub(crate) fn hop(request: &RequestRecord) -> Hop {
    Hop {
        request_id: request.request_id,
        group: Some(request.group.clone()),
        tier: Tier::Proxy,
        instance: 0,
        attempt: 1,
        peer: Some(0),
        reused: Some(false),
        accepted_at: request.started_at,
        connected_at: request.upstream_connected_at,
        header_at: request.upstream_header_at,
        released_at: request.upstream_released_at,
        status: 200,
        ended_by: request.ended_by,
        timer: None,
        read_bytes: request.proxy_read_bytes,
        sent_bytes: 0,
        spilled_bytes: request.spilled_bytes,
        peak_buffered_bytes: request.peak_buffered_bytes,
        longest_silence: request.longest_silence,
        request_bytes: None,
        request_spilled_bytes: None,
        done_at: None,
    }
}

pub(crate) fn event(kind: EventKind, ms: u64, worker: Option<u32>) -> Event {
    Event::new(at(ms), Source::Proxy, kind).of_worker(worker)
}

pub(crate) fn queue(ms: u64, depth: u64) -> QueueSample {
    QueueSample {
        accept_queue: Some(depth),
        accept_queue_limit: Some(2048),
        ..QueueSample::of(at(ms), Span::ZERO, Tier::Backend, None)
    }
}

pub(crate) fn variant(plan: Plan) -> VariantData {
    VariantData::new(plan)
}

pub(crate) fn run_of(variant: VariantData) -> RunData {
    let manifest = Manifest {
        variants: vec![variant.plan.variant.clone()],
        ..Manifest::default()
    };
    RunData {
        manifest,
        scenario_toml: String::new(),
        variants: vec![variant],
    }
}

pub(crate) fn summary_of(variant: VariantData) -> Summary {
    summarize(&run_of(variant))
}

/// The kinds that were found, and the text of one of them.
pub(super) fn found(variant: VariantData, kind: &str) -> (Vec<String>, String) {
    let run = run_of(variant);
    let findings = find(&run, &summarize(&run), Words::of(Language::English));
    let kinds = findings
        .iter()
        .map(|finding| finding.kind.clone())
        .collect();
    let text = findings.iter().find(|finding| finding.kind == kind);
    (
        kinds,
        text.map(|finding| finding.text.clone()).unwrap_or_default(),
    )
}

/// One worker, held from 2 s to 8 s by a slow reader; a visitor that came at 3 s got 504 at 6 s and was run at 8 s.
fn misfire() -> VariantData {
    let slow = served(request(1, "slow", 2000, 8000), 2000, 8000);
    let victim = RequestRecord {
        status: Some(504),
        proxy_status: Some(504),
        ended_by: EndedBy::ProxyReadTimeout,
        ..served(request(2, "visitors", 3000, 6000), 8000, 8010)
    };
    VariantData {
        workers: vec![
            interval(WorkerState::App, 2000, 2005, &slow),
            interval(WorkerState::Send, 2005, 8000, &slow),
            interval(WorkerState::App, 8000, 8005, &victim),
            interval(WorkerState::Send, 8005, 8010, &victim),
        ],
        requests: vec![slow, victim],
        queues: vec![queue(1500, 0), queue(4000, 37), queue(9000, 0)],
        ..variant(plan(1, true))
    }
}

#[test]
fn starvation_names_holder_victims_and_queue() {
    let (kinds, text) = found(misfire(), "starvation");
    assert!(kinds.contains(&"starvation".to_owned()), "{kinds:?}");
    assert_eq!(
        text,
        "from 2.0 s to 8.0 s the only worker was held by `slow` (100 % of it in send); 1 request of `visitors` waited in the accept queue, which peaked at 37, up to 3 s"
    );
}

#[test]
fn a_probe_that_kills_says_what_the_backend_was_doing_and_how_it_went() {
    let killed = |ms| {
        let kind = EventKind::ProbeKilled {
            probe: "liveness".to_owned(),
            failures: 3,
        };
        event(kind, ms, None)
    };
    let restarted = |ms, forced| {
        let kind = EventKind::BackendRestarted {
            probe: "liveness".to_owned(),
            took_us: 500_000,
            forced,
        };
        event(kind, ms, None)
    };
    let mut data = misfire();
    data.plan.probes = vec![toml::from_str("name = \"liveness\"").unwrap()];
    data.probes = vec![crate::record::ProbeRecord {
        at: at(3700),
        probe: "liveness".to_owned(),
        to: crate::tier::Tier::Backend,
        latency: crate::time::Span::from_ms(300),
        outcome: crate::record::ProbeOutcome::Timeout,
        status: None,
        failures: 3,
    }];
    data.events = vec![killed(4000), restarted(4500, false), killed(7000)];
    let (_, text) = found(data.clone(), "probe_kill");
    assert_eq!(
        text,
        "the backend was told to end at 4.0 s because `liveness` failed 3 times in a row (timeout), while its only worker was busy; it was gone 500 ms later (2 restarts in all)"
    );
    data.events = vec![killed(4000), restarted(4500, true)];
    let (_, text) = found(data.clone(), "probe_kill");
    assert!(
        text.ends_with("it was killed 500 ms later, with all that it held"),
        "{text}"
    );
    data.events = vec![killed(9000)];
    let (_, text) = found(data, "probe_kill");
    assert!(
        text.ends_with("in a row (timeout); the run was over first"),
        "{text}"
    );
}

#[test]
fn connections_that_say_nothing_starve_others_and_are_no_victims() {
    let mut data = misfire();
    data.plan.groups[0].behavior = Behavior::Idle(Idle::default());
    // No worker knows whose connection it was.
    let silent = WorkerInterval {
        request_id: None,
        group: None,
        ..interval(WorkerState::Reading, 2000, 8000, &data.requests[0])
    };
    data.workers.splice(..2, [silent]);
    data.requests[0] = request(1, "slow", 2000, 8000);
    let (_, text) = found(data, "starvation");
    assert_eq!(
        text,
        "from 2.0 s to 8.0 s the only worker was held by connections that sent no request; 1 request of `visitors` waited in the accept queue, which peaked at 37, up to 3 s"
    );
}

#[test]
fn a_holder_is_told_with_what_its_workers_did_most() {
    for (state, words) in [
        (WorkerState::App, "100 % of it in the handler"),
        (
            WorkerState::Linger,
            "100 % of it waiting for the client to close",
        ),
        (WorkerState::Body, "100 % of it waiting for the request"),
    ] {
        let mut data = misfire();
        data.workers[1].state = state;
        let (_, text) = found(data, "starvation");
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn a_worker_that_accepts_more_than_it_has_slots_for_is_a_queue_too() {
    let mut data = misfire();
    let victim = hold(&data.requests[1]);
    data.holds = vec![Hold {
        accepted_at: Some(at(3010)),
        ..victim
    }];
    let (_, text) = found(data.clone(), "starvation");
    assert!(
        text.ends_with("waited inside a worker that had accepted them, up to 3 s"),
        "{text}"
    );
    let queued = RequestRecord {
        request_id: 3,
        ..data.requests[1].clone()
    };
    data.requests.push(queued);
    let (_, text) = found(data, "starvation");
    assert!(
        text.contains(
            "waited for a slot, 1 of them inside a worker that had accepted them, the others in the accept queue, which peaked at 37"
        ),
        "{text}"
    );
}

#[test]
fn the_misfire_names_who_was_blamed_and_who_held_the_worker() {
    let (kinds, text) = found(misfire(), "read_timeout_misfire");
    assert_eq!(kinds, ["starvation", "read_timeout_misfire", "zombie_work"]);
    assert_eq!(
        text,
        "1 request of `visitors` got 504 after 3 s of proxy_read_timeout although no worker had seen them; their handler takes 5 ms; request 2 waited 3 s in the accept queue, behind worker 1 in send to `slow`; `slow`, who held the workers, never met that timer"
    );
    let (_, zombies) = found(misfire(), "zombie_work");
    assert!(
        zombies.contains("1 request of `visitors`") && zombies.contains("10 ms of worker time"),
        "{zombies}"
    );
}

#[test]
fn a_misfire_among_the_holders_own_group_does_not_say_that_the_group_was_spared() {
    let mut data = misfire();
    let also = RequestRecord {
        request_id: 3,
        ..data.requests[1].clone()
    };
    data.requests.push(RequestRecord {
        group: "slow".to_owned(),
        path: "/report".to_owned(),
        ..also
    });
    let (_, text) = found(data, "read_timeout_misfire");
    assert_eq!(
        text,
        "2 requests of `slow` and `visitors` got 504 after 3 s of proxy_read_timeout although no worker had seen them; request 2 waited 3 s in the accept queue, behind worker 1 in send to `slow`; those in send never met that timer"
    );
}

#[test]
fn a_misfire_on_a_request_that_a_worker_hoards_does_not_blame_the_accept_queue() {
    let mut data = misfire();
    let victim = hold(&data.requests[1]);
    data.holds = vec![Hold {
        accepted_at: Some(at(3010)),
        ..victim
    }];
    let (_, text) = found(data, "read_timeout_misfire");
    assert!(
        text.contains(
            "although no thread had taken them up; their handler takes 5 ms; request 2 waited 3 s inside a worker that had accepted it, behind worker 1"
        ),
        "{text}"
    );
}

/// Visitors behind a line of 10 Mbit/s that they share with `slow`, and what its queue did to them.
fn behind_a_line(wait_us: u64, took_ms: u64, shared: bool) -> VariantData {
    let mut plan = plan(1, true);
    for group in &mut plan.groups {
        let mut link = Link::plain(ByteRate(1_250_000), Span::from_ms(30), 0.0);
        link.nature.shared = shared;
        group.link = Some(link);
    }
    let ahead = [("slow".to_owned(), 500_000), ("visitors".to_owned(), 5000)];
    let queued = EventKind::Queued {
        way: LineWay::Down,
        group: "visitors".to_owned(),
        packets: 10,
        wait_mean_us: wait_us,
        wait_max_us: wait_us,
        ahead_bytes: ahead.into(),
        peak_bytes: 524_000,
        limit_bytes: 524_288,
    };
    VariantData {
        requests: vec![request(1, "visitors", 2000, 2000 + took_ms)],
        events: vec![event(queued, 9000, None)],
        ..variant(plan)
    }
}

#[test]
fn a_queue_of_a_shared_line_is_told_with_whose_bytes_stood_in_it() {
    let (kinds, text) = found(behind_a_line(400_000, 870, true), "bufferbloat");
    assert_eq!(kinds, ["bufferbloat"]);
    assert_eq!(
        text,
        "1 request of `visitors` took up to 870 ms, and not by the site: every packet for them stood in the queue of the shared line for 400 ms \
         on average (400 ms at most). 493 KiB stood before it, 99 % of it for `slow`; the queue has room for 512 KiB"
    );
    // A short queue, and a page that is there in time, twice two round trips and a margin.
    for data in [
        behind_a_line(32_000, 870, true),
        behind_a_line(400_000, 370, true),
    ] {
        assert_eq!(found(data, "").0, Vec::<String>::new());
    }
    // Of a line of one's own nothing is booked.
    let mut own = behind_a_line(400_000, 870, false);
    own.events.clear();
    assert_eq!(found(own, "").0, Vec::<String>::new());
}

#[test]
fn a_healthy_run_shows_nothing() {
    let row = served(request(1, "visitors", 2000, 2010), 2000, 2006);
    let healthy = VariantData {
        workers: vec![interval(WorkerState::App, 2000, 2006, &row)],
        requests: vec![row],
        ..variant(plan(1, true))
    };
    let (kinds, _) = found(healthy, "");
    assert!(kinds.is_empty(), "{kinds:?}");
}

#[test]
fn a_worker_killed_in_send_is_told_with_what_the_client_got() {
    let cut = RequestRecord {
        outcome: Outcome::Truncated,
        ended_by: EndedBy::WorkerTimeout,
        received_bytes: 400,
        ..served(request(1, "slow", 2000, 6000), 2000, 6000)
    };
    let killed = VariantData {
        workers: vec![interval(WorkerState::Send, 2005, 6000, &cut)],
        requests: vec![cut.clone()],
        events: vec![event(EventKind::WorkerTimeout { pid: 99 }, 5990, Some(1))],
        ..variant(plan(1, true))
    };
    // In virtual time the signal ends `send` at the instant at which it is told.
    let at_once = VariantData {
        workers: vec![
            interval(WorkerState::Send, 2005, 5990, &cut),
            interval(WorkerState::Linger, 5990, 6000, &cut),
        ],
        ..killed.clone()
    };
    for data in [killed, at_once] {
        let (kinds, text) = found(data, "worker_timeout_in_send");
        assert_eq!(kinds, ["worker_timeout_in_send", "hidden_truncation"]);
        assert_eq!(
            text,
            "worker 1 was killed at 6.0 s by gunicorn's timeout (4 s) while it was only sending to client 0 of `slow`; that client got 400 B of 1000 B, and the proxy logged 200"
        );
    }
}

#[test]
fn a_worker_of_many_slots_is_killed_for_what_stops_its_heart() {
    let one = served(request(1, "slow", 2000, 6000), 2000, 6000);
    let two = served(request(2, "visitors", 3000, 6000), 3000, 6000);
    let lane = |slot, state, from, row: &RequestRecord| WorkerInterval {
        slot,
        ..interval(state, from, 6000, row)
    };
    let killed = |class: &str, process: WorkerState, slot: WorkerState| {
        let mut data = variant(plan(1, true));
        data.plan.backend.worker_class = WorkerClass::named(class).unwrap();
        data.plan.backend.threads = 4;
        data.workers = vec![
            lane(None, process, 2500, &one),
            lane(Some(0), slot, 2500, &one),
            lane(Some(1), WorkerState::Send, 3005, &two),
        ];
        data.holds = [&one, &two]
            .map(|row| Hold {
                ended: HoldEnd::Killed,
                ..hold(row)
            })
            .into();
        data.requests = vec![one.clone(), two.clone()];
        let stale = EventKind::WorkerTimeout { pid: 99 };
        data.events = vec![event(stale, 5990, Some(1))];
        let (kinds, text) = found(data, "worker_timeout");
        assert!(
            !kinds.contains(&"worker_timeout_in_send".to_owned()),
            "{kinds:?}"
        );
        text
    };
    let cases = [
        (
            "gevent",
            WorkerState::App,
            WorkerState::App,
            "while one handler kept it from everything else",
        ),
        (
            "gthread",
            WorkerState::Idle,
            WorkerState::App,
            "while one handler kept it from everything else",
        ),
        (
            "gthread",
            WorkerState::Linger,
            WorkerState::Send,
            "while its main thread was waiting for a client to close",
        ),
        (
            "asgi",
            WorkerState::Idle,
            WorkerState::Send,
            "without a beat of its heart",
        ),
    ];
    for (class, process, slot, why) in cases {
        assert_eq!(
            killed(class, process, slot),
            format!(
                "worker 1 was killed at 6.0 s by gunicorn's timeout (4 s) {why}, with 2 requests in hand"
            )
        );
    }
}

#[test]
fn a_worker_killed_from_outside_is_told_and_one_killed_by_the_arbiter_is_not_told_twice() {
    let row = served(request(1, "slow", 2000, 6000), 2000, 6000);
    let killed = |events: Vec<Event>| VariantData {
        workers: vec![interval(WorkerState::Send, 2005, 3000, &row)],
        requests: vec![row.clone()],
        events,
        ..variant(plan(1, true))
    };
    let status = ExitStatus::Signal(9);
    let exited = event(EventKind::WorkerExited { pid: 99, status }, 3000, Some(1));
    let outside = killed(vec![
        exited.clone(),
        event(EventKind::WorkerSpawned { pid: 100 }, 3001, Some(2)),
    ]);
    let (_, text) = found(outside, "worker_killed_from_outside");
    assert_eq!(
        text,
        "worker 1 was killed from outside at 3.0 s (signal 9); the master started another in its place"
    );
    let stale = event(EventKind::WorkerTimeout { pid: 99 }, 2990, Some(1));
    let signal = "term".to_owned();
    let told = event(EventKind::SignalHandled { signal }, 2990, None);
    let clean = event(
        EventKind::WorkerExited {
            pid: 99,
            status: ExitStatus::Code(1),
        },
        3000,
        Some(1),
    );
    for events in [vec![stale, exited.clone()], vec![told, exited], vec![clean]] {
        let (kinds, _) = found(killed(events), "");
        assert!(
            !kinds.contains(&"worker_killed_from_outside".to_owned()),
            "{kinds:?}"
        );
    }
}

#[test]
fn the_direct_misfire_is_told_apart_from_the_queued_one() {
    let cut = RequestRecord {
        outcome: Outcome::Truncated,
        ended_by: EndedBy::ProxyReadTimeout,
        received_bytes: 400,
        ..served(request(1, "slow", 2000, 5000), 2000, 5000)
    };
    let mut data = VariantData {
        requests: vec![cut],
        ..variant(plan(1, true))
    };
    data.plan.proxy.as_mut().unwrap().read_timer =
        serde_json::from_value(serde_json::json!("wall-clock")).unwrap();
    let (kinds, text) = found(data, "wall_clock_misfire");
    assert_eq!(kinds, ["wall_clock_misfire", "hidden_truncation"]);
    assert!(
        text.contains("counted while the proxy itself refused to read"),
        "{text}"
    );
    assert!(text.contains("request 1 got 400 B of 1000 B"), "{text}");
}

#[test]
fn a_mode_that_keeps_the_proxy_out_is_told_with_what_it_lacks() {
    let said = |mode: &str, folder: Option<&str>, errno: i32| {
        let refused = RequestRecord {
            status: Some(502),
            upstream_connected_at: None,
            ..request(1, "visitors", 2000, 2001)
        };
        let error = EventKind::ProxyError {
            line: format!(
                "connect() to unix:/x failed ({errno}: told by the kernel) while connecting to upstream"
            ),
            call: Some("connect".to_owned()),
            errno: Some(errno),
        };
        let mut plan = plan(1, true);
        let read = |text: &str| text.to_owned().try_into().unwrap();
        plan.backend.socket.mode = Some(read(mode));
        plan.backend.socket.directory = folder.map(read);
        found(
            VariantData {
                requests: vec![refused],
                events: vec![event(error, 2000, Some(1))],
                ..variant(plan)
            },
            "socket_refused",
        )
    };
    let (kinds, text) = said("0640", None, 13);
    assert_eq!(kinds, ["socket_refused"]);
    let told = "it has mode 0640, and the proxy may not write to it";
    assert!(text.contains(told), "{text}");
    let (_, text) = said("0666", Some("0700"), 13);
    assert!(text.contains("its folder has mode 0700"), "{text}");
    for other in [2, 11, 111] {
        assert!(
            !said("0640", None, other)
                .0
                .contains(&"socket_refused".to_owned())
        );
    }
}

#[test]
fn a_full_queue_is_instant_on_unix_and_slow_on_tcp() {
    let refused = RequestRecord {
        status: Some(502),
        upstream_connected_at: None,
        ended_by: EndedBy::Proxy,
        ..request(1, "visitors", 2000, 2001)
    };
    let unix = VariantData {
        requests: vec![refused],
        events: vec![event(
            EventKind::ProxyError {
                line: "connect() to unix:/x failed (11: Resource temporarily unavailable) while connecting to upstream".to_owned(),
                call: Some("connect".to_owned()),
                errno: Some(11),
            },
            2000,
            None,
        )],
        ..variant(plan(1, true))
    };
    let (kinds, text) = found(unix, "full_unix_queue");
    assert_eq!(kinds, ["full_unix_queue"]);
    assert!(
        text.contains("connect was refused once and 1 request got 502 at once, within 1 ms"),
        "{text}"
    );
    let retried = RequestRecord {
        upstream_connected_at: Some(at(3030)),
        ..request(1, "visitors", 2000, 3040)
    };
    let given_up = RequestRecord {
        upstream_connected_at: None,
        status: Some(504),
        ended_by: EndedBy::ProxyConnectTimeout,
        ..request(2, "visitors", 2000, 5000)
    };
    let tcp = VariantData {
        requests: vec![retried, given_up],
        ..variant(plan(1, true))
    };
    let (kinds, text) = found(tcp, "syn_retries");
    assert_eq!(kinds, ["syn_retries"]);
    assert!(
        text.contains("1 connection only got through on a retry, after up to 1.03 s"),
        "{text}"
    );
    assert!(
        text.contains("1 request got 504 after 60 s of proxy_connect_timeout"),
        "{text}"
    );
}

#[test]
fn a_proxy_that_waits_for_a_request_is_not_taken_for_one_that_waits_for_the_kernel() {
    let mut plan = plan(1, true);
    let late = RequestRecord {
        upstream_connected_at: Some(at(5000)),
        ..request(1, "slow", 2000, 5010)
    };
    let data = |plan| VariantData {
        requests: vec![late.clone()],
        ..variant(plan)
    };
    let told = |plan| found(data(plan), "syn_retries").1;
    assert!(told(plan.clone()).contains("1 connection only got through"));
    let slow = serde_json::json!({ "slow-header": { "rate": "40B/s" } });
    plan.groups[0].behavior = serde_json::from_value(slow).unwrap();
    assert_eq!(told(plan), "");
}

#[test]
fn send_timeout_and_spill_are_told() {
    let cut = RequestRecord {
        outcome: Outcome::Truncated,
        ended_by: EndedBy::SendTimeout,
        last_byte_at: Some(at(3900)),
        ..request(1, "slow", 2000, 4000)
    };
    let spilled = RequestRecord {
        spilled_bytes: Some(4 << 20),
        upstream_released_at: Some(at(2020)),
        ..request(2, "slow", 2000, 6000)
    };
    let data = VariantData {
        requests: vec![cut, spilled],
        ..variant(plan(1, true))
    };
    let (_, text) = found(data.clone(), "send_timeout");
    assert!(
        text.contains(
            "send_timeout (2 s) cut 1 request of `slow`; 1 of them had been reading to the end"
        ),
        "{text}"
    );
    let (_, text) = found(data, "spill");
    assert!(
        text.contains(
            "4 MiB in all: the backend was let go after 20 ms (median), the clients took 4 s"
        ),
        "{text}"
    );
}

#[test]
fn the_naive_latency_is_shown_up() {
    let late = RequestRecord {
        started_at: at(4990),
        ..request(1, "visitors", 2000, 5000)
    };
    let (kinds, text) = found(
        VariantData {
            requests: vec![late],
            ..variant(plan(1, true))
        },
        "coordinated_omission",
    );
    assert_eq!(kinds, ["coordinated_omission", "generator_saturated"]);
    assert!(
        text.contains("felt 3 s at the maximum") && text.contains("looks like 10 ms"),
        "{text}"
    );
    // Who begins in time has the same latency by both clocks, however long it is.
    let in_time = VariantData {
        requests: vec![request(1, "visitors", 2000, 5000)],
        ..variant(plan(1, true))
    };
    assert!(found(in_time, "coordinated_omission").0.is_empty());
}

/// A request that the edge gave up after 2 s, and that the proxy behind it logs with this status.
fn given_up_by_edge(status: u16, ended_by: EndedBy) -> VariantData {
    let mut variant = variant(plan(1, true));
    let mut edge = variant.plan.proxy.clone().unwrap();
    edge.proxy_read_timeout = Span::from_secs(2);
    variant.plan.edge = Some(edge);
    let row = RequestRecord {
        status: Some(504),
        proxy_status: Some(504),
        ended_by: EndedBy::ProxyReadTimeout,
        ..served(request(1, "visitors", 1000, 3000), 4000, 4010)
    };
    variant.hops = vec![
        Hop {
            tier: Tier::Edge,
            status: 504,
            ..hop(&row)
        },
        Hop {
            status,
            ended_by,
            ..hop(&row)
        },
    ];
    variant.requests = vec![row];
    variant
}

#[test]
fn an_edge_that_gives_up_leaves_a_499_behind_it() {
    let run = run_of(given_up_by_edge(499, EndedBy::Client));
    let findings = find(&run, &summarize(&run), Words::of(Language::English));
    let text = |kind: &str| {
        let found = findings.iter().find(|finding| finding.kind == kind);
        found
            .map(|finding| finding.text.clone())
            .unwrap_or_default()
    };
    let said = text("edge_gives_up");
    assert!(
        said.contains("after 2 s of its proxy_read_timeout"),
        "{said}"
    );
    assert!(
        said.contains("logs 499") && said.contains("no worker"),
        "{said}"
    );
    let blamed = text("read_timeout_misfire");
    assert!(blamed.contains("the edge's proxy_read_timeout"), "{blamed}");
}

#[test]
fn an_inner_504_that_is_passed_on_is_the_inner_proxys() {
    let mut variant = given_up_by_edge(504, EndedBy::ProxyReadTimeout);
    variant.hops[0].ended_by = EndedBy::Completion;
    let run = run_of(variant);
    let findings = find(&run, &summarize(&run), Words::of(Language::English));
    assert!(
        findings
            .iter()
            .all(|finding| finding.kind != "edge_gives_up")
    );
    let misfire = findings
        .iter()
        .find(|finding| finding.kind == "read_timeout_misfire");
    let text = &misfire.expect("the victims are innocent").text;
    assert!(
        text.contains("3 s of the inner proxy's proxy_read_timeout"),
        "{text}"
    );
}

#[test]
fn a_worker_that_hoards_is_told_only_while_another_is_idle() {
    let mut plan = plan(2, true);
    plan.backend.worker_class = WorkerClass::Gthread;
    plan.backend.threads = 2;
    let late = served(request(1, "visitors", 1000, 3010), 3000, 3010);
    let hoarded = Hold {
        accepted_at: Some(at(1001)),
        ..hold(&late)
    };
    let queries: Vec<RequestRecord> = (2..5).map(|id| request(id, "slow", 900, 3000)).collect();
    // Worker 1's threads are held; of worker 2's so many.
    let data = |held: usize| {
        let mut workers: Vec<WorkerInterval> = (queries.iter().take(2 + held).zip(0..))
            .map(|(row, place)| WorkerInterval {
                worker: 1 + place / 2,
                slot: Some(place % 2),
                ..interval(WorkerState::App, 900, 3000, row)
            })
            .collect();
        workers.sort_by_key(|row| row.worker);
        VariantData {
            requests: queries.iter().chain([&late]).cloned().collect(),
            workers,
            holds: vec![hoarded.clone()],
            ..variant(plan.clone())
        }
    };
    let (_, text) = found(data(1), "hoarding");
    assert_eq!(
        text,
        "worker 1 accepted more connections than its 2 threads could serve: 1 request of `visitors` waited inside a worker, up to 2 s, while a thread of another was free"
    );
    let mut both = data(1);
    let second = WorkerInterval {
        worker: 2,
        slot: Some(1),
        ..interval(WorkerState::App, 900, 3000, &queries[0])
    };
    both.workers.push(second);
    assert_eq!(found(both, "hoarding").1, "", "every thread was held");
}

#[test]
fn a_loop_that_one_handler_keeps_is_told_with_those_who_waited() {
    let mut plan = plan(1, true);
    plan.backend.worker_class = WorkerClass::Gevent;
    let heavy = served(request(1, "slow", 1000, 2300), 1000, 2300);
    let behind = served(request(2, "visitors", 1200, 2310), 1200, 2310);
    let before = served(request(3, "visitors", 500, 510), 500, 510);
    let stall = |to| WorkerInterval {
        slot: None,
        ..interval(WorkerState::App, 1000, to, &heavy)
    };
    let data = |to| VariantData {
        requests: vec![heavy.clone(), behind.clone(), before.clone()],
        workers: vec![stall(to)],
        ..variant(plan.clone())
    };
    let (_, text) = found(data(2300), "loop_stalled");
    assert_eq!(
        text,
        "one handler of `slow` kept worker 1 from everything else for 1.3 s: 1 request of `visitors` waited meanwhile"
    );
    assert_eq!(
        found(data(1100), "loop_stalled").1,
        "",
        "too short for a word"
    );
}

#[test]
fn turns_of_one_handler_that_follow_one_another_are_one_stall() {
    let mut plan = plan(1, true);
    plan.backend.worker_class = WorkerClass::Gevent;
    let fast = served(request(1, "slow", 1000, 2300), 1000, 2300);
    let behind = served(request(2, "visitors", 1200, 2310), 1200, 2310);
    // A millisecond of CPU, then a write that never waits; every so often somebody else's turn.
    let data = |turn_of_others: u64| VariantData {
        requests: vec![fast.clone(), behind.clone()],
        workers: (0..600_u64)
            .map(|turn| WorkerInterval {
                slot: None,
                ..interval(
                    WorkerState::App,
                    1000 + 2 * turn,
                    1001 + 2 * turn,
                    if turn % turn_of_others == 0 {
                        &behind
                    } else {
                        &fast
                    },
                )
            })
            .collect(),
        ..variant(plan.clone())
    };
    let (_, text) = found(data(1000), "loop_stalled");
    assert!(
        text.contains("kept worker 1 from everything else for 1.2 s"),
        "{text}"
    );
    assert_eq!(
        found(data(50), "loop_stalled").1,
        "",
        "others had their turns"
    );
}

#[test]
fn a_generator_that_is_late_is_told_and_a_hiccup_is_not() {
    let data = |late: u64| VariantData {
        requests: (1..=100)
            .map(|id| RequestRecord {
                intended_at: at(2000 + id * 10),
                ..request(
                    id,
                    "visitors",
                    2000 + id * 10 + if id <= late { 80 } else { 1 },
                    4000,
                )
            })
            .collect(),
        ..variant(plan(1, true))
    };
    let (_, text) = found(data(10), "generator_saturated");
    assert_eq!(
        text,
        "the load generator was late itself: 10 of 100 requests began up to 80 ms after they were meant to, so the stack was asked for less than the plan says"
    );
    assert_eq!(found(data(4), "generator_saturated").1, "");
}

#[test]
fn a_full_disk_ends_what_it_does_not_hold() {
    let cut = RequestRecord {
        outcome: Outcome::Truncated,
        ..request(1, "slow", 1000, 3000)
    };
    let failed = |errno: i32, id| {
        let kind = EventKind::TempFileFailed {
            dir: "/temp".to_owned(),
            error: "told by the kernel".to_owned(),
            errno: Some(errno),
        };
        event(kind, 2000, None).of_request(Some(id))
    };
    let mut data = VariantData {
        requests: vec![cut, request(2, "slow", 1000, 3000)],
        events: vec![failed(libc::ENOSPC, 1), failed(libc::ENOSPC, 2)],
        ..variant(plan(1, true))
    };
    let (kinds, text) = found(data.clone(), "disk_full");
    assert!(kinds.contains(&"disk_full".to_owned()), "{kinds:?}");
    assert_eq!(
        text,
        "the disk of the proxy's temp files was full: 1 response of `slow` was ended in the middle, whose status had been sent long before"
    );
    data.requests[1].proxy_status = Some(500);
    let (_, text) = found(data.clone(), "disk_full");
    assert_eq!(
        text,
        "the disk of the proxy's temp files was full: 2 requests of `slow` failed, 1 of them with 500, because there was no room for the body that came"
    );
    data.events = vec![failed(libc::EMFILE, 1)];
    let (kinds, _) = found(data, "disk_full");
    assert!(!kinds.contains(&"disk_full".to_owned()), "{kinds:?}");
}
