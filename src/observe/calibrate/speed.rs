//! What bytes cost this machine: a process that sends, one that passes on, one that reads, as threads. Takes about a second.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::thread::{self, JoinHandle};

use crate::machine::costs::Costs;
use crate::time::{Clock, Span, Timestamp, thread_cpu_time};

const KIB: usize = 1024;
/// The pieces of an application, and the most that one system call moves.
const PIECE: usize = 64 * KIB;
/// So small that a piece of it costs what any piece costs, and its bytes nothing; and so much of them, in pieces of an application.
const TINY: usize = 64;
const IN_TINY_PIECES: usize = 16;
/// Pieces in a row, and with a computation before each.
const IN_A_ROW: usize = 1024;
const COMPUTED: usize = 64;
const COMPUTATION: Span = Span::from_ms(1);
/// What goes into a proxy's temp file at once.
const SPILLED: usize = 16 * KIB * KIB;
/// Fits into any Unix socket at once.
const RESTING: usize = 128 * KIB;
/// Whatever else the machine does only adds to it, so the least of several is taken.
const TIMES: u32 = 5;

/// What one passage took.
struct Passed {
    /// Until the sender was rid of all.
    sender: Span,
    /// CPU time of the thread in between.
    relay_cpu: Span,
}

/// Measures the constants that a sim charges for bytes.
///
/// # Errors
/// Sockets or threads that cannot be made.
pub fn costs() -> io::Result<Costs> {
    let [mut resting, mut computed, mut spilled] = [u64::MAX; 3];
    let [mut row, mut tiny] = [u64::MAX; 2];
    for _ in 0..TIMES {
        resting = resting.min(rest()?.as_ns());
        computed = computed.min(pass_on((COMPUTED, PIECE), COMPUTATION)?.sender.as_ns());
        let passed = pass_on((IN_A_ROW, PIECE), Span::ZERO)?;
        row = row.min(passed.sender.as_ns());
        let passed = pass_on((IN_TINY_PIECES, TINY), Span::ZERO)?;
        tiny = tiny.min(passed.relay_cpu.as_ns());
        spilled = spilled.min(spill()?.as_ns());
    }
    // CPU time, and not the difference of two sizes: on a machine that does something else large pieces take longer by chance, and more CPU, too.
    let pass_on_piece_ns = tiny / (IN_TINY_PIECES * PIECE / TINY) as u64;
    let in_pieces = pass_on_piece_ns * IN_A_ROW as u64;
    let each = |ns: u64, bytes: usize| (ns / (bytes / KIB) as u64).max(1);
    let send_kib_ns = each(resting, RESTING);
    let beside = computed.saturating_sub(COMPUTATION.as_ns() * COMPUTED as u64);
    let relay_kib_ns = each(spilled, SPILLED);
    let known = Costs::MEASURED;
    Ok(Costs {
        send_kib_ns,
        read_kib_ns: each(beside, COMPUTED * PIECE).saturating_sub(send_kib_ns),
        pass_on_kib_ns: each(row.saturating_sub(in_pieces), IN_A_ROW * PIECE),
        pass_on_piece_ns,
        relay_kib_ns,
        // Not measured by itself: as much quicker as the pace that it leads to.
        relay_begins_ns: known.relay_begins_ns * relay_kib_ns / known.relay_kib_ns,
    })
}

/// How long it takes to hand bytes over that nobody reads.
fn rest() -> io::Result<Span> {
    let (mut sender, _reader) = UnixStream::pair()?;
    let bytes = vec![0; RESTING];
    let clock = Clock::start();
    sender.write_all(&bytes)?;
    Ok(clock.now().since(Timestamp::ZERO))
}

/// How long a thread works on what it reads from a Unix socket and writes to a temp file, as one does that buffers.
fn spill() -> io::Result<Span> {
    let (mut sender, inner) = UnixStream::pair()?;
    let relay = relay(inner, PIECE, tempfile::tempfile()?)?;
    let piece = vec![0; PIECE];
    for _ in 0..SPILLED / PIECE {
        sender.write_all(&piece)?;
    }
    drop(sender);
    joined(relay)
}

/// Sends so many pieces through a Unix socket, a thread that reads so much at a time, and a TCP connection to one who reads at once.
fn pass_on((pieces, at_a_time): (usize, usize), computation: Span) -> io::Result<Passed> {
    let (mut sender, inner) = UnixStream::pair()?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let outer = TcpStream::connect(listener.local_addr()?)?;
    let (mut client, _) = listener.accept()?;
    let relay = relay(inner, at_a_time, outer)?;
    let reader = thread::Builder::new().spawn(move || io::copy(&mut client, &mut io::sink()))?;
    let (piece, clock) = (vec![0; PIECE], Clock::start());
    for _ in 0..pieces {
        let begun = thread_cpu_time();
        while thread_cpu_time().saturating_sub(begun) < computation {
            std::hint::spin_loop();
        }
        sender.write_all(&piece)?;
    }
    let sender_took = clock.now().since(Timestamp::ZERO);
    drop(sender);
    let relay_cpu = joined(relay)?;
    joined(reader)?;
    Ok(Passed {
        sender: sender_took,
        relay_cpu,
    })
}

/// A thread that reads so much at a time and writes it, and says at the end how much CPU time it has used.
fn relay(
    mut from: UnixStream,
    at_a_time: usize,
    mut to: impl Write + Send + 'static,
) -> io::Result<JoinHandle<io::Result<Span>>> {
    thread::Builder::new().spawn(move || {
        let mut buffer = vec![0; at_a_time];
        loop {
            match from.read(&mut buffer)? {
                0 => return Ok(thread_cpu_time()),
                n => to.write_all(&buffer[..n])?,
            }
        }
    })
}

fn joined<T>(thread: JoinHandle<io::Result<T>>) -> io::Result<T> {
    let panicked = |_| io::Error::other("a thread that passes bytes on has panicked");
    thread.join().map_err(panicked)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_read_cost_more_than_those_that_rest_and_nothing_is_free() {
        let costs = costs().unwrap();
        assert!(costs.send_kib_ns > 0 && costs.relay_kib_ns > 0, "{costs:?}");
        // Whole milliseconds for a KiB would be no computer.
        assert!(costs.pass_on_kib_ns < 1_000_000, "{costs:?}");
        let passing = costs.passing_on(64 * 1024, 64 * 1024);
        assert!(passing > costs.sending(64 * 1024 / 4), "{costs:?}");
        assert!(costs.pass_on_piece_ns > 0, "{costs:?}");
    }
}
