//! Ours and the real one, side by side.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use slowlab::backend::{Backend, BackendSpec};
use slowlab::leave::Leave;
use slowlab::machine::arrival::Schedule;
use slowlab::machine::behavior::{Behavior, Healthy};
use slowlab::net::Address;
use slowlab::plan::{GroupPlan, Plan};
use slowlab::proxy::{Proxy, ProxySpec};
use slowlab::record::{Gauges, Sink};
use slowlab::reference::programs::{
    GunicornProgram, Named, NginxProgram, find_gunicorn, find_nginx,
};
use slowlab::reference::{Gunicorn, GunicornSpec, Nginx, NginxSpec};
use slowlab::seed::Seed;
use slowlab::tier::{ProxyId, Tier};
use slowlab::time::{Clock, Span};

use super::talk::{connect, talk};

const SLOWLAB: &str = env!("CARGO_BIN_EXE_slowlab");

/// What an access log says, by the address that asked: request line and status.
pub(crate) type Lines = BTreeMap<Ipv4Addr, Vec<String>>;

/// Ours and the real one.
pub(crate) struct Pair {
    pub(crate) ours: SocketAddr,
    pub(crate) real: SocketAddr,
    pub(crate) of_proxies: bool,
    running: Running,
    dir: tempfile::TempDir,
}

enum Running {
    Proxies(Box<(Proxy, Nginx)>),
    Backends(Box<(Backend, Gunicorn)>),
}

/// The installed nginx, or a word about why it is not asked.
pub(crate) fn nginx() -> Option<NginxProgram> {
    find_nginx(&Named::by_environment())
        .inspect_err(|error| eprintln!("skipped: {error}"))
        .ok()
}

/// The installed gunicorn, or a word about why it is not asked.
pub(crate) fn gunicorn() -> Option<GunicornProgram> {
    find_gunicorn(&Named::by_environment())
        .inspect_err(|error| eprintln!("skipped: {error}"))
        .ok()
}

/// Whether what a class needs is installed beside gunicorn.
pub(crate) fn has_class(gunicorn: &GunicornProgram, class: &str) -> bool {
    let module = match class {
        "gevent" => "gevent",
        "uvicorn" => "uvicorn_worker",
        _ => return true,
    };
    let program = Path::new(&gunicorn.command[0]);
    let python = match program.file_name().is_some_and(|name| name == "gunicorn") {
        true => program.with_file_name("python"),
        false => program.to_owned(),
    };
    let mut asks = Command::new(python);
    asks.args(["-c", &format!("import {module}")])
        .stderr(Stdio::null());
    asks.status().is_ok_and(|status| status.success())
}

fn plan(backend: &str, proxy: &str) -> Plan {
    let healthy = Behavior::Healthy(Healthy::default());
    let asking = GroupPlan::asking("/", healthy, Schedule::Starts { at: Vec::new() });
    Plan {
        scenario: "shapes".to_owned(),
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
            ..asking
        }],
        acts: Vec::new(),
        probes: Vec::new(),
        pipeline: None,
    }
}

impl Pair {
    /// Two proxies before the same upstream.
    pub(crate) fn of_proxies(program: &NginxProgram, upstream: SocketAddr, config: &str) -> Pair {
        let dir = tempfile::tempdir().unwrap();
        let plan = plan("workers = 1\n[app.\"/\"]\nresponse = \"20B\"", config);
        let upstreams = [Address::Tcp(upstream)];
        let [temp, results, run] = ["temp", "results", "run"].map(|name| dir.path().join(name));
        for path in [&temp, &run] {
            std::fs::create_dir(path).unwrap();
        }
        let id = ProxyId {
            tier: Tier::Proxy,
            instance: 0,
        };
        let (sink, _) = Sink::new();
        let proxy = Proxy::start(ProxySpec {
            config: plan.proxy.clone().unwrap(),
            upstreams: upstreams.to_vec(),
            temp_dir: temp,
            access_log: dir.path().join("ours.log"),
            error_log: dir.path().join("ours-error.log"),
            clock: Clock::start(),
            sink,
            gauges: Arc::new(Gauges::default()),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            id,
            source: None,
            is_nobody: false,
            held_file: None,
            may_be_traced: false,
            executable: PathBuf::from(SLOWLAB),
            leave: Leave::default(),
        })
        .unwrap();
        let nginx = Nginx::start(&NginxSpec {
            id,
            plan: &plan,
            program,
            folder: &results,
            runtime_dir: &run,
            is_nobody: false,
            upstreams: &upstreams,
            executable: Path::new(SLOWLAB),
            leave: &Leave::default(),
        })
        .unwrap();
        Pair {
            ours: proxy.address(),
            real: nginx.address(),
            of_proxies: true,
            running: Running::Proxies(Box::new((proxy, nginx))),
            dir,
        }
    }

