//! A proxy whose event loops are threads of this process: starting them, reloading them, ending them.

use std::net::SocketAddr;
use std::sync::Arc;

use super::generation::{Common, Generation};
use super::upstream::Peer;
use super::{ProxyError, ProxySpec, listener, logs};
use crate::machine::act::SignalName;
use crate::machine::event_loop::{Deed, RELOAD_OVERLAP, deed};
use crate::machine::proxy_config::ProxyConfig;
use crate::time::Timestamp;

/// A running proxy; dropping it stops it.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    common: Option<Arc<Common>>,
    /// The oldest first.
    generations: Vec<Generation>,
    /// What the configuration says: the next reload takes it up.
    on_file: ProxyConfig,
    logs: Option<logs::Writers>,
}

impl Proxy {
    /// Starts the workers; the proxy accepts when this returns.
    ///
    /// # Errors
    /// [`ProxyError`]: the address, a log, the temp folder or a thread.
    pub fn start(spec: ProxySpec) -> Result<Proxy, ProxyError> {
        let listen_error = |error| ProxyError::Listen {
            address: spec.listen,
            error,
        };
        let listener = listener::listen(spec.listen, spec.config.listen).map_err(listen_error)?;
        let address = listener.local_addr().map_err(listen_error)?;
        std::fs::create_dir_all(&spec.temp_dir).map_err(|error| ProxyError::Open {
            path: spec.temp_dir.clone(),
            error,
        })?;
        let (logs, writers) = logs::open(&spec.access_log, &spec.error_log)?;
        let common = Common {
            listener,
            backends: Peer::all(&spec.upstreams, spec.source),
            id: spec.id,
            temp_dir: spec.temp_dir,
            clock: spec.clock,
            sink: spec.sink,
            gauges: spec.gauges,
            logs,
            numbers: Arc::default(),
            limit: Arc::default(),
        };
        let mut proxy = Proxy {
            address,
            common: Some(Arc::new(common)),
            on_file: spec.config.clone(),
            generations: Vec::new(),
            logs: Some(writers),
        };
        proxy.begin(spec.config)?;
        Ok(proxy)
    }

    /// What the configuration says from now on; the next HUP reads it.
    pub fn says(&mut self, config: ProxyConfig) {
        self.on_file = config;
    }

    /// Does what nginx's master does at this signal.
    ///
    /// # Errors
    /// [`ProxyError::Signal`] if that is not done within this process, or a thread that cannot be started: everything stays as it was.
    pub fn signal(&mut self, signal: SignalName) -> Result<(), ProxyError> {
        match deed(signal) {
            Some(Deed::Reload) => self.reload(),
            _ => Err(ProxyError::Signal(signal)),
        }
    }

    /// Starts event loops with the configuration as it is by now. Those that were there serve their clients to the end, or until their
    /// `worker_shutdown_timeout`.
    fn reload(&mut self) -> Result<(), ProxyError> {
        let at = self.now() + RELOAD_OVERLAP;
        let old = self.generations.len();
        self.begin(self.on_file.clone())?;
        for generation in &self.generations[..old] {
            generation.quit_at(at);
        }
        Ok(())
    }

    fn begin(&mut self, config: ProxyConfig) -> Result<(), ProxyError> {
        let first = self.generations.iter().map(Generation::len).sum();
        let generation = Generation::start(self.common(), config, first);
        self.generations
            .push(generation.map_err(ProxyError::Worker)?);
        Ok(())
    }

    fn common(&self) -> &Arc<Common> {
        self.common.as_ref().expect("it is there until the end")
    }

    fn now(&self) -> Timestamp {
        self.common().clock.now()
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes every connection, flushes the logs and waits for the threads.
    pub fn stop(mut self) {
        self.shut_down();
    }

    fn shut_down(&mut self) {
        for generation in &mut self.generations {
            generation.stop();
        }
        // With the last of whoever writes to them the logs end.
        self.common = None;
        if let Some(logs) = self.logs.take() {
            logs.finish();
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shut_down();
    }
}
