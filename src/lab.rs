//! One variant on real sockets and processes: composes backend, proxy, clients and observer; owns order, deadlines and cleanup.
//!
//! The lab engine is our backend and our proxy; the reference engine is the same composition with the real ones in their places
//! (`parts.rs`), so that clients, observation and records are the same.
//!
//! Started from the inside out (backend, proxy, observer, clients) and stopped in the opposite order, whatever ends the run.
//! Every part also stops when it is dropped, so that an error or a panic in here leaves no process, socket or file.

use std::path::Path;
use std::sync::Arc;

use crate::acts::Acts;
use crate::apart;
use crate::clients::{Fleet, FleetSpec};
pub use crate::lab_error::LabError;
use crate::lab_pipeline::stages;
use crate::lab_settle::{LOOK_INTERVAL, settle};
use crate::leave::{Leave, pause};
use crate::log_drivers::LogDrivers;
use crate::machine::http::CLIENTS_HOST;
use crate::net::Address;
use crate::observe::Observer;
use crate::parts::{BackendPart, Place, ProxyPart, Real, beats_on, slow_disk};
use crate::plan::Plan;
use crate::private::{Private, adopt_orphans};
use crate::process::is_root;
use crate::record::collect::{Collector, Live};
use crate::record::folder::VariantFolder;
use crate::record::{Event, EventKind, Gauges, Loss, Shift, Sink, Source};
use crate::relay::LineRelay;
use crate::restarts::Restarts;
use crate::slow_disk::SlowDisk;
use crate::time::{Clock, Span, Timestamp};
use crate::watched;

/// Where a run stands, for the progress line.
#[derive(Clone, Debug)]
pub struct Status {
    /// What is going on.
    pub phase: Phase,
    /// Time since the clients began.
    pub elapsed: Span,
    /// How long clients start new requests.
    pub duration: Span,
    /// Requests that all workers serve at a time; `None` if nothing limits them.
    pub slots: Option<u64>,
    /// Counters of now.
    pub gauges: Arc<Gauges>,
    /// Results so far.
    pub live: Arc<Live>,
}

/// The phases of one variant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    /// Backend and proxy are starting.
    Starting,
    /// Requests do not count yet.
    WarmingUp,
    /// Requests count.
    Running,
    /// Nothing new starts.
    Draining,
    /// Clients are gone; the backend works off what is left.
    Settling,
}

/// What the caller wants after looking at the status.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wish {
    /// Go on.
    GoOn,
    /// End now and keep what was measured.
    Stop,
}

/// How a variant ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// By itself.
    Complete,
    /// The caller stopped it.
    Interrupted,
}

/// Runs one variant on real sockets and real processes; `look` is called several times a second, and every wait ends when `leave` is asked.
///
/// # Errors
/// A part that does not start, results that cannot be written, a master that dies.
pub fn run(
    plan: &Plan,
    real: &Real,
    folder: VariantFolder,
    leave: &Leave,
    look: &mut dyn FnMut(&Status) -> Wish,
) -> Result<Ended, LabError> {
    let logs = folder.path().to_owned();
    let (sink, receiver) = Sink::new();
    let gauges = Arc::new(Gauges::default());
    let live = Arc::new(Live::new(plan.warmup));
    let collector = Collector::start(receiver, folder, Arc::clone(&gauges), Arc::clone(&live))?;
    let mut status = Status {
        phase: Phase::Starting,
        elapsed: Span::ZERO,
        duration: plan.duration,
        slots: plan.backend.slots(),
        gauges,
        live,
    };
    // The stack lives in an inner call: it and all its clones of the sink are gone before the collector is asked to finish.
    let clock = Clock::start();
    let ended = match &plan.pipeline {
        Some(config) => stages(plan, config, (&logs, &sink, leave), (&mut status, look)),
        None => Stack::start((plan, real, &logs), (&sink, leave), &status)
            .and_then(|stack| stack.watch(plan, &mut status, look)),
    };
    let ended = match ended {
        // Whatever does not come up then does not because it was not waited for.
        Err(_) if leave.is_asked() => {
            note(&sink, clock, EventKind::Interrupted { settling: false });
            Ok(Ended::Interrupted)
        }
        ended => ended,
    };
    drop(sink);
    let collected = collector.finish();
    let ended = ended?;
    collected?;
    Ok(ended)
}

/// Everything that runs. Fields are dropped in order: outside in.
struct Stack {
    fleet: Fleet,
    relay: Option<LineRelay>,
    restarts: Restarts,
    observer: Observer,
    /// Closed before those who write to them are waited for.
    log_drivers: LogDrivers,
    slow_disk: Option<SlowDisk>,
    /// By tier, from the outside in.
    proxies: Vec<ProxyPart>,
    /// By instance; acts and probes are for the first one, because `check` refuses them where there are several.
    backends: Vec<BackendPart>,
    _runtime_dir: Private,
    clock: Clock,
    sink: Sink,
    leave: Leave,
}

