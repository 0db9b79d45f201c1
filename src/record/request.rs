//! One request, seen from three sides and joined into one row of `requests.csv`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Attempt;
use crate::tier::Tier;
use crate::time::{Span, Timestamp, as_us, as_us_opt, span_as_us_opt};

/// How a request ended for the client that made it.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The whole response that its head announced arrived, whatever its status.
    Complete,
    /// The response ended before the length that its head announced (the log may still say 200).
    Truncated,
    /// The connection could not be made.
    Refused,
    /// The connection broke with a reset, or closed before a status line.
    Reset,
    /// The client's own patience (`request.timeout`) ran out.
    Timeout,
    /// The client left on purpose.
    Aborted,
    /// The run ended first.
    Unfinished,
}

impl Outcome {
    /// Every one, in the order of the summary.
    pub const ALL: [Outcome; 7] = [
        Outcome::Complete,
        Outcome::Truncated,
        Outcome::Refused,
        Outcome::Reset,
        Outcome::Timeout,
        Outcome::Aborted,
        Outcome::Unfinished,
    ];

    /// As files write it.
    pub const fn name(self) -> &'static str {
        match self {
            Outcome::Complete => "complete",
            Outcome::Truncated => "truncated",
            Outcome::Refused => "refused",
            Outcome::Reset => "reset",
            Outcome::Timeout => "timeout",
            Outcome::Aborted => "aborted",
            Outcome::Unfinished => "unfinished",
        }
    }
}

/// Who ended a request: the party, or the timer that spoke for it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndedBy {
    /// Nobody: it ran to completion.
    Completion,
    /// The client closed.
    Client,
    /// The client's own `request.timeout`.
    ClientTimeout,
    /// The proxy, for a reason other than its timers (502 and the like).
    Proxy,
    /// nginx's `proxy_connect_timeout`.
    ProxyConnectTimeout,
    /// nginx's `proxy_send_timeout`.
    ProxySendTimeout,
    /// nginx's `proxy_read_timeout`.
    ProxyReadTimeout,
    /// nginx's `send_timeout`.
    SendTimeout,
    /// nginx's `client_header_timeout`.
    ClientHeaderTimeout,
    /// nginx's `client_body_timeout`.
    ClientBodyTimeout,
    /// nginx's `worker_shutdown_timeout`: an event loop that quits broke it off.
    WorkerShutdownTimeout,
    /// The backend closed or reset the connection early.
    Upstream,
    /// gunicorn's `timeout`: the arbiter killed the worker.
    WorkerTimeout,
    /// The end of the run.
    RunEnd,
}

impl EndedBy {
    /// The directive of the timer, if it was one of nginx's.
    pub const fn timer(self) -> Option<&'static str> {
        match self {
            EndedBy::ProxyConnectTimeout => Some("proxy_connect_timeout"),
            EndedBy::ProxySendTimeout => Some("proxy_send_timeout"),
            EndedBy::ProxyReadTimeout => Some("proxy_read_timeout"),
            EndedBy::SendTimeout => Some("send_timeout"),
            EndedBy::ClientHeaderTimeout => Some("client_header_timeout"),
            EndedBy::ClientBodyTimeout => Some("client_body_timeout"),
            EndedBy::Completion
            | EndedBy::Client
            | EndedBy::ClientTimeout
            | EndedBy::Proxy
            | EndedBy::Upstream
            | EndedBy::WorkerShutdownTimeout
            | EndedBy::WorkerTimeout
            | EndedBy::RunEnd => None,
        }
    }
}

