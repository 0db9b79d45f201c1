//! What travels between a proxy's process and its parent: JSON lines. One thread writes each pipe, so lines do not mix.

use std::fs;
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::passages::Changes;
use crate::files::Folder;
use crate::machine::proxy_config::ProxyConfig;
use crate::net::Address;
use crate::record::{Event, Gauges, ProxyHalf};
use crate::tier::ProxyId;

/// What the process is to be: the first line on its standard input.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct OwnSpec {
    pub(super) config: ProxyConfig,
    pub(super) upstreams: Vec<Address>,
    #[serde(with = "crate::files::path")]
    pub(super) temp_dir: PathBuf,
    #[serde(with = "crate::files::path")]
    pub(super) access_log: PathBuf,
    #[serde(with = "crate::files::path")]
    pub(super) error_log: PathBuf,
    pub(super) clock_origin_ns: u64,
    pub(super) listen: SocketAddr,
    pub(super) id: ProxyId,
    pub(super) source: Option<IpAddr>,
    pub(super) is_nobody: bool,
    pub(super) may_be_traced: bool,
}

/// The only other line there: end in order, and report what was under way.
pub(super) const STOP: &str = "stop";

/// A line on its standard output.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Said {
    /// It accepts.
    Listening(SocketAddr),
    /// It cannot.
    Failed(String),
    /// A request is over.
    Request(Box<ProxyHalf>),
    /// Something happened.
    Event(Event),
    /// What it holds now.
    Holds(Holds),
    /// And for whom.
    Passages(Changes),
}

/// Writes a line. Whoever does not listen any more is gone.
pub(super) fn say(out: &mut impl Write, said: &Said) {
    if let Ok(mut line) = serde_json::to_vec(said) {
        line.push(b'\n');
        let _ = out.write_all(&line).and_then(|()| out.flush());
    }
}

/// The counters that an observer samples.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(super) struct Holds {
    pub(super) buffered: u64,
    pub(super) spilled: u64,
    pub(super) upstreams: u64,
}

impl Holds {
    /// What these counters say now.
    pub(super) fn of(gauges: &Gauges) -> Holds {
        Holds {
            buffered: gauges.proxy_buffered_bytes.get(),
            spilled: gauges.proxy_spilled_bytes.get(),
            upstreams: gauges.upstream_connections.get(),
        }
    }

    /// Makes counters say it.
    pub(super) fn put(self, gauges: &Gauges) {
        gauges.proxy_buffered_bytes.set(self.buffered);
        gauges.proxy_spilled_bytes.set(self.spilled);
        gauges.upstream_connections.set(self.upstreams);
    }
}

/// What the configuration says while the process runs, beside its temp files, as `nginx.conf` would.
pub(super) fn write_config(temp_dir: &Path, config: &ProxyConfig) -> io::Result<()> {
    Folder::open(temp_dir)?.write(CONFIG, &serde_json::to_vec(config)?)
}

/// What it says, if anything has changed.
pub(super) fn read_config(temp_dir: &Path) -> Option<ProxyConfig> {
    // Only slowlab writes it; a file that is not readable would be a bug, and the configuration stays as it was.
    serde_json::from_slice(&fs::read(temp_dir.join(CONFIG)).ok()?).ok()
}

/// Nobody will ask for it any more.
pub(super) fn forget_config(temp_dir: &Path) {
    let _ = fs::remove_file(temp_dir.join(CONFIG));
}

const CONFIG: &str = "proxy.json";
