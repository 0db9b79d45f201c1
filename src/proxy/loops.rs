//! A proxy whose event loops are threads of this process: starting them, reloading them, ending them.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use super::generation::{Common, Generation};
use super::logs::Logs;
use super::upstream::Peer;
use super::{ProxyError, ProxySpec, listener};
use crate::machine::event_loop::RELOAD_OVERLAP;
use crate::machine::proxy_config::ProxyConfig;
use crate::machine::sickness::Sickness;
use crate::time::Timestamp;

/// A running proxy; dropping it stops it.
#[derive(Debug)]
pub(super) struct Loops {
    address: SocketAddr,
    /// Closed by whoever quits: nobody can join its queue then.
    listener: Option<TcpListener>,
    common: Option<Arc<Common>>,
    /// The oldest first.
    generations: Vec<Generation>,
    /// What the configuration says: the next reload takes it up.
    on_file: ProxyConfig,
}

impl Loops {
    /// Starts the workers; the proxy accepts when this returns.
    ///
    /// # Errors
    /// [`ProxyError`]: the address, a log, the temp folder or a thread.
    pub(super) fn start(spec: ProxySpec) -> Result<Loops, ProxyError> {
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
        let logs = Logs::open(&spec.access_log, &spec.error_log)?;
        let common = Common {
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
        let mut proxy = Loops {
            address,
            listener: Some(listener),
            common: Some(Arc::new(common)),
            on_file: spec.config.clone(),
            generations: Vec::new(),
        };
        proxy.begin(spec.config)?;
        Ok(proxy)
    }

    /// What the configuration says from now on; the next HUP reads it.
    pub(super) fn says(&mut self, config: ProxyConfig) {
        self.on_file = config;
    }

    /// Starts event loops with the configuration as it is by now. Those that were there serve their clients to the end, or until their
    /// `worker_shutdown_timeout`.
    pub(super) fn reload(&mut self) -> Result<(), ProxyError> {
        let at = self.now() + RELOAD_OVERLAP;
        let old = self.generations.len();
        self.begin(self.on_file.clone())?;
        for generation in &self.generations[..old] {
            generation.quit_at(at);
        }
        Ok(())
    }

    /// Accepts nobody any more; it is over when the last client is done.
    pub(super) fn quit(&mut self) {
        self.listener = None;
        let now = self.now();
        for generation in &self.generations {
            generation.quit_at(now);
        }
    }

    /// Has all loops fall sick of this: they are there, and serve nobody.
    pub(super) fn sicken(&self, sickness: Sickness) {
        for generation in &self.generations {
            generation.sicken(sickness);
        }
    }

    /// Has all loops stand still behind the turn that they are at: a response that is out has its report then. The process is about to end, and what is
    /// under way ends with it, untold.
    pub(super) fn halt(&self) {
        self.generations.iter().for_each(Generation::halt);
        self.generations.iter().for_each(Generation::until_halted);
    }

    /// How many loops have not ended.
    pub(super) fn running(&self) -> usize {
        self.generations.iter().map(Generation::running).sum()
    }

    /// Opens the logs anew: somebody may have moved them away.
    pub(super) fn reopen_logs(&self) {
        self.common().logs.reopen();
    }

    /// Nothing, if it quits: nginx does not read its configuration then either.
    fn begin(&mut self, config: ProxyConfig) -> Result<(), ProxyError> {
        let Some(listener) = &self.listener else {
            return Ok(());
        };
        let first = self.generations.iter().map(Generation::len).sum();
        let generation = Generation::start(self.common(), (config, listener), first);
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
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes every connection and waits for the threads.
    pub(super) fn stop(mut self) {
        self.shut_down();
    }

    fn shut_down(&mut self) {
        for generation in &mut self.generations {
            generation.stop();
        }
        self.common = None;
    }
}

impl Drop for Loops {
    fn drop(&mut self) {
        self.shut_down();
    }
}
