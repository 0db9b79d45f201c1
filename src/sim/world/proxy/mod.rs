//! The proxies: accepting connections, reading requests, relaying exchanges. The twin of the lab's event loops.

mod check;
mod connection;
mod files;
mod kept;
mod life;
mod party;
mod relay;
mod request;
mod watch;

pub(super) use party::{Proxy, ProxyEvent};
