//! A timer that can be set, moved and cancelled as often as one likes while at most a few entries of it lie in the queue.
//!
//! A queue entry cannot be taken back; so an alarm has a generation, and an entry of an older one is stale. Moving the
//! deadline *later*, which is what nearly every timeout does all the time, costs no entry at all: the one that lies in
//! the queue wakes up early and is put back.

use crate::time::Timestamp;

/// One timer of one entity.
#[derive(Clone, Copy, Debug, Default)]
pub struct Alarm {
    /// When it should ring; `None` if it is not set.
    deadline: Option<Timestamp>,
    /// When the entry of this generation will come out of the queue; `None` if there is none.
    queued_at: Option<Timestamp>,
    generation: u32,
}

/// A queue entry for an alarm, to be pushed by the caller.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use = "an entry that is not pushed never rings"]
pub struct Ticket {
    /// When to push it for.
    pub at: Timestamp,
    /// To be handed back to [`Alarm::ring`].
    pub generation: u32,
}

/// What an entry that came out of the queue means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ring {
    /// Nothing: it belongs to an earlier setting.
    Stale,
    /// Too early, the deadline has been moved: push it again.
    Again(Ticket),
    /// The deadline is here; the alarm is no longer set.
    Due,
}

impl Alarm {
    /// Sets or moves the deadline; `None` cancels. Returns the entry to push, if one is needed.
    pub fn set(&mut self, deadline: Option<Timestamp>) -> Option<Ticket> {
        self.deadline = deadline;
        let deadline = deadline?;
        if self
            .queued_at
            .is_some_and(|queued_at| queued_at <= deadline)
        {
            return None;
        }
        self.generation = self.generation.wrapping_add(1);
        Some(self.ticket(deadline))
    }

    /// When it should ring; `None` if it is not set.
    pub fn deadline(&self) -> Option<Timestamp> {
        self.deadline
    }

    /// An entry of `generation` came out at `now`.
    pub fn ring(&mut self, now: Timestamp, generation: u32) -> Ring {
        if generation != self.generation || self.queued_at.is_none() {
            return Ring::Stale;
        }
        self.queued_at = None;
        match self.deadline {
            None => Ring::Stale,
            Some(deadline) if deadline > now => Ring::Again(self.ticket(deadline)),
            Some(_) => {
                self.deadline = None;
                Ring::Due
            }
        }
    }

    /// Forgets everything for the next owner of the same slot, except that entries still in the queue must stay stale.
    pub fn reset(&mut self) {
        *self = Alarm {
            generation: self.generation.wrapping_add(1),
            ..Alarm::default()
        };
    }

    fn ticket(&mut self, at: Timestamp) -> Ticket {
        self.queued_at = Some(at);
        Ticket {
            at,
            generation: self.generation,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sim::queue::EventQueue;

    proptest! {
        /// Any sequence of settings rings exactly when a timer that is simply replaced each time would.
        #[test]
        fn it_rings_when_a_naive_timer_would(
            script in prop::collection::vec((0..50_u64, prop::option::weighted(0.7, 0..80_u64)), 0..60)
        ) {
            let mut queue = EventQueue::new(0);
            let mut alarm = Alarm::default();
            let (mut naive, mut expected, mut rung) = (None, Vec::new(), Vec::new());
            let mut now = Timestamp::ZERO;
            // An event without a generation is a step of the script.
            for (index, (gap, _)) in script.iter().enumerate() {
                now = Timestamp::from_us(now.as_us() + gap);
                queue.push(now, (None, index));
            }
            while let Some((now, (generation, index))) = queue.pop() {
                if naive.is_some_and(|deadline| deadline < now) {
                    expected.extend(naive.take());
                }
                match generation {
                    None => {
                        if naive == Some(now) {
                            // Which of the two comes first within one instant is the queue's affair; the test lets both ring.
                            expected.extend(naive.take());
                            alarm.set(None);
                            rung.push(now);
                        }
                        let deadline = script[index].1.map(|wait| Timestamp::from_us(now.as_us() + wait + 1));
                        naive = deadline;
                        if let Some(ticket) = alarm.set(deadline) {
                            queue.push(ticket.at, (Some(ticket.generation), 0));
                        }
                    }
                    Some(generation) => match alarm.ring(now, generation) {
                        Ring::Stale => {}
                        Ring::Again(ticket) => queue.push(ticket.at, (Some(ticket.generation), 0)),
                        Ring::Due => {
                            naive = None;
                            expected.push(now);
                            rung.push(now);
                        }
                    },
                }
            }
            expected.extend(naive);
            expected.dedup();
            rung.dedup();
            prop_assert_eq!(rung, expected);
        }
    }

    #[test]
    fn moving_a_deadline_later_costs_no_entry() {
        let mut alarm = Alarm::default();
        let at = Timestamp::from_us;
        let ticket = alarm.set(Some(at(10))).unwrap();
        assert_eq!(alarm.set(Some(at(20))), None);
        assert_eq!(alarm.set(None), None);
        assert_eq!(alarm.set(Some(at(30))), None);
        assert_eq!(
            alarm.ring(at(10), ticket.generation),
            Ring::Again(Ticket {
                at: at(30),
                generation: ticket.generation
            })
        );
        let earlier = alarm.set(Some(at(15))).unwrap();
        assert_eq!(alarm.ring(at(15), earlier.generation), Ring::Due);
        assert_eq!(alarm.ring(at(30), ticket.generation), Ring::Stale);
    }

    #[test]
    fn a_reset_alarm_does_not_ring_for_its_next_owner() {
        let mut alarm = Alarm::default();
        let ticket = alarm.set(Some(Timestamp::from_us(10))).unwrap();
        alarm.reset();
        assert_eq!(
            alarm.ring(Timestamp::from_us(10), ticket.generation),
            Ring::Stale
        );
    }
}
