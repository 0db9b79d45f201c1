//! What the kernel knows.
