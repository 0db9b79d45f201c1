//! `[[probe]]`: who asks whom, how often, and what follows from failures.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tier::Tier;
use crate::time::Span;

/// `httpGet.path` of a probe that does not say.
const PATH: &str = "/";
/// `periodSeconds`: 10.
const EVERY: Span = Span::from_secs(10);
/// `timeoutSeconds`: 1.
const TIMEOUT: Span = Span::from_secs(1);
/// `terminationGracePeriodSeconds`: 30.
const GRACE: Span = Span::from_secs(30);

/// One `[[probe]]`. Defaults are those of Kubernetes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProbeConfig {
    /// The probe's name.
    pub name: String,
    /// What an HTTP probe asks for; a TCP probe asks for nothing.
    #[serde(default = "path")]
    pub path: String,
    /// How it asks.
    #[serde(default)]
    pub kind: ProbeKind,
    /// Whom it asks: the first of several. The backend is asked past any proxy.
    #[serde(default)]
    pub to: Tier,
    /// The grid on which it asks, from the instant at which clients begin. Where an answer takes longer, the next question follows at once.
    #[serde(default = "every")]
    pub every: Span,
    /// How long an answer may take, connecting included.
    #[serde(default = "timeout")]
    pub timeout: Span,
    /// After so many failures in a row the backend is restarted; unset, the probe only watches.
    #[serde(default)]
    pub kill_after: Option<u32>,
    /// How long the backend may take to end after TERM, before it is killed.
    #[serde(default = "grace")]
    pub grace: Span,
}

/// How a probe asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ProbeKind {
    /// GET: a status from 200 to 399 within the timeout is a success.
    #[default]
    Http,
    /// A connection: whoever has room in the accept queue succeeds.
    Tcp,
}

impl ProbeConfig {
    /// The request of an HTTP probe, up to the empty line. It names no request of a client's, so that it has no row among them.
    pub fn request_text(&self, host: &str) -> String {
        format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\n{FIELDS}Connection: close\r\n\r\n",
            path = self.path,
        )
    }

    /// The fields of that request which a proxy passes on as they are.
    pub fn fields(&self) -> &'static str {
        FIELDS
    }
}

/// Access logs tell probes by the first of them.
const FIELDS: &str = concat!(
    "User-Agent: slowlab-probe/",
    env!("CARGO_PKG_VERSION"),
    "\r\nAccept: */*\r\n"
);

impl ProbeKind {
    /// As in the file.
    pub fn name(self) -> &'static str {
        match self {
            ProbeKind::Http => "http",
            ProbeKind::Tcp => "tcp",
        }
    }
}

fn path() -> String {
    PATH.to_owned()
}
const fn every() -> Span {
    EVERY
}
const fn timeout() -> Span {
    TIMEOUT
}
const fn grace() -> Span {
    GRACE
}
