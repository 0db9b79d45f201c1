//! What types cannot say: impossible values and keys that contradict one another.
//!
//! A check looks at values as read and marks the place in the tree; what the file does not say is marked at the section
//! that should have said it.

use super::check_names::group_names;
use super::diagnostics::{Diagnostic, Diagnostics};
use super::file::{File, SCHEMA};
use super::tree::{Node, Step};
use crate::machine::backend_config::Bind;
use crate::time::Span;
use crate::units::Bytes;

/// Ours: more processes than any machine of a workshop carries.
const MOST_WORKERS: u32 = 512;
/// Ours: a response is made of zeros, not of disk, but its clients must read it.
const LARGEST_RESPONSE: Bytes = Bytes::mib(16 * 1024);
/// Ours: sixteen times the kernel's default `somaxconn`, which caps it anyway.
const LARGEST_BACKLOG: u32 = 65_535;
/// Ours: larger ones are mistyped.
const LARGEST_BUFFER: Bytes = Bytes::mib(1024);
/// Ours: a run waits for its first workers.
const LONGEST_BOOT: Span = Span::from_secs(60);
const LONGEST_RUN: Span = Span::from_secs(24 * 3600);

/// Checks one configuration, the plain one or a variant's.
pub(super) struct Checker<'a> {
    tree: &'a Node,
    variant: Option<&'a str>,
    out: &'a mut Diagnostics,
}

