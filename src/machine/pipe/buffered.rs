//! `proxy_buffering on`: `ngx_event_pipe`, in whole buffers.
//!
//! A buffer goes round: `raw` (free or partly filled) -> `full` (nginx's `in`: nothing has been done with it) -> busy in [`Outgoing`] -> `raw`; or
//! from `full` to the temp file and at once back to `raw`. Only completely filled buffers move on, except for the one that
//! completes the body.

use std::collections::VecDeque;

use smallvec::SmallVec;

use super::buffer::{Buffer, Limits, Range, recycle};
use super::outgoing::Body;
use super::{Action, BodyStart, Ledger, Outgoing, Spill, UpstreamEnd};
use crate::machine::proxy_config::ProxyConfig;

/// The pipe with buffering.
#[derive(Clone, Debug)]
pub struct Buffered {
    limits: Limits,
    /// `free_raw_bufs`: only the first may be partly filled.
    raw: VecDeque<Buffer>,
    /// `in`.
    full: VecDeque<Buffer>,
    /// `out`: the range of the temp file that is not yet on its way. Spills append to the file and hand-overs take all of it.
    out: Range,
    outgoing: Outgoing,
    allocated: u32,
    left: Option<u64>,
    upstream_chunked: bool,
    end: UpstreamEnd,
    stage: Stage,
    /// Something was read since the last write step (`p->read`).
    fresh: bool,
    handed_over: bool,
    read: u64,
    dropped: u64,
    spilled: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    Write,
    Read,
}

impl Buffered {
    pub(super) fn new(config: &ProxyConfig, start: BodyStart) -> Buffered {
        let first = config.proxy_buffer_size.0;
        let mut pipe = Buffered {
            limits: Limits::new(config),
            raw: VecDeque::from([Buffer {
                size: first,
                space: first - start.upstream_head,
                len: 0,
            }]),
            full: VecDeque::new(),
            out: Range::default(),
            outgoing: Outgoing::new(start.downstream_head, start.downstream_chunked),
            allocated: 0,
            left: start.length,
            upstream_chunked: start.upstream_chunked,
            end: UpstreamEnd::Open,
            stage: Stage::Read,
            fresh: false,
            handed_over: false,
            read: 0,
            dropped: 0,
            spilled: 0,
        };
        if start.length == Some(0) {
            pipe.end = UpstreamEnd::Done;
        }
        if start.preread > 0 {
            pipe.on_read(start.preread, false);
        }
        pipe
    }

    pub(super) fn start_pump(&mut self, by_client: bool) {
        self.stage = if by_client { Stage::Write } else { Stage::Read };
    }

    pub(super) fn next(&mut self, upstream_ready: bool, client_ready: bool) -> Action {
        loop {
            match self.stage {
                Stage::Write => {
                    if let Some(action) = self.write_step(client_ready) {
                        return action;
                    }
                    self.fresh = false;
                    self.stage = Stage::Read;
                }
                Stage::Read => match self.read_step(upstream_ready, client_ready) {
                    Reading::Act(action) => return action,
                    Reading::WriteFirst => self.stage = Stage::Write,
                    Reading::Stop { blocked } => {
                        self.hand_on_partial();
                        if !self.fresh && self.end == UpstreamEnd::Open {
                            return Action::Idle { blocked };
                        }
                        self.stage = Stage::Write;
                    }
                },
            }
        }
    }

    /// `ngx_event_pipe_write_to_downstream`.
    fn write_step(&mut self, client_ready: bool) -> Option<Action> {
        if self.end != UpstreamEnd::Open {
            self.hand_over_all();
            return Some(Action::Finished);
        }
        if !client_ready {
            return None;
        }
        self.hand_over_up_to_busy();
        // The head alone waits for the first body buffer: postpone_output.
        self.outgoing.has_body().then_some(Action::Write)
    }

