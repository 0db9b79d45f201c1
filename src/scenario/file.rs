//! The file's shape. Machines' own `Config` structs stand in it as they are: configuration exists once.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::incidents::Incidents;
use super::words::OwnWords;
use crate::machine::act::{FaultKind, Rotation, SignalName};
use crate::machine::arrival::Arrival;
use crate::machine::backend_config::{BackendConfig, Bind};
use crate::machine::behavior::Behavior;
use crate::machine::http::Method;
use crate::machine::link::LinkSetting;
use crate::machine::pipeline::PipelineConfig;
use crate::machine::probe::ProbeConfig;
use crate::machine::proxy_config::ProxyConfig;
use crate::machine::visit::Retry;
use crate::time::Span;
use crate::units::Bytes;

/// The version of the file format.
pub(super) const SCHEMA: u32 = 1;
/// Ours: long enough for what is in flight in a short run, short enough to wait for.
const DRAIN: Span = Span::from_secs(10);
/// Ours: any number would do.
const SEED: u64 = 1;

/// A whole file.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    /// The version of the format: 1.
    pub(super) schema: u32,
    /// What the scenario asks, as one sentence.
    pub(super) question: String,
    /// The public incidents that the scenario reproduces.
    #[serde(default)]
    pub(super) source: Incidents,
    /// Nothing new starts after this.
    pub(super) duration: Span,
    /// Requests meant to start before this are left out of the statistics.
    #[serde(default)]
    pub(super) warmup: Span,
    /// How long requests in flight may take after `duration`.
    #[serde(default = "drain")]
    pub(super) drain: Span,
    /// From which chance is drawn, unless the command line says otherwise.
    #[serde(default = "seed")]
    pub(super) seed: u64,
    /// The application server.
    #[serde(default = "no_backend")]
    pub(super) backend: BackendConfig,
    /// Stages connected by pipes, in place of backend, proxies and clients.
    #[serde(default)]
    pub(super) pipeline: Option<PipelineConfig>,
    /// The proxy before the proxy.
    #[serde(default)]
    pub(super) edge: Option<ProxyConfig>,
    /// The reverse proxy.
    #[serde(default)]
    pub(super) proxy: Option<ProxyConfig>,
    /// The groups of clients.
    #[serde(default)]
    pub(super) clients: Vec<ClientGroup>,
    /// What is done to the stack meanwhile.
    #[serde(default)]
    pub(super) act: Vec<ActDecl>,
    /// Who looks at the stack meanwhile.
    #[serde(default)]
    pub(super) probe: Vec<ProbeConfig>,
    /// What else is tried, one changed idea each.
    #[serde(default, rename = "variant")]
    pub(super) _variant: Vec<VariantDecl>,
    /// What the author claims.
    #[serde(default)]
    pub(super) expect: Vec<Expectation>,
    /// What it says, in other languages.
    #[serde(default)]
    pub(super) words: BTreeMap<String, OwnWords>,
}

impl File {
    /// Whether there is a proxy, and it is enabled.
    pub(super) fn has_proxy(&self) -> bool {
        self.proxy.as_ref().is_some_and(|proxy| proxy.enabled)
    }

    /// Whether there is an edge, and it is enabled.
    pub(super) fn has_edge(&self) -> bool {
        self.edge.as_ref().is_some_and(|edge| edge.enabled)
    }

    /// Whether clients meet only a Unix socket.
    pub(super) fn is_unix_for_clients(&self) -> bool {
        !self.has_proxy() && self.backend.bind == Bind::Unix
    }
}

/// `[[clients]]`: a group of like clients.
#[derive(Clone, PartialEq, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientGroup {
    /// The group's name.
    pub name: String,
    /// When its requests start.
    pub arrival: Arrival,
    /// What they ask for.
    pub request: Request,
    /// How they treat the response.
    pub behavior: Behavior,
    /// Whether they ask again for what they did not get.
    #[serde(default)]
    pub retry: Option<Retry>,
    /// From how many addresses they come.
    #[serde(default = "one_address")]
    pub addresses: u32,
    /// How far away they are; unset is loopback.
    #[serde(default)]
    pub link: Option<LinkSetting>,
}

/// What a pipeline is without; `check` wants one of all others.
fn no_backend() -> BackendConfig {
    toml::from_str("").expect("all of it has defaults")
}

const fn one_address() -> u32 {
    1
}

/// `request`: what a client asks for.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// What is asked to be done; unset is GET.
    #[serde(default)]
    pub method: Method,
    /// Begins with `/`; the backend must have a handler for it.
    pub path: String,
    /// Data in the request's body; unset is no body.
    #[serde(default)]
    pub body: Bytes,
    /// The body goes in chunks, without telling its length beforehand.
    #[serde(default)]
    pub chunked: bool,
    /// The client's own patience; unset waits for ever.
    #[serde(default)]
    pub timeout: Option<Span>,
    /// Keep the connection for the next request (closed arrivals only).
    #[serde(default)]
    pub keepalive: bool,
}

/// `[[act]]`: what is done to the stack during the run.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ActDecl {
    /// When, from the start of the run.
    pub(super) at: Span,
    /// A signal, and who gets it.
    #[serde(default)]
    pub(super) signal: Option<SignalDecl>,
    /// What goes wrong, and with whom.
    #[serde(default)]
    pub(super) fault: Option<FaultDecl>,
    /// Which log is rotated, and how.
    #[serde(default)]
    pub(super) rotate: Option<Rotation>,
    /// What the configuration says from then on, dotted as for `--set`. Taken from the tree, as a variant's is.
    #[serde(default, rename = "set")]
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    _set: BTreeMap<String, IgnoredAny>,
}

/// `signal`: who gets it is judged later, where there is room for a hint.
#[derive(Clone, PartialEq, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SignalDecl {
    /// Who gets it: `backend`, `worker N` or `proxy`.
    pub(super) to: String,
    /// Which signal.
    pub(super) name: SignalName,
}

/// `fault`: whom it befalls is judged later, as for a signal.
#[derive(Clone, PartialEq, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FaultDecl {
    /// Whom it befalls: `worker N`, `backend`, or `proxy` in a process of its own.
    pub(super) to: String,
    /// What goes wrong.
    pub(super) kind: FaultKind,
}

/// `[[variant]]`: one changed idea. Read only to be judged: its values are taken from the tree, where they still have
/// their places, and also when another part of the file is wrong.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct VariantDecl {
    /// The variant's name; `baseline` is taken.
    #[serde(rename = "name")]
    _name: String,
    /// Why it is tried.
    #[serde(default, rename = "why")]
    _why: String,
    /// The keys that it changes, dotted as for `--set`.
    #[serde(rename = "set")]
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    _set: BTreeMap<String, IgnoredAny>,
}

/// `[[expect]]`: what the author claims.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// In words.
    pub claim: String,
    /// The condition that is judged.
    pub that: String,
}

const fn drain() -> Span {
    DRAIN
}
const fn seed() -> u64 {
    SEED
}