/// What the client knows of its request, sent once when the request is over.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ClientHalf {
    /// Unique within a variant; travels in the `X-Slowlab-Request` header.
    pub request_id: u64,
    /// The group's name.
    pub group: String,
    /// The client's index within its group.
    pub client: u32,
    /// The path that was asked for.
    pub path: String,
    /// When the plan meant it to start.
    pub intended_at: Timestamp,
    /// When `connect` was called (or the request written, on a kept connection).
    pub started_at: Timestamp,
    /// When the connection was established.
    pub connected_at: Option<Timestamp>,
    /// When the first byte of the response was read.
    pub first_byte_at: Option<Timestamp>,
    /// When the last byte of the response so far was read.
    pub last_byte_at: Option<Timestamp>,
    /// When the client closed its socket or was done with the request.
    pub closed_at: Timestamp,
    /// Status of the response, if a status line arrived.
    pub status: Option<u16>,
    /// How it ended for the client.
    pub outcome: Outcome,
    /// Who ended it, as far as the client can tell.
    pub ended_by: EndedBy,
    /// Bytes of body that the head announced.
    pub expected_bytes: Option<u64>,
    /// Bytes of body that the client read.
    pub received_bytes: u64,
    /// SO_RCVBUF asked for, in bytes.
    pub rcvbuf_requested_bytes: Option<u64>,
    /// SO_RCVBUF granted, in bytes.
    pub rcvbuf_granted_bytes: Option<u64>,
    /// The client's local TCP port, by which its socket is found in `sockets.csv`.
    pub client_port: Option<u16>,
    /// Which attempt at what the client wants it is, from 1 on.
    pub attempt: u32,
}

/// What a proxy knows of a request, sent once when it is done with it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ProxyHalf {
    /// From the `X-Slowlab-Request` header; requests without one are not reported.
    pub request_id: u64,
    /// The tier that speaks.
    pub tier: Tier,
    /// Which of its instances, from 0.
    pub instance: u32,
    /// The instance of the tier behind it that was asked last, from 0.
    pub peer: Option<u32>,
    /// Whether over a connection that an earlier request had left; a real nginx does not tell.
    pub reused: Option<bool>,
    /// When the proxy accepted the connection (or saw the request's first byte, on a kept connection).
    pub accepted_at: Timestamp,
    /// When `connect` to the upstream succeeded.
    pub upstream_connected_at: Option<Timestamp>,
    /// When the upstream's response head was complete.
    pub upstream_header_at: Option<Timestamp>,
    /// When the upstream connection was closed.
    pub upstream_released_at: Option<Timestamp>,
    /// The status in the access log.
    pub status: u16,
    /// Who ended it.
    pub ended_by: EndedBy,
    /// Body bytes handed to the client's socket (`$body_bytes_sent`).
    pub sent_bytes: u64,
    /// Body bytes read from the tier behind it (`$upstream_response_length`).
    pub read_bytes: Option<u64>,
    /// Bytes that went through the temp file; a real nginx does not tell.
    pub spilled_bytes: Option<u64>,
    /// The most bytes held in user space at once (memory and temp file); a real nginx does not tell.
    pub peak_buffered_bytes: Option<u64>,
    /// The longest time between two reads from upstream; a real nginx does not tell.
    pub longest_silence: Option<Span>,
    /// Bytes of the request's body that the client sent; a real nginx does not tell.
    pub request_bytes: Option<u64>,
    /// Of these, bytes that went through a temp file; a real nginx does not tell.
    pub request_spilled_bytes: Option<u64>,
    /// When it was done with the request: all that it had for the client was in the client's socket, or given up.
    pub done_at: Option<Timestamp>,
    /// Attempts before the last one, in order.
    pub earlier: Vec<Attempt>,
}