    fn hand_over_up_to_busy(&mut self) {
        // Two buffers with nginx's defaults; with more than these it lies on the heap.
        let mut batch: SmallVec<[Body; 4]> = SmallVec::new();
        let mut busy = self.outgoing.busy();
        if busy >= self.limits.busy {
            return;
        }
        if let Some(range) = self.take_out() {
            batch.push(range);
        }
        while let Some(buffer) = self.full.front() {
            if !self.limits.fits(busy, buffer.size) {
                break;
            }
            busy += buffer.size;
            batch.push(buffer.as_body());
            self.full.pop_front();
        }
        self.outgoing.push_body(&batch);
    }

    fn hand_over_all(&mut self) {
        if self.handed_over {
            return;
        }
        self.handed_over = true;
        let batch: Vec<Body> = self
            .take_out()
            .into_iter()
            .chain(self.full.drain(..).map(Buffer::as_body))
            .collect();
        // Nothing is read any more: what is left is to drain, perhaps for minutes, and should not occupy more than it must.
        self.full = VecDeque::new();
        self.raw.retain(|buffer| buffer.len > 0);
        self.raw.shrink_to_fit();
        self.outgoing.push_body(&batch);
        if self.is_complete() {
            self.outgoing.push_end();
        }
        self.outgoing.shrink();
    }

    fn take_out(&mut self) -> Option<Body> {
        let range = self.out;
        self.out = Range {
            at: range.at + range.len,
            len: 0,
        };
        (range.len > 0).then_some(Body::File {
            at: range.at,
            len: range.len,
        })
    }

    /// One turn of the loop in `ngx_event_pipe_read_upstream`: the choice of space.
    fn read_step(&mut self, upstream_ready: bool, client_ready: bool) -> Reading {
        if self.end != UpstreamEnd::Open || !upstream_ready {
            return Reading::Stop { blocked: false };
        }
        if self.raw.is_empty() {
            if self.allocated < self.limits.count {
                self.allocated += 1;
                self.raw.push_back(Buffer::empty(self.limits.size));
            } else if client_ready {
                return Reading::WriteFirst;
            } else if let Some(spill) = self.spill() {
                return Reading::Act(Action::Spill(spill));
            } else {
                return Reading::Stop { blocked: true };
            }
        }
        Reading::Act(Action::Read {
            max: self
                .raw
                .iter()
                .map(|buffer| buffer.space - buffer.len)
                .sum(),
        })
    }

    /// What `ngx_event_pipe_write_chain_to_temp_file` would move; `None` if the file is full or nothing can move.
    fn spill(&self) -> Option<Spill> {
        if self.spilled >= self.limits.max_temp_file {
            return None;
        }
        let mut bytes = 0;
        for buffer in &self.full {
            let more = bytes + buffer.len;
            if more > self.limits.temp_file_write || self.spilled + more > self.limits.max_temp_file
            {
                break;
            }
            bytes = more;
        }
        (bytes > 0).then_some(Spill {
            skip: self.outgoing.memory(),
            bytes,
            at: self.spilled,
        })
    }

    pub(super) fn on_spilled(&mut self, spill: Spill) {
        let mut left = spill.bytes;
        while left > 0 {
            let buffer = self
                .full
                .pop_front()
                .expect("only full buffers are spilled");
            left -= buffer.len;
            if !self.handed_over {
                recycle(&mut self.raw, buffer.size);
            }
        }
        self.spilled += spill.bytes;
        self.out.len += spill.bytes;
    }

    pub(super) fn on_read(&mut self, n: u64, last: bool) -> u64 {
        let wanted = self.left.map_or(n, |left| {
            let held: u64 = self.raw.front().map_or(0, |buffer| buffer.len);
            n.min(left - held)
        });
        self.fresh = true;
        self.read += wanted;
        let mut left = wanted;
        while left > 0 {
            let buffer = self.raw.front_mut().expect("a read fits into free buffers");
            let taken = left.min(buffer.space - buffer.len);
            buffer.len += taken;
            left -= taken;
            if buffer.len == buffer.space {
                self.hand_on_first_raw();
            }
        }
        self.hand_on_completing();
        if last || self.left == Some(0) {
            self.hand_on_if_filled();
            self.end = UpstreamEnd::Done;
        }
        wanted
    }

