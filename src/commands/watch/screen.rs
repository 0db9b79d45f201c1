//! The terminal on which a run is watched: taken when a run begins, given back whatever ends it.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use ratatui_core::terminal::Terminal;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::Signal;
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios};

use super::backend::Ansi;
use super::glance::{Glance, Heading};
use super::paint::paint;
use super::view::View;
use crate::lab::Status;
use crate::report::words::Words;
use crate::time::Span;

/// Without news the view is drawn this often, so that a terminal of a new size is filled.
const REDRAW: Duration = Duration::from_millis(500);
/// Looks that may wait for a terminal that takes nothing; older ones are forgotten.
const MOST_WAITING: usize = 64;
/// Tries to let a frame that is being drawn end before the terminal is given back.
const PATIENCE: usize = 1_000;

/// How the terminal was before; nothing while it is not taken.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);
/// Whether frames may be drawn.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// Held while a frame is drawn.
static DRAWING: Mutex<()> = Mutex::new(());

/// A terminal that shows a run, until it is dropped.
#[derive(Debug)]
pub(crate) struct Screen {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    inbox: Mutex<Vec<News>>,
    over: AtomicBool,
}

#[derive(Debug)]
enum News {
    Begins(Heading),
    Look(Glance),
}

fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether standard error is a terminal that can be drawn on, and this process is in its foreground.
fn can_draw() -> bool {
    let stderr = io::stderr();
    let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
    stderr.is_terminal() && !dumb && is_ours()
}

/// Whether this process is in the foreground of its terminal.
fn is_ours() -> bool {
    let group = rustix::termios::tcgetpgrp(io::stderr());
    group.is_ok_and(|group| group == rustix::process::getpgrp())
}

/// Whether somebody has typed `q`. Reads what was typed, if there is something; waits for nothing.
fn wants_to_quit() -> bool {
    let stdin = io::stdin();
    let mut ends = [PollFd::new(&stdin, PollFlags::IN)];
    // Who reads a terminal from the background is stopped for it.
    let is_there = stdin.is_terminal() && is_ours();
    let typed = is_there && poll(&mut ends, Some(&Timespec::default())).is_ok_and(|n| n > 0);
    let mut keys = [0; 64];
    let read = match typed {
        true => rustix::io::read(&stdin, &mut keys).unwrap_or(0),
        false => 0,
    };
    keys[..read].contains(&b'q')
}

/// As Ctrl-C does.
fn interrupt() {
    // A process may always signal itself.
    let _ = rustix::process::kill_process(rustix::process::getpid(), Signal::INT);
}

impl Screen {
    /// Takes the terminal of standard error; `None` where there is none that can be drawn on.
    ///
    /// Signals stay what they are: Ctrl-C is one. Only what is typed is not shown, `q` is as good, and Ctrl-Z does nothing, since a run that is stopped is spoilt.
    pub(crate) fn take(words: &'static Words) -> Option<Screen> {
        if !can_draw() {
            return None;
        }
        let before = rustix::termios::tcgetattr(io::stderr()).ok()?;
        let mut quiet = before.clone();
        quiet
            .local_modes
            .remove(LocalModes::ECHO | LocalModes::ICANON);
        quiet.special_codes[SpecialCodeIndex::VSUSP] = 0;
        rustix::termios::tcsetattr(io::stderr(), OptionalActions::Now, &quiet).ok()?;
        *locked(&BEFORE) = Some(before);
        TAKEN.store(true, Ordering::SeqCst);
        say("\x1b[?1049h\x1b[?25l\x1b[2J");
        let shared = Arc::new(Shared::default());
        let color = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let view = View::new(words, color);
        let thread = std::thread::Builder::new().name("watch".to_owned());
        let thread = thread.spawn({
            let shared = Arc::clone(&shared);
            move || draw(&shared, view)
        });
        let Ok(thread) = thread else {
            put_back();
            return None;
        };
        let thread = Some(thread);
        Some(Screen { shared, thread })
    }

    /// A variant begins.
    pub(crate) fn begin(&self, heading: Heading) {
        self.tell(News::Begins(heading));
    }

    /// Shows where a run stands; `later` is how long clients start requests in the variants after this one. Waits for no terminal.
    pub(crate) fn look(&self, status: &Status, later: Span) {
        status.live.watch();
        self.tell(News::Look(Glance::at(status, later)));
    }

    fn tell(&self, news: News) {
        let mut inbox = locked(&self.shared.inbox);
        if inbox.len() >= MOST_WAITING {
            // A heading is never among the oldest for long: the first look after it is.
            let old = inbox.iter().position(|one| matches!(one, News::Look(_)));
            inbox.remove(old.unwrap_or(0));
        }
        inbox.push(news);
        drop(inbox);
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join(); // a panic of it has been told
        }
        put_back();
    }
}

fn draw(shared: &Shared, mut view: View) {
    let Ok(mut terminal) = Terminal::new(Ansi::on_stderr()) else {
        return;
    };
    let mut asked = false;
    while !shared.over.load(Ordering::SeqCst) {
        for news in std::mem::take(&mut *locked(&shared.inbox)) {
            match news {
                News::Begins(heading) => view.begin(heading),
                News::Look(glance) => view.see(glance),
            }
        }
        let drawing = locked(&DRAWING);
        if !TAKEN.load(Ordering::SeqCst) {
            return;
        }
        let drawn = terminal.draw(|frame| paint(&view, frame.area(), frame.buffer_mut()));
        drop(drawing);
        if drawn.is_err() {
            return; // a terminal that has gone: the run goes on
        }
        if !asked && wants_to_quit() {
            asked = true;
            interrupt();
        }
        std::thread::park_timeout(REDRAW);
    }
}

/// Gives the terminal back, if it was taken: also from a panic, and before a process ends at once.
pub(crate) fn put_back() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    // What panics may be the frame itself, and a terminal that takes nothing keeps it for ever.
    for _ in 0..PATIENCE {
        match DRAWING.try_lock() {
            Err(std::sync::TryLockError::WouldBlock) => std::thread::yield_now(),
            _ => break,
        }
    }
    say("\x1b[?25h\x1b[?1049l");
    if let Some(before) = locked(&BEFORE).take() {
        let _ = rustix::termios::tcsetattr(io::stderr(), OptionalActions::Now, &before); // nobody is left to hear of it
    }
}

/// Writes control sequences.
fn say(sequences: &str) {
    let mut stderr = io::stderr();
    let _ = stderr.write_all(sequences.as_bytes()); // the next frame meets the same error
    let _ = stderr.flush();
}
