//! The fleet: the thread that runs all clients of one variant, from outside.

use std::io;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;

use thiserror::Error;
use tokio::runtime::Runtime;
use tokio::sync::Notify;
use tokio::task::LocalSet;

use super::alarm::Alarm;
use super::client;
use super::dial::CONNECTIONS_PER_SOURCE;
use super::world::{Setting, World};
use crate::apart::{self, STACK};
use crate::net::Address;
use crate::plan::{Agenda, GroupPlan, Start, most_connections};
use crate::record::{EventKind, Gauges, Sink};
use crate::relay::Ear;
use crate::time::{Clock, Span, Timestamp, thread_cpu_time, thread_waited_for_cpu};

/// Starts that are due at the same instant are handed to the runtime in batches of this many.
const STARTS_PER_TURN: usize = 32;

/// What a fleet is to do.
#[derive(Clone, Debug)]
pub struct FleetSpec {
    /// The groups, with their drawn schedules.
    pub groups: Vec<GroupPlan>,
    /// Where they connect: loopback addresses or one Unix socket. Client `i` of a group goes to the one with index `i mod` their
    /// number.
    pub targets: Vec<Address>,
    /// Whether a proxy listens there, rather than the backend; decides whom a broken connection is blamed on.
    pub through_proxy: bool,
    /// The instant that the schedules count from. `Timestamp::ZERO` if the clock was started together with the clients.
    pub start_at: Timestamp,
    /// Nothing new starts after this, counted from `start_at`.
    pub duration: Span,
    /// How long what is in flight may take after that.
    pub drain: Span,
    /// The run's clock.
    pub clock: Clock,
    /// Where requests and events are reported.
    pub sink: Sink,
    /// Keeps `held_connections` and `requests_started`.
    pub gauges: Arc<Gauges>,
    /// The `Host` header.
    pub host: String,
    /// Hears of clients that vanish, if some are beyond a line.
    pub ear: Option<Ear>,
}

/// Why a fleet could not start.
#[derive(Debug, Error)]
pub enum FleetError {
    /// The target is another machine, or could be reached from one.
    #[error(
        "clients refuse to aim at `{0}`, which is neither a loopback address nor one of a network that this run made\nhint: slowlab is for this machine only"
    )]
    NotLoopback(Address),
    /// The runtime, its timer or its thread could not be made.
    #[error(
        "the clients' thread could not be set up: {0}\nhint: check `ulimit -n` and `ulimit -u`"
    )]
    Setup(#[from] io::Error),
}

/// Whether an address cannot be another machine's: it is loopback, or the stack's in a network that this process made.
fn is_ours(address: IpAddr) -> bool {
    address.is_loopback() || (address == STACK && apart::here().is_some())
}

/// How a fleet fared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FleetStats {
    /// Requests that were started.
    pub requests: u64,
    /// The most that a request started later than intended.
    pub latest_start: Span,
    /// CPU time of the clients' thread.
    pub cpu_time: Span,
    /// How long the thread ran.
    pub wall_time: Span,
}

/// All clients of one variant, at work. Dropping it stops them.
#[derive(Debug)]
pub struct Fleet {
    thread: Option<JoinHandle<FleetStats>>,
    stop: Arc<Notify>,
}

