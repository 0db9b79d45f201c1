//! The client's side of an exchange: what its socket takes, and its end.

use super::log::{Level, LogLine, OsError, SENDING_TO_CLIENT};
use super::step::{Ending, Step};
use super::{Exchange, Phase};
use crate::machine::pipe::Pipe;
use crate::machine::rate_limit::RateLimit;
use crate::time::Timestamp;

/// A socket that took so many bytes whole has a client that reads them: Linux keeps 4 MiB at most in a send buffer (`tcp_wmem`), and in the receive buffer
/// of a client that reads nothing 128 KiB (`tcp_rmem`), unless it asked for more.
const KEEPS_UP: u64 = 8 * 1024 * 1024;

#[derive(Debug)]
pub(super) struct ClientSide {
    pub(super) readable: bool,
    pub(super) writable: bool,
    pub(super) watch_close: bool,
    /// `limit_rate`.
    pub(super) limit: Option<Box<RateLimit>>,
    /// It pauses for the limit's sake, and the write timer counts the pause.
    pub(super) delayed: bool,
    /// Bytes that its socket has taken since it last took less than it was offered, over this connection.
    taken_whole: u64,
}

impl ClientSide {
    pub(super) fn new(watch_close: bool, limit: Option<RateLimit>) -> ClientSide {
        ClientSide {
            readable: true,
            writable: true,
            watch_close,
            limit: limit.map(Box::new),
            delayed: false,
            taken_whole: 0,
        }
    }

    /// What a pipe has for it, of which `most` bytes may go. A client that keeps up may get what nginx would write in two calls in one, which costs a fifth less CPU
    /// and comes to the same for it; where a socket is filled, the sizes of the calls decide how much goes in, so that there every call is nginx's.
    pub(super) fn write(&self, pipe: &Pipe, most: u64) -> Step {
        let unsent = pipe.outgoing().unsent();
        let ahead = match self.taken_whole >= KEEPS_UP {
            true => pipe.ahead().min(most.saturating_sub(unsent)),
            false => 0,
        };
        let max = unsent.min(most);
        Step::WriteDownstream { max, ahead }
    }

    fn took(&mut self, n: u64, blocked: bool) {
        self.writable = !blocked;
        self.taken_whole = match blocked {
            true => 0,
            false => self.taken_whole + n,
        };
    }
}

impl Exchange {
    /// The client's socket accepts bytes again.
    pub fn on_client_writable(&mut self) {
        self.client.writable = true;
        if !self.client.delayed {
            self.pump_for_client();
        }
    }

    /// `n` bytes were written to the client; `blocked` if its socket took less than it was offered. How many of them were in memory.
    pub fn on_client_written(&mut self, now: Timestamp, n: u64, blocked: bool) -> u64 {
        self.client.took(n, blocked);
        self.pause_writing(now, n);
        self.facts.bytes_sent += n;
        let memory = match &mut self.phase {
            Phase::Body(pipe) => pipe.on_written(n),
            Phase::Flush(pipe) => pipe.on_written(n),
            Phase::FlushPage(outgoing) => outgoing.take_final(n),
            _ => panic!("nothing was to be written to the client"),
        };
        let flushing = matches!(self.phase, Phase::Flush(_) | Phase::FlushPage(_));
        if flushing && !self.client.writable && !self.client.delayed {
            self.timers.client_write.arm(now, self.config.send_timeout);
        }
        memory
    }

    /// Bytes that the client's socket has taken since it last took less than it was offered, over this connection.
    pub fn taken_whole(&self) -> u64 {
        self.client.taken_whole
    }

    /// The connection's earlier exchanges have sent so much, all of which its socket took whole.
    pub fn goes_on_from(&mut self, taken_whole: u64) {
        self.client.taken_whole = taken_whole;
    }

    /// Writing to the client failed: it is gone.
    pub fn on_client_write_failed(&mut self, now: Timestamp, error: &OsError) {
        self.log(LogLine::failed(
            Level::Info,
            "writev",
            error,
            SENDING_TO_CLIENT,
        ));
        self.break_off(now, 499, Ending::ClientClosed);
    }

    /// The client closed or half-closed.
    pub fn on_client_closed(&mut self, now: Timestamp) {
        let text = if self.upstream.open || matches!(self.phase, Phase::Connect { .. }) {
            "epoll_wait() reported that client prematurely closed connection, so upstream connection is closed too"
        } else {
            "client prematurely closed connection"
        };
        self.log(LogLine::new(Level::Info, text, self.action));
        self.break_off(now, 499, Ending::ClientClosed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::pipe::{Action, BodyStart};
    use crate::machine::proxy_config::ProxyConfig;

    #[test]
    fn two_calls_go_in_one_only_to_a_client_that_keeps_up() {
        let config: ProxyConfig = toml::from_str("").unwrap();
        let start = BodyStart {
            upstream_head: 0,
            preread: 4096,
            length: None,
            upstream_chunked: false,
            downstream_head: 100,
            downstream_chunked: false,
        };
        let mut pipe = Pipe::new((&config, true), start);
        for _ in 0..4 {
            assert_eq!(pipe.next(true, false), Action::Read { max: 4096 });
            pipe.on_read(4096, false);
        }
        pipe.start_pump(true);
        assert_eq!(pipe.next(false, true), Action::Write);
        let mut client = ClientSide::new(true, None);
        let max = 100 + 8192;
        let writes = |ahead| Step::WriteDownstream { max, ahead };
        client.took(KEEPS_UP - 1, false);
        assert_eq!(client.write(&pipe, u64::MAX), writes(0), "not yet");
        client.took(1, false);
        assert_eq!(client.write(&pipe, u64::MAX), writes(8192));
        assert_eq!(
            client.write(&pipe, max + 1),
            writes(1),
            "the rest is for later"
        );
        client.took(KEEPS_UP, true);
        assert_eq!(
            client.write(&pipe, u64::MAX),
            writes(0),
            "its socket was full"
        );
    }
}
