//! The application in Python: a row per handler, and the code that does what the rows say.

use std::fmt::Write as _;

use super::{INSTANTS, Layout, backend::literal, title};
use crate::machine::backend_config::{Boot, BootFault, WorkerClass};
use crate::machine::boot::CRASH;
use crate::machine::handler::{Distribution, Handler, LEAKED_DESCRIPTORS, Quantity, reason};
use crate::machine::sickness::{AfterLeak, BACK_OFF, LEAK_LIMIT, Sickness};
use crate::plan::Plan;

const WSGI_APP: &str = include_str!("app.py");
const ASGI_APP: &str = include_str!("asgi_app.py");
const DRAW: &str = include_str!("draw.py");
const HANDLERS: &str = include_str!("handlers.py");
const INSTANTS_MODULE: &str = include_str!("instants.py");
const SICK: &str = include_str!("sick.py");
const WATCH_MODULE: &str = include_str!("watch.py");

/// `app.py`: the entry point, of the protocol that the worker class speaks.
pub(super) fn app(plan: &Plan) -> String {
    let app = match plan.backend.class() {
        WorkerClass::Sync | WorkerClass::Gthread | WorkerClass::Gevent => WSGI_APP,
        WorkerClass::Asgi | WorkerClass::Uvicorn => ASGI_APP,
    };
    app.replace("@TITLE@", &title(plan)) + &boot(plan.backend.boot)
}

/// What importing the application takes, and how it fails: at its end, where all else has been imported.
fn boot(Boot { time, fault }: Boot) -> String {
    let mut text = String::new();
    if !time.is_zero() {
        let _ = write!(
            text,
            "\n\n# Importing the application takes its time.\n__import__(\"time\").sleep({})\n",
            time.as_secs_f64()
        );
    }
    let _ = match fault {
        None => Ok(()),
        Some(BootFault::Import) => write!(
            text,
            "\n\nraise RuntimeError(\"the application does not import\")\n"
        ),
        Some(BootFault::Missing) => write!(
            text,
            "\n\n# gunicorn looks for this name and does not find it.\ndel app\n"
        ),
        Some(BootFault::Crash) => write!(
            text,
            "\n\n# As a library written in C ends a process.\n__import__(\"os\")._exit({CRASH})\n"
        ),
    };
    text
}

/// `handlers.py`, with a row per handler.
pub(super) fn handlers(plan: &Plan) -> String {
    let mut rows = String::new();
    for (path, handler) in &plan.backend.app {
        let said = said(handler).join(", ");
        let _ = writeln!(rows, "    {}: Handler({said}),", literal(path));
    }
    HANDLERS
        .replace("@TITLE@", &title(plan))
        .replace("@SEED@", &plan.seed.0.to_string())
        .replace("@LEAKED@", &LEAKED_DESCRIPTORS.to_string())
        .replace("@HANDLERS@", &rows)
}

/// `draw.py`.
pub(super) fn draw() -> String {
    DRAW.to_owned()
}

/// `instants.py`.
pub(super) fn instants() -> String {
    INSTANTS_MODULE.replace("@INSTANTS@", &literal(INSTANTS))
}

/// `watch.py`.
pub(super) fn watch() -> String {
    WATCH_MODULE.to_owned()
}

/// `sick.py`: for plans that make workers sick.
pub(super) fn sick(layout: &Layout) -> String {
    // What each is called there, in the order of their numbers.
    let names = Sickness::ALL.map(|sickness| match sickness {
        Sickness::Spin => "spin",
        Sickness::Deadlock => "deadlock",
        Sickness::FdLeak(AfterLeak::Raises) => "leaks",
        Sickness::FdLeak(AfterLeak::TriesAgain) => "leaks_and_tries_again",
        Sickness::FdLeak(AfterLeak::BacksOff) => "leaks_and_backs_off",
        Sickness::SlowWrite => "slow_write",
        Sickness::Uninterruptible => "uninterruptible",
        Sickness::Unkillable => "unkillable",
    });
    let held = layout.held_file.as_ref().map_or("None".to_owned(), |path| {
        literal(&path.display().to_string())
    });
    SICK.replace("@HELD_FILE@", &held)
        .replace("@LEAK_LIMIT@", &LEAK_LIMIT.to_string())
        .replace("@BACK_OFF@", &BACK_OFF.as_secs_f64().to_string())
        .replace("@ALL@", &names.join(", "))
}

/// The keys of a handler that are not as always, as arguments of `Handler(..)`. Times are in microseconds.
fn said(handler: &Handler) -> Vec<String> {
    let plain = Handler::default();
    let mut said = Vec::new();
    let mut say = |key: &str, value: String| said.push(format!("{key}={value}"));
    if handler.wait != plain.wait {
        say("wait", quantity(&handler.wait));
    }
    if handler.blocking {
        say("blocking", "True".to_owned());
    }
    if handler.cpu != plain.cpu {
        say("cpu", quantity(&handler.cpu));
    }
    if handler.status != plain.status {
        let status = format!("{} {}", handler.status, reason(handler.status));
        say("status", literal(&status));
    }
    if !handler.headers.is_empty() {
        let fields = handler.headers.iter();
        let fields = fields.map(|(name, value)| format!("({}, {})", literal(name), literal(value)));
        say("headers", list("(", fields, ",)"));
    }
    if handler.response != plain.response {
        say("response", quantity(&handler.response));
    }
    if !handler.content_length {
        say("content_length", "False".to_owned());
    }
    if handler.write_size() != plain.write_size() {
        say("write_size", handler.write_size().0.to_string());
    }
    if let Some(pieces) = handler.pieces {
        say("every", pieces.every.amount().to_string());
        say("piece_cpu", pieces.cpu.amount().to_string());
    }
    if let Some(fault) = handler.fault {
        say("fault", serde_json::json!(fault).to_string());
    }
    said
}

/// A number, or a tuple as draw.py takes it.
fn quantity<Q: Quantity>(quantity: &Distribution<Q>) -> String {
    match quantity {
        Distribution::Fixed(value) => value.amount().to_string(),
        Distribution::Exponential(mean) => format!("(\"exponential\", {})", mean.amount()),
        Distribution::Lognormal { p50, p99 } => {
            format!("(\"lognormal\", {}, {})", p50.amount(), p99.amount())
        }
        Distribution::Empirical(shares) => {
            let pairs = shares.iter();
            let pairs = pairs.map(|one| format!("({}, {})", one.value.amount(), one.share));
            format!("(\"empirical\", {})", list("[", pairs, "]"))
        }
    }
}

fn list(open: &str, items: impl Iterator<Item = String>, close: &str) -> String {
    let items: Vec<String> = items.collect();
    format!("{open}{}{close}", items.join(", "))
}