impl Fleet {
    /// Starts the clients' thread.
    ///
    /// # Errors
    /// [`FleetError::NotLoopback`] for a target that is not on this machine, [`FleetError::Setup`] if the thread or its runtime
    /// cannot be made. Clients that cannot connect are not errors but outcomes.
    pub fn start(spec: FleetSpec) -> Result<Fleet, FleetError> {
        let elsewhere =
            |target: &&Address| matches!(target, Address::Tcp(tcp) if !is_ours(tcp.ip()));
        if let Some(target) = spec.targets.iter().find(elsewhere) {
            return Err(FleetError::NotLoopback(target.clone()));
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let alarm = {
            let _context = runtime.enter();
            Alarm::new(spec.clock)?
        };
        let stop = Arc::new(Notify::new());
        let stopped = Arc::clone(&stop);
        let thread = std::thread::Builder::new()
            .name("clients".to_owned())
            .spawn(move || run(runtime, alarm, spec, &stopped))?;
        Ok(Fleet {
            thread: Some(thread),
            stop,
        })
    }

    /// Whether all is done: the duration is over and nothing is in flight, or the drain is over, or it was stopped.
    pub fn is_finished(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Asks the clients to drop everything; returns at once. Requests in flight are reported as unfinished, those not yet
    /// started are not reported. Stopping twice, or after the end, does nothing.
    pub fn stop(&self) {
        self.stop.notify_one();
    }

    /// Waits for the end.
    ///
    /// # Panics
    /// If the clients' thread did, which is a bug.
    pub fn wait(mut self) -> FleetStats {
        let thread = self.thread.take().expect("only `wait` and `drop` take it");
        match thread.join() {
            Ok(stats) => stats,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        self.stop();
        if let Some(thread) = self.thread.take() {
            // A panic in there has told its story on stderr; a second one from a destructor would abort.
            let _ = thread.join();
        }
    }
}

fn run(runtime: Runtime, alarm: Alarm, spec: FleetSpec, stop: &Notify) -> FleetStats {
    let clock = spec.clock;
    let began_at = clock.now();
    let offset = spec.start_at.since(Timestamp::ZERO);
    let agenda = Agenda::new(&spec.groups, offset);
    let ends_at = spec.start_at + spec.duration;
    let drained_at = ends_at + spec.drain;
    let world = World::new(Setting {
        clock,
        sink: spec.sink,
        gauges: spec.gauges,
        targets: spec.targets,
        spread_sources: most_connections(&spec.groups) > CONNECTIONS_PER_SOURCE,
        groups: spec.groups,
        host: spec.host,
        through_proxy: spec.through_proxy,
        ear: spec.ear,
        ends_at,
        agenda,
    });

    let clients = LocalSet::new();
    clients.block_on(&runtime, async {
        tokio::select! {
            biased;
            () = stop.notified() => {}
            () = serve(&world, &alarm, drained_at) => {}
        }
    });
    // Dropping the tasks drops their exchanges, which report themselves as unfinished.
    drop(clients);
    world.sum_up_problems();
    drop(alarm);
    drop(runtime);

    assert!(!world.panicked(), "a client panicked");
    let (requests, latest_start) = world.counts();
    let stats = FleetStats {
        requests,
        latest_start,
        cpu_time: thread_cpu_time(),
        wall_time: clock.now().since(began_at),
    };
    let generated = EventKind::Generated {
        cpu_us: stats.cpu_time.as_us(),
        waited_us: thread_waited_for_cpu().map(Span::as_us),
        elapsed_us: stats.wall_time.as_us(),
    };
    world.event(generated, None);
    stats
}

/// Starts every client when its time has come, then lets what is in flight finish.
async fn serve(world: &Rc<World>, alarm: &Alarm, drained_at: Timestamp) {
    world.event(EventKind::ClientsStarted {}, None);
    for turn in 1.. {
        let Some(start) = world.next_start() else {
            break;
        };
        alarm.until(start.at).await;
        spawn(world, start);
        if turn % STARTS_PER_TURN == 0 {
            tokio::task::yield_now().await;
        }
    }
    alarm.until(world.ends_at).await;
    let open_connections = world.gauges.held_connections.get();
    world.event(EventKind::DrainStarted { open_connections }, None);
    tokio::select! {
        () = world.idle() => {}
        () = alarm.until(drained_at) => {}
    }
}

fn spawn(world: &Rc<World>, start: Start) {
    let active = world.enter();
    let first_id = world.first_id(start);
    let who = (start.group, start.client);
    tokio::task::spawn_local(client::stay(active, who, first_id, start.at));
}

/// Size of the task of one client, for the promise of what a held one costs.
#[cfg(test)]
pub(super) fn client_future_bytes() -> usize {
    let (sink, _receiver) = Sink::new();
    let world = World::new(Setting {
        clock: Clock::start(),
        sink,
        gauges: Arc::default(),
        targets: vec![Address::Unix("unused".into())],
        groups: Vec::new(),
        host: String::new(),
        through_proxy: false,
        ear: None,
        spread_sources: false,
        ends_at: Timestamp::ZERO,
        agenda: Agenda::new(&[], Span::ZERO),
    });
    size_of_val(&client::stay(world.enter(), (0, 0), 1, Timestamp::ZERO))
}
