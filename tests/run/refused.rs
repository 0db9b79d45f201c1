//! What cannot be: said before anything starts where it can be known, with what, where and a hint.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use slowlab::leave::Leave;
use slowlab::net::Address;
use slowlab::proxy::{Proxy, ProxySpec};
use slowlab::record::Sink;
use slowlab::tier::{ProxyId, Tier};
use slowlab::time::Clock;

use crate::support::{Done, Place, QUICK, done, expect};

/// Nothing on standard output, an error and a hint on the other, nothing left.
fn assert_refused(place: &Place, done: &Done, code: i32, parts: &[&str]) {
    assert_eq!(done.code, code, "{}", done.err);
    assert_eq!(done.out, "", "{}", done.err);
    for part in parts {
        assert!(done.err.contains(part), "`{part}` is not in: {}", done.err);
    }
    assert!(!done.err.contains("panicked"), "{}", done.err);
    place.assert_nothing_left();
}

#[test]
fn mistakes_are_told_at_their_place() {
    let place = Place::new(&QUICK.replace("workers = 2", "wrokers = 2"));
    for command in ["run", "check", "show"] {
        let done = done(place.slowlab(&[command, "s.toml"]));
        // `check` and `show` have the mistakes as their talk, too.
        assert_refused(&place, &done, 2, &["s.toml:9:1", "wrokers", "workers"]);
    }
    assert!(!place.path("results").exists());
}

#[test]
fn what_does_not_exist_is_refused() {
    let place = Place::new(&(QUICK.to_owned() + &expect("visitors.outcomes.complete >= 1")));
    for (arguments, parts) in [
        (&["run", "no-such"][..], &["no-such", "hint:"][..]),
        (&["run", "s.toml", "--variant", "nope"], &["nope"]),
        (
            &["run", "s.toml", "--set", "backend.wrokers=1"],
            &["wrokers", "1 | --set backend.wrokers=1\n"],
        ),
        (&["run", "s.toml", "--set", "backend.workers"], &["--set"]),
        (
            &["run", "s.toml", "--set", "backend.workers=many"],
            &["--set"],
        ),
        (&["run"], &["Usage"]),
        (&["run", "s.toml", "--frobnicate"], &["--frobnicate"]),
        (&["report", "."], &["manifest.json", "hint:"]),
        (
            &["clients", "s.toml", "--target", "192.0.2.1:80"],
            &["not a loopback address"],
        ),
        (&["clients", "s.toml", "--target", "here"], &["hint:"]),
    ] {
        let done = done(place.slowlab(arguments));
        assert_refused(&place, &done, 2, parts);
    }
}

#[test]
fn an_unwritable_folder_is_named() {
    let place = Place::new(QUICK);
    std::fs::write(place.path("file"), "").unwrap();
    for out in ["/proc/x", "file"] {
        let done = done(place.slowlab(&["run", "s.toml", "--out", out]));
        let path = format!("cannot create the folder `{out}/s`");
        assert_refused(&place, &done, 4, &[&path, "os error", "hint:", "--out"]);
    }
    // A folder without permission stops everybody but root.
    std::fs::create_dir(place.path("locked")).unwrap();
    let locked = std::fs::Permissions::from_mode(0o555);
    std::fs::set_permissions(place.path("locked"), locked).unwrap();
    if rustix::process::geteuid().is_root() {
        eprintln!("skipped: root may write to every folder");
        return;
    }
    let done = done(place.slowlab(&["run", "s.toml", "--out", "locked"]));
    assert_refused(
        &place,
        &done,
        4,
        &["locked/s", "Permission denied", "hint:"],
    );
}

#[test]
fn a_limit_of_open_files_that_is_too_low_is_said_before_anything_starts() {
    let place = Place::new(QUICK);
    let low = done(place.shell("ulimit -n 64; exec \"$@\""));
    let parts = ["open files", "may open 64", "hint: raise the hard limit"];
    assert_refused(&place, &low, 4, &parts);
    assert!(!place.path("out").exists());
    let crowd = QUICK.replace(
        "arrival.open = { rate = \"40/s\", process = \"uniform\" }",
        "arrival.once = { count = 30000 }",
    );
    let place = Place::new(&crowd);
    let many = done(place.shell("ulimit -n 20000 2>/dev/null || ulimit -n 4096; exec \"$@\""));
    assert_refused(
        &place,
        &many,
        4,
        &["connections at once", "open files", "may open"],
    );
}

