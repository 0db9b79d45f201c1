//! `slowlab serve`: the laboratory in a browser, on this machine's loopback and nowhere else.
//!
//! A server of pages, small JSON and streams of events. It keeps no rule of its own: what a run does is simulated by `sim`, drawn by `report::html`, judged
//! by `expect`; on real sockets a run is this binary's own `run`, as a child. What may be asked for at all is in `guard` and `bounds`, both pure.
//!
//! A page is a file here (`library`, `whatif`) with its routes, a template in `pages` and a module in `modules`.

mod answer;
mod assets;
mod bounds;
mod bundled;
mod change;
mod changes;
mod confirm;
mod guard;
pub mod knobs;
mod lessons;
mod library;
mod recorded;
mod server;
mod shell;
pub mod simulate;
mod site;
mod state;
mod theatre;
mod trials;
mod turn;
mod whatif;

pub use bounds::TooMuch;
pub use server::{PORT, ServeError, serve};
pub use state::Options;
