//! Checks of `[backend.app]`: what a handler cannot do, and quantities that cannot be drawn.

use super::check::{Checker, LONGEST_RUN, good_path, key};
use super::diagnostics::Diagnostic;
use super::file::File;
use super::tree::Step;
use crate::machine::backend_config::WorkerClass;
use crate::machine::handler::{Distribution, Fault, Handler, Quantity};
use crate::machine::worker::Model;
use crate::units::Bytes;

/// Ours: a response is made of zeros, not of disk, but its clients must read it.
const LARGEST_RESPONSE: Bytes = Bytes::mib(16 * 1024);
/// Ours: a write is in the memory of a worker, and there may be hundreds of those.
const LARGEST_WRITE: Bytes = Bytes::mib(64);
/// Ours: an ASGI application hands its body over as a whole, which its worker then has twice for each client (`gunicorn.md` has the
/// measurement of the real ones).
const LARGEST_WHOLE_BODY: Bytes = Bytes::mib(1024);
/// Ours: a table that is longer is data, not a scenario.
const MOST_VALUES: usize = 1000;
/// Shares are typed by people: they come to 1 within this.
const SHARES: f64 = 1e-6;
/// RFC 9112: these are the server's own business, and gunicorn's.
const OWN_FIELDS: [&str; 6] = [
    "connection",
    "content-length",
    "date",
    "keep-alive",
    "server",
    "transfer-encoding",
];

/// A mistake within a handler: the keys that lead to it, what is wrong, what to do.
pub(super) type Mistake = (Vec<&'static str>, String, String);

impl Checker<'_> {
    pub(super) fn handlers(&mut self, file: &File) {
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
            for (keys, title, hint) in mistakes(handler) {
                let mut at = at.clone();
                at.extend(keys.into_iter().map(key));
                let place = self.tree.place_of(&at);
                self.push(Diagnostic::error(place, title).hint(hint));
            }
            self.headers(&at, handler);
            self.unknown_length(file, &at, handler);
            self.whole_body(file, &at, handler);
            self.useless(file, &at, handler);
        }
    }

    /// A body that must be in memory, and twice.
    fn whole_body(&mut self, file: &File, handler_at: &[Step], handler: &Handler) {
        let class = file.backend.class();
        let whole = matches!(class, WorkerClass::Asgi | WorkerClass::Uvicorn);
        if whole && handler.response.quantile(1.0) > LARGEST_WHOLE_BODY {
            let mut at = handler_at.to_vec();
            at.push(key("response"));
            let title = format!(
                "`{}` workers have a whole body in memory, twice for each client",
                class.name()
            );
            let hint = format!(
                "at most `{LARGEST_WHOLE_BODY}` for these; `sync`, `gthread` and `gevent` send piece by piece"
            );
            let place = self.tree.place_of(&at);
            self.push(Diagnostic::error(place, title).hint(hint));
        }
    }

    fn headers(&mut self, handler_at: &[Step], handler: &Handler) {
        for (name, value) in &handler.headers {
            let mut at = handler_at.to_vec();
            at.extend([key("headers"), key(name)]);
            let token =
                |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
            let (title, hint) = if name.is_empty() || !name.bytes().all(token) {
                (
                    format!("`{name}` is not the name of a header field"),
                    "use letters, digits and hyphens",
                )
            } else if OWN_FIELDS.contains(&name.to_ascii_lowercase().as_str()) {
                (
                    format!("the server says `{name}` itself"),
                    "leave it out; sizes follow from `response`",
                )
            } else if value.bytes().any(|byte| !(b' '..=b'~').contains(&byte)) {
                (
                    format!("the value of `{name}` has a character that a head cannot carry"),
                    "use printable ASCII",
                )
            } else {
                continue;
            };
            let place = self.tree.key_place_of(&at);
            self.push(Diagnostic::error(place, title).hint(hint));
        }
    }

    /// A body whose head does not say how long it is.
    fn unknown_length(&mut self, file: &File, handler_at: &[Step], handler: &Handler) {
        if handler.content_length {
            return;
        }
        let mut at = handler_at.to_vec();
        at.push(key("content_length"));
        let asgi = matches!(
            file.backend.worker_class,
            WorkerClass::Asgi | WorkerClass::Uvicorn
        );
        let (title, hint) = if handler.fault == Some(Fault::ShortBody) {
            (
                "a body whose length nobody knows cannot be shorter than it says".to_owned(),
                "leave out `content_length`, or the fault",
            )
        } else if asgi {
            (
                format!(
                    "`content_length = false` is not played with {}",
                    file.backend.worker_class.name()
                ),
                "sync, gthread and gevent play it",
            )
        } else {
            return;
        };
        let place = self.tree.place_of(&at);
        self.push(Diagnostic::error(place, title).hint(hint));
    }

    /// Keys that do nothing for this handler.
    fn useless(&mut self, file: &File, handler_at: &[Step], handler: &Handler) {
        let [_, _, Step::Key(path)] = handler_at else {
            return;
        };
        let at = |name: &str| {
            let mut at = handler_at.to_vec();
            at.push(key(name));
            at
        };
        let hub = Model::of(&file.backend) == Model::Loop;
        if handler.blocking && handler.wait.is_nothing() {
            self.doubtful_at(
                &at("blocking"),
                &format!("`blocking` does nothing for `{path}`, which never waits"),
                "add a `wait`, or leave `blocking` out",
            );
        } else if handler.blocking && !hub && !self.class_varies() {
            self.doubtful_at(
                &at("blocking"),
                "`blocking` makes no difference here: these workers block in every wait",
                "it is for gevent, asgi and uvicorn, whose waits otherwise let others in",
            );
        }
        self.reuse(file, &at("fault"), handler);
        if handler.pieces.is_some() && self.tree.has(&at("write_size")) {
            self.doubtful_at(
                &at("write_size"),
                "`write_size` does nothing beside `pieces`",
                "the size of a write is `pieces.size`",
            );
        }
    }
}

