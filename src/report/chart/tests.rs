//! Charts of made-up runs: valid files, nothing clipped, nothing that panics.

use std::collections::BTreeSet;
use std::fs;

use proptest::prelude::*;

use super::fixture;
use super::picture::{Align, Mark, Words, text_width};
use super::*;
use crate::record::{Outcome, WorkerInterval, WorkerState};
use crate::report::words::Language;
use crate::tier::Tier;
use crate::time::{Span, Timestamp};

fn english() -> &'static crate::report::words::Words {
    crate::report::words::Words::of(Language::English)
}

fn draw(run: &RunData) -> (tempfile::TempDir, Vec<ChartFile>) {
    let folder = tempfile::tempdir().unwrap();
    let summary = fixture::summary(run);
    let charts = draw_all(run, &summary, folder.path(), english()).unwrap();
    (folder, charts)
}

/// A line of so many pixels is what CSS calls 1.24 times less; a sheet is 1200 wide and shown 1280 wide.
#[test]
fn no_text_is_smaller_than_16_pixels_on_a_projector() {
    let run = fixture::run();
    let mut summary = fixture::summary(&run);
    summary.accounts = crate::report::accounts::accounts(&run, english());
    let mut charts: Vec<Chart> = Vec::new();
    for variant in &run.variants {
        charts.push(worker_occupancy::draw(&run, variant, english()));
        charts.push(latency_over_time::draw(&run, variant, english()));
        charts.extend(statuses_over_time::draw(&run, variant, english()));
        charts.extend(bytes_waiting::draw(&run, variant, english()));
    }
    charts.extend(time_split::draw(&run, &summary, english()));
    charts.extend(latency_by_percentile::draw(&run, &summary, english()));
    for chart in &charts {
        for mark in &chart.picture.marks {
            if let Mark::Words(words) = mark {
                let shown = words.size / 1.24 * 1280.0 / f64::from(chart.picture.width);
                assert!(
                    shown >= 16.0,
                    "{}: `{}` is {shown:.1} px",
                    chart.name,
                    words.text
                );
            }
        }
    }
}

#[test]
fn a_row_of_requests_keeps_its_name() {
    let mut run = fixture::run();
    let data = &mut run.variants[0];
    for request in &mut data.requests {
        request.outcome = Outcome::Unfinished;
    }
    let chart = worker_occupancy::draw(&run, &run.variants[0], english());
    let mut words = chart.picture.marks.iter().filter_map(|mark| match mark {
        Mark::Words(words) => Some(words),
        _ => None,
    });
    let name = words
        .find(|words| words.text == "visitors unfinished")
        .unwrap();
    assert_eq!(name.align, Align::Right);
    assert!(name.at.0 - text_width(&name.text, name.size) >= 0.0);
}

#[test]
fn every_chart_is_a_valid_svg_and_png() {
    let (folder, charts) = draw(&fixture::run());
    for chart in &charts {
        let svg = fs::read_to_string(&chart.svg_path).unwrap();
        assert!(
            svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"),
            "{}",
            chart.name
        );
        assert!(
            svg.contains("(lab)"),
            "{} does not say its engine",
            chart.name
        );
        let decoder = png::Decoder::new(std::io::BufReader::new(
            fs::File::open(&chart.png_path).unwrap(),
        ));
        let mut reader = decoder.read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        let colors: BTreeSet<&[u8]> = pixels.chunks(3).collect();
        assert!(colors.len() > 10, "{} is blank", chart.name);
        assert!(!chart.caption.is_empty());
    }
    if let Ok(keep) = std::env::var("SLOWLAB_KEEP_CHARTS") {
        fs::create_dir_all(&keep).unwrap();
        for file in fs::read_dir(folder.path().join("charts")).unwrap() {
            let path = file.unwrap().path();
            fs::copy(&path, Path::new(&keep).join(path.file_name().unwrap())).unwrap();
        }
    }
}

fn pictures(run: &RunData) -> Vec<(String, Picture)> {
    let summary = fixture::summary(run);
    let mut charts = latency_by_percentile::draw(run, &summary, english());
    for variant in &run.variants {
        charts.push(worker_occupancy::draw(run, variant, english()));
        charts.push(latency_over_time::draw(run, variant, english()));
        charts.extend(bytes_waiting::draw(run, variant, english()));
    }
    charts
        .into_iter()
        .map(|chart| (chart.name, chart.picture))
        .collect()
}

