//! What a page can turn: a slider for each quantity of a configuration that matters to back-pressure, a switch for each choice. Each is a key as `--set` takes it,
//! and the values that it runs through; the file's own value is always one of them.

use serde::Serialize;

use crate::machine::arrival::Arrival;
use crate::machine::backend_config::{BackendConfig, Bind, WorkerClass};
use crate::machine::handler::Distribution;
use crate::machine::proxy_config::{ProxyBuffers, ProxyConfig};
use crate::scenario::{ClientGroup, Configuration};
use crate::time::Span;
use crate::units::{ByteRate, Bytes, EventRate};

/// One of them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Knob {
    /// As `--set` takes it.
    pub key: String,
    /// What it is called where it stands.
    pub label: String,
    /// The part of the stack that it belongs to: `backend`, `proxy`, `edge` or a group of clients.
    pub part: String,
    /// Whether its values are in order, so that it is a slider.
    pub ordered: bool,
    /// What it can be, as the file would write it.
    pub values: Vec<String>,
    /// The same as a reader is shown it.
    pub shown: Vec<String>,
    /// Which of these it is in the file.
    pub at: usize,
}

/// Those of a configuration, from the clients on.
pub fn knobs(configuration: &Configuration) -> Vec<Knob> {
    let mut all = Vec::new();
    if configuration.pipeline.is_some() {
        return all;
    }
    for group in &configuration.clients {
        of_clients(group, &mut all);
    }
    let tiers = [
        ("edge", &configuration.edge),
        ("proxy", &configuration.proxy),
    ];
    for (tier, config) in tiers {
        if let Some(config) = config {
            of_proxy(tier, config, &mut all);
        }
    }
    of_backend(&configuration.backend, &mut all);
    all
}

/// A slider over quantities: those of a scale that are not the file's own, and that one.
fn slider<Q: Copy + Ord + ToString>((part, key): (&str, &str), own: Q, scale: &[Q]) -> Knob {
    let mut values: Vec<Q> = scale.to_vec();
    values.push(own);
    values.sort();
    values.dedup();
    let at = values.iter().position(|value| *value == own).unwrap_or(0);
    let values: Vec<String> = values.iter().map(Q::to_string).collect();
    Knob {
        key: key.to_owned(),
        label: label(key),
        part: part.to_owned(),
        ordered: true,
        shown: values.clone(),
        values,
        at,
    }
}

/// A choice between words.
fn choice((part, key): (&str, &str), own: &str, all: &[&str]) -> Knob {
    let values: Vec<String> = all.iter().map(|one| (*one).to_owned()).collect();
    Knob {
        key: key.to_owned(),
        label: label(key),
        part: part.to_owned(),
        ordered: false,
        shown: values.clone(),
        values,
        at: all.iter().position(|one| *one == own).unwrap_or(0),
    }
}

/// A key without the part of the stack that it stands in.
fn label(key: &str) -> String {
    let mut names = key.splitn(3, '.');
    match (names.next(), names.next(), names.next()) {
        (Some("clients"), Some(_), Some(rest)) => rest.to_owned(),
        (Some("backend" | "proxy" | "edge"), Some(first), Some(rest)) => format!("{first}.{rest}"),
        (Some("backend" | "proxy" | "edge"), Some(rest), None) => rest.to_owned(),
        _ => key.to_owned(),
    }
}

const fn on_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

fn ms(all: &[u64]) -> Vec<Span> {
    all.iter().map(|ms| Span::from_ms(*ms)).collect()
}

fn kib(all: &[u64]) -> Vec<Bytes> {
    all.iter().map(|kib| Bytes::kib(*kib)).collect()
}

/// Short ones as well: scenarios shorten timeouts, so that an outage fits into seconds.
const TIMEOUTS: [u64; 10] = [
    250, 500, 1_000, 2_000, 3_000, 5_000, 10_000, 20_000, 30_000, 60_000,
];
const COUNTS: [u32; 16] = [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 24, 32, 48, 64, 100];
const SIZES: [u64; 12] = [1, 4, 16, 64, 128, 256, 512, 896, 1_024, 2_048, 4_096, 8_192];
const RATES: [u64; 11] = [2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 4_096];

