//! One exchange driven over the kernel's model: each step of the machine carried out, each result told back.

use super::event::Wakeup;
use super::heads::{downstream, error_page};
use super::{Owner, Traffic, World};
use crate::machine::exchange::{Note, OsError, ReadResult, ReadWait, ResponseHeadInfo, Step, Wait};
use crate::machine::pipe::Ledger;
use crate::record::{ClientStep, EventKind, Source};
use crate::sim::kernel::{Connect, Errno, Options, Recv, SocketId};

/// The most that one system call moves, as in the lab.
const LARGEST_CALL: u64 = 64 * 1024;

impl World<'_> {
    /// Lets the exchange act until it waits or is over.
    pub(super) fn drive(&mut self, index: u32) {
        loop {
            let now = self.now();
            let Some(exchange) = &mut self.connection(index).exchange else {
                return;
            };
            match exchange.next(now) {
                Step::Wait(wait) => {
                    self.check_books(index);
                    return self.wait_upon(index, wait);
                }
                Step::Finish(finished) => {
                    self.check_books(index);
                    return self.finish_exchange(index, &finished);
                }
                Step::Connect => self.connect_upstream(index),
                Step::WriteUpstream { max } => self.write_upstream(index, max),
                Step::ReadUpstream { max } => self.read_upstream(index, max),
                Step::WriteDownstream { max } => self.write_downstream(index, max),
                Step::Spill(spill) => exchange.on_spilled(spill),
                Step::ErrorPage { status } => self.send_error_page(index, status),
                Step::CloseUpstream => self.close_upstream(index),
                Step::Log(line) => {
                    let request_id = self.request_of(index);
                    self.proxy_log(Some(request_id), &line);
                }
                Step::Note(note) => self.note(index, note),
            }
        }
    }

    /// The machine's books must balance whenever it rests, and the live counters follow them.
    fn check_books(&mut self, index: u32) {
        let Some(exchange) = &self.connection(index).exchange else {
            return;
        };
        let ledger = exchange.ledger();
        assert_eq!(
            ledger.read,
            ledger.memory + ledger.file + ledger.sent + ledger.dropped,
            "a pipe conserves bytes"
        );
        self.count(index, ledger);
    }

    /// Brings the counters of buffered bytes up to date.
    pub(super) fn count(&mut self, index: u32, ledger: Ledger) {
        let connection = self.connection(index);
        let before = std::mem::replace(&mut connection.counted, ledger);
        let held = self.instance_of(index);
        held.buffered = held.buffered + ledger.memory - before.memory;
        held.spilled = held.spilled + ledger.file - before.file;
    }

    fn connect_upstream(&mut self, index: u32) {
        let now = self.now();
        self.instance_of(index).upstreams += 1;
        let options = Options {
            source: self.connection(index).instance,
            ..Options::default()
        };
        let result = self.kernel.connect(now, self.back, options);
        if let Ok(Connect::Connected(socket) | Connect::InProgress(socket)) = result {
            self.own(socket, Owner::Upstream(index));
            let downstream = self
                .connection(index)
                .socket
                .expect("an exchange has a client");
            let Traffic {
                group, request_id, ..
            } = *self.traffic(downstream);
            *self.traffic(socket) = Traffic {
                group,
                request_id,
                ..Traffic::default()
            };
            self.connection(index).upstream = Some(socket);
        }
        let exchange = self
            .connection(index)
            .exchange
            .as_mut()
            .expect("it connects");
        match result {
            Ok(Connect::Connected(_)) => exchange.on_connected(now),
            Ok(Connect::InProgress(_)) => exchange.on_connect_pending(now),
            Err(errno) => exchange.on_connect_failed(now, &errno.as_os_error()),
        }
    }

    fn upstream_of(&mut self, index: u32) -> SocketId {
        self.connection(index).upstream.expect("it is connected")
    }

    fn write_upstream(&mut self, index: u32, max: u64) {
        let now = self.now();
        let socket = self.upstream_of(index);
        let result = self.kernel.send(socket, max);
        let exchange = self.connection(index).exchange.as_mut().expect("it writes");
        match result {
            Ok(n) => exchange.on_upstream_written(now, n),
            Err(errno) => exchange.on_upstream_write_failed(now, &errno.as_os_error()),
        }
    }

    fn read_upstream(&mut self, index: u32, max: u64) {
        let now = self.now();
        let socket = self.upstream_of(index);
        let offered = max.min(LARGEST_CALL);
        let result = match self.kernel.recv(socket, offered) {
            Ok(Recv::Bytes(n)) => return self.take_upstream_bytes(index, n, n == offered),
            Ok(Recv::WouldBlock) => ReadResult::WouldBlock,
            Ok(Recv::Eof) => ReadResult::Closed,
            Err(errno) => ReadResult::Failed(errno.as_os_error()),
        };
        let exchange = self.connection(index).exchange.as_mut().expect("it reads");
        exchange.on_upstream_read(now, result);
    }

    fn take_upstream_bytes(&mut self, index: u32, n: u64, filled: bool) {
        let now = self.now();
        let socket = self.upstream_of(index);
        let response = self.traffic(socket).response;
        let connection = self.connection(index);
        let before = connection.upstream_read;
        connection.upstream_read += n;
        let exchange = connection.exchange.as_mut().expect("it reads");
        let read = ReadResult::Bytes {
            n,
            filled,
            last: false,
        };
        let Some(response) = response.filter(|response| before < response.head) else {
            exchange.on_upstream_read(now, read);
            return;
        };
        if before + n < response.head {
            exchange.on_upstream_read(now, read);
            return;
        }
        let keep_alive = self.keeps_alive(index);
        let passed_on = downstream(response, keep_alive);
        let client = self
            .connection(index)
            .socket
            .expect("an exchange has a client");
        self.traffic(client).response = Some(passed_on);
        let connection = self.connection(index);
        connection.head = passed_on.head;
        let info = ResponseHeadInfo {
            status: response.status,
            upstream_head: response.head,
            preread: (before + n - response.head).min(response.length),
            length: Some(response.length),
            upstream_chunked: None,
            downstream_head: passed_on.head,
            downstream_chunked: false,
            keep_alive,
        };
        let exchange = connection.exchange.as_mut().expect("it reads");
        exchange.on_head(now, filled, info);
    }

    fn keeps_alive(&mut self, index: u32) -> bool {
        let client = self
            .connection(index)
            .socket
            .expect("an exchange has a client");
        let group = self.traffic(client).group;
        let asked = self.plan.groups[group as usize].keepalive;
        asked && !self.proxy().config.keepalive_timeout.is_zero()
    }

    fn write_downstream(&mut self, index: u32, max: u64) {
        let now = self.now();
        let socket = self
            .connection(index)
            .socket
            .expect("an exchange has a client");
        let offered = max.min(LARGEST_CALL);
        let result = self.kernel.send(socket, offered);
        let exchange = self.connection(index).exchange.as_mut().expect("it writes");
        match result {
            Ok(n) => exchange.on_client_written(now, n, n < offered),
            Err(errno) => exchange.on_client_write_failed(now, &errno.as_os_error()),
        }
    }

    fn send_error_page(&mut self, index: u32, status: u16) {
        let now = self.now();
        let page = error_page(status, self.keeps_alive(index));
        let socket = self
            .connection(index)
            .socket
            .expect("an exchange has a client");
        self.traffic(socket).response = Some(page);
        let connection = self.connection(index);
        connection.head = page.head;
        let exchange = connection.exchange.as_mut().expect("it answers");
        exchange.on_error_page(now, page.head + page.length, page.keep_alive);
    }

    fn close_upstream(&mut self, index: u32) {
        self.instance_of(index).upstreams -= 1;
        if let Some(socket) = self.connection(index).upstream.take() {
            self.close(socket);
        }
    }

    fn request_of(&mut self, index: u32) -> u64 {
        let socket = self
            .connection(index)
            .socket
            .expect("an exchange has a client");
        self.traffic(socket).request_id
    }

    fn note(&mut self, index: u32, note: Note) {
        let kind = match note {
            Note::SpillStarted => EventKind::SpillStarted { path: None },
            Note::UpstreamBlocked => EventKind::UpstreamBlocked {},
        };
        let request_id = self.request_of(index);
        self.event((Source::Proxy, kind), Some(request_id), None);
    }

    fn wait_upon(&mut self, index: u32, wait: Wait) {
        let connection = self.connection(index);
        let ticket = connection.alarm.set(wait.deadline);
        let client = connection.socket.expect("an exchange has a client");
        let (upstream, end_told) = (connection.upstream, connection.upstream_end_told);
        self.push_proxy_ticket(index, ticket);
        if let Some(upstream) = upstream {
            match wait.upstream_read {
                ReadWait::No => self.kernel.unwatch(upstream),
                ReadWait::Readable => self.kernel.watch(upstream),
                ReadWait::MoreArrives if end_told => self.kernel.unwatch(upstream),
                ReadWait::MoreArrives => self.kernel.watch_edge(upstream),
            }
        }
        // Bytes that the client sends early wake nobody; only its end does.
        if wait.client_closed {
            self.kernel.watch_end(client);
        } else {
            self.kernel.unwatch(client);
        }
    }

    pub(super) fn wake_upstream(&mut self, index: u32, what: Wakeup) {
        let now = self.now();
        let Some(socket) = self.connection(index).upstream else {
            return;
        };
        let gone = self.kernel.peer_is_gone(socket);
        let connection = self.connection(index);
        connection.upstream_end_told |= gone;
        let Some(exchange) = &mut connection.exchange else {
            return;
        };
        match what {
            Wakeup::Connected(_) => exchange.on_connected(now),
            Wakeup::ConnectFailed(_) => {
                exchange.on_connect_failed(now, &Errno::TimedOut.as_os_error());
            }
            Wakeup::Writable(_) => exchange.on_upstream_writable(),
            Wakeup::Readable(_) => exchange.on_upstream_readable(),
        }
        self.drive(index);
    }
}

impl Errno {
    /// As the C library puts it.
    pub(super) fn words(self) -> &'static str {
        match self {
            Errno::Refused => "Connection refused",
            Errno::Again => "Resource temporarily unavailable",
            Errno::NoPorts => "Cannot assign requested address",
            Errno::TimedOut => "Connection timed out",
            Errno::Reset => "Connection reset by peer",
            Errno::Pipe => "Broken pipe",
        }
    }

    fn code(self) -> i32 {
        match self {
            Errno::Refused => 111,
            Errno::Again => 11,
            Errno::NoPorts => 99,
            Errno::TimedOut => 110,
            Errno::Reset => 104,
            Errno::Pipe => 32,
        }
    }

    fn as_os_error(self) -> OsError {
        OsError {
            code: self.code(),
            name: self.words().to_owned(),
        }
    }

    /// What kept so many clients from connecting.
    pub(super) fn as_problem(self, count: u64) -> EventKind {
        EventKind::ClientProblem {
            step: ClientStep::Connect,
            errno: Some(self.code()),
            error: self.words().to_owned(),
            count,
        }
    }
}
