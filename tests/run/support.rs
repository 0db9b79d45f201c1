//! A place of its own for each test, and what can be seen of slowlab from there.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal};
use serde_json::Value;
use slowlab::time::{Clock, Span, Timestamp};

/// Long enough for a loaded machine; every wait ends as soon as its condition holds.
const PATIENCE: Span = Span::from_secs(60);

pub(crate) const MASTER: &str = "slowlab: master";
pub(crate) const WORKER: &str = "slowlab: worker";

/// Two workers and visitors that they can easily serve.
pub(crate) const QUICK: &str = r#"schema = 1
question = "Does it work at all?"
duration = "1s"
warmup = "200ms"
drain = "1s"
seed = 3
[backend]
bind = "unix"
workers = 2
worker_class = "sync"
[backend.app."/"]
wait = "2ms"
response = "2KiB"
[proxy]
[[clients]]
name = "visitors"
arrival.open = { rate = "40/s", process = "uniform" }
request = { path = "/", timeout = "5s" }
behavior.healthy = {}
"#;

/// The same, for much longer than a test may take, and with a reader that holds one of the workers.
pub(crate) fn long() -> String {
    let slow = r#"
[[clients]]
name = "slow"
arrival.once = { count = 1, start = "0s" }
request.path = "/report"
behavior.slow-read = { rate = "16KiB/s", rcvbuf = "4KiB" }
"#;
    QUICK
        .replace("duration = \"1s\"", "duration = \"3m\"")
        .replace("warmup = \"200ms\"\n", "")
        .replace(
            "[proxy]\n",
            "[backend.app.\"/report\"]\nresponse = \"16MiB\"\n[proxy]\nproxy_buffering = false\n",
        )
        + slow
}

/// The same with a proxy in a process of its own.
pub(crate) fn own(scenario: &str) -> String {
    scenario.replace("[proxy]\n", "[proxy]\nprocess = \"own\"\n")
}

/// A condition of a scenario.
pub(crate) fn expect(that: &str) -> String {
    format!("[[expect]]\nclaim = \"as it says\"\nthat = \"{that}\"\n")
}

/// What came of a command.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl AsRef<Done> for Done {
    fn as_ref(&self) -> &Done {
        self
    }
}

/// A folder with a scenario `s.toml`, a `tmp` for what must not stay, and `out` for results.
pub(crate) struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    pub(crate) fn new(scenario: &str) -> Place {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("tmp")).unwrap();
        fs::write(dir.path().join("s.toml"), scenario).unwrap();
        Place { dir }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The binary, or a shell that leads to it, in this place.
    fn at_home(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.dir.path())
            .env("TMPDIR", self.path("tmp"))
            .env("NO_COLOR", "1")
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn slowlab(&self, arguments: &[&str]) -> Command {
        let mut command = self.at_home(env!("CARGO_BIN_EXE_slowlab"));
        command.args(arguments);
        command
    }

    /// `script` with the binary and the arguments of a run as `"$@"`.
    pub(crate) fn shell(&self, script: &str) -> Command {
        let mut command = self.at_home("sh");
        command.args(["-c", script, "sh", env!("CARGO_BIN_EXE_slowlab")]);
        command.args(["run", "s.toml", "--out", "out"]);
        command
    }

    /// A run to its end; again where the machine had no CPU for it.
    pub(crate) fn run(&self, arguments: &[&str]) -> Done {
        let run = ["run", "s.toml", "--out", "out"];
        self.beside_others(|| done(self.slowlab(&[&run, arguments].concat())))
    }

    /// Starts a run whose end is up to the test.
    pub(crate) fn start(&self) -> Child {
        spawn(self.slowlab(&["run", "s.toml", "--out", "out"]))
    }

    /// The only run in `out`: `latest` is not one.
    pub(crate) fn results(&self) -> PathBuf {
        let mut found = self.all_results();
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    }

    pub(crate) fn all_results(&self) -> Vec<PathBuf> {
        let runs = fs::read_dir(self.path("out/s")).into_iter().flatten();
        let mut runs: Vec<PathBuf> = runs.map(|entry| entry.unwrap().path()).collect();
        runs.retain(|path| !path.ends_with("latest"));
        runs.sort();
        runs
    }

    /// Waits until the disk has so many requests of a run that goes on.
    pub(crate) fn wait_for_requests(&self, count: usize) {
        eventually("rows of requests.csv", || {
            let all = self.all_results();
            let path = all.first().map(|run| run.join("baseline/requests.csv"));
            let text = path.and_then(|path| fs::read_to_string(path).ok());
            text.is_some_and(|text| text.lines().count() > count)
        });
    }

    /// Processes of this place with this name.
    pub(crate) fn pids(&self, name: &str) -> Vec<u32> {
        let all = self.family();
        let mut pids: Vec<u32> = all
            .iter()
            .filter(|(_, n)| n == name)
            .map(|(pid, _)| *pid)
            .collect();
        pids.sort_unstable();
        pids
    }

    /// Whether no process and nothing in `TMPDIR` is left.
    pub(crate) fn is_empty(&self) -> bool {
        fs::read_dir(self.path("tmp")).unwrap().count() == 0 && self.family().is_empty()
    }

    /// Every process that was started from here, known by its `TMPDIR` or its working folder (nginx writes over its environment), whoever its
    /// parent is now.
    pub(crate) fn family(&self) -> Vec<(u32, String)> {
        let mine = format!("TMPDIR={}", self.path("tmp").display());
        let home = self.dir.path().canonicalize().unwrap();
        let numbers = fs::read_dir("/proc").unwrap().filter_map(|entry| {
            let entry = entry.ok()?;
            entry.file_name().to_str()?.parse::<u32>().ok()
        });
        let found = numbers.filter_map(|pid| {
            let variables = fs::read(format!("/proc/{pid}/environ")).ok()?;
            let mut variables = variables.split(|byte| *byte == 0);
            let works_in = fs::read_link(format!("/proc/{pid}/cwd")).ok();
            let here = variables.any(|v| v == mine.as_bytes())
                || works_in.is_some_and(|folder| folder.starts_with(&home));
            let name = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
            here.then(|| (pid, name.trim_end().to_owned()))
        });
        found.collect()
    }

    /// No process and nothing in `TMPDIR`, now or in a moment.
    pub(crate) fn assert_nothing_left(&self) {
        if !within(PATIENCE, || self.is_empty()) {
            let files = fs::read_dir(self.path("tmp")).unwrap();
            let files: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
            panic!("left behind: {:?}, and in TMPDIR {files:?}", self.family());
        }
    }
}

