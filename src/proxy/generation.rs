//! Generations of event loops: each reading of the configuration starts one, and the one before it serves its clients to their end.

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::io;
use std::net::TcpListener;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use tokio::runtime::{LocalOptions, LocalRuntime};
use tokio::sync::watch;

use super::hail::Ears;
use super::kept::Kept;
use super::listener::{Numbers, SCRATCH_BYTES, Worker, accept};
use super::logs::Logs;
use super::sick::suffer;
use super::turn::Turn;
use super::upstream::Peer;
use crate::machine::event_loop::{Hail, Life, LimitConn, Slots};
use crate::machine::peers::Peers;
use crate::machine::proxy_config::ProxyConfig;
use crate::machine::sickness::Sickness;
use crate::record::{Gauges, Sink};
use crate::tier::ProxyId;
use crate::time::{Clock, Span, Timestamp};

/// How long it is waited for the end of a turn; one takes milliseconds, but the machine may be busy.
const TURN_LIMIT: Span = Span::from_ms(500);

/// What all generations of a proxy share.
#[derive(Debug)]
pub(super) struct Common {
    pub(super) backends: Box<[Peer]>,
    pub(super) id: ProxyId,
    pub(super) temp_dir: PathBuf,
    pub(super) clock: Clock,
    pub(super) sink: Sink,
    pub(super) gauges: Arc<Gauges>,
    pub(super) logs: Logs,
    pub(super) numbers: Arc<Numbers>,
    pub(super) limit: Arc<Mutex<LimitConn>>,
}

/// Event loops that were started together.
#[derive(Debug)]
pub(super) struct Generation {
    orders: watch::Sender<Orders>,
    threads: Vec<JoinHandle<()>>,
    /// Ends when every loop has ended, or stands still for good.
    at_work: Mutex<Receiver<Infallible>>,
}

/// What a generation is told.
#[derive(Clone, Copy, Debug, Default)]
struct Orders {
    /// From then on it accepts nobody, and ends when its last client is done.
    quit_at: Option<Timestamp>,
    /// It ends at once.
    stop: bool,
    /// It stands still behind the turn that it is at: what is over is told, and what is under way goes with the process.
    halt: bool,
    /// It serves nobody any more, and does not come back.
    sick: Option<Sickness>,
}

impl Generation {
    /// Starts the event loops of a configuration; `first` is the number of the first one's thread.
    pub(super) fn start(
        common: &Arc<Common>,
        (config, listener): (ProxyConfig, &TcpListener),
        first: usize,
    ) -> io::Result<Generation> {
        let turns = Turn::of_loops(config.worker_processes.max(1));
        let config = Arc::new(config);
        let (orders, _) = watch::channel(Orders::default());
        let (works, at_work) = channel();
        let mut generation = Generation {
            orders,
            threads: Vec::new(),
            at_work: Mutex::new(at_work),
        };
        for (index, turn) in (first..).zip(turns) {
            let listener = listener.try_clone()?;
            let (common, config) = (Arc::clone(common), Arc::clone(&config));
            let orders = (generation.orders.subscribe(), works.clone());
            let (begins, begun) = channel();
            let thread = std::thread::Builder::new()
                .name(format!("proxy-{index}"))
                .spawn(move || {
                    if let Some(runtime) = own_runtime(&begins) {
                        run(&runtime, &common, (config, listener, turn), orders);
                    }
                })?;
            generation.threads.push(thread);
            begun.recv().map_err(io::Error::other)??;
        }
        Ok(generation)
    }

    /// How many event loops it has, or had.
    pub(super) fn len(&self) -> usize {
        self.threads.len()
    }

    /// Tells it to quit, unless it was told before.
    pub(super) fn quit_at(&self, at: Timestamp) {
        self.orders
            .send_modify(|orders| orders.quit_at = orders.quit_at.or(Some(at)));
    }

    /// Has all of them fall sick of this.
    pub(super) fn sicken(&self, sickness: Sickness) {
        self.orders
            .send_modify(|orders| orders.sick = Some(sickness));
    }

    /// How many of them have not ended.
    pub(super) fn running(&self) -> usize {
        let ended = self.threads.iter().filter(|thread| thread.is_finished());
        self.threads.len() - ended.count()
    }

    /// Has it stand still for good behind the turn that it is at, of which the process is about to end.
    pub(super) fn halt(&self) {
        self.orders.send_modify(|orders| orders.halt = true);
    }

