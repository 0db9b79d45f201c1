//! The real nginx and gunicorn, started, watched and stopped. Skipped with a message where they are not installed;
//! `SLOWLAB_NGINX` and `SLOWLAB_GUNICORN` name them.
#![expect(clippy::print_stderr, reason = "a skipped test says so")]
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, outside of test functions"
)]

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::Receiver;
use std::time::Duration;

use rustix::process::Signal;
use slowlab::leave::Leave;
use slowlab::machine::act::Target;
use slowlab::machine::arrival::Schedule;
use slowlab::machine::behavior::{Behavior, Healthy};
use slowlab::plan::{GroupPlan, Plan};
use slowlab::record::{EndedBy, EventKind, Report, Sink, WorkerState};
use slowlab::reference::export::{self, Layout};
use slowlab::reference::programs::{
    GunicornProgram, Named, NginxProgram, find_gunicorn, find_nginx,
};
use slowlab::reference::{Gunicorn, GunicornSpec, Nginx, NginxSpec, ReferenceError};
use slowlab::seed::Seed;
use slowlab::tier::{ProxyId, Tier};
use slowlab::time::{Clock, Span};

const SLOWLAB: &str = env!("CARGO_BIN_EXE_slowlab");

fn programs() -> Option<(NginxProgram, GunicornProgram)> {
    let named = Named::by_environment();
    match (find_nginx(&named), find_gunicorn(&named)) {
        (Ok(nginx), Ok(gunicorn)) => Some((nginx, gunicorn)),
        (nginx, gunicorn) => {
            for error in [nginx.err(), gunicorn.err()].into_iter().flatten() {
                eprintln!("skipped: {error}");
            }
            None
        }
    }
}

fn plan(backend: &str, proxy: &str) -> Plan {
    Plan {
        scenario: "tested".to_owned(),
        variant: "baseline".to_owned(),
        seed: Seed(1),
        duration: Span::from_secs(1),
        warmup: Span::ZERO,
        drain: Span::ZERO,
        backend: toml::from_str(backend).unwrap(),
        edge: None,
        proxy: Some(toml::from_str(proxy).unwrap()),
        groups: vec![GroupPlan {
            name: "visitors".to_owned(),
            ..GroupPlan::asking(
                "/",
                Behavior::Healthy(Healthy::default()),
                Schedule::Starts { at: Vec::new() },
            )
        }],
        acts: Vec::new(),
        probes: Vec::new(),
        pipeline: None,
    }
}

struct Stack {
    gunicorn: Gunicorn,
    nginx: Nginx,
    reports: Receiver<Report>,
    dir: tempfile::TempDir,
}

fn start(
    plan: &Plan,
    (nginx, gunicorn): &(NginxProgram, GunicornProgram),
) -> Result<Stack, ReferenceError> {
    let dir = tempfile::tempdir().unwrap();
    let (folder, runtime_dir) = (dir.path().join("results"), dir.path().join("run"));
    std::fs::create_dir(&runtime_dir).unwrap();
    let (sink, reports) = Sink::new();
    let clock = Clock::start();
    let executable = Path::new(SLOWLAB);
    let gunicorn = Gunicorn::start(&GunicornSpec {
        plan,
        program: gunicorn,
        folder: &folder,
        runtime_dir: &runtime_dir,
        socket: None,
        worker_tmp_dir: None,
        held_file: None,
        executable,
        clock,
        sink: sink.clone(),
        leave: &Leave::default(),
    })?;
    let mut nginx = Nginx::start(&NginxSpec {
        id: ProxyId {
            tier: Tier::Proxy,
            instance: 0,
        },
        plan,
        program: nginx,
        folder: &folder,
        runtime_dir: &runtime_dir,
        is_nobody: false,
        upstreams: std::slice::from_ref(gunicorn.address()),
        executable,
        leave: &Leave::default(),
    })?;
    nginx.follow(clock, sink)?;
    Ok(Stack {
        gunicorn,
        nginx,
        reports,
        dir,
    })
}

