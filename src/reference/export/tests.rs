//! The exported files, read by the real programs where they are installed.

use std::process::Command;

use super::*;
use crate::machine::act::Act;
use crate::machine::arrival::Schedule;
use crate::machine::behavior::{Behavior, Healthy};
use crate::plan::GroupPlan;
use crate::reference::programs::{Named, Version, find_gunicorn, find_nginx};
use crate::seed::Seed;
use crate::time::{Span, Timestamp};

/// A plan from the two tables of a scenario file.
fn plan(backend: &str, proxy: Option<&str>) -> Plan {
    Plan {
        scenario: "tested".to_owned(),
        variant: "baseline".to_owned(),
        seed: Seed(1),
        duration: Span::from_secs(1),
        warmup: Span::ZERO,
        drain: Span::ZERO,
        backend: toml::from_str(backend).unwrap(),
        edge: None,
        proxy: proxy.map(|proxy| toml::from_str(proxy).unwrap()),
        groups: vec![GroupPlan {
            name: "visitors".to_owned(),
            timeout: Some(Span::from_secs(10)),
            ..GroupPlan::asking(
                "/",
                Behavior::Healthy(Healthy::default()),
                Schedule::Starts {
                    at: vec![Timestamp::ZERO; 3],
                },
            )
        }],
        acts: Vec::new(),
        probes: Vec::new(),
        pipeline: None,
    }
}

const APP: &str = "[app.\"/\"]\nwait = \"5ms\"\nresponse = \"2KiB\"\n";

/// A plan of two tiers.
fn two_tiers() -> Plan {
    Plan {
        edge: Some(toml::from_str("proxy_read_timeout = \"2s\"").unwrap()),
        ..plan(APP, Some("instances = 2"))
    }
}

/// A scenario's name is the name of a file that anybody may have made.
#[test]
fn no_name_and_no_path_becomes_code() {
    let mut plan = plan(APP, Some(""));
    plan.scenario = "a'\"\"\"\nopen('PWNED', 'w')\n\"\"\"\\Users $(touch x) `y` %n # */".to_owned();
    plan.groups[0].path = "/it's/$(touch x)\"\\".to_owned();
    let layout = Layout::by_hand(&plan);
    for file in render(&plan, &layout).unwrap() {
        let name = file.path;
        assert!(!file.text.contains("open('PWNED'"), "{name}");
        let told: Vec<&str> = (file.text.lines())
            .filter(|line| line.contains("PWNED") || line.contains("touch x"))
            .collect();
        for line in told {
            let quotes = |quote: char| line.matches(quote).count() % 2;
            assert_eq!(
                (quotes('\''), line.contains("$(")),
                (0, false),
                "{name}: {line}"
            );
        }
    }
}

/// Plans that between them set every key.
fn plans() -> Vec<Plan> {
    vec![
        plan(APP, Some("")),
        plan(&format!("linger = \"500ms\"\n{APP}"), Some("")),
        plan(
            &format!("bind = \"unix\"\n{APP}"),
            Some("proxy_buffering = false\nlisten.sndbuf = \"16KiB\"\n"),
        ),
        plan(
            &format!(
                "workers = 8\ntimeout = \"0s\"\nbacklog = 1\nsocket = {{ sndbuf = \"8KiB\", rcvbuf = \"4KiB\" }}\n{APP}"
            ),
            None,
        ),
        plan(
            &format!(
                "bind = \"unix\"\nmax_requests = 10\nmax_requests_jitter = 3\ngraceful_timeout = \"2s\"\n{APP}"
            ),
            Some(
                "worker_processes = 2\nlisten = { backlog = 5, sndbuf = \"16KiB\", rcvbuf = \"65537B\" }\nproxy_buffer_size = \"8KiB\"\n\
                 proxy_buffers = { count = 3, size = \"8KiB\" }\nproxy_busy_buffers_size = \"16KiB\"\nproxy_max_temp_file_size = \"0B\"\n\
                 proxy_temp_file_write_size = \"32KiB\"\nproxy_connect_timeout = \"250ms\"\nproxy_send_timeout = \"2s\"\n\
                 proxy_read_timeout = \"1500ms\"\nsend_timeout = \"3s\"\nclient_header_timeout = \"4s\"\nclient_body_timeout = \"5s\"\n\
                 client_max_body_size = \"0B\"\nkeepalive_timeout = \"0s\"\nproxy_ignore_client_abort = true\nreset_timedout_connection = true\n\
                 limit_rate = \"100KiB/s\"\nlimit_rate_after = \"64KiB\"\nproxy_limit_rate = \"1MiB/s\"\n",
            ),
        ),
        two_tiers(),
    ]
}

