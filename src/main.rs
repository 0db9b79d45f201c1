//! The `slowlab` binary.

fn main() {
    if std::env::args_os()
        .nth(1)
        .is_some_and(|role| role == slowlab::backend::MASTER_ROLE)
    {
        std::process::exit(slowlab::backend::master_main());
    }
}
