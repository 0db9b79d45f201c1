//! What the real programs cannot play, and what they play differently.

use thiserror::Error;

use super::NginxFiles;
use crate::machine::act::RotatedLog;
use crate::machine::backend_config::{LINGER, WorkerClass};
use crate::machine::proxy_config::ReadTimer;
use crate::plan::Plan;
use crate::record::Told;
use crate::reference::programs::Version;
use crate::time::Span;

/// A plan that the real programs cannot play.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum Unplayable {
    /// A pipeline has neither of them.
    #[error(
        "variant `{variant}` is a pipeline, without nginx and gunicorn\nhint: run it on the lab"
    )]
    NoStack {
        /// The variant.
        variant: String,
    },
    /// nginx counts its read timer by its own rule only.
    #[error(
        "variant `{variant}` asks for `{tier}.read_timer = \"wall-clock\"`, and nginx has no such timer\n\
         hint: it stands for another kind of proxy; run this variant on the lab, or name the others with --variant"
    )]
    WallClockTimer {
        /// The variant.
        variant: String,
        /// The section.
        tier: &'static str,
    },
    /// The facts of a run with the real programs are read from their logs, which therefore stay where they are, on the disk on which they are.
    #[error(
        "variant `{variant}` has `{key}`, and the files of the real programs stay where they are, since the facts of a run are read from them\n\
         hint: run this variant on the lab, or name the others with --variant"
    )]
    FilesStay {
        /// The variant.
        variant: String,
        /// The key.
        key: &'static str,
    },
    /// nginx has nothing by which it could be made to.
    #[error(
        "variant `{variant}` has a proxy that falls sick by itself, and nginx cannot be told to\n\
         hint: run this variant on the lab, or name the others with --variant"
    )]
    SickProxy {
        /// The variant.
        variant: String,
    },
    /// gunicorn's timeouts are whole seconds.
    #[error(
        "variant `{variant}` has `backend.{key} = \"{value}\"`, and gunicorn takes whole seconds\n\
         hint: override it, as in `--set backend.{key}={rounded}`"
    )]
    FractionOfSecond {
        /// The variant.
        variant: String,
        /// The key below `[backend]`.
        key: &'static str,
        /// Its value.
        value: Span,
        /// The next whole number of seconds.
        rounded: Span,
    },
}

impl Unplayable {
    /// It without its words.
    pub fn told(&self) -> Told {
        match self {
            Unplayable::NoStack { variant } => {
                Told::new("departure-no-stack", [("variant", variant.clone())])
            }
            Unplayable::WallClockTimer { variant, tier } => Told::new(
                "departure-wall-clock",
                [("variant", variant.clone()), ("tier", (*tier).to_owned())],
            ),
            Unplayable::FilesStay { variant, key } => Told::new(
                "departure-files-stay",
                [("variant", variant.clone()), ("key", (*key).to_owned())],
            ),
            Unplayable::SickProxy { variant } => {
                Told::new("departure-sick-proxy", [("variant", variant.clone())])
            }
            Unplayable::FractionOfSecond {
                variant,
                key,
                value,
                rounded,
            } => Told::new(
                "departure-fraction",
                [
                    ("variant", variant.clone()),
                    ("key", (*key).to_owned()),
                    ("value", value.to_string()),
                    ("rounded", rounded.to_string()),
                ],
            ),
        }
    }
}

/// Whether the real programs can play a plan.
///
/// # Errors
/// The first thing that they cannot.
pub fn playable(plan: &Plan) -> Result<(), Unplayable> {
    if plan.pipeline.is_some() {
        return Err(Unplayable::NoStack {
            variant: plan.variant.clone(),
        });
    }
    let keys = [
        (plan.rotates(RotatedLog::Backend), "act.rotate"),
        (plan.has_logs_in_pipes(), "pipe"),
        (!plan.backend.accesslog.append, "backend.accesslog.append"),
        (plan.wants_small_disk(), "temp_disk"),
    ];
    if let Some((_, key)) = keys.into_iter().find(|(has, _)| *has) {
        return Err(Unplayable::FilesStay {
            variant: plan.variant.clone(),
            key,
        });
    }
    if plan.sickens_a_proxy() {
        return Err(Unplayable::SickProxy {
            variant: plan.variant.clone(),
        });
    }
    plan.backends().try_for_each(|backend| {
        as_it_stands(&Plan {
            backend: backend.clone(),
            ..plan.clone()
        })
    })
}

fn as_it_stands(plan: &Plan) -> Result<(), Unplayable> {
    let mut tiers = plan.tiers().into_iter();
    if let Some(of) = tiers.find(|of| of.config.read_timer == ReadTimer::WallClock) {
        return Err(Unplayable::WallClockTimer {
            variant: plan.variant.clone(),
            tier: of.tier.name(),
        });
    }
    for (key, value) in [
        ("timeout", plan.backend.timeout),
        ("keepalive", plan.backend.keepalive),
        ("graceful_timeout", plan.backend.graceful_timeout),
    ] {
        let unread = key == "keepalive" && plan.backend.class() == WorkerClass::Sync;
        if unread {
            continue;
        }
        if value.as_ms() % 1_000 != 0 || value.as_ns() % 1_000_000 != 0 {
            let rounded = Span::from_secs(value.as_ms() / 1_000 + 1);
            return Err(Unplayable::FractionOfSecond {
                variant: plan.variant.clone(),
                key,
                value,
                rounded,
            });
        }
    }
    Ok(())
}

