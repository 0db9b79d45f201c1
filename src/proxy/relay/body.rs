//! The request's body: read from the client, kept until the upstream takes it.

use std::io;
use std::path::Path;
use std::rc::Rc;

use super::Relay;
use crate::machine::downstream::Granted;
use crate::machine::exchange::{BodyRead, Exchange, RequestHeadInfo};
use crate::machine::http::ChunkedBody;
use crate::machine::pipe::{BodyBytes, Outgoing, RequestBody, Spill};
use crate::proxy::block::Spare;
use crate::proxy::listener::offered;
use crate::proxy::store::{Gathered, Store};
use crate::proxy::upstream::os_error;

/// The body of a request, if it has one.
pub(super) enum Body {
    None,
    /// So many bytes are to come.
    Length(u64, Box<Store>),
    Chunked(Box<(ChunkedBody, Store)>),
}

impl Body {
    fn new(body: RequestBody, spare: &Rc<Spare>) -> Body {
        let store = || Store::new(Rc::clone(spare));
        match body {
            RequestBody::None => Body::None,
            RequestBody::Length(length) => Body::Length(length, Box::new(store())),
            RequestBody::Chunked => Body::Chunked(Box::new((ChunkedBody::default(), store()))),
        }
    }

    /// Keeps what belongs to the body; `None` if it is no chunked body.
    fn take(&mut self, bytes: &[u8]) -> Option<BodyBytes> {
        let n = bytes.len() as u64;
        match self {
            Body::None => Some(BodyBytes {
                beyond: n,
                ..BodyBytes::default()
            }),
            Body::Length(left, store) => {
                let payload = n.min(*left);
                *left -= payload;
                store.push(&bytes[..payload as usize]);
                Some(BodyBytes {
                    wire: payload,
                    payload,
                    beyond: n - payload,
                    ..BodyBytes::default()
                })
            }
            Body::Chunked(chunked) => {
                let (framing, store) = &mut **chunked;
                let progress = framing.decode(bytes, |run| store.push(run)).ok()?;
                let wire = progress.consumed as u64;
                Some(BodyBytes {
                    wire,
                    payload: progress.payload,
                    last: progress.done,
                    ahead: framing.ahead(),
                    beyond: n - wire,
                })
            }
        }
    }

    fn store(&mut self) -> Option<&mut Store> {
        match self {
            Body::None => None,
            Body::Length(_, store) => Some(store),
            Body::Chunked(chunked) => Some(&mut chunked.1),
        }
    }

    pub(super) fn open_file(&mut self, path: &Path) -> io::Result<()> {
        self.store().map_or(Ok(()), |store| store.open_file(path))
    }

    pub(super) fn gather<'a>(
        &'a mut self,
        (outgoing, skip): (&Outgoing, u64),
        head: &'a [u8],
        scratch: &'a mut [u8],
        max: usize,
    ) -> io::Result<Gathered<'a>> {
        match self.store() {
            None => Ok(Gathered::new(max)),
            Some(store) => store.gather_behind((outgoing.pieces(), skip), head, scratch, max),
        }
    }

    /// Nobody will ask for it again.
    pub(super) fn forget(&mut self) {
        *self = Body::None;
    }

    /// The upstream's socket has the first `n` bytes of memory.
    pub(super) fn consume(&mut self, n: u64) {
        if let Some(store) = self.store() {
            store.consume(n);
        }
    }
}

impl Relay<'_> {
    /// A head has come, and `rest` with it; what the machine is told.
    pub(in crate::proxy) fn take_head(
        &mut self,
        granted: Box<Granted>,
        rest: &[u8],
    ) -> RequestHeadInfo {
        self.body = Body::new(granted.body, &self.worker.spare);
        let preread = self.body.take(rest);
        let head = &granted.head;
        let info = RequestHeadInfo {
            len: head.len as u64,
            body: granted.body,
            preread: preread.unwrap_or_default(),
            malformed: preread.is_none(),
            expects_continue: head.expects_continue(),
            keep_alive: granted.keep_alive,
            idempotent: head.is_idempotent(),
        };
        self.asked = Some(granted);
        info
    }

    pub(super) fn read_body(&mut self, exchange: &mut Exchange, max: u64) {
        let read = self.take_body(max);
        exchange.on_body_read(self.worker.now(), read);
    }

    /// Reads more of a body that nobody wants.
    pub(in crate::proxy) fn discard_body(&mut self, max: u64) -> BodyRead {
        let read = self.take_body(max);
        if let Some(store) = self.body.store() {
            store.clear();
        }
        read
    }

    fn take_body(&mut self, max: u64) -> BodyRead {
        let mut scratch = self.worker.scratch.borrow_mut();
        let offered = offered(max);
        let result = self.connection.read(&mut scratch[..offered]);
        match result {
            Ok(0) => BodyRead::Closed,
            Ok(n) => match self.body.take(&scratch[..n]) {
                None => BodyRead::Malformed,
                Some(bytes) => {
                    self.connection.keep(&scratch[n - bytes.beyond as usize..n]);
                    BodyRead::Bytes {
                        bytes,
                        filled: n == offered,
                    }
                }
            },
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => BodyRead::WouldBlock,
            Err(error) => BodyRead::Failed(os_error(&error)),
        }
    }

    pub(super) fn spill_body(&mut self, exchange: &mut Exchange, spill: Spill) {
        let spilled = self.body.store().map_or(Ok(()), |store| store.spill(spill));
        match spilled {
            Ok(()) => exchange.on_body_spilled(spill),
            Err(error) => self.temp_file_failed(exchange, &error),
        }
    }
}
