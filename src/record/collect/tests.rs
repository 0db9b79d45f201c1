//! The collector as the engines meet it: reports in, files out.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::record::{
    BytePlace, ByteSample, ClientHalf, Direction, EndedBy, Event, EventKind, Hold, HoldEnd, Holder,
    Hop, Outcome, ProxyHalf, ReadEvent, RequestRecord, Sink, Source, WorkerInterval, WorkerReport,
    WorkerState,
};
use crate::tier::Tier;
use crate::time::{Clock, Span, Timestamp};

fn at(ms: u64) -> Timestamp {
    Timestamp::from_us(ms * 1000)
}

fn client(id: u64, group: &str, intended_ms: u64, closed_ms: u64) -> Report {
    Report::Client(Box::new(ClientHalf {
        request_id: id,
        group: group.to_owned(),
        client: 0,
        path: "/".to_owned(),
        intended_at: at(intended_ms),
        started_at: at(intended_ms),
        connected_at: Some(at(intended_ms)),
        first_byte_at: Some(at(closed_ms)),
        last_byte_at: Some(at(closed_ms)),
        closed_at: at(closed_ms),
        status: Some(200),
        outcome: Outcome::Complete,
        ended_by: EndedBy::Completion,
        expected_bytes: Some(1),
        received_bytes: 1,
        rcvbuf_requested_bytes: None,
        rcvbuf_granted_bytes: None,
        client_port: Some(4711),
        attempt: 1,
    }))
}

fn proxy(id: u64, ms: u64) -> Report {
    Report::Proxy(Box::new(ProxyHalf {
        request_id: id,
        tier: Tier::Proxy,
        instance: 0,
        peer: Some(0),
        reused: Some(false),
        accepted_at: at(ms),
        upstream_connected_at: Some(at(ms)),
        upstream_header_at: Some(at(ms)),
        upstream_released_at: Some(at(ms)),
        status: 200,
        ended_by: EndedBy::Completion,
        sent_bytes: 1,
        spilled_bytes: Some(0),
        read_bytes: Some(1),
        peak_buffered_bytes: Some(1),
        longest_silence: None,
        request_bytes: None,
        request_spilled_bytes: None,
        done_at: None,
        earlier: Vec::new(),
    }))
}

fn worker(at_ms: u64, state: WorkerState, request_id: Option<u64>) -> Report {
    Report::Worker(WorkerReport {
        request_id,
        sent_bytes: 1,
        ..WorkerReport::bare(1, 99, Some(0), at(at_ms), state)
    })
}

fn served(id: u64, from_ms: u64, to_ms: u64) -> [Report; 4] {
    [
        worker(from_ms, WorkerState::Reading, None),
        worker(from_ms + 1, WorkerState::App, Some(id)),
        worker(from_ms + 2, WorkerState::Send, Some(id)),
        worker(to_ms, WorkerState::Idle, None),
    ]
}

fn rows<T: serde::de::DeserializeOwned>(path: &Path) -> Vec<T> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    reader.deserialize().map(|row| row.unwrap()).collect()
}

fn start(
    folder: &Path,
    sink_and_receiver: std::sync::mpsc::Receiver<Report>,
) -> (Collector, Arc<Gauges>, Arc<Live>) {
    let gauges = Arc::new(Gauges::default());
    let live = Arc::new(Live::new(Span::from_ms(500)));
    let collector = Collector::start(
        sink_and_receiver,
        VariantFolder::at(folder.to_owned()),
        Arc::clone(&gauges),
        Arc::clone(&live),
    );
    (collector.unwrap(), gauges, live)
}

#[test]
fn reports_become_rows_histograms_and_a_live_view() {
    let folder = tempfile::tempdir().unwrap();
    let (sink, receiver) = Sink::new();
    let (collector, gauges, live) = start(folder.path(), receiver);
    for (id, intended) in [(1, 100), (2, 600), (3, 1700)] {
        served(id, intended, intended + 9)
            .into_iter()
            .for_each(|r| sink.send(r));
        sink.send(proxy(id, intended + 9));
        sink.send(client(id, "visitors", intended, intended + 10));
    }
    sink.send(worker(2000, WorkerState::Reading, None));
    sink.send(worker(2001, WorkerState::App, Some(4)));
    let kind = EventKind::MasterLog {
        line: "a, \"quoted\"\nline".to_owned(),
    };
    sink.event(Event::new(at(3000), Source::Lab, kind.clone()));
    sink.send(client(4, "손님", 2000, 3000));
    drop(sink);
    let stats = collector.finish().unwrap();
    assert_eq!((stats.requests, stats.events, stats.orphans), (4, 1, 0));
    let requests: Vec<RequestRecord> = rows(&folder.path().join("requests.csv"));
    assert_eq!(requests.len(), 4);
    assert!(requests.iter().all(|row| row.worker == Some(1)));
    let unfinished = requests.iter().find(|row| row.request_id == 4).unwrap();
    assert_eq!(unfinished.worker_released_at, None);
    let intervals: Vec<WorkerInterval> = rows(&folder.path().join("workers.csv"));
    let sends = intervals
        .iter()
        .filter(|row| row.state == WorkerState::Send);
    assert!(
        sends
            .into_iter()
            .all(|row| row.group.as_deref() == Some("visitors"))
    );
    let open = intervals.last().unwrap();
    assert_eq!((open.to, open.group.as_deref()), (None, Some("손님")));
    let holds: Vec<Hold> = rows(&folder.path().join("holds.csv"));
    assert_eq!(stats.holds, 4);
    assert_eq!(holds.len(), 4);
    for hold in &holds[..3] {
        let row = requests
            .iter()
            .find(|row| Some(row.request_id) == hold.request_id);
        let row = row.unwrap();
        assert_eq!(hold.began_at, row.worker_accepted_at);
        assert_eq!(hold.released_at, row.worker_released_at);
        assert_eq!(hold.group.as_deref(), Some("visitors"));
    }
    let hops: Vec<Hop> = rows(&folder.path().join("hops.csv"));
    assert_eq!(hops.len(), 3);
    assert!(
        hops.iter()
            .all(|hop| hop.attempt == 1 && hop.group.as_deref() == Some("visitors"))
    );
    assert_eq!(
        (holds[3].request_id, holds[3].ended),
        (Some(4), HoldEnd::Open)
    );
    let events: Vec<ReadEvent> = rows(&folder.path().join("events.csv"));
    assert_eq!(events[0].0.kind, kind);
    assert_eq!(gauges.busy_slots.get(), 1);
    assert!(live.lanes().is_empty(), "nobody watches");
    let groups = live.groups();
    assert_eq!(groups[0].finished, 3);
    assert!(groups[0].p50.unwrap().as_us().abs_diff(10_000) <= 10);
    // Request 1 was meant to start during the warm-up.
    let hgrm = fs::read_to_string(folder.path().join("latency-visitors.hgrm")).unwrap();
    assert!(hgrm.contains("Total count    =            2]"), "{hgrm}");
    assert!(folder.path().join("latency-손님.hlog").exists());
    assert!(!folder.path().join(PENDING).exists());
}

