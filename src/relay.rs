//! Moves packets between the namespaces of a run: what comes out of one side goes into the other when `machine::relay` says so, or never.
//!
//! One thread with a timer of nanoseconds. It decides nothing; how late it was is told when it ends, since what it is late by is distance that nobody
//! asked for. What the kernel dropped because it was too late is told as well: those are losses that nobody asked for.

use std::io;
use std::num::NonZeroU64;
use std::os::fd::{AsFd as _, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use hdrhistogram::Histogram;
use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};

use crate::apart::{Apart, client_of, ends_of};
use crate::machine::relay::{Relay, Vanish, Way, Whose};
use crate::plan::Plan;
use crate::record::{Direction, Event, EventKind, Gauges, LineWay, Sink, Source};
use crate::time::{Clock, Span, Timestamp, thread_cpu_time};

/// The largest IP packet of an Ethernet whose offloads are off.
const LARGEST: usize = 1500;
/// Packets taken from one side before the other has its turn.
const PACKETS_PER_TURN: usize = 64;
/// Lateness beyond this is written as this: a minute.
const LATEST_US: u64 = 60_000_000;

/// So often it says at most what stands in its queues: nobody looks more often.
const TELLS_EVERY: Span = Span::from_ms(1);

/// The relay's thread. Dropping it ends it, and packets under way with it.
#[derive(Debug)]
pub(crate) struct LineRelay {
    thread: Option<JoinHandle<()>>,
    ear: Ear,
    stop: Arc<AtomicBool>,
}

/// What the relay hears of clients that vanish.
#[derive(Clone, Debug)]
pub struct Ear {
    vanish: Sender<Vanish>,
    wake: Arc<OwnedFd>,
}

impl Ear {
    /// A client is not heard of any more.
    pub fn vanish(&self, vanish: Vanish) {
        // A relay that has ended passes nothing on anyhow.
        let _ = self.vanish.send(vanish);
        self.wake();
    }

    fn wake(&self) {
        // A full counter is awake already.
        let _ = rustix::io::write(&self.wake, &1_u64.to_ne_bytes());
    }
}

impl LineRelay {
    /// Starts it for a plan of which some clients are far away; `None` if none is.
    ///
    /// # Errors
    /// This process has no network of its own, or its settings are refused.
    pub(crate) fn start(
        plan: &Plan,
        apart: Option<&'static Apart>,
        (clock, sink, gauges): (Clock, &Sink, &Arc<Gauges>),
    ) -> io::Result<Option<LineRelay>> {
        if !plan.has_lines() {
            return Ok(None);
        }
        let apart = apart.ok_or_else(|| io::Error::other("this process is not apart"))?;
        let congestion = settings(plan, apart)?;
        let (vanish, vanishing) = channel();
        let wake = Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?);
        let ear = Ear { vanish, wake };
        let stop = Arc::new(AtomicBool::new(false));
        let links = (0..).zip(&plan.groups);
        let links =
            links.filter_map(|(place, group)| Some((place, group.name.clone(), group.link?)));
        apart.near().forget()?;
        apart.far().forget()?;
        let mover = Mover {
            apart,
            relay: Relay::new(plan.seed, links),
            clock,
            late: Histogram::new_with_bounds(1, LATEST_US, 3).map_err(io::Error::other)?,
            refused: 0,
            gauges: Arc::clone(gauges),
            tells_at: Timestamp::ZERO,
        };
        let thread = {
            let (stop, sink, wake) = (Arc::clone(&stop), sink.clone(), Arc::clone(&ear.wake));
            std::thread::Builder::new()
                .name("relay".to_owned())
                .spawn(move || {
                    for told in mover.run((&wake, &stop), &vanishing, congestion) {
                        sink.event(Event::new(clock.now(), Source::Lab, told));
                    }
                })?
        };
        Ok(Some(LineRelay {
            thread: Some(thread),
            ear,
            stop,
        }))
    }

    /// Where it hears of clients that vanish.
    pub(crate) fn ear(&self) -> Ear {
        self.ear.clone()
    }
}

impl Drop for LineRelay {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        self.ear.wake();
        if let Some(thread) = self.thread.take() {
            // A panic in there has told its story on stderr; a second one from a destructor would abort.
            let _ = thread.join();
        }
    }
}

/// What a plan wants of TCP on both sides, or what the host has; the way to avoid congestion.
fn settings(plan: &Plan, apart: &Apart) -> io::Result<String> {
    let congestion = plan.congestion().unwrap_or(apart.congestion());
    apart.set("ipv4/tcp_congestion_control", congestion)?;
    let mut links = plan.groups.iter().filter_map(|group| group.link);
    let retries = links.find_map(|link| link.tcp_retries2);
    let retries = retries.map_or(apart.retries().to_owned(), |retries| retries.to_string());
    apart.set("ipv4/tcp_retries2", &retries)?;
    Ok(congestion.to_owned())
}

struct Mover {
    apart: &'static Apart,
    relay: Relay<Vec<u8>>,
    clock: Clock,
    /// In microseconds.
    late: Histogram<u64>,
    /// Packets for which the other side had no room.
    refused: u64,
    gauges: Arc<Gauges>,
    /// When it says next what stands in its queues.
    tells_at: Timestamp,
}

