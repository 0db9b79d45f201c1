//! A plan's timeline: what is done to the stack while clients use it, and when.
//!
//! An act is data: an engine performs it with `kill(2)`, or as an event. What a signal then does is the arbiter's and the workers' business.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::backend_config::BackendConfig;
use super::proxy_config::ProxyConfig;
use crate::tier::Tier;
use crate::time::Span;

/// One `[[act]]`, resolved.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Act {
    /// When, from the instant at which clients begin.
    pub at: Span,
    /// What is sent; `None` where only the configuration changes.
    pub signal: Option<SignalTo>,
    /// What the configuration says from then on, as `key = value`; none if it stays as it was.
    pub knobs: Vec<String>,
    /// The whole of it, if anything changed. A master takes it over when it reads it anew, at HUP.
    pub backend: Option<BackendConfig>,
    /// The same of the proxy, which reads it at HUP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<ProxyConfig>,
    /// The same of the edge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edge: Option<ProxyConfig>,
}

impl Act {
    /// What the configuration of a tier of proxies says from then on; `None` if it stays as it was.
    pub fn says(&self, tier: Tier) -> Option<&ProxyConfig> {
        match tier {
            Tier::Edge => self.edge.as_ref(),
            Tier::Proxy => self.proxy.as_ref(),
            Tier::Backend => None,
        }
    }

    /// The signal to a tier of proxies, if it is for one.
    pub fn to_proxies(&self) -> Option<(Tier, SignalName)> {
        let SignalTo { to, name } = self.signal?;
        Some((to.tier()?, name))
    }
}

/// A signal and who gets it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignalTo {
    /// Who.
    pub to: Target,
    /// Which.
    pub name: SignalName,
}

/// A process of the stack.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
pub enum Target {
    /// The backend's master; while there are two, the older one.
    Backend,
    /// The master that the backend's master has started at USR2, while both are there.
    NewBackend,
    /// A worker by its number: 1 is the first that was ever forked, by whichever master.
    Worker(u32),
    /// The proxy, all of its instances: nginx's master.
    Proxy,
    /// The edge, likewise.
    Edge,
}

impl Target {
    /// Which tier of proxies it is, if one.
    pub fn tier(self) -> Option<Tier> {
        match self {
            Target::Proxy => Some(Tier::Proxy),
            Target::Edge => Some(Tier::Edge),
            Target::Backend | Target::NewBackend | Target::Worker(_) => None,
        }
    }
}

/// A signal, without the SIG.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "UPPERCASE")]
pub enum SignalName {
    /// End gracefully.
    Term,
    /// End at once.
    Int,
    /// End at once.
    Quit,
    /// Reload.
    Hup,
    /// Reopen the logs.
    Usr1,
    /// A second master.
    Usr2,
    /// One worker more.
    Ttin,
    /// One worker less.
    Ttou,
    /// A terminal's new size; gunicorn: no workers, if it is a daemon.
    Winch,
    /// What the master sends to a worker whose heartbeat is stale; the master itself has no handler for it and dies.
    Abrt,
    /// The end, whatever the process does.
    Kill,
}

impl SignalTo {
    /// Whether a master dies of it without a word, and leaves its workers to themselves.
    pub fn kills_a_master(&self) -> bool {
        self.name.kills_a_master() && matches!(self.to, Target::Backend | Target::NewBackend)
    }
}

