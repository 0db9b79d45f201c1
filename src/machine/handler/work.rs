//! What one request does, drawn.

use std::collections::BTreeMap;

use super::{Draw, Fault, Handler};
use crate::seed::Seed;
use crate::time::Span;

/// Ours: descriptors that a request of a [`Fault::FdLeak`] handler opens and keeps.
pub const LEAKED_DESCRIPTORS: u32 = 10;

/// The work of one request, in the order in which it is done: wait, compute, answer piece by piece.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Work {
    /// Waits so long, without CPU.
    pub wait: Span,
    /// Whether a hub stands still during the wait.
    pub blocking: bool,
    /// Then burns so much CPU.
    pub cpu: Span,
    /// Status code of the response.
    pub status: u16,
    /// Bytes of the body: what the response announces, if it does.
    pub length: u64,
    /// Whether it announces them, by `Content-Length`.
    pub announces: bool,
    /// Bytes per write, at least 1.
    pub write_size: u64,
    /// Waits so long before each further piece.
    pub every: Span,
    /// Burns so much CPU before each piece, the first one too.
    pub piece_cpu: Span,
    /// Further header fields.
    pub headers: BTreeMap<String, String>,
    /// What is broken.
    pub fault: Option<Fault>,
}

impl Handler {
    /// The work of one request; requests without an id draw as number 0.
    pub fn work(&self, seed: Seed, request_id: Option<u64>) -> Work {
        let id = request_id.unwrap_or(0);
        Work {
            wait: self.wait.draw(seed, Draw::Wait, id),
            blocking: self.blocking,
            cpu: self.cpu.draw(seed, Draw::Cpu, id),
            status: self.status,
            length: self.response.draw(seed, Draw::Response, id).0,
            announces: self.content_length,
            write_size: self.write_size().0,
            every: self.pieces.map_or(Span::ZERO, |pieces| pieces.every),
            piece_cpu: self.pieces.map_or(Span::ZERO, |pieces| pieces.cpu),
            headers: self.headers.clone(),
            fault: self.fault,
        }
    }
}

impl Work {
    /// What a path without a handler does: 404, at once and empty.
    pub fn not_found() -> Work {
        Work {
            wait: Span::ZERO,
            blocking: false,
            cpu: Span::ZERO,
            status: 404,
            length: 0,
            announces: true,
            write_size: 1,
            every: Span::ZERO,
            piece_cpu: Span::ZERO,
            headers: BTreeMap::new(),
            fault: None,
        }
    }

    /// Bytes of the body that the application writes; less than `length` for a [`Fault::ShortBody`] only.
    pub fn body_bytes(&self) -> u64 {
        match self.fault {
            Some(Fault::ShortBody) => self.length / 2,
            _ => self.length,
        }
    }
}

/// The reason phrase of a status (RFC 9110 and 6585, as in Python's `http.HTTPStatus`).
pub const fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        203 => "Non-Authoritative Information",
        204 => "No Content",
        205 => "Reset Content",
        206 => "Partial Content",
        300 => "Multiple Choices",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        413 => "Content Too Large",
        414 => "URI Too Long",
        422 => "Unprocessable Content",
        425 => "Too Early",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        507 => "Insufficient Storage",
        _ => "Unknown",
    }
}