fn text<'a>(files: &'a [File], path: &str) -> &'a str {
    &files
        .iter()
        .find(|file| file.path == path)
        .expect(path)
        .text
}

#[test]
fn a_newer_nginx_is_named() {
    assert!(newer_nginx(Version([1, 29, 6])).is_none());
    let said = newer_nginx(Version([1, 31, 5])).unwrap().text;
    assert!(said.starts_with("nginx 1.31.5: "), "{said}");
}

#[test]
fn peers_and_kept_connections_are_an_upstream_block() {
    let proxy = "proxy_http_version = \"1.1\"\nproxy_next_upstream = [\"error\", \"http_503\"]\nproxy_next_upstream_tries = 2\n\
                upstream = { keepalive = 16, max_fails = 2, fail_timeout = \"5s\" }\n";
    let plan = plan(&format!("instances = 2\n{APP}"), Some(proxy));
    let files = render(&plan, &Layout::by_hand(&plan)).unwrap();
    let conf = self::text(&files, "nginx.conf");
    for line in [
        "upstream backend {",
        "server 127.0.0.1:8000 max_fails=2 fail_timeout=5s;",
        "server 127.0.0.1:8001 max_fails=2 fail_timeout=5s;",
        "keepalive 16;",
        "proxy_pass http://backend;",
        "proxy_http_version 1.1;",
        "proxy_set_header Connection \"\";",
        "proxy_next_upstream error http_503;",
        "proxy_next_upstream_tries 2;",
    ] {
        assert!(conf.contains(line), "{line}\n{conf}");
    }
}

#[test]
fn knobs_arrive_under_their_own_names() {
    let plans = plans();
    let files = render(&plans[4], &Layout::by_hand(&plans[4])).unwrap();
    let nginx = text(&files, "nginx.conf");
    for line in [
        "listen 127.0.0.1:8080 backlog=5 sndbuf=16k rcvbuf=65537;",
        "proxy_pass http://unix:run/gunicorn.sock:;",
        "proxy_buffering on;",
        "proxy_buffers 3 8k;",
        "proxy_max_temp_file_size 0;",
        "proxy_connect_timeout 250ms;",
        "proxy_read_timeout 1500ms;",
        "send_timeout 3s;",
        "reset_timedout_connection on;",
        "proxy_ignore_client_abort on;",
        "limit_rate 102400;",
        "limit_rate_after 65536;",
        "proxy_limit_rate 1048576;",
    ] {
        assert!(nginx.contains(line), "no `{line}` in\n{nginx}");
    }
    let gunicorn = text(&files, "gunicorn.conf.py");
    for line in [
        "bind = \"unix:run/gunicorn.sock\"\n",
        "max_requests = 10\n",
        "graceful_timeout = 2\n",
        "SNDBUF = None\n",
    ] {
        assert!(gunicorn.contains(line), "no `{line}` in\n{gunicorn}");
    }
    assert!(
        text(&files, "handlers.py").contains("    \"/\": Handler(wait=5000, response=2048),\n"),
        "{}",
        text(&files, "handlers.py")
    );
}

#[test]
fn without_a_proxy_there_is_no_nginx() {
    let plans = plans();
    let files = render(&plans[3], &Layout::by_hand(&plans[3])).unwrap();
    assert!(files.iter().all(|file| !file.path.contains("nginx")));
    assert!(
        text(&files, "start")
            .contains("curl -s -o /dev/null --max-time 10 'http://127.0.0.1:8000/'")
    );
    assert!(text(&files, "gunicorn.conf.py").contains("SNDBUF = 8192\nRCVBUF = 4096\n"));
}

#[test]
fn what_the_programs_cannot_play_is_refused() {
    let wall_clock = plan(APP, Some("read_timer = \"wall-clock\"\n"));
    let error = render(&wall_clock, &Layout::by_hand(&wall_clock))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("wall-clock") && error.contains("hint:"),
        "{error}"
    );
    let fraction = plan(&format!("timeout = \"1500ms\"\n{APP}"), None);
    let error = render(&fraction, &Layout::by_hand(&fraction))
        .unwrap_err()
        .to_string();
    assert!(error.contains("--set backend.timeout=2s"), "{error}");
    let lingers = plan(&format!("linger = \"0s\"\n{APP}"), None);
    assert_eq!(notes(&lingers).len(), 1);
    let files = render(&lingers, &Layout::by_hand(&lingers)).unwrap();
    assert!(text(&files, "gunicorn.conf.py").contains("\nLINGER = 0\n"));
    let mut far = plan(APP, None);
    assert!(notes(&far).is_empty());
    let link = serde_json::from_value(serde_json::json!({ "rate": "10Mbit/s", "rtt": "50ms" }));
    far.groups[0].link = Some(link.expect("a good link"));
    assert!(notes(&far)[0].text.contains(".link`"));
}