impl Stack {
    /// Stops everything and returns what was reported.
    fn stop(self) -> Vec<Report> {
        let processes = (self.gunicorn.processes_reader())();
        let workers = processes.into_iter().filter(|(number, _)| number.is_some());
        let pids: Vec<u32> = workers.map(|(_, pid)| pid).collect();
        self.nginx.stop();
        self.gunicorn.stop();
        for pid in pids {
            assert!(
                !Path::new(&format!("/proc/{pid}")).exists(),
                "worker {pid} is left behind"
            );
        }
        let reports = self.reports.try_iter().collect();
        drop(self.dir);
        reports
    }
}

/// One request; the status line's number and the length of the body.
fn get(address: SocketAddr, path: &str, id: u64) -> (u16, usize) {
    let mut socket = TcpStream::connect(address).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    write!(
        socket,
        "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Slowlab-Request: {id}\r\n\r\n"
    )
    .unwrap();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).unwrap();
    let head_end = answer
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .unwrap()
        + 4;
    let status = std::str::from_utf8(&answer[9..12])
        .unwrap()
        .parse()
        .unwrap();
    (status, answer.len() - head_end)
}

const APP: &str = "[app.\"/\"]\nwait = \"20ms\"\nresponse = \"200KiB\"\n[app.\"/slow\"]\nwait = \"30s\"\nresponse = \"1KiB\"\n";

#[test]
fn a_request_is_seen_by_nginx_and_by_the_worker() {
    let Some(programs) = programs() else { return };
    for bind in ["tcp", "unix"] {
        let plan = plan(&format!("bind = \"{bind}\"\nworkers = 2\n{APP}"), "");
        let stack = start(&plan, &programs).unwrap();
        assert_eq!(get(stack.nginx.address(), "/", 42), (200, 200 * 1024));
        assert_eq!(get(stack.nginx.address(), "/none", 43).0, 404);
        let reports = stack.stop();
        let half = reports.iter().find_map(|report| match report {
            Report::Proxy(half) if half.request_id == 42 => Some(half),
            _ => None,
        });
        let half = half.expect("nginx logged the request");
        assert_eq!(
            (half.status, half.sent_bytes, half.ended_by),
            (200, 200 * 1024, EndedBy::Completion)
        );
        assert!(half.upstream_released_at.unwrap().since(half.accepted_at) >= Span::from_ms(15));
        let states: Vec<_> = reports
            .iter()
            .filter_map(|report| match report {
                Report::Worker(report) if report.request_id == Some(42) => Some(report),
                _ => None,
            })
            .collect();
        assert_eq!(states.first().unwrap().state, WorkerState::App);
        assert_eq!(states.last().unwrap().state, WorkerState::Idle);
        assert_eq!(states.last().unwrap().sent_bytes, 200 * 1024);
        let spawned = reports
            .iter()
            .filter(|r| matches!(r, Report::Event(e) if e.kind.name() == "worker_spawned"))
            .count();
        let exited = reports
            .iter()
            .filter(|r| matches!(r, Report::Event(e) if e.kind.name() == "worker_exited"))
            .count();
        assert_eq!((spawned, exited), (2, 2), "{bind}");
    }
}

#[test]
fn a_read_timeout_is_blamed_on_its_directive_and_a_stale_worker_on_the_arbiter() {
    let Some(programs) = programs() else { return };
    let plan = plan(
        &format!("workers = 1\ntimeout = \"2s\"\n{APP}"),
        "proxy_read_timeout = \"500ms\"\n",
    );
    let stack = start(&plan, &programs).unwrap();
    assert_eq!(get(stack.nginx.address(), "/slow", 1).0, 504);
    // The worker goes on sleeping for nobody until the arbiter finds it.
    let mut reports = Vec::new();
    while !reports.iter().any(
        |report| matches!(report, Report::Event(event) if event.kind.name() == "worker_exited"),
    ) {
        reports.push(
            stack
                .reports
                .recv_timeout(Duration::from_secs(20))
                .expect("the arbiter kills the worker"),
        );
    }
    reports.extend(stack.stop());
    let half = reports.iter().find_map(|report| match report {
        Report::Proxy(half) => Some(half),
        _ => None,
    });
    assert_eq!(half.unwrap().ended_by, EndedBy::ProxyReadTimeout);
    let events: Vec<_> = reports
        .iter()
        .filter_map(|report| match report {
            Report::Event(event) => Some(event),
            _ => None,
        })
        .collect();
    let fired = events
        .iter()
        .find(|event| event.kind.is_timer("proxy_read_timeout"))
        .unwrap();
    assert_eq!(fired.request_id, Some(1), "{fired:?}");
    let stale = events
        .iter()
        .find(|event| matches!(event.kind, EventKind::WorkerTimeout { .. }))
        .unwrap();
    assert_eq!(stale.worker, Some(1));
}