/// One request: one row of `requests.csv`. Instants count from the run's origin; empty means not known.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RequestRecord {
    /// Unique within a variant.
    pub request_id: u64,
    /// The group's name.
    pub group: String,
    /// The client's index within its group.
    pub client: u32,
    /// The path that was asked for.
    pub path: String,
    /// When the plan meant it to start.
    #[serde(rename = "intended_at_us", with = "as_us")]
    pub intended_at: Timestamp,
    /// When the client began.
    #[serde(rename = "started_at_us", with = "as_us")]
    pub started_at: Timestamp,
    /// When the client's connection was established.
    #[serde(rename = "connected_at_us", with = "as_us_opt")]
    pub connected_at: Option<Timestamp>,
    /// When the proxy accepted it. Of two tiers the edge, which is the one that the client met.
    #[serde(rename = "proxy_accepted_at_us", with = "as_us_opt")]
    pub proxy_accepted_at: Option<Timestamp>,
    /// When the proxy's connection to the backend was established. Of two tiers `[proxy]`, which is the one before the backend.
    #[serde(rename = "upstream_connected_at_us", with = "as_us_opt")]
    pub upstream_connected_at: Option<Timestamp>,
    /// The worker's age (gunicorn's word: 1 for the first worker ever spawned).
    pub worker: Option<u32>,
    /// When the worker took it from the accept queue.
    #[serde(rename = "worker_accepted_at_us", with = "as_us_opt")]
    pub worker_accepted_at: Option<Timestamp>,
    /// When the handler had its response and began to send.
    #[serde(rename = "app_done_at_us", with = "as_us_opt")]
    pub app_done_at: Option<Timestamp>,
    /// When the worker could take its next request.
    #[serde(rename = "worker_released_at_us", with = "as_us_opt")]
    pub worker_released_at: Option<Timestamp>,
    /// When the proxy (`[proxy]`) let go of its connection to the backend.
    #[serde(rename = "upstream_released_at_us", with = "as_us_opt")]
    pub upstream_released_at: Option<Timestamp>,
    /// When the client read the first byte.
    #[serde(rename = "first_byte_at_us", with = "as_us_opt")]
    pub first_byte_at: Option<Timestamp>,
    /// When the client read the last byte.
    #[serde(rename = "last_byte_at_us", with = "as_us_opt")]
    pub last_byte_at: Option<Timestamp>,
    /// When the client was done with it.
    #[serde(rename = "closed_at_us", with = "as_us_opt")]
    pub closed_at: Option<Timestamp>,
    /// The status that the client saw.
    pub status: Option<u16>,
    /// How it ended for the client.
    pub outcome: Outcome,
    /// Who ended it.
    pub ended_by: EndedBy,
    /// Body bytes announced.
    pub expected_bytes: Option<u64>,
    /// Body bytes that the client read.
    pub received_bytes: u64,
    /// Body bytes that the worker's kernel accepted.
    pub sent_bytes: Option<u64>,
    /// The status in the access log of the proxy that the client met: the edge's, where there is one (200 for a response cut short).
    pub proxy_status: Option<u16>,
    /// When the proxy (`[proxy]`) had the head of the backend's response.
    #[serde(rename = "upstream_header_at_us", with = "as_us_opt")]
    pub upstream_header_at: Option<Timestamp>,
    /// Body bytes that the proxy (`[proxy]`) read from the backend.
    pub proxy_read_bytes: Option<u64>,
    /// Body bytes that the proxy that the client met handed to the client's socket.
    pub proxy_sent_bytes: Option<u64>,
    /// Bytes that the proxy that the client met wrote to a temp file.
    pub spilled_bytes: Option<u64>,
    /// The most bytes that the proxy that the client met held for it at once.
    pub peak_buffered_bytes: Option<u64>,
    /// Time that the worker spent inside `send` for it.
    #[serde(rename = "send_blocked_us", with = "span_as_us_opt")]
    pub send_blocked: Option<Span>,
    /// The worker's process id.
    pub worker_pid: Option<u32>,
    /// SO_RCVBUF asked for.
    pub rcvbuf_requested_bytes: Option<u64>,
    /// SO_RCVBUF granted.
    pub rcvbuf_granted_bytes: Option<u64>,
    /// The client's TCP port.
    pub client_port: Option<u16>,
    /// The longest time between two reads of the proxy (`[proxy]`) from the backend.
    #[serde(rename = "longest_silence_us", with = "span_as_us_opt", default)]
    pub longest_silence: Option<Span>,
    /// Which attempt it is at what the client wants: 1, or more for a retry, which is a request and a row of its own.
    #[serde(default = "first_attempt")]
    pub attempt: u32,
    /// When the worker had read the request, its body included.
    #[serde(rename = "request_read_at_us", with = "as_us_opt", default)]
    pub request_read_at: Option<Timestamp>,
    /// When the worker had handed over the last of its response, or was done with it in another way; it may have lingered after that.
    #[serde(rename = "response_sent_at_us", with = "as_us_opt", default)]
    pub response_sent_at: Option<Timestamp>,
    /// When the proxy that the client met was done with it.
    #[serde(rename = "proxy_done_at_us", with = "as_us_opt", default)]
    pub proxy_done_at: Option<Timestamp>,
}

