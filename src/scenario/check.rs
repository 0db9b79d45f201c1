//! What types cannot say: impossible values and keys that contradict one another.
//!
//! A check looks at values as read and marks the place in the tree; what the file does not say is marked at the section
//! that should have said it.

use std::collections::BTreeSet;

use super::diagnostics::{Diagnostic, Diagnostics, Severity, did_you_mean, listed};
use super::file::{ClientGroup, File, SCHEMA};
use super::tree::{Node, Step};
use super::{BASELINE, Configuration, Variant};
use crate::machine::arrival::Arrival;
use crate::machine::backend_config::Bind;
use crate::machine::behavior::Behavior;
use crate::time::Span;
use crate::units::Bytes;

/// Ours: more processes than any machine of a workshop carries.
const MOST_WORKERS: u32 = 512;
/// Ours: what the sim can hold.
const MOST_CLIENTS: u32 = 1_000_000;
/// Ours: so many drawn starts still fit in memory comfortably.
const MOST_STARTS: f64 = 2_000_000.0;
/// Ours: a response is made of zeros, not of disk, but its clients must read it.
const LARGEST_RESPONSE: Bytes = Bytes::mib(16 * 1024);
/// Kernel: `listen` takes a signed 16-bit-ish backlog in practice; `somaxconn` is 4096 by default.
const LARGEST_BACKLOG: u32 = 65_535;
/// Ours: larger ones are mistyped.
const LARGEST_BUFFER: Bytes = Bytes::mib(1024);
/// Kernel: TCP_MAXSEG accepts 88 (`TCP_MIN_MSS`) to 32767 (`MAX_TCP_WINDOW`).
const MSS: std::ops::RangeInclusive<u32> = 88..=32_767;
const LONGEST_RUN: Span = Span::from_secs(24 * 3600);
/// Words that begin a metric which belongs to no group.
const RESERVED_GROUPS: [&str; 3] = ["workers", "accept_queue", "proxy"];

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
        self.backend(file);
        self.handlers(file);
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
        }
    }

    /// Reports a mistake at a dotted path; numbers in it are indices of lists.
    pub(super) fn wrong(&mut self, path: &str, title: impl Into<String>, hint: impl Into<String>) {
        let mistake = Diagnostic::error(self.tree.place_of(&steps(path)), title).hint(hint);
        self.push(mistake);
    }

    pub(super) fn doubtful(&mut self, path: &str, title: &str, hint: &str) {
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

    fn arrival(&mut self, file: &File, index: usize, group: &ClientGroup) {
        let (tag, start) = match &group.arrival {
            Arrival::Once(once) => ("once", once.start),
            Arrival::Closed(closed) => ("closed", closed.start),
            Arrival::Open(open) => ("open", open.start),
        };
        let at = format!("clients.{index}.arrival.{tag}");
        if start >= file.duration {
            self.wrong(
                &format!("{at}.start"),
                format!("`{}` never starts", group.name),
                format!(
                    "`start` ({start}) must be before `duration` ({})",
                    file.duration
                ),
            );
        }
        if let Some(count) = group.arrival.count()
            && !(1..=MOST_CLIENTS).contains(&count)
        {
            self.wrong(
                &format!("{at}.count"),
                format!("a group of {count} clients cannot be played"),
                format!("use 1 to {MOST_CLIENTS}"),
            );
        }
        if let Arrival::Open(open) = &group.arrival {
            let starts = open.rate.0 * file.duration.as_secs_f64();
            if !(open.rate.0 > 0.0) || starts.is_nan() || starts > MOST_STARTS {
                self.wrong(
                    &format!("{at}.rate"),
                    format!("a rate of {} cannot be played", open.rate),
                    format!("use more than zero, and at most {MOST_STARTS} starts per run"),
                );
            }
        }
    }

    fn request(&mut self, file: &File, index: usize, group: &ClientGroup) {
        let at = format!("clients.{index}.request");
        let request = &group.request;
        if let Err(why) = good_path(&request.path) {
            self.wrong(
                &format!("{at}.path"),
                format!("`{}` {why}", request.path),
                "write for example `/report`",
            );
        } else if file.backend.handler(&request.path).is_none() && !file.backend.app.is_empty() {
            let known = || file.backend.app.keys().map(String::as_str);
            self.wrong(
                &format!("{at}.path"),
                format!("the application has no handler for `{}`", request.path),
                did_you_mean(&request.path, known())
                    .unwrap_or_else(|| format!("handlers: {}", listed(known()))),
            );
        }
        if request.timeout == Some(Span::ZERO) {
            self.wrong(
                &format!("{at}.timeout"),
                "a client without any patience asks nothing",
                "leave `timeout` out for a client that waits for ever",
            );
        }
        if request.keepalive && !matches!(group.arrival, Arrival::Closed(_)) {
            self.wrong(
                &format!("{at}.keepalive"),
                "`keepalive` needs a next request on the same connection",
                "only `arrival.closed` clients make one; leave `keepalive` out",
            );
        } else if request.keepalive && !file.proxy.as_ref().is_some_and(|proxy| proxy.enabled) {
            self.doubtful(
                &format!("{at}.keepalive"),
                "`keepalive` does nothing here: a sync worker closes after each response",
                "only a proxy keeps client connections",
            );
        }
    }

    fn behavior(&mut self, file: &File, index: usize, group: &ClientGroup) {
        let tag = match &group.behavior {
            Behavior::Healthy(_) => "healthy",
            Behavior::SlowRead(_) => "slow-read",
            Behavior::Stall(_) => "stall",
        };
        let at = format!("clients.{index}.behavior.{tag}");
        if let Behavior::SlowRead(slow) = &group.behavior
            && slow.rate.0 == 0
        {
            self.wrong(
                &format!("{at}.rate"),
                "a rate of zero is not slow, it is a stall",
                "write `behavior.stall = {}` instead",
            );
        }
        if let Behavior::Stall(stall) = &group.behavior
            && stall.duration == Some(Span::ZERO)
        {
            self.wrong(
                &format!("{at}.for"),
                "a stall of no time is none",
                "leave `for` out to stall for good",
            );
        }
        let knobs = group.behavior.socket();
        self.buffer(&format!("{at}.rcvbuf"), knobs.rcvbuf);
        if let Some(mss) = knobs.mss
            && !MSS.contains(&mss)
        {
            self.wrong(
                &format!("{at}.mss"),
                format!("the kernel refuses an `mss` of {mss}"),
                format!("use {} to {}", MSS.start(), MSS.end()),
            );
        }
        let direct = !file.proxy.as_ref().is_some_and(|proxy| proxy.enabled);
        if direct && file.backend.bind == Bind::Unix {
            if knobs.mss.is_some() {
                self.wrong(
                    &format!("{at}.mss"),
                    "`mss` needs TCP, but these clients meet only a Unix socket",
                    "use `bind = \"tcp\"`, a proxy, or leave `mss` out",
                );
            }
            if knobs.rcvbuf.is_some() {
                self.doubtful(
                    &format!("{at}.rcvbuf"),
                    "`rcvbuf` does nothing: these clients meet only a Unix socket",
                    "use `bind = \"tcp\"` or a proxy for it to count",
                );
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

fn good_path(path: &str) -> Result<(), &'static str> {
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

/// Names of groups as the file says them, also of groups with other mistakes.
pub(super) fn group_names(tree: &Node) -> Vec<String> {
    names_in(tree, "clients")
}

fn names_in(tree: &Node, list: &str) -> Vec<String> {
    let items = tree.get(list).map(Node::items).unwrap_or_default();
    items
        .iter()
        .filter_map(|item| Some(item.get("name")?.as_text()?.to_string()))
        .collect()
}

/// Names become file names and parts of conditions: lower case, unique, not reserved.
pub(super) fn names(tree: &Node, out: &mut Diagnostics) {
    let lists: [(&str, &str, &[&str]); 2] = [
        ("clients", "client group", &RESERVED_GROUPS),
        ("variant", "variant", &[BASELINE]),
    ];
    for (list, what, reserved) in lists {
        let mut seen = BTreeSet::new();
        for item in tree.get(list).map(Node::items).unwrap_or_default() {
            let Some((node, name)) = item
                .get("name")
                .and_then(|node| Some((node, node.as_text()?)))
            else {
                continue;
            };
            let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
            if name.is_empty() || name.len() > 64 || !name.chars().all(good) {
                out.push(
                    Diagnostic::error(node.place, format!("`{name}` cannot name a {what}")).hint(
                        "use lower-case letters, digits, `-` and `_`: it becomes a file name",
                    ),
                );
            } else if reserved.contains(&name) {
                out.push(
                    Diagnostic::error(node.place, format!("a {what} cannot be called `{name}`"))
                        .hint("that name already means something in expectations and results"),
                );
            } else if !seen.insert(name.to_string()) {
                out.push(Diagnostic::error(
                    node.place,
                    format!("there are two of the {what} `{name}`"),
                ));
            }
        }
    }
}

/// Expectations may only name variants and groups that exist. Their grammar is judged elsewhere.
pub(super) fn expectations(tree: &Node, groups: &[String], out: &mut Diagnostics) {
    let mut variants = names_in(tree, "variant");
    variants.push(BASELINE.to_string());
    for expect in tree.get("expect").map(Node::items).unwrap_or_default() {
        if let Some(claim) = expect.get("claim")
            && claim.as_text().is_some_and(|claim| claim.trim().is_empty())
        {
            out.push(Diagnostic::error(claim.place, "the claim is empty"));
        }
        let Some((node, that)) = expect
            .get("that")
            .and_then(|node| Some((node, node.as_text()?)))
        else {
            continue;
        };
        for word in that.split(|c: char| !(c.is_ascii_alphanumeric() || "-_.:".contains(c))) {
            let word = word.strip_prefix('-').unwrap_or(word);
            let (variant, metric) = match word.split_once(':') {
                Some((variant, metric)) => (Some(variant), metric),
                None => (None, word),
            };
            if let Some(variant) =
                variant.filter(|name| !variants.iter().any(|known| known == name))
            {
                let known = || variants.iter().map(String::as_str);
                out.push(
                    Diagnostic::error(node.place, format!("there is no variant `{variant}`"))
                        .maybe_hint(did_you_mean(variant, known()))
                        .label(format!("variants: {}", listed(known()))),
                );
            }
            let group = metric.split_once('.').map(|(group, _)| group);
            let Some(group) =
                group.filter(|group| group.starts_with(|c: char| c.is_ascii_lowercase()))
            else {
                continue;
            };
            if !RESERVED_GROUPS.contains(&group) && !groups.iter().any(|known| known == group) {
                let known = || groups.iter().map(String::as_str).chain(RESERVED_GROUPS);
                out.push(
                    Diagnostic::error(node.place, format!("there is no client group `{group}`"))
                        .maybe_hint(did_you_mean(group, known()))
                        .label(format!("known: {}", listed(known()))),
                );
            }
        }
    }
}

/// A variant that changes nothing would be a control nobody asked for. Where a flag made the plain configuration equal to
/// it, that is only a warning.
pub(super) fn each_changes_something(
    tree: &Node,
    baseline: &Configuration,
    variants: &[Variant],
    flagged: bool,
    out: &mut Diagnostics,
) {
    let severity = if flagged {
        Severity::Warning
    } else {
        Severity::Error
    };
    let nodes = tree.get("variant").map(Node::items).unwrap_or_default();
    for node in nodes {
        let name = node.get("name").and_then(Node::as_text);
        let variant = variants
            .iter()
            .find(|variant| Some(variant.name.as_str()) == name);
        if let Some(variant) = variant
            && variant.configuration == *baseline
        {
            let place = node.get("set").map_or(node.place, |set| set.place);
            let title = format!("variant `{}` changes nothing", variant.name);
            out.push(Diagnostic {
                severity,
                ..Diagnostic::error(place, title)
                    .hint("set a key to a value that the plain configuration does not have")
            });
        }
    }
}