    /// The partly filled buffer moves on if it holds the rest of the announced length.
    fn hand_on_completing(&mut self) {
        let held = self.raw.front().map_or(0, |buffer| buffer.len);
        if held > 0 && self.left == Some(held) {
            self.hand_on_first_raw();
        }
    }

    fn hand_on_if_filled(&mut self) {
        if self.raw.front().is_some_and(|buffer| buffer.len > 0) {
            self.hand_on_first_raw();
        }
    }

    /// nginx's chunked filter passes on what it has of a chunk; its buffers do not wait to be full.
    fn hand_on_partial(&mut self) {
        if self.upstream_chunked && self.end == UpstreamEnd::Open {
            self.hand_on_if_filled();
        }
    }

    /// The input filter: from `raw` to `in`.
    fn hand_on_first_raw(&mut self) {
        let buffer = self.raw.pop_front().expect("there is a first buffer");
        self.left = self.left.map(|left| left - buffer.len);
        self.full.push_back(buffer);
    }

    pub(super) fn on_eof(&mut self) {
        self.fresh = true;
        self.hand_on_if_filled();
        self.end = UpstreamEnd::Eof;
    }

    pub(super) fn on_read_error(&mut self) {
        self.end = UpstreamEnd::Error;
        if self.fresh {
            self.hand_on_if_filled();
        } else {
            self.drop_waiting();
        }
    }

    pub(super) fn on_timeout(&mut self) {
        self.end = UpstreamEnd::Error;
        self.drop_waiting();
        self.stage = Stage::Write;
    }

    /// Everything that nginx never gave to its output filter is lost: `in`, `out` and the partly filled buffer (measured on 1.22.1:
    /// of 400 000 bytes spilled, a client that woke up after the timeout got 32 724).
    fn drop_waiting(&mut self) {
        let waiting = self.waiting_memory() + self.out.len;
        self.dropped += waiting;
        self.raw.clear();
        self.full.clear();
        self.out.len = 0;
    }

    fn waiting_memory(&self) -> u64 {
        let raw: u64 = self.raw.iter().map(|buffer| buffer.len).sum();
        let full: u64 = self.full.iter().map(|buffer| buffer.len).sum();
        raw + full
    }

    /// What the next call of the output filter would hand over of memory, should this one be taken whole.
    pub(super) fn ahead(&self) -> u64 {
        if self.end != UpstreamEnd::Open || self.outgoing.is_chunked() || self.outgoing.file() > 0 {
            return 0;
        }
        self.limits.together(&self.full)
    }

    /// What is written beyond `outgoing` is of later calls, which come to pass here.
    pub(super) fn on_written(&mut self, n: u64) -> u64 {
        let mut left = n;
        let mut memory = 0;
        loop {
            let now = left.min(self.outgoing.unsent());
            memory += self.on_one_written(now);
            left -= now;
            if left == 0 {
                return memory;
            }
            assert!(now > 0, "more was written than was offered");
            self.hand_over_up_to_busy();
        }
    }

    fn on_one_written(&mut self, n: u64) -> u64 {
        let Buffered { outgoing, raw, .. } = self;
        let reused = !self.handed_over;
        outgoing.take(n, |size| {
            if reused {
                recycle(raw, size);
            }
        })
    }

    pub(super) fn outgoing(&self) -> &Outgoing {
        &self.outgoing
    }

    pub(super) fn upstream_end(&self) -> UpstreamEnd {
        self.end
    }

    pub(super) fn is_complete(&self) -> bool {
        match self.end {
            UpstreamEnd::Done => true,
            UpstreamEnd::Eof => self.left.is_none() && !self.upstream_chunked,
            UpstreamEnd::Open | UpstreamEnd::Error => false,
        }
    }

    pub(super) fn ledger(&self) -> Ledger {
        Ledger {
            read: self.read,
            memory: self.waiting_memory() + self.outgoing.memory(),
            file: self.out.len + self.outgoing.file(),
            sent: self.outgoing.body_sent(),
            dropped: self.dropped,
            spilled: self.spilled,
        }
    }
}

enum Reading {
    Act(Action),
    /// No buffer is free, but the client could take some: nginx's `upstream_blocked`.
    WriteFirst,
    Stop {
        blocked: bool,
    },
}
