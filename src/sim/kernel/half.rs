//! Handshakes: when a dropped SYN is sent again, and those whose last packet finds the accept queue full.
//!
//! A SYN that finds the queue full is dropped. But SYNs of a burst are sent again at the same instant, and all of them are answered before the last packet
//! of any handshake arrives (with syncookies when there are more than the backlog; `tcp_conn_request`). Every client is then connected, as it sees it;
//! as many as there is room for join the queue, and the last packets of the others are dropped (`tcp_v4_syn_recv_sock`). Their requests are sent again,
//! each time with what the handshake lacks, and whoever finds room then joins after all. In the end the server cannot tell whose they are, because
//! the cookie is more than a minute old (`MAX_SYNCOOKIE_AGE`), and answers with a reset.
//!
//! Measured on Linux 6.18, `listen(1)`, 50 and 100 at once, 2 s each: connected after 1.03, 2.05 or 4.13 s, one or two served at each of the instants
//! below, the others reset 107.6 to 109.7 s after they were connected. Without syncookies SYNs beyond the backlog are dropped instead. Left out: where the
//! backlog is large, some of those without a cookie are forgotten after 7 s (their queue is half full), and reset after 13 s.

use super::SocketId;
use super::table::{Kernel, State};
use super::{Wake, listen::ListenerId};
use crate::time::{Span, Timestamp};

/// Kernel: seconds until a SYN is sent again (`tcp_syn_linear_timeouts = 4`, then `tcp_syn_retries = 6` that double), and until `connect` fails.
const SYN_TIMEOUTS: [u64; 11] = [1, 1, 1, 1, 1, 2, 4, 8, 16, 32, 64];
/// Kernel: milliseconds until a request that nobody acknowledged is sent again: the probe of a tail, and timeouts from the least one on (200 ms and two
/// ticks for the round trip), doubled. At the last one the
/// server has forgotten.
const TIMEOUTS: [u64; 10] = [208, 208, 416, 832, 1664, 3328, 6656, 13_312, 26_624, 53_248];
/// Kernel: a tick (`CONFIG_HZ` of 250), and where the wheel of timers stands at the beginning, in ticks: it may be anywhere.
const TICK: Span = Span::from_ms(4);
const WHEEL_AT: u64 = 64;
/// Kernel: below so many ticks from now a timer is a multiple of so many (`LVL_START`, `LVL_GRAN`).
const LEVELS: [(u64, u64); 4] = [(64, 1), (512, 8), (4096, 64), (u64::MAX, 512)];

/// When a timer fires that is to fire after `span`: timers are put into the next slot of a wheel, and all of a slot fire together.
pub(super) fn fires_at(now: Timestamp, span: Span) -> Timestamp {
    let ticks = |span: Span| span.as_ns().div_ceil(TICK.as_ns());
    let after = ticks(span);
    let due = ticks(now.since(Timestamp::ZERO)) + WHEEL_AT + after;
    let level = LEVELS.iter().find(|(below, _)| after < *below);
    let slot = level.map_or(1, |(_, slot)| *slot);
    let at = (due / slot + 1) * slot - WHEEL_AT;
    Timestamp::ZERO + Span::from_ns(at * TICK.as_ns())
}

/// When the SYN that was sent again so often is sent the next time; the last time is when `connect` fails.
pub(super) fn syn_again_at(opened_at: Timestamp, retries: u8) -> Timestamp {
    let timeouts = SYN_TIMEOUTS.iter().take(usize::from(retries) + 1);
    timeouts.fold(opened_at, |at, secs| fires_at(at, Span::from_secs(*secs)))
}

/// Whether no more SYNs follow.
pub(super) fn was_last(retries: u8) -> bool {
    usize::from(retries) + 1 >= SYN_TIMEOUTS.len()
}

impl Kernel {
    /// A SYN that was sent again is answered, and its client connected. The last packet arrives behind all SYNs of this instant.
    pub(super) fn answer(&mut self, socket: SocketId) {
        self.connections[socket.connection()].state = State::Half(0);
        self.wakes.push(Wake::Connected(socket));
        self.syn_timer(socket, self.now);
    }

