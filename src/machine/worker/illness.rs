//! How a worker falls sick: in the midst of whatever its main task is at, which it does not come back to.

use super::Outcome;
use crate::machine::sickness::Sickness;

/// How a worker is.
#[derive(Debug, Default)]
pub(super) enum Illness {
    #[default]
    Well,
    /// It falls sick as soon as its main task is back from a call.
    Coming(Sickness),
    /// Its main task is at this, and what came of its last call is kept for when it is over.
    Sick(Outcome<'static>),
}

/// What becomes of what came of a call.
pub(super) enum Met<'a> {
    /// The worker goes on with it.
    GoesOn(Outcome<'a>),
    /// It falls sick instead.
    FallsSick(Sickness),
}

impl Illness {
    /// Something has come of the main task's last call.
    pub(super) fn meets<'a>(&mut self, outcome: Outcome<'a>) -> Met<'a> {
        match std::mem::take(self) {
            Illness::Well => Met::GoesOn(outcome),
            Illness::Coming(sickness) => match kept(outcome) {
                Ok(kept) => {
                    *self = Illness::Sick(kept);
                    Met::FallsSick(sickness)
                }
                Err(outcome) => {
                    *self = Illness::Coming(sickness);
                    Met::GoesOn(outcome)
                }
            },
            // A signal unwinds what it was at before, too.
            Illness::Sick(kept) => Met::GoesOn(match outcome {
                interrupted @ Outcome::Interrupted { .. } => interrupted,
                _ => kept,
            }),
        }
    }
}

/// What can wait. Bytes are in a buffer that will be used again, and a signal is on its way; one of the next calls will do.
fn kept(outcome: Outcome<'_>) -> Result<Outcome<'static>, Outcome<'_>> {
    Ok(match outcome {
        Outcome::Done => Outcome::Done,
        Outcome::Accepted(conn) => Outcome::Accepted(conn),
        Outcome::Empty => Outcome::Empty,
        Outcome::Polled { listener, conns } => Outcome::Polled { listener, conns },
        Outcome::Eof => Outcome::Eof,
        Outcome::TimedOut => Outcome::TimedOut,
        Outcome::Orphaned => Outcome::Orphaned,
        Outcome::Sent => Outcome::Sent,
        Outcome::Written { left } => Outcome::Written { left },
        Outcome::Failed { failure, sent } => Outcome::Failed { failure, sent },
        outcome @ (Outcome::Received(_) | Outcome::Interrupted { .. }) => return Err(outcome),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::worker::Interrupt;

    fn goes_on(met: Met<'_>) -> Outcome<'_> {
        match met {
            Met::GoesOn(outcome) => outcome,
            Met::FallsSick(sickness) => panic!("{sickness:?}"),
        }
    }

    #[test]
    fn it_begins_between_two_calls_and_what_came_of_the_last_one_is_not_lost() {
        let mut illness = Illness::Coming(Sickness::Spin);
        let received = Outcome::Received(b"GET");
        assert_eq!(goes_on(illness.meets(received.clone())), received);
        let met = illness.meets(Outcome::Empty);
        assert!(matches!(met, Met::FallsSick(Sickness::Spin)));
        assert_eq!(goes_on(illness.meets(Outcome::Done)), Outcome::Empty);
        assert_eq!(goes_on(illness.meets(Outcome::Done)), Outcome::Done);
    }

    #[test]
    fn a_signal_unwinds_what_was_before() {
        let mut illness = Illness::Coming(Sickness::SlowWrite);
        assert!(matches!(
            illness.meets(Outcome::Sent),
            Met::FallsSick(Sickness::SlowWrite)
        ));
        let by = Interrupt::Abort;
        let aborted = Outcome::Interrupted { by, sent: 0 };
        assert_eq!(goes_on(illness.meets(aborted.clone())), aborted);
        assert!(matches!(illness, Illness::Well));
    }
}
