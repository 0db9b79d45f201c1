//! Handlers as files say them, and the work that requests get.

use super::*;
use crate::machine::backend_config::{BackendConfig, WorkerClass};
use crate::seed::Seed;
use crate::time::Span;
use crate::units::Bytes;

fn handler(text: &str) -> Handler {
    toml::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn wait(text: &str) -> Distribution<Span> {
    handler(&format!("wait = {text}")).wait
}

const SHAPES: [&str; 4] = [
    "\"20ms\"",
    "{ exponential = \"20ms\" }",
    "{ lognormal = { p50 = \"20ms\", p99 = \"400ms\" } }",
    "{ empirical = [[\"10ms\", 0.9], [\"2s\", 0.1]] }",
];

#[test]
fn a_quantity_is_a_string_or_one_of_the_shapes_and_survives_its_file() {
    for text in SHAPES {
        let read = handler(&format!(
            "wait = {text}\nblocking = true\nheaders = {{ X-A = \"b\" }}\nfault = \"fd-leak\"\nresponse = \"1KiB\"\n\
             pieces = {{ size = \"200B\", every = \"500ms\", cpu = \"1ms\" }}"
        ));
        let as_toml = toml::to_string(&read).unwrap();
        assert_eq!(handler(&as_toml), read, "{as_toml}");
        let as_json = serde_json::to_string(&read).unwrap();
        assert_eq!(serde_json::from_str::<Handler>(&as_json).unwrap(), read);
    }
    assert_eq!(handler(""), Handler::default());
}

#[test]
fn what_is_no_quantity_is_refused() {
    for text in [
        "20",
        "\"20\"",
        "{}",
        "{ exponential = \"20ms\", lognormal = { p50 = \"1ms\", p99 = \"2ms\" } }",
        "{ exponentail = \"20ms\" }",
        "{ lognormal = { p50 = \"20ms\" } }",
        "{ lognormal = { p50 = \"20ms\", p99 = \"1s\", p50s = \"1s\" } }",
        "{ empirical = [[\"10ms\"]] }",
        "{ empirical = [[\"10ms\", 0.5, 0.5]] }",
        "[\"10ms\", 0.5]",
    ] {
        let read: Result<Handler, _> = toml::from_str(&format!("wait = {text}"));
        assert!(read.is_err(), "{text}");
    }
    let unknown: Result<Handler, _> = toml::from_str("fault = \"hnag\"");
    assert!(unknown.unwrap_err().to_string().contains("unknown variant"));
}

#[test]
fn the_inverse_normal_is_the_tables() {
    // Quantiles of the standard normal distribution to twelve digits, from R's qnorm.
    for (p, z) in [
        (1e-6, -4.753_424_308_823),
        (0.01, -2.326_347_874_041),
        (0.3, -0.524_400_512_708),
        (0.5, 0.0),
        (0.9, 1.281_551_565_545),
        (0.99, 2.326_347_874_041),
        (0.999, 3.090_232_306_168),
    ] {
        let error = inverse_normal(p) - z;
        assert!(error.abs() < 1.15e-9 * z.abs() + 1e-12, "{p}: {error}");
    }
}

#[test]
fn draws_have_the_means_and_percentiles_that_were_asked_for() {
    const DRAWS: u64 = 50_000;
    for (text, mean_ms, quantiles) in [
        (SHAPES[0], 20.0, [(0.5, 20.0), (0.99, 20.0)]),
        (SHAPES[1], 20.0, [(0.5, 13.863), (0.99, 92.103)]),
        // exp(ln(20)^2 / (2 * 2.3263^2)) is 2.2917 for the mean.
        (SHAPES[2], 45.83, [(0.5, 20.0), (0.99, 400.0)]),
        (SHAPES[3], 209.0, [(0.5, 10.0), (0.95, 2000.0)]),
    ] {
        let quantity = wait(text);
        let near = |found: f64, expected: f64, what: &str| {
            assert!(
                (found / expected - 1.0).abs() < 0.06,
                "{text}: {what} {found}, not {expected}"
            );
        };
        near(quantity.mean().as_secs_f64() * 1e3, mean_ms, "mean");
        let mut drawn: Vec<f64> = (0..DRAWS)
            .map(|id| quantity.draw(Seed(7), Draw::Wait, id).as_secs_f64() * 1e3)
            .collect();
        near(
            drawn.iter().sum::<f64>() / DRAWS as f64,
            mean_ms,
            "drawn mean",
        );
        drawn.sort_by(f64::total_cmp);
        for (p, expected) in quantiles {
            let rank = (p * DRAWS as f64) as usize;
            near(drawn[rank], expected, "drawn quantile");
            near(
                quantity.quantile(p).as_secs_f64() * 1e3,
                expected,
                "quantile",
            );
        }
        assert!(drawn.last() <= Some(&(quantity.most().as_secs_f64() * 1e3)));
    }
}

#[test]
fn work_depends_on_seed_and_id_only_and_its_draws_on_nothing_of_each_other() {
    let handler = handler(
        "wait = { exponential = \"20ms\" }\ncpu = { exponential = \"20ms\" }\nresponse = { exponential = \"20kB\" }",
    );
    let work = |seed, id| handler.work(Seed(seed), Some(id));
    assert_eq!(work(1, 5), work(1, 5));
    assert_ne!(work(1, 5), work(1, 6));
    assert_ne!(work(1, 5), work(2, 5));
    assert_eq!(handler.work(Seed(1), None), work(1, 0));
    let one = work(1, 5);
    assert_ne!(one.wait, one.cpu);
    assert_ne!(one.wait.as_us(), one.length);
    // Over many requests, waits and computations that are both long are as rare as chance has it.
    let both = (0..4000).filter(|id| {
        let work = work(1, *id);
        work.wait > Span::from_ms(40) && work.cpu > Span::from_ms(40)
    });
    // exp(-2)^2 of 4000 is 73.
    assert!((45..105).contains(&both.count()));
}

#[test]
fn fixed_quantities_stay_as_they_were_written() {
    let handler = handler("wait = \"1500ns\"\nresponse = \"7B\"\nwrite_size = \"3B\"");
    let work = handler.work(Seed(3), Some(9));
    assert_eq!(work.wait, Span::from_ns(1500));
    assert_eq!((work.length, work.write_size, work.status), (7, 3, 200));
}

#[test]
fn pieces_take_the_place_of_writes_and_their_time_is_the_handlers() {
    let handler = handler(
        "wait = \"10ms\"\nresponse = \"1000B\"\npieces = { size = \"300B\", every = \"500ms\", cpu = \"1ms\" }",
    );
    let work = handler.work(Seed(1), None);
    assert_eq!((work.write_size, work.every), (300, Span::from_ms(500)));
    assert_eq!(work.piece_cpu, Span::from_ms(1));
    // Four pieces: three pauses, four times the CPU.
    assert_eq!(handler.pacing(), Span::from_ms(1504));
    assert_eq!(handler.service(), Span::from_ms(1514));
}

#[test]
fn a_short_body_is_half_of_what_was_announced() {
    let short = handler("response = \"1001B\"\nfault = \"short-body\"");
    let work = short.work(Seed(1), None);
    assert_eq!((work.length, work.body_bytes()), (1001, 500));
    assert_eq!(Work::not_found().body_bytes(), 0);
}

#[test]
fn several_threads_make_gthread_and_slots_follow_from_the_class() {
    let config = |text: &str| -> BackendConfig { toml::from_str(text).unwrap() };
    let sync = config("workers = 3");
    assert_eq!((sync.class(), sync.slots()), (WorkerClass::Sync, Some(3)));
    let threads = config("workers = 3\nthreads = 4");
    assert_eq!(threads.class(), WorkerClass::Gthread);
    assert_eq!(threads.slots(), Some(12));
    let gevent = config("worker_class = \"gevent\"\nworkers = 2\nthreads = 4");
    assert_eq!(gevent.class(), WorkerClass::Gevent);
    assert_eq!(gevent.slots(), Some(2000));
    for hub in ["asgi", "uvicorn"] {
        let config = config(&format!("worker_class = \"{hub}\""));
        assert_eq!((config.class().name(), config.slots()), (hub, None));
    }
}

#[test]
fn reasons_are_those_of_the_standards() {
    assert_eq!((reason(200), reason(503)), ("OK", "Service Unavailable"));
    assert_eq!(reason(299), "Unknown");
    assert_eq!(Bytes(1), handler("write_size = \"0B\"").write_size());
}