impl Mover {
    /// Until it is told to stop; how it went.
    fn run(
        mut self,
        (wake, stop): (&OwnedFd, &AtomicBool),
        vanishing: &Receiver<Vanish>,
        congestion: String,
    ) -> Vec<EventKind> {
        // Without it the kernel lets every sleep end up to 50 us late. Where it is not granted, lateness says so.
        let _ = rustix::thread::set_current_timer_slack(NonZeroU64::new(1));
        let begun_at = self.clock.now();
        let mut buffer = [0; LARGEST];
        while !stop.load(Ordering::SeqCst) {
            self.sleep(wake);
            for vanish in vanishing.try_iter() {
                self.relay.vanish(self.clock.now(), vanish);
            }
            self.take(Way::Down, &mut buffer);
            self.take(Way::Up, &mut buffer);
            self.deliver();
            self.tell();
        }
        let mut told = self.queued();
        let counts = self.relay.counts();
        let unread = self.apart.near().dropped() + self.apart.far().dropped();
        told.push(EventKind::Relayed {
            packets: counts.came,
            lost: counts.lost,
            overflowed: counts.overflowed,
            vanished: counts.vanished,
            dropped: unread + self.refused,
            late_p99_us: self.late.value_at_quantile(0.99),
            late_max_us: self.late.max(),
            cpu_us: thread_cpu_time().as_us(),
            elapsed_us: self.clock.now().since(begun_at).as_us(),
            congestion,
        });
        told
    }

    /// Says what stands in the queues of shared lines.
    fn tell(&mut self) {
        let now = self.clock.now();
        if now < self.tells_at {
            return;
        }
        self.tells_at = now + TELLS_EVERY;
        let standing = self.relay.standings().flat_map(|(way, standings)| {
            let direction = match way {
                Way::Up => Direction::Request,
                Way::Down => Direction::Response,
            };
            let groups = standings.now();
            groups.map(move |(group, bytes)| (direction, group, bytes))
        });
        self.gauges.line.set(standing);
    }

    /// Who waited in the queues of shared lines.
    fn queued(&self) -> Vec<EventKind> {
        let relay = &self.relay;
        let mut told = Vec::new();
        for (way, standings) in relay.standings() {
            for (place, standing) in &standings.groups {
                let Some((name, link)) = relay.group(*place) else {
                    continue;
                };
                let of_group = |(other, bytes): (&u32, &u64)| {
                    let (other, _) = relay.group(*other)?;
                    Some((other.clone(), bytes / standing.packets.max(1)))
                };
                told.push(EventKind::Queued {
                    way: match way {
                        Way::Up => LineWay::Up,
                        Way::Down => LineWay::Down,
                    },
                    group: name.clone(),
                    packets: standing.packets,
                    wait_mean_us: standing.waited.as_us() / standing.sent.max(1),
                    wait_max_us: standing.longest.as_us(),
                    ahead_bytes: standing.ahead.iter().filter_map(of_group).collect(),
                    peak_bytes: standings.peak_bytes,
                    limit_bytes: link.queue(),
                });
            }
        }
        told
    }

    /// Until something comes, or is due.
    fn sleep(&self, wake: &OwnedFd) {
        let mut ends = [
            PollFd::new(self.apart.near(), PollFlags::IN),
            PollFd::new(self.apart.far(), PollFlags::IN),
            PollFd::new(wake, PollFlags::IN),
        ];
        let left = |at: Timestamp| at.since(self.clock.now()).to_duration();
        let timeout = self.relay.next_at().map(|at| Timespec::try_from(left(at)));
        let timeout = timeout.map(|timeout| timeout.unwrap_or_default());
        // Interrupted or not: what is there is looked at next.
        let _ = poll(&mut ends, timeout.as_ref());
        let is_awake = ends[2].revents().contains(PollFlags::IN);
        if is_awake {
            let _ = rustix::io::read(wake.as_fd(), &mut [0; 8]);
        }
    }

    /// Hands over what came on one side.
    fn take(&mut self, way: Way, buffer: &mut [u8; LARGEST]) {
        let from = match way {
            Way::Up => self.apart.far(),
            Way::Down => self.apart.near(),
        };
        for _ in 0..PACKETS_PER_TURN {
            // What is wrong with a socket shows in what does not arrive.
            let Ok(Some(length)) = from.take(buffer) else {
                return;
            };
            let packet = &buffer[..length];
            let client = ends_of(packet).and_then(|(source, destination)| match way {
                Way::Up => client_of(source),
                Way::Down => client_of(destination),
            });
            if let Some((group, client)) = client {
                let whose = Whose { group, client };
                let now = self.clock.now();
                let bytes = length as u64;
                self.relay
                    .on_packet(now, (whose, way), bytes, packet.to_vec());
            }
        }
    }

    /// Delivers what has arrived.
    fn deliver(&mut self) {
        self.relay.on_time(self.clock.now());
        while let Some(arrival) = self.relay.take_arrival() {
            let to = match arrival.way {
                Way::Up => self.apart.near(),
                Way::Down => self.apart.far(),
            };
            if to.put(&arrival.packet).is_err() {
                self.refused += 1;
            }
            let late = self.clock.now().since(arrival.at);
            self.late.saturating_record(late.as_us());
        }
    }
}
