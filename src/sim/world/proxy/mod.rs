//! The proxies: accepting connections, reading requests, relaying exchanges. The twin of the lab's event loops.

mod connection;
mod kept;
mod life;
mod party;
mod relay;
mod request;
mod watch;

pub(super) use party::{Proxy, ProxyEvent};
