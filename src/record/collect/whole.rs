//! Rows to the microsecond, as files have them: what is kept in memory and what is read back are the same, to the last digit.

use crate::record::{
    Event, Hold, Hop, ProbeRecord, QueueSample, RequestRecord, SocketSample, WorkerInterval,
};
use crate::time::{Span, Timestamp};

/// Leaves out what a file does not keep.
pub(super) trait Whole {
    /// Cuts every instant and span to whole microseconds.
    fn cut(&mut self);
}

impl Whole for Timestamp {
    fn cut(&mut self) {
        *self = Timestamp::from_us(self.as_us());
    }
}

impl Whole for Span {
    fn cut(&mut self) {
        *self = Span::from_us(self.as_us());
    }
}

impl<T: Whole> Whole for Option<T> {
    fn cut(&mut self) {
        if let Some(one) = self {
            one.cut();
        }
    }
}

impl Whole for RequestRecord {
    fn cut(&mut self) {
        self.intended_at.cut();
        self.started_at.cut();
        for at in [
            &mut self.connected_at,
            &mut self.proxy_accepted_at,
            &mut self.upstream_connected_at,
            &mut self.upstream_header_at,
            &mut self.upstream_released_at,
            &mut self.worker_accepted_at,
            &mut self.request_read_at,
            &mut self.app_done_at,
            &mut self.response_sent_at,
            &mut self.worker_released_at,
            &mut self.first_byte_at,
            &mut self.last_byte_at,
            &mut self.closed_at,
            &mut self.proxy_done_at,
        ] {
            at.cut();
        }
        self.send_blocked.cut();
        self.longest_silence.cut();
    }
}

impl Whole for Hop {
    fn cut(&mut self) {
        self.accepted_at.cut();
        for at in [
            &mut self.connected_at,
            &mut self.header_at,
            &mut self.released_at,
            &mut self.done_at,
        ] {
            at.cut();
        }
        self.longest_silence.cut();
    }
}

impl Whole for Hold {
    fn cut(&mut self) {
        for at in [
            &mut self.accepted_at,
            &mut self.began_at,
            &mut self.head_read_at,
            &mut self.body_read_at,
            &mut self.app_done_at,
            &mut self.released_at,
        ] {
            at.cut();
        }
        self.recv_blocked.cut();
        self.send_blocked.cut();
        self.lingering.cut();
    }
}

impl Whole for WorkerInterval {
    fn cut(&mut self) {
        self.from.cut();
        self.to.cut();
    }
}

impl Whole for Event {
    fn cut(&mut self) {
        self.at.cut();
    }
}

impl Whole for QueueSample {
    fn cut(&mut self) {
        self.at.cut();
        self.late.cut();
    }
}

impl Whole for SocketSample {
    fn cut(&mut self) {
        self.at.cut();
    }
}

impl Whole for ProbeRecord {
    fn cut(&mut self) {
        self.at.cut();
        self.latency.cut();
    }
}
