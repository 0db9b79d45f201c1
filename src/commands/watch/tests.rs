//! The view from made-up looks, on ratatui's terminal for tests.

use std::collections::BTreeMap;

use ratatui_core::backend::TestBackend;
use ratatui_core::terminal::Terminal;

use super::backend::Ansi;
use super::glance::{Glance, Group, Heading, Lane};
use super::paint::paint;
use super::strip::{Cell, Strip};
use super::view::View;
use crate::lab::Phase;
use crate::record::collect::{LiveBytes, LiveGroup};
use crate::record::{BytePlace, Holder, WorkerState};
use crate::report::words::{Language, Words};
use crate::time::Span;

fn heading() -> Heading {
    let group = |name: &str, healthy| Group {
        name: name.to_owned(),
        healthy,
    };
    Heading {
        scenario: "worker-starvation".to_owned(),
        variant: "1/5 baseline".to_owned(),
        groups: vec![group("slow", false), group("visitors", true)],
        unix: true,
        has_slots: false,
        stages: Vec::new(),
    }
}

fn lane(worker: u32, state: WorkerState, group: Option<usize>) -> Lane {
    Lane {
        place: (worker, 0),
        state,
        lasts: Span::from_ms(1_900),
        group,
    }
}

/// A look at an instant: four workers, of which two idle until 400 ms.
fn glance(at_ms: u64) -> Glance {
    let (third, fourth) = match at_ms {
        0..400 => (WorkerState::Idle, WorkerState::Idle),
        _ => (WorkerState::App, WorkerState::Send),
    };
    Glance {
        phase: Phase::Running,
        elapsed: Span::from_ms(at_ms),
        duration: Span::from_ms(4_600),
        left: Span::from_ms(16_100),
        slots: Some(4),
        busy: if at_ms < 400 { 2 } else { 4 },
        queue: at_ms / 100,
        connections: 41,
        lanes: vec![
            lane(1, WorkerState::Send, Some(0)),
            lane(2, WorkerState::Send, Some(0)),
            lane(3, third, Some(1)),
            lane(4, fourth, Some(0)),
        ],
        stages: Vec::new(),
        bytes: vec![
            LiveBytes {
                tier: Holder::Client,
                place: BytePlace::ReceiveQueue,
                bytes: 400 << 10,
            },
            LiveBytes {
                tier: Holder::Proxy,
                place: BytePlace::TempFile,
                bytes: (8_u64 << 20).saturating_sub(at_ms * 1000),
            },
        ],
        groups: vec![LiveGroup {
            group: "visitors".to_owned(),
            finished: 182,
            failed: 112,
            kinds: BTreeMap::from([("504".to_owned(), 110), ("timeout".to_owned(), 2)]),
            p50: Some(Span::from_ms(12)),
            p99: Some(Span::from_ms(3_020)),
        }],
    }
}

fn view(language: Language) -> View {
    let mut view = View::new(Words::of(language), false);
    view.begin(heading());
    for at in (0..2_200).step_by(100) {
        view.see(glance(at));
    }
    view
}

fn drawn(view: &View, (wide, high): (u16, u16)) -> String {
    let mut terminal = Terminal::new(TestBackend::new(wide, high)).unwrap();
    let draw = |frame: &mut ratatui_core::terminal::Frame<'_>| {
        paint(view, frame.area(), frame.buffer_mut());
    };
    terminal.draw(draw).unwrap();
    let text = terminal.backend().to_string();
    let lines = text.lines().map(|line| line.trim_matches('"').trim_end());
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_run_is_seen_in_eighty_columns() {
    let text = drawn(&view(Language::English), (80, 24));
    assert_eq!(text.lines().count(), 24, "{text}");
    assert!(
        text.lines().all(|line| line.chars().count() <= 80),
        "{text}"
    );
    for part in [
        "worker-starvation  1/5 baseline",
        "running 2.1 / 4.6 s, about 16 s left",
        "█ handler  ▒ client  · idle  4 of 4 busy",
        "  worker 1               ▒▒▒▒▒▒▒▒▒▒▒▒▒",
        "sends: slow         1.90 s",
        "handler: visitors   1.90 s",
        "21, most 21",
        "41 connections open",
        "  client: receive queue  ▇",
        "400 KiB, most 400 KiB",
        "110 × 504, 2 gave up",
        "12.0 ms   3.02 s",
        "no request is over yet",
        "q or Ctrl-C ends the run and keeps what was measured",
    ] {
        assert!(text.contains(part), "no `{part}` in\n{text}");
    }
    let third = text.lines().find(|line| line.contains("worker 3"));
    assert!(
        third.is_some_and(|line| line.contains("··") && line.contains("██")),
        "{text}"
    );
}

