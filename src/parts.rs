//! The two servers of a run, each ours or real: what the composition needs of either, and nothing else.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::process::Signal;
use thiserror::Error;

use crate::backend::{Backend, BackendError, BackendSpec, EXECUTABLE};
use crate::machine::act::{SignalName, Target};
use crate::machine::backend_config::{AGES_OF_INSTANCE, BackendConfig};
use crate::machine::proxy_config::ProxyConfig;
use crate::net::Address;
use crate::plan::Plan;
use crate::proxy::{Proxy, ProxyError, ProxySpec};
use crate::record::{Gauges, Sink};
use crate::reference::programs::{GunicornProgram, NginxProgram};
use crate::reference::{Gunicorn, GunicornSpec, Nginx, NginxSpec, ReferenceError};
use crate::time::{Clock, Span};

/// Below a variant's folder: the configuration and logs of the real programs.
pub const REFERENCE_DIR: &str = "reference";

/// Which servers are real; the others are ours.
#[derive(Clone, Debug, Default)]
pub struct Real {
    /// The proxy is this nginx.
    pub nginx: Option<NginxProgram>,
    /// The backend is this gunicorn.
    pub gunicorn: Option<GunicornProgram>,
}

/// Why a part did not start.
#[derive(Debug, Error)]
pub enum PartError {
    /// The backend.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// The proxy.
    #[error(transparent)]
    Proxy(#[from] ProxyError),
    /// The real nginx or gunicorn.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
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
    Ours(Box<Backend>, PathBuf),
    /// The real one.
    Gunicorn(Box<Gunicorn>),
}

/// The running proxies of a plan: one, or as many as `proxy.instances` says.
pub(crate) enum ProxyPart {
    /// Ours, each with the gauges that it keeps.
    Ours(Vec<(Proxy, Arc<Gauges>)>),
    /// The real ones.
    Nginx(Vec<Nginx>),
}

impl BackendPart {
    /// Starts all instances, one after another: they listen and all workers have booted.
    pub(crate) fn start_all(
        plan: &Plan,
        real: &Real,
        place: &Place,
    ) -> Result<Vec<BackendPart>, PartError> {
        let start = |index: u32| {
            // The first one has its things where the only one has them.
            let (suffix, runtime_dir) = match index {
                0 => (String::new(), place.runtime_dir.clone()),
                _ => (
                    format!("-{index}"),
                    place.runtime_dir.join(format!("backend-{index}")),
                ),
            };
            let place = Place {
                runtime_dir,
                sink: place.sink.aged(index * AGES_OF_INSTANCE),
                ..place.clone()
            };
            BackendPart::start(plan, real, (&place, &suffix))
        };
        (0..plan.backend.instances.max(1)).map(start).collect()
    }

