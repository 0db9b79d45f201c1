//! The process: what it is told, what signals mean to it, how it ends.

use std::future::poll_fn;
use std::io::{self, BufRead as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;

use super::descriptors::Descriptors;
use super::messages::{OwnSpec, STOP, Said, forget_config, read_config, say};
use super::nobody::become_nobody;
use super::writer::Writer;
use crate::leave::Leave;
use crate::machine::act::SignalName;
use crate::machine::event_loop::{Befalls, Deed, Health, OF_PROXIES, deed};
use crate::machine::sickness::Sickness;
use crate::masters::sickening_signal;
use crate::private::{depart, go_on_when_orphaned};
use crate::process::{begin_session, let_anybody_trace};
use crate::proxy::ProxySpec;
use crate::proxy::loops::Loops;
use crate::record::{Gauges, Sink};
use crate::sick::leak_all;
use crate::strays::close_strays;
use crate::time::Clock;
use crate::title::set_title;

/// How often it is looked which loops have ended: the last one of a proxy that quits, those that a reload has replaced.
const END_LOOK: Duration = Duration::from_millis(5);
/// Exit code of a process that cannot be what it was told to be.
const CANNOT: i32 = 1;

/// The main function of the process; its exit code.
pub fn own_main() -> i32 {
    close_strays();
    set_title(c"slowlab: proxy");
    begin_session();
    go_on_when_orphaned();
    match live() {
        Ok(()) => 0,
        Err(why) => {
            say(&mut io::stdout().lock(), &Said::Failed(why));
            CANNOT
        }
    }
}

fn live() -> Result<(), String> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).map_err(told)?;
    let spec: OwnSpec = serde_json::from_str(&line)
        .map_err(|_| "this role is for slowlab itself, not for users".to_owned())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()
        .map_err(told)?;
    let context = runtime.enter();
    let heard = Heard::new().map_err(told)?;
    drop(context);
    let (sink, reports) = Sink::new();
    let gauges = Arc::new(Gauges::default());
    let clock = Clock::with_origin_ns(spec.clock_origin_ns);
    let temp_dir = spec.temp_dir.clone();
    let mut descriptors = Descriptors::of(&spec.config).map_err(told)?;
    let loops = Loops::start(ProxySpec {
        config: spec.config,
        upstreams: spec.upstreams,
        temp_dir: spec.temp_dir,
        access_log: spec.access_log,
        error_log: spec.error_log,
        clock,
        sink: sink.clone(),
        leave: Leave::default(),
        gauges: Arc::clone(&gauges),
        listen: spec.listen,
        id: spec.id,
        source: spec.source,
        // Of this process, below.
        is_nobody: false,
        held_file: None,
        may_be_traced: false,
        executable: PathBuf::new(),
    });
    let mut loops = loops.map_err(|error| error.to_string())?;
    descriptors.begin(loops.running()).map_err(told)?;
    if spec.is_nobody {
        // Its logs and its listener are open; what else it makes is below its folder of temp files.
        become_nobody(&temp_dir).map_err(told)?;
        // Who changes his user is no longer told of his parent's death.
        go_on_when_orphaned();
    }
    if spec.may_be_traced {
        let_anybody_trace();
    }
    say(&mut io::stdout().lock(), &Said::Listening(loops.address()));
    let writer = Writer::start(reports, (gauges, sink.counter()), clock).map_err(told)?;
    let stop = leash(temp_dir.clone());
    let mut process = Process {
        heard,
        descriptors,
        leaked: Vec::new(),
        temp_dir: &temp_dir,
    };
    match runtime.block_on(process.obey(&mut loops, &stop)) {
        End::InOrder => loops.stop(),
        End::AtOnce => {
            // What is over is told, and nothing of what is under way: nginx logs nothing of it either, and heeds a signal between two turns.
            loops.halt();
            writer.finish();
            std::process::exit(0);
        }
    }
    drop(sink);
    writer.wait();
    Ok(())
}

/// How it ends.
enum End {
    /// What was under way is reported.
    InOrder,
    AtOnce,
}

/// The signals that have a meaning.
struct Heard {
    hup: Signal,
    quit: Signal,
    term: Signal,
    int: Signal,
    usr1: Signal,
    sick: Vec<(Sickness, Signal)>,
}