impl<'a> Checker<'a> {
    pub(super) fn new(
        tree: &'a Node,
        variant: Option<&'a str>,
        out: &'a mut Diagnostics,
    ) -> Checker<'a> {
        Checker { tree, variant, out }
    }

    pub(super) fn whole(mut self, file: &File) {
        self.top(file);
        self.application_server(file);
        if let Some(proxy) = &file.proxy {
            self.proxy(proxy);
        }
        if group_names(self.tree).is_empty() {
            self.wrong(
                "clients",
                "there are no clients",
                "add a `[[clients]]` group",
            );
        }
        for (index, group) in file.clients.iter().enumerate() {
            self.arrival(file, index, group);
            self.request(file, index, group);
            self.behavior(file, index, group);
            self.link(file, index, group);
        }
    }

    /// `[backend]` alone: what an act changes.
    pub(super) fn application_server(&mut self, file: &File) {
        self.backend(file);
        self.boot(file);
        self.handlers(file);
    }

    /// Reports a mistake at a dotted path; numbers in it are indices of lists.
    pub(super) fn wrong(&mut self, path: &str, title: impl Into<String>, hint: impl Into<String>) {
        let mistake = Diagnostic::error(self.tree.place_of(&steps(path)), title).hint(hint);
        self.push(mistake);
    }

    /// Warns of a key that does nothing; not in a variant, which has most of its keys from the plain configuration.
    pub(super) fn doubtful(&mut self, path: &str, title: &str, hint: &str) {
        if self.variant.is_some() {
            return;
        }
        let place = self.tree.place_of(&steps(path));
        self.push(Diagnostic::warning(place, title).hint(hint));
    }

    fn push(&mut self, mistake: Diagnostic) {
        self.out.push(Diagnostic {
            variant: self.variant.map(str::to_string),
            ..mistake
        });
    }

    pub(super) fn buffer(&mut self, path: &str, size: Option<Bytes>) {
        let name = path.rsplit('.').next().unwrap_or(path);
        match size {
            Some(Bytes(0)) => self.wrong(
                path,
                format!("`{name}` cannot be zero"),
                "leave it out to let the kernel choose",
            ),
            Some(size) if size > LARGEST_BUFFER => self.wrong(
                path,
                format!("`{name}` is larger than {LARGEST_BUFFER}"),
                "the kernel caps it at `wmem_max` or `rmem_max`, a few MiB",
            ),
            _ => {}
        }
    }

    pub(super) fn backlog(&mut self, path: &str, backlog: u32) {
        if backlog > LARGEST_BACKLOG {
            self.wrong(
                path,
                format!("`backlog` is larger than {LARGEST_BACKLOG}"),
                "the kernel caps it at `net.core.somaxconn`, 4096 by default",
            );
        }
    }

    fn top(&mut self, file: &File) {
        if file.schema != SCHEMA {
            self.wrong(
                "schema",
                format!("schema {} is not known", file.schema),
                "this version reads `schema = 1`",
            );
        }
        if file.question.trim().is_empty() {
            self.wrong(
                "question",
                "the question is empty",
                "a scenario asks something",
            );
        }
        if file.duration.is_zero() || file.duration > LONGEST_RUN {
            self.wrong(
                "duration",
                format!("a run cannot last {}", file.duration),
                "use more than zero and at most a day",
            );
        } else if file.warmup >= file.duration {
            self.wrong(
                "warmup",
                format!(
                    "the warm-up ({}) leaves nothing of the run ({})",
                    file.warmup, file.duration
                ),
                "`warmup` must be shorter than `duration`",
            );
        }
        if file.drain > LONGEST_RUN {
            self.wrong(
                "drain",
                "a drain cannot last longer than a day",
                "try `10s`",
            );
        }
    }

    fn backend(&mut self, file: &File) {
        let backend = &file.backend;
        if !(1..=MOST_WORKERS).contains(&backend.workers) {
            self.wrong(
                "backend.workers",
                format!("{} workers cannot be had", backend.workers),
                format!("use 1 to {MOST_WORKERS}"),
            );
        }
        self.backlog("backend.backlog", backend.backlog);
        self.buffer("backend.socket.sndbuf", backend.socket.sndbuf);
        self.buffer("backend.socket.rcvbuf", backend.socket.rcvbuf);
        if backend.bind == Bind::Unix && backend.socket.rcvbuf.is_some() {
            self.doubtful(
                "backend.socket.rcvbuf",
                "`rcvbuf` does nothing on a Unix socket",
                "a Unix stream has no receive buffer; only the sender's `sndbuf` counts",
            );
        }
        if backend.max_requests == 0 && backend.max_requests_jitter > 0 {
            self.doubtful(
                "backend.max_requests_jitter",
                "`max_requests_jitter` does nothing without `max_requests`",
                "set `max_requests` too, or leave both out",
            );
        }
    }

    fn boot(&mut self, file: &File) {
        let time = file.backend.boot.time;
        if time > LONGEST_BOOT {
            self.wrong(
                "backend.boot.time",
                format!("an application is not imported for {time}"),
                format!("use at most {LONGEST_BOOT}"),
            );
        }
    }

    fn handlers(&mut self, file: &File) {
        if file.backend.app.is_empty() {
            self.wrong(
                "backend",
                "the application has no handler",
                "add for example `[backend.app.\"/\"]` with `response = \"2KiB\"`",
            );
        }
        for (path, handler) in &file.backend.app {
            let at = vec![key("backend"), key("app"), key(path)];
            if let Err(why) = good_path(path) {
                let place = self.tree.key_place_of(&at);
                self.push(Diagnostic::error(place, format!("`{path}` {why}")));
            }
            let field = |name: &str| {
                let mut at = at.clone();
                at.push(key(name));
                self.tree.place_of(&at)
            };
            let mut mistakes = Vec::new();
            if handler.write_size == Bytes(0) {
                mistakes.push(
                    Diagnostic::error(field("write_size"), "a write of nothing never ends")
                        .hint("`write_size` is at least `1B`; the default is `64KiB`"),
                );
            }
            if handler.response > LARGEST_RESPONSE {
                mistakes.push(
                    Diagnostic::error(
                        field("response"),
                        format!("a response cannot be larger than {LARGEST_RESPONSE}"),
                    )
                    .hint("bytes that no client reads teach nothing more"),
                );
            }
            for mistake in mistakes {
                self.push(mistake);
            }
        }
    }
}

fn key(name: &str) -> Step {
    Step::Key(name.to_string())
}

fn steps(path: &str) -> Vec<Step> {
    path.split('.')
        .map(|part| match part.parse() {
            Ok(index) => Step::Index(index),
            Err(_) => key(part),
        })
        .collect()
}

pub(super) fn good_path(path: &str) -> Result<(), &'static str> {
    if !path.starts_with('/') {
        return Err("is not a path: it must begin with `/`");
    }
    if path.bytes().any(|byte| byte <= b' ' || byte >= 0x7f) {
        return Err("has a character that a request line cannot carry");
    }
    if path.len() > 2048 {
        return Err("is longer than 2048 bytes");
    }
    Ok(())
}