#[test]
fn places_keep_their_names_in_sixty_columns() {
    for (language, name) in [
        (Language::English, "  client: receive queue ▇"),
        (Language::Korean, "  클라이언트: 수신 큐"),
    ] {
        let text = drawn(&view(language), (60, 24));
        assert!(text.contains(name), "no `{name}` in\n{text}");
    }
}

#[test]
fn a_larger_terminal_shows_the_queue_higher() {
    let text = drawn(&view(Language::English), (120, 40));
    let full = |line: &&str| line.contains('▁') || line.contains('▅') || line.contains('█');
    assert!(text.lines().filter(full).count() >= 4, "{text}");
    assert!(
        text.lines().all(|line| line.chars().count() <= 120),
        "{text}"
    );
}

#[test]
fn a_way_to_fail_that_has_no_room_is_not_cut_into_another() {
    let mut view = view(Language::English);
    let mut failing = glance(2_200);
    let kinds = [("timeout", 400), ("500", 135), ("reset", 131)];
    failing.groups[0].kinds = kinds.map(|(kind, n)| (kind.to_owned(), n)).into();
    view.see(failing);
    let text = drawn(&view, (80, 24));
    assert!(text.contains("400 gave up, …\n"), "{text}");
    let text = drawn(&view, (120, 24));
    assert!(text.contains("400 gave up, 135 × 500, 131 reset"), "{text}");
}

#[test]
fn a_pipeline_is_seen_stage_by_stage() {
    let mut view = View::new(Words::of(Language::English), false);
    let stages = ["read", "slow", "sort"].map(str::to_owned).into();
    view.begin(Heading {
        stages,
        groups: vec![],
        ..heading()
    });
    let states = [WorkerState::Send, WorkerState::App, WorkerState::Idle];
    for at in [0, 400, 900] {
        let lanes = (1..)
            .zip(states)
            .map(|(place, state)| lane(place, state, None));
        view.see(Glance {
            stages: lanes.collect(),
            lanes: vec![],
            groups: vec![],
            bytes: vec![],
            ..glance(at)
        });
    }
    let text = drawn(&view, (80, 24));
    let of = |name: &str| {
        text.lines()
            .find(|line| line.trim().starts_with(name))
            .unwrap_or("")
    };
    assert!(
        of("read ").contains("▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒") && of("read ").contains("waits for room"),
        "{text}"
    );
    assert!(
        of("slow ").contains("██████████████████") && of("slow ").contains("works"),
        "{text}"
    );
    assert!(of("sort ").contains("waits for input"), "{text}");
    assert!(text.contains("at most 16 s left"), "{text}");
    assert!(
        !text.contains("accept queue") && !text.contains("requests"),
        "{text}"
    );
}

#[test]
fn it_speaks_korean() {
    let text = drawn(&view(Language::Korean), (80, 24));
    for word in ["워커 3", "accept 큐", "임시 파일", "× 504"] {
        assert!(text.contains(word), "no `{word}` in\n{text}");
    }
}

