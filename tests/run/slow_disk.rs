//! A file system that does not answer: who waits for it is in D and hears no signal, and whatever dies in whatever order, nobody stays.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::support::eventually;

/// The helper of a disk, by hand.
pub(crate) struct Server {
    child: Child,
    held: PathBuf,
    _dir: tempfile::TempDir,
}

/// Victims of one server.
const VICTIMS: usize = 3;

/// A server whose file holds whoever opens it, for so many milliseconds; `None`, with a word, where this machine has none.
#[expect(clippy::print_stderr, reason = "a test that does nothing says so")]
pub(crate) fn server(limit_ms: u32) -> Option<Server> {
    let dir = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_slowlab"))
        .arg("__slow-disk")
        .arg(dir.path())
        .args(["0", "holds", &limit_ms.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    let stdout = child.stdout.take().unwrap();
    BufReader::new(stdout).read_line(&mut said).unwrap();
    if said != "ready\n" {
        eprintln!("not tried: {said}");
        child.wait().unwrap();
        return None;
    }
    let inside = dir.path().strip_prefix("/").unwrap();
    let held = PathBuf::from(format!("/proc/{}/root", child.id()));
    let held = held.join(inside).join("held");
    Some(Server {
        child,
        held,
        _dir: dir,
    })
}

impl Server {
    /// Processes that open the file, all of them in D.
    fn victims(&self) -> Vec<Child> {
        let open = |_| {
            let mut cat = Command::new("cat");
            let cat = cat
                .arg(&self.held)
                .stderr(Stdio::null())
                .stdin(Stdio::null());
            cat.spawn().unwrap()
        };
        let victims: Vec<Child> = (0..VICTIMS).map(open).collect();
        for victim in &victims {
            eventually("a victim in D, in open", || {
                let call = fs::read_to_string(format!("/proc/{}/syscall", victim.id()));
                state(victim) == 'D' && call.is_ok_and(|call| call.starts_with("257 "))
            });
        }
        victims
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn state(child: &Child) -> char {
    let stat = fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap_or_default();
    let behind = stat.rsplit(") ").next().unwrap_or_default();
    behind.chars().next().unwrap_or('-')
}

/// Whether SIGKILL has arrived and nobody has taken it.
fn waits_with_sigkill(child: &Child) -> bool {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let pending = status.lines().filter_map(|line| {
        line.strip_prefix("ShdPnd:")
            .or(line.strip_prefix("SigPnd:"))
    });
    pending
        .filter_map(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .any(|mask| mask & 0x100 != 0)
}

fn all_end(victims: Vec<Child>) -> Vec<Option<i32>> {
    let end = |mut victim: Child| {
        eventually("the end of a victim", || {
            matches!(state(&victim), 'Z' | '-')
        });
        victim.wait().unwrap().code()
    };
    victims.into_iter().map(end).collect()
}

#[test]
fn victims_that_are_killed_first_go_with_their_server() {
    let Some(mut server) = server(30_000) else {
        return;
    };
    let mut victims = server.victims();
    for victim in &mut victims {
        victim.kill().unwrap();
    }
    for victim in &mut victims {
        eventually("SIGKILL that waits", || waits_with_sigkill(victim));
        assert_eq!((state(victim), victim.try_wait().unwrap()), ('D', None));
    }
    server.kill();
    // By the signal that waited with them.
    assert_eq!(all_end(victims), [None; VICTIMS]);
}

#[test]
fn victims_whose_server_is_killed_first_have_an_error() {
    let Some(mut server) = server(30_000) else {
        return;
    };
    let victims = server.victims();
    server.kill();
    assert_eq!(all_end(victims), [Some(1); VICTIMS]);
}

#[test]
fn a_server_whose_parent_is_gone_lets_everybody_go() {
    let Some(mut server) = server(30_000) else {
        return;
    };
    let victims = server.victims();
    drop(server.child.stdin.take());
    assert_eq!(all_end(victims), [Some(1); VICTIMS]);
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
}

#[test]
fn nobody_is_held_for_longer_than_was_said() {
    let Some(mut server) = server(700) else {
        return;
    };
    let victims = server.victims();
    assert_eq!(all_end(victims), [Some(1); VICTIMS]);
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
}
