//! The stack as a scenario: what was understood, the application by its page and its largest response, and the clients of a threat.

use std::fmt::Write as _;

use thiserror::Error;

use super::answer::Change;
use super::edits::Edits;
use crate::machine::backend_config::WorkerClass;
use crate::machine::upstream_config::NextUpstream;
use crate::plan::{self, Choices, Plan};
use crate::report::words::{Language, Words};
use crate::scenario::load_text;
use crate::time::Span;
use crate::understand::{Setting, Understood, holding};
use crate::units::{ByteRate, Bytes};

/// Ours: a mobile line.
const SLOW: ByteRate = ByteRate(64 * 1024);
/// Ours: an ordinary page.
const PAGE: Bytes = Bytes(8 * 1024);
/// Ours: what a page takes beside CPU.
const PAGE_WAIT: Span = Span::from_ms(10);
/// What gunicorn and CPython use for a request (docs/reference.md).
const CPU_PER_REQUEST: &str = "700us";
/// Ours: nobody waits longer for a page.
const PATIENCE: Span = Span::from_secs(60);

/// Stands in the text for the size of the largest response.
const LARGE: &str = "@large@";
/// A download that outlasts every run.
const LONG_HOLD: Span = Span::from_secs(120);
/// A `send_timeout` from which on a client may be played more slowly than it is.
const LONG_ENOUGH: Span = Span::from_secs(45);
/// At the slowest pace that is played that lasts four minutes.
const ENOUGH: Bytes = Bytes(512 * 1024);

/// What no configuration says.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Given {
    /// The largest response.
    pub largest: Option<Bytes>,
    /// How fast a slow client is.
    pub slow: Option<ByteRate>,
    /// CPUs of the server.
    pub cpus: Option<u32>,
    /// `--set KEY=VALUE`, which overrides everything.
    pub set: Vec<String>,
    /// A page's size and time, as an access log has them: TOML of `response` and `wait`.
    pub page: Option<(String, String)>,
    /// Requests a second at the busiest hour, of an access log.
    pub rate: Option<f64>,
    /// In which language the answer is given.
    pub language: Language,
}

/// Settings that no scenario can play.
#[derive(Debug, Error)]
pub enum StackError {
    /// What is wrong with it, as `slowlab check` would say.
    #[error(
        "this configuration cannot be played:\n{0}\nhint: --set KEY=VALUE overrides what was read"
    )]
    Unplayable(String),
    /// A signal.
    #[error("interrupted")]
    Interrupted,
}

/// A stack that meets threats.
#[derive(Clone, PartialEq, Debug)]
pub struct Stack {
    text: String,
    set: Vec<String>,
    edits: Edits,
    language: Language,
    /// The class that serves.
    pub class: WorkerClass,
    /// Workers of one backend.
    pub workers: u64,
    /// Threads of one worker.
    pub threads: u64,
    /// Backends.
    pub instances: u64,
    /// Connections of nginx, over all its processes.
    pub connections: u64,
    /// Descriptors of each of nginx's processes (`worker_rlimit_nofile`), if it says.
    pub descriptors: Option<u64>,
    /// nginx's processes.
    pub processes: u64,
    /// Whether responses are taken off the workers' hands.
    pub buffering: bool,
    /// Whether the largest response fits into nginx's temp file, so that no worker waits for its client.
    pub spills: bool,
    /// Whether a body is.
    pub request_buffering: bool,
    /// The largest response.
    pub largest: Bytes,
    /// How fast a slow client is.
    pub slow: ByteRate,
    /// The largest body that nginx lets in; `None` is any.
    pub largest_body: Option<Bytes>,
    /// `proxy_read_timeout`.
    pub read_timeout: Span,
    /// `limit_conn`: requests of one address under way; 0 is no limit.
    pub limit_conn: u64,
    /// `send_timeout`.
    pub send_timeout: Span,
    /// `timeout`; zero is none.
    pub timeout: Span,
    /// `graceful_timeout`.
    pub graceful_timeout: Span,
    /// `worker_shutdown_timeout`; zero is none.
    pub worker_shutdown_timeout: Span,
    /// The backend's `backlog`.
    pub backlog: u64,
    /// Whether a Unix socket is between them.
    pub unix: bool,
    /// Whether nginx asks the next backend where one refuses it.
    pub asks_next: bool,
    /// CPUs.
    pub cpus: u32,
    /// How long a slow reader takes for the largest response.
    pub hold: Span,
    /// Requests a second of an access log.
    pub rate: Option<f64>,
}