fn of_clients(group: &ClientGroup, all: &mut Vec<Knob>) {
    let name = &group.name;
    // A name with a dot in it stands in quotes.
    let key = |key: &str| match name.contains('.') {
        true => format!("clients.\"{name}\".{key}"),
        false => format!("clients.{name}.{key}"),
    };
    match &group.arrival {
        Arrival::Once(once) => {
            all.push(slider((name, &key("count")), once.count, &COUNTS));
        }
        Arrival::Closed(closed) => {
            all.push(slider((name, &key("count")), closed.count, &COUNTS));
        }
        Arrival::Open(open) => all.push(rates((name, &key("rate")), open.rate)),
        Arrival::Ramp(ramp) => all.push(rates((name, &key("arrival.ramp.to")), ramp.to)),
    }
    if let Some(Distribution::Fixed(rate)) = group.behavior.rate() {
        let scale: Vec<ByteRate> = RATES.iter().map(|kib| ByteRate(kib << 10)).collect();
        let path = format!("behavior.{}.rate", group.behavior.name());
        all.push(slider((name, &key(&path)), *rate, &scale));
    }
    if let Some(timeout) = group.request.timeout {
        all.push(slider(
            (name, &key("request.timeout")),
            timeout,
            &ms(&TIMEOUTS),
        ));
    }
    if group.request.body > Bytes(0) {
        all.push(slider(
            (name, &key("request.body")),
            group.request.body,
            &kib(&SIZES),
        ));
    }
}

/// Rates around the file's own.
fn rates((part, key): (&str, &str), own: EventRate) -> Knob {
    let factors = [0.1, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0, 6.0];
    let values = factors.map(|factor| {
        let rate = own.0 * factor;
        // A tenth of a request a second is as fine as anyone turns.
        EventRate(if factor == 1.0 {
            rate
        } else {
            (rate * 10.0).round() / 10.0
        })
        .to_string()
    });
    Knob {
        key: key.to_owned(),
        label: label(key),
        part: part.to_owned(),
        ordered: true,
        at: 4,
        shown: values.to_vec(),
        values: values.to_vec(),
    }
}

/// How many buffers of the file's own size: the two are one value of the file.
fn buffers(place: (&str, &str), own: ProxyBuffers) -> Knob {
    let mut knob = slider(place, own.count, &[2, 4, 8, 16, 32, 64, 128, 256]);
    let size = own.size;
    knob.shown = knob
        .values
        .iter()
        .map(|count| format!("{count} × {size}"))
        .collect();
    let value = |count: &String| format!("{{count={count},size=\"{size}\"}}");
    knob.values = knob.values.iter().map(value).collect();
    knob
}

fn of_proxy(tier: &str, config: &ProxyConfig, all: &mut Vec<Knob>) {
    let key = |key: &str| format!("{tier}.{key}");
    let flag = |name: &str, on: bool| choice((tier, &key(name)), on_off(on), &["on", "off"]);
    let span = |name: &str, own: Span| slider((tier, &key(name)), own, &ms(&TIMEOUTS));
    all.push(flag("proxy_buffering", config.proxy_buffering));
    all.push(slider(
        (tier, &key("proxy_buffer_size")),
        config.proxy_buffer_size,
        &kib(&[4, 8, 16, 32, 64, 128]),
    ));
    all.push(buffers((tier, &key("proxy_buffers")), config.proxy_buffers));
    let mut sizes = kib(&[1, 4, 16, 64, 256, 1_024, 4_096, 65_536]);
    sizes.extend([Bytes(0), Bytes::mib(1_024)]);
    all.push(slider(
        (tier, &key("proxy_max_temp_file_size")),
        config.proxy_max_temp_file_size,
        &sizes,
    ));
    all.push(flag(
        "proxy_request_buffering",
        config.proxy_request_buffering,
    ));
    all.push(span("proxy_read_timeout", config.proxy_read_timeout));
    all.push(span("proxy_send_timeout", config.proxy_send_timeout));
    all.push(span("send_timeout", config.send_timeout));
    all.push(span("client_header_timeout", config.client_header_timeout));
    all.push(span("client_body_timeout", config.client_body_timeout));
    all.push(slider(
        (tier, &key("worker_connections")),
        config.worker_connections,
        &[16, 32, 64, 128, 256, 512, 1_024, 4_096],
    ));
    if let Some(sndbuf) = config.listen.sndbuf {
        all.push(slider(
            (tier, &key("listen.sndbuf")),
            sndbuf,
            &kib(&[16, 32, 64, 128, 256, 1_024, 4_096]),
        ));
    }
}

