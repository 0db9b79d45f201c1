//! The request on its way out.

use super::terms::Terms;
use crate::machine::behavior::{Appetite, Ending, SendPace, When};
use crate::machine::pacing::Pacer;
use crate::time::Timestamp;

/// A request that is not sent yet, or not as a whole. Boxed by its owner: most clients are past it nearly all of the time.
#[derive(Clone, Debug)]
pub(super) struct Sending {
    head: u64,
    /// Bytes of head and body as they travel, or where the client leaves before.
    most: u64,
    sent: u64,
    /// The socket took less than it was given.
    full: bool,
    /// The client leaves at `most`.
    cut: bool,
    pace: SendPace,
}

/// What to do about the request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Urge {
    Send { from: u64, most: u64 },
    AwaitRoom,
    Wait(Timestamp),
    Nothing,
}

impl Sending {
    pub(super) fn new(terms: &Terms<'_>, head: u32, now: Timestamp) -> Sending {
        let head = u64::from(head);
        let whole = head + terms.body;
        let limit = match terms.behavior.ending() {
            Ending::Leaves {
                when: When::Sent(limit),
                ..
            } => Some(limit.0.min(whole)),
            _ => None,
        };
        Sending {
            head,
            most: limit.unwrap_or(whole),
            sent: 0,
            full: false,
            cut: limit.is_some(),
            pace: terms.behavior.sending(now, terms.rate),
        }
    }

    pub(super) fn urge(&mut self, now: Timestamp) -> Urge {
        let left = self.most - self.sent;
        if self.full {
            return Urge::AwaitRoom;
        }
        let of_head = self.head.saturating_sub(self.sent);
        match &mut self.pace {
            SendPace::Head(pacer) if of_head > 0 => {
                paced(pacer, now, (self.sent, 0), of_head.min(left))
            }
            SendPace::Body(_) if of_head > 0 => Urge::Send {
                from: self.sent,
                most: of_head.min(left),
            },
            SendPace::Body(pacer) => paced(pacer, now, (self.sent, self.head), left),
            SendPace::AtOnce | SendPace::Head(_) => Urge::Send {
                from: self.sent,
                most: left,
            },
        }
    }

    /// The socket took `n` bytes of `most`.
    pub(super) fn on_sent(&mut self, n: u64, most: u64) {
        self.sent += n;
        self.full = n < most;
        assert!(self.sent <= self.most, "no more is sent than there is");
    }

    /// Everything that the client sends has left.
    pub(super) fn is_done(&self) -> bool {
        self.sent == self.most
    }

    /// It is done, and the client leaves at that.
    pub(super) fn is_cut(&self) -> bool {
        self.cut && self.is_done()
    }

    pub(super) fn on_awake(&mut self) {
        self.full = false;
    }

    /// Whether something has left.
    pub(super) fn has_begun(&self) -> bool {
        self.sent > 0
    }
}

/// At a rate: `(sent, before)` bytes have left, the latter before the pacer's time.
fn paced(pacer: &mut Pacer, now: Timestamp, (sent, before): (u64, u64), left: u64) -> Urge {
    match pacer.appetite(now, sent - before) {
        Appetite::Read(most) => Urge::Send {
            from: sent,
            most: left.min(most as u64),
        },
        Appetite::Wait(until) => Urge::Wait(until),
        Appetite::Never => Urge::Nothing,
    }
}
