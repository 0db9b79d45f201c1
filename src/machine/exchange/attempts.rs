//! Which peer is asked, and what follows when it fails: nginx's `ngx_http_upstream_connect`, `_test_next` and `_next`.

use std::sync::Arc;

use super::log::{CONNECTING, Level, LogLine};
use super::step::{Attempt, Ending, Release};
use super::{Exchange, Phase, UpstreamSide};
use crate::machine::peers::{Choice, Life, Tried};
use crate::machine::proxy_config::ProxyConfig;
use crate::machine::upstream_config::NextUpstream;
use crate::time::Timestamp;

/// The attempts of one request to get an answer.
#[derive(Debug)]
pub(super) struct Attempts {
    /// The peers as the error log names them.
    pub(super) names: Arc<[String]>,
    tried: Tried,
    /// nginx's `u->peer.tries`: attempts that are left, the one under way included.
    tries: u32,
    /// When the first one began.
    began_at: Option<Timestamp>,
    pub(super) peer: Option<u32>,
    /// The life of the connection, this request included.
    life: Life,
    /// nginx's `cached`: the connection was left by an earlier request.
    pub(super) kept: bool,
    /// nginx's `request_sent`: the peer may have got something of the request.
    pub(super) sent: bool,
    /// All of the request is with the peer.
    pub(super) sent_whole: bool,
    /// Whether the request may be repeated once it was sent: not a POST, PATCH or LOCK.
    idempotent: bool,
    /// The peer would keep the connection.
    pub(super) peer_keeps: bool,
    /// The response is complete, and the connection can be kept.
    keep: bool,
    failed: bool,
    pub(super) earlier: Vec<Attempt>,
}

/// Why an attempt came to nothing: nginx's `NGX_HTTP_UPSTREAM_FT_...`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Failure {
    Error,
    Timeout,
    InvalidHeader,
    Status(u16),
    NoneAlive,
}

impl Failure {
    fn word(self) -> Option<NextUpstream> {
        match self {
            Failure::Error => Some(NextUpstream::Error),
            Failure::Timeout => Some(NextUpstream::Timeout),
            Failure::InvalidHeader => Some(NextUpstream::InvalidHeader),
            Failure::Status(status) => NextUpstream::of_status(status),
            Failure::NoneAlive => None,
        }
    }

    fn status(self) -> u16 {
        match self {
            Failure::Timeout => 504,
            Failure::Status(status) => status,
            Failure::Error | Failure::InvalidHeader | Failure::NoneAlive => 502,
        }
    }

    /// Whether the peer is to blame: an honest 403 or 404 is not a failure (`NGX_PEER_NEXT`).
    fn blames_peer(self) -> bool {
        !matches!(self, Failure::Status(403 | 404))
    }
}

impl Attempts {
    pub(super) fn new(config: &ProxyConfig, names: Arc<[String]>, idempotent: bool) -> Attempts {
        let count = u32::try_from(names.len()).unwrap_or(u32::MAX);
        let limit = config.proxy_next_upstream_tries;
        Attempts {
            tries: if limit > 0 { count.min(limit) } else { count },
            names,
            tried: Tried::default(),
            began_at: None,
            peer: None,
            life: Life {
                opened_at: Timestamp::ZERO,
                requests: 0,
            },
            kept: false,
            sent: false,
            sent_whole: false,
            idempotent,
            peer_keeps: false,
            keep: false,
            failed: false,
            earlier: Vec::new(),
        }
    }

    /// The peer's name in the error log.
    pub(super) fn name(&self) -> &str {
        let index = self.peer.unwrap_or(0) as usize;
        self.names.get(index).map_or("", String::as_str)
    }

    /// What becomes of the connection to the peer; `None` if there was no peer.
    pub(super) fn release(&mut self) -> Option<Release> {
        let keep = self.keep && !self.failed;
        Some(Release {
            peer: self.peer?,
            failed: std::mem::take(&mut self.failed),
            keep: keep.then_some(self.life),
        })
    }