    /// Two backends with workers of a class, enough of them for all that is held at once.
    pub(crate) fn of_backends(program: &GunicornProgram, class: &str) -> Pair {
        let dir = tempfile::tempdir().unwrap();
        let size = match class {
            "sync" => "workers = 8",
            "gthread" => "workers = 1\nthreads = 10\nkeepalive = \"10s\"",
            _ => "workers = 1\nkeepalive = \"10s\"",
        };
        let backend = format!(
            "worker_class = \"{class}\"\nbind = \"tcp\"\n{size}\n[app.\"/\"]\nresponse = \"20B\"\n"
        );
        let plan = plan(&backend, "");
        let [ours, real, results] = ["ours", "real", "results"].map(|name| dir.path().join(name));
        std::fs::create_dir(&real).unwrap();
        let (sink, _) = Sink::new();
        let clock = Clock::start();
        let backend = Backend::start(BackendSpec {
            config: plan.backend.clone(),
            leaves_orphans: false,
            may_be_traced: false,
            seed: plan.seed,
            listen: None,
            runtime_dir: ours,
            worker_tmp_dir: None,
            held_file: None,
            log: dir.path().join("backend.log"),
            clock,
            sink: sink.clone(),
            executable: PathBuf::from(SLOWLAB),
            leave: Leave::default(),
        })
        .unwrap();
        let gunicorn = Gunicorn::start(&GunicornSpec {
            plan: &plan,
            program,
            folder: &results,
            runtime_dir: &real,
            socket: None,
            worker_tmp_dir: None,
            held_file: None,
            executable: Path::new(SLOWLAB),
            leave: &Leave::default(),
            clock,
            sink,
        })
        .unwrap();
        Pair {
            ours: tcp(backend.address()),
            real: tcp(gunicorn.address()),
            of_proxies: false,
            running: Running::Backends(Box::new((backend, gunicorn))),
            dir,
        }
    }

    /// Ends both; what their access logs say, where there are some.
    pub(crate) fn stop(self) -> [Lines; 2] {
        match self.running {
            Running::Proxies(pair) => {
                // Each has one event loop: when it answers, it has seen all that was before.
                for to in [self.ours, self.real] {
                    let last = b"GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n";
                    let mut stream = connect(to, Ipv4Addr::LOCALHOST);
                    talk(&mut stream, last, false, std::time::Duration::from_secs(10));
                }
                let (proxy, nginx) = *pair;
                proxy.stop();
                nginx.stop();
                let real = find(self.dir.path(), "access.log").expect("nginx logs");
                [self.dir.path().join("ours.log"), real].map(|path| lines(&path))
            }
            Running::Backends(pair) => {
                let (backend, gunicorn) = *pair;
                backend.stop();
                gunicorn.stop();
                [Lines::new(), Lines::new()]
            }
        }
    }
}

fn tcp(address: &Address) -> SocketAddr {
    match address {
        Address::Tcp(address) => *address,
        Address::Unix(_) => panic!("it was told to bind TCP"),
    }
}

/// A file of that name below a folder.
fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder).ok()?;
    entries.flatten().find_map(|entry| {
        let path = entry.path();
        match path.is_dir() {
            true => find(&path, name),
            false => (entry.file_name() == name).then_some(path),
        }
    })
}

/// Address, request line and status of each line of an access log.
fn lines(path: &Path) -> Lines {
    let mut lines = Lines::new();
    for line in std::fs::read_to_string(path).unwrap().lines() {
        let address = line.split(' ').next().unwrap().parse().unwrap();
        let mut quoted = line.split('"');
        let request = quoted.nth(1).unwrap_or_default();
        let status = quoted.next().unwrap_or_default();
        let status = status.trim_start().split(' ').next().unwrap_or_default();
        lines
            .entry(address)
            .or_default()
            .push(format!("{status} {request:.80}"));
    }
    lines
}