/// The first gunicorn that lingers when it closes.
const LINGERS: Version = Version([26, 0, 0]);

/// Something to know of how the real programs play a plan.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Note {
    /// In English, for the exported files.
    pub text: String,
    /// Without its words.
    pub told: Told,
}

impl Note {
    fn new<const N: usize>(text: String, message: &str, fields: [(&str, String); N]) -> Note {
        let told = Told::new(message, fields);
        Note { text, told }
    }
}

/// What this gunicorn will not do although the plan asks for it.
pub fn shortfall(plan: &Plan, gunicorn: Version) -> Option<Note> {
    let linger = plan.backend.linger;
    let text = format!(
        "gunicorn {gunicorn} closes at once where the plan lingers {linger} (26.0 and later can): workers are free earlier than planned; \
         `--set backend.linger=0s` makes the plan fit"
    );
    let fields = [
        ("gunicorn", gunicorn.to_string()),
        ("linger", linger.to_string()),
    ];
    let lacks = gunicorn < LINGERS && !linger.is_zero();
    lacks.then(|| Note::new(text, "departure-linger", fields))
}

/// The first nginx that speaks HTTP/1.1 to a backend and keeps connections by default.
const SPEAKS_1_1: Version = Version([1, 29, 7]);

/// What that nginx does differently where a configuration does not say.
const NEWER_DEFAULTS: &str = "from 1.29.7 on nginx speaks HTTP/1.1 to the backend, without `Connection: close`, and keeps 32 idle \
    connections per worker to the servers of an upstream block; the defaults here are those of 1.22";

/// What this nginx does differently from ours by default; none of it where the exported configuration says it, which is everywhere but for
/// a pool of zero.
pub fn newer_nginx(nginx: Version) -> Option<Note> {
    let text = format!("nginx {nginx}: {NEWER_DEFAULTS}");
    let fields = [("nginx", nginx.to_string())];
    (nginx >= SPEAKS_1_1).then(|| Note::new(text, "departure-nginx", fields))
}

/// What will be played by other means than the real programs' own settings.
pub fn notes(plan: &Plan) -> Vec<Note> {
    let mut notes = Vec::new();
    notes.extend(lingers(plan));
    notes.extend(several(plan));
    if !plan.acts.is_empty() {
        let text = "the plan has acts: signals and changed settings at instants of the run, which by hand are yours to send and to make";
        notes.push(Note::new(text.to_owned(), "note-acts", []));
    }
    if !plan.probes.is_empty() {
        let text = "the plan has probes, and perhaps an orchestrator that restarts gunicorn for them: by hand there is neither";
        notes.push(Note::new(text.to_owned(), "note-probes", []));
    }
    if let Some(group) = plan.groups.iter().find(|group| group.link.is_some()) {
        let group = &group.name;
        let text = format!(
            "`clients.{group}.link` is played by slowlab; nothing in these files puts a distance before the clients"
        );
        notes.push(Note::new(text, "note-link", [("group", group.clone())]));
    }
    notes
}

fn lingers(plan: &Plan) -> Option<Note> {
    let linger = plan.backend.linger;
    let text = format!(
        "the plan lingers {linger} on close; gunicorn has no setting for that (26.0 and later linger {LINGER}, earlier ones not), \
         so gunicorn.conf.py replaces the function that closes"
    );
    let fields = [
        ("linger", linger.to_string()),
        ("usual", LINGER.to_string()),
    ];
    (linger != LINGER).then(|| Note::new(text, "note-linger", fields))
}

/// Of proxies and backends by hand one is started.
fn several(plan: &Plan) -> Vec<Note> {
    let proxies = plan.tiers().into_iter();
    let proxies = proxies.filter(|of| of.config.instances > 1);
    let mut notes: Vec<Note> = proxies
        .map(|of| {
            let (count, file) = (of.config.instances, NginxFiles::of(of.tier).conf);
            let text = format!(
                "the plan has {count} proxies; {file} is the same for each of them, but for the port in `listen`, and by hand one is started; \
                 over TCP each has a source address of its own in the plan, and all share one here"
            );
            let fields = [("count", count.to_string()), ("file", file.to_owned())];
            Note::new(text, "note-proxies", fields)
        })
        .collect();
    let count = plan.backend.instances;
    if count > 1 {
        let text = format!(
            "the plan has {count} backends; nginx.conf names all of them, and by hand one is started: start the others from copies of the folder, with \
             `bind` as nginx.conf has it"
        );
        notes.push(Note::new(
            text,
            "note-backends",
            [("count", count.to_string())],
        ));
    }
    notes
}
