//! `[proxy]`: the reverse proxy, in nginx's directive names and with nginx's defaults (1.22 to 1.31).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::log_target::LogTarget;
use super::timers::Directive;
use super::upstream_config::{
    HttpVersion, NextUpstream, UPSTREAM_NAME, UpstreamConfig, is_next_upstream, next_upstream,
};
use crate::time::Span;
use crate::units::{ByteRate, Bytes};

/// nginx `proxy_buffer_size`: one page.
pub const PROXY_BUFFER_SIZE: Bytes = Bytes::kib(4);
/// nginx `proxy_buffers`: 8 of one page.
pub const PROXY_BUFFERS: ProxyBuffers = ProxyBuffers {
    count: 8,
    size: Bytes::kib(4),
};
/// nginx `proxy_max_temp_file_size`: 1024m. Zero switches the temp file off.
pub const PROXY_MAX_TEMP_FILE_SIZE: Bytes = Bytes::mib(1024);
/// nginx `proxy_connect_timeout`, `proxy_send_timeout`, `proxy_read_timeout`, `send_timeout`, `client_header_timeout`,
/// `client_body_timeout`: 60 s each.
pub const SIXTY_SECONDS: Span = Span::from_secs(60);
/// nginx `keepalive_timeout`: 75 s.
pub const KEEPALIVE_TIMEOUT: Span = Span::from_secs(75);
/// nginx `client_max_body_size`: 1m.
pub const CLIENT_MAX_BODY_SIZE: Bytes = Bytes::mib(1);
/// nginx `client_body_buffer_size`: two pages.
pub const CLIENT_BODY_BUFFER_SIZE: Bytes = Bytes::kib(8);
/// nginx `keepalive_requests` (100 before 1.19.10).
pub const KEEPALIVE_REQUESTS: u32 = 1000;
/// nginx `lingering_time`.
pub const LINGERING_TIME: Span = Span::from_secs(30);
/// nginx `lingering_timeout`.
pub const LINGERING_TIMEOUT: Span = Span::from_secs(5);
/// nginx `worker_connections`.
pub const WORKER_CONNECTIONS: u32 = 512;
/// The zone of `limit_conn`, as the error log names it.
pub const LIMIT_CONN_ZONE: &str = "addr";
/// nginx `listen ... backlog` on Linux.
pub const LISTEN_BACKLOG: u32 = 511;

