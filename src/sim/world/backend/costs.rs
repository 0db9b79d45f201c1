//! What a worker's time goes to beside what its handlers are told to do.

use crate::time::Span;

/// Ours: what taking a connection up costs a process that serves several at a time, so that a burst is shared among siblings.
pub(super) const TAKE_UP: Span = Span::from_us(50);

/// What a request costs a worker that has slept beside its handler, on a core: reading the head and calling the application, sending and closing. The lab's
/// worker takes 0.2 ms on a stack that has nothing else to do, and 0.3 to 0.5 ms in scenarios, whose clients and proxy want the same two
/// cores and caches; the classes do not differ by more. The real gunicorn's Python takes 0.4 to 0.7 ms more (`results/reference/fidelity.csv`).
pub(super) const REQUEST_CPU: Span = Span::from_us(400);

/// By how much whoever sleeps oversleeps: 50 us of it is the kernel's timer slack (`man 2 prctl`, PR_SET_TIMERSLACK), the rest is waking up
/// on a core that has slept too. Measured on the lab with nobody waiting: a hold of 0.18 to 0.19 ms without a wait in the handler, and of 0.31 to
/// 0.34 ms beyond one of 5 ms.
const SLEEP_LATE: Span = Span::from_us(150);

/// Where there is no time for a core to fall asleep: a sleep of 1 us between two computations took 0.03 ms in gevent, 0.07 on the lab.
const NAP_LATE: Span = Span::from_us(30);

/// How long a sleep of this length is.
pub(super) fn overslept(span: Span) -> Span {
    let late = NAP_LATE.saturating_add(span).min(SLEEP_LATE);
    span.saturating_add(late)
}
