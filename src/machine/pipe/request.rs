//! The request pipe: nginx's `ngx_http_request_body.c`, as decisions about counts of bytes.
//!
//! With `proxy_request_buffering on` the whole body comes first: into one buffer, and from there to a temp file as soon as the buffer is full
//! before the body is complete; then all of it goes the same way. Without it the buffer is handed on as it fills, and taken back
//! only when all of it has gone to the upstream's socket.
//!
//! As with responses a pipe never sees a byte: the driver keeps them in the same order and asks [`Outgoing::pieces`].

use super::outgoing::Body;
use super::{Ledger, Outgoing, Spill};
use crate::machine::proxy_config::ProxyConfig;

/// How a request's body is delimited.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RequestBody {
    /// There is none.
    None,
    /// `Content-Length`.
    Length(u64),
    /// `Transfer-Encoding: chunked`.
    Chunked,
}

/// Body bytes that came from the client.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct BodyBytes {
    /// Bytes on the wire, chunked framing included.
    pub wire: u64,
    /// Of these, the body's own.
    pub payload: u64,
    /// Whether the chunked framing says that the body ended.
    pub last: bool,
    /// Bytes of the body that the chunked framing has announced and that are still to come.
    pub ahead: u64,
    /// Bytes that came behind the body: of the next request.
    pub beyond: u64,
}

/// The body of one request.
#[derive(Clone, Debug)]
pub struct RequestPipe {
    buffered: bool,
    left: Left,
    /// The buffer, and how much of it has been read into.
    size: u64,
    filled: u64,
    /// Bytes of the body in memory that are not yet on their way upstream, and in the temp file.
    held: u64,
    file: u64,
    /// The request's head and what goes behind it, once the upstream's request is made.
    outgoing: Option<Outgoing>,
    read: u64,
    spilled: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Left {
    Bytes(u64),
    Chunks,
    Nothing,
}

impl RequestPipe {
    /// The pipe of a body of which `preread` came together with the head, in a buffer that has `spare` bytes left.
    pub fn new(
        config: &ProxyConfig,
        body: RequestBody,
        preread: BodyBytes,
        spare: u64,
    ) -> RequestPipe {
        let mut pipe = RequestPipe {
            // nginx cannot pass a body of unknown length on to an HTTP/1.0 upstream (`ngx_http_proxy_handler`).
            buffered: config.proxy_request_buffering || body == RequestBody::Chunked,
            left: match body {
                RequestBody::None => Left::Nothing,
                RequestBody::Length(length) => Left::Bytes(length),
                RequestBody::Chunked => Left::Chunks,
            },
            size: 0,
            filled: 0,
            held: 0,
            file: 0,
            outgoing: None,
            read: 0,
            spilled: 0,
        };
        pipe.take(preread);
        pipe.size = match pipe.left {
            Left::Bytes(rest) if rest <= spare => rest,
            left => buffer_for(left, config.client_body_buffer_size.0),
        };
        // A body that is there already is passed on as one that was buffered.
        pipe.buffered |= pipe.is_read();
        pipe
    }

    /// Whether the upstream is to wait for the last byte.
    pub fn is_buffered(&self) -> bool {
        self.buffered
    }

    /// Whether the last byte has come.
    pub fn is_read(&self) -> bool {
        self.left == Left::Nothing
    }

    /// What must go to the temp file before anything else is done: with a full buffer all that is in memory, and at the end of a body that is in the
    /// file already the rest of it.
    pub fn spill(&self) -> Option<Spill> {
        let full = self.filled == self.size && !self.is_read();
        let rest = self.spilled > 0 && self.is_read();
        let due = self.buffered && self.held > 0 && (full || rest);
        due.then_some(Spill {
            skip: 0,
            bytes: self.held,
            at: self.file,
        })
    }

    /// A spill was carried out.
    pub fn on_spilled(&mut self, spill: Spill) {
        assert!(
            spill.bytes == self.held && spill.at == self.file,
            "the whole buffer goes to the end of the file"
        );
        self.held = 0;
        self.file += spill.bytes;
        self.spilled += spill.bytes;
        self.filled = 0;
    }