#[test]
fn whoever_watches_is_told_what_workers_do_and_where_bytes_are() {
    let folder = tempfile::tempdir().unwrap();
    let gauges = Arc::new(Gauges::default());
    let live = Arc::new(Live::new(Span::ZERO));
    live.watch();
    let (sink, receiver) = Sink::new();
    let at_folder = VariantFolder::at(folder.path().to_owned());
    let collector = Collector::start(receiver, at_folder, gauges, Arc::clone(&live)).unwrap();
    sink.send(worker(10, WorkerState::Reading, None));
    sink.send(worker(12, WorkerState::Send, Some(4)));
    let row = |place, bytes| ByteSample {
        at: at(12),
        group: None,
        direction: Direction::Response,
        tier: Holder::Proxy,
        place,
        bytes,
    };
    sink.send(Report::Bytes(vec![
        row(BytePlace::Memory, 7),
        row(BytePlace::Memory, 5),
        row(BytePlace::Delivered, 900),
    ]));
    let clock = Clock::start();
    let told = || {
        live.lanes()
            .iter()
            .any(|lane| lane.state == WorkerState::Send)
            && !live.bytes().is_empty()
    };
    while !told() && clock.now() < Timestamp::from_us(5_000_000) {
        std::thread::yield_now();
    }
    collector.finish().unwrap();
    let lanes = live.lanes();
    assert_eq!(lanes.len(), 1);
    assert_eq!(
        (lanes[0].state, lanes[0].request_id),
        (WorkerState::Send, Some(4))
    );
    assert_eq!((lanes[0].since, lanes[0].slot), (at(12), 0));
    let bytes = live.bytes();
    assert_eq!(bytes.len(), 1);
    assert_eq!((bytes[0].place, bytes[0].bytes), (BytePlace::Memory, 12));
}

#[test]
fn the_sidecar_has_what_a_killed_process_would_lose() {
    let folder = tempfile::tempdir().unwrap();
    let (sink, receiver) = Sink::new();
    let (collector, _, _) = start(folder.path(), receiver);
    sink.send(proxy(1, 700));
    sink.send(client(1, "visitors", 600, 700));
    let sidecar = folder.path().join(PENDING);
    let clock = crate::time::Clock::start();
    while !sidecar.exists() {
        assert!(clock.now() < at(20_000), "no sidecar in 20 s");
        std::thread::yield_now();
    }
    let waiting: Vec<RequestRecord> = rows(&sidecar);
    assert_eq!(waiting[0].request_id, 1, "no worker has taken it up yet");
    served(1, 5000, 5010).into_iter().for_each(|r| sink.send(r));
    // The sink is still alive: the stop flag ends it.
    assert_eq!(collector.finish().unwrap().requests, 1);
    assert!(!sidecar.exists());
    let requests: Vec<RequestRecord> = rows(&folder.path().join("requests.csv"));
    assert!(requests[0].is_zombie());
}

#[test]
fn a_full_disk_is_reported_at_the_end_and_stops_nothing() {
    let folder = tempfile::tempdir().unwrap();
    // /dev/full takes nothing: what a full disk does.
    std::os::unix::fs::symlink("/dev/full", folder.path().join("events.csv")).unwrap();
    let (sink, receiver) = Sink::new();
    let (collector, _, _) = start(folder.path(), receiver);
    for n in 0..1000 {
        let kind = EventKind::ProxyError {
            line: "x".repeat(200),
            call: None,
            errno: None,
        };
        sink.event(Event::new(at(n), Source::Proxy, kind));
    }
    sink.send(client(1, "visitors", 600, 700));
    drop(sink);
    let error = collector.finish().unwrap_err().to_string();
    assert!(
        error.contains("events.csv") && error.contains("hint:"),
        "{error}"
    );
    let requests: Vec<RequestRecord> = rows(&folder.path().join("requests.csv"));
    assert_eq!(requests.len(), 1);
}
