//! A client: does on real sockets what its visit says.

use std::rc::Rc;
use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::dial::{Connection, Granted, Written, dial};
use super::exchange::{Came, Exchange};
use super::world::{Active, World};
use crate::machine::visit::{Action, End, Parting, Visit, Wait};
use crate::record::ClientStep;
use crate::time::{Span, Timestamp};

/// Reads and writes in a row after which a client lets others have the thread.
const MOVES_PER_TURN: u32 = 16;

/// Longer waits end together, at points of a grid of about a thirtieth of the wait: thousands of slow readers then wake the thread
/// tens of times a second and not a thousand times. Nothing is lost, because quota is carried over; waits of less than 32 ms
/// are left as they are.
fn together(now: Timestamp, until: Timestamp) -> Timestamp {
    let wait_ms = until.since(now).as_ns() / 1_000_000;
    let Some(exponent) = (wait_ms / 32).checked_ilog2() else {
        return until;
    };
    let grid_ns = 1_000_000_u64 << exponent.min(4);
    Timestamp::ZERO + Span::from_ns(until.as_ns().next_multiple_of(grid_ns))
}

/// A client's connection, and what the kernel granted it.
type Held = Option<(Connection, Granted)>;

/// From a client's first request to its last.
pub(super) async fn stay(active: Active, who: (u32, u32), first_id: u64, first_at: Timestamp) {
    let world = active.world();
    let (mut visit, mut held) = (Visit::default(), None);
    let (mut id, mut at) = (first_id, first_at);
    loop {
        let exchange = Exchange::begin(world, who, (id, at), visit);
        let next;
        (visit, next) = request(exchange, &mut held).await;
        let Some(next) = next else {
            return;
        };
        at = next;
        let until = world.clock.until(at);
        if !until.is_zero() {
            sleep(until).await;
        }
        tokio::task::yield_now().await;
        id = world.draw_id();
    }
}

/// One request; when the client makes its next.
async fn request(mut exchange: Exchange, held: &mut Held) -> (Visit, Option<Timestamp>) {
    let world = Rc::clone(&exchange.world);
    let who = (exchange.group, exchange.client);
    let patience = match exchange.visit.deadline(&exchange.terms()) {
        Some(deadline) => world.clock.until(deadline),
        None => Duration::MAX,
    };
    let end = match timeout(patience, converse(&mut exchange, held)).await {
        Ok(end) => end,
        Err(_) => exchange.on_deadline(),
    };
    let (visit, next) = exchange.finish(end);
    match next.parting {
        Parting::Keeps => {}
        Parting::Closes => *held = None,
        Parting::Resets => {
            if let Some((connection, _)) = held.take() {
                connection.reset();
            }
        }
        Parting::Vanishes => {
            // The relay hears of it first, so that the close is not heard by anybody.
            world.vanish(who, None);
            *held = None;
        }
    }
    (visit, next.at)
}

/// Asks the visit what to do and does it, until the request is over.
async fn converse(exchange: &mut Exchange, held: &mut Held) -> End {
    let world = Rc::clone(&exchange.world);
    if let Some((_, granted)) = held {
        exchange.granted = *granted;
    }
    let mut moves = 0;
    loop {
        let terms = world.terms(exchange.group, exchange.client);
        if let Some(length) = exchange.visit.enters_tunnel(&terms) {
            world.vanish((exchange.group, exchange.client), Some(length));
        }
        let connection = held.as_ref().map(|(connection, _)| connection);
        match (exchange.next(), connection) {
            (Action::Over(end), _) => return end,
            (Action::Dial, _) => {
                *held = None;
                *held = connect(exchange, &world).await;
                continue;
            }
            (Action::Send { from, most }, Some(connection)) => {
                send(exchange, connection, (from, most));
            }
            (Action::ShutdownWrite, Some(connection)) => connection.shutdown_write(),
            (Action::Receive(limit), Some(connection)) => receive(exchange, connection, limit),
            (Action::Wait(wait), connection) => {
                pause(&world, connection, wait).await;
                exchange.visit.on_awake();
                continue;
            }
            (action, None) => unreachable!("{action:?} without a connection"),
        }
        moves += 1;
        if moves % MOVES_PER_TURN == 0 {
            tokio::task::yield_now().await;
        }
    }
}

async fn connect(exchange: &mut Exchange, world: &Rc<World>) -> Held {
    let knobs = exchange.terms().behavior.socket();
    let who = (exchange.group, exchange.client);
    match dial(world, who, knobs, exchange.request_id).await {
        Ok((connection, granted)) => {
            exchange.on_connected(granted);
            Some((connection, granted))
        }
        Err(error) => {
            world.problem(exchange.request_id, ClientStep::Connect, &error);
            exchange.visit.on_refused(is_own_lack(&error));
            None
        }
    }
}

fn send(exchange: &mut Exchange, connection: &Connection, (from, most): (u64, u64)) {
    let world = Rc::clone(&exchange.world);
    let mut scratch = world.scratch.borrow_mut();
    let filled = exchange.fill(from, &mut scratch, most);
    match connection.try_write(&scratch[..filled]) {
        // A piece that fills the buffer is not the end: only what the socket left is.
        Written::Taken(n) => exchange.visit.on_sent(n as u64, filled as u64),
        Written::Failed => {
            let terms = world.terms(exchange.group, exchange.client);
            exchange.visit.on_send_failed(&terms);
        }
    }
}

fn receive(exchange: &mut Exchange, connection: &Connection, limit: usize) {
    let came = exchange.read(connection, limit);
    let world = Rc::clone(&exchange.world);
    let (terms, now) = (
        world.terms(exchange.group, exchange.client),
        world.clock.now(),
    );
    let visit = &mut exchange.visit;
    match came {
        Came::Bytes { n, whole } => visit.on_received(&terms, now, (n, whole)),
        Came::Nothing => visit.on_empty(),
        Came::Nonsense => visit.on_nonsense(),
        Came::Eof(at) => visit.on_eof(&terms, at),
        Came::Reset => visit.on_reset(&terms),
    }
}

/// Waits for whatever is waited for; an error of the socket is told by the next call on it.
async fn pause(world: &World, connection: Option<&Connection>, wait: Wait) {
    let now = world.clock.now();
    let until = wait
        .until
        .map(|until| world.clock.until(together(now, until)));
    let interest = connection.and_then(|connection| connection.interest(wait));
    match (interest, until) {
        (None, None) => std::future::pending().await,
        (None, Some(until)) => sleep(until).await,
        (Some(ready), until) => {
            let _ = timeout(until.unwrap_or(Duration::MAX), ready).await;
        }
    }
}

/// Whether the connecting end lacked ports, descriptors or memory, or asked for an option that the kernel does not grant.
fn is_own_lack(error: &std::io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(
            libc::EADDRNOTAVAIL
                | libc::EMFILE
                | libc::ENFILE
                | libc::ENOBUFS
                | libc::ENOMEM
                | libc::EINVAL
        )
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_waits_end_on_a_grid_and_short_ones_where_they_are() {
        let at_us = Timestamp::from_us;
        let cases = [
            (0, 31_999, 31_999),
            (0, 32_001, 33_000),
            (100, 500_100, 504_000),
            (123, 528_000, 528_000),
            (0, 9_999_001, 10_000_000),
        ];
        for (now, until, expected) in cases {
            let found = together(at_us(now), at_us(until));
            assert_eq!(found, at_us(expected), "{until} at {now}");
        }
        assert_eq!(together(at_us(50), at_us(40)), at_us(40));
    }
}
