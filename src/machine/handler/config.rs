//! A handler as the scenario file writes it: `[backend.app."/path"]`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::Distribution;
use crate::machine::http::{ACCEL_BUFFERING, buffering_order};
use crate::machine::switch;
use crate::time::Span;
use crate::units::Bytes;

/// Ours: one application write per 64 KiB, a common chunk size of file iterators.
pub const WRITE_SIZE: Bytes = Bytes::kib(64);
/// A plain answer.
const STATUS: u16 = 200;

/// What the application does for a path: waits, computes, answers.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Handler {
    /// Time spent waiting (a query), without CPU.
    #[serde(default)]
    pub wait: Distribution<Span>,
    /// Whether the wait is a blocking call, as of a database driver in C: a hub (gevent, asgi) stands still meanwhile, asleep, and sees no
    /// signal. Workers that serve one request per process or thread always block.
    #[serde(default)]
    pub blocking: bool,
    /// Time spent burning CPU, after the wait.
    #[serde(default)]
    pub cpu: Distribution<Span>,
    /// The response's status code, 200 to 599.
    #[serde(default = "status")]
    pub status: u16,
    /// Further header fields of the response. `Content-Type` replaces the one that we would send.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Size of the response body.
    #[serde(default)]
    pub response: Distribution<Bytes>,
    /// Whether the response's head says how long its body is. Otherwise the body goes in chunks to who speaks HTTP/1.1, and until the connection is
    /// closed to HTTP/1.0 (gunicorn `Response.is_chunked`, `should_close`).
    #[serde(default = "switch::on", skip_serializing_if = "switch::is_on")]
    pub content_length: bool,
    /// Bytes per application write, unless `pieces` says so.
    #[serde(default = "write_size")]
    pub write_size: Bytes,
    /// Paced writes: server-sent events, a report that is computed as it goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pieces: Option<Pieces>,
    /// What is broken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
}

/// `pieces = { size = "200B", every = "500ms", cpu = "1ms" }`: the body, written piece by piece.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pieces {
    /// Bytes of a piece.
    pub size: Bytes,
    /// Waited before each further piece; a hub serves others meanwhile.
    #[serde(default)]
    pub every: Span,
    /// CPU burned before each piece, without yielding.
    #[serde(default)]
    pub cpu: Span,
    /// Whether the head trickles too. No application behind gunicorn can do that, so a scenario that says so is refused.
    #[serde(default, skip_serializing_if = "switch::is_off")]
    pub head: bool,
}

/// What is broken about a handler.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// Waits and computes, then never answers: a query without a limit.
    Hang,
    /// Ends the process with code 7 instead of answering.
    Crash,
    /// Takes a lock twice, which is never given back: its thread sleeps for ever, on a hub every other request with it.
    Deadlock,
    /// Opens descriptors and keeps them ([`super::LEAKED_DESCRIPTORS`] a request), and answers.
    FdLeak,
    /// Announces the whole response and sends half of it.
    ShortBody,
    /// Answers as soon as the head is read, while the client may still be sending the body, which nobody reads.
    EarlyReply,
    /// Closes without an answer where its connection has served a request before, and answers where it has not: what a proxy that keeps
    /// connections meets by chance when both sides' timers end at the same time, on every reuse.
    CloseOnReuse,
    /// Its `cpu` is one call in C that never lets go of the interpreter's lock: no other thread of the process runs.
    CpuHoldsTheLock,
}

impl Default for Handler {
    fn default() -> Handler {
        Handler {
            wait: Distribution::default(),
            blocking: false,
            cpu: Distribution::default(),
            status: STATUS,
            headers: BTreeMap::new(),
            response: Distribution::default(),
            content_length: true,
            write_size: WRITE_SIZE,
            pieces: None,
            fault: None,
        }
    }
}

impl Handler {
    /// Bytes per application write, at least 1: those of a piece if the response is paced.
    pub fn write_size(&self) -> Bytes {
        let size = self.pieces.map_or(self.write_size, |pieces| pieces.size);
        size.max(Bytes(1))
    }

    /// What its responses say to a proxy that buffers, or does not.
    pub fn accel_buffering(&self) -> Option<bool> {
        let mut fields = self.headers.iter();
        let (_, value) = fields.find(|(name, _)| name.eq_ignore_ascii_case(ACCEL_BUFFERING))?;
        buffering_order(value.as_bytes())
    }

    /// How long a request is in the handler on average, if its client takes everything at once. Faults are left out.
    pub fn service(&self) -> Span {
        let answers_after = self.wait.mean().saturating_add(self.cpu.mean());
        answers_after.saturating_add(self.pacing())
    }

    /// The part of [`Handler::service`] that passes between and before pieces.
    pub fn pacing(&self) -> Span {
        let Some(pieces) = self.pieces else {
            return Span::ZERO;
        };
        let count = self.response.mean().0.div_ceil(self.write_size().0);
        let times = |span: Span, count: u64| Span::from_ns(span.as_ns().saturating_mul(count));
        times(pieces.every, count.saturating_sub(1)).saturating_add(times(pieces.cpu, count))
    }
}

impl JsonSchema for Fault {
    fn schema_name() -> Cow<'static, str> {
        "Fault".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "enum": Fault::NAMES.map(|(name, _)| name) })
    }
}

impl Fault {
    const NAMES: [(&'static str, Fault); 8] = [
        ("hang", Fault::Hang),
        ("crash", Fault::Crash),
        ("deadlock", Fault::Deadlock),
        ("fd-leak", Fault::FdLeak),
        ("short-body", Fault::ShortBody),
        ("early-reply", Fault::EarlyReply),
        ("close-on-reuse", Fault::CloseOnReuse),
        ("cpu-holds-the-lock", Fault::CpuHoldsTheLock),
    ];
}

/// By hand for one name: a fault that is known, but not yet played, deserves more than "unknown".
impl<'de> Deserialize<'de> for Fault {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Fault, D::Error> {
        const KNOWN: [&str; Fault::NAMES.len()] = {
            let mut known = [""; Fault::NAMES.len()];
            let mut index = 0;
            while index < Fault::NAMES.len() {
                known[index] = Fault::NAMES[index].0;
                index += 1;
            }
            known
        };
        struct Name;
        impl Visitor<'_> for Name {
            type Value = Fault;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "the name of a fault, such as \"hang\"")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Fault, E> {
                let found = Fault::NAMES.iter().find(|(name, _)| *name == text);
                found
                    .map(|(_, fault)| *fault)
                    .ok_or_else(|| E::unknown_variant(text, &KNOWN))
            }
        }
        deserializer.deserialize_any(Name)
    }
}

const fn status() -> u16 {
    STATUS
}
const fn write_size() -> Bytes {
    WRITE_SIZE
}
