//! What kernel socket buffers absorb.