fn corners(mark: &Mark) -> Vec<(f64, f64)> {
    match mark {
        Mark::Box(from, to, _) => vec![*from, *to],
        Mark::Line(points, ..) | Mark::Shape(points, _) => points.clone(),
        Mark::Disc(at, ..) => vec![*at],
        Mark::Words(words) if words.upwards => {
            let half = text_width(&words.text, words.size) / 2.0;
            let (x, y) = words.at;
            vec![
                (x - words.size / 2.0, y - half),
                (x + words.size / 2.0, y + half),
            ]
        }
        Mark::Words(words) => {
            let (left, right) = sides(words);
            vec![(left, words.at.1), (right, words.at.1)]
        }
    }
}

fn sides(words: &Words) -> (f64, f64) {
    let width = text_width(&words.text, words.size);
    match words.align {
        Align::Left => (words.at.0, words.at.0 + width),
        Align::Middle => (words.at.0 - width / 2.0, words.at.0 + width / 2.0),
        Align::Right => (words.at.0 - width, words.at.0),
    }
}

#[test]
fn nothing_is_clipped() {
    let mut run = fixture::run();
    run.manifest.scenario = "느린-손님".repeat(30);
    for variant in &mut run.variants {
        variant.plan.groups[1].name = "visitors-with-a-long-name".into();
        for request in variant
            .requests
            .iter_mut()
            .filter(|one| one.group == "visitors")
        {
            request.group = "visitors-with-a-long-name".into();
        }
    }
    for run in [run, fixture::run()] {
        for (name, picture) in pictures(&run) {
            let (width, height) = (f64::from(picture.width), f64::from(picture.height));
            for mark in &picture.marks {
                for (x, y) in corners(mark) {
                    let inside = (0.0..=width).contains(&x) && (0.0..=height).contains(&y);
                    assert!(inside, "{name}: {mark:?} leaves {width} x {height}");
                }
            }
        }
    }
}

#[test]
fn the_worker_picture_says_who_starved_whom() {
    let run = fixture::run();
    let baseline = worker_occupancy::draw(&run, &run.variants[0], english());
    let words: Vec<&str> = baseline
        .picture
        .marks
        .iter()
        .filter_map(|mark| match mark {
            Mark::Words(words) => Some(words.text.as_str()),
            _ => None,
        })
        .collect();
    for part in [
        "held by slow, 4.22 s",
        "164 × 504",
        "up to 167 waiting",
        "warm-up",
        "drain",
    ] {
        assert!(words.contains(&part), "no `{part}` in {words:?}");
    }
    assert!(
        baseline
            .caption
            .starts_with("visitors: 164 × 504 · slow held 86 % of worker time")
    );
    let killed = worker_occupancy::draw(&run, &run.variants[2], english());
    assert!(killed.caption.contains("16 workers killed"));
    assert_eq!(
        words
            .iter()
            .filter(|word| word.starts_with("worker "))
            .count(),
        4,
        "one lane per slot"
    );
}

#[test]
fn a_hundred_thousand_requests_stay_a_small_picture() {
    let mut run = fixture::run();
    run.variants.truncate(1);
    let variant = &mut run.variants[0];
    for id in 0..100_000_u64 {
        let at = id * 110;
        let slowness = 1_000 + (id * 7_919) % 3_000_000;
        let status = if id % 50 == 0 { 504 } else { 200 };
        variant
            .requests
            .push(fixture::request(id, "visitors", at, at + slowness, status));
        let worker = 5 + (id % 4) as u32;
        let of = Some((id, "visitors"));
        variant.workers.push(fixture::interval(
            worker,
            WorkerState::App,
            (at, at + 300),
            of,
        ));
    }
    for (name, picture) in pictures(&run) {
        assert!(
            picture.marks.len() < 60_000,
            "{name}: {} marks",
            picture.marks.len()
        );
        assert!(picture.svg().unwrap().len() < 6_000_000, "{name}");
    }
}