    /// The last packet of a handshake arrives, or a request that stands for it; so many came before.
    pub(super) fn last_packet(&mut self, socket: SocketId, before: u8) {
        let connection = &self.connections[socket.connection()];
        let id = connection.listener;
        // Who says nothing sends nothing again.
        let silent = before > 0 && connection.flows[0].held() == 0 && !connection.ends[0].fin;
        let Some(timeout) = TIMEOUTS.get(usize::from(before)) else {
            return match silent {
                true => self.again(socket, before, Span::from_secs(60)),
                false => self.abort(self.now, socket.peer()),
            };
        };
        if silent {
            return self.again(socket, before, Span::from_ms(*timeout));
        }
        if self.listeners[id.0 as usize].closed {
            return self.abort(self.now, socket.peer());
        }
        if self.finds_room(socket, id) {
            return;
        }
        self.again(socket, before + 1, Span::from_ms(*timeout));
    }

    fn finds_room(&mut self, socket: SocketId, id: ListenerId) -> bool {
        let listener = &mut self.listeners[id.0 as usize];
        if listener.is_full() {
            listener.overflows += 1;
            return false;
        }
        listener.queue.push_back(socket.peer());
        self.connections[socket.connection()].state = State::Established;
        self.wakes.push(Wake::Acceptable(id));
        true
    }

    fn again(&mut self, socket: SocketId, before: u8, after: Span) {
        self.connections[socket.connection()].state = State::Half(before);
        let at = fires_at(self.now, after);
        self.syn_timer(socket, at);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Connect, Errno, Options, Recv};
    use super::*;
    use crate::net::BufferSizes;

    #[test]
    fn timers_of_a_slot_fire_together() {
        let at = |ms| Timestamp::ZERO + Span::from_ms(ms);
        for (now, after, fires) in [
            (0, 1000, 1024),
            (3, 1000, 1024),
            (20, 1000, 1024),
            (21, 1000, 1056),
            (0, 200, 204),
            (5120, 2000, 7136),
            (35_584, 32_000, 69_376),
        ] {
            assert_eq!(
                fires_at(at(now), Span::from_ms(after)),
                at(fires),
                "{now} {after}"
            );
        }
    }

