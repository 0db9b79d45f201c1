//! What a flow does at a call: the two halves in turn.

use super::receiver::Arrival;
use super::{SEGMENT, Skb, SkbFlow};
use crate::time::Timestamp;

impl SkbFlow {
    /// The sender hands over up to `n` bytes; how many were taken.
    pub(in crate::sim::kernel) fn write(&mut self, now: Timestamp, n: u64) -> u64 {
        let mut left = n;
        while left > 0 {
            let taken = self.sender.copy(left);
            if taken == 0 {
                break;
            }
            left -= taken;
            if left > 0 {
                self.sender.push_early(now, &mut self.packets);
                self.deliver(now);
            }
        }
        if left < n {
            self.sender.push(now, &mut self.packets);
            self.deliver(now);
        }
        self.hear(now);
        n - left
    }

    /// The reader takes up to `max` bytes; how many there were.
    pub(in crate::sim::kernel) fn read(&mut self, now: Timestamp, max: u64) -> u64 {
        let taken = self.receiver.take(max);
        if taken == 0 {
            return 0;
        }
        self.receiver.busy = true;
        if self.receiver.tells() {
            self.tell(now);
        }
        for arrival in self.receiver.take_aside() {
            self.queue(now, arrival);
        }
        if self.receiver.cleared() {
            self.tell(now);
        }
        self.sender.forget(self.receiver.copied());
        taken
    }

    /// The instant at which something happens by itself, if a timer is to be set for it. A `short` sender waits for acknowledgements.
    pub(in crate::sim::kernel) fn alarm(
        &mut self,
        now: Timestamp,
        short: bool,
    ) -> Option<Timestamp> {
        if self.gone {
            return None;
        }
        let waits = short || self.sender.unsent() > 0;
        let late = self.receiver.owes().filter(|_| waits);
        let at = [self.sender.waits(now), late].into_iter().flatten().min()?;
        if self.timed.is_some_and(|timed| timed <= at) {
            return None;
        }
        self.timed = Some(at);
        Some(at)
    }

    /// That instant.
    pub(in crate::sim::kernel) fn on_alarm(&mut self, now: Timestamp) {
        if self.timed.is_none_or(|at| now < at) {
            return;
        }
        self.timed = None;
        self.sender.transmit(now, false, &mut self.packets);
        self.deliver(now);
        self.hear(now);
        if self.receiver.owes().is_some_and(|at| at <= now) {
            self.tell(now);
        }
    }

    /// As time goes by: all that arrived is acknowledged.
    #[cfg(test)]
    pub(in crate::sim::kernel) fn settle(&mut self, now: Timestamp) {
        self.tell(now);
    }

    fn tell(&mut self, now: Timestamp) {
        if !self.gone {
            self.told.push_back(self.receiver.tell());
            self.hear(now);
        }
    }

    fn hear(&mut self, now: Timestamp) {
        while let Some(told) = self.told.pop_front() {
            self.sender.hear(now, told, &mut self.packets);
            self.deliver(now);
        }
    }

    /// What was sent arrives: alone, as a clone of the sender's skb, or as segments made of it (`skb_segment`).
    fn deliver(&mut self, now: Timestamp) {
        for Skb { from, to } in std::mem::take(&mut self.packets) {
            let clone = to - from <= SEGMENT;
            let mut at = from;
            while at < to {
                let end = to.min(at + SEGMENT);
                let frags = self.sender.frags(at, end);
                let arrival = Arrival::new(at, end, frags, clone);
                match self.receiver.busy {
                    true => self.receiver.put_aside(arrival),
                    false => self.queue(now, arrival),
                }
                at = end;
            }
        }
    }

    fn queue(&mut self, now: Timestamp, arrival: Arrival) {
        let sender = &self.sender;
        let at_once = self.receiver.queue(now, arrival, |to| sender.keeps(to));
        if at_once && !self.gone {
            self.told.push_back(self.receiver.tell());
        }
    }

    pub(in crate::sim::kernel) fn unread(&self) -> u64 {
        self.receiver.unread()
    }

    pub(in crate::sim::kernel) fn unsent(&self) -> u64 {
        self.sender.unsent()
    }

    pub(in crate::sim::kernel) fn is_writable(&self) -> bool {
        self.sender.is_writable()
    }

    pub(in crate::sim::kernel) fn purge_unsent(&mut self) -> u64 {
        self.sender.purge()
    }

    /// The reader is gone: nothing is acknowledged any more.
    pub(in crate::sim::kernel) fn freeze(&mut self) {
        self.gone = true;
        self.told.clear();
    }

    /// If there is something that nobody will acknowledge, its sender gives up at `at`. Whether a timer is to be set for that.
    pub(in crate::sim::kernel) fn give_up_at(&mut self, at: Timestamp) -> bool {
        let in_vain = self.gone && self.sender.unheard() > 0 && self.gives_up.is_none();
        if in_vain {
            self.gives_up = Some(at);
        }
        in_vain
    }

    /// Whether its sender has given up by `now`.
    pub(in crate::sim::kernel) fn has_given_up(&self, now: Timestamp) -> bool {
        self.gives_up.is_some_and(|at| now >= at)
    }
}