impl Checker<'_> {
    /// A connection that is closed when it is used again must be one that is kept, and within an application's reach.
    fn reuse(&mut self, file: &File, fault_at: &[Step], handler: &Handler) {
        if handler.fault != Some(Fault::CloseOnReuse) || self.class_varies() {
            return;
        }
        match file.backend.class() {
            WorkerClass::Asgi | WorkerClass::Uvicorn => {
                let place = self.tree.place_of(fault_at);
                let title = "an ASGI application has no connection that it could close";
                let hint = "use `worker_class = \"gthread\"` or \"gevent\"";
                self.push(Diagnostic::error(place, title.to_owned()).hint(hint));
            }
            WorkerClass::Gthread | WorkerClass::Gevent if !file.backend.keepalive.is_zero() => {}
            _ => self.doubtful_at(
                fault_at,
                "`close-on-reuse` does nothing: this backend keeps no connection",
                "use `worker_class = \"gthread\"` or \"gevent\", with a `keepalive`",
            ),
        }
    }
}

/// Everything about a handler that cannot be done.
fn mistakes(handler: &Handler) -> Vec<Mistake> {
    let mut found = Vec::new();
    quantity("wait", &handler.wait, LONGEST_RUN, &mut found);
    quantity("cpu", &handler.cpu, LONGEST_RUN, &mut found);
    quantity("response", &handler.response, LARGEST_RESPONSE, &mut found);
    if handler.write_size == Bytes(0) {
        found.push((
            vec!["write_size"],
            "a write of nothing never ends".to_string(),
            "`write_size` is at least `1B`; the default is `64KiB`".to_string(),
        ));
    }
    if handler.write_size > LARGEST_WRITE {
        found.push((
            vec!["write_size"],
            format!(
                "a worker has each of its writes in memory, and {} is too much",
                handler.write_size
            ),
            format!("at most `{LARGEST_WRITE}`"),
        ));
    }
    if !(200..=599).contains(&handler.status) {
        found.push((
            vec!["status"],
            format!("{} is not the status of a response", handler.status),
            "use 200 to 599".to_string(),
        ));
    } else if matches!(handler.status, 204 | 304) && !handler.response.is_nothing() {
        found.push((
            vec!["status"],
            format!("a response with status {} has no body", handler.status),
            "leave `response` out, or use another status".to_string(),
        ));
    }
    pieces(handler, &mut found);
    let idle_fault = match handler.fault {
        Some(Fault::CpuHoldsTheLock) if handler.cpu.is_nothing() => Some((
            "`cpu-holds-the-lock` without `cpu` holds nothing",
            "add for example `cpu = \"5s\"`",
        )),
        Some(Fault::ShortBody) if handler.response.most() == Bytes(0) => Some((
            "an empty response cannot be short",
            "add for example `response = \"64KiB\"`",
        )),
        _ => None,
    };
    if let Some((title, hint)) = idle_fault {
        found.push((vec!["fault"], title.to_string(), hint.to_string()));
    }
    found
}

