//! Where a start command hides.

mod compose;
mod docker;
mod ini;
mod kind;
mod start;
mod yaml;

pub(super) use kind::{Kind, kind_of};
use start::take;
pub(super) use start::{Found, Reading, Start, command, read, variables};