/// The reverse proxy.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProxyConfig {
    /// `false` sends the clients straight to the backend.
    #[serde(default = "enabled")]
    pub enabled: bool,
    /// Proxies side by side before the one backend, each with a listener, event loops and source address of its own: client `i` of a
    /// group goes to proxy `i mod instances`, as a fair balancer or round-robin DNS would have it. nginx has no word for this.
    #[serde(default = "instances")]
    pub instances: u32,
    /// Event loops, each on a thread of its own.
    #[serde(default = "worker_processes")]
    pub worker_processes: u32,
    /// Where the event loops run.
    #[serde(default, skip_serializing_if = "is_default")]
    pub process: Process,
    /// Open files of the proxy's process: nginx's limit per worker. Unset leaves what the run has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker_rlimit_nofile: Option<u32>,
    /// Connection slots of each event loop: one for a client, one for its upstream, two for the listener and the master.
    #[serde(default = "worker_connections")]
    pub worker_connections: u32,
    /// Requests of one client address that may be under way at once; more get 503. Zero is no limit. In nginx
    /// `limit_conn_zone $binary_remote_addr` and `limit_conn`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub limit_conn: u32,
    /// How long an event loop that quits, after a reload or at QUIT, waits for its clients; zero waits until they are done.
    #[serde(default, skip_serializing_if = "is_default")]
    pub worker_shutdown_timeout: Span,
    /// The client-facing socket.
    #[serde(default)]
    pub listen: Listen,
    /// Take the response as fast as the backend gives it.
    #[serde(default = "proxy_buffering")]
    pub proxy_buffering: bool,
    /// The first buffer: response head and first body bytes; the only one without buffering.
    #[serde(default = "proxy_buffer_size")]
    pub proxy_buffer_size: Bytes,
    /// Further buffers.
    #[serde(default = "proxy_buffers")]
    pub proxy_buffers: ProxyBuffers,
    /// Limit of buffers busy sending; unset means twice the larger buffer size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy_busy_buffers_size: Option<Bytes>,
    /// Total that may ever be written to the temp file of one response.
    #[serde(default = "proxy_max_temp_file_size")]
    pub proxy_max_temp_file_size: Bytes,
    /// Moved to the temp file at a time; unset means twice the larger buffer size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy_temp_file_write_size: Option<Bytes>,
    /// Bytes a second to the client of a buffered response; zero is no limit.
    #[serde(default, skip_serializing_if = "is_default")]
    pub limit_rate: ByteRate,
    /// Bytes of a response that pass before `limit_rate` counts.
    #[serde(default, skip_serializing_if = "is_default")]
    pub limit_rate_after: Bytes,
    /// Bytes a second from the backend, of a buffered response; zero is no limit.
    #[serde(default, skip_serializing_if = "is_default")]
    pub proxy_limit_rate: ByteRate,
    /// Time to establish the connection to the backend.
    #[serde(default = "sixty_seconds")]
    pub proxy_connect_timeout: Span,
    /// Time between two successful writes of the request.
    #[serde(default = "sixty_seconds")]
    pub proxy_send_timeout: Span,
    /// Total time to the response head; afterwards time between two reads.
    #[serde(default = "sixty_seconds")]
    pub proxy_read_timeout: Span,
    /// The peers of the backend, and the connections to them that are kept.
    #[serde(default, skip_serializing_if = "is_default")]
    pub upstream: UpstreamConfig,
    /// What is spoken to the backend.
    #[serde(default, skip_serializing_if = "is_default")]
    pub proxy_http_version: HttpVersion,
    /// After what the next peer is asked.
    #[serde(default = "next_upstream", skip_serializing_if = "is_next_upstream")]
    pub proxy_next_upstream: Vec<NextUpstream>,
    /// The most attempts for one request; zero is as many as there are peers.
    #[serde(default, skip_serializing_if = "is_default")]
    pub proxy_next_upstream_tries: u32,
    /// No further attempt begins after so long; zero is no limit.
    #[serde(default, skip_serializing_if = "is_default")]
    pub proxy_next_upstream_timeout: Span,
    /// Which rule counts `proxy_read_timeout`.
    #[serde(default)]
    pub read_timer: ReadTimer,
    /// Time between two successful writes to the client.
    #[serde(default = "sixty_seconds")]
    pub send_timeout: Span,
    /// Total time to the request head.
    #[serde(default = "sixty_seconds")]
    pub client_header_timeout: Span,
    /// Time between two reads of the request body.
    #[serde(default = "sixty_seconds")]
    pub client_body_timeout: Span,
    /// Larger bodies get 413.
    #[serde(default = "client_max_body_size")]
    pub client_max_body_size: Bytes,
    /// Take a request's body in full before the backend is contacted.
    #[serde(default = "enabled")]
    pub proxy_request_buffering: bool,
    /// The buffer of a request's body; what does not fit goes to a temp file, or without buffering to the backend.
    #[serde(default = "client_body_buffer_size")]
    pub client_body_buffer_size: Bytes,
    /// How long an idle client connection is kept; zero closes after each response.
    #[serde(default = "keepalive_timeout")]
    pub keepalive_timeout: Span,
    /// Requests after which a client's connection is closed.
    #[serde(default = "keepalive_requests")]
    pub keepalive_requests: u32,
    /// Whether a client that is still sending is heard out after its answer, so that no reset destroys it.
    #[serde(default)]
    pub lingering_close: LingeringClose,
    /// How long it is heard out at most.
    #[serde(default = "lingering_time")]
    pub lingering_time: Span,
    /// How long it may be silent meanwhile.
    #[serde(default = "lingering_timeout")]
    pub lingering_timeout: Span,
    /// A small disk of its own for temp files, of this size; unset is the disk that everything is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temp_disk: Option<Bytes>,
    /// Where the access log goes.
    #[serde(default, skip_serializing_if = "is_default")]
    pub access_log: LogTarget,
    /// Go on with the backend although the client has left.
    #[serde(default)]
    pub proxy_ignore_client_abort: bool,
    /// Close a connection that `send_timeout` ended with a reset.
    #[serde(default)]
    pub reset_timedout_connection: bool,
}

impl ProxyConfig {
    /// What a timer is set to.
    pub fn timeout(&self, of: Directive) -> Span {
        match of {
            Directive::ProxyConnectTimeout => self.proxy_connect_timeout,
            Directive::ProxySendTimeout => self.proxy_send_timeout,
            Directive::ProxyReadTimeout => self.proxy_read_timeout,
            Directive::SendTimeout => self.send_timeout,
            Directive::ClientHeaderTimeout => self.client_header_timeout,
            Directive::ClientBodyTimeout => self.client_body_timeout,
        }
    }
}

/// nginx `listen` parameters.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Listen {
    /// `listen` backlog of the client-facing socket.
    #[serde(default = "listen_backlog")]
    pub backlog: u32,
    /// SO_SNDBUF towards clients; unset autotunes, up to 4 MiB on loopback.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sndbuf: Option<Bytes>,
    /// SO_RCVBUF towards clients.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rcvbuf: Option<Bytes>,
}

/// nginx `proxy_buffers`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProxyBuffers {
    /// How many, at least 2.
    pub count: u32,
    /// How large each.
    pub size: Bytes,
}

/// nginx `lingering_close`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LingeringClose {
    /// Closes at once, whatever is still coming.
    Off,
    /// Hears out a client that is known to be sending.
    #[default]
    On,
    /// Hears out every client.
    Always,
}