impl Stack {
    /// Puts it together.
    ///
    /// # Errors
    /// Values that the scenario format refuses.
    pub fn new(understood: &Understood, given: &Given) -> Result<Stack, StackError> {
        let text = base(understood, given);
        let mut stack = Stack {
            text,
            set: given.set.clone(),
            edits: Edits::of(understood, Words::of(given.language)),
            language: given.language,
            class: WorkerClass::Sync,
            workers: 1,
            threads: 1,
            instances: 1,
            connections: 512,
            descriptors: None,
            processes: 1,
            buffering: true,
            spills: true,
            request_buffering: true,
            largest: given.largest.unwrap_or(PAGE),
            slow: given.slow.unwrap_or(SLOW),
            largest_body: None,
            read_timeout: PATIENCE,
            limit_conn: 0,
            send_timeout: PATIENCE,
            timeout: Span::ZERO,
            graceful_timeout: Span::ZERO,
            worker_shutdown_timeout: Span::ZERO,
            backlog: 2048,
            unix: false,
            asks_next: true,
            cpus: given.cpus.unwrap_or(2),
            hold: Span::ZERO,
            rate: given.rate,
        };
        stack.look()?;
        Ok(stack)
    }

    /// The same with other settings, which win.
    ///
    /// # Errors
    /// As [`Stack::new`].
    pub fn with(&self, set: &[String]) -> Result<Stack, StackError> {
        let mut changed = self.clone();
        changed.set.extend(set.iter().cloned());
        changed.look()?;
        Ok(changed)
    }

    /// Reads off what the plan holds: the overrides are in it.
    fn look(&mut self) -> Result<(), StackError> {
        let plan = self.plan("", (Span::from_secs(1), Span::from_secs(1)), 1)?;
        let backend = &plan.backend;
        self.class = backend.worker_class.with_threads(backend.threads);
        self.workers = u64::from(backend.workers);
        self.threads = u64::from(backend.threads);
        self.instances = u64::from(backend.instances.max(1));
        self.backlog = u64::from(backend.backlog);
        self.timeout = backend.timeout;
        self.graceful_timeout = backend.graceful_timeout;
        self.unix = backend.bind == crate::machine::backend_config::Bind::Unix;
        if let Some(proxy) = &plan.proxy {
            let each = u64::from(proxy.worker_connections);
            self.processes = u64::from(proxy.worker_processes) * u64::from(proxy.instances.max(1));
            self.connections = each * self.processes;
            self.descriptors = proxy.worker_rlimit_nofile.map(u64::from);
            self.buffering = proxy.proxy_buffering;
            self.spills = proxy.proxy_buffering && proxy.proxy_max_temp_file_size >= self.largest;
            self.request_buffering = proxy.proxy_request_buffering;
            self.largest_body = Some(proxy.client_max_body_size).filter(|most| most.0 > 0);
            self.read_timeout = proxy.proxy_read_timeout;
            self.limit_conn = u64::from(proxy.limit_conn);
            self.send_timeout = proxy.send_timeout;
            self.worker_shutdown_timeout = proxy.worker_shutdown_timeout;
            self.asks_next = proxy.proxy_next_upstream.contains(&NextUpstream::Error);
        }
        let per_s = self.slow.0.max(1);
        self.hold = Span::from_ms(self.largest.0.saturating_mul(1000) / per_s);
        Ok(())
    }

    /// Requests that all workers serve at once; `None` where nothing limits them.
    pub fn slots(&self) -> Option<u64> {
        let each = match self.class {
            WorkerClass::Sync => 1,
            WorkerClass::Gthread => self.threads,
            WorkerClass::Gevent | WorkerClass::Asgi | WorkerClass::Uvicorn => return None,
        };
        Some(each * self.workers * self.instances)
    }

    /// The fewest addresses from which nginx lets so many clients in.
    pub(super) fn addresses(&self, count: u64) -> u64 {
        match self.limit_conn {
            0 => 1,
            limit => count.div_ceil(limit).max(1),
        }
    }