const fn first_attempt() -> u32 {
    1
}

impl RequestRecord {
    /// The row as the client alone knows it.
    pub fn from_client(half: ClientHalf) -> RequestRecord {
        RequestRecord {
            request_id: half.request_id,
            group: half.group,
            client: half.client,
            path: half.path,
            intended_at: half.intended_at,
            started_at: half.started_at,
            connected_at: half.connected_at,
            proxy_accepted_at: None,
            upstream_connected_at: None,
            worker: None,
            worker_accepted_at: None,
            app_done_at: None,
            worker_released_at: None,
            upstream_released_at: None,
            first_byte_at: half.first_byte_at,
            last_byte_at: half.last_byte_at,
            closed_at: Some(half.closed_at),
            status: half.status,
            outcome: half.outcome,
            ended_by: half.ended_by,
            expected_bytes: half.expected_bytes,
            received_bytes: half.received_bytes,
            sent_bytes: None,
            proxy_status: None,
            upstream_header_at: None,
            proxy_read_bytes: None,
            proxy_sent_bytes: None,
            spilled_bytes: None,
            peak_buffered_bytes: None,
            send_blocked: None,
            worker_pid: None,
            rcvbuf_requested_bytes: half.rcvbuf_requested_bytes,
            rcvbuf_granted_bytes: half.rcvbuf_granted_bytes,
            client_port: half.client_port,
            attempt: half.attempt,
            longest_silence: None,
            request_read_at: None,
            response_sent_at: None,
            proxy_done_at: None,
        }
    }

    /// Latency from the intended start to the end: the last byte of a complete response, otherwise the close.
    pub fn latency(&self) -> Option<Span> {
        self.ended_at().map(|end| end.since(self.intended_at))
    }

    /// The naive latency: from the actual start, blind to time spent waiting to start.
    pub fn latency_from_send(&self) -> Option<Span> {
        self.ended_at().map(|end| end.since(self.started_at))
    }

    /// From the intended start to the first byte of the response.
    pub fn first_byte(&self) -> Option<Span> {
        Some(self.first_byte_at?.since(self.intended_at))
    }

    /// From the first byte of the response to the last.
    pub fn reading(&self) -> Option<Span> {
        Some(self.last_byte_at?.since(self.first_byte_at?))
    }

    /// How long the worker belonged to this request.
    pub fn hold(&self) -> Option<Span> {
        Some(self.worker_released_at?.since(self.worker_accepted_at?))
    }

    /// Whether a worker took it up only after its client or the proxy had given it up: work for nobody.
    pub fn is_zombie(&self) -> bool {
        let given_up = [self.closed_at, self.upstream_released_at]
            .into_iter()
            .flatten()
            .min();
        matches!((self.worker_accepted_at, given_up), (Some(accepted), Some(gone)) if accepted > gone)
    }

    /// When it was over for the user: the last byte of a complete response, otherwise the close.
    pub fn ended_at(&self) -> Option<Timestamp> {
        match self.outcome {
            Outcome::Complete => self.last_byte_at.or(self.closed_at),
            _ => self.closed_at,
        }
    }
}