#[test]
fn an_empty_run_is_drawn() {
    let mut run = fixture::run();
    for variant in &mut run.variants {
        variant.requests.clear();
        variant.events.clear();
        variant.workers.clear();
        variant.queues.clear();
    }
    let (_folder, charts) = draw(&run);
    assert_eq!(charts.len(), 3 + 2 + 3);
    run.variants.clear();
    assert!(draw(&run).1.is_empty());
}

/// So many workers, each held by a slow client for 6 s after a moment of work.
fn held_workers(count: u32) -> RunData {
    let mut run = fixture::run();
    run.variants.truncate(1);
    let variant = &mut run.variants[0];
    variant.workers.clear();
    variant.plan.backend.workers = count;
    for worker in 1..=count {
        let from = u64::from(worker) * 4_800_000 / u64::from(count);
        let of = Some((u64::from(worker), "slow"));
        let send = (from + 100_000, from + 6_000_000);
        let app = (from, send.0);
        for (state, stretch) in [(WorkerState::App, app), (WorkerState::Send, send)] {
            let interval = fixture::interval(worker, state, stretch, of);
            variant.workers.push(interval);
        }
    }
    for sample in &mut variant.queues {
        sample.accept_queue_limit = Some(200);
    }
    run
}

fn keep(picture: &Picture, name: &str) {
    if let Ok(folder) = std::env::var("SLOWLAB_KEEP_CHARTS") {
        fs::create_dir_all(&folder).unwrap();
        fs::write(Path::new(&folder).join(name), picture.png().unwrap()).unwrap();
    }
}

fn says(picture: &Picture, part: &str) -> bool {
    let mut marks = picture.marks.iter();
    marks.any(|mark| matches!(mark, Mark::Words(words) if words.text.contains(part)))
}

fn fits(picture: &Picture) {
    assert!(picture.height < 1_200, "{}", picture.height);
    for (x, y) in picture.marks.iter().flat_map(corners) {
        assert!(x <= f64::from(picture.width) && y <= f64::from(picture.height));
    }
}

#[test]
fn slots_have_lanes_of_their_own_and_processes_have_none() {
    let mut run = held_workers(4);
    let variant = &mut run.variants[0];
    // The four workers as slots of one, and what their process does.
    for stretch in &mut variant.workers {
        let slot = stretch.worker - 1;
        (stretch.worker, stretch.slot) = (1, Some(slot));
    }
    let whole = fixture::interval(1, WorkerState::App, (0, 9_000_000), None);
    variant.workers.push(WorkerInterval {
        slot: None,
        ..whole
    });
    let picture = worker_occupancy::draw(&run, &run.variants[0], english()).picture;
    for slot in 0..4 {
        assert!(says(&picture, &format!("worker 1 slot {slot}")), "{slot}");
    }
    let labels = picture.marks.iter().filter(
        |mark| matches!(mark, Mark::Words(words) if words.text.starts_with("worker 1 slot")),
    );
    assert_eq!(labels.count(), 4);
    assert!(
        !says(&picture, "unknown requests"),
        "the process holds nobody"
    );
    keep(&picture, "slots.png");
}

#[test]
fn many_workers_fit_and_labels_do_not_touch() {
    let run = held_workers(96);
    let picture = worker_occupancy::draw(&run, &run.variants[0], english()).picture;
    fits(&picture);
    let mut below = f64::MIN;
    for mark in &picture.marks {
        let Mark::Words(words) = mark else { continue };
        if words.text.starts_with("worker ") {
            assert!(
                words.at.1 - below >= 16.0,
                "{words:?} touches the one above"
            );
            below = words.at.1;
        }
    }
    assert!(says(&picture, "limit 200"));
    keep(&picture, "many-workers.png");
}

#[test]
fn hundreds_of_workers_are_areas_as_high_as_they_are_many() {
    let run = held_workers(400);
    let chart = worker_occupancy::draw(&run, &run.variants[0], english());
    let picture = &chart.picture;
    fits(picture);
    assert!(says(picture, "all 400 workers") && !says(picture, "worker 1"));
    assert!(chart.caption.contains("How many workers each group held"));
    // From 4.9 s to 6 s all of them are held: the areas reach the top.
    let areas = picture.marks.iter().filter_map(|mark| match mark {
        Mark::Shape(corners, _) => Some(corners.iter()),
        _ => None,
    });
    let highest = areas
        .flatten()
        .map(|corner| corner.1)
        .fold(f64::MAX, f64::min);
    assert!((highest - 122.0).abs() < 1.0, "{highest}");
    keep(picture, "hundreds-of-workers.png");
}

