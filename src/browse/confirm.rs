//! A what-if on real sockets: this binary's own `run`, as a child, watched while it lasts. One at a time: a second one would disturb both.
//!
//! What the child says line by line goes on as server-sent events to whoever knows the run's id, which only the page that began it was told. The child's standard
//! input is a pipe from here: it ends with this process, whatever ends that.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::PathBuf;
use std::pin::Pin;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, mpsc};

use super::server::{Shared, token};
use super::simulate::{Ask, NotPlayed};
use super::state::App;
use super::whatif::{Question, not_played};
use super::{answer, recorded, shell};
use crate::backend::EXECUTABLE;
use crate::leave::{HASTE, Leave};
use crate::time::Span;

/// Real time: what a page waits for.
const LONGEST: Span = Span::from_secs(90);
/// Lines that are kept for whoever comes late; a run says ten a second.
const MOST_LINES: usize = 2_000;
/// Events that wait for a browser that takes none.
const MOST_WAITING: usize = 256;
/// The end of what a child complains of.
const MOST_COMPLAINT: u64 = 4_096;

/// Its addresses.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/confirm", post(begin))
        .route("/live/{id}", get(watch))
        .route("/live/{id}/report", get(report))
}

/// The run on real sockets that is under way, or the last one.
#[derive(Debug, Default)]
pub(super) struct LabRun {
    id: String,
    lines: Mutex<Vec<Line>>,
    over: AtomicBool,
    /// Where its report is, once it is there.
    folder: Mutex<Option<PathBuf>>,
    news: Notify,
}

/// An event for the page.
#[derive(Clone, Debug)]
struct Line {
    name: &'static str,
    data: String,
}

#[derive(Serialize)]
struct Begun {
    /// Where its events come from.
    events: String,
    /// How long it will take at least, in seconds.
    seconds: f64,
}

async fn begin(State(app): Shared, body: Result<Bytes, BytesRejection>) -> Response {
    let (question, ask, words) = match Question::read(&app, body) {
        Ok(read) => read,
        Err(refusal) => return *refusal,
    };
    if question.is_text() {
        return answer::refuse_with(StatusCode::UNPROCESSABLE_ENTITY, "browse-lab-text", words);
    }
    let lasts = match real_time(&ask) {
        Ok(lasts) if lasts <= LONGEST => lasts,
        Ok(_) => {
            return answer::refuse_with(
                StatusCode::UNPROCESSABLE_ENTITY,
                "browse-lab-too-long",
                words,
            );
        }
        Err(why) => return not_played(&why, words),
    };
    match app.lab.begin(&app, &ask, words.language().code()) {
        Ok(id) => answer::json(&Begun {
            events: format!("/live/{id}"),
            seconds: lasts.as_secs_f64(),
        }),
        Err(Busy::Lab) => answer::refuse_with(StatusCode::CONFLICT, "browse-lab-busy", words),
        Err(Busy::System(error)) => {
            let why = words.say("browse-lab-failed", [("why", error.to_string().into())]);
            answer::refuse(StatusCode::INTERNAL_SERVER_ERROR, &why)
        }
    }
}

/// How long clients begin requests: what only real sockets play is played here.
fn real_time(ask: &Ask) -> Result<Span, NotPlayed> {
    let scenario = ask.scenario()?;
    super::bounds::check(&scenario, &ask.variant).map_err(NotPlayed::TooMuch)?;
    Ok(scenario.baseline.duration)
}

/// Why none begins.
enum Busy {
    /// Another one is under way.
    Lab,
    /// It could not be started.
    System(std::io::Error),
}

/// The one laboratory.
#[derive(Debug, Default)]
pub(super) struct Lab {
    run: Mutex<Option<Arc<LabRun>>>,
    /// Held while a child is there: whoever has it knows that the child has ended.
    child: Arc<Mutex<()>>,
}

fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Lab {
    fn begin(&self, app: &App, ask: &Ask, lang: &str) -> Result<String, Busy> {
        let mut run = locked(&self.run);
        if run
            .as_ref()
            .is_some_and(|run| !run.over.load(Ordering::SeqCst))
        {
            return Err(Busy::Lab);
        }
        let id = token().map_err(Busy::System)?;
        let begun = Arc::new(LabRun {
            id: id.clone(),
            ..LabRun::default()
        });
        let mut command = Command::new(EXECUTABLE);
        command
            .args([
                "run",
                "--live",
                "--quiet",
                "--lang",
                lang,
                "--variant",
                &ask.variant,
            ])
            .arg("--out")
            .arg(&app.options.out)
            .args(ask.set.iter().flat_map(|set| ["--set", set]))
            .arg(app.named(&ask.name))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let child = command.spawn().map_err(Busy::System)?;
        let watched = Watched {
            run: Arc::clone(&begun),
            leave: app.leave.clone(),
        };
        let held = Arc::clone(&self.child);
        std::thread::Builder::new()
            .name("lab run".to_owned())
            .spawn(move || {
                let _held = locked(&held);
                watched.follow(child);
            })
            .map_err(Busy::System)?;
        *run = Some(begun);
        Ok(id)
    }

    /// The run of an id, which is a secret.
    fn of(&self, id: &str) -> Option<Arc<LabRun>> {
        locked(&self.run).clone().filter(|run| run.id == id)
    }

    /// Waits until no child is left; they have been told to end by then. But not for long: one that was killed is gone, and whoever has its output
    /// still open ends with it.
    pub(super) fn ended(&self, at_most: Span) {
        Leave::default().looking(at_most, || {
            !matches!(self.child.try_lock(), Err(TryLockError::WouldBlock))
        });
    }
}

