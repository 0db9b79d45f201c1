//! The proxy's connections: accepting them, reading requests, the report of each. The exchange itself is in `relay`.

use std::sync::Arc;

use super::event::{Event, Wakeup};
use super::heads::{HOST, upstream_request};
use super::{Owner, World};
use crate::attribution::{ended_by, proxy_event};
use crate::machine::exchange::{Exchange, Finished, Intake, LogLine, Refusal};
use crate::machine::pipe::Ledger;
use crate::machine::proxy_config::ProxyConfig;
use crate::record::{ProxyHalf, Report, Source};
use crate::sim::alarm::{Alarm, Ring};
use crate::sim::kernel::{Recv, SocketId};
use crate::time::{Span, Timestamp};

/// CPU time of a connection's making, accepting and closing over TCP on loopback (measured, `reference/sockets.md` 5).
const ACCEPT: Span = Span::from_us(42);

/// All proxies. The workers of each are as one: they share nothing that a model without CPU cost could tell apart. Connections of
/// all proxies are in one table, and each knows whose it is.
#[derive(Debug)]
pub(super) struct Proxy {
    pub(super) config: Arc<ProxyConfig>,
    /// The upstream as the error log names it.
    pub(super) upstream_name: Arc<str>,
    pub(super) connections: Vec<Connection>,
    free: Vec<u32>,
    pub(super) instances: Vec<Instance>,
}

/// What one of several proxies has of its own, beside its listener.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Instance {
    /// Body bytes in memory and in temp files now.
    pub(super) buffered: u64,
    pub(super) spilled: u64,
    /// Connections to the backend.
    pub(super) upstreams: u64,
    /// Whether an event loop comes back to the accept queue by itself.
    accepts_again: bool,
}

/// A client's connection, with the request that is being read or served.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) socket: Option<SocketId>,
    /// Which proxy it belongs to.
    pub(super) instance: u8,
    pub(super) accepted_at: Timestamp,
    pub(super) intake: Option<Intake>,
    pub(super) exchange: Option<Exchange>,
    pub(super) upstream: Option<SocketId>,
    /// A FIN is a level that never goes away: it is told as an edge once.
    pub(super) upstream_end_told: bool,
    /// Bytes of the upstream's response that were read so far.
    pub(super) upstream_read: u64,
    /// Length of the head that the client gets.
    pub(super) head: u64,
    pub(super) counted: Ledger,
    pub(super) alarm: Alarm,
}

impl Proxy {
    pub(super) fn new(config: &ProxyConfig, upstream_name: &str) -> Proxy {
        Proxy {
            config: Arc::new(config.clone()),
            upstream_name: Arc::from(upstream_name),
            connections: Vec::new(),
            free: Vec::new(),
            instances: vec![Instance::default(); config.instances.max(1) as usize],
        }
    }

    /// Whether an event loop comes back to the accept queue by itself.
    pub(super) fn accepts_again(&self, instance: u8) -> bool {
        self.instances[usize::from(instance)].accepts_again
    }

    fn slot(&mut self, instance: u8, socket: SocketId, now: Timestamp) -> u32 {
        let fresh = Connection {
            socket: Some(socket),
            instance,
            accepted_at: now,
            intake: Some(Intake::first(&self.config, now)),
            exchange: None,
            upstream: None,
            upstream_end_told: false,
            upstream_read: 0,
            head: 0,
            counted: Ledger::default(),
            alarm: Alarm::default(),
        };
        if let Some(slot) = self.free.pop() {
            let old = &mut self.connections[slot as usize];
            old.alarm.reset();
            *old = Connection {
                alarm: old.alarm,
                ..fresh
            };
            return slot;
        }
        self.connections.push(fresh);
        u32::try_from(self.connections.len() - 1).expect("fewer than 2^32 connections")
    }
}