    /// A message in the answer's language.
    pub(super) fn tell(&self, message: &str, facts: &[(&'static str, String)]) -> String {
        let facts: Vec<(&str, &str)> = facts.iter().map(|(name, fact)| (*name, &**fact)).collect();
        Words::of(self.language).tell(message, &facts)
    }

    /// A message of a count.
    pub(super) fn count(&self, message: &str, count: u64) -> String {
        Words::of(self.language).say(message, [("count", count.into())])
    }

    /// The largest response and how fast it is read, for sentences.
    pub(super) fn download(&self) -> Vec<(&'static str, String)> {
        vec![
            ("size", self.largest.to_string()),
            ("rate", self.slow.to_string()),
        ]
    }

    /// Pages a second, by arithmetic: what slots and CPUs can do.
    pub(super) fn capacity(&self) -> u64 {
        let by_cpu = u64::from(self.cpus) * 700;
        by_cpu
            .min(self.slots().map_or(by_cpu, |slots| slots * 80))
            .max(4)
    }

    /// The size that is played: of what nginx takes off the worker's hands as much as keeps a slow client busy for longer than anybody watches; the rest
    /// would only cost events.
    pub(super) fn played(&self) -> Bytes {
        match self.spills && self.hold > LONG_HOLD && self.lets_go_slowly() {
            true => self.largest.min(ENOUGH),
            false => self.largest,
        }
    }

    /// Whether nginx's `send_timeout` lets a client be played more slowly than it is.
    pub(super) fn lets_go_slowly(&self) -> bool {
        self.send_timeout >= LONG_ENOUGH
    }

    /// How long a visitor waits before it gives up: a little longer than nginx, if nginx is not too patient.
    pub(super) fn patience(&self) -> Span {
        let patience = self.read_timeout.max(Span::from_secs(1)).min(PATIENCE);
        patience.saturating_add(Span::from_secs(1))
    }

    /// The text of a scenario with these clients, its `duration` and its `drain`.
    pub(super) fn scenario(&self, clients: &str, (duration, drain): (Span, Span)) -> String {
        // A run without anybody is no scenario.
        let nobody = "[[clients]]\nname = \"nobody\"\narrival.once = { count = 1 }\nrequest.path = \"/\"\nbehavior.healthy = {}\n";
        let clients = if clients.is_empty() { nobody } else { clients };
        let text = self
            .text
            .replace(LARGE, &format!("\"{}B\"", self.played().0));
        format!(
            "schema = 1\nquestion = \"What takes this site down?\"\nduration = \"{duration}\"\ndrain = \"{drain}\"\n{text}\n{clients}"
        )
    }

    /// A plan with these clients.
    ///
    /// # Errors
    /// Values that the scenario format refuses.
    pub(super) fn plan(
        &self,
        clients: &str,
        times: (Span, Span),
        seed: u64,
    ) -> Result<Plan, StackError> {
        let text = self.scenario(clients, times);
        let scenario = load_text("site", "site", &text, &self.set)
            .map_err(|mistakes| StackError::Unplayable(mistakes.render(false)))?;
        let choices = Choices {
            seed: Some(seed),
            variants: Vec::new(),
        };
        let run = plan::build(&scenario, &choices)
            .map_err(|error| StackError::Unplayable(error.to_string()))?;
        let first = run.variants.into_iter().next();
        first
            .map(|variant| variant.plan)
            .ok_or_else(|| StackError::Unplayable("no variant".to_owned()))
    }

    /// A key of the scenario with a new value, as edits of the user's own files.
    pub(super) fn changes(&self, key: &str, value: &str) -> Vec<Change> {
        self.edits.changes(key, value)
    }

    /// `--set` flags of this stack, for a scenario that somebody else loads.
    pub fn set(&self) -> &[String] {
        &self.set
    }
}

/// `[backend]` and `[proxy]`.
fn base(understood: &Understood, given: &Given) -> String {
    let told = &understood.told;
    let mut text = String::new();
    table(&mut text, "backend", &told.backend);
    let _ = writeln!(text, "cpu_per_request = \"{CPU_PER_REQUEST}\"");
    let (size, wait) = given
        .page
        .clone()
        .unwrap_or_else(|| (format!("\"{PAGE}\""), format!("\"{PAGE_WAIT}\"")));
    let _ = write!(
        text,
        "[backend.app.\"/\"]\nwait = {wait}\nresponse = {size}\n\
         [backend.app.\"/large\"]\nwait = \"20ms\"\nresponse = {LARGE}\n\
         [backend.app.\"/upload\"]\nwait = \"10ms\"\nresponse = \"1KiB\"\n"
    );
    table(&mut text, "proxy", &told.proxy);
    if told.proxy("listen.sndbuf").is_none() {
        text.push_str("listen.sndbuf = \"64KiB\"\n");
    }
    text
}

fn table(text: &mut String, name: &str, settings: &[Setting]) {
    let _ = writeln!(text, "[{name}]");
    for (setting, value) in holding(settings) {
        let _ = writeln!(text, "{} = {value}", setting.key);
    }
}