    /// How many bytes may be read from the client now; 0 if there is no space, or nothing left to come.
    pub fn space(&mut self) -> u64 {
        if self.is_read() {
            return 0;
        }
        if self.filled == self.size && self.unsent() == 0 && self.held == 0 {
            self.filled = 0;
        }
        let space = self.size - self.filled;
        match self.left {
            Left::Bytes(rest) => space.min(rest),
            Left::Chunks | Left::Nothing => space,
        }
    }

    /// Bytes came from the client.
    pub fn on_read(&mut self, bytes: BodyBytes) {
        assert!(
            bytes.wire <= self.size - self.filled,
            "more than was asked for"
        );
        self.filled += bytes.wire;
        self.take(bytes);
    }

    fn take(&mut self, bytes: BodyBytes) {
        let BodyBytes { payload, last, .. } = bytes;
        self.read += payload;
        self.left = match self.left {
            Left::Bytes(rest) if rest == payload => Left::Nothing,
            Left::Bytes(rest) => Left::Bytes(rest - payload),
            Left::Chunks if last => Left::Nothing,
            left => left,
        };
        match &mut self.outgoing {
            Some(outgoing) => outgoing.push_memory(payload),
            None => self.held += payload,
        }
    }

    /// Bytes of the body that have come, and those that it will have in all as far as is known (`Content-Length` of the upstream's request).
    pub fn length(&self) -> u64 {
        self.read
            + match self.left {
                Left::Bytes(rest) => rest,
                Left::Chunks | Left::Nothing => 0,
            }
    }

    /// The upstream's request is made: a head of so many bytes, behind which the body goes.
    pub fn on_created(&mut self, head: u64) {
        let mut outgoing = Outgoing::new(head, false);
        if self.file > 0 {
            let len = std::mem::take(&mut self.file);
            outgoing.push_body(&[Body::File { at: 0, len }]);
        }
        outgoing.push_memory(std::mem::take(&mut self.held));
        self.outgoing = Some(outgoing);
    }

    /// The request is to be sent again; only a buffered one can be, or one of which nothing was sent.
    pub fn restart(&mut self, head: u64) {
        if !self.buffered {
            return;
        }
        (self.file, self.held) = (self.spilled, self.read - self.spilled);
        self.on_created(head);
    }

    /// Bytes in memory that were sent and are kept, in case the request must be sent again.
    pub fn sent_from_memory(&self) -> u64 {
        match &self.outgoing {
            Some(outgoing) if self.buffered => self.read - self.spilled - outgoing.memory(),
            _ => 0,
        }
    }

    /// Bytes that wait for the upstream's socket, the head included.
    pub fn unsent(&self) -> u64 {
        self.outgoing.as_ref().map_or(0, Outgoing::unsent)
    }

    /// The upstream's socket took `n` bytes.
    pub fn on_written(&mut self, n: u64) {
        if let Some(outgoing) = &mut self.outgoing {
            outgoing.take_final(n);
        }
    }

    /// What goes to the upstream next; `None` before its request is made.
    pub fn outgoing(&self) -> Option<&Outgoing> {
        self.outgoing.as_ref()
    }