fn pieces(handler: &Handler, found: &mut Vec<Mistake>) {
    let Some(pieces) = handler.pieces else {
        return;
    };
    if pieces.size == Bytes(0) {
        found.push((
            vec!["pieces", "size"],
            "pieces of nothing never end".to_string(),
            "`size` is at least `1B`".to_string(),
        ));
    }
    if pieces.head {
        found.push((
            vec!["pieces", "head"],
            "a head cannot trickle: gunicorn and uvicorn send it in one piece, whatever the application does"
                .to_string(),
            "leave `head` out; the body's pieces are paced".to_string(),
        ));
    }
    for (name, span) in [("every", pieces.every), ("cpu", pieces.cpu)] {
        if span > LONGEST_RUN {
            found.push((
                vec!["pieces", name],
                format!("{span} for one piece is longer than any run"),
                "use at most a day".to_string(),
            ));
        }
    }
}

/// Whether a quantity can be drawn, and stays below `most` however it is drawn.
pub(super) fn quantity<Q: Quantity>(
    name: &'static str,
    quantity: &Distribution<Q>,
    most: Q,
    found: &mut Vec<Mistake>,
) {
    let nothing = Q::default();
    let mistake = match quantity {
        Distribution::Fixed(_) => None,
        Distribution::Exponential(mean) if *mean <= nothing => Some((
            vec![name, "exponential"],
            "a mean of zero leaves nothing to draw".to_string(),
            "it is the mean; use more than zero".to_string(),
        )),
        Distribution::Exponential(_) => None,
        Distribution::Lognormal { p50, p99 } if *p50 <= nothing || p99 < p50 => Some((
            vec![name, "lognormal"],
            format!("no lognormal has a median of {p50} and a 99th percentile of {p99}"),
            "`p50` is more than zero, and `p99` at least `p50`".to_string(),
        )),
        Distribution::Lognormal { .. } => None,
        Distribution::Empirical(shares) => {
            let sum: f64 = shares.iter().map(|one| one.share).sum();
            let good = |share: f64| share > 0.0 && share <= 1.0;
            let hint = "write pairs of a value and its share of requests, as in [[\"10ms\", 0.9], [\"2s\", 0.1]]";
            let title = if shares.is_empty() || shares.len() > MOST_VALUES {
                Some(format!(
                    "a list of {} values cannot be drawn from",
                    shares.len()
                ))
            } else if !shares.iter().all(|one| good(one.share)) {
                Some("a share is not more than 0 and at most 1".to_string())
            } else if !((1.0 - SHARES)..=(1.0 + SHARES)).contains(&sum) {
                Some(format!("the shares come to {sum:.3}, not to 1"))
            } else {
                None
            };
            title.map(|title| (vec![name, "empirical"], title, hint.to_string()))
        }
    };
    if let Some(mistake) = mistake {
        return found.push(mistake);
    }
    if quantity.most() > most {
        let (title, hint) = match quantity {
            Distribution::Fixed(value) => (
                format!("`{name}` cannot be {value}"),
                format!("use at most {most}"),
            ),
            _ => (
                format!("`{name}` can come to more than {most}"),
                "one draw in a million is that far out; use a smaller mean or `p99`".to_string(),
            ),
        };
        found.push((vec![name], title, hint));
    }
}