impl SignalName {
    /// As in the file, and after `kill -`.
    pub fn name(self) -> &'static str {
        match self {
            SignalName::Term => "TERM",
            SignalName::Int => "INT",
            SignalName::Quit => "QUIT",
            SignalName::Hup => "HUP",
            SignalName::Usr1 => "USR1",
            SignalName::Usr2 => "USR2",
            SignalName::Ttin => "TTIN",
            SignalName::Ttou => "TTOU",
            SignalName::Winch => "WINCH",
            SignalName::Abrt => "ABRT",
            SignalName::Kill => "KILL",
        }
    }

    /// Whether a master dies of it without a word.
    pub fn kills_a_master(self) -> bool {
        matches!(self, SignalName::Abrt | SignalName::Kill)
    }

    /// Whether a master reads its configuration at it, or a new one does.
    pub fn has_configuration_read(self) -> bool {
        matches!(self, SignalName::Hup | SignalName::Usr2)
    }

    /// Whether a proxy takes it only in a process of its own: within the run's it would meet clients and measurement too.
    pub fn needs_own_process(self) -> bool {
        self != SignalName::Hup
    }

    /// Why an act cannot send this to `target`, and what would do instead; `None` if it can.
    pub fn refused_by(self, target: Target) -> Option<(&'static str, &'static str)> {
        use SignalName::{Abrt, Hup, Int, Kill, Quit, Term, Ttin, Ttou, Usr1, Usr2, Winch};
        match (target, self) {
            (Target::Backend | Target::NewBackend, _)
            | (Target::Proxy | Target::Edge, Hup | Quit | Term | Int | Usr1 | Kill) => None,
            (Target::Proxy | Target::Edge, Usr2 | Winch | Ttin | Ttou | Abrt) => Some((
                "it is not played there",
                "HUP, QUIT, TERM, INT, USR1 and KILL are",
            )),
            (Target::Worker(_), Term | Int | Quit | Usr1 | Abrt | Kill) => None,
            (Target::Worker(_), Hup | Ttin | Ttou | Usr2 | Winch) => Some((
                "only a master has a meaning for it",
                "send it to `backend`, or TERM, QUIT, ABRT or KILL to a worker",
            )),
        }
    }
}

impl fmt::Display for SignalName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Target {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Target, &'static str> {
        match text {
            "backend" => return Ok(Target::Backend),
            "new-backend" => return Ok(Target::NewBackend),
            "proxy" => return Ok(Target::Proxy),
            "edge" => return Ok(Target::Edge),
            _ => {}
        }
        match text.strip_prefix("worker ").map(str::parse) {
            Some(Ok(0)) => Err("workers are counted from 1"),
            Some(Ok(age)) => Ok(Target::Worker(age)),
            _ => Err(
                "it is neither `backend` nor `new-backend` nor `proxy` nor `edge` nor `worker` and a number",
            ),
        }
    }
}

impl TryFrom<String> for Target {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Target, &'static str> {
        text.parse()
    }
}

impl From<Target> for String {
    fn from(target: Target) -> String {
        target.to_string()
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Backend => f.write_str("backend"),
            Target::NewBackend => f.write_str("new-backend"),
            Target::Proxy => f.write_str("proxy"),
            Target::Edge => f.write_str("edge"),
            Target::Worker(age) => write!(f, "worker {age}"),
        }
    }
}

impl fmt::Display for Act {
    /// `HUP to backend, with backend.workers = 8`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let knobs = self.knobs.join(", ");
        match &self.signal {
            Some(SignalTo { to, name }) if knobs.is_empty() => write!(f, "{name} to {to}"),
            Some(SignalTo { to, name }) => write!(f, "{name} to {to}, with {knobs}"),
            None => write!(f, "the configuration says {knobs}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_read_as_it_is_written() {
        for text in ["backend", "proxy", "edge", "worker 1", "worker 512"] {
            let target: Target = text.parse().unwrap();
            assert_eq!(target.to_string(), text);
        }
        for wrong in [
            "worker 0",
            "worker",
            "worker -1",
            "worker two",
            "Backend",
            "",
        ] {
            assert!(wrong.parse::<Target>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_act_says_what_it_does_and_survives_its_file() {
        let act = Act {
            at: Span::from_secs(2),
            signal: Some(SignalTo {
                to: Target::Worker(3),
                name: SignalName::Usr1,
            }),
            knobs: vec!["backend.workers = 8".to_owned()],
            backend: None,
            proxy: None,
            edge: None,
        };
        assert_eq!(
            act.to_string(),
            "USR1 to worker 3, with backend.workers = 8"
        );
        let text = serde_json::to_string(&act).unwrap();
        assert!(
            text.contains(r#"{"to":"worker 3","name":"USR1"}"#),
            "{text}"
        );
        assert_eq!(serde_json::from_str::<Act>(&text).unwrap(), act);
    }

    #[test]
    fn every_signal_has_somebody_who_takes_it() {
        use SignalName::{Abrt, Hup, Int, Kill, Quit, Term, Ttin, Ttou, Usr1, Usr2, Winch};
        for name in [
            Term, Int, Quit, Hup, Usr1, Usr2, Ttin, Ttou, Winch, Abrt, Kill,
        ] {
            let takers = [Target::Backend, Target::NewBackend, Target::Worker(1)];
            let taken = takers
                .iter()
                .any(|target| name.refused_by(*target).is_none());
            assert!(taken, "{name}");
        }
    }
}
