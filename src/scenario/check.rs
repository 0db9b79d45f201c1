//! What types cannot say: impossible values and keys that contradict one another.
//!
//! A check looks at values as read and marks the place in the tree; what the file does not say is marked at the section
//! that should have said it.

use super::check_names::group_names;
use super::diagnostics::{Diagnostic, Diagnostics};
use super::file::{File, SCHEMA};
use super::load::of_variant;
use super::tree::{Node, Step};
use crate::time::Span;
use crate::units::Bytes;

/// Ours: sixteen times the kernel's default `somaxconn`, which caps it anyway.
const LARGEST_BACKLOG: u32 = 65_535;
/// Ours: larger ones are mistyped.
const LARGEST_BUFFER: Bytes = Bytes::mib(1024);
pub(super) const LONGEST_RUN: Span = Span::from_secs(24 * 3600);

/// Checks one configuration, the plain one or a variant's.
pub(super) struct Checker<'a> {
    pub(super) tree: &'a Node,
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
        if self.pipeline(file) {
            return;
        }
        self.application_server(file);
        self.proxies(file);
        self.logs(file);
        self.disks(file);
        if group_names(self.tree).is_empty() {
            self.wrong(
                "clients",
                "there are no clients",
                "add a `[[clients]]` group",
            );
        }
        for (index, group) in file.clients.iter().enumerate() {
            self.arrival(file, index, group);
            self.addresses(index, group);
            self.request(file, index, group);
            self.behavior(file, index, group);
            self.link(file, index, group);
        }
        for (index, probe) in file.probe.iter().enumerate() {
            self.probe(file, index, probe);
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
        self.doubtful_at(&steps(path), title, hint);
    }

    /// The same at a path that has dots in its keys.
    pub(super) fn doubtful_at(&mut self, path: &[Step], title: &str, hint: &str) {
        if self.variant.is_none() {
            let place = self.tree.place_of(path);
            self.push(Diagnostic::warning(place, title).hint(hint));
        }
    }

    pub(super) fn push(&mut self, mistake: Diagnostic) {
        self.out.push(of_variant(mistake, self.variant));
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
}

pub(super) fn key(name: &str) -> Step {
    Step::Key(name.to_string())
}

pub(super) fn steps(path: &str) -> Vec<Step> {
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