#[test]
fn a_folder_for_temp_files_that_cannot_serve_is_said() {
    let place = Place::new(QUICK);
    let deep = place.path(&format!("tmp/{}", "x".repeat(120)));
    std::fs::create_dir(&deep).unwrap();
    let mut command = place.slowlab(&["run", "s.toml", "--out", "out"]);
    command.env("TMPDIR", &deep);
    let long = done(command);
    assert_eq!(std::fs::read_dir(&deep).unwrap().count(), 0);
    std::fs::remove_dir(&deep).unwrap();
    assert_refused(
        &place,
        &long,
        4,
        &["longer than 107 bytes", "hint:", "TMPDIR"],
    );
    let mut command = place.slowlab(&["run", "s.toml", "--out", "out"]);
    command.env("TMPDIR", "/nonexistent");
    assert_refused(
        &place,
        &done(command),
        4,
        &["/nonexistent", "hint: set TMPDIR"],
    );
}

/// A file that may not grow is a disk that is full, for whoever may not mount one.
#[test]
fn a_disk_that_fills_up_ends_in_the_name_of_the_file_and_keeps_what_fits() {
    let place = Place::new(QUICK);
    let full = done(place.shell("trap '' XFSZ; ulimit -f 8; exec \"$@\""));
    assert_refused(
        &place,
        &full,
        4,
        &[
            "error: cannot write `out/s/",
            "File too large",
            "partial results are kept",
        ],
    );
    let results = place.results();
    assert!(results.to_str().unwrap().ends_with(".partial"));
    assert!(
        results
            .join("baseline/requests.csv")
            .metadata()
            .unwrap()
            .len()
            > 0
    );
    // With room again, what is there can be reported.
    let report = done(place.slowlab(&["report", results.to_str().unwrap()]));
    assert!(
        report.out.contains("visitors"),
        "{}{}",
        report.out,
        report.err
    );
}

/// A real full disk, in a mount namespace of its own, so that nothing of it stays mounted whatever happens.
#[test]
fn a_full_disk_ends_in_the_name_of_the_file_and_keeps_what_fits() {
    let may_mount = Command::new("unshare").args(["-m", "true"]).output();
    if !may_mount.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: mounting needs privileges");
        return;
    }
    for (size, what) in [("8k", "cannot "), ("64k", "cannot write `out/s/")] {
        let place = Place::new(QUICK);
        let script = format!(
            "mkdir out kept && mount -t tmpfs -o size={size} tmpfs out && \"$@\"; code=$?; cp -a out/. kept; exit $code"
        );
        let mut command = place.shell(&script);
        let arguments: Vec<_> = command.get_args().map(ToOwned::to_owned).collect();
        let program = command.get_program().to_owned();
        command = {
            let mut inside = place.slowlab(&[]);
            inside = rebuilt("unshare", &inside);
            inside.arg("-m").arg(program).args(arguments);
            inside
        };
        let full = done(command);
        assert_refused(
            &place,
            &full,
            4,
            &[what, "No space left on device", "hint: free some space"],
        );
        assert!(place.path("kept/s").exists(), "{}", full.err);
    }
}

/// Another program in the same place.
fn rebuilt(program: &str, like: &Command) -> Command {
    let mut command = Command::new(program);
    command.current_dir(like.get_current_dir().unwrap());
    for (name, value) in like.get_envs() {
        command.env(name, value.unwrap());
    }
    command
}

/// A lab lets the kernel choose its ports; who names one may meet somebody there. (For the backend: `tests/backend/lifecycle.rs`.)
#[test]
fn a_port_that_is_taken_is_named() {
    let place = Place::new("");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap();
    let refused = Proxy::start(ProxySpec {
        config: toml::from_str("").unwrap(),
        upstreams: vec![Address::Unix(place.path("nobody"))],
        temp_dir: place.path("tmp"),
        access_log: place.path("access.log"),
        error_log: place.path("error.log"),
        clock: Clock::start(),
        sink: Sink::new().0,
        leave: Leave::default(),
        gauges: std::sync::Arc::default(),
        listen,
        id: ProxyId {
            tier: Tier::Proxy,
            instance: 0,
        },
        source: None,
        is_nobody: false,
        held_file: None,
        may_be_traced: false,
        executable: "slowlab".into(),
    });
    let text = refused.expect_err("the port is taken").to_string();
    let wanted = format!("the proxy cannot listen on {listen}: Address already in use");
    assert!(
        text.starts_with(&wanted) && text.contains("\nhint: "),
        "{text}"
    );
}

/// A fresh network namespace has no loopback interface that is up; where the kernel refuses one to us, there is nothing to see.
#[test]
fn a_loopback_interface_that_is_down_is_refused() {
    let place = Place::new(QUICK);
    let mut command = Command::new("unshare");
    command
        .args(["--map-root-user", "--net", "true"])
        .stderr(std::process::Stdio::null());
    if !command.status().is_ok_and(|status| status.success()) {
        eprintln!("not tried: `unshare --map-root-user --net` is not allowed here");
        return;
    }
    let script = r#"exec unshare --map-root-user --net "$@""#;
    let done = done(place.shell(script));
    assert_refused(&place, &done, 4, &["loopback", "hint: `ip link set lo up`"]);
}
