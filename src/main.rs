//! The `slowlab` binary.

fn main() {}
