//! `[proxy] upstream`, `proxy_http_version` and `proxy_next_upstream`: how a proxy speaks to what is behind it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::time::Span;

/// nginx `max_fails`.
pub const MAX_FAILS: u32 = 1;
/// nginx `fail_timeout`.
pub const FAIL_TIMEOUT: Span = Span::from_secs(10);
/// nginx `keepalive_timeout` of an upstream block.
pub const KEEPALIVE_TIMEOUT: Span = Span::from_secs(60);
/// nginx `keepalive_requests` of an upstream block.
pub const KEEPALIVE_REQUESTS: u32 = 1000;
/// nginx's name of our upstream block, and so the `Host` that its backend sees.
pub const UPSTREAM_NAME: &str = "backend";

/// nginx's `upstream { ... }` block and the parameters of its servers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpstreamConfig {
    /// Idle connections kept per event loop; zero keeps none, as nginx before 1.29.7 does by default (32 from then on).
    #[serde(default)]
    pub keepalive: u32,
    /// How long an idle one is kept.
    #[serde(default = "keepalive_timeout")]
    pub keepalive_timeout: Span,
    /// Requests after which one is closed.
    #[serde(default = "keepalive_requests")]
    pub keepalive_requests: u32,
    /// Failures after which a peer of several is left out; zero never.
    #[serde(default = "max_fails")]
    pub max_fails: u32,
    /// For how long, in whole seconds.
    #[serde(default = "fail_timeout")]
    pub fail_timeout: Span,
}

/// nginx `proxy_http_version`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub enum HttpVersion {
    /// Before 1.29.7 the default.
    #[default]
    #[serde(rename = "1.0")]
    V10,
    /// The default since 1.29.7.
    #[serde(rename = "1.1")]
    V11,
}

/// A word of nginx's `proxy_next_upstream`: after what the next peer is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NextUpstream {
    /// A connection failed, or broke before the response's head was read.
    Error,
    /// A timer of the proxy fired before that.
    Timeout,
    /// The head was no HTTP, or too big.
    InvalidHeader,
    /// The peer answered with this status.
    #[serde(rename = "http_403")]
    Http403,
    /// See there.
    #[serde(rename = "http_404")]
    Http404,
    /// See there.
    #[serde(rename = "http_429")]
    Http429,
    /// See there.
    #[serde(rename = "http_500")]
    Http500,
    /// See there.
    #[serde(rename = "http_502")]
    Http502,
    /// See there.
    #[serde(rename = "http_503")]
    Http503,
    /// See there.
    #[serde(rename = "http_504")]
    Http504,
    /// Also a request that may have done something already (POST, PATCH, LOCK).
    NonIdempotent,
    /// After nothing.
    Off,
}

impl NextUpstream {
    /// The word that stands for a status.
    pub const fn of_status(status: u16) -> Option<NextUpstream> {
        Some(match status {
            403 => NextUpstream::Http403,
            404 => NextUpstream::Http404,
            429 => NextUpstream::Http429,
            500 => NextUpstream::Http500,
            502 => NextUpstream::Http502,
            503 => NextUpstream::Http503,
            504 => NextUpstream::Http504,
            _ => return None,
        })
    }

    /// As nginx's configuration writes it.
    pub const fn name(self) -> &'static str {
        match self {
            NextUpstream::Error => "error",
            NextUpstream::Timeout => "timeout",
            NextUpstream::InvalidHeader => "invalid_header",
            NextUpstream::Http403 => "http_403",
            NextUpstream::Http404 => "http_404",
            NextUpstream::Http429 => "http_429",
            NextUpstream::Http500 => "http_500",
            NextUpstream::Http502 => "http_502",
            NextUpstream::Http503 => "http_503",
            NextUpstream::Http504 => "http_504",
            NextUpstream::NonIdempotent => "non_idempotent",
            NextUpstream::Off => "off",
        }
    }
}

impl HttpVersion {
    /// As nginx's configuration writes it.
    pub const fn name(self) -> &'static str {
        match self {
            HttpVersion::V10 => "1.0",
            HttpVersion::V11 => "1.1",
        }
    }
}

impl Default for UpstreamConfig {
    fn default() -> UpstreamConfig {
        UpstreamConfig {
            keepalive: 0,
            keepalive_timeout: KEEPALIVE_TIMEOUT,
            keepalive_requests: KEEPALIVE_REQUESTS,
            max_fails: MAX_FAILS,
            fail_timeout: FAIL_TIMEOUT,
        }
    }
}

/// nginx's default for `proxy_next_upstream`.
pub(super) fn next_upstream() -> Vec<NextUpstream> {
    vec![NextUpstream::Error, NextUpstream::Timeout]
}

/// Whether that is what is said.
pub(super) fn is_next_upstream(words: &[NextUpstream]) -> bool {
    words == next_upstream()
}

const fn keepalive_timeout() -> Span {
    KEEPALIVE_TIMEOUT
}
const fn keepalive_requests() -> u32 {
    KEEPALIVE_REQUESTS
}
const fn max_fails() -> u32 {
    MAX_FAILS
}
const fn fail_timeout() -> Span {
    FAIL_TIMEOUT
}
