//! nginx's timers.
