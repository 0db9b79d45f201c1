//! asyncio's transport (`_SelectorSocketTransport` of Python 3.11): what the kernel does not take at once is copied and sent later.
//!
//! The copy is real memory, and so is the application's object while its `send` waits: a slow client costs this process what it costs a
//! Python one.

use std::sync::Arc;

use super::socket::Connection;
use crate::machine::worker::{ASYNCIO_HIGH_WATER, Outcome};

/// The bytes that a connection's transport keeps.
#[derive(Debug, Default)]
pub(super) struct Transport {
    /// The application's object, for as long as its `send` waits.
    object: Vec<u8>,
    copy: Vec<u8>,
    /// How much of the copy has been sent.
    sent: usize,
}

impl Transport {
    /// `transport.write`.
    pub(super) fn write(
        &mut self,
        connection: &Arc<Connection>,
        object: Vec<u8>,
        keeps_the_object: bool,
    ) -> Outcome<'static> {
        let mut taken = 0;
        if self.left() == 0 {
            match connection.try_send(&object) {
                Ok(n) => taken = n,
                Err(failure) => return Outcome::Failed { failure, sent: 0 },
            }
        }
        self.copy.extend_from_slice(&object[taken..]);
        if keeps_the_object {
            self.object = object;
        }
        self.written()
    }

    /// There is room: sends more.
    pub(super) fn flush(&mut self, connection: &Arc<Connection>) -> Outcome<'static> {
        match connection.try_send(&self.copy[self.sent..]) {
            Ok(n) => self.sent += n,
            Err(failure) => return Outcome::Failed { failure, sent: 0 },
        }
        self.written()
    }

    fn written(&mut self) -> Outcome<'static> {
        let left = self.left() as u64;
        if left <= ASYNCIO_HIGH_WATER / 4 {
            self.object = Vec::new();
        }
        // `del self._buffer[:n]` gives memory back now and then.
        if self.sent > self.copy.len() / 2 {
            self.copy.drain(..self.sent);
            self.copy.shrink_to_fit();
            self.sent = 0;
        }
        Outcome::Written { left }
    }

    fn left(&self) -> usize {
        self.copy.len() - self.sent
    }
}
