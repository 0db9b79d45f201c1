//! What a pipeline needs before it starts. Whole ones are played in tests/run/pipeline.rs.

use super::play::{new_pipe, program_path};

#[test]
fn a_tool_that_is_not_there_is_named() {
    let error = program_path("slowlab-no-such-tool").unwrap_err();
    assert!(
        error.to_string().contains("`slowlab-no-such-tool`"),
        "{error}"
    );
    assert!(program_path("sort").is_ok());
}

#[test]
fn a_pipe_has_the_size_that_was_asked_for() {
    let (reads, _writes) = new_pipe(4096).unwrap();
    assert_eq!(rustix::pipe::fcntl_getpipe_size(&reads).unwrap(), 4096);
}
