//! Checks of `[proxy]` and `[edge]`: the rules by which nginx itself refuses a configuration, and values that cannot work.

use std::collections::BTreeMap;

use super::check::Checker;
use super::file::File;
use crate::machine::event_loop::BASE_DESCRIPTORS;
use crate::machine::handler::Handler;
use crate::machine::proxy_config::{Process, ProxyConfig};
use crate::machine::timers::Directive;
use crate::machine::upstream_config::{HttpVersion, NextUpstream};
use crate::tier::Tier;
use crate::units::Bytes;

/// Ours: one event loop per core is the point; more than this is a slip.
const MOST_PROCESSES: u32 = 64;
/// Ours: more proxies before one backend than anybody has on one machine.
const MOST_INSTANCES: u32 = 64;
/// Ours: the backend's response head is some 150 bytes, and nginx answers 502 if it does not fit.
const SMALLEST_FIRST_BUFFER: Bytes = Bytes(512);
/// Ours: more idle connections than a backend on one machine accepts.
const MOST_IDLE: u32 = 65_535;
/// Ours: a client, its upstream, the listener and the master.
const LEAST_CONNECTIONS: u32 = 4;
/// Ours: what the proxy itself has open, a client and its upstream.
const LEAST_DESCRIPTORS: u32 = BASE_DESCRIPTORS + 2;
/// Ours: more connections than one machine has ports for.
const MOST_CONNECTIONS: u32 = 1 << 20;
const NS_PER_SEC: u64 = 1_000_000_000;
/// Ours: what one response may hold in memory.
const LARGEST_MEMORY: Bytes = Bytes::mib(1024);

/// A tier that is checked: the section that says it, and what it says.
#[derive(Clone, Copy)]
struct Section<'a> {
    tier: Tier,
    says: &'a ProxyConfig,
    /// Whom the backend asks to answer.
    handlers: &'a BTreeMap<String, Handler>,
}

impl Section<'_> {
    /// A key of it as a dotted path.
    fn at(self, key: &str) -> String {
        format!("{}.{key}", self.tier.name())
    }

    /// Whether it buffers some response, by itself or because the response says so. An edge never sees what a response says: the tier behind it
    /// keeps that to itself.
    fn buffers_something(self) -> bool {
        let own = self.says.proxy_buffering;
        let mut orders = self.handlers.values().map(Handler::accel_buffering);
        match self.tier {
            Tier::Proxy if !self.handlers.is_empty() => orders.any(|order| order.unwrap_or(own)),
            _ => own,
        }
    }
}