#[test]
fn any_size_can_be_drawn_and_what_has_no_room_is_counted() {
    let mut view = view(Language::English);
    let mut many = glance(2_200);
    many.lanes = (1..=64)
        .map(|n| lane(n, WorkerState::Send, Some(0)))
        .collect();
    view.see(many);
    for wide in [1, 2, 20, 39, 80, 200] {
        for high in [1, 2, 8, 9, 10, 12, 24, 60] {
            let _ = drawn(&view, (wide, high));
        }
    }
    let text = drawn(&view, (80, 24));
    assert!(text.contains(" more, ") && text.contains("busy"), "{text}");
    assert!(
        text.contains("visitors") && text.contains("Ctrl-C"),
        "{text}"
    );
}

#[test]
fn nothing_is_invented_before_anything_was_seen() {
    let mut view = View::new(Words::of(Language::English), true);
    assert_eq!(drawn(&view, (80, 24)).trim(), "");
    view.begin(heading());
    assert_eq!(drawn(&view, (80, 24)).trim(), "");
    view.see(Glance {
        lanes: vec![],
        bytes: vec![],
        groups: vec![],
        ..glance(0)
    });
    let text = drawn(&view, (80, 24));
    for word in [
        "no worker has reported yet",
        "none so far",
        "no request is over yet",
    ] {
        assert!(text.contains(word), "no `{word}` in\n{text}");
    }
}

#[test]
fn a_worker_that_is_gone_leaves_its_row_to_the_next_one() {
    let mut strip = Strip::default();
    let with = |at, lanes| Glance {
        lanes,
        ..glance(at)
    };
    strip.see(&with(
        0,
        vec![
            lane(1, WorkerState::Send, Some(0)),
            lane(2, WorkerState::Idle, None),
        ],
    ));
    strip.see(&with(1_000, vec![lane(2, WorkerState::Idle, None)]));
    strip.see(&with(
        2_000,
        vec![
            lane(2, WorkerState::Idle, None),
            lane(3, WorkerState::App, Some(1)),
        ],
    ));
    let places: Vec<u32> = strip.rows.iter().map(|row| row.place.0).collect();
    assert_eq!(places, [3, 2]);
    let cells = strip.lane(&strip.rows[0], 4, Span::from_ms(4_000));
    assert_eq!(
        cells,
        [
            Cell::Client(Some(0)),
            Cell::Nothing,
            Cell::Handler(Some(1)),
            Cell::Nothing
        ]
    );
}

#[test]
fn hours_of_looks_stay_few_and_keep_their_time() {
    let mut strip = Strip::default();
    for at in 0..20_000 {
        strip.see(&glance(at * 100));
    }
    let depths = strip.queue(10, Span::from_ms(2_000_000));
    let known: Vec<u64> = depths.into_iter().flatten().collect();
    assert_eq!(known.len(), 10);
    assert!(known.windows(2).all(|pair| pair[0] < pair[1]), "{known:?}");
    let wanted = 20_000 / 10;
    assert!(known[0].abs_diff(wanted) < 50, "{known:?}");
}

#[test]
fn a_frame_becomes_places_colours_and_signs() {
    use ratatui_core::backend::Backend as _;
    use ratatui_core::buffer::Buffer;
    use ratatui_core::layout::Rect;
    use ratatui_core::style::{Color, Style};
    let area = Rect::new(0, 0, 8, 2);
    let before = Buffer::empty(area);
    let mut after = Buffer::empty(area);
    after.set_string(1, 0, "큐 7", Style::new().fg(Color::Red));
    after.set_string(0, 1, "x", Style::new());
    let mut bytes = Vec::new();
    Ansi::on(&mut bytes)
        .draw(before.diff(&after).into_iter())
        .unwrap();
    let text = String::from_utf8(bytes).unwrap();
    assert_eq!(
        text, "\u{1b}[1;2H\u{1b}[0m\u{1b}[31m큐 7\u{1b}[2;1H\u{1b}[0mx\u{1b}[0m",
        "{text:?}"
    );
}
