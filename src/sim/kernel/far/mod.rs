//! One direction of a TCP connection over a line with a rate, a round trip and loss (`machine::link`).
//!
//! What was written waits in the send buffer until it is acknowledged. At most a receive window and a congestion window are
//! unacknowledged; what leaves goes through one first-in-first-out line and then takes half a round trip, as its
//! acknowledgement does on the way back. Each direction has at most one timer in the queue.
//!
//! **Congestion**: ten segments at first, one more per segment acknowledged up to `bdp + queue` (there a real sender would lose
//! segments and come back; this one stays, so the line's queue never overflows), by one segment per round trip after a loss; never where
//! something else holds the sender back. An unset SO_SNDBUF follows it.
//! **Loss**: each segment by itself, drawn from the connection's own stream. After three later arrivals the sender hears of it and
//! sends it again (one round trip, window halved); otherwise after the retransmission timer, which doubles (window one segment).
//! **Receive window**: as the kernel has learnt to offer of SO_RCVBUF (`machine::farbuf`); as much waits for a reader. Unset, it grows as receive autotuning
//! does, by what the reader takes in a round trip.
//! A receive buffer of hardly more than two segments delays acknowledgements.
//! **Left out**: pacing, delayed acknowledgements of other receivers, lost ones, loss of FIN and RST, Nagle, other traffic on the line.

mod arriving;
mod flow;
mod sending;
#[cfg(test)]
mod tests;

pub(super) use flow::{FarFlow, Options};
