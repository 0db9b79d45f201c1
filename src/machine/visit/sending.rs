//! The request on its way out.

/// A request that is not sent yet, or not as a whole. Boxed by its owner: most clients are past it nearly all of the time.
#[derive(Clone, Debug)]
pub(super) struct Sending {
    /// Bytes of head and body as they travel.
    whole: u64,
    sent: u64,
    /// The socket took less than it was given.
    full: bool,
}

/// What to do about the request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Urge {
    Send { from: u64, most: u64 },
    AwaitRoom,
}

impl Sending {
    pub(super) fn new(head: u32, body: u64) -> Sending {
        Sending {
            whole: u64::from(head) + body,
            sent: 0,
            full: false,
        }
    }

    pub(super) fn urge(&self) -> Urge {
        if self.full {
            return Urge::AwaitRoom;
        }
        Urge::Send {
            from: self.sent,
            most: self.whole - self.sent,
        }
    }

    /// The socket took `n` bytes of `most`. Whether the request is sent now.
    pub(super) fn on_sent(&mut self, n: u64, most: u64) -> bool {
        self.sent += n;
        self.full = n < most;
        assert!(self.sent <= self.whole, "no more is sent than there is");
        self.sent == self.whole
    }

    pub(super) fn on_awake(&mut self) {
        self.full = false;
    }

    /// Whether something has left.
    pub(super) fn has_begun(&self) -> bool {
        self.sent > 0
    }
}