#[test]
fn a_gunicorn_that_cannot_linger_is_told() {
    let (old, new) = (Version([23, 0, 0]), Version([26, 0, 0]));
    let lingers = plan(APP, None);
    let said = shortfall(&lingers, old).unwrap().text;
    assert!(said.contains("gunicorn 23.0.0 closes at once"), "{said}");
    assert!(shortfall(&lingers, new).is_none());
    let not = plan(&format!("linger = \"0s\"\n{APP}"), None);
    assert!(shortfall(&not, old).is_none());
}

#[test]
fn a_second_log_is_rotated_since_facts_are_read_from_the_first() {
    let rotation = |log: &str| {
        let rotate = serde_json::json!({ "log": log, "how": "rename" });
        Act {
            rotate: serde_json::from_value(rotate).expect("a good rotation"),
            ..Act::nothing(Span::from_secs(1))
        }
    };
    let mut plan = two_tiers();
    let conf = |plan: &Plan, path: &str| {
        let files = render(plan, &Layout::by_hand(plan)).unwrap();
        let file = files.into_iter().find(|file| file.path == path).unwrap();
        file.text
    };
    assert!(!conf(&plan, "nginx.conf").contains("rotated.log"));
    plan.acts = vec![rotation("access")];
    let text = conf(&plan, "nginx.conf");
    assert!(
        text.contains("access_log logs/access.log slowlab;")
            && text.contains("access_log logs/rotated.log combined;"),
        "{text}"
    );
    assert!(!conf(&plan, "edge.conf").contains("rotated.log"));
    // gunicorn has one log, and the facts are read from it.
    plan.acts = vec![rotation("backend")];
    assert!(render(&plan, &Layout::by_hand(&plan)).is_err());
}

#[test]
fn an_edge_stands_before_the_proxies_and_clients_go_to_it() {
    let plan = two_tiers();
    let files = render(&plan, &Layout::by_hand(&plan)).unwrap();
    let text = |path: &str| {
        let file = files.iter().find(|file| file.path == path);
        file.unwrap_or_else(|| panic!("no {path}")).text.as_str()
    };
    let edge = text("edge.conf");
    for line in [
        "listen 127.0.0.1:8090 ",
        "server 127.0.0.1:8080 ",
        "server 127.0.0.1:8081 ",
        "proxy_read_timeout 2s;",
        "pid run/edge.pid;",
        "access_log logs/edge-access.log slowlab;",
    ] {
        assert!(edge.contains(line), "{line}: {edge}");
    }
    assert!(text("nginx.conf").contains("listen 127.0.0.1:8080 "));
    let start = text("start");
    assert!(start.contains("'http://127.0.0.1:8090/'"), "{start}");
    let (inner, outer) = (start.find("/nginx.conf"), start.find("/edge.conf"));
    assert!(inner < outer, "from the inside out: {start}");
    let unit = text("systemd/slowlab-edge.service");
    assert!(unit.contains("After=slowlab-nginx.service"), "{unit}");
    assert!(text("compose.yaml").contains("depends_on: [nginx]"));
}

#[test]
fn nginx_accepts_every_export() {
    let Ok(nginx) = find_nginx(&Named::by_environment()) else {
        eprintln!("skipped: no nginx here (SLOWLAB_NGINX names one)");
        return;
    };
    let plans = plans();
    let tiers = plans.iter().flat_map(|plan| {
        let tiers = plan.tiers().into_iter();
        tiers.map(move |of| (plan, NginxFiles::of(of.tier)))
    });
    for (plan, files) in tiers {
        let dir = tempfile::tempdir().unwrap();
        write(&render(plan, &Layout::by_hand(plan)).unwrap(), dir.path()).unwrap();
        let mut command = Command::new(&nginx.path);
        command
            .arg("-t")
            .arg("-p")
            .arg(dir.path())
            .arg("-c")
            .arg(dir.path().join(files.conf))
            .args(["-e", files.error_log]);
        let output = command.current_dir(dir.path()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() && said.contains("test is successful"),
            "{said}"
        );
        assert!(
            !said.contains("[warn]") || said.contains("worker_connections"),
            "{said}"
        );
    }
}