/// Whether a worker of this age has come to its loop.
fn is_idle(report: &Report, age: u32) -> bool {
    matches!(report, Report::Worker(report) if report.worker == age && report.state == WorkerState::Idle)
}

fn wait_for(stack: &Stack, what: impl Fn(&Report) -> bool) {
    loop {
        let report = stack.reports.recv_timeout(Duration::from_secs(20));
        if what(&report.expect("it comes")) {
            return;
        }
    }
}

/// The code with which the master ends.
fn exit_code(stack: &Stack) -> Option<i32> {
    let clock = Clock::start();
    while stack.gunicorn.is_alive() {
        assert!(clock.now().as_secs_f64() < 20.0, "gunicorn goes on");
        std::thread::yield_now();
    }
    stack.gunicorn.exit_code()
}

#[test]
fn a_reload_reads_what_an_act_says() {
    let Some(programs) = programs() else { return };
    // A linger of one's own patches gunicorn, and a reload reads the patch again.
    let stack = start(
        &plan(&format!("workers = 1\nlinger = \"1s\"\n{APP}"), ""),
        &programs,
    )
    .unwrap();
    let later = "workers = 3\nlinger = \"1500ms\"\n[app.\"/\"]\nresponse = \"5000B\"\n";
    stack.gunicorn.says(&toml::from_str(later).unwrap());
    assert_eq!(get(stack.nginx.address(), "/", 1), (200, 200 * 1024));
    stack.gunicorn.signal(Target::Backend, Signal::HUP).unwrap();
    wait_for(&stack, |report| is_idle(report, 4));
    wait_for(
        &stack,
        |report| matches!(report, Report::Event(event) if matches!(event.kind, EventKind::WorkerExited { .. }) && event.worker == Some(1)),
    );
    assert_eq!(get(stack.nginx.address(), "/", 2), (200, 5000));
    stack
        .gunicorn
        .signal(Target::Worker(3), Signal::KILL)
        .unwrap();
    wait_for(&stack, |report| is_idle(report, 5));
    let nobody = stack.gunicorn.signal(Target::Worker(1), Signal::KILL);
    assert!(nobody.is_err());
    assert_eq!(stack.gunicorn.exit_code(), None);
    stack.stop();
}

#[test]
fn two_masters_are_told_apart_and_both_are_ended() {
    let Some(programs) = programs() else { return };
    let backend = format!("workers = 1\nbind = \"unix\"\n{APP}");
    let stack = start(&plan(&backend, ""), &programs).unwrap();
    let (gunicorn, nginx) = (&stack.gunicorn, stack.nginx.address());
    let later = "workers = 2\nbind = \"unix\"\n[app.\"/\"]\nresponse = \"5000B\"\n";
    gunicorn.says(&toml::from_str(later).unwrap());
    let first = gunicorn.master_pid();
    gunicorn.signal(Target::Backend, Signal::USR2).unwrap();
    wait_for(&stack, |report| is_idle(report, 3));
    let served: Vec<usize> = (0..40).map(|id| get(nginx, "/", id).1).collect();
    for length in [5000, 200 * 1024] {
        assert!(served.contains(&length), "nobody was served {length} bytes");
    }
    gunicorn.signal(Target::NewBackend, Signal::USR2).unwrap();
    let refused = "USR2 signal ignored. Parent exists.";
    wait_for(&stack, |report| says(report, refused));

    gunicorn.signal(Target::Backend, Signal::TERM).unwrap();
    wait_for(&stack, |report| says(report, "Master has been promoted."));
    assert_eq!(gunicorn.ended(), [(first, Some(0))]);
    assert!(gunicorn.is_alive() && gunicorn.master_pid() != first);
    assert_eq!(get(nginx, "/", 41), (200, 5000), "the path is still there");

    // One that does not boot comes to nothing.
    let broken = format!("{later}[boot]\nfault = \"import\"\n");
    gunicorn.says(&toml::from_str(&broken.replace("workers = 2", "workers = 1")).unwrap());
    gunicorn.signal(Target::Backend, Signal::USR2).unwrap();
    wait_for(&stack, |report| says(report, "Shutting down: Master.2"));
    let ended = loop {
        let ended = gunicorn.ended();
        if !ended.is_empty() {
            break ended;
        }
        std::thread::yield_now();
    };
    assert_eq!((ended.len(), ended[0].1), (1, Some(3)));
    // Until the first master has reaped it, gunicorn ignores USR2: "Child exists".
    let unreaped = PathBuf::from(format!("/proc/{}", ended[0].0));
    while unreaped.exists() {
        std::thread::yield_now();
    }

    gunicorn.says(&toml::from_str(later).unwrap());
    gunicorn.signal(Target::Backend, Signal::USR2).unwrap();
    wait_for(&stack, |report| is_idle(report, 6));
    stack.stop();
}

