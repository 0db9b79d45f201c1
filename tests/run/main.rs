//! The `slowlab` binary as a user meets it: what it prints where, how it exits, what it keeps, and that it leaves nothing behind.

#![expect(
    clippy::unwrap_used,
    reason = "the helpers of a test report by panicking, as the test does"
)]

mod acts;
mod busy;
mod bytes;
mod claims;
mod cut_short;
mod ended;
mod existence;
mod far;
mod figures;
mod kills;
mod odd;
mod own;
mod pipeline;
mod probes;
mod refused;
mod roles;
mod serve;
mod slow_disk;
mod support;
mod torture;
mod waits;
mod weblog;
mod words;
