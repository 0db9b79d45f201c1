//! The backend with real processes: what an operator of gunicorn would see.

mod acts;
mod lifecycle;
mod serving;
mod support;
mod timeouts;