/// Whether it is a line of a master's log.
fn says(report: &Report, text: &str) -> bool {
    matches!(report, Report::Event(event) if matches!(&event.kind, EventKind::MasterLog { line } if line == text))
}

#[test]
fn a_reload_onto_an_application_that_does_not_import_ends_gunicorn() {
    let Some(programs) = programs() else { return };
    for (workers, fault, codes) in [
        (1, "import", [3, 3]),
        (1, "missing", [4, 4]),
        // The halt is raised again inside of the shutdown if the second worker fails there as well; it is a matter of milliseconds.
        (2, "import", [1, 3]),
    ] {
        let stack = start(&plan(&format!("workers = {workers}\n{APP}"), ""), &programs).unwrap();
        let broken = format!("workers = {workers}\n[boot]\nfault = \"{fault}\"\n{APP}");
        stack.gunicorn.says(&toml::from_str(&broken).unwrap());
        stack.gunicorn.signal(Target::Backend, Signal::HUP).unwrap();
        let code = exit_code(&stack).unwrap();
        assert!(codes.contains(&code), "{workers} workers, {fault}: {code}");
        let born = workers + 1;
        wait_for(
            &stack,
            |report| matches!(report, Report::Worker(report) if report.worker == born && report.state == WorkerState::Dead),
        );
        assert_eq!(get(stack.nginx.address(), "/", 1).0, 502);
        stack.stop();
    }
}

#[test]
fn gunicorns_that_never_boot_are_started_all_the_same() {
    let Some(programs) = programs() else { return };
    for (fault, code) in [("import", Some(3)), ("missing", Some(4)), ("crash", None)] {
        let backend = format!("workers = 1\n[boot]\nfault = \"{fault}\"\ntime = \"50ms\"\n{APP}");
        let stack = start(&plan(&backend, ""), &programs).unwrap();
        match code {
            Some(code) => assert_eq!(exit_code(&stack), Some(code), "{fault}"),
            // The next one, and the next.
            None => wait_for(
                &stack,
                |report| matches!(report, Report::Event(event) if matches!(event.kind, EventKind::WorkerExited { .. }) && event.worker == Some(5)),
            ),
        }
        stack.stop();
    }
}

#[test]
fn an_early_death_shows_the_end_of_the_log() {
    let Some(programs) = programs() else { return };
    // nginx refuses fewer than two buffers.
    let plan = plan(APP, "proxy_buffers = { count = 1, size = \"4KiB\" }\n");
    let error = start(&plan, &programs).map(|_| ()).unwrap_err().to_string();
    assert!(
        error.contains("nginx ended before it was ready") && error.contains("proxy_buffers"),
        "{error}"
    );
}

#[test]
fn a_guard_that_loses_its_master_leaves_nothing() {
    // The shell forgets its own child, ignores TERM, and tells the child's pid.
    leaves_nothing(
        "alone",
        "trap '' TERM; sleep 1000 & echo $! >&2; wait; sleep 1000",
    );
    leaves_nothing(
        "company",
        "trap '' TERM; sleep 1000 & echo $! >&2; wait; sleep 1000",
    );
    // The program is gone, and what it has left goes on without it.
    leaves_nothing("company", "sleep 1000 & echo $! >&2");
    leaves_nothing(
        "company",
        "(trap '' TERM; while :; do sleep 1; done) & echo $! >&2",
    );
}

