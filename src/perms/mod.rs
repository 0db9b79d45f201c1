//! Who may do what with a file: tried on this machine, not quoted. What root may do says nothing about others, since root passes every mode; so whatever is
//! tried as root is tried by a thread that has given that up.

mod tries;
mod who;

pub use tries::{Came, Deed, attempt, connect, connect_to, give, replace, script};
pub use who::{Who, as_nobody, is_root};

/// The user and the group that everybody has and nobody is.
pub const NOBODY: u32 = crate::process::NOBODY;
