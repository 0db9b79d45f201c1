//! One attempt of a probe on its socket: connect, ask, read.

use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd};

use rustix::event::PollFlags;
use socket2::Socket;

use crate::machine::http::parse_response;
use crate::machine::probe::Response;
use crate::net::{Address, begin_connect, stream_to};

/// The most that is read at once.
const READ_SIZE: usize = 16 * 1024;

/// A connection of a probe.
#[derive(Debug)]
pub(super) struct Dialog {
    socket: Socket,
    connected: bool,
    /// What of the request is still to be sent.
    request: Vec<u8>,
    /// The response until its head is whole.
    head: Vec<u8>,
    response: Option<Response>,
}

/// What a turn came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum News {
    /// There is a connection.
    Connected,
    /// There is none.
    Refused,
    /// So much of the response is there.
    Response(Response),
    /// The peer has closed, or the connection is lost.
    End {
        /// Not in order.
        reset: bool,
    },
    /// Nothing yet.
    Nothing,
}

impl Dialog {
    /// Begins to connect.
    ///
    /// # Errors
    /// Nobody listens, or a Unix socket's queue is full.
    pub(super) fn open(to: &Address, request: Vec<u8>) -> io::Result<Dialog> {
        let (socket, address) = stream_to(to)?;
        begin_connect(&socket, &address)?;
        Ok(Dialog {
            socket,
            connected: false,
            request,
            head: Vec::new(),
            response: None,
        })
    }

    /// What it waits for.
    pub(super) fn waits_for(&self) -> (BorrowedFd<'_>, PollFlags) {
        let flags = match self.connected && self.request.is_empty() {
            true => PollFlags::IN,
            false => PollFlags::OUT,
        };
        (self.socket.as_fd(), flags)
    }

    /// Goes on after something has happened.
    pub(super) fn turn(&mut self) -> News {
        if !self.connected {
            return self.on_connect();
        }
        while !self.request.is_empty() {
            match self.socket.write(&self.request) {
                Ok(n) => drop(self.request.drain(..n)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return News::Nothing,
                Err(_) => return News::End { reset: true },
            }
        }
        self.read()
    }

    fn on_connect(&mut self) -> News {
        match self.socket.take_error() {
            Ok(None) => {
                self.connected = true;
                News::Connected
            }
            Ok(Some(_)) | Err(_) => News::Refused,
        }
    }

    fn read(&mut self) -> News {
        let mut bytes = [0; READ_SIZE];
        match self.socket.read(&mut bytes) {
            Ok(0) => News::End { reset: false },
            Ok(n) => self.take(&bytes[..n]),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => News::Nothing,
            Err(_) => News::End { reset: true },
        }
    }

    fn take(&mut self, bytes: &[u8]) -> News {
        if let Some(response) = &mut self.response {
            response.read += bytes.len() as u64;
            return News::Response(*response);
        }
        self.head.extend_from_slice(bytes);
        match parse_response(&self.head) {
            Ok(None) => News::Nothing,
            Ok(Some(head)) => {
                let length = head.header("content-length");
                let length = length.and_then(|value| std::str::from_utf8(value).ok());
                let response = Response {
                    status: head.status,
                    length: length.and_then(|text| text.trim().parse().ok()),
                    read: (self.head.len() - head.len) as u64,
                };
                self.response = Some(response);
                News::Response(response)
            }
            // What is no HTTP is no answer.
            Err(_) => News::End { reset: true },
        }
    }
}