/// Lets go of the guard of a program that leaves a process behind, whose pid it tells.
fn leaves_nothing(company: &str, script: &str) {
    let dir = tempfile::tempdir().unwrap();
    let scratch = dir.path().join("run").join("program");
    std::fs::create_dir_all(&scratch).unwrap();
    let mut guard = Command::new(SLOWLAB)
        .args(["__reference-guard", "15", company])
        .arg(&scratch)
        .args(["/bin/sh", "-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut stderr = std::io::BufReader::new(guard.stderr.take().unwrap());
    std::io::BufRead::read_line(&mut stderr, &mut line).unwrap();
    let grandchild = PathBuf::from(format!("/proc/{}", line.trim()));
    assert!(grandchild.exists(), "{script}");
    drop(guard.stdin.take());
    guard.wait().unwrap();
    assert!(
        !dir.path().join("run").exists(),
        "its private folder is left behind"
    );
    // Killed, though perhaps not reaped yet by whoever adopted it.
    let gone = || {
        std::fs::read_to_string(grandchild.join("stat")).map_or(true, |stat| stat.contains(") Z "))
    };
    let clock = Clock::start();
    while !gone() {
        assert!(
            clock.now().as_secs_f64() < 10.0,
            "the grandchild outlived its guard"
        );
        std::thread::yield_now();
    }
}

#[test]
fn an_imported_configuration_is_a_good_scenario() {
    let dir = tempfile::tempdir().unwrap();
    let nginx = dir.path().join("nginx.conf");
    std::fs::write(
        &nginx,
        "http { upstream app { server unix:/run/a.sock; } server { listen 80; location / {\n\
         proxy_pass http://app; proxy_buffering off; proxy_read_timeout 60; client_max_body_size 20m; keepalive_timeout 65 60;\n\
         proxy_buffers 16 8k; proxy_busy_buffers_size 24k; proxy_max_temp_file_size 0; } } }",
    )
    .unwrap();
    for gunicorn in ["gunicorn -w 3 --timeout 120 app:app", "gunicorn app:app"] {
        let output = Command::new(SLOWLAB)
            .arg("import")
            .arg("--nginx")
            .arg(&nginx)
            .args(["--gunicorn", gunicorn])
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let scenario = dir.path().join("mine.toml");
        std::fs::write(&scenario, &output.stdout).unwrap();
        let check = Command::new(SLOWLAB)
            .arg("check")
            .arg(&scenario)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&check.stderr).into_owned();
        assert!(
            check.status.success(),
            "{said}\n{}",
            String::from_utf8_lossy(&output.stdout)
        );
    }
}

#[test]
fn every_scenario_exports_to_files_that_both_programs_accept() {
    let Some((nginx, gunicorn)) = programs() else {
        return;
    };
    // Variants mostly differ in what is not in these files: each file is read once by its program, whichever folder it is in.
    let mut read = BTreeSet::new();
    for (what, dir) in exports() {
        let mut is_new = |files: &[&str]| {
            let here = dir.path().display().to_string();
            let text = |file: &&str| std::fs::read_to_string(dir.path().join(file));
            let texts = files.iter().map(text).collect::<Result<Vec<_>, _>>();
            texts.is_ok_and(|texts| read.insert(texts.concat().replace(&here, "")))
        };
        let accepts = |command: &mut Command| {
            let output = command.current_dir(dir.path()).output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{what}: {said}");
        };
        if is_new(&["nginx.conf"]) {
            let mut command = Command::new(&nginx.path);
            command.args([
                "-t",
                "-e",
                export::NginxFiles::of(Tier::Proxy).error_log,
                "-p",
            ]);
            let conf = dir.path().join("nginx.conf");
            accepts(command.arg(dir.path()).arg("-c").arg(conf));
        }
        if is_new(&["gunicorn.conf.py", "app.py"]) {
            let mut command = Command::new(&gunicorn.command[0]);
            command.args(&gunicorn.command[1..]);
            accepts(command.args(["--check-config", "-c", "gunicorn.conf.py", "app:app"]));
        }
    }
    assert!(read.len() >= 20, "only {} files", read.len());
}

/// Every variant of every built-in scenario that the real programs can play, exported.
fn exports() -> Vec<(String, tempfile::TempDir)> {
    let mut exports = Vec::new();
    for (name, _) in slowlab::scenario::embedded() {
        let scenario = slowlab::scenario::load_embedded(name, &[]).unwrap();
        let run = slowlab::plan::build(&scenario, &slowlab::plan::Choices::default()).unwrap();
        for variant in &run.variants {
            let plan = &variant.plan;
            let Ok(files) = export::render(plan, &Layout::by_hand(plan)) else {
                continue;
            };
            let dir = tempfile::tempdir().unwrap();
            export::write(&files, dir.path()).unwrap();
            exports.push((format!("{name}, {}", plan.variant), dir));
        }
    }
    assert!(exports.len() >= 10, "only {} exports", exports.len());
    exports
}

/// Values of a unit's key.
fn settings<'a>(unit: &'a str, key: &str) -> Vec<&'a str> {
    let lines = unit.lines().filter_map(|line| line.split_once('='));
    lines
        .filter(|(name, _)| *name == key)
        .map(|(_, value)| value)
        .collect()
}

