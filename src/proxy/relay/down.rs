//! The client's side of a relay: writing to its socket, spilling, error pages.

use std::io;

use super::Relay;
use crate::machine::exchange::Exchange;
use crate::machine::pipe::{Piece, Spill};
use crate::proxy::heads::error_page;
use crate::proxy::listener::{SCRATCH_BYTES, offered};
use crate::proxy::upstream::os_error;
use crate::record::EventKind;

/// However little the client's socket took, at least so much is offered.
const LEAST_OFFER: usize = 4096;

impl Relay<'_> {
    pub(super) fn write_downstream(&mut self, exchange: &mut Exchange, (max, ahead): (u64, u64)) {
        let worker = self.worker;
        let mut scratch = worker.scratch.borrow_mut();
        let outgoing = exchange.outgoing().expect("there is a response");
        let behind = (ahead > 0).then_some(Piece::Memory { len: ahead });
        let pieces = outgoing.pieces().chain(behind);
        let offer = self.offer.min(offered(max + ahead));
        let connection = self.connection;
        // Not by `and_then`, which would move all slices once more.
        let result = match self.store.gather(pieces, &self.head, &mut scratch, offer) {
            Ok(all) => connection
                .write(all.slices(), all.len())
                .map(|n| (n, all.len())),
            Err(error) => Err(error),
        };
        let now = worker.about_now();
        match result {
            Ok((n, len)) => {
                // A full socket takes about as much next time; reading more than twice that from the temp file would be for nothing.
                self.offer = if n < len {
                    (2 * n).clamp(LEAST_OFFER, SCRATCH_BYTES)
                } else {
                    SCRATCH_BYTES
                };
                let gone = exchange.on_client_written(now, n as u64, n < len);
                self.store.consume(gone);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                exchange.on_client_written(now, 0, true);
            }
            Err(error) => exchange.on_client_write_failed(now, &os_error(&error)),
        }
    }

    pub(super) fn spill(&mut self, exchange: &mut Exchange, spill: Spill) {
        match self.store.spill(spill) {
            Ok(()) => {
                // A disk may have made it wait.
                self.worker.now();
                exchange.on_spilled(spill);
            }
            Err(error) => self.temp_file_failed(exchange, &error),
        }
    }

    /// A full disk, or no descriptor for another file: nginx finalises the request with an error, and so do we.
    pub(super) fn temp_file_failed(&mut self, exchange: &mut Exchange, error: &io::Error) {
        let kind = EventKind::TempFileFailed {
            dir: self.worker.temp_dir.display().to_string(),
            error: error.to_string(),
            errno: error.raw_os_error(),
        };
        self.worker.logs.error("crit", &kind.text());
        self.connection.event(self.worker, kind, self.info.id);
        exchange.on_spill_failed(self.worker.now());
    }

    pub(super) fn error_page(&mut self, exchange: &mut Exchange, status: u16, keep_alive: bool) {
        let page = error_page(status, &self.info, keep_alive, &self.worker.dates().http);
        self.head = page.text;
        self.head_len = page.head_len as u64;
        let len = self.head.len() as u64;
        exchange.on_error_page(self.worker.now(), len);
    }
}
