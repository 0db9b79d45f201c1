//! The sampling thread.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;

use super::bytes::{Counter, Scene};
use super::lost_time::LostTime;
use super::proc::{self, WatchedProcess};
use super::queues::accept_queue;
use super::sock_diag::SockDiag;
use super::sockets::{Followed, Ports, rows};
use super::{load, logs};
use crate::apart;
use crate::net::Address;
use crate::record::{Event, Gauges, QueueSample, Report, Sink, Source};
use crate::tier::Tier;
use crate::time::{Clock, Span, Timestamp, thread_cpu_time};

/// Ours: sockets and processes are looked at five times a second at most; a dump of 16 000 sockets takes 38 ms.
const DETAIL_INTERVAL: Span = Span::from_ms(200);
/// Ours: no grid is finer than this.
const SHORTEST_INTERVAL: Span = Span::from_ms(1);

/// Ours: of so many processes at most it is looked at closely, which takes a tenth of a millisecond each.
const MOST_CLOSELY: usize = 24;

/// The processes of the stack that live now: masters and proxies first.
pub type Processes = Arc<dyn Fn() -> Vec<WatchedProcess> + Send + Sync>;

/// What an observer is to look at.
#[derive(Clone)]
pub struct ObserverSpec {
    /// The run's clock.
    pub clock: Clock,
    /// Where samples are reported.
    pub sink: Sink,
    /// Read for `queues.csv`; `accept_queue` is kept here.
    pub gauges: Arc<Gauges>,
    /// Distance of the grid's points; 100 ms is usual.
    pub interval: Span,
    /// Where the backend's instances listen.
    pub backends: Vec<Address>,
    /// The tiers of proxies, from the outside in, if there are any.
    pub tiers: Vec<ObservedTier>,
    /// The processes of the stack.
    pub processes: Processes,
    /// The names of the client groups, by index.
    pub groups: Vec<String>,
    /// Whether to write `sockets.csv` and `bytes.csv`.
    pub sample_sockets: bool,
    /// What else is looked at.
    pub also: Also,
}

/// What is looked at only where a plan is about it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Also {
    /// The machine's load, for `machine.csv`.
    pub load: bool,
    /// Logs as files, for `logs.csv`.
    pub logs: bool,
    /// Sockets of clients beyond a line, in their own network.
    pub beyond: bool,
}

/// A tier of proxies that is looked at.
#[derive(Clone, Debug)]
pub struct ObservedTier {
    /// Its name.
    pub tier: Tier,
    /// Its proxies.
    pub proxies: Vec<ObservedProxy>,
}

/// A proxy that is looked at.
#[derive(Clone, Debug)]
pub struct ObservedProxy {
    /// Where it listens.
    pub address: SocketAddr,
    /// The gauges of its buffers and connections, if it keeps any; a real nginx does not.
    pub gauges: Option<Arc<Gauges>>,
}