impl World<'_> {
    /// One of the proxy's connections.
    ///
    /// # Panics
    /// Without a proxy: a bug.
    pub(super) fn connection(&mut self, index: u32) -> &mut Connection {
        &mut self.proxy().connections[index as usize]
    }

    pub(super) fn proxy(&mut self) -> &mut Proxy {
        self.proxy.as_mut().expect("there is a proxy")
    }

    /// The proxy that a connection belongs to.
    pub(super) fn instance_of(&mut self, index: u32) -> &mut Instance {
        let instance = self.connection(index).instance;
        &mut self.proxy().instances[usize::from(instance)]
    }

    /// A proxy accepts as many as it has event loops, and comes back for the rest: while a burst is being accepted the backend's
    /// workers already take up its first requests.
    pub(super) fn accept_clients(&mut self, instance: u8) {
        let front = self.fronts[usize::from(instance)];
        let loops = self.proxy().config.worker_processes.max(1);
        for _ in 0..loops {
            let Some(socket) = self.kernel.accept(front) else {
                return;
            };
            let now = self.now();
            let index = self.proxy().slot(instance, socket, now);
            self.own(socket, Owner::Downstream(index));
            self.read_request(index);
        }
        if self.kernel.listener(front).depth() > 0 && !self.proxy().accepts_again(instance) {
            self.proxy().instances[usize::from(instance)].accepts_again = true;
            let at = self.now() + ACCEPT;
            self.push(at, Event::AcceptMore { instance });
        }
    }

    pub(super) fn accept_more(&mut self, instance: u8) {
        self.proxy().instances[usize::from(instance)].accepts_again = false;
        self.accept_clients(instance);
    }

    pub(super) fn wake_downstream(&mut self, index: u32, what: Wakeup) {
        if self.connection(index).exchange.is_none() {
            return self.read_request(index);
        }
        let now = self.now();
        let socket = self.connection(index).socket.expect("it was woken");
        let gone = self.kernel.peer_is_gone(socket);
        let exchange = self
            .connection(index)
            .exchange
            .as_mut()
            .expect("it was just there");
        match what {
            Wakeup::Writable(_) if gone && exchange.watches_client_close() => {
                exchange.on_client_closed(now);
            }
            Wakeup::Writable(_) => exchange.on_client_writable(),
            Wakeup::Readable(_) if gone && exchange.watches_client_close() => {
                exchange.on_client_closed(now);
            }
            _ => return,
        }
        self.drive(index);
    }

    /// Reads what has come of a request, and begins the exchange once it is whole.
    fn read_request(&mut self, index: u32) {
        let now = self.now();
        let socket = self.connection(index).socket.expect("an open connection");
        match self.kernel.recv(socket, 32 * 1024) {
            Ok(Recv::Bytes(n)) => {
                let traffic = *self.traffic(socket);
                let kept = traffic.request_read == 0 && self.connection(index).counted_before();
                if kept {
                    self.connection(index).accepted_at = now;
                }
                self.traffic(socket).request_read += n;
                let config = Arc::clone(&self.proxy().config);
                let intake = self.connection(index).intake.as_mut();
                intake
                    .expect("a request is being read")
                    .on_head_bytes(&config, now, n);
                let group = &self.plan.groups[traffic.group as usize];
                let whole = group.request_text(HOST, traffic.request_id).len() as u64;
                if traffic.request_read + n >= whole {
                    return self.begin_exchange(index);
                }
                self.wait_for_request(index);
            }
            Ok(Recv::WouldBlock) => self.wait_for_request(index),
            Ok(Recv::Eof) | Err(_) => self.close_downstream(index, false),
        }
    }

    fn wait_for_request(&mut self, index: u32) {
        let connection = self.connection(index);
        let socket = connection.socket.expect("an open connection");
        let intake = connection.intake.expect("a request is being read");
        let ticket = connection.alarm.set(intake.wait().deadline);
        self.kernel.watch(socket);
        self.push_proxy_ticket(index, ticket);
    }

    pub(super) fn push_proxy_ticket(
        &mut self,
        connection: u32,
        ticket: Option<crate::sim::alarm::Ticket>,
    ) {
        self.push_ticket(ticket, |generation| Event::Proxy {
            connection,
            generation,
        });
    }

    fn begin_exchange(&mut self, index: u32) {
        let now = self.now();
        let (config, name) = {
            let proxy = self.proxy();
            (Arc::clone(&proxy.config), Arc::clone(&proxy.upstream_name))
        };
        let socket = self.connection(index).socket.expect("an open connection");
        let traffic = *self.traffic(socket);
        let group = &self.plan.groups[traffic.group as usize];
        let length = upstream_request(group, traffic.request_id).len() as u64;
        let connection = self.connection(index);
        connection.intake = None;
        connection.alarm.set(None);
        connection.exchange = Some(Exchange::new(config, name, length, now));
        connection.upstream_read = 0;
        connection.upstream_end_told = false;
        connection.head = 0;
        self.drive(index);
    }

    pub(super) fn on_proxy_timer(&mut self, index: u32, generation: u32) {
        let now = self.now();
        match self.connection(index).alarm.ring(now, generation) {
            Ring::Stale => {}
            Ring::Again(ticket) => self.push_proxy_ticket(index, Some(ticket)),
            Ring::Due => match self.connection(index) {
                Connection {
                    exchange: Some(exchange),
                    ..
                } => {
                    exchange.on_timer(now);
                    self.drive(index);
                }
                Connection {
                    intake: Some(intake),
                    ..
                } => {
                    let refusal = intake.on_timer(now);
                    self.intake_timed_out(index, refusal);
                }
                _ => {}
            },
        }
    }

    fn intake_timed_out(&mut self, index: u32, refusal: Option<Refusal>) {
        match refusal {
            None => self.wait_for_request(index),
            Some(Refusal::TimedOut { line, .. }) => {
                if let Some(line) = line {
                    self.proxy_log(None, &line);
                }
                self.close_downstream(index, false);
            }
            Some(Refusal::Answer(_)) => unreachable!("a timer never answers"),
        }
    }

    /// A line of the error log becomes an event, as in the lab.
    pub(super) fn proxy_log(&mut self, request_id: Option<u64>, line: &LogLine) {
        self.event((Source::Proxy, proxy_event(line)), request_id, None);
    }

    /// The exchange is over: its report, and the connection's next request or its end.
    pub(super) fn finish_exchange(&mut self, index: u32, finished: &Finished) {
        let now = self.now();
        self.count(index, Ledger::default());
        let connection = self.connection(index);
        let (accepted_at, head) = (connection.accepted_at, connection.head);
        let socket = connection.socket.expect("an exchange has a client");
        connection.exchange = None;
        connection.alarm.set(None);
        let request_id = self.traffic(socket).request_id;
        let body_bytes_sent = finished.bytes_sent.saturating_sub(head);
        let told = |at: Option<Timestamp>| at.map(|at| at - self.origin);
        let half = ProxyHalf {
            request_id,
            accepted_at: accepted_at - self.origin,
            upstream_connected_at: told(finished.upstream_connected_at),
            upstream_header_at: told(finished.upstream_header_at),
            upstream_released_at: told(finished.upstream_released_at),
            status: finished.status,
            ended_by: ended_by(finished.ending),
            sent_bytes: if finished.upstream_header_at.is_some() {
                finished.body_sent
            } else {
                body_bytes_sent
            },
            read_bytes: Some(finished.body_read),
            spilled_bytes: Some(finished.spilled),
            peak_buffered_bytes: Some(finished.peak_buffered),
        };
        self.report(Report::Proxy(Box::new(half)));
        if !finished.keep_alive {
            return self.close_downstream(index, finished.reset);
        }
        let config = Arc::clone(&self.proxy().config);
        self.connection(index).intake = Some(Intake::kept_alive(&config, now));
        self.wait_for_request(index);
    }

    fn close_downstream(&mut self, index: u32, reset: bool) {
        let connection = self.connection(index);
        connection.alarm.set(None);
        connection.intake = None;
        let socket = connection.socket.take().expect("it is closed once");
        if reset {
            self.abort(socket);
        } else {
            self.close(socket);
        }
        self.proxy().free.push(index);
    }

    /// The run ends: every exchange is stopped and reported, every connection closed.
    pub(super) fn stop_proxy(&mut self) {
        let Some(proxy) = &self.proxy else { return };
        for index in 0..proxy.connections.len() {
            let index = index as u32;
            let now = self.now();
            let connection = self.connection(index);
            if let Some(exchange) = &mut connection.exchange {
                exchange.on_stop(now);
                self.drive(index);
            }
            if self.connection(index).socket.is_some() {
                self.close_downstream(index, false);
            }
        }
    }
}

impl Connection {
    /// Whether a request was served on this connection before.
    fn counted_before(&self) -> bool {
        self.head > 0
    }
}
