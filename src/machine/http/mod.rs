//! HTTP/1.x heads and body framing, incremental and bounded.
//!
//! The proxy reads heads as nginx does ([`nginx`]), workers as gunicorn does (`machine::worker`); `httparse` reads what our own clients
//! and probes get. What is ours is what slow clients make interesting: heads that arrive byte by byte, limits, and how a body ends.
//! Not here: HTTP/2, upgrades.

mod accel;
mod chunked;
mod framing;
mod head;
mod log_text;
mod method;
pub mod nginx;
mod pages;
mod upload;

pub use accel::{ACCEL_BUFFERING, accel_buffering, buffering_order, is_hidden};
pub use chunked::{
    CHUNK_END, CHUNKED_FIELD, ChunkedBody, ChunkedProgress, LAST_CHUNK, chunk_len, chunk_size,
    chunk_size_len,
};
pub use framing::{Framing, response_framing};
pub use head::{
    HeadError, Header, RequestHead, ResponseHead, contains, field, parse_response, request_id,
};
pub use log_text::LogText;
pub use method::Method;
pub use pages::{
    HEADER_TOO_LARGE, PROXY_SERVER, logged_status, pads_pages, page, page_head, page_keeps_alive,
};
pub use upload::{Upload, request_bytes};

/// The header by which a request is recognised at the client, the proxy and the worker (lower case).
pub const REQUEST_ID_HEADER: &str = "x-slowlab-request";

/// The `Host` that our clients ask for.
pub const CLIENTS_HOST: &str = "slowlab.test";

/// Longest head that our own clients read.
pub const MAX_HEAD_BYTES: usize = 32 * 1024;

/// Most fields in it.
pub const MAX_HEADERS: usize = 100;

/// The line by which a response says whether its connection stays open, as nginx writes it.
pub const fn connection_field(keep_alive: bool) -> &'static str {
    if keep_alive {
        "Connection: keep-alive\r\n"
    } else {
        "Connection: close\r\n"
    }
}