impl Checker<'_> {
    /// All tiers before the backend.
    pub(super) fn proxies(&mut self, file: &File) {
        for (tier, section) in [(Tier::Edge, &file.edge), (Tier::Proxy, &file.proxy)] {
            if let Some(says) = section {
                self.proxy(Section {
                    tier,
                    says,
                    handlers: &file.backend.app,
                });
            }
        }
        if file.has_edge() && !file.has_proxy() {
            self.wrong(
                "edge",
                "an edge stands before a proxy, and there is none",
                "one tier is `[proxy]` alone; for two add a `[proxy]` section, or set `edge.enabled = false`",
            );
        }
    }

    fn proxy(&mut self, section: Section<'_>) {
        let proxy = section.says;
        if !(1..=MOST_INSTANCES).contains(&proxy.instances) {
            self.wrong(
                &section.at("instances"),
                format!("{} proxies cannot be had", proxy.instances),
                format!("use 1 to {MOST_INSTANCES}; `enabled = false` leaves the proxy out"),
            );
        }
        if !(1..=MOST_PROCESSES).contains(&proxy.worker_processes) {
            self.wrong(
                &section.at("worker_processes"),
                format!("{} event loops cannot be had", proxy.worker_processes),
                format!("use 1 to {MOST_PROCESSES}"),
            );
        }
        self.connections(section);
        self.descriptors(section);
        self.backlog(&section.at("listen.backlog"), proxy.listen.backlog);
        self.buffer(&section.at("listen.sndbuf"), proxy.listen.sndbuf);
        self.buffer(&section.at("listen.rcvbuf"), proxy.listen.rcvbuf);
        self.timeouts(section);
        self.buffers(section);
        self.rates(section);
        self.upstream(section);
        self.body_buffer(section);
    }

    fn connections(&mut self, section: Section<'_>) {
        let connections = section.says.worker_connections;
        if !(LEAST_CONNECTIONS..=MOST_CONNECTIONS).contains(&connections) {
            self.wrong(
                &section.at("worker_connections"),
                format!("an event loop of {connections} connections serves nobody"),
                format!(
                    "a client takes one, its upstream another, the listener and the master two: use {LEAST_CONNECTIONS} to {MOST_CONNECTIONS}; nginx's default is 512"
                ),
            );
        }
    }

    fn descriptors(&mut self, section: Section<'_>) {
        let Some(limit) = section.says.worker_rlimit_nofile else {
            return;
        };
        let at = section.at("worker_rlimit_nofile");
        if section.says.process == Process::In {
            self.wrong(
                &at,
                "within the run's own process the limit would hit clients and measurement too",
                format!("set `{}.process = \"own\"` beside it", section.tier.name()),
            );
        } else if !(LEAST_DESCRIPTORS..=MOST_CONNECTIONS).contains(&limit) {
            self.wrong(
                &at,
                format!("{limit} open files cannot be had"),
                format!("use {LEAST_DESCRIPTORS} to {MOST_CONNECTIONS}; nginx itself has {BASE_DESCRIPTORS} open before the first client comes"),
            );
        }
    }

    fn body_buffer(&mut self, section: Section<'_>) {
        let size = section.says.client_body_buffer_size;
        if size == Bytes(0) {
            self.wrong(
                &section.at("client_body_buffer_size"),
                "a buffer of nothing takes no body",
                "nginx's default is `8KiB`",
            );
        } else if size > LARGEST_MEMORY {
            self.wrong(
                &section.at("client_body_buffer_size"),
                format!("one request would hold more than {LARGEST_MEMORY} in memory"),
                "what does not fit goes to a temp file",
            );
        }
    }

    /// nginx forces both to zero without buffering.
    fn rates(&mut self, section: Section<'_>) {
        let proxy = section.says;
        let rates = [
            ("limit_rate", proxy.limit_rate),
            ("proxy_limit_rate", proxy.proxy_limit_rate),
        ];
        for (key, rate) in rates {
            if rate.0 > 0 && !section.buffers_something() {
                let title = match proxy.proxy_buffering {
                    false => format!("`{key}` does nothing without `proxy_buffering`"),
                    true => format!(
                        "`{key}` does nothing where every response says `X-Accel-Buffering: no`"
                    ),
                };
                self.doubtful(
                    &section.at(key),
                    &title,
                    "nginx paces buffered responses only",
                );
            }
        }
    }

    /// How the backend is spoken to.
    fn upstream(&mut self, section: Section<'_>) {
        let proxy = section.says;
        let upstream = &proxy.upstream;
        if upstream.keepalive > 0 && proxy.proxy_http_version == HttpVersion::V10 {
            self.wrong(
                &section.at("upstream.keepalive"),
                "HTTP/1.0 keeps no connection to the backend",
                "set `proxy_http_version = \"1.1\"` too (nginx's default since 1.29.7)",
            );
        }
        if upstream.keepalive > MOST_IDLE {
            self.wrong(
                &section.at("upstream.keepalive"),
                format!("{} idle connections cannot be kept", upstream.keepalive),
                format!("use at most {MOST_IDLE}; nginx 1.29.7 and later keep 32"),
            );
        }
        if !upstream.fail_timeout.as_ns().is_multiple_of(NS_PER_SEC) {
            self.wrong(
                &section.at("upstream.fail_timeout"),
                "nginx counts `fail_timeout` in whole seconds",
                "its default is `10s`",
            );
        }
        let words = &proxy.proxy_next_upstream;
        if words.len() > 1 && words.contains(&NextUpstream::Off) {
            self.doubtful(
                &section.at("proxy_next_upstream"),
                "`off` overrules the other words of `proxy_next_upstream`",
                "write `[\"off\"]` alone, or leave it out",
            );
        }
    }

    fn timeouts(&mut self, section: Section<'_>) {
        let proxy = section.says;
        for directive in Directive::ALL {
            let name = directive.name();
            if proxy.timeout(directive).is_zero() {
                self.wrong(
                    &section.at(name),
                    format!("`{name}` of zero fails every request"),
                    "nginx has no \"never\" here; its default is `60s`",
                );
            }
        }
    }

    fn buffers(&mut self, section: Section<'_>) {
        let proxy = section.says;
        let buffers = proxy.proxy_buffers;
        let larger = proxy.proxy_buffer_size.max(buffers.size);
        if proxy.proxy_buffer_size < SMALLEST_FIRST_BUFFER {
            self.wrong(
                &section.at("proxy_buffer_size"),
                format!(
                    "a response head does not fit in {}",
                    proxy.proxy_buffer_size
                ),
                format!("use at least {SMALLEST_FIRST_BUFFER}; nginx's default is `4KiB`"),
            );
            return;
        }
        if buffers.count < 2 {
            self.wrong(
                &section.at("proxy_buffers.count"),
                "there must be at least 2 `proxy_buffers`",
                "nginx refuses fewer; its default is 8",
            );
            return;
        }
        if buffers.size == Bytes(0) {
            self.wrong(
                &section.at("proxy_buffers.size"),
                "a buffer of nothing holds nothing",
                "nginx's default is `4KiB`",
            );
            return;
        }
        if u64::from(buffers.count).saturating_mul(buffers.size.0) > LARGEST_MEMORY.0 {
            self.wrong(
                &section.at("proxy_buffers"),
                format!("one response would hold more than {LARGEST_MEMORY} in memory"),
                "`count` times `size` is per response",
            );
            return;
        }
        self.busy(section, larger);
        self.temp_file(section, larger);
    }

    fn busy(&mut self, section: Section<'_>, larger: Bytes) {
        let proxy = section.says;
        let at = if proxy.proxy_busy_buffers_size.is_some() {
            "proxy_busy_buffers_size"
        } else {
            "proxy_buffers"
        };
        let at = &section.at(at);
        let busy = proxy.busy_buffers_size();
        let all_but_one =
            Bytes(u64::from(proxy.proxy_buffers.count - 1) * proxy.proxy_buffers.size.0);
        if busy < larger {
            self.wrong(
                at,
                format!("`proxy_busy_buffers_size` ({busy}) is smaller than a buffer ({larger})"),
                "nginx wants at least one whole buffer on its way to the client",
            );
        } else if busy > all_but_one {
            self.wrong(
                at,
                format!("`proxy_busy_buffers_size` ({busy}) leaves no buffer free to read into"),
                format!(
                    "at most all `proxy_buffers` but one ({all_but_one}); unset it is twice the larger buffer"
                ),
            );
        }
    }

    fn temp_file(&mut self, section: Section<'_>, larger: Bytes) {
        let proxy = section.says;
        let write = proxy.temp_file_write_size();
        if write < larger {
            self.wrong(
                &section.at("proxy_temp_file_write_size"),
                format!(
                    "`proxy_temp_file_write_size` ({write}) is smaller than a buffer ({larger})"
                ),
                "nginx moves whole buffers to the temp file",
            );
        }
        let max = proxy.proxy_max_temp_file_size;
        if max != Bytes(0) && max < larger {
            self.wrong(
                &section.at("proxy_max_temp_file_size"),
                format!("`proxy_max_temp_file_size` ({max}) is smaller than a buffer ({larger})"),
                "zero switches the temp file off; otherwise it must hold one whole buffer",
            );
        }
    }
}
