//! A running proxy, wherever its event loops are.

use std::io;
use std::net::SocketAddr;

use rustix::process::Signal;

use super::loops::Loops;
use super::own::OwnProcess;
use super::{ProxyError, ProxySpec};
use crate::machine::act::SignalName;
use crate::machine::event_loop::{Deed, deed};
use crate::machine::proxy_config::{Process, ProxyConfig};
use crate::machine::sickness::Sickness;
use crate::masters::sicken;
use crate::record::Event;

/// A running proxy; dropping it stops it.
#[derive(Debug)]
pub struct Proxy(Kind);

#[derive(Debug)]
enum Kind {
    In(Box<Loops>),
    Own(OwnProcess),
}

impl Proxy {
    /// Starts the event loops; the proxy accepts when this returns.
    ///
    /// # Errors
    /// [`ProxyError`]: the address, a log, the temp folder, a thread or a process.
    pub fn start(spec: ProxySpec) -> Result<Proxy, ProxyError> {
        Ok(Proxy(match spec.config.process {
            Process::In => Kind::In(Box::new(Loops::start(spec)?)),
            Process::Own => Kind::Own(OwnProcess::start(spec)?),
        }))
    }

    /// What the configuration says from now on; the next HUP reads it.
    ///
    /// # Errors
    /// Those of the file system, where it has a process of its own.
    pub fn says(&mut self, config: &ProxyConfig) -> io::Result<()> {
        match &mut self.0 {
            Kind::In(loops) => loops.says(config.clone()),
            Kind::Own(own) => own.says(config)?,
        }
        Ok(())
    }

    /// Sends it a signal.
    ///
    /// # Errors
    /// [`ProxyError::Signal`] if that is not done within this process; a thread that cannot be started, and everything stays as it was; a process that
    /// is gone.
    pub fn signal(&mut self, name: SignalName, signal: Signal) -> Result<(), ProxyError> {
        match (&mut self.0, deed(name)) {
            (Kind::In(loops), Some(Deed::Reload)) => loops.reload(),
            (Kind::In(_), _) => Err(ProxyError::Signal(name)),
            (Kind::Own(own), _) => own.signal(signal).map_err(ProxyError::Gone),
        }
    }

    /// SIGSTOP to its process.
    ///
    /// # Errors
    /// [`ProxyError::Frozen`] without a process of its own; a process that is gone.
    pub fn freeze(&mut self) -> Result<(), ProxyError> {
        match &mut self.0 {
            Kind::In(_) => Err(ProxyError::Frozen),
            Kind::Own(own) => own.signal(Signal::STOP).map_err(ProxyError::Gone),
        }
    }

    /// SIGKILL to its process, which nobody waits for: it is in the table of processes until the end of the run.
    ///
    /// # Errors
    /// [`ProxyError::Frozen`] without a process of its own; a process that is gone.
    pub fn kill_and_leave(&mut self) -> Result<(), ProxyError> {
        match &mut self.0 {
            Kind::In(_) => Err(ProxyError::Frozen),
            Kind::Own(own) => own.kill_and_leave().map_err(ProxyError::Gone),
        }
    }

    /// Has its event loops fall sick: a process of its own exists then, and serves nobody.
    ///
    /// # Errors
    /// [`ProxyError::Frozen`] without a process of its own; a process that is gone.
    pub fn sicken(&mut self, sickness: Sickness) -> Result<(), ProxyError> {
        match &mut self.0 {
            Kind::In(_) => Err(ProxyError::Frozen),
            Kind::Own(own) => sicken(own.pid(), sickness.number()).map_err(ProxyError::Gone),
        }
    }

    /// That its process has ended although the run has not, said once.
    pub fn ended(&mut self) -> Option<Event> {
        match &mut self.0 {
            Kind::In(_) => None,
            Kind::Own(own) => own.ended(),
        }
    }

    /// Its process id, if it has one of its own.
    pub fn pid(&self) -> Option<u32> {
        match &self.0 {
            Kind::In(_) => None,
            Kind::Own(own) => Some(own.pid()),
        }
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        match &self.0 {
            Kind::In(loops) => loops.address(),
            Kind::Own(own) => own.address(),
        }
    }

    /// Closes every connection and waits for the end.
    pub fn stop(self) {
        match self.0 {
            Kind::In(loops) => loops.stop(),
            Kind::Own(own) => own.stop(),
        }
    }
}