/// A child and what it belongs to.
struct Watched {
    run: Arc<LabRun>,
    leave: Leave,
}

impl Watched {
    /// Passes on what the child says until it ends, and sees that it does.
    fn follow(self, mut child: Child) {
        let ended = AtomicBool::new(false);
        let pid = Pid::from_child(&child);
        std::thread::scope(|scope| {
            scope.spawn(|| end_with_us(&self.leave, pid, &ended));
            if let Some(out) = child.stdout.take() {
                let lines = BufReader::new(out).lines();
                lines
                    .map_while(Result::ok)
                    .for_each(|line| self.run.hear(line));
            }
            let mut complaint = String::new();
            if let Some(err) = child.stderr.take() {
                let _ = err.take(MOST_COMPLAINT).read_to_string(&mut complaint);
            }
            let exit = child.wait();
            ended.store(true, Ordering::SeqCst);
            let code = exit.ok().and_then(|exit| exit.code());
            self.conclude(code, &complaint);
        });
    }

    /// Failed expectations and undecided ones have a report like any other.
    fn conclude(&self, code: Option<i32>, complaint: &str) {
        let has_report = locked(&self.run.folder).is_some();
        match has_report && matches!(code, Some(0 | 1 | 3)) {
            true => self
                .run
                .say("done", format!("/live/{}/report", self.run.id)),
            false => self
                .run
                .say("failed", complaint.trim().replace('\n', " · ")),
        }
        self.run.over.store(true, Ordering::SeqCst);
        self.run.news.notify_waiters();
    }
}

/// When everything is to end, the child is asked to, twice (the second time it leaves at once), and then made to.
fn end_with_us(leave: &Leave, pid: Pid, ended: &AtomicBool) {
    let is_over = || ended.load(Ordering::SeqCst);
    while !is_over() && !leave.is_asked() {
        crate::leave::pause(crate::leave::SLICE);
    }
    let within = |span: Span| {
        let mut left = span;
        while !is_over() && !left.is_zero() {
            let slice = left.min(Span::from_ms(10));
            crate::leave::pause(slice);
            left = left.saturating_sub(slice);
        }
    };
    for signal in [Signal::TERM, Signal::TERM, Signal::KILL] {
        if is_over() {
            return;
        }
        // Not yet waited for, so nobody else has its number.
        let _ = kill_process(pid, signal);
        within(HASTE);
    }
}

impl LabRun {
    /// A line of the child: where its results are, a look, or anything else that it says.
    fn hear(&self, line: String) {
        #[derive(Deserialize)]
        struct Ended {
            folder: PathBuf,
        }
        if let Ok(ended) = serde_json::from_str::<Ended>(&line) {
            *locked(&self.folder) = Some(ended.folder);
            return;
        }
        let name = if line.starts_with('{') {
            "look"
        } else {
            "line"
        };
        self.say(name, line);
    }

    fn say(&self, name: &'static str, data: String) {
        let mut lines = locked(&self.lines);
        if lines.len() < MOST_LINES {
            lines.push(Line { name, data });
        }
        drop(lines);
        self.news.notify_waiters();
    }

    /// What was said from the how-manieth line on.
    fn since(&self, next: usize) -> Vec<Line> {
        locked(&self.lines).get(next..).unwrap_or_default().to_vec()
    }
}

/// Events as a browser's `EventSource` takes them.
struct Events(mpsc::Receiver<Line>);

impl futures_core::Stream for Events {
    type Item = Result<Event, std::convert::Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let line = self.0.poll_recv(cx);
        line.map(|line| line.map(|line| Ok(Event::default().event(line.name).data(line.data))))
    }
}

async fn watch(State(app): Shared, Path(id): Path<String>) -> Response {
    let Some(run) = app.lab.of(&id) else {
        let words = shell::words(&app, None);
        return answer::refuse_with(StatusCode::NOT_FOUND, "browse-nothing-here", words);
    };
    let (sender, receiver) = mpsc::channel(MOST_WAITING);
    tokio::spawn(tell(run, sender));
    Sse::new(Events(receiver)).into_response()
}

/// Tells what was said and what is said, until there is no more or nobody listens.
async fn tell(run: Arc<LabRun>, to: mpsc::Sender<Line>) {
    let mut next = 0;
    loop {
        // Asked for before the look, so that nothing falls between.
        let news = run.news.notified();
        let over = run.over.load(Ordering::SeqCst);
        let lines = run.since(next);
        next += lines.len();
        for line in lines {
            if to.send(line).await.is_err() {
                return;
            }
        }
        if over {
            return;
        }
        tokio::select! {
            () = news => {}
            () = to.closed() => return,
        }
    }
}

async fn report(State(app): Shared, Path(id): Path<String>) -> Response {
    let run = app.lab.of(&id);
    let folder = run.and_then(|run| locked(&run.folder).clone());
    recorded::report(&app, folder)
}
