//! Whether a request goes on to the upstream, or gets an answer from the proxy itself: `client_max_body_size`, `limit_conn`. And what
//! becomes of the body of one that does not (`ngx_http_discard_request_body`).

use std::sync::Arc;

use super::linger::{Heard, Unheard};
use super::{Downstream, Judged, Phase, Refusal};
use crate::machine::exchange::{BodyRead, Declined, Exchange, Level, LogLine, RequestHeadInfo};
use crate::machine::pipe::RequestBody;
use crate::machine::proxy_config::LIMIT_CONN_ZONE;
use crate::time::Timestamp;

impl Downstream {
    /// What the head so far amounts to.
    pub fn on_judged(&mut self, now: Timestamp, judged: Judged) {
        let Phase::Request(intake) = &mut self.phase else {
            panic!("no head was to be judged")
        };
        intake.unjudged = false;
        match judged {
            Judged::More { line } => intake.line = line,
            Judged::Refused(refusal) => {
                let Refusal {
                    status,
                    why,
                    line,
                    unread,
                    left,
                } = refusal;
                intake.line = line;
                self.line = Some(Box::new(LogLine::new(Level::Info, why, intake.action())));
                self.requests += 1;
                self.refused = (left > 0).then_some(Unheard::Bytes(left));
                let (keep_alive, beyond) = (false, 0);
                self.decline(
                    now,
                    Declined {
                        status,
                        keep_alive,
                        unread,
                        beyond,
                    },
                );
            }
            Judged::Head(info) => {
                let spare = intake.spare();
                self.requests += 1;
                let keep_alive = info.keep_alive
                    && !self.config.keepalive_timeout.is_zero()
                    && self.requests < self.config.keepalive_requests;
                self.begin(now, RequestHeadInfo { keep_alive, ..info }, spare);
            }
        }
    }

    fn decline(&mut self, now: Timestamp, declined: Declined) {
        let config = Arc::clone(&self.config);
        self.phase = Phase::Exchange(Box::new(Exchange::refusal(config, declined, now)));
    }

    fn begin(&mut self, now: Timestamp, info: RequestHeadInfo, spare: u64) {
        if let RequestBody::Length(length) = info.body
            && self.config.is_too_large(length)
        {
            let text = format!("client intended to send too large body: {length} bytes");
            return self.turn_away(now, (413, &text), &info);
        }
        if self.config.limit_conn > 0 {
            self.phase = Phase::Admitting(Box::new((info, spare)));
        } else {
            self.exchange_for(now, info, spare);
        }
    }

    /// Whether the client's address has room for the request (`ngx_http_limit_conn_handler`).
    pub fn on_admitted(&mut self, now: Timestamp, admitted: bool) {
        let Phase::Admitting(waiting) = self.leave() else {
            panic!("nobody asked to be admitted")
        };
        let (info, spare) = *waiting;
        self.counted = admitted;
        if admitted {
            return self.exchange_for(now, info, spare);
        }
        let text = format!("limiting connections by zone \"{LIMIT_CONN_ZONE}\"");
        self.turn_away(now, (503, &text), &info);
    }

    /// A request gets a page whose body, if it has one, was not read: it is, and the connection can go on behind it.
    fn turn_away(&mut self, now: Timestamp, (status, text): (u16, &str), info: &RequestHeadInfo) {
        self.line = Some(Box::new(LogLine::bare(Level::Error, text)));
        self.refused = match info.body {
            _ if info.malformed => None,
            RequestBody::Length(length) if length > info.preread.payload => {
                Some(Unheard::Bytes(length - info.preread.payload))
            }
            RequestBody::Chunked if !info.preread.last => Some(Unheard::Chunks),
            RequestBody::None | RequestBody::Length(_) | RequestBody::Chunked => None,
        };
        let declined = Declined {
            status,
            keep_alive: info.keep_alive && !info.malformed,
            unread: info.malformed,
            beyond: info.preread.beyond,
        };
        self.decline(now, declined);
    }

    fn exchange_for(&mut self, now: Timestamp, info: RequestHeadInfo, spare: u64) {
        let (config, names) = (Arc::clone(&self.config), Arc::clone(&self.names));
        let mut exchange = Exchange::new(config, names, (info, spare), now);
        exchange.goes_on_from(self.taken_whole);
        self.phase = Phase::Exchange(Box::new(exchange));
    }

    /// What came of `DiscardBody`: of chunks, whose end only their reader knows.
    pub fn on_body_discarded(&mut self, now: Timestamp, read: &BodyRead) {
        let Phase::Lingering(linger) = &mut self.phase else {
            panic!("no body was to be discarded")
        };
        let heard = linger.on_discarded(&self.config, now, read);
        self.heard(now, heard);
    }

    /// A client is heard out, so far.
    pub(super) fn heard(&mut self, now: Timestamp, heard: Heard) {
        let Phase::Lingering(linger) = &mut self.phase else {
            return;
        };
        match heard {
            Heard::Some => {}
            Heard::All { beyond } if linger.finished.keep_alive && !self.exiting => {
                let finished = Box::new(linger.finished.clone());
                self.phase = Phase::Heard(finished, beyond);
            }
            Heard::All { beyond } => {
                let finished = linger.finished.clone();
                self.phase = self.heard_out(now, finished, beyond);
            }
            Heard::Enough => self.phase = linger.over(),
        }
    }
}