/// A thread that samples on a fixed grid. Dropping it stops it.
#[derive(Debug)]
pub struct Observer {
    // Never sent on: the thread ends when this end is gone.
    stop: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Observer {
    /// Starts sampling; the first sample is taken at once.
    ///
    /// # Errors
    /// If the thread cannot be made. A missing netlink is no error: then there are fewer columns.
    pub fn start(spec: ObserverSpec) -> io::Result<Observer> {
        let (stop, stopped) = sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("observer".to_owned())
            .spawn(move || Sampler::new(spec).run(&stopped))?;
        Ok(Observer {
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Stops sampling and waits for the sample that is being taken.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // A panic in there has told its story on stderr; a second one from a destructor would abort.
            let _ = thread.join();
        }
    }
}

struct Sampler {
    spec: ObserverSpec,
    diag: Option<SockDiag>,
    /// Of the clients' network, where that is another.
    beyond: Option<SockDiag>,
    followed: Followed,
    counter: Counter,
    /// When `sockets.csv` gets its next rows.
    rows_at: Timestamp,
}

impl Sampler {
    fn new(spec: ObserverSpec) -> Sampler {
        Sampler {
            counter: Counter::new(&spec.groups),
            beyond: apart::here()
                .filter(|_| spec.also.beyond)
                .and_then(|apart| apart.among_clients(SockDiag::open).ok()?.ok()),
            spec,
            diag: SockDiag::open().ok(),
            rows_at: Timestamp::ZERO,
            followed: Followed::default(),
        }
    }

    fn run(mut self, stopped: &Receiver<()>) {
        let clock = self.spec.clock;
        let interval = self.spec.interval.max(SHORTEST_INTERVAL);
        let begun_at = clock.now();
        let lost = LostTime::now();
        let mut due_at = begun_at;
        let mut detail_at = begun_at;
        loop {
            let now = clock.now();
            self.sample_queues(due_at, now);
            if self.counter.is_due(now) {
                self.sample_sockets(now);
            }
            if detail_at <= now {
                self.sample_processes(now);
                detail_at = next_on_grid(detail_at, DETAIL_INTERVAL, now);
            }
            due_at = next_on_grid(due_at, interval, clock.now());
            match stopped.recv_timeout(clock.until(due_at)) {
                Err(RecvTimeoutError::Timeout) => {}
                Ok(()) | Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        let now = clock.now();
        let cost = self.counter.cost(thread_cpu_time(), now.since(begun_at));
        self.spec.sink.event(Event::new(now, Source::Lab, cost));
        if let Some(lost) = LostTime::now().since(&lost, now.since(begun_at)) {
            self.spec.sink.event(Event::new(now, Source::Lab, lost));
        }
    }

    fn sample_queues(&mut self, due_at: Timestamp, now: Timestamp) {
        let gauges = Arc::clone(&self.spec.gauges);
        let late = now.since(due_at);
        let diag = &mut self.diag;
        let queues: Vec<_> = (self.spec.backends.iter())
            .map(|backend| accept_queue(diag.as_mut(), backend))
            .collect();
        let depth = sum(queues.iter().map(|(depth, _)| *depth));
        let limit = sum(queues.iter().map(|(_, limit)| *limit));
        if let Some(depth) = depth {
            gauges.accept_queue.set(depth);
        }
        // Whoever is before a tier holds the connections to it.
        let mut held = Some(gauges.held_connections.get());
        let mut samples = Vec::new();
        for index in 0..self.spec.tiers.len() {
            held = self.sample_tier(index, (now, late), held, &mut samples);
        }
        self.spec.sink.send(Report::Queue(QueueSample {
            accept_queue: depth,
            accept_queue_limit: limit,
            held_connections: held,
            busy_slots: Some(gauges.busy_slots.get()),
            sending_slots: Some(gauges.sending_slots.get()),
            ..QueueSample::of(now, late, Tier::Backend, None)
        }));
        for sample in samples {
            self.spec.sink.send(Report::Queue(sample));
        }
    }

    /// One proxy is the tier as a whole; several are told apart as well. The connections that it holds to the tier behind it.
    fn sample_tier(
        &mut self,
        index: usize,
        (now, late): (Timestamp, Span),
        held_connections: Option<u64>,
        samples: &mut Vec<QueueSample>,
    ) -> Option<u64> {
        let ObservedTier { tier, proxies } = &self.spec.tiers[index];
        let mut single = Vec::new();
        for (index, proxy) in (0..).zip(proxies) {
            let (depth, limit) = accept_queue(self.diag.as_mut(), &Address::Tcp(proxy.address));
            let gauges = proxy.gauges.as_ref();
            single.push(QueueSample {
                accept_queue: depth,
                accept_queue_limit: limit,
                buffered_bytes: gauges.map(|gauges| gauges.proxy_buffered_bytes.get()),
                spilled_bytes: gauges.map(|gauges| gauges.proxy_spilled_bytes.get()),
                upstream_connections: gauges.map(|gauges| gauges.upstream_connections.get()),
                ..QueueSample::of(now, late, *tier, Some(index))
            });
        }
        let of = |field: fn(&QueueSample) -> Option<u64>| sum(single.iter().map(field));
        let whole = QueueSample {
            accept_queue: of(|proxy| proxy.accept_queue),
            accept_queue_limit: of(|proxy| proxy.accept_queue_limit),
            held_connections,
            buffered_bytes: of(|proxy| proxy.buffered_bytes),
            spilled_bytes: of(|proxy| proxy.spilled_bytes),
            upstream_connections: of(|proxy| proxy.upstream_connections),
            ..QueueSample::of(now, late, *tier, None)
        };
        let upstreams = whole.upstream_connections;
        samples.push(whole);
        if single.len() > 1 {
            samples.append(&mut single);
        }
        upstreams
    }

    fn sample_processes(&self, now: Timestamp) {
        let processes = (self.spec.processes)();
        if self.spec.also.logs {
            for sample in logs::samples(&processes, now) {
                self.spec.sink.send(Report::Log(Box::new(sample)));
            }
        }
        if self.spec.also.load
            && let Some(sample) = load::sample(now)
        {
            self.spec.sink.send(Report::Machine(sample));
        }
        for (place, process) in processes.iter().enumerate() {
            let seen = match place < MOST_CLOSELY {
                true => proc::sample_closely(process, now),
                false => proc::sample(process, now),
            };
            if let Some(sample) = seen {
                self.spec.sink.send(Report::Proc(Box::new(sample)));
            }
        }
    }

    /// One look at all sockets serves both files that are made of them.
    fn sample_sockets(&mut self, now: Timestamp) {
        let begun = thread_cpu_time();
        let Some(diag) = self.diag.as_mut().filter(|_| self.spec.sample_sockets) else {
            return;
        };
        let ports_of = |tier: &ObservedTier| -> (Tier, Vec<u16>) {
            let proxies = tier.proxies.iter();
            (
                tier.tier,
                proxies.map(|proxy| proxy.address.port()).collect(),
            )
        };
        let tiers: Vec<(Tier, Vec<u16>)> = self.spec.tiers.iter().map(ports_of).collect();
        let port_of = |backend: &Address| match backend {
            Address::Tcp(backend) => Some(backend.port()),
            Address::Unix(_) => None,
        };
        let backends: Vec<u16> = self.spec.backends.iter().filter_map(port_of).collect();
        let ports = Ports {
            tiers: &tiers,
            backends: &backends,
        };
        // A dump that was disturbed is one sample less; the next one comes soon.
        let mut sockets = diag.tcp_sockets(&ports.known()).unwrap_or_default();
        if let Some(beyond) = &mut self.beyond {
            sockets.extend(beyond.tcp_sockets(&ports.known()).unwrap_or_default());
        }
        if self.rows_at <= now {
            for row in rows(&sockets, ports, &mut self.followed, now) {
                self.spec.sink.send(Report::Socket(Box::new(row)));
            }
            self.rows_at = next_on_grid(self.rows_at, DETAIL_INTERVAL, now);
        }
        let scene = Scene {
            gauges: &self.spec.gauges,
            tiers: &self.spec.tiers,
            backends: &self.spec.backends,
            ports,
            sockets: &sockets,
        };
        self.counter.count(scene, diag);
        let took = Span::from_ns(thread_cpu_time().as_ns() - begun.as_ns());
        let connections = self.spec.gauges.held_connections.get();
        let counted = self.counter.close(now, (connections, took));
        if !counted.is_empty() {
            self.spec.sink.send(Report::Bytes(counted));
        }
    }
}

/// The sum, if each of them is known.
fn sum(numbers: impl Iterator<Item = Option<u64>>) -> Option<u64> {
    numbers
        .reduce(|sum, n| Some(sum?.saturating_add(n?)))
        .flatten()
}

/// The first point of the grid after `now`. Points that were missed are left out, not made up for in a burst.
fn next_on_grid(due_at: Timestamp, interval: Span, now: Timestamp) -> Timestamp {
    let missed = now.since(due_at).as_ns() / interval.as_ns();
    due_at + Span::from_ns((missed + 1).saturating_mul(interval.as_ns()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grid_stays_where_it_is() {
        let cases = [
            (100, 100, 200),
            (100, 150, 200),
            (100, 199, 200),
            (100, 200, 300),
            (100, 1_234, 1_300),
        ];
        for (due, now, next) in cases {
            let found = next_on_grid(
                Timestamp::from_us(due),
                Span::from_us(100),
                Timestamp::from_us(now),
            );
            assert_eq!(found, Timestamp::from_us(next), "due {due}, now {now}");
        }
    }
}