impl LingeringClose {
    /// As nginx's configuration has it.
    pub const fn name(self) -> &'static str {
        match self {
            LingeringClose::Off => "off",
            LingeringClose::On => "on",
            LingeringClose::Always => "always",
        }
    }
}

/// Where a proxy's event loops run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Process {
    /// On threads of the process that has the clients and the measurement too.
    #[default]
    In,
    /// In one of its own, with its own descriptors, limits and signals.
    Own,
}

/// How the read timer counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReadTimer {
    /// nginx's rule: the timer is deleted while the proxy itself refuses to read for lack of space.
    #[default]
    Nginx,
    /// The other kind of proxy: it counts from the last byte read, also while the proxy refuses to read (Envoy-like idle
    /// timers, a naive `timeout(copy)`).
    WallClock,
}

impl ProxyConfig {
    /// The proxy that client `index` of its group goes to.
    pub fn instance_of(&self, index: u32) -> usize {
        (index % self.instances.max(1)) as usize
    }

    /// `proxy_busy_buffers_size`, filled in.
    pub fn busy_buffers_size(&self) -> Bytes {
        self.proxy_busy_buffers_size
            .unwrap_or(self.twice_the_larger_buffer())
    }

    /// `proxy_temp_file_write_size`, filled in.
    pub fn temp_file_write_size(&self) -> Bytes {
        self.proxy_temp_file_write_size
            .unwrap_or(self.twice_the_larger_buffer())
    }

    /// Whether a request's body of so many bytes gets 413; no limit is zero.
    pub const fn is_too_large(&self, body: u64) -> bool {
        let limit = self.client_max_body_size.0;
        limit > 0 && body > limit
    }

    /// Whether nginx would be configured with an `upstream` block: for several peers, or to keep connections. Its name is then the `Host`.
    pub fn has_upstream_block(&self, peers: usize) -> bool {
        peers > 1 || self.upstream.keepalive > 0
    }

    /// The line with which the head of a request to the backend begins, and its `Host` and `Connection` fields, in parts: nginx's `$proxy_host`, which
    /// is `authority` unless there is an upstream block, and no `Connection` where connections are kept.
    pub fn request_opening<'a>(
        &self,
        (method, target): (&'a str, &'a str),
        authority: &'a str,
        peers: usize,
    ) -> [&'a str; 8] {
        let host = match self.has_upstream_block(peers) {
            true => UPSTREAM_NAME,
            false => authority,
        };
        let connection = match self.upstream.keepalive {
            0 => "\r\nConnection: close\r\n",
            _ => "\r\n",
        };
        let version = self.proxy_http_version.name();
        [
            method,
            " ",
            target,
            " HTTP/",
            version,
            "\r\nHost: ",
            host,
            connection,
        ]
    }

    /// The most that one response can occupy in user-space memory.
    pub fn memory_limit(&self) -> Bytes {
        if self.proxy_buffering {
            Bytes(
                self.proxy_buffer_size.0
                    + u64::from(self.proxy_buffers.count) * self.proxy_buffers.size.0,
            )
        } else {
            self.proxy_buffer_size
        }
    }

    fn twice_the_larger_buffer(&self) -> Bytes {
        Bytes(2 * self.proxy_buffer_size.0.max(self.proxy_buffers.size.0))
    }
}

impl Default for Listen {
    fn default() -> Listen {
        Listen {
            backlog: LISTEN_BACKLOG,
            sndbuf: None,
            rcvbuf: None,
        }
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
const fn enabled() -> bool {
    true
}
const fn instances() -> u32 {
    1
}
const fn worker_processes() -> u32 {
    1
}
const fn worker_connections() -> u32 {
    WORKER_CONNECTIONS
}
const fn listen_backlog() -> u32 {
    LISTEN_BACKLOG
}
const fn proxy_buffering() -> bool {
    true
}
const fn proxy_buffer_size() -> Bytes {
    PROXY_BUFFER_SIZE
}
const fn proxy_buffers() -> ProxyBuffers {
    PROXY_BUFFERS
}
const fn proxy_max_temp_file_size() -> Bytes {
    PROXY_MAX_TEMP_FILE_SIZE
}
const fn sixty_seconds() -> Span {
    SIXTY_SECONDS
}
const fn client_max_body_size() -> Bytes {
    CLIENT_MAX_BODY_SIZE
}
const fn keepalive_timeout() -> Span {
    KEEPALIVE_TIMEOUT
}
const fn client_body_buffer_size() -> Bytes {
    CLIENT_BODY_BUFFER_SIZE
}
const fn keepalive_requests() -> u32 {
    KEEPALIVE_REQUESTS
}
const fn lingering_time() -> Span {
    LINGERING_TIME
}
const fn lingering_timeout() -> Span {
    LINGERING_TIMEOUT
}
