//! The client-facing socket, and what the connections that an event loop accepts from it share.

use std::cell::{Cell, Ref, RefCell};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use socket2::{Domain, Protocol, SockRef, Socket, Type};

use super::block::Spare;
use super::client;
use super::connection::Connection;
use super::dates::Dates;
use super::hail::Ears;
use super::kept::Kept;
use super::logs::Logs;
use super::turn::Turn;
use super::upstream::{Peer, os_error};
use crate::machine::event_loop::{AcceptTurn, LimitConn, Slots, accept_failed};
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
    /// Its table of connections.
    pub(super) slots: Rc<RefCell<Slots>>,
    /// Of all event loops.
    pub(super) limit: Arc<Mutex<LimitConn>>,
    /// Where its clients listen to it.
    pub(super) ears: Ears,
    pub(super) id: ProxyId,
    pub(super) temp_dir: PathBuf,
    pub(super) clock: Clock,
    /// When the clock was last read.
    pub(super) read_at: Cell<Timestamp>,
    /// How many calls of [`Worker::about_now`] go by until it reads the clock.
    pub(super) not_read: Cell<u32>,
    pub(super) sink: Sink,
    pub(super) gauges: Arc<Gauges>,
    pub(super) logs: Logs,
    pub(super) dates: RefCell<Dates>,
    /// Where a line of the access log is made.
    pub(super) line: RefCell<String>,
    /// Reads and writes go through here, so that a connection owns no buffer of its own while it waits.
    pub(super) scratch: RefCell<Box<[u8]>>,
    /// Blocks for the bytes of responses and of requests' bodies.
    pub(super) spare: Rc<Spare>,
    pub(super) numbers: Arc<Numbers>,
}

#[derive(Debug, Default)]
pub(super) struct Numbers {
    connections: AtomicU64,
    temp_files: AtomicU64,
}

/// Of so many calls that move a piece of a response one reads the clock: some 30 us.
const READ_ONCE_IN: u32 = 8;

/// How often an event loop without a descriptor looks whether somebody comes.
const QUEUE_LOOK: Duration = Duration::from_millis(1);

/// The most that one system call moves.
pub(super) const SCRATCH_BYTES: usize = 64 * 1024;

/// How much of the scratch a step that moves at most `max` bytes may use.
pub(super) fn offered(max: u64) -> usize {
    usize::try_from(max).map_or(SCRATCH_BYTES, |max| max.min(SCRATCH_BYTES))
}

impl Worker {
    /// The time on the run's clock.
    pub(super) fn now(&self) -> Timestamp {
        let now = self.clock.now();
        self.read_at.set(now);
        now
    }

    /// The time as it was last read: when its task was woken, if it has done nothing since that may have made it wait. nginx reads its clock once for
    /// all events of a turn.
    pub(super) fn lately(&self) -> Timestamp {
        self.read_at.get()
    }

    /// The time, read once in [`READ_ONCE_IN`] calls: for the reads and writes that move a response piece by piece and follow one another within microseconds.
    pub(super) fn about_now(&self) -> Timestamp {
        let left = self.not_read.get();
        match left.checked_sub(1) {
            Some(left) => {
                self.not_read.set(left);
                self.lately()
            }
            None => {
                self.not_read.set(READ_ONCE_IN - 1);
                self.now()
            }
        }
    }

    /// The date and the time of day.
    pub(super) fn dates(&self) -> Ref<'_, Dates> {
        self.dates.borrow_mut().update(self.lately());
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

/// Buffer sizes are set before `listen`, so that accepted sockets inherit them with their window scale.
pub(super) fn listen(address: SocketAddr, listen: Listen) -> io::Result<TcpListener> {
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

/// Whether somebody is in the accept queue.
fn is_waited_at(listener: &tokio::net::TcpListener) -> bool {
    let mut fds = [PollFd::new(listener, PollFlags::IN)];
    poll(&mut fds, Some(&Timespec::default())).is_ok_and(|ready| ready > 0)
}

/// Accepts for ever, when its turn comes.
pub(super) async fn accept(worker: &Rc<Worker>, listener: TcpListener, turn: Turn) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
        worker.logs.error("alert", "the listener cannot be watched");
        return turn.pause();
    };
    loop {
        let mut accepts = AcceptTurn::of_loops(1);
        while accepts.has_another() {
            turn.comes().await;
            accept_one(worker, &listener, &turn).await;
        }
        // Whatever else is ready has its turn.
        tokio::task::yield_now().await;
    }
}

async fn accept_one(worker: &Rc<Worker>, listener: &tokio::net::TcpListener, turn: &Turn) {
    match listener.accept().await {
        Ok((stream, peer)) => {
            let accepted_at = worker.now();
            let is_crowded = worker.slots.borrow().is_crowded();
            if !worker.has_room() {
                // The connection that finds no room is closed.
                return;
            }
            turn.accepted(is_crowded);
            let _ = stream.set_nodelay(true);
            let number = worker.connection_number();
            let connection = Connection {
                stream,
                peer,
                ip: peer.ip().to_string().into(),
                number,
                inbox: RefCell::default(),
                ear: worker.ears.open(number),
                pass: worker.gauges.passages.open(peer),
            };
            tokio::task::spawn_local(client::serve(worker.clone(), connection, accepted_at));
        }
        // `accept4` takes a descriptor before it looks into the queue, so it fails where nobody waits, too. nginx asks only when somebody does.
        Err(_) if !is_waited_at(listener) => {
            while !is_waited_at(listener) {
                tokio::time::sleep(QUEUE_LOOK).await;
            }
        }
        Err(error) => {
            let failed = accept_failed(&os_error(&error));
            worker.say(&failed.line);
            if let Some(pause) = failed.pause {
                turn.pause();
                tokio::time::sleep(pause.to_duration()).await;
                turn.resume();
            }
        }
    }
}