impl Drop for Place {
    /// A test that failed half-way must not leave a run going on either.
    fn drop(&mut self) {
        for (pid, _) in self.family() {
            send(pid, Signal::KILL);
        }
    }
}

pub(crate) fn spawn(mut command: Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// Runs to the end.
pub(crate) fn done(command: Command) -> Done {
    wait(spawn(command))
}

/// Waits for the end. Both streams fit into their pipes or are read as they come.
pub(crate) fn wait(mut child: Child) -> Done {
    let mut stderr = child.stderr.take().unwrap();
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        stderr.read_to_string(&mut text).unwrap();
        text
    });
    let output = child.wait_with_output().unwrap();
    Done {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: reader.join().unwrap(),
    }
}

pub(crate) fn eventually(what: &str, condition: impl Fn() -> bool) {
    assert!(within(PATIENCE, condition), "waited in vain: {what}");
}

/// Whether it comes to be within so long a time.
fn within(patience: Span, condition: impl Fn() -> bool) -> bool {
    let clock = Clock::start();
    let (_keep, never) = std::sync::mpsc::channel::<()>();
    while !condition() {
        if clock.now() > Timestamp::ZERO + patience {
            return false;
        }
        let _ = never.recv_timeout(Duration::from_millis(20));
    }
    true
}

pub(crate) fn kill(pid: u32, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    rustix::process::kill_process(pid, signal).unwrap();
}

/// The same, where whoever is gone already needs no signal.
pub(crate) fn send(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = rustix::process::kill_process(pid, signal);
    }
}

pub(crate) fn read(path: impl AsRef<Path>) -> String {
    let path = path.as_ref();
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub(crate) fn json(path: impl AsRef<Path>) -> Value {
    serde_json::from_str(&read(path)).unwrap()
}

/// Requests of a summary, over all groups and variants.
pub(crate) fn requests(summary: &Value) -> u64 {
    let variants = summary["variants"].as_array().unwrap().iter();
    let groups = variants.flat_map(|variant| variant["groups"].as_array().unwrap());
    groups
        .map(|group| group["requests"].as_u64().unwrap())
        .sum()
}

/// Rows of a CSV file by column.
pub(crate) fn rows(path: impl AsRef<Path>) -> Vec<std::collections::BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    reader.deserialize().map(|row| row.unwrap()).collect()
}

/// `script` with a small file system of its own at /mnt; `None` where nobody may have one.
pub(crate) fn with_small_disk(options: &str, script: &str) -> Option<String> {
    let script = format!("mount -t tmpfs -o {options} none /mnt || exit 99; cd /mnt; {script}");
    let output = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", &script])
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output()
        .ok()?;
    if !output.status.success() {
        return None;
    }
    let both = [output.stdout, output.stderr].concat();
    Some(String::from_utf8_lossy(&both).into_owned())
}