fn of_backend(config: &BackendConfig, all: &mut Vec<Knob>) {
    let part = "backend";
    let classes = [
        WorkerClass::Sync,
        WorkerClass::Gthread,
        WorkerClass::Gevent,
        WorkerClass::Asgi,
        WorkerClass::Uvicorn,
    ];
    let backlogs = [1, 4, 16, 64, 128, 511, 2_048];
    let bind = match config.bind {
        Bind::Tcp => "tcp",
        Bind::Unix => "unix",
    };
    all.push(slider(
        (part, "backend.workers"),
        config.workers,
        &COUNTS[..14],
    ));
    all.push(choice(
        (part, "backend.worker_class"),
        config.worker_class.name(),
        &classes.map(WorkerClass::name),
    ));
    all.push(slider(
        (part, "backend.threads"),
        config.threads,
        &[1, 2, 4, 8, 16, 32],
    ));
    all.push(slider(
        (part, "backend.timeout"),
        config.timeout,
        &ms(&TIMEOUTS),
    ));
    all.push(slider((part, "backend.backlog"), config.backlog, &backlogs));
    all.push(choice((part, "backend.bind"), bind, &["tcp", "unix"]));
    for (path, handler) in &config.app {
        let key = |key: &str| format!("backend.app.\"{path}\".{key}");
        if let Distribution::Fixed(wait) = handler.wait {
            let mut scale = ms(&[0, 1, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000]);
            scale.retain(|span| !span.is_zero());
            all.push(slider((part, &key("wait")), wait, &scale));
        }
        if let Distribution::Fixed(response) = handler.response {
            all.push(slider((part, &key("response")), response, &kib(&SIZES)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{embedded, load_text};

    /// What a page can turn is what the file can say: the file's own value at least.
    #[test]
    fn every_knob_of_every_scenario_can_be_set_to_what_it_is() {
        for (name, text) in embedded() {
            let scenario = load_text(name, name, text, &[]).unwrap();
            let knobs = knobs(&scenario.baseline);
            assert!(
                knobs.len() > 5 || scenario.baseline.pipeline.is_some(),
                "{name}"
            );
            let own = |knob: &Knob| format!("{}={}", knob.key, knob.values[knob.at]);
            let set: Vec<String> = knobs.iter().map(own).collect();
            let same = load_text(name, name, text, &set);
            let same = same.unwrap_or_else(|mistakes| panic!("{name}: {}", mistakes.render(false)));
            assert_eq!(same.baseline, scenario.baseline, "{name}");
        }
    }

    #[test]
    fn a_slider_has_the_files_own_value_in_its_place() {
        let knob = slider(("backend", "backend.workers"), 9_u32, &[1, 8, 16]);
        assert_eq!(knob.values, ["1", "8", "9", "16"]);
        assert_eq!((knob.at, knob.label.as_str()), (2, "workers"));
        let knob = slider(
            ("slow", "clients.slow.behavior.slow-read.rate"),
            ByteRate(4096),
            &[],
        );
        assert_eq!(knob.label, "behavior.slow-read.rate");
        assert_eq!(label("backend.app.\"/a.b\".wait"), "app.\"/a.b\".wait");
    }
}