/// Whom clients connect to.
fn targets(proxies: &[ProxyPart], backends: &[Address]) -> Vec<Address> {
    match proxies.first() {
        None => vec![backends[0].clone()],
        Some(front) => front.addresses().into_iter().map(Address::Tcp).collect(),
    }
}

/// The run's private folder, and whether a proxy of another user finds its way through it.
fn private_folder(plan: &Plan) -> Result<(Private, bool), LabError> {
    let failed = |source| LabError::RuntimeDir {
        dir: std::env::temp_dir(),
        source,
    };
    let folder = Private::create().map_err(failed)?;
    let second_user = plan.has_socket_modes() && is_root();
    if second_user {
        folder.let_through().map_err(failed)?;
    }
    Ok((folder, second_user))
}

impl Stack {
    fn start(
        (plan, real, logs): (&Plan, &Real, &Path),
        (sink, leave): (&Sink, &Leave),
        status: &Status,
    ) -> Result<Stack, LabError> {
        adopt_orphans();
        let (runtime_dir, second_user) = private_folder(plan)?;
        let slow_disk = slow_disk(plan, runtime_dir.path())?;
        let shift = Shift::unknown();
        let early = Clock::start();
        let place = Place {
            logs: logs.to_owned(),
            runtime_dir: runtime_dir.path().to_owned(),
            proxy_is_nobody: second_user,
            address: plan.stack_address(),
            worker_tmp_dir: beats_on(plan, slow_disk.as_ref()),
            held_file: slow_disk.as_ref().map(SlowDisk::held),
            clock: early,
            sink: sink.shifted(&shift),
            leave: leave.clone(),
        };
        let log_drivers = LogDrivers::start(plan, runtime_dir.path());
        let log_drivers = log_drivers.map_err(LabError::LogDrivers)?;
        let backends = BackendPart::start_all(plan, real, &place)?;
        let addresses: Vec<Address> = backends.iter().map(|one| one.address().clone()).collect();
        let prepared = ProxyPart::prepare(plan, real, &place, &addresses)?;
        // From here on time counts: the run's origin is the instant at which the stack is up.
        let booted_after = early.now().since(Timestamp::ZERO);
        shift.set(booted_after);
        let clock = Clock::with_origin_ns(early.origin_ns() + booted_after.as_ns());
        let place = Place {
            clock,
            sink: sink.clone(),
            ..place
        };
        let proxies = ProxyPart::start_all(plan, prepared, &place, &addresses)?;
        let gauges = &status.gauges;
        let told = (clock, sink, gauges);
        let observer = watched::observer(plan, (&proxies, &backends), told);
        let observer = observer.map_err(LabError::Observer)?;
        let restarts = Restarts::start(plan, &proxies, &backends[0], &place);
        let restarts = restarts.map_err(LabError::Probes)?;
        let relay = LineRelay::start(plan, apart::here(), told).map_err(LabError::Relay)?;
        let fleet = Fleet::start(FleetSpec {
            groups: plan.groups.clone(),
            targets: targets(&proxies, &addresses),
            through_proxy: !proxies.is_empty(),
            start_at: Timestamp::ZERO,
            duration: plan.duration,
            drain: plan.drain,
            clock,
            sink: sink.clone(),
            gauges: Arc::clone(gauges),
            host: CLIENTS_HOST.to_owned(),
            ear: relay.as_ref().map(LineRelay::ear),
        })?;
        Ok(Stack {
            fleet,
            relay,
            restarts,
            observer,
            log_drivers,
            slow_disk,
            proxies,
            backends,
            _runtime_dir: runtime_dir,
            clock,
            sink: sink.clone(),
            leave: leave.clone(),
        })
    }

