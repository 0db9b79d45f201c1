//! A request's body on its way upstream: whatever is read, spilled, written and sent again in whatever pieces, what goes out is what came in, and no
//! more of it is in memory than the buffers hold.

#![no_main]

use std::collections::VecDeque;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use slowlab::machine::downstream::HEADER_BUFFER;
use slowlab::machine::pipe::{BodyBytes, Piece, RequestBody, RequestPipe, Spill};
use slowlab::machine::proxy_config::ProxyConfig;
use slowlab::units::Bytes;

/// The upstream's head.
const HEAD: u64 = 90;

static DEFAULTS: LazyLock<ProxyConfig> = LazyLock::new(|| toml::from_str("").expect("every directive has a default"));

/// The body's byte at an offset.
fn byte(at: u64) -> u8 {
    (at % 251) as u8
}

/// A driver without sockets: it keeps the bytes in the order of the machine.
struct Driver {
    pipe: RequestPipe,
    body: RequestBody,
    /// Bytes of the body that have been read.
    came: u64,
    memory: VecDeque<u8>,
    file: Vec<u8>,
    /// What the upstream has got of the attempt under way.
    sent: Vec<u8>,
    most_memory: u64,
}

impl Driver {
    fn new(config: &ProxyConfig, body: RequestBody, preread: u64, spare: u64) -> Driver {
        let payload = match body {
            RequestBody::None => 0,
            RequestBody::Length(length) => preread.min(length),
            RequestBody::Chunked => preread,
        };
        let preread = BodyBytes { wire: payload, payload, ..BodyBytes::default() };
        let most = config.client_body_buffer_size.0;
        let mut driver = Driver {
            pipe: RequestPipe::new(config, body, preread, spare),
            body,
            came: 0,
            memory: VecDeque::new(),
            file: Vec::new(),
            sent: Vec::new(),
            most_memory: payload + (most + most / 4).max(spare),
        };
        driver.keep(payload);
        driver
    }

    fn keep(&mut self, n: u64) {
        self.memory.extend((self.came..self.came + n).map(byte));
        self.came += n;
    }

    /// Reads at most `most` bytes, of which chunked framing takes a part; `last` ends a chunked body.
    fn read(&mut self, most: u64, framing: u64, last: bool) {
        let wire = self.pipe.space().min(most);
        let chunked = self.body == RequestBody::Chunked;
        if wire == 0 {
            return;
        }
        let payload = if chunked { wire - framing.min(wire) } else { wire };
        let last = chunked && last;
        self.keep(payload);
        self.pipe.on_read(BodyBytes { wire, payload, last, ..BodyBytes::default() });
    }

    fn spill(&mut self) {
        while let Some(Spill { skip, bytes, at }) = self.pipe.spill() {
            assert_eq!((skip, at), (0, self.file.len() as u64));
            self.file.extend(self.memory.drain(..bytes as usize));
            self.pipe.on_spilled(Spill { skip, bytes, at });
        }
    }

    fn write(&mut self, most: u64) {
        let most = most.min(self.pipe.unsent());
        let Some(outgoing) = self.pipe.outgoing() else { return };
        let mut out = Vec::new();
        let mut memory_at = self.pipe.sent_from_memory() as usize;
        for piece in outgoing.pieces() {
            match piece {
                Piece::Head { len, .. } => out.resize(out.len() + len as usize, 0),
                Piece::Framing { .. } => panic!("a request is never chunked anew"),
                Piece::Memory { len } => {
                    out.extend(self.memory.range(memory_at..memory_at + len as usize));
                    memory_at += len as usize;
                }
                Piece::File { at, len } => out.extend(&self.file[at as usize..][..len as usize]),
            }
        }
        assert_eq!(out.len() as u64, self.pipe.unsent());
        self.sent.extend(&out[..most as usize]);
        let before = self.pipe.ledger().memory;
        self.pipe.on_written(most);
        if !self.pipe.is_buffered() {
            let gone = before - self.pipe.ledger().memory;
            self.memory.drain(..gone as usize);
        }
    }

    fn again(&mut self) {
        if self.pipe.is_buffered() {
            self.pipe.restart(HEAD);
            self.sent.clear();
        }
    }

    fn check(&self) {
        let ledger = self.pipe.ledger();
        assert_eq!(ledger.read, self.came);
        assert_eq!(ledger.memory + ledger.file + ledger.sent, self.came, "{ledger:?}");
        assert_eq!(ledger.spilled, self.file.len() as u64);
        assert!(self.memory.len() as u64 <= self.most_memory, "{} of {}", self.memory.len(), self.most_memory);
        if let RequestBody::Length(length) = self.body {
            assert!(self.came <= length && self.pipe.length() == length);
        }
        let body = self.sent.get(HEAD as usize..).unwrap_or_default();
        assert!(body.iter().enumerate().all(|(at, found)| *found == byte(at as u64)));
    }
}

fuzz_target!(|input: (bool, u16, Option<u32>, u16, u16, Vec<(u8, u16)>)| {
    let (buffering, size, length, head, preread, moves) = input;
    let config = ProxyConfig {
        proxy_request_buffering: buffering,
        client_body_buffer_size: Bytes(u64::from(size).max(1)),
        ..DEFAULTS.clone()
    };
    let body = length.map_or(RequestBody::Chunked, |length| RequestBody::Length(u64::from(length % 300_000).max(1)));
    // What came with the head lies behind it in its buffer.
    let head = u64::from(head) % HEADER_BUFFER;
    let preread = u64::from(preread) % (HEADER_BUFFER - head);
    let mut driver = Driver::new(&config, body, preread, HEADER_BUFFER - head - preread);
    driver.spill();
    let mut created = false;
    for (kind, amount) in moves {
        let most = u64::from(amount);
        match kind % 8 {
            0..=2 => driver.read(most, u64::from(kind / 8), kind == 255),
            3 => driver.read(most.min(7), 0, kind > 250),
            4 if created => driver.again(),
            _ if created => driver.write(most),
            _ if !driver.pipe.is_buffered() || driver.pipe.is_read() => {
                driver.pipe.on_created(HEAD);
                created = true;
            }
            _ => {}
        }
        if !created {
            driver.spill();
        }
        driver.check();
    }
});
