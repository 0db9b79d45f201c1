//! A client: asks its reader before every read, and does what it says.

use std::rc::Rc;
use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::dial::{Connection, Granted, dial};
use super::exchange::{End, Exchange, Step};
use super::world::{Active, World};
use crate::machine::behavior::{Appetite, Reader};
use crate::record::{ClientStep, Outcome};
use crate::time::{Span, Timestamp};

/// Reads in a row after which a client lets others have the thread.
const READS_PER_TURN: u32 = 16;

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

/// A connection between two requests.
struct Kept {
    connection: Connection,
    granted: Granted,
    /// Requests that went over it.
    asked: u32,
}

/// Makes one request on a connection of its own.
pub(super) async fn once(active: Active, who: (u32, u32), request_id: u64, at: Timestamp) {
    request(active.world(), who, (request_id, at), &mut None).await;
}

/// Makes one request after another, each `think` after the end of the one before, until the run's duration is over.
pub(super) async fn looping(active: Active, who: (u32, u32), first_at: Timestamp) {
    let world = active.world();
    let mut kept = None;
    let mut next = Some(first_at).filter(|at| *at < world.ends_at);
    while let Some(at) = next {
        let until = world.clock.until(at);
        if !until.is_zero() {
            sleep(until).await;
        }
        let outcome = request(world, who, (world.draw_loop_id(), at), &mut kept).await;
        let refused = outcome == Outcome::Refused;
        let schedule = &world.group(who.0).schedule;
        next = schedule.next(world.clock.now(), refused, world.ends_at);
        tokio::task::yield_now().await;
    }
}

async fn request(
    world: &Rc<World>,
    who: (u32, u32),
    (request_id, at): (u64, Timestamp),
    kept: &mut Option<Kept>,
) -> Outcome {
    let mut exchange = Exchange::begin(world, who, request_id, at);
    let patience = match world.group(who.0).timeout {
        Some(patience) => world.clock.until(at + patience),
        None => Duration::MAX,
    };
    let end = timeout(patience, converse(&mut exchange, kept))
        .await
        .unwrap_or(End::TIMEOUT);
    exchange.finish(end);
    end.outcome
}

/// Speaks on the kept connection if there is one and it still works, otherwise on a new one. A kept connection that turns out to
/// have been closed before any byte came is not an outcome: every client would quietly connect again (RFC 9110, 9.2.2), unless it
/// had nothing to say anyway.
async fn converse(exchange: &mut Exchange, kept: &mut Option<Kept>) -> End {
    if let Some(old) = kept.take() {
        let asks = exchange.behavior().asks(old.asked);
        let end = talk(exchange, old, kept).await;
        if !asks || end.outcome != Outcome::Reset || exchange.response.read_bytes > 0 {
            return end;
        }
    }
    let knobs = exchange.behavior().socket();
    match dial(&exchange.world, exchange.client, knobs, exchange.request_id).await {
        Ok((connection, granted)) => {
            let new = Kept {
                connection,
                granted,
                asked: 0,
            };
            talk(exchange, new, kept).await
        }
        Err(error) => {
            exchange
                .world
                .problem(exchange.request_id, ClientStep::Connect, &error);
            exchange.refused(&error)
        }
    }
}

async fn talk(exchange: &mut Exchange, mut over: Kept, kept: &mut Option<Kept>) -> End {
    exchange.connected(over.granted);
    if exchange.behavior().asks(over.asked) {
        let world = &exchange.world;
        let text = world
            .group(exchange.group)
            .request_text(&world.host, exchange.request_id);
        if over.connection.write_all(text.as_bytes()).await.is_err() {
            return exchange.by_peer(Outcome::Reset);
        }
        over.asked += 1;
    }
    let end = listen(exchange, &over.connection).await;
    if end == End::COMPLETE && exchange.behavior().keeps_open() {
        exchange.complete();
        // To the end of the run, or of the client's patience.
        std::future::pending::<()>().await;
    }
    if exchange.world.group(exchange.group).keepalive
        && end == End::COMPLETE
        && exchange.response.leaves_connection_usable()
    {
        *kept = Some(over);
    }
    end
}

async fn listen(exchange: &mut Exchange, connection: &Connection) -> End {
    let clock = exchange.world.clock;
    let mut reader = exchange.behavior().reader(clock.now());
    let mut reads = 0;
    loop {
        match reader.appetite(clock.now(), exchange.response.read_bytes) {
            Appetite::Never => std::future::pending().await,
            Appetite::Wait(until) => sleep(clock.until(together(clock.now(), until))).await,
            Appetite::Read(limit) => match exchange.read(connection, limit) {
                Step::Over(end) => return end,
                Step::Progress => {
                    reads += 1;
                    if reads % READS_PER_TURN == 0 {
                        tokio::task::yield_now().await;
                    }
                }
                Step::Empty => {
                    if connection.readable().await.is_err() {
                        return exchange.by_peer(Outcome::Reset);
                    }
                }
            },
        }
    }
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
