//! `limit_rate` and `proxy_limit_rate`: how much may be moved now, and the pauses in between.
//!
//! nginx uses one timer for the pause and for the idle time of a direction (`ngx_event_t.delayed`), so a direction that pauses cannot time out.

use super::log::{READING_UPSTREAM, SENDING_TO_CLIENT};
use super::{Exchange, Facts, Phase};
use crate::machine::rate_limit::RateLimit;
use crate::time::Timestamp;

impl Exchange {
    /// The body begins. Without buffering neither limit counts (`ngx_http_upstream_send_response`).
    pub(super) fn limit_body(&mut self, now: Timestamp, (buffering, preread): (bool, u64)) {
        if !buffering {
            self.client.limit = None;
            return;
        }
        let limit = RateLimit::new(self.config.proxy_limit_rate, 0, now);
        self.upstream.limit = limit.map(Box::new);
        self.pause_reading(now, (0, preread));
    }

    /// How much may be read from upstream now; nothing if there is nothing, or a pause.
    pub(super) fn may_read(&mut self, now: Timestamp) -> u64 {
        if !self.upstream.readable || self.upstream.delayed {
            return 0;
        }
        let (Some(limit), Phase::Body(pipe)) = (&self.upstream.limit, &self.phase) else {
            return u64::MAX;
        };
        match limit.budget(now, pipe.ledger().read) {
            Ok(bytes) => bytes,
            Err(pause) => {
                self.upstream.delayed = true;
                self.timers.upstream_read.arm(whole_ms(now), pause);
                0
            }
        }
    }

    /// How much may be written to the client now; nothing if its socket is full, or in a pause.
    pub(super) fn may_write(&mut self, now: Timestamp) -> u64 {
        if !self.client.writable || self.client.delayed {
            return 0;
        }
        let Some(limit) = &self.client.limit else {
            return u64::MAX;
        };
        match limit.budget(now, self.facts.bytes_sent) {
            Ok(bytes) => bytes,
            Err(pause) => {
                self.client.delayed = true;
                self.timers.client_write.arm(whole_ms(now), pause);
                0
            }
        }
    }

    /// The count of bytes that were read went from the first number to the second.
    pub(super) fn pause_reading(&mut self, now: Timestamp, (before, after): (u64, u64)) {
        let limit = self.upstream.limit.as_ref();
        if let Some(pause) = limit.and_then(|limit| limit.pause(before, after)) {
            self.upstream.delayed = true;
            self.timers.upstream_read.arm(whole_ms(now), pause);
        }
    }

    /// `n` more bytes are about to be counted as sent.
    pub(super) fn pause_writing(&mut self, now: Timestamp, n: u64) {
        let before = self.facts.bytes_sent;
        let limit = self.client.limit.as_ref();
        if let Some(pause) = limit.and_then(|limit| limit.pause(before, before + n)) {
            self.client.delayed = true;
            self.timers.client_write.arm(whole_ms(now), pause);
        }
    }

    /// The read timer fired; whether that was a pause, and reading goes on.
    pub(super) fn go_on_reading(&mut self) -> bool {
        let paused = std::mem::take(&mut self.upstream.delayed);
        if let Phase::Body(pipe) = &mut self.phase
            && paused
        {
            self.action = READING_UPSTREAM;
            pipe.start_pump(false);
            self.pumping = true;
        }
        paused
    }

    /// The write timer fired; whether that was a pause, and writing goes on.
    pub(super) fn go_on_writing(&mut self, now: Timestamp) -> bool {
        let paused = std::mem::take(&mut self.client.delayed);
        if paused {
            // In a body the end of the pump does that.
            let timeout = self.config.send_timeout;
            let full = !self.client.writable;
            self.timers.client_write.arm_if(full, now, timeout);
            self.pump_for_client();
        }
        paused
    }

    /// `ngx_http_upstream_process_downstream`; later, in the flush, there is nothing to pump.
    pub(super) fn pump_for_client(&mut self) {
        if let Phase::Body(pipe) = &mut self.phase {
            self.action = SENDING_TO_CLIENT;
            pipe.start_pump(true);
            self.pumping = true;
        }
    }
}

/// nginx's clock (`ngx_current_msec`) knows whole milliseconds, which pauses of ten can tell.
fn whole_ms(now: Timestamp) -> Timestamp {
    Timestamp::from_us(now.as_us() / 1_000 * 1_000)
}

impl Facts {
    /// Something was read from upstream, if only its end.
    pub(super) fn heard(&mut self, now: Timestamp) {
        let silence = now.since(self.last_read_at);
        self.longest_silence = self.longest_silence.max(Some(silence));
        self.last_read_at = now;
    }
}