/// Instants that matter: none, few, ordinary, and beyond anything.
fn instant() -> impl Strategy<Value = u64> {
    prop_oneof![
        Just(0),
        0..20_000_000_u64,
        Just(u64::MAX / 2),
        Just(u64::MAX)
    ]
}

fn state() -> impl Strategy<Value = WorkerState> {
    prop_oneof![
        Just(WorkerState::Booting),
        Just(WorkerState::Idle),
        Just(WorkerState::App),
        Just(WorkerState::Send),
        Just(WorkerState::Linger),
        Just(WorkerState::Dead)
    ]
}

fn group() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("slow"), Just("visitors"), Just("nobody"), Just("손님")]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_data_makes_a_chart_panic(
        (duration, warmup, drain) in (instant(), instant(), instant()),
        requests in prop::collection::vec((group(), instant(), instant(), any::<u16>(), any::<bool>()), 0..30),
        workers in prop::collection::vec((1..200_u32, prop::option::of(0..9_u32), state(), instant(), instant(), group()), 0..150),
        depths in prop::collection::vec((instant(), instant()), 0..20),
    ) {
        let mut run = fixture::run();
        run.variants.truncate(1);
        let variant = &mut run.variants[0];
        variant.plan.duration = Span::from_us(duration);
        variant.plan.warmup = Span::from_us(warmup);
        variant.plan.drain = Span::from_us(drain);
        let mut sample = variant.queues[0].clone();
        (variant.requests, variant.workers, variant.queues) = (Vec::new(), Vec::new(), Vec::new());
        for (group, at, end, status, open) in requests {
            let mut request = fixture::request(1, group, at.min(u64::MAX - 200), end, status);
            if open {
                request.closed_at = None;
                request.outcome = Outcome::Unfinished;
            }
            variant.requests.push(request);
        }
        for (worker, slot, state, from, to, group) in workers {
            let stretch = fixture::interval(worker, state, (from, to), Some((1, group)));
            variant.workers.push(WorkerInterval { slot, ..stretch });
        }
        for (at, depth) in depths {
            sample.at = Timestamp::from_us(at);
            sample.accept_queue = Some(depth);
            sample.spilled_bytes = Some(depth);
            for tier in [Tier::Backend, Tier::Proxy] {
                sample.tier = tier;
                variant.queues.push(sample.clone());
            }
        }
        for (name, picture) in pictures(&run) {
            prop_assert!(picture.height < 4_000, "{} is {} high", name, picture.height);
            for mark in &picture.marks {
                for (x, y) in corners(mark) {
                    prop_assert!(x.is_finite() && y.is_finite(), "{}: {:?}", name, mark);
                }
            }
            prop_assert!(picture.svg().is_ok());
        }
    }
}

/// Every sign of every Korean chart is one that the font has: a box in place of a letter says nothing.
#[test]
fn korean_charts_have_every_letter() {
    let run = fixture::run();
    let summary = fixture::summary(&run);
    let words = crate::report::words::Words::of(Language::Korean);
    let mut charts = latency_by_percentile::draw(&run, &summary, words);
    for variant in &run.variants {
        charts.push(worker_occupancy::draw(&run, variant, words));
        charts.push(latency_over_time::draw(&run, variant, words));
        charts.extend(bytes_waiting::draw(&run, variant, words));
        charts.extend(statuses_over_time::draw(&run, variant, words));
    }
    charts.extend(time_split::draw(&run, &summary, words));
    let font = ab_glyph::FontRef::try_from_slice(picture::FONT).unwrap();
    let has = |sign: char| ab_glyph::Font::glyph_id(&font, sign).0 != 0;
    let mut hangul = 0;
    for chart in &charts {
        for mark in &chart.picture.marks {
            let Mark::Words(words) = mark else { continue };
            let missing: String = words.text.chars().filter(|sign| !has(*sign)).collect();
            assert_eq!(missing, "", "no letters for these in `{}`", words.text);
            hangul += words
                .text
                .chars()
                .filter(|sign| ('가'..='힣').contains(sign))
                .count();
        }
    }
    assert!(hangul > 200, "{hangul} syllables");
}