#[test]
fn units_name_files_and_units_that_the_export_has() {
    for (what, dir) in exports() {
        let systemd = dir.path().join("systemd");
        for entry in std::fs::read_dir(&systemd).unwrap() {
            let unit = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            for section in ["[Unit]", "[Service]", "[Install]"] {
                assert!(unit.lines().any(|line| line == section), "{what}: {unit}");
            }
            let command = settings(&unit, "ExecStart");
            assert_eq!(command.len(), 1, "{what}: {unit}");
            let words: Vec<&str> = command[0].split(' ').collect();
            let named = words.windows(2).filter(|pair| pair[0] == "-c");
            for file in named.map(|pair| pair[1]) {
                assert!(dir.path().join(file).is_file(), "{what}: {file}");
            }
            if let Some(log) = words.windows(2).find(|pair| pair[0] == "-e") {
                let log = dir.path().join(log[1]);
                assert!(log.parent().unwrap().is_dir(), "{what}: {log:?}");
            }
            if let Some(app) = words.last().unwrap().strip_suffix(":app") {
                assert!(dir.path().join(format!("{app}.py")).is_file(), "{what}");
            }
            for other in [settings(&unit, "Requires"), settings(&unit, "After")].concat() {
                assert!(systemd.join(other).is_file(), "{what}: {other}");
            }
        }
    }
}

#[test]
fn systemd_and_compose_accept_the_sketches() {
    let runs = |program: &str, args: &[&str]| {
        let output = Command::new(program).args(args).output();
        output.is_ok_and(|output| output.status.success())
    };
    let systemd = runs("systemd-analyze", &["--version"]);
    let compose: &[&str] = match (
        runs("docker", &["compose", "version"]),
        runs("docker-compose", &["--version"]),
    ) {
        (true, _) => &["docker", "compose"],
        (false, true) => &["docker-compose"],
        (false, false) => &[],
    };
    if !systemd || compose.is_empty() {
        eprintln!("skipped in part: needs systemd-analyze and docker compose");
    }
    // Variants change only the titles, unless there is no proxy; the tools take a second for each.
    let kinds = exports().into_iter().filter(|(what, dir)| {
        what.ends_with(", baseline") || !dir.path().join("nginx.conf").exists()
    });
    for (what, dir) in kinds {
        let accepts = |command: &mut Command| {
            let output = command.current_dir(dir.path()).output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{what}: {said}");
            said.into_owned()
        };
        if systemd {
            let mut verify = Command::new("systemd-analyze");
            verify.args(["verify", "--user", "--man=no"]);
            for entry in std::fs::read_dir(dir.path().join("systemd")).unwrap() {
                verify.arg(entry.unwrap().path());
            }
            let said = accepts(verify.env("XDG_RUNTIME_DIR", dir.path()));
            assert!(!said.contains("slowlab-"), "{what}: {said}");
        }
        if let Some((program, args)) = compose.split_first() {
            accepts(Command::new(program).args(args).args(["config", "-q"]));
        }
    }
}