    /// The part of `ngx_http_upstream_next` that asks whether there may be another attempt.
    fn allows(&self, config: &ProxyConfig, failure: Failure, now: Timestamp) -> bool {
        let words = &config.proxy_next_upstream;
        let says = |word| words.contains(&word) && !words.contains(&NextUpstream::Off);
        let repeatable = self.idempotent || !self.sent || says(NextUpstream::NonIdempotent);
        let limit = config.proxy_next_upstream_timeout;
        let began_at = self.began_at.unwrap_or(now);
        let in_time = limit.is_zero() || now.since(began_at) < limit;
        failure.word().is_some_and(says) && repeatable && in_time
    }
}

impl Exchange {
    /// The peers that this request has asked.
    pub fn tried(&mut self) -> &mut Tried {
        &mut self.attempts.tried
    }

    /// Whom `Connect` came to. A kept connection is there at once; a fresh one is still to be made; and if no peer is alive, the request
    /// ends with 502.
    pub fn on_choice(&mut self, now: Timestamp, choice: Choice) {
        self.attempts.began_at.get_or_insert(now);
        let (peer, kept, life) = match choice {
            Choice::NoneAlive => {
                self.attempts.peer = None;
                self.facts.contacted = false;
                let text = "no live upstreams";
                self.log(LogLine::new(Level::Error, text, CONNECTING));
                return self.next_peer(now, Failure::NoneAlive, Ending::ConnectFailed);
            }
            Choice::Kept { peer, life, .. } => (peer, true, life),
            Choice::Fresh { peer } => {
                let requests = 1;
                let opened_at = now;
                (
                    peer,
                    false,
                    Life {
                        opened_at,
                        requests,
                    },
                )
            }
        };
        self.attempts.peer = Some(peer);
        (self.attempts.kept, self.attempts.life) = (kept, life);
        if kept {
            self.on_connected(now);
        }
    }

    /// The peer that was released is left out for `fail_timeout`.
    pub fn on_peer_disabled(&mut self) {
        let text = "upstream server temporarily disabled";
        self.log(LogLine::new(Level::Warn, text, self.action));
    }

    /// `ngx_http_upstream_next`: the attempt came to nothing. Asks the next peer, or gives up with the status that this failure has.
    pub(super) fn next_peer(&mut self, now: Timestamp, failure: Failure, ending: Ending) {
        let streaming = self.is_streaming();
        let attempts = &mut self.attempts;
        if attempts.peer.is_some() {
            attempts.tries = attempts.tries.saturating_sub(1);
            attempts.failed = failure.blames_peer();
        }
        if attempts.kept && failure == Failure::Error {
            // It may only have been idle for too long.
            attempts.tries += 1;
        }
        let gone = attempts.sent && streaming;
        if gone || attempts.tries == 0 || !attempts.allows(&self.config, failure, now) {
            return self.give_up(failure.status(), ending, now);
        }
        let attempt = Attempt {
            peer: attempts.peer,
            reused: attempts.kept,
            connected_at: self.facts.connected_at,
            released_at: now,
            status: failure.status(),
            ending,
        };
        attempts.earlier.push(attempt);
        self.close_upstream(now);
        self.send_again();
        self.begin_again();
    }

    fn begin_again(&mut self) {
        (self.attempts.sent, self.attempts.sent_whole) = (false, false);
        (self.attempts.kept, self.attempts.peer_keeps) = (false, false);
        self.upstream = UpstreamSide::default();
        self.facts.contacted = false;
        self.facts.released_at = None;
        self.facts.connected_at = None;
        self.facts.header_at = None;
        self.action = CONNECTING;
        self.phase = Phase::Connect { begun: false };
    }

    /// `ngx_http_upstream_test_next`: whether a head with this status is not passed on, because another peer may know better.
    pub(super) fn would_rather_ask_another(&mut self, now: Timestamp, status: u16) -> bool {
        let failure = Failure::Status(status);
        let asks = self.attempts.tries > 1 && self.attempts.allows(&self.config, failure, now);
        if asks {
            self.next_peer(now, failure, Ending::UpstreamStatus);
        }
        asks
    }

    /// The response is complete: its connection may serve another request, if its end has not been read.
    pub(super) fn may_keep_connection(&mut self) {
        let attempts = &mut self.attempts;
        attempts.keep = attempts.peer_keeps && attempts.sent_whole && !self.upstream.ended;
    }
}
