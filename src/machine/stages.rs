//! The stages of a run, alike on every engine of ours: the stack starts, clients begin, at `duration` nothing new starts, after `drain` what
//! is in flight is given up, the backend settles, and the parts are stopped from the outside in.

use crate::time::Span;

/// Ours: how long the backend may work off requests that nobody waits for any more, so that zombie work is counted.
pub const SETTLE_LIMIT: Span = Span::from_secs(3);

/// Ours: the grid on which queues are sampled.
pub const SAMPLE_INTERVAL: Span = Span::from_ms(100);

/// Ours: so many connections of clients are counted on the plain grid: with a proxy that is four sockets each, about 3 microseconds per
/// socket, 2.4 % of a core.
const COUNTED_PLAINLY: u64 = 200;

/// Ours: counting where bytes are may take this part of the time.
const COUNTING_SHARE: u64 = 40;

/// When bytes are to be counted again, if counting those of so many connections took so long: with many of them, or on a slow machine, the
/// grid widens, so that looking costs no more than it does with few.
pub fn counting_interval(connections: u64, took: Span) -> Span {
    let by_number = connections.div_ceil(COUNTED_PLAINLY);
    let by_cost = (took.as_ns().saturating_mul(COUNTING_SHARE)).div_ceil(SAMPLE_INTERVAL.as_ns());
    let times = by_number.max(by_cost).max(1);
    Span::from_ns(SAMPLE_INTERVAL.as_ns().saturating_mul(times))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grid_widens_with_connections_and_with_cost() {
        let cases = [
            (0, 0, 100),
            (100, 1_000, 100),
            (200, 2_500, 100),
            (201, 0, 200),
            (5_000, 60_000, 2_500),
            (100, 10_000, 400),
        ];
        for (connections, took_us, ms) in cases {
            let interval = counting_interval(connections, Span::from_us(took_us));
            assert_eq!(interval, Span::from_ms(ms), "{connections}, {took_us} us");
        }
    }
}