    fn start(
        plan: &Plan,
        real: &Real,
        (place, suffix): (&Place, &str),
    ) -> Result<BackendPart, PartError> {
        if let Some(program) = &real.gunicorn {
            let folder = match suffix {
                "" => place.logs.join(REFERENCE_DIR),
                suffix => place
                    .logs
                    .join(REFERENCE_DIR)
                    .join(format!("gunicorn{suffix}")),
            };
            return Ok(BackendPart::Gunicorn(Box::new(Gunicorn::start(
                &GunicornSpec {
                    plan,
                    program,
                    folder: &folder,
                    runtime_dir: &place.runtime_dir,
                    executable: Path::new(EXECUTABLE),
                    clock: place.clock,
                    sink: place.sink.clone(),
                },
            )?)));
        }
        let log = place.logs.join(format!("backend{suffix}.log"));
        let backend: Result<Backend, BackendError> = Backend::start(BackendSpec {
            config: plan.backend.clone(),
            leaves_orphans: plan.leaves_orphans(),
            seed: plan.seed,
            listen: None,
            runtime_dir: place.runtime_dir.clone(),
            log: log.clone(),
            clock: place.clock,
            sink: place.sink.clone(),
            executable: PathBuf::from(EXECUTABLE),
        });
        Ok(BackendPart::Ours(Box::new(backend?), log))
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> &Address {
        match self {
            BackendPart::Ours(backend, _) => backend.address(),
            BackendPart::Gunicorn(gunicorn) => gunicorn.address(),
        }
    }

    /// Its log.
    pub(crate) fn log(&self) -> &Path {
        match self {
            BackendPart::Ours(_, log) => log,
            BackendPart::Gunicorn(gunicorn) => gunicorn.log(),
        }
    }

    /// Whether a master runs.
    pub(crate) fn is_alive(&self) -> bool {
        match self {
            BackendPart::Ours(backend, _) => !backend.ended_within(Span::ZERO),
            BackendPart::Gunicorn(gunicorn) => gunicorn.is_alive(),
        }
    }

    /// Masters that have ended since this was last asked: each one's process id, and with which code, if it did so by itself: after a
    /// signal, or because it could not go on. Not if it was killed.
    pub(crate) fn ended(&self) -> Vec<(u32, Option<i32>)> {
        match self {
            BackendPart::Ours(backend, _) => backend.ended(),
            BackendPart::Gunicorn(gunicorn) => gunicorn.ended(),
        }
    }

    /// What the configuration says from now on.
    pub(crate) fn says(&self, config: &BackendConfig) -> io::Result<()> {
        match self {
            BackendPart::Ours(backend, _) => backend.says(config),
            BackendPart::Gunicorn(gunicorn) => {
                gunicorn.says(config);
                Ok(())
            }
        }
    }

    /// Sends a signal to a master or to a worker.
    pub(crate) fn signal(&self, to: Target, signal: Signal) -> io::Result<()> {
        match self {
            BackendPart::Ours(backend, _) => backend.signal(to, signal),
            BackendPart::Gunicorn(gunicorn) => gunicorn.signal(to, signal),
        }
    }

    /// SIGKILL to all of its processes.
    pub(crate) fn kill(&self) {
        match self {
            BackendPart::Ours(backend, _) => backend.kill(),
            BackendPart::Gunicorn(gunicorn) => gunicorn.kill(),
        }
    }

    /// Once its master has ended: a new one in its place.
    pub(crate) fn restart(&mut self) -> Result<(), PartError> {
        match self {
            BackendPart::Ours(backend, _) => Ok(backend.restart()?),
            BackendPart::Gunicorn(gunicorn) => Ok(gunicorn.restart()?),
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
    /// Starts real proxies before a backend that listens. That takes a while, so it is done before time counts.
    pub(crate) fn prepare(
        plan: &Plan,
        real: &Real,
        place: &Place,
        upstreams: &[Address],
    ) -> Result<Option<Vec<Nginx>>, PartError> {
        let (Some(program), Some(config)) = (&real.nginx, &plan.proxy) else {
            return Ok(None);
        };
        let folder = place.logs.join(REFERENCE_DIR);
        let start = |index: u32| {
            // Several keep their files apart; a single one has them where gunicorn's are.
            let (folder, runtime_dir) = match config.instances {
                0 | 1 => (folder.clone(), place.runtime_dir.clone()),
                _ => {
                    let name = format!("nginx-{index}");
                    (folder.join(&name), place.runtime_dir.join(name))
                }
            };
            Ok(Nginx::start(&NginxSpec {
                plan,
                program,
                folder: &folder,
                runtime_dir: &runtime_dir,
                upstreams,
                executable: Path::new(EXECUTABLE),
            })?)
        };
        (0..config.instances.max(1))
            .map(start)
            .collect::<Result<_, _>>()
            .map(Some)
    }

    /// Starts the plan's proxies, if it has any, or listens to those that were prepared.
    pub(crate) fn start(
        plan: &Plan,
        prepared: Option<Vec<Nginx>>,
        place: &Place,
        upstreams: &[Address],
    ) -> Result<Option<ProxyPart>, PartError> {
        let Some(config) = &plan.proxy else {
            return Ok(None);
        };
        if let Some(mut nginx) = prepared {
            for one in &mut nginx {
                one.follow(place.clock, place.sink.clone())?;
            }
            return Ok(Some(ProxyPart::Nginx(nginx)));
        }
        // Several have logs, temp files and source addresses of their own: as many machines would have as many addresses, and with
        // each address comes a range of ports.
        let several = config.instances > 1;
        let start = |index: u32| {
            let gauges = Arc::new(Gauges::default());
            let suffix = match several {
                true => format!("-{index}"),
                false => String::new(),
            };
            let temp_dir = match several {
                true => place.runtime_dir.join(format!("proxy{suffix}")),
                false => place.runtime_dir.clone(),
            };
            let last = u8::try_from(index + 1).unwrap_or(u8::MAX);
            let proxy = Proxy::start(ProxySpec {
                config: config.clone(),
                upstreams: upstreams.to_vec(),
                temp_dir,
                access_log: place.logs.join(format!("access{suffix}.log")),
                error_log: place.logs.join(format!("error{suffix}.log")),
                clock: place.clock,
                sink: place.sink.clone(),
                gauges: Arc::clone(&gauges),
                listen: SocketAddr::from(([127, 0, 0, 1], 0)),
                instance: index,
                source: several.then(|| IpAddr::from([127, 0, 1, last])),
            })?;
            Ok((proxy, gauges))
        };
        (0..config.instances.max(1))
            .map(start)
            .collect::<Result<_, PartError>>()
            .map(|proxies| Some(ProxyPart::Ours(proxies)))
    }

    /// What the configuration says from now on.
    pub(crate) fn says(&mut self, config: &ProxyConfig) -> io::Result<()> {
        match self {
            ProxyPart::Ours(proxies) => {
                for (proxy, _) in proxies {
                    proxy.says(config.clone());
                }
                Ok(())
            }
            ProxyPart::Nginx(nginx) => nginx.iter_mut().try_for_each(|one| one.says(config)),
        }
    }

    /// Sends a signal to all of them.
    pub(crate) fn signal(&mut self, name: SignalName, signal: Signal) -> io::Result<()> {
        match self {
            ProxyPart::Ours(proxies) => {
                let mut each = proxies.iter_mut();
                each.try_for_each(|(proxy, _)| proxy.signal(name).map_err(io::Error::other))
            }
            ProxyPart::Nginx(nginx) => nginx.iter().try_for_each(|one| one.signal(signal)),
        }
    }

    /// Where clients go: one address for each proxy.
    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        match self {
            ProxyPart::Ours(proxies) => proxies.iter().map(|(proxy, _)| proxy.address()).collect(),
            ProxyPart::Nginx(nginx) => nginx.iter().map(Nginx::address).collect(),
        }
    }

    /// By proxy: where it listens, and the gauges that it keeps; real ones keep none.
    pub(crate) fn observed(&self) -> Vec<(SocketAddr, Option<Arc<Gauges>>)> {
        match self {
            ProxyPart::Ours(proxies) => proxies
                .iter()
                .map(|(proxy, gauges)| (proxy.address(), Some(Arc::clone(gauges))))
                .collect(),
            ProxyPart::Nginx(nginx) => nginx.iter().map(|one| (one.address(), None)).collect(),
        }
    }

    /// The log of a real proxy that has ended although nobody asked it to. Ours live in this process.
    pub(crate) fn died(&self) -> Option<&Path> {
        match self {
            ProxyPart::Ours(_) => None,
            ProxyPart::Nginx(nginx) => nginx.iter().find(|nginx| !nginx.is_alive()).map(Nginx::log),
        }
    }

    /// Ends them.
    pub(crate) fn stop(self) {
        match self {
            ProxyPart::Ours(proxies) => proxies.into_iter().for_each(|(proxy, _)| proxy.stop()),
            ProxyPart::Nginx(nginx) => nginx.into_iter().for_each(Nginx::stop),
        }
    }
}
