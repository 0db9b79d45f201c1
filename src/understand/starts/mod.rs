//! Where a start command hides.

mod compose;
mod docker;
mod follow;
mod ini;
mod kind;
mod start;
mod yaml;

pub(super) use follow::whole;
pub(super) use kind::{Kind, kind_of};
use start::take;
pub(super) use start::{Found, Reading, Start, command, read, variables};
