//! The two servers of a run, each ours or real: what the composition needs of either, and nothing else.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::backend::{Backend, BackendError, BackendSpec};
use crate::lab::LabError;
use crate::net::Address;
use crate::plan::Plan;
use crate::proxy::{Proxy, ProxySpec};
use crate::record::{Gauges, Sink};
use crate::reference::programs::{GunicornProgram, NginxProgram};
use crate::reference::{Gunicorn, GunicornSpec, Nginx, NginxSpec};
use crate::time::{Clock, Span};

/// Below a variant's folder: the configuration and logs of the real programs.
pub const REFERENCE_DIR: &str = "reference";
/// slowlab's own binary, which is master, worker and guard as well.
const EXECUTABLE: &str = "/proc/self/exe";

/// Which servers are real; the others are ours.
#[derive(Clone, Debug, Default)]
pub struct Real {
    /// The proxy is this nginx.
    pub nginx: Option<NginxProgram>,
    /// The backend is this gunicorn.
    pub gunicorn: Option<GunicornProgram>,
}

/// Where the parts of one run put things, and whom they tell.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The variant's folder: logs stay here.
    pub(crate) logs: PathBuf,
    /// Private, and gone after the run: sockets and temp files.
    pub(crate) runtime_dir: PathBuf,
    /// The clock of what is reported.
    pub(crate) clock: Clock,
    /// Takes the reports.
    pub(crate) sink: Sink,
}

/// A running backend.
pub(crate) enum BackendPart {
    /// Ours.
    Ours(Backend, PathBuf),
    /// The real one.
    Gunicorn(Gunicorn),
}

/// A running proxy.
pub(crate) enum ProxyPart {
    /// Ours.
    Ours(Proxy),
    /// The real one.
    Nginx(Nginx),
}

impl BackendPart {
    /// Starts it; it listens and all workers have booted.
    pub(crate) fn start(plan: &Plan, real: &Real, place: &Place) -> Result<BackendPart, LabError> {
        if let Some(program) = &real.gunicorn {
            return Ok(BackendPart::Gunicorn(Gunicorn::start(&GunicornSpec {
                plan,
                program,
                folder: &place.logs.join(REFERENCE_DIR),
                runtime_dir: &place.runtime_dir,
                executable: Path::new(EXECUTABLE),
                clock: place.clock,
                sink: place.sink.clone(),
            })?));
        }
        let log = place.logs.join("backend.log");
        let backend: Result<Backend, BackendError> = Backend::start(BackendSpec {
            config: plan.backend.clone(),
            seed: plan.seed,
            listen: None,
            runtime_dir: place.runtime_dir.clone(),
            log: log.clone(),
            clock: place.clock,
            sink: place.sink.clone(),
            executable: PathBuf::from(EXECUTABLE),
        });
        Ok(BackendPart::Ours(backend?, log))
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> &Address {
        match self {
            BackendPart::Ours(backend, _) => backend.address(),
            BackendPart::Gunicorn(gunicorn) => gunicorn.address(),
        }
    }

    /// The master's process id.
    pub(crate) fn master_pid(&self) -> u32 {
        match self {
            BackendPart::Ours(backend, _) => backend.master_pid(),
            BackendPart::Gunicorn(gunicorn) => gunicorn.master_pid(),
        }
    }

    /// Its log.
    pub(crate) fn log(&self) -> &Path {
        match self {
            BackendPart::Ours(_, log) => log,
            BackendPart::Gunicorn(gunicorn) => gunicorn.log(),
        }
    }

    /// Whether the master runs.
    pub(crate) fn is_alive(&self) -> bool {
        match self {
            BackendPart::Ours(backend, _) => !backend.ended_within(Span::ZERO),
            BackendPart::Gunicorn(gunicorn) => gunicorn.is_alive(),
        }
    }

    /// The process ids of its workers, to ask for at any time.
    pub(crate) fn worker_pids_reader(&self) -> Arc<dyn Fn() -> Vec<u32> + Send + Sync> {
        match self {
            BackendPart::Ours(backend, _) => backend.worker_pids_reader(),
            BackendPart::Gunicorn(gunicorn) => gunicorn.worker_pids_reader(),
        }
    }

    /// Lets workers finish their request.
    pub(crate) fn stop(self) {
        match self {
            BackendPart::Ours(backend, _) => backend.stop(),
            BackendPart::Gunicorn(gunicorn) => gunicorn.stop(),
        }
    }

    /// Lets workers drop what they do.
    pub(crate) fn quit(self) {
        match self {
            BackendPart::Ours(backend, _) => backend.quit(),
            BackendPart::Gunicorn(gunicorn) => gunicorn.stop(),
        }
    }
}

impl ProxyPart {
    /// Starts a real proxy before a backend that listens. That takes a while, so it is done before time counts.
    pub(crate) fn prepare(
        plan: &Plan,
        real: &Real,
        place: &Place,
        upstream: &Address,
    ) -> Result<Option<Nginx>, LabError> {
        let (Some(program), Some(_)) = (&real.nginx, &plan.proxy) else {
            return Ok(None);
        };
        Ok(Some(Nginx::start(&NginxSpec {
            plan,
            program,
            folder: &place.logs.join(REFERENCE_DIR),
            runtime_dir: &place.runtime_dir,
            upstream,
            executable: Path::new(EXECUTABLE),
        })?))
    }

    /// Starts the plan's proxy, if it has one, or listens to the one that was prepared.
    pub(crate) fn start(
        plan: &Plan,
        prepared: Option<Nginx>,
        place: &Place,
        upstream: &Address,
        gauges: &Arc<Gauges>,
    ) -> Result<Option<ProxyPart>, LabError> {
        let Some(config) = &plan.proxy else {
            return Ok(None);
        };
        if let Some(mut nginx) = prepared {
            nginx.follow(place.clock, place.sink.clone())?;
            return Ok(Some(ProxyPart::Nginx(nginx)));
        }
        Ok(Some(ProxyPart::Ours(Proxy::start(ProxySpec {
            config: config.clone(),
            upstream: upstream.clone(),
            temp_dir: place.runtime_dir.clone(),
            access_log: place.logs.join("access.log"),
            error_log: place.logs.join("error.log"),
            clock: place.clock,
            sink: place.sink.clone(),
            gauges: Arc::clone(gauges),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        })?)))
    }

    /// Where clients go.
    pub(crate) fn address(&self) -> SocketAddr {
        match self {
            ProxyPart::Ours(proxy) => proxy.address(),
            ProxyPart::Nginx(nginx) => nginx.address(),
        }
    }

    /// The log of a real proxy that has ended although nobody asked it to. Ours lives in this process.
    pub(crate) fn died(&self) -> Option<&Path> {
        match self {
            ProxyPart::Ours(_) => None,
            ProxyPart::Nginx(nginx) => (!nginx.is_alive()).then(|| nginx.log()),
        }
    }

    /// Whether it keeps the gauges of its buffers.
    pub(crate) fn keeps_gauges(&self) -> bool {
        matches!(self, ProxyPart::Ours(_))
    }

    /// Ends it.
    pub(crate) fn stop(self) {
        match self {
            ProxyPart::Ours(proxy) => proxy.stop(),
            ProxyPart::Nginx(nginx) => nginx.stop(),
        }
    }
}
