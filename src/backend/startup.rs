//! How a master begins: the first from what its parent says, a second one from what it inherits of the first.

use std::ffi::OsStr;
use std::io::{self, BufRead};
use std::os::fd::{AsFd, OwnedFd};

use super::fork::end_group_with;
use super::leash::Leash;
use super::listener::Listener;
use super::log::Log;
use super::messages::{MasterSpec, Message, Reports};
use super::poll::WakePipe;
use super::signals::{self, Disposition};
use super::succession::Succession;
use crate::machine::arbiter::{Level, Signal};
use crate::process::{begin_session, let_anybody_trace};
use crate::time::Timestamp;

/// The signals that the master hears, in the order in which simultaneous ones are looked at.
pub(super) const HEARD: [(libc::c_int, Signal); 10] = [
    (libc::SIGCHLD, Signal::Chld),
    (libc::SIGHUP, Signal::Hup),
    (libc::SIGTTIN, Signal::Ttin),
    (libc::SIGTTOU, Signal::Ttou),
    (libc::SIGUSR1, Signal::Usr1),
    (libc::SIGUSR2, Signal::Usr2),
    (libc::SIGWINCH, Signal::Winch),
    (libc::SIGTERM, Signal::Term),
    (libc::SIGINT, Signal::Int),
    (libc::SIGQUIT, Signal::Quit),
];

/// What a master has in hand when it is about to fork.
pub(super) struct Started {
    pub(super) spec: MasterSpec,
    pub(super) wake: WakePipe,
    pub(super) listener: Listener,
    pub(super) log: Log,
    pub(super) leash: Leash,
    pub(super) reports: Reports,
    /// Whom it came after, if it was started by another.
    pub(super) succeeds: Option<Succeeds>,
}

/// The master that started another one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Succeeds {
    /// Its process id.
    pub(super) parent: u32,
    /// How many masters there were before the new one.
    pub(super) ordinal: u32,
}

impl Started {
    /// Reads the specification and binds. The reason for a failure has been reported on return.
    pub(super) fn first() -> Result<Started, ()> {
        let (stdin, reports) = standard_streams().map_err(drop)?;
        let fail = |reports: &Reports, message: String, hint: String| {
            reports.send(Timestamp::ZERO, &Message::Failed { message, hint });
        };
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line);
        let why = read
            .as_ref()
            .err()
            .map_or(String::new(), |error| format!(": {error}"));
        let Ok(Ok(spec)) = read.map(|_| serde_json::from_str::<MasterSpec>(&line)) else {
            let message = format!("the master got no specification on its standard input{why}");
            let hint = "this role is for slowlab itself, not for users".to_owned();
            fail(&reports, message, hint);
            return Err(());
        };
        // Orphans that somebody has stopped have nobody but the kernel to go on for: it tells a group that has lost its parent (SIGHUP, SIGCONT), but only
        // one of the parent's session.
        if !spec.leaves_orphans {
            begin_session();
        }
        match prepare(&spec, bind) {
            Ok((wake, listener, log)) => Ok(Started {
                wake,
                listener,
                log,
                leash: Leash::new(stdin),
                reports: reports.of_master(spec.ordinal),
                spec,
                succeeds: None,
            }),
            Err((message, hint)) => {
                fail(&reports, message, hint);
                Err(())
            }
        }
    }

    /// Takes over what another master has left open for this one, in the descriptor of this number. A reason for a failure would help
    /// nobody: the other one serves on.
    pub(super) fn successor(file: &OsStr) -> Result<Started, ()> {
        let (stdin, reports) = standard_streams().map_err(drop)?;
        let number = file.to_str().and_then(|number| number.parse().ok());
        let succession = Succession::read(number.ok_or(())?).map_err(drop)?;
        let socket = succession.listener().map_err(drop)?;
        let Succession {
            spec,
            parent,
            ordinal,
            ..
        } = succession;
        let listen = |spec: &MasterSpec, _: &mut Log| Ok(Listener::inherited(socket, &spec.listen));
        let (wake, listener, log) = prepare(&spec, listen).map_err(drop)?;
        Ok(Started {
            spec,
            wake,
            listener,
            log,
            leash: Leash::new(stdin),
            reports: reports.of_master(ordinal),
            succeeds: Some(Succeeds { parent, ordinal }),
        })
    }
}

/// Copies of standard input and of standard output, with the report pipe's writes made non-blocking.
fn standard_streams() -> io::Result<(OwnedFd, Reports)> {
    let stdin = io::stdin().as_fd().try_clone_to_owned()?;
    let stdout = io::stdout().as_fd().try_clone_to_owned()?;
    rustix::io::ioctl_fionbio(&stdout, true)?;
    Ok((stdin, Reports::new(stdout)))
}

/// A reason and a hint.
type Refused = (String, String);

fn bind(spec: &MasterSpec, log: &mut Log) -> Result<Listener, Refused> {
    if spec.leaves_orphans {
        // A second master inherits both.
        let set_up =
            signals::ignore(libc::SIGIO).and_then(|()| end_group_with(io::stdin().as_fd()));
        set_up.map_err(|error| (error.to_string(), "this is a bug of slowlab's".to_owned()))?;
    }
    Listener::bind(&spec.listen, &spec.config).map_err(|error| {
        log.line(Level::Error, &error.message);
        (error.message, error.hint)
    })
}

/// The log, signals and the listener.
fn prepare(
    spec: &MasterSpec,
    listen: impl FnOnce(&MasterSpec, &mut Log) -> Result<Listener, Refused>,
) -> Result<(WakePipe, Listener, Log), Refused> {
    let system = |error: io::Error| {
        let hint = "limits on open files may be too low (`ulimit -n`)".to_owned();
        (error.to_string(), hint)
    };
    if spec.may_be_traced {
        let_anybody_trace();
    }
    let mut log = Log::open(spec).map_err(|error| {
        let message = format!("cannot open the log `{}`: {error}", spec.log.display());
        let hint = "its folder must exist and be writable".to_owned();
        (message, hint)
    })?;
    let wake = WakePipe::new().map_err(system)?;
    let dispositions = HEARD.map(|(number, _)| (number, Disposition::CountAndRestart));
    signals::install(&dispositions, wake.writer()).map_err(system)?;
    let listener = listen(spec, &mut log)?;
    Ok((wake, listener, log))
}