    /// Waits for the clients to end, then takes the stack down from the outside in.
    fn watch(
        mut self,
        plan: &Plan,
        status: &mut Status,
        look: &mut dyn FnMut(&Status) -> Wish,
    ) -> Result<Ended, LabError> {
        let mut ended = Ended::Complete;
        let mut acts = Acts::of(plan);
        while !self.fleet.is_finished() {
            self.wait_or_act(&mut acts)?;
            self.update(plan, status);
            if look(status) == Wish::Stop {
                let kind = EventKind::Interrupted { settling: false };
                note(&self.sink, self.clock, kind);
                ended = Ended::Interrupted;
                break;
            }
            if !self.restarts.is_under_way() {
                self.masters_ended(&acts)?;
            }
            let now = self.clock.now();
            for part in &mut self.proxies {
                part.ended(now)
                    .into_iter()
                    .for_each(|event| self.sink.event(event));
            }
            self.is_guarded(&acts)?;
            if let Some(log) = self.proxies.iter().find_map(ProxyPart::died) {
                return Err(LabError::ProxyDied {
                    log: log.to_owned(),
                });
            }
        }
        let Stack {
            // First, so that it is dropped last, whatever happens below.
            _runtime_dir,
            relay: _relay,
            fleet,
            restarts,
            observer,
            log_drivers,
            slow_disk,
            proxies,
            backends,
            clock,
            sink,
            leave,
            ..
        } = self;
        fleet.stop();
        fleet.wait();
        restarts.stop();
        log_drivers.catch_up();
        if ended == Ended::Complete && plan.settles() && settle(clock, status, look) == Wish::Stop {
            ended = Ended::Interrupted;
            let kind = EventKind::Interrupted { settling: true };
            note(&sink, clock, kind);
        }
        observer.stop();
        // Heartbeats need theirs to the end; whom a file holds is let go before he is waited for.
        let _slow_disk = slow_disk.filter(|_| !plan.holds_processes());
        if sink.dropped() > 0 {
            let (count, place) = (sink.dropped(), Loss::Queue {});
            note(&sink, clock, EventKind::ReportsDropped { count, place });
        }
        proxies.into_iter().for_each(ProxyPart::stop);
        for backend in backends {
            match ended {
                Ended::Complete => backend.stop(),
                Ended::Interrupted => backend.quit(),
            }
        }
        drop(log_drivers);
        if ended == Ended::Complete && leave.is_asked() {
            // What workers still did for nobody was not waited for.
            ended = Ended::Interrupted;
            note(&sink, clock, EventKind::Interrupted { settling: true });
        }
        Ok(ended)
    }

    /// Waits for the next look, the next act or what a probe wants, whichever is soonest, and performs what is due.
    fn wait_or_act(&mut self, acts: &mut Acts) -> Result<(), LabError> {
        let look_at = self.clock.now() + LOOK_INTERVAL;
        loop {
            let now = self.clock.now();
            let until = acts.next().unwrap_or(Timestamp::MAX).min(look_at);
            self.restarts.wait(until.since(now), pause);
            let now = self.clock.now();
            let mut told = acts.perform(now, &self.backends[0], &mut self.proxies);
            told.extend(self.restarts.perform(now, &mut self.backends[0])?);
            let tell = |kind| note(&self.sink, self.clock, kind);
            told.into_iter().for_each(tell);
            if now >= look_at || !self.restarts.is_under_way() {
                return Ok(());
            }
        }
    }

    /// A master that ended by itself or by an act is a result, told as an event; one that somebody killed ends the run.
    fn masters_ended(&self, acts: &Acts) -> Result<(), LabError> {
        let ended = |backend: &BackendPart| {
            let log = backend.log().to_owned();
            let ended = backend.ended().into_iter();
            ended
                .map(|(pid, code)| (pid, code, log.clone()))
                .collect::<Vec<_>>()
        };
        for (pid, code, log) in self.backends.iter().flat_map(ended) {
            let kind = match code {
                Some(code) => EventKind::MasterExited { code },
                None if acts.have_killed_a_master() => EventKind::MasterKilled { pid },
                None => return Err(LabError::MasterDied { pid, log }),
            };
            note(&self.sink, self.clock, kind);
        }
        Ok(())
    }

    /// A master or a proxy that somebody stopped who is no act does nothing for anybody, and a program without its guard would stay behind us: both end the run.
    fn is_guarded(&self, acts: &Acts) -> Result<(), LabError> {
        let stopped = self.backends.iter().find_map(BackendPart::stopped_master);
        if let Some(pid) = stopped.filter(|_| !acts.have_stopped_a_master()) {
            return Err(LabError::MasterStopped { pid });
        }
        let stopped = self.proxies.iter().find_map(ProxyPart::stopped);
        if let Some((tier, pid)) = stopped.filter(|_| !acts.have_stopped_a_proxy()) {
            return Err(LabError::ProxyStopped { tier, pid });
        }
        let of_gunicorn = self.backends.iter().filter_map(BackendPart::lost);
        let of_nginx = self.proxies.iter().filter_map(ProxyPart::lost);
        match of_gunicorn.chain(of_nginx).next() {
            Some((program, lost)) => Err(LabError::Unguarded { program, lost }),
            None => Ok(()),
        }
    }

    fn update(&self, plan: &Plan, status: &mut Status) {
        let elapsed = self.clock.now().since(Timestamp::ZERO);
        status.phase = match elapsed {
            _ if elapsed < plan.warmup => Phase::WarmingUp,
            _ if elapsed < plan.duration => Phase::Running,
            _ => Phase::Draining,
        };
        status.elapsed = elapsed;
    }
}

pub(crate) fn note(sink: &Sink, clock: Clock, kind: EventKind) {
    sink.event(Event::new(clock.now(), Source::Lab, kind));
}