/// What the process is told by a signal.
enum Word {
    Signal(SignalName),
    FallSick(Sickness),
}

impl Heard {
    fn new() -> io::Result<Heard> {
        // The runtime would panic without such a pair.
        drop(UnixStream::pair()?);
        Ok(Heard {
            hup: signal(SignalKind::hangup())?,
            quit: signal(SignalKind::quit())?,
            term: signal(SignalKind::terminate())?,
            int: signal(SignalKind::interrupt())?,
            usr1: signal(SignalKind::user_defined1())?,
            sick: OF_PROXIES
                .into_iter()
                .map(|sickness| Ok((sickness, signal(sickening(sickness))?)))
                .collect::<io::Result<_>>()?,
        })
    }

    async fn next(&mut self) -> Word {
        let sick = &mut self.sick;
        let falls_sick = poll_fn(|context| {
            let mut heard = sick.iter_mut().filter_map(|(sickness, signal)| {
                signal.poll_recv(context).is_ready().then_some(*sickness)
            });
            heard.next().map_or(Poll::Pending, Poll::Ready)
        });
        let name = tokio::select! {
            sickness = falls_sick => return Word::FallSick(sickness),
            _ = self.term.recv() => SignalName::Term,
            _ = self.int.recv() => SignalName::Int,
            _ = self.quit.recv() => SignalName::Quit,
            _ = self.hup.recv() => SignalName::Hup,
            _ = self.usr1.recv() => SignalName::Usr1,
        };
        Word::Signal(name)
    }
}

/// By which signal an act has a process fall sick of this.
fn sickening(sickness: Sickness) -> SignalKind {
    SignalKind::from_raw(sickening_signal(sickness.number()))
}

struct Process<'a> {
    heard: Heard,
    descriptors: Descriptors,
    /// What it has forgotten to close.
    leaked: Vec<OwnedFd>,
    temp_dir: &'a Path,
}

impl Process<'_> {
    /// Does what nginx's master does at its signals, until one ends it, the last loop does, or the parent wants it.
    async fn obey(&mut self, loops: &mut Loops, stop: &Notify) -> End {
        let mut health = Health::default();
        loop {
            let word = tokio::select! {
                // Loops that are sick never end, and report nothing more.
                () = stop.notified() => return match health.ends_in_order() {
                    true => End::InOrder,
                    false => End::AtOnce,
                },
                word = self.heard.next() => word,
                () = tokio::time::sleep(END_LOOK) => {
                    let running = loops.running();
                    if running == 0 {
                        return End::InOrder;
                    }
                    match health.leaks_up_to() {
                        None => self.descriptors.follow(running),
                        Some(limit) => leak_all(&mut self.leaked, limit),
                    }
                    continue;
                }
            };
            let signal = match word {
                Word::Signal(signal) => signal,
                Word::FallSick(sickness) => {
                    match health.falls_sick(sickness) {
                        Befalls::Loops => loops.sicken(sickness),
                        // At the next look, and at every one after it.
                        Befalls::Descriptors => {}
                    }
                    continue;
                }
            };
            match deed(signal) {
                Some(Deed::Reload) => {
                    if let Some(config) = read_config(self.temp_dir) {
                        loops.says(config);
                    }
                    if health.on_reload() {
                        self.leaked.clear();
                        self.descriptors.restore();
                    }
                    self.descriptors.lift();
                    // What does not start leaves those that run; the log says why.
                    let _ = loops.reload();
                    self.descriptors.follow(loops.running());
                }
                Some(Deed::Quit) => loops.quit(),
                Some(Deed::End) => return End::AtOnce,
                Some(Deed::ReopenLogs) => loops.reopen_logs(),
                None => {}
            }
        }
    }
}

/// The parent's words after the first: to stop in order, or nothing any more, because it is gone.
fn leash(temp_dir: PathBuf) -> Arc<Notify> {
    let stop = Arc::new(Notify::new());
    let told = Arc::clone(&stop);
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines() {
            if line.is_ok_and(|line| line == STOP) {
                return told.notify_one();
            }
        }
        forget_config(&temp_dir);
        depart(&temp_dir);
        std::process::exit(0);
    });
    stop
}

fn told(error: impl ToString) -> String {
    error.to_string()
}