    /// Waits until it does, or has ended. Loops that are sick never come to the end of a turn.
    pub(super) fn until_halted(&self) {
        if self.orders.borrow().sick.is_none()
            && let Ok(at_work) = self.at_work.lock()
        {
            // Nobody says anything: it is the end of the channel that is waited for.
            let _ = at_work.recv_timeout(TURN_LIMIT.to_duration());
        }
    }

    /// Ends it at once, and waits until it has.
    pub(super) fn stop(&mut self) {
        self.orders.send_modify(|orders| orders.stop = true);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// The runtime of an event loop, made on its thread, because its tasks are that thread's alone; `begins` hears whether there is one.
fn own_runtime(begins: &Sender<io::Result<()>>) -> Option<LocalRuntime> {
    let built = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build_local(LocalOptions::default());
    let (runtime, begun) = match built {
        Ok(runtime) => (Some(runtime), Ok(())),
        Err(error) => (None, Err(error)),
    };
    let _ = begins.send(begun);
    runtime
}

fn run(
    runtime: &LocalRuntime,
    common: &Common,
    (config, listener, turn): (Arc<ProxyConfig>, TcpListener, Turn),
    (mut orders, works): (watch::Receiver<Orders>, Sender<Infallible>),
) {
    let backends = common.backends.clone();
    let names: Arc<[String]> = backends.iter().map(|peer| peer.name.clone()).collect();
    let worker = Rc::new(Worker {
        peers: RefCell::new(Peers::new(&config.upstream, names.len() as u32)),
        slots: Rc::new(RefCell::new(Slots::new(config.worker_connections))),
        limit: Arc::clone(&common.limit),
        ears: Ears::default(),
        config,
        backends,
        names,
        kept: Kept::default(),
        id: common.id,
        temp_dir: common.temp_dir.clone(),
        clock: common.clock,
        read_at: Cell::new(common.clock.now()),
        not_read: Cell::new(0),
        sink: common.sink.clone(),
        gauges: Arc::clone(&common.gauges),
        logs: common.logs.clone(),
        dates: RefCell::default(),
        line: RefCell::default(),
        scratch: RefCell::new(vec![0; SCRATCH_BYTES].into_boxed_slice()),
        spare: Rc::default(),
        numbers: Arc::clone(&common.numbers),
    });
    let told = orders.clone();
    let mut sick = orders.clone();
    let stop = async {
        let _ = orders.wait_for(|orders| orders.stop || orders.halt).await;
    };
    // Dropping the runtime at the end drops every connection; what they held is reported by their destructors.
    runtime.block_on(async {
        let watched = Rc::clone(&worker);
        tokio::task::spawn_local(async move { watched.watch_kept().await });
        tokio::select! {
            () = stop => {}
            _ = sick.wait_for(|orders| orders.sick.is_some()) => {}
            () = live(&worker, (listener, turn), told) => {}
        }
        // Within the loop, with its connections open. Neither returns.
        let Orders { sick, halt, .. } = *sick.borrow();
        if let Some(sickness) = sick {
            suffer(sickness);
        }
        if halt {
            drop(works);
            loop {
                std::thread::park();
            }
        }
    });
}

/// Accepts until it is to quit; then it lives as long as its clients do.
async fn live(
    worker: &Rc<Worker>,
    (listener, turn): (TcpListener, Turn),
    orders: watch::Receiver<Orders>,
) {
    tokio::select! {
        // It returns only where it cannot accept at all.
        () = accept(worker, listener, turn) => return,
        () = quit_is_due(worker.clock, orders) => {}
    }
    let mut life = Life::new(worker.config.worker_shutdown_timeout);
    life.quit(worker.now());
    worker.keep_none();
    worker.ears.tell_all(Hail::Quit);
    loop {
        tokio::select! {
            () = worker.ears.emptied() => return,
            () = until(worker.clock, life.deadline()) => {}
        }
        if life.on_timer(worker.now()) {
            worker.ears.tell_all(Hail::ShutdownTimeout);
        }
    }
}

async fn quit_is_due(clock: Clock, mut orders: watch::Receiver<Orders>) {
    let at = match orders.wait_for(|orders| orders.quit_at.is_some()).await {
        Ok(orders) => orders.quit_at,
        Err(_) => None,
    };
    until(clock, at).await;
}

/// Sleeps until then; for ever, if that is never.
pub(super) async fn until(clock: Clock, at: Option<Timestamp>) {
    match at {
        Some(at) => tokio::time::sleep(clock.until(at)).await,
        None => std::future::pending().await,
    }
}