#[test]
fn gunicorn_accepts_every_export() {
    let Ok(gunicorn) = find_gunicorn(&Named::by_environment()) else {
        eprintln!("skipped: no gunicorn here (SLOWLAB_GUNICORN names one)");
        return;
    };
    let classes = ["gthread", "gevent", "asgi", "uvicorn"];
    let of_classes = classes.iter().map(|class| plan_of_class(class));
    for plan in plans().into_iter().chain(of_classes) {
        let dir = tempfile::tempdir().unwrap();
        write(&render(&plan, &Layout::by_hand(&plan)).unwrap(), dir.path()).unwrap();
        let mut command = Command::new(&gunicorn.command[0]);
        command.args(&gunicorn.command[1..]).args([
            "--check-config",
            "-c",
            "gunicorn.conf.py",
            "app:app",
        ]);
        let output = command.current_dir(dir.path()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        let class = plan.backend.class().name();
        if said.contains("invalid or not found") && class != "sync" {
            eprintln!("skipped: this gunicorn has no {class} workers");
            continue;
        }
        assert!(output.status.success(), "{class}: {said}");
    }
}

#[test]
fn the_start_script_is_valid_bash() {
    for plan in &plans() {
        let dir = tempfile::tempdir().unwrap();
        write(&render(plan, &Layout::by_hand(plan)).unwrap(), dir.path()).unwrap();
        let output = Command::new("bash")
            .arg("-n")
            .arg(dir.path().join("start"))
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

/// Handlers that between them use every key.
const HANDLERS: &str = r#"
[app."/down"]
status = 503
headers = { X-Accel-Buffering = "no", Content-Type = "text/event-stream" }
response = "10B"
[app."/pieces"]
response = "500B"
pieces = { size = "200B", every = "30ms", cpu = "1ms" }
[app."/short"]
response = "1000B"
fault = "short-body"
[app."/leak"]
fault = "fd-leak"
[app."/crash"]
fault = "crash"
[app."/hang"]
fault = "hang"
[app."/deadlock"]
fault = "deadlock"
[app."/lock"]
cpu = "1s"
fault = "cpu-holds-the-lock"
[app."/sleep"]
wait = "50ms"
[app."/block"]
wait = "50ms"
blocking = true
[app."/draws"]
wait = { exponential = "2ms" }
cpu = { lognormal = { p50 = "1ms", p99 = "4ms" } }
response = { empirical = [["1000B", 0.75], ["2KiB", 0.25]] }
"#;

/// A plan of one worker class, with all that handlers can do.
fn plan_of_class(class: &str) -> Plan {
    plan(&format!("worker_class = \"{class}\"\n{HANDLERS}"), None)
}

#[test]
fn a_class_is_exported_under_gunicorns_name_with_what_it_ignores() {
    for (class, lines) in [
        (
            "gthread",
            vec!["worker_class = \"gthread\"\nthreads = 1\nworker_connections = 1000\n"],
        ),
        (
            "gevent",
            vec!["threads = 1  # ignored: gevent serves on one thread"],
        ),
        (
            "asgi",
            vec!["worker_connections = 1000  # ignored: asgi stores it and never enforces it"],
        ),
        (
            "uvicorn",
            vec![
                "worker_class = \"uvicorn_worker.UvicornWorker\"\n",
                "keepalive = 2\n",
            ],
        ),
    ] {
        let plan = plan_of_class(class);
        let files = render(&plan, &Layout::by_hand(&plan)).unwrap();
        let conf = text(&files, "gunicorn.conf.py");
        for line in lines {
            assert!(conf.contains(line), "no `{line}` in\n{conf}");
        }
    }
    let threads = plan("threads = 4\nkeepalive = \"5s\"\n[app.\"/\"]", None);
    let files = render(&threads, &Layout::by_hand(&threads)).unwrap();
    let conf = text(&files, "gunicorn.conf.py");
    assert!(
        conf.contains("worker_class = \"sync\"\nthreads = 4\n") && conf.contains("keepalive = 5\n")
    );
    let half = plan("threads = 4\nkeepalive = \"500ms\"\n[app.\"/\"]", None);
    let error = playable(&half).unwrap_err().to_string();
    assert!(error.contains("--set backend.keepalive=1s"), "{error}");
}

#[test]
fn a_container_gets_what_its_class_needs() {
    for (class, packages) in [
        ("sync", "gunicorn"),
        ("gthread", "gunicorn"),
        ("gevent", "'gunicorn[gevent]'"),
        ("asgi", "gunicorn"),
        ("uvicorn", "gunicorn uvicorn-worker"),
    ] {
        let plan = plan_of_class(class);
        let files = render(&plan, &Layout::by_hand(&plan)).unwrap();
        let install = format!("pip install --quiet --root-user-action ignore {packages} && exec");
        let compose = text(&files, "compose.yaml");
        assert!(compose.contains(&install), "{class}: {compose}");
    }
}

#[test]
fn handlers_become_rows() {
    let plan = plan_of_class("sync");
    let files = render(&plan, &Layout::by_hand(&plan)).unwrap();
    let rows = text(&files, "handlers.py");
    for row in [
        "\"/block\": Handler(wait=50000, blocking=True),\n",
        "\"/crash\": Handler(fault=\"crash\"),\n",
        "\"/down\": Handler(status=\"503 Service Unavailable\", headers=((\"Content-Type\", \"text/event-stream\"), \
         (\"X-Accel-Buffering\", \"no\"),), response=10),\n",
        "\"/draws\": Handler(wait=(\"exponential\", 2000), cpu=(\"lognormal\", 1000, 4000), \
         response=(\"empirical\", [(1000, 0.75), (2048, 0.25)])),\n",
        "\"/pieces\": Handler(response=500, write_size=200, every=30000, piece_cpu=1000),\n",
    ] {
        assert!(rows.contains(row), "no {row} in\n{rows}");
    }
}

#[test]
fn the_exported_applications_do_what_their_handlers_say() {
    if Command::new("python3").arg("-V").output().is_err() {
        return eprintln!("skipped: no python3");
    }
    for (class, protocol) in [("sync", "wsgi"), ("asgi", "asgi")] {
        let dir = tempfile::tempdir().unwrap();
        let plan = plan_of_class(class);
        write(&render(&plan, &Layout::by_hand(&plan)).unwrap(), dir.path()).unwrap();
        let tried = dir.path().join("try_apps.py");
        std::fs::write(&tried, include_str!("try_apps.py")).unwrap();
        std::fs::create_dir_all(dir.path().join(RUN_DIR)).unwrap();
        let output = Command::new("python3")
            .arg(&tried)
            .arg(protocol)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{protocol}: {said}");
    }
}

/// Quantities as `draw.py` writes them, and the same ones here.
const DRAWN: [(&str, &str); 4] = [
    ("(\"exponential\", 20000)", "{ exponential = \"20ms\" }"),
    (
        "(\"lognormal\", 20000, 400000)",
        "{ lognormal = { p50 = \"20ms\", p99 = \"400ms\" } }",
    ),
    (
        "(\"lognormal\", 3, 700000000)",
        "{ lognormal = { p50 = \"3us\", p99 = \"700s\" } }",
    ),
    (
        "(\"empirical\", [(10000, 0.9), (2000000, 0.1)])",
        "{ empirical = [[\"10ms\", 0.9], [\"2s\", 0.1]] }",
    ),
];

#[test]
fn python_draws_the_same_numbers() {
    use crate::machine::handler::{Distribution, Draw, Handler};
    const IDS: u64 = 500;
    let Ok(python) = std::process::Command::new("python3").arg("-V").output() else {
        return eprintln!("skipped: no python3");
    };
    assert!(python.status.success());
    for (python, ours) in DRAWN {
        let quantity = toml::from_str::<Handler>(&format!("wait = {ours}")).unwrap();
        let quantity: Distribution<Span> = quantity.wait;
        for seed in [0, 1, u64::MAX] {
            let program = format!(
                "{}\nfor request in range({IDS}):\n    print(draw({python}, {seed}, WAIT, request))\n",
                super::application::draw()
            );
            let output = std::process::Command::new("python3")
                .args(["-c", &program])
                .output()
                .unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            let theirs: Vec<u64> = text.lines().map(|line| line.parse().unwrap()).collect();
            assert_eq!(theirs.len() as u64, IDS, "{python}");
            for (request, theirs) in (0..).zip(theirs) {
                let ours = quantity.draw(Seed(seed), Draw::Wait, request).as_us();
                assert!(
                    ours.abs_diff(theirs) <= 1,
                    "{python}, seed {seed}, request {request}: {ours}, and in Python {theirs}"
                );
            }
        }
    }
}