    /// The books.
    pub fn ledger(&self) -> Ledger {
        let count = |what: fn(&Outgoing) -> u64| self.outgoing.as_ref().map_or(0, what);
        Ledger {
            read: self.read,
            memory: self.held + count(Outgoing::memory),
            file: self.file + count(Outgoing::file),
            sent: count(Outgoing::body_sent),
            dropped: 0,
            spilled: self.spilled,
        }
    }
}

/// `client_body_buffer_size`, or just enough for a body that is at most a quarter larger (`ngx_http_read_client_request_body`).
fn buffer_for(left: Left, size: u64) -> u64 {
    match left {
        Left::Bytes(rest) if rest < size + size / 4 => rest,
        _ => size,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> ProxyConfig {
        toml::from_str(text).unwrap()
    }

    fn bytes(payload: u64) -> BodyBytes {
        BodyBytes {
            wire: payload,
            payload,
            ..BodyBytes::default()
        }
    }

    /// Reads a body to its end; the largest read, and how the file was written.
    fn read_all(pipe: &mut RequestPipe) -> (u64, Vec<Spill>) {
        let (mut largest, mut spills) = (0, Vec::new());
        loop {
            if let Some(spill) = pipe.spill() {
                pipe.on_spilled(spill);
                spills.push(spill);
            }
            let space = pipe.space();
            if space == 0 {
                break;
            }
            largest = largest.max(space);
            pipe.on_read(bytes(space));
        }
        (largest, spills)
    }

    #[test]
    fn bodies_up_to_a_quarter_more_than_the_buffer_stay_in_memory() {
        let config = config("client_body_buffer_size = '8KiB'");
        for (length, files) in [(8192, 0), (10_239, 0), (10_240, 2), (100_000, 13)] {
            let body = RequestBody::Length(length);
            let mut pipe = RequestPipe::new(&config, body, BodyBytes::default(), 900);
            let (largest, spills) = read_all(&mut pipe);
            assert_eq!(spills.len(), files, "{length} bytes");
            assert!(pipe.is_read() && largest <= 10_239);
            pipe.on_created(100);
            assert_eq!(pipe.unsent(), length + 100);
            let ledger = pipe.ledger();
            let (memory, file) = if files == 0 { (length, 0) } else { (0, length) };
            assert_eq!((ledger.memory, ledger.file), (memory, file));
            assert_eq!(ledger.spilled, file);
        }
    }

    #[test]
    fn a_small_body_is_read_into_what_is_left_of_the_heads_buffer() {
        let config = config("client_body_buffer_size = '1KiB'");
        let preread = bytes(100);
        let mut pipe = RequestPipe::new(&config, RequestBody::Length(900), preread, 800);
        assert_eq!(pipe.space(), 800);
        let mut pipe2 = RequestPipe::new(&config, RequestBody::Length(2000), preread, 800);
        assert_eq!(pipe2.space(), 1024);
        assert_eq!(read_all(&mut pipe2).1.first().unwrap().bytes, 1124);
        assert_eq!(read_all(&mut pipe).1, []);
    }

    #[test]
    fn unbuffered_space_comes_back_only_when_all_of_it_is_sent() {
        let config = config("proxy_request_buffering = false\nclient_body_buffer_size = '8KiB'");
        let body = RequestBody::Length(100_000);
        let mut pipe = RequestPipe::new(&config, body, BodyBytes::default(), 900);
        assert!(!pipe.is_buffered());
        pipe.on_created(100);
        pipe.on_read(bytes(8000));
        assert_eq!((pipe.space(), pipe.spill()), (192, None));
        pipe.on_written(8100);
        assert_eq!(pipe.space(), 192, "the buffer is not yet full");
        pipe.on_read(bytes(192));
        assert_eq!(pipe.space(), 0);
        pipe.on_written(191);
        assert_eq!(pipe.space(), 0);
        pipe.on_written(1);
        assert_eq!(pipe.space(), 8192);
        assert_eq!(pipe.length(), 100_000);
    }

    #[test]
    fn chunks_are_buffered_whatever_the_directive_and_take_their_framing_into_the_buffer() {
        let config = config("proxy_request_buffering = false\nclient_body_buffer_size = '8KiB'");
        let mut pipe = RequestPipe::new(&config, RequestBody::Chunked, BodyBytes::default(), 900);
        assert!(pipe.is_buffered());
        pipe.on_read(BodyBytes {
            wire: 8192,
            payload: 8000,
            ..BodyBytes::default()
        });
        assert_eq!(pipe.spill().unwrap().bytes, 8000);
        pipe.on_spilled(pipe.spill().unwrap());
        pipe.on_read(BodyBytes {
            wire: 105,
            payload: 100,
            last: true,
            ..BodyBytes::default()
        });
        assert_eq!(pipe.spill().unwrap().bytes, 100);
        pipe.on_spilled(pipe.spill().unwrap());
        assert!(pipe.is_read());
        assert_eq!(pipe.length(), 8100);
    }
}
