//! The response pipe: nginx's `ngx_event_pipe.c` and its unbuffered twin, as decisions about counts of bytes.
//!
//! A pipe never sees a byte. It says what to do next ([`Action`]), is told what came of it, and keeps the books: which
//! bytes are in which buffer, which went to the temp file, which are on their way to the client. The driver keeps the
//! bytes in the same order and asks [`Outgoing::pieces`] what a write consists of.
//!
//! Not modelled: `limit_rate`, `proxy_limit_rate`, caching, `sendfile`, the copy buffers (2 of 32k) through which nginx sends a
//! temp file, and the framing bytes of a chunked upstream response (only its payload counts).

mod buffer;
mod buffered;
mod either;
mod outgoing;
mod request;
mod types;
mod unbuffered;

#[cfg(test)]
mod tests;

pub use buffered::Buffered;
pub use either::Pipe;
pub use outgoing::{Framing, Outgoing, Piece};
pub use request::{BodyBytes, RequestBody, RequestPipe};
pub use types::{Action, BodyStart, Ledger, Spill, UpstreamEnd};
pub use unbuffered::Unbuffered;
