//! How a request ends for its client.

/// How a request ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// The whole response arrived.
    Complete,
    /// The other side closed in the middle of a body.
    Truncated,
    /// The other side reset the connection, or closed it before the response.
    Reset,
    /// No connection was made: the other side would not have it, or for lack of something at this end.
    Refused {
        /// Ports, descriptors or memory were lacking here, or the kernel does not grant an option.
        own_lack: bool,
    },
    /// The client's patience ran out.
    TimedOut,
    /// The client left on purpose.
    Left,
    /// What arrived is not HTTP: the client gives up.
    NotHttp,
    /// The run ended first.
    Unfinished,
}

/// What it means that the other side has closed now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AtEof {
    /// No head has come.
    NoHead,
    /// Some of the body is missing.
    Cut,
    /// The response is whole: its end was to be told by this.
    Whole,
}

/// What a client knows of the response when its request is over.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Heard {
    /// The status, if its head came.
    pub status: Option<u16>,
    /// Whether the connection may carry another request.
    pub usable: bool,
}
