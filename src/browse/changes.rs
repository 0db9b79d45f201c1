//! Single changes that often help: the variants of the scenario itself, then what anybody would try, the cheapest first.

use serde::Serialize;

use crate::machine::backend_config::{BackendConfig, WorkerClass};
use crate::machine::proxy_config::ProxyConfig;
use crate::scenario::Scenario;
use crate::time::Span;
use crate::units::Bytes;

/// One change.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(super) struct Change {
    /// The variant of the scenario that it is, if it is one.
    pub(super) variant: Option<String>,
    /// Keys and values, as `--set` takes them.
    pub(super) set: Vec<(String, String)>,
    /// The message that says what it costs: `browse-price-NAME`.
    #[serde(skip)]
    pub(super) price: &'static str,
}

/// What is tried on a scenario.
pub(super) fn changes(scenario: &Scenario) -> Vec<Change> {
    let mut all: Vec<Change> = Vec::new();
    let mut add = |variant: Option<&str>, set: Vec<(String, String)>| {
        let known = all.iter().any(|one| is_same(&one.set, &set));
        // Other proxies count like that; nobody can tell nginx to.
        let is_beyond_nginx = set.iter().any(|(key, _)| key.ends_with(".read_timer"));
        if !known && !is_beyond_nginx && !set.is_empty() {
            all.push(Change {
                variant: variant.map(str::to_owned),
                price: price(&set),
                set,
            });
        }
    };
    let one = |key: &str, value: &str| vec![(key.to_owned(), value.to_owned())];
    for variant in &scenario.variants {
        let knobs = variant.knobs.iter();
        let set = knobs
            .map(|knob| (knob.key.clone(), knob.value.clone()))
            .collect();
        add(Some(&variant.name), set);
    }
    let plain = &scenario.baseline;
    for (tier, config) in [("edge", &plain.edge), ("proxy", &plain.proxy)] {
        for (key, value) in config.iter().flat_map(of_proxy) {
            add(None, one(&format!("{tier}.{key}"), &value));
        }
    }
    for set in of_backend(&plain.backend) {
        add(None, set);
    }
    all
}

/// Whether two changes are one: `true` and `on` are the same, and so are quotes or none.
fn is_same(one: &[(String, String)], other: &[(String, String)]) -> bool {
    let bare = |value: &str| match value.trim_matches('"') {
        "on" => "true".to_owned(),
        "off" => "false".to_owned(),
        value => value.to_owned(),
    };
    one.len() == other.len()
        && (one.iter().zip(other)).all(|(a, b)| a.0 == b.0 && bare(&a.1) == bare(&b.1))
}

fn of_proxy(config: &ProxyConfig) -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    let mut add = |wanted: bool, key: &'static str, value: &str| {
        if wanted {
            all.push((key, value.to_owned()));
        }
    };
    let short = Span::from_secs(1);
    add(!config.proxy_buffering, "proxy_buffering", "on");
    add(
        !config.proxy_request_buffering,
        "proxy_request_buffering",
        "on",
    );
    let file = config.proxy_max_temp_file_size;
    add(file < Bytes::mib(64), "proxy_max_temp_file_size", "1GiB");
    add(
        config.proxy_buffers.count < 256,
        "proxy_buffers.count",
        "256",
    );
    add(
        config.client_header_timeout > short,
        "client_header_timeout",
        "1s",
    );
    add(
        config.client_body_timeout > short,
        "client_body_timeout",
        "1s",
    );
    add(config.send_timeout > short, "send_timeout", "1s");
    let minute = Span::from_secs(60);
    add(
        config.proxy_read_timeout < minute,
        "proxy_read_timeout",
        "60s",
    );
    add(config.limit_conn == 0, "limit_conn", "2");
    add(
        config.worker_connections < 4_096,
        "worker_connections",
        "4096",
    );
    all
}

fn of_backend(config: &BackendConfig) -> Vec<Vec<(String, String)>> {
    let one = |key: &str, value: String| vec![(format!("backend.{key}"), value)];
    let mut all = Vec::new();
    if config.backlog < 2_048 {
        all.push(one("backlog", "2048".to_owned()));
    }
    if config.timeout < Span::from_secs(60) {
        all.push(one("timeout", "60s".to_owned()));
    }
    if matches!(config.class(), WorkerClass::Sync | WorkerClass::Gthread) {
        let threads = (config.threads * 2).max(8);
        let mut set = one("worker_class", "gthread".to_owned());
        set.extend(one("threads", threads.to_string()));
        all.push(set);
        all.push(one("worker_class", "gevent".to_owned()));
    }
    all.push(one("workers", (config.workers * 2).to_string()));
    all.push(one("workers", (config.workers * 4).to_string()));
    all
}

/// What a change costs, by what it sets.
fn price(set: &[(String, String)]) -> &'static str {
    let sets = |name: &str| set.iter().any(|(key, _)| key.contains(name));
    let prices = [
        ("proxy_request_buffering", "upload"),
        ("proxy_buffering", "disk"),
        ("temp_file", "disk"),
        ("proxy_buffer", "memory"),
        ("threads", "threads"),
        ("worker_class", "class"),
        ("workers", "processes"),
        ("worker_connections", "descriptors"),
        ("limit_conn", "limit"),
        ("proxy_read_timeout", "patience"),
        ("backend.timeout", "patience"),
        ("timeout", "cut"),
        ("backlog", "queue"),
    ];
    let mut known = prices.iter();
    known
        .find(|(name, _)| sets(name))
        .map_or("none", |(_, price)| price)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::words::{Language, Words};
    use crate::scenario::{embedded, load_embedded, load_text};

    #[test]
    fn every_change_can_be_made_is_there_once_and_says_its_price() {
        for (name, text) in embedded() {
            let scenario = load_embedded(name, &[]).unwrap();
            let all = changes(&scenario);
            for (place, change) in all.iter().enumerate() {
                assert!(!change.set.iter().any(|(key, _)| key.contains("read_timer")));
                let told =
                    Words::of(Language::Korean).say(&format!("browse-price-{}", change.price), []);
                assert!(!told.starts_with("browse-"), "{told}");
                assert!(
                    !all[..place]
                        .iter()
                        .any(|one| is_same(&one.set, &change.set))
                );
                let set: Vec<String> = change
                    .set
                    .iter()
                    .map(|(key, value)| format!("{key}={value}"))
                    .collect();
                // A pair of settings may be impossible for one scenario; a key that does not exist may not be.
                if let Err(mistakes) = load_text(name, name, text, &set) {
                    assert!(
                        !mistakes.render(false).contains("unknown"),
                        "{name}: {set:?}"
                    );
                }
            }
        }
    }
}