    /// When, and how.
    type End = (Timestamp, &'static str);

    /// A burst of `clients` at a listener with `backlog`, each with a request, and a server that takes `each` for one after the other: when each was
    /// connected, and when it was served or failed.
    struct Burst {
        kernel: Kernel,
        clients: Vec<(SocketId, Option<Timestamp>, Option<End>)>,
        timers: Vec<(Timestamp, SocketId, u32)>,
        serving: Option<(Timestamp, SocketId)>,
        each: Span,
        listener: ListenerId,
    }

    impl Burst {
        fn new(backlog: u32, clients: u64, each: Span) -> Burst {
            let mut kernel = Kernel::default();
            let listener = kernel.listen(false, backlog, BufferSizes::default(), false);
            let mut burst = Burst {
                kernel,
                clients: Vec::new(),
                timers: Vec::new(),
                serving: None,
                each,
                listener,
            };
            for client in 0..clients {
                let now = Timestamp::from_us(20 * client);
                burst.kernel.set_now(now);
                let options = Options::default();
                let socket = match burst.kernel.connect(now, listener, options).unwrap() {
                    Connect::Connected(socket) => {
                        burst.clients.push((socket, Some(now), None));
                        burst.kernel.send(socket, 100).unwrap();
                        socket
                    }
                    Connect::InProgress(socket) => {
                        burst.clients.push((socket, None, None));
                        socket
                    }
                };
                assert_eq!(burst.clients[socket.connection()].0, socket);
                burst.step(now);
            }
            burst
        }

        fn step(&mut self, now: Timestamp) {
            loop {
                let mut wakes = Vec::new();
                self.kernel.take_wakes(&mut wakes);
                for wake in wakes {
                    self.hear(now, wake);
                }
                // A server is woken behind all that arrives at this instant.
                if self.serving.is_some() || self.timers.iter().any(|(at, _, _)| *at == now) {
                    return;
                }
                let Some(server) = self.kernel.accept(self.listener) else {
                    return;
                };
                assert_eq!(self.kernel.recv(server, 1000), Ok(Recv::Bytes(100)));
                self.serving = Some((now + self.each, server));
            }
        }

        fn hear(&mut self, now: Timestamp, wake: Wake) {
            match wake {
                Wake::SynTimer {
                    at,
                    socket,
                    generation,
                } => {
                    self.timers.push((at, socket, generation));
                }
                Wake::Connected(socket) => {
                    self.clients[socket.connection()].1 = Some(now);
                    self.kernel.send(socket, 100).unwrap();
                    self.kernel.watch(socket);
                }
                Wake::Readable(socket) if self.waits(socket) => {
                    assert_eq!(self.kernel.recv(socket, 10), Err(Errno::Reset));
                    self.end(now, socket, "reset");
                }
                Wake::ConnectFailed(socket) => self.end(now, socket, "timed out"),
                _ => {}
            }
        }

        fn waits(&self, socket: SocketId) -> bool {
            let (client, _, end) = self.clients[socket.connection()];
            client == socket && end.is_none()
        }

        fn end(&mut self, now: Timestamp, socket: SocketId, how: &'static str) {
            self.clients[socket.connection()].2 = Some((now, how));
            self.kernel.close(now, socket);
        }

        fn run(mut self) -> Vec<(Option<Timestamp>, End)> {
            while self.clients.iter().any(|(_, _, end)| end.is_none()) {
                let timer = self.timers.iter().map(|(at, _, _)| *at).min();
                let served = self.serving.map(|(at, _)| at);
                let now = timer
                    .into_iter()
                    .chain(served)
                    .min()
                    .expect("something is left");
                self.kernel.set_now(now);
                if let Some((_, server)) = self.serving.filter(|(at, _)| *at == now) {
                    self.serving = None;
                    self.kernel.close(now, server);
                    self.end(now, SocketId(server.0 ^ 1), "served");
                } else {
                    let first = self.timers.iter().position(|(at, _, _)| *at == now);
                    let (_, socket, generation) = self.timers.remove(first.unwrap());
                    self.kernel.on_syn_timer(socket, generation);
                }
                self.kernel.audit();
                self.step(now);
            }
            let ends = self.clients.into_iter();
            ends.map(|(_, connected, end)| (connected, end.unwrap()))
                .collect()
        }
    }

    #[test]
    fn whoever_finds_no_room_in_the_end_is_reset() {
        // Measured: 13 of 50 served within 61 s, one at a time at first and two at a time then; 37 reset after 109.8 s.
        let ends = Burst::new(1, 50, Span::from_secs(2)).run();
        let of = |how| ends.iter().filter(move |(_, (_, end))| *end == how);
        assert_eq!(of("timed out").count(), 0);
        let served = of("served").count();
        assert!((12..=14).contains(&served), "{served}");
        for (connected, (at, _)) in of("reset") {
            let connected = connected.expect("before it is reset");
            let late = at.since(connected);
            assert!(
                (Span::from_secs(107)..Span::from_secs(111)).contains(&late),
                "{late}"
            );
        }
        let last = of("served").map(|(_, (at, _))| *at).max().unwrap();
        assert!((58..64).contains(&last.as_secs()), "{last}");
    }

    #[test]
    fn whoever_finds_room_at_once_never_waits_for_a_reset() {
        // One more than fit: connected at the first retry, served behind the others.
        let ends = Burst::new(1, 4, Span::from_ms(100)).run();
        assert!(ends.iter().all(|(_, (_, how))| *how == "served"));
        assert_eq!(ends[3].0, Some(Timestamp::from_us(1_024_000)));
    }
}
