//! How an event loop ends: at once, or when the last of its clients is done.
//!
//! At HUP the master starts loops with the new configuration, and [`RELOAD_OVERLAP`] later tells the old ones to quit. A loop that quits accepts
//! nobody, closes its idle keep-alive connections and serves the rest to their end, without keeping any connection for a further request. With
//! `worker_shutdown_timeout` it breaks off then what is left. It knows no mercy, with one exception that was measured: a client whose head
//! is half there is not looked at (`ngx_http_process_request_line` does not ask), and keeps the old loop alive for `client_header_timeout`.

use crate::machine::act::SignalName;
use crate::time::{Span, Timestamp};

/// `ngx_msleep(100)` in `ngx_master_process_cycle`: so long old and new loops accept side by side.
pub const RELOAD_OVERLAP: Span = Span::from_ms(100);

/// What a connection is told by its event loop.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Hail {
    /// The loop quits.
    Quit,
    /// Its slot is wanted for another one.
    Evicted,
    /// `worker_shutdown_timeout` is over.
    ShutdownTimeout,
}

/// What a master does at a signal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Deed {
    /// New loops with the configuration as it is by then; the old ones quit.
    Reload,
    /// All loops quit, and the master when they are gone.
    Quit,
    /// All ends at once, whatever is under way.
    End,
    /// The logs are opened anew.
    ReopenLogs,
}

/// What nginx's master makes of a signal; `None` if it is not played here (USR2, WINCH) or has no meaning.
pub fn deed(signal: SignalName) -> Option<Deed> {
    Some(match signal {
        SignalName::Hup => Deed::Reload,
        SignalName::Quit => Deed::Quit,
        SignalName::Term | SignalName::Int => Deed::End,
        SignalName::Usr1 => Deed::ReopenLogs,
        SignalName::Usr2
        | SignalName::Ttin
        | SignalName::Ttou
        | SignalName::Winch
        | SignalName::Abrt
        | SignalName::Kill => return None,
    })
}

/// An event loop's life.
#[derive(Clone, Copy, Debug)]
pub struct Life {
    /// `worker_shutdown_timeout`; zero is none.
    shutdown_timeout: Span,
    quits: bool,
    cut_at: Option<Timestamp>,
}

impl Life {
    /// A loop that accepts.
    pub fn new(shutdown_timeout: Span) -> Life {
        Life {
            shutdown_timeout,
            quits: false,
            cut_at: None,
        }
    }

    /// It is told to quit; whether that is news to it.
    pub fn quit(&mut self, now: Timestamp) -> bool {
        if self.quits {
            return false;
        }
        self.quits = true;
        self.cut_at = (!self.shutdown_timeout.is_zero()).then(|| now + self.shutdown_timeout);
        true
    }

    /// Whether it quits.
    pub fn quits(&self) -> bool {
        self.quits
    }

    /// When [`Life::on_timer`] is to be called.
    pub fn deadline(&self) -> Option<Timestamp> {
        self.cut_at
    }

    /// Whether what is left is broken off now.
    pub fn on_timer(&mut self, now: Timestamp) -> bool {
        let due = self.cut_at.is_some_and(|at| at <= now);
        if due {
            self.cut_at = None;
        }
        due
    }
}
