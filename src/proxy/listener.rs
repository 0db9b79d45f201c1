//! The client-facing socket and the workers that accept from it.

use std::cell::{Ref, RefCell};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::sync::watch;
use tokio::task::LocalSet;

use super::dates::Dates;
use super::kept::Kept;
use super::logs::{self, Logs};
use super::upstream::Peer;
use super::{Proxy, ProxyError, ProxySpec, client};
use crate::machine::peers::Peers;
use crate::machine::proxy_config::{Listen, ProxyConfig};
use crate::net::{BufferSizes, apply_before_use};
use crate::record::{Gauges, Sink};
use crate::tier::ProxyId;
use crate::time::{Clock, Timestamp};

/// What a worker's connections share. One per thread: nothing in here is locked.
pub(super) struct Worker {
    pub(super) config: Arc<ProxyConfig>,
    /// The instances of the tier behind it, and their names for the log.
    pub(super) backends: Box<[Peer]>,
    pub(super) names: Arc<[String]>,
    /// What is known of them, and the idle connections to them.
    pub(super) peers: RefCell<Peers>,
    pub(super) kept: Kept,
    /// For tasks that outlive a request.
    pub(super) own: Weak<Worker>,
    pub(super) id: ProxyId,
    pub(super) temp_dir: PathBuf,
    pub(super) clock: Clock,
    pub(super) sink: Sink,
    pub(super) gauges: Arc<Gauges>,
    pub(super) logs: Logs,
    dates: RefCell<Dates>,
    /// Reads and writes go through here, so that a connection owns no buffer of its own while it waits.
    pub(super) scratch: RefCell<Box<[u8]>>,
    numbers: Arc<Numbers>,
}

#[derive(Default)]
struct Numbers {
    connections: AtomicU64,
    temp_files: AtomicU64,
}

/// The most that one system call moves.
pub(super) const SCRATCH_BYTES: usize = 64 * 1024;

/// How much of the scratch a step that moves at most `max` bytes may use.
pub(super) fn offered(max: u64) -> usize {
    usize::try_from(max).map_or(SCRATCH_BYTES, |max| max.min(SCRATCH_BYTES))
}

impl Worker {
    /// The time on the run's clock.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The date and the time of day.
    pub(super) fn dates(&self) -> Ref<'_, Dates> {
        self.dates.borrow_mut().update();
        self.dates.borrow()
    }

    /// nginx's `*17`.
    fn connection_number(&self) -> u64 {
        self.numbers.connections.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The path under which nginx would have created a temp file.
    pub(super) fn temp_path(&self) -> PathBuf {
        let number = self.numbers.temp_files.fetch_add(1, Ordering::Relaxed) + 1;
        self.temp_dir.join(format!("{number:010}"))
    }
}

pub(super) fn start(spec: ProxySpec) -> Result<Proxy, ProxyError> {
    let listen_error = |error| ProxyError::Listen {
        address: spec.listen,
        error,
    };
    let listener = listen(spec.listen, spec.config.listen).map_err(listen_error)?;
    let address = listener.local_addr().map_err(listen_error)?;
    std::fs::create_dir_all(&spec.temp_dir).map_err(|error| ProxyError::Open {
        path: spec.temp_dir.clone(),
        error,
    })?;
    let (logs, writers) = logs::open(&spec.access_log, &spec.error_log)?;
    let (stop, stopped) = watch::channel(false);
    let mut proxy = Proxy {
        address,
        stop,
        threads: Vec::new(),
        logs: Some(writers),
    };
    let count = spec.config.worker_processes.max(1);
    let config = Arc::new(spec.config);
    let numbers = Arc::new(Numbers::default());
    for index in 0..count {
        let seed = WorkerSeed {
            listener: listener.try_clone().map_err(ProxyError::Worker)?,
            config: config.clone(),
            backends: Peer::all(&spec.upstreams, spec.source),
            id: spec.id,
            temp_dir: spec.temp_dir.clone(),
            clock: spec.clock,
            sink: spec.sink.clone(),
            gauges: spec.gauges.clone(),
            logs: logs.clone(),
            numbers: numbers.clone(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(ProxyError::Worker)?;
        let stopped = stopped.clone();
        let thread = std::thread::Builder::new()
            .name(format!("proxy-{index}"))
            .spawn(move || run(&runtime, seed, stopped))
            .map_err(ProxyError::Worker)?;
        proxy.threads.push(thread);
    }
    Ok(proxy)
}

/// Buffer sizes are set before `listen`, so that accepted sockets inherit them with their window scale.
fn listen(address: SocketAddr, listen: Listen) -> io::Result<TcpListener> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    socket.set_reuse_address(true)?;
    let sizes = BufferSizes {
        sndbuf: listen.sndbuf,
        rcvbuf: listen.rcvbuf,
    };
    apply_before_use(SockRef::from(&socket), sizes)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(i32::try_from(listen.backlog).unwrap_or(i32::MAX))?;
    Ok(socket.into())
}

/// The part of a worker that can travel to its thread.
struct WorkerSeed {
    listener: TcpListener,
    config: Arc<ProxyConfig>,
    backends: Box<[Peer]>,
    id: ProxyId,
    temp_dir: PathBuf,
    clock: Clock,
    sink: Sink,
    gauges: Arc<Gauges>,
    logs: Logs,
    numbers: Arc<Numbers>,
}

fn run(runtime: &tokio::runtime::Runtime, seed: WorkerSeed, mut stopped: watch::Receiver<bool>) {
    let names: Arc<[String]> = seed.backends.iter().map(|peer| peer.name.clone()).collect();
    let peers = Peers::new(&seed.config.upstream, names.len() as u32);
    let worker = Rc::new_cyclic(|own| Worker {
        config: seed.config,
        backends: seed.backends,
        names,
        peers: RefCell::new(peers),
        kept: Kept::new(Arc::clone(&seed.gauges)),
        own: own.clone(),
        id: seed.id,
        temp_dir: seed.temp_dir,
        clock: seed.clock,
        sink: seed.sink,
        gauges: seed.gauges,
        logs: seed.logs,
        dates: RefCell::default(),
        scratch: RefCell::new(vec![0; SCRATCH_BYTES].into_boxed_slice()),
        numbers: seed.numbers,
    });
    // Dropping the task set at the end drops every connection; what they held is reported by their destructors.
    let tasks = LocalSet::new();
    let stop = async {
        let _ = stopped.wait_for(|stop| *stop).await;
    };
    tasks.block_on(runtime, async {
        tokio::select! {
            () = stop => {}
            () = accept(&worker, seed.listener) => {}
        }
    });
}

async fn accept(worker: &Rc<Worker>, listener: TcpListener) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
        worker.logs.error("alert", "the listener cannot be watched");
        return;
    };
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let accepted_at = worker.now();
                let _ = stream.set_nodelay(true);
                let number = worker.connection_number();
                let served = client::serve(worker.clone(), stream, peer, (number, accepted_at));
                tokio::task::spawn_local(served);
            }
            Err(error) => {
                // nginx, too, stops accepting for half a second when it is out of descriptors.
                worker
                    .logs
                    .error("crit", &format!("accept4() failed ({error})"));
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// nginx's `accept_mutex_delay`.
const ACCEPT_PAUSE: std::time::Duration = std::time::Duration::from_millis(500);
