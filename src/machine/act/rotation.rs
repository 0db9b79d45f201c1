//! Rotations of logs, as logrotate does them.

use std::fmt;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tier::Tier;

/// A log is moved away, and its writer told or not.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rotation {
    /// Which log.
    pub log: RotatedLog,
    /// How.
    pub how: HowRotated,
    /// Whether its writer is told afterwards, by USR1.
    #[serde(default)]
    pub tell: bool,
}

/// Whose log.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RotatedLog {
    /// The proxy's access log.
    Access,
    /// The backend's.
    Backend,
}

/// How a log is rotated; one older log is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HowRotated {
    /// logrotate `create`: renamed, and an empty file made in its place. Whoever has it open writes on into the renamed one, and once that is replaced by
    /// the next rotation, into a file without a name.
    Rename,
    /// logrotate `copytruncate`: copied and cut to nothing. Whoever appends begins at its beginning; whoever does not goes on where it was, behind a hole.
    Copytruncate,
}

/// What a log is called once it was rotated away.
pub fn older(log: &Path) -> PathBuf {
    let mut name = log.as_os_str().to_owned();
    name.push(".1");
    name.into()
}

impl RotatedLog {
    /// Whose it is.
    pub fn tier(self) -> Tier {
        match self {
            RotatedLog::Access => Tier::Proxy,
            RotatedLog::Backend => Tier::Backend,
        }
    }

    /// As in the file.
    pub fn name(self) -> &'static str {
        match self {
            RotatedLog::Access => "access",
            RotatedLog::Backend => "backend",
        }
    }
}

impl fmt::Display for Rotation {
    /// `rotate access by rename, untold`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = match self.how {
            HowRotated::Rename => "rename",
            HowRotated::Copytruncate => "copytruncate",
        };
        let told = match self.tell {
            true => "and tell",
            false => "untold",
        };
        write!(f, "rotate {} by {how}, {told}", self.log.name())
    }
}
