//! A client's visit: it connects, writes its request at its pace, reads at its pace, leaves, and perhaps comes back.
//!
//! [`Visit`] is asked what to do ([`Action`]) and told what came of it; the lab does it on real sockets, the sim in virtual time. What is
//! special about a kind of client is composed by `machine::behavior`: a pace of sending, a [reader](crate::machine::behavior::Reader), an
//! ending. When requests are meant to start is `machine::arrival`'s. Not here: what a response says (the lab follows its bytes with
//! [`Response`], the sim knows them), and whom a record names for an [`End`].

mod action;
mod end;
mod request;
mod response;
mod retry;
mod sending;
mod terms;
#[cfg(test)]
mod tests;
mod visiting;

pub use action::{Action, Wait};
pub use end::{AtEof, End, Heard};
pub use request::Milestones;
pub use response::Response;
pub use retry::{Retry, Trouble};
pub use terms::Terms;
pub use visiting::{Next, Parting, Visit};
