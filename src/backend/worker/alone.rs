//! sync: one task, all calls block, and a signal unwinds them.

use super::super::poll::{WakePipe, readable};
use super::body::bytes_of;
use super::hands::{Hands, not_connected, pending};
use super::socket::{Got, burn, wait};
use crate::machine::worker::{
    Action, ConnId, Interrupt, LINGER_PIECE, Outcome, Payload, RECV_SIZE, Step, TaskId, Worker,
};
use crate::time::{Span, Timestamp};

/// Runs the worker to its end; its exit code.
pub(super) fn run(mut hands: Hands<'_>, wake: &WakePipe) -> i32 {
    let mut received = vec![0; RECV_SIZE];
    let mut got = Got::Nothing(Outcome::Done);
    loop {
        let outcome = got.outcome(&received);
        let step = hands.advance(TaskId::MAIN, outcome);
        if let Action::Exit(code) = step.action {
            return code;
        }
        got = match step.action {
            Action::Suffer(sickness) => Got::Nothing(hands.suffer(sickness)),
            _ => call(&hands, wake, step, &mut received),
        };
    }
}

/// Makes a call that can block.
fn call(hands: &Hands<'_>, wake: &WakePipe, step: Step, received: &mut [u8]) -> Got {
    let Step { conn, action } = step;
    let unwinds = Worker::unwinds(hands.class, &action);
    let signal = || unwinds.then(|| pending(hands.class)).flatten();
    Got::Nothing(match action {
        Action::Recv { .. } => return recv(hands, conn, received),
        Action::LingerRecv { until } => return linger_recv(hands, conn, until, received),
        Action::Select { timeout } => select(hands, wake, timeout),
        Action::Wait(span) | Action::Block(span) => wait(wake, hands.clock, span, signal),
        Action::Burn(span) | Action::BurnLocked(span) => burn(span, signal),
        Action::Send(payload) => send(hands, conn, &payload, signal),
        Action::HandlerSleep(span) => wait(wake, hands.clock, span, || None),
        // A class with one task asks for nothing else.
        _ => Outcome::Done,
    })
}

fn recv(hands: &Hands<'_>, conn: Option<ConnId>, received: &mut [u8]) -> Got {
    match hands.connections.get(conn) {
        Some(connection) => connection.recv(received, || pending(hands.class)),
        None => Got::Nothing(not_connected()),
    }
}

fn linger_recv(
    hands: &Hands<'_>,
    conn: Option<ConnId>,
    until: Timestamp,
    received: &mut [u8],
) -> Got {
    let Some(connection) = hands.connections.get(conn) else {
        return Got::Nothing(not_connected());
    };
    let buffer = &mut received[..LINGER_PIECE];
    connection.recv_until(buffer, hands.clock, until, || pending(hands.class))
}

fn select(hands: &Hands<'_>, wake: &WakePipe, timeout: Span) -> Outcome<'static> {
    let interrupted = |by| Outcome::Interrupted { by, sent: 0 };
    if let Some(by) = pending(hands.class) {
        return interrupted(by);
    }
    if let Some(listener) = &hands.listener {
        readable([std::os::fd::AsFd::as_fd(listener), wake.reader()], timeout);
    }
    wake.drain();
    pending(hands.class).map_or(Outcome::Done, interrupted)
}

/// `sendall` of a payload.
fn send(
    hands: &Hands<'_>,
    conn: Option<ConnId>,
    payload: &Payload,
    signal: impl Fn() -> Option<Interrupt>,
) -> Outcome<'static> {
    let Some(connection) = hands.connections.get(conn) else {
        return not_connected();
    };
    connection.send_all(&bytes_of(hands.body, payload), signal)
}
