//! The backends of a run: one, or as many as `backend.instances` says.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::process::Signal;

use super::{PartError, Place, REFERENCE_DIR, Real, socket_folder};
use crate::backend::{Backend, BackendError, BackendSpec, EXECUTABLE};
use crate::machine::act::{FaultTo, How, Target};
use crate::machine::backend_config::{AGES_OF_INSTANCE, BackendConfig, Bind};
use crate::masters::sicken;
use crate::net::Address;
use crate::plan::Plan;
use crate::reference::{Gunicorn, GunicornSpec, Lost};
use crate::time::Span;

/// A running backend.
pub(crate) enum BackendPart {
    /// Ours.
    Ours(Box<Backend>, PathBuf),
    /// The real one.
    Gunicorn(Box<Gunicorn>),
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
        let listen = socket_folder::make(plan, place).map_err(PartError::Socket)?;
        let part = BackendPart::start_at(plan, real, (place, suffix), listen)?;
        if plan.has_socket_modes() {
            let opened = socket_folder::open(part.address(), &plan.backend.socket);
            opened.map_err(PartError::Socket)?;
        }
        Ok(part)
    }

    fn start_at(
        plan: &Plan,
        real: &Real,
        (place, suffix): (&Place, &str),
        socket: Option<PathBuf>,
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
                    socket,
                    worker_tmp_dir: place.worker_tmp_dir.clone(),
                    held_file: place.held_file.clone(),
                    executable: Path::new(EXECUTABLE),
                    clock: place.clock,
                    sink: place.sink.clone(),
                    leave: &place.leave,
                },
            )?)));
        }
        let log = place.logs.join(format!("backend{suffix}.log"));
        let backend: Result<Backend, BackendError> = Backend::start(BackendSpec {
            config: plan.backend.clone(),
            leaves_orphans: plan.leaves_orphans(),
            seed: plan.seed,
            listen: socket.map(Address::Unix).or_else(|| {
                let is_tcp = plan.backend.bind == Bind::Tcp;
                is_tcp.then(|| Address::Tcp((plan.stack_address(), 0).into()))
            }),
            runtime_dir: place.runtime_dir.clone(),
            worker_tmp_dir: place.worker_tmp_dir.clone(),
            held_file: place.held_file.clone(),
            log: log.clone(),
            clock: place.clock,
            sink: place.sink.clone(),
            leave: place.leave.clone(),
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

    /// A master that somebody has stopped.
    pub(crate) fn stopped_master(&self) -> Option<u32> {
        match self {
            BackendPart::Ours(backend, _) => backend.stopped_master(),
            BackendPart::Gunicorn(gunicorn) => gunicorn.stopped_master(),
        }
    }

    /// Which real program has lost its guard, and how.
    pub(crate) fn lost(&self) -> Option<(&'static str, Lost)> {
        match self {
            BackendPart::Ours(..) => None,
            BackendPart::Gunicorn(gunicorn) => Some(("gunicorn", gunicorn.lost()?)),
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

    /// Its processes, to ask for at any time: masters without a number, workers with theirs.
    pub(crate) fn processes_reader(
        &self,
    ) -> Arc<dyn Fn() -> Vec<(Option<u32>, u32)> + Send + Sync> {
        match self {
            BackendPart::Ours(backend, _) => backend.processes_reader(),
            BackendPart::Gunicorn(gunicorn) => gunicorn.processes_reader(),
        }
    }

    /// Brings a fault to a master, to a worker or to every worker. The configuration of a gunicorn has what makes its workers sick.
    pub(crate) fn fault(&self, fault: FaultTo) -> io::Result<()> {
        if fault.to == Target::EveryWorker {
            let numbers = (self.processes_reader())();
            let mut numbers = numbers.into_iter().filter_map(|(number, _)| number);
            return numbers.try_for_each(|number| {
                self.fault(FaultTo {
                    to: Target::Worker(number),
                    ..fault
                })
            });
        }
        let FaultTo { to, kind } = fault;
        if let (Target::Worker(number), BackendPart::Ours(backend, _)) = (to, self) {
            backend.worker(number)?;
            backend.expects_sick(number);
        }
        match kind.how() {
            How::Stopped => self.signal(to, Signal::STOP),
            How::Killed => self.signal(to, Signal::KILL),
            How::Unreaped => {
                self.signal(Target::Backend, Signal::STOP)?;
                self.signal(to, Signal::KILL)
            }
            How::FallsSick(sickness) => match to {
                Target::Worker(number) => sicken(self.worker(number)?, sickness.number()),
                _ => Err(io::Error::other("only a worker falls sick")),
            },
        }
    }

    /// The process id of a worker.
    fn worker(&self, number: u32) -> io::Result<u32> {
        match self {
            BackendPart::Ours(backend, _) => backend.worker(number),
            BackendPart::Gunicorn(gunicorn) => gunicorn.worker(number),
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
