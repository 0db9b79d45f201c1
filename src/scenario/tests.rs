//! Every kind of mistake, each at its line and column; and the embedded scenarios, all of them.

use super::*;

/// A small good file: mistakes are planted in it by replacement.
const GOOD: &str = r#"schema = 1
question = "Is it?"
duration = "10s"
warmup = "1s"

[backend]
bind = "unix"
workers = 4
backlog = 100
[backend.app."/"]
response = "2KiB"
[backend.app."/report"]
response = "4MiB"

[proxy]
proxy_buffering = false
proxy_buffers = { count = 8, size = "4KiB" }

[[clients]]
name = "slow"
arrival.closed = { count = 4, start = "2s" }
request.path = "/report"
behavior.slow-read = { rate = "100KiB/s", rcvbuf = "4KiB" }

[[clients]]
name = "visitors"
arrival.open = { rate = "40/s", process = "poisson" }
request = { path = "/", timeout = "10s" }
behavior.healthy = {}

[[variant]]
name = "buffered"
set = { "proxy.proxy_buffering" = true }

[[expect]]
claim = "it is"
that = "buffered: visitors.latency.p99 < 100ms"
"#;

fn load_flags(text: &str, flags: &[&str]) -> Result<Scenario, Diagnostics> {
    let flags: Vec<String> = flags.iter().map(|flag| (*flag).to_string()).collect();
    load_text("test", "test.toml", text, &flags)
}

/// All that is said of a text, as it is shown.
pub(super) fn said(text: &str) -> String {
    match load_flags(text, &[]) {
        Ok(scenario) => scenario.diagnostics.to_string(),
        Err(mistakes) => mistakes.to_string(),
    }
}

/// The mistakes of a text as `line:column title`.
fn mistakes(text: &str, flags: &[&str]) -> Vec<String> {
    let diagnostics = match load_flags(text, flags) {
        Ok(scenario) => scenario.diagnostics,
        Err(diagnostics) => diagnostics,
    };
    let line = |item: &Diagnostic| {
        let (file, line, column) = diagnostics.position(item);
        let file = file.trim_end_matches("test.toml");
        format!("{file}{line}:{column} {}", item.title)
    };
    diagnostics.iter().map(line).collect()
}

#[test]
fn the_good_file_is_good() {
    assert_eq!(mistakes(GOOD, &[]), Vec::<String>::new());
    let scenario = load_flags(GOOD, &[]).unwrap();
    assert_eq!(scenario.source, GOOD);
    assert_eq!(scenario.variants[0].knobs[0].key, "proxy.proxy_buffering");
    assert!(
        scenario.variants[0]
            .configuration
            .proxy
            .as_ref()
            .unwrap()
            .proxy_buffering
    );
    assert!(scenario.says(&["proxy", "proxy_buffers", "count"]));
    assert!(!scenario.says(&["proxy", "send_timeout"]));
}

/// What stands in the good file, what is written instead, and the mistake that must be found.
const MISTAKES: &[(&str, &str, &str)] = &[
    (
        "rcvbuf = \"4KiB\" }",
        "rcvbuf = \"4KiB\" }\nlink = { rate = \"10B/s\", rtt = \"1s\" }",
        "24:17 a line of 10B/s carries nothing in time",
    ),
    (
        "rcvbuf = \"4KiB\" }",
        "rcvbuf = \"4KiB\" }\nlink = { rate = \"1MiB/s\", rtt = \"11s\" }",
        "24:33 a round trip of 11s is no line",
    ),
    (
        "rcvbuf = \"4KiB\" }",
        "rcvbuf = \"4KiB\" }\nlink = { rate = \"1MiB/s\", rtt = \"1s\", loss = 1.0 }",
        "24:46 a loss of 1 is not a share of segments",
    ),
    (
        "rcvbuf = \"4KiB\" }",
        "rcvbuf = \"4KiB\" }\nlink = { rate = \"1MiB/s\", rrt = \"1s\" }",
        "24:27 unknown key `rrt`",
    ),
    ("workers = 4", "wokers = 4", "8:1 unknown key `wokers`"),
    ("schema = 1", "schema = 2", "1:10 schema 2 is not known"),
    ("\"Is it?\"", "\" \"", "2:12 the question is empty"),
    ("workers = 4", "workers = 0", "8:11 0 workers cannot be had"),
    (
        "workers = 4",
        "workers = 513",
        "8:11 513 workers cannot be had",
    ),
    (
        "workers = 4",
        "workers = \"4\"",
        "8:11 `backend.workers`: expected a whole number, not negative, found the string \"4\"",
    ),
    (
        "workers = 4",
        "workers = -1",
        "8:11 `backend.workers`: expected a whole number, not negative, found the number -1",
    ),
    ("\"unix\"", "\"unx\"", "7:8 unknown name `unx`"),
    (
        "warmup = \"1s\"",
        "warmup = \"10s\"",
        "4:10 the warm-up (10s) leaves nothing of the run (10s)",
    ),
    ("\"10s\"\nwarm", "\"0s\"\nwarm", "3:12 a run cannot last 0s"),
    (
        "\"10s\"\nwarm",
        "\"10\"\nwarm",
        "3:12 `duration`: `10` has no unit; write for example `10s` or `10ms`",
    ),
    (
        "response = \"4MiB\"",
        "response = \"4m\"",
        "13:12 `backend.app./report.response`: `4m` is ambiguous; write `4MiB` (nginx's `m`) or `4MB` (1000000 bytes)",
    ),
    (
        "response = \"4MiB\"",
        "response = 4096",
        "13:12 `backend.app./report.response`: expected a size such as \"64KiB\" (a string with a unit), found the number 4096",
    ),
    (
        "response = \"4MiB\"",
        "write_size = \"0B\"",
        "13:14 a write of nothing never ends",
    ),
    (
        "count = 8",
        "count = 1",
        "17:27 there must be at least 2 `proxy_buffers`",
    ),
    (
        "count = 8",
        "count = 2",
        "17:17 `proxy_busy_buffers_size` (8KiB) leaves no buffer free to read into",
    ),
    (
        "proxy_buffering = false",
        "proxy_busy_buffers_size = \"1KiB\"",
        "16:27 `proxy_busy_buffers_size` (1KiB) is smaller than a buffer (4KiB)",
    ),
    (
        "proxy_buffering = false",
        "upstream = { keepalive = 4 }",
        "16:26 HTTP/1.0 keeps no connection to the backend",
    ),
    (
        "proxy_buffering = false",
        "proxy_read_timeout = \"0s\"",
        "16:22 `proxy_read_timeout` of zero fails every request",
    ),
    (
        "count = 4",
        "count = 0",
        "21:28 a group of 0 clients cannot be played",
    ),
    (
        "start = \"2s\"",
        "start = \"10s\"",
        "21:39 `slow` never starts",
    ),
    (
        "\"40/s\"",
        "\"0/s\"",
        "27:25 a rate of 0/s cannot be played",
    ),
    (
        "\"100KiB/s\"",
        "\"0B/s\"",
        "23:31 a rate of zero is not slow, it is a stall",
    ),
    (
        "path = \"/\"",
        "path = \"x\"",
        "28:20 `x` is not a path: it must begin with `/`",
    ),
    (
        "path = \"/\"",
        "path = \"/nope\"",
        "28:20 the application has no handler for `/nope`",
    ),
    (
        "timeout = \"10s\"",
        "keepalive = true",
        "28:37 `keepalive` needs a next request on the same connection",
    ),
    ("healthy = {}", "healty = {}", "29:10 unknown name `healty`"),
    (
        "healthy = {}",
        "healthy = { rate = 1 }",
        "29:22 unknown key `rate`",
    ),
    (
        "healthy = {}",
        "idle = { after = 1 }",
        "29:27 `after` needs a kept connection to fall silent on",
    ),
    (
        "timeout = \"10s\" }\nbehavior.healthy",
        "keepalive = true }\nbehavior.keep-open",
        "28:37 a `keep-open` client asks nothing more on its connection",
    ),
    (
        "healthy = {}",
        "slow-body = { rate = \"1KiB/s\" }",
        "29:22 `slow-body` has no body to send slowly",
    ),
    (
        "healthy = {}",
        "slow-header = { rate = \"0B/s\" }",
        "29:33 a rate of zero is not slow, it is silence",
    ),
    (
        "healthy = {}",
        "slow-header = { rate = { exponential = \"0B/s\" } }",
        "29:49 a mean of zero leaves nothing to draw",
    ),
    (
        "healthy = {}",
        "burst = { on = \"0s\", off = \"1s\" }",
        "29:25 a burst of no time reads nothing",
    ),
    (
        "healthy = {}",
        "abort = {}",
        "29:18 `abort` does not say when",
    ),
    (
        "healthy = {}",
        "abort = { after = \"1KiB\", at = \"1s\" }",
        "29:18 `abort` says more than once when",
    ),
    (
        "healthy = {}",
        "abort = { sent = \"0B\" }",
        "29:27 a client that sends nothing asks nothing",
    ),
    (
        "timeout = \"10s\"",
        "body = \"1MiB\"",
        "28:32 a GET has no body",
    ),
    (
        "timeout = \"10s\"",
        "method = \"POST\", chunked = true",
        "28:52 `chunked` needs a body to cut",
    ),
    (
        "timeout = \"10s\"",
        "method = \"PSOT\"",
        "28:34 unknown name `PSOT`",
    ),
    (
        "behavior.healthy",
        "addresses = 0\nbehavior.healthy",
        "29:13 a group cannot come from 0 addresses",
    ),
    (
        "behavior.healthy",
        "link = { rtt = \"20ms\" }\nbehavior.healthy",
        "29:8 `link` does not say its `rate`",
    ),
    (
        "behavior.healthy",
        "retry = { max = 0, on = [\"502\"] }\nbehavior.healthy",
        "29:17 0 retries cannot be played",
    ),
    (
        "behavior.healthy",
        "retry = { max = 1, on = [] }\nbehavior.healthy",
        "29:25 without a reason nobody asks again",
    ),
    (
        "behavior.healthy",
        "retry = { max = 1, on = [\"502\"], backoff = \"2s\", most = \"1s\" }\nbehavior.healthy",
        "29:57 the longest pause (1s) is shorter than the first (2s)",
    ),
    (
        "behavior.healthy",
        "retry = { max = 1, on = [\"502\"], growth = 0.5 }\nbehavior.healthy",
        "29:43 pauses cannot grow by a factor of 0.5",
    ),
    (
        "open = { rate = \"40/s\", process = \"poisson\" }",
        "ramp = { from = \"0/s\", to = \"0/s\", over = \"1s\" }",
        "27:37 a rate of 0/s cannot be played",
    ),
    (
        "open = { rate = \"40/s\", process = \"poisson\" }",
        "ramp = { from = \"1/s\", to = \"2/s\", over = \"0s\" }",
        "27:51 a ramp of no time is a step",
    ),
    (
        "\"visitors\"",
        "\"slow\"",
        "26:8 there are two of the client group `slow`",
    ),
    (
        "\"visitors\"",
        "\"proxy\"",
        "26:8 a client group cannot be called `proxy`",
    ),
    (
        "name = \"buffered\"",
        "name = \"baseline\"",
        "32:8 a variant cannot be called `baseline`",
    ),
    (
        "proxy.proxy_buffering\" =",
        "proxy.proxy_bufferin\" =",
        "33:9 unknown key `proxy_bufferin`",
    ),
    (
        "proxy.proxy_buffering\" =",
        "clients.fast.count\" =",
        "33:9 there is no client group `fast`",
    ),
    (
        "proxy.proxy_buffering\" = true",
        "backend.workers\" = 0",
        "33:29 0 workers cannot be had",
    ),
    (
        " = true }",
        " = false }",
        "33:7 variant `buffered` changes nothing",
    ),
    (
        "buffered: visitors",
        "bufered: visitors",
        "37:8 there is no variant `bufered`",
    ),
    (
        "buffered: visitors",
        "buffered: visitor",
        "37:8 there is no client group `visitor`",
    ),
    (
        "schema = 1",
        "schema = ",
        "1:10 not TOML: string values must be quoted, expected literal string",
    ),
];

#[test]
fn each_mistake_has_its_line_and_column() {
    for (good, bad, expected) in MISTAKES {
        assert!(GOOD.contains(*good), "{good}");
        let found = mistakes(&GOOD.replacen(good, bad, 1), &[]);
        assert!(
            found.iter().any(|found| found == expected),
            "{bad}: {found:#?}\nnot {expected}"
        );
    }
}

#[test]
fn all_mistakes_are_found_at_once_and_none_is_blamed_on_another() {
    let bad = GOOD
        .replacen("workers = 4", "wokers = 4", 1)
        .replacen("\"100KiB/s\"", "\"100k\"", 1)
        .replacen("healthy = {}", "healty = {}", 1)
        .replacen("count = 8", "cont = 8", 1)
        .replacen("\"4MiB\"", "4", 1);
    assert_eq!(
        mistakes(&bad, &["backend.workers=0"]).len(),
        6,
        "{:#?}",
        mistakes(&bad, &[])
    );
    let shown = load_flags(&bad, &[]).unwrap_err().to_string();
    for text in [
        "--> test.toml:8:1",
        "wokers = 4",
        "= hint: did you mean `workers`?",
    ] {
        assert!(shown.contains(text), "{text} in\n{shown}");
    }
}

#[test]
fn missing_keys_are_told_beside_other_mistakes() {
    let bad = GOOD
        .replacen("duration = \"10s\"\n", "", 1)
        .replacen("request.path = \"/report\"\n", "", 1)
        .replacen("timeout = \"10s\"", "timeout = 10", 1);
    let found = mistakes(&bad, &[]);
    for title in [
        "missing key `duration`",
        "missing key `request`",
        "visitors.request.timeout",
    ] {
        assert!(
            found.iter().any(|found| found.contains(title)),
            "{title}: {found:#?}"
        );
    }
    let misspelt = GOOD.replacen("duration =", "duraton =", 1);
    assert_eq!(mistakes(&misspelt, &[]), ["3:1 unknown key `duraton`"]);
}

#[test]
fn variants_may_write_keys_with_or_without_quotes() {
    let quoted = "set = { \"proxy.proxy_buffering\" = true }";
    let bare = "set = { proxy.proxy_buffering = true, clients.slow.behavior.stall = {}, clients.slow.arrival.once = { count = 3 } }";
    let scenario = load_flags(&GOOD.replacen(quoted, bare, 1), &[]).unwrap();
    let changed = &scenario.variants[0].configuration;
    assert!(changed.proxy.as_ref().unwrap().proxy_buffering);
    assert_eq!(changed.clients[0].arrival.count(), Some(3));
    assert_eq!(scenario.variants[0].knobs.len(), 3);
}

#[test]
fn an_mss_needs_tcp() {
    let bad = GOOD.replacen("rcvbuf = \"4KiB\"", "mss = 536", 1).replacen(
        "\"proxy.proxy_buffering\" = true",
        "\"proxy.enabled\" = false",
        1,
    );
    let expected = "23:49 `mss` needs TCP, but these clients meet only a Unix socket";
    assert_eq!(mistakes(&bad, &[]), [expected]);
}

#[test]
fn proxy_keys_need_a_proxy() {
    let section =
        "[proxy]\nproxy_buffering = false\nproxy_buffers = { count = 8, size = \"4KiB\" }\n";
    let without = GOOD.replacen(section, "", 1).replacen("unix", "tcp", 1);
    let expected = "`proxy.proxy_buffering` is set, but there is no proxy";
    assert!(
        mistakes(&without, &[])[0].ends_with(expected),
        "{:?}",
        mistakes(&without, &[])
    );
    let enabling = without.replacen("\"proxy.proxy_buffering\"", "\"proxy.enabled\"", 1);
    assert_eq!(mistakes(&enabling, &[]), Vec::<String>::new());
}

#[test]
fn flags_set_any_key() {
    let flags = [
        "proxy.proxy_buffering=on",
        "backend.bind=tcp",
        "clients.slow.count=8",
        "seed=9",
    ];
    let scenario = load_flags(GOOD, &flags).unwrap();
    let baseline = &scenario.baseline;
    assert!(baseline.proxy.as_ref().unwrap().proxy_buffering);
    assert_eq!(baseline.clients[0].arrival.count(), Some(8));
    assert_eq!(scenario.seed, 9);
    // As written out again, the scenario is the same without flags.
    let again = load_flags(&scenario.source, &[]).unwrap_or_else(|wrong| panic!("{wrong}"));
    assert_eq!(&again.baseline, baseline);

    let stalled = load_flags(GOOD, &["clients.slow.behavior.stall={}"]).unwrap();
    assert!(matches!(
        stalled.baseline.clients[0].behavior,
        crate::machine::behavior::Behavior::Stall(_)
    ));
}

#[test]
fn mistakes_in_flags_name_the_flag() {
    let cases = [
        ("backend.wrkers=3", "--set1:1 unknown key `wrkers`"),
        (
            "backend.workers=many",
            "--set1:17 `backend.workers`: expected a whole number, not negative, found the string \"many\"",
        ),
        (
            "backend.app./nope.wait=1s",
            "--set1:1 the application has no handler for `/nope`",
        ),
        (
            "clients.slow.rate=1",
            "--set1:1 this group's arrival has no `rate`",
        ),
        ("schema=2", "--set1:1 `schema` cannot be set"),
        ("nonsense", "--set1:1 `--set` needs `key=value`"),
        (
            "backend.workers.x=1",
            "--set1:1 `backend.workers` is not a section, so `backend.workers.x` cannot be set",
        ),
        (".=1", "--set1:1 `.`: a part of the key is empty"),
    ];
    for (flag, expected) in cases {
        let found = mistakes(GOOD, &[flag]);
        assert!(
            found.iter().any(|found| found == expected),
            "{flag}: {found:#?}"
        );
    }
}

#[test]
fn unknown_scenarios_are_guessed_at() {
    let error = load_embedded("worker-starvatoin", &[])
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("did you mean `worker-starvation`?"),
        "{error}"
    );
    let error = load_path(std::path::Path::new("/nowhere/x.toml"), &[])
        .unwrap_err()
        .to_string();
    assert!(error.contains("cannot read `/nowhere/x.toml`"), "{error}");
}

#[test]
fn conditions_are_judged_by_the_parser_that_is_passed_in() {
    let scenario = load_flags(GOOD, &[]).unwrap();
    assert!(scenario.check_expectations(&|_| Ok(())).is_empty());
    let wrong = scenario.check_expectations(&|that| Err(format!("no: {that}")));
    assert_eq!(
        wrong.position(wrong.iter().next().unwrap()),
        ("test.toml".to_string(), 37, 8)
    );
}

#[test]
fn every_file_of_the_folder_is_embedded() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios");
    let files = std::fs::read_dir(folder).unwrap().count();
    assert_eq!(files, embedded().len());
    for (name, _) in embedded() {
        if let Err(wrong) = load_embedded(name, &[]) {
            panic!("{wrong}");
        }
    }
}

/// What stands instead of `response = "4MiB"` in the handler of line 13, and what is said about it.
const HANDLER_MISTAKES: &[(&str, &str)] = &[
    (
        "wait = { exponental = \"20ms\" }",
        "13:10 unknown key `exponental`",
    ),
    (
        "wait = { exponential = \"20\" }",
        "13:24 `backend.app./report.wait.exponential`: `20` has no unit; write for example `20s` or `20ms`",
    ),
    (
        "wait = {}",
        "13:8 `backend.app./report.wait` must be exactly one of `exponential`, `lognormal` and `empirical`",
    ),
    (
        "wait = { exponential = \"1s\", empirical = [] }",
        "13:8 `backend.app./report.wait` must be exactly one of `exponential`, `lognormal` and `empirical`",
    ),
    (
        "wait = 20",
        "13:8 `backend.app./report.wait`: expected a duration such as \"250ms\" (a string with a unit), found the number 20",
    ),
    (
        "wait = { exponential = \"0s\" }",
        "13:24 a mean of zero leaves nothing to draw",
    ),
    (
        "wait = { lognormal = { p50 = \"20ms\" } }",
        "13:22 missing key `p99`",
    ),
    (
        "wait = { lognormal = { p50 = \"20ms\", p99 = \"2ms\" } }",
        "13:22 no lognormal has a median of 20ms and a 99th percentile of 2ms",
    ),
    (
        "wait = { empirical = [[\"10ms\", 0.9], [\"2s\", 0.2]] }",
        "13:22 the shares come to 1.100, not to 1",
    ),
    (
        "wait = { empirical = [[\"10ms\", 1], [\"2s\", 0]] }",
        "13:22 a share is not more than 0 and at most 1",
    ),
    (
        "response = { lognormal = { p50 = \"1MiB\", p99 = \"4GiB\" } }",
        "13:12 `response` can come to more than 16GiB",
    ),
    ("status = 600", "13:10 600 is not the status of a response"),
    (
        "response = \"1B\"\nstatus = 204",
        "14:10 a response with status 204 has no body",
    ),
    (
        "pieces = { size = \"0B\" }",
        "13:19 pieces of nothing never end",
    ),
    ("pieces = { every = \"1s\" }", "13:10 missing key `size`"),
    (
        "pieces = { size = \"1B\", head = true }",
        "13:32 a head cannot trickle: gunicorn and uvicorn send it in one piece, whatever the application does",
    ),
    (
        "headers = { \"X A\" = \"b\" }",
        "13:13 `X A` is not the name of a header field",
    ),
    (
        "headers = { Date = \"b\" }",
        "13:13 the server says `Date` itself",
    ),
    (
        "headers = { X-A = \"b\\n\" }",
        "13:13 the value of `X-A` has a character that a head cannot carry",
    ),
    ("fault = \"hnag\"", "13:9 unknown name `hnag`"),
    (
        "fault = \"cpu-holds-the-lock\"",
        "13:9 `cpu-holds-the-lock` without `cpu` holds nothing",
    ),
    (
        "fault = \"close-on-reuse\"",
        "13:9 `close-on-reuse` does nothing: this backend keeps no connection",
    ),
    (
        "fault = \"short-body\"",
        "13:9 an empty response cannot be short",
    ),
];

#[test]
fn mistakes_in_handlers_have_their_line_and_column_and_come_alone() {
    for (bad, expected) in HANDLER_MISTAKES {
        let found = mistakes(&GOOD.replacen("response = \"4MiB\"", bad, 1), &[]);
        assert_eq!(found, [*expected], "{bad}");
    }
    let half = GOOD.replacen(
        "response = \"4MiB\"",
        "wait = { empirical = [[\"10ms\"]] }",
        1,
    );
    let expected = "13:23 `backend.app./report.wait.empirical.1`: expected a value and its share of requests, \
                    as in [\"10ms\", 0.9], found a list";
    assert!(mistakes(&half, &[]).iter().any(|found| found == expected));
}

/// Warnings of a scenario that is good otherwise.
fn warnings(text: &str) -> Vec<String> {
    let scenario = load_flags(text, &[]).unwrap_or_else(|wrong| panic!("{wrong}"));
    let shown = scenario.diagnostics.to_string();
    let lines = shown
        .lines()
        .filter_map(|line| line.strip_prefix("warning: "));
    lines.map(str::to_owned).collect()
}

#[test]
fn settings_that_a_worker_class_ignores_are_said() {
    let with = |lines: &str| GOOD.replacen("workers = 4", &format!("workers = 4\n{lines}"), 1);
    let ignored = |key: &str| format!("`{key}` does nothing here");
    for (lines, expected) in [
        ("keepalive = \"5s\"", vec![ignored("keepalive")]),
        ("threads = 4", vec![]),
        (
            "threads = 4\nworker_class = \"sync\"",
            vec!["`sync` workers with several threads become gthread".to_owned()],
        ),
        (
            "worker_class = \"gthread\"\nthreads = 8\nworker_connections = 4\nkeepalive = \"1s\"",
            vec!["`worker_connections` leaves threads without work".to_owned()],
        ),
        (
            "worker_class = \"gevent\"\nthreads = 4\nworker_connections = 9\nlinger = \"0s\"",
            vec![ignored("threads"), ignored("linger")],
        ),
        (
            "worker_class = \"asgi\"\nworker_connections = 9",
            vec![ignored("worker_connections"), ignored("backlog")],
        ),
        (
            "worker_class = \"uvicorn\"\nworker_connections = 9\nkeepalive = \"1s\"",
            vec![ignored("worker_connections")],
        ),
    ] {
        assert_eq!(warnings(&with(lines)), expected, "{lines}");
    }
    // A setting that some variant has a use for is no mistake.
    let for_a_variant = with("threads = 4\nworker_class = \"gevent\"").replacen(
        "\"proxy.proxy_buffering\" = true",
        "\"backend.worker_class\" = \"gthread\"",
        1,
    );
    assert_eq!(warnings(&for_a_variant), Vec::<String>::new());
}

#[test]
fn keys_that_do_nothing_for_a_handler_are_said() {
    let with = |lines: &str| GOOD.replacen("response = \"4MiB\"", lines, 1);
    let blocks = "`blocking` makes no difference here: these workers block in every wait";
    for (lines, expected) in [
        (
            "blocking = true",
            "`blocking` does nothing for `/report`, which never waits",
        ),
        ("blocking = true\nwait = \"1s\"", blocks),
        (
            "write_size = \"4KiB\"\npieces = { size = \"1KiB\" }",
            "`write_size` does nothing beside `pieces`",
        ),
    ] {
        assert_eq!(warnings(&with(lines)), [expected], "{lines}");
    }
    let hub = with("blocking = true\nwait = \"1s\"").replacen(
        "workers = 4",
        "workers = 4\nworker_class = \"gevent\"",
        1,
    );
    assert_eq!(warnings(&hub), Vec::<String>::new());
}

#[test]
fn a_rate_that_paces_no_response_is_said() {
    let with = |header: &str, buffering: bool| {
        let headers = format!("headers = {{ X-Accel-Buffering = \"{header}\" }}");
        let proxy = format!("limit_rate = \"64KiB/s\"\nproxy_buffering = {buffering}");
        GOOD.replace("response = ", &format!("{headers}\nresponse = "))
            .replacen("proxy_buffering = false", &proxy, 1)
            .replacen(
                "\"proxy.proxy_buffering\" = true",
                "\"backend.workers\" = 5",
                1,
            )
    };
    let unbuffered = "`limit_rate` does nothing without `proxy_buffering`";
    let ordered = "`limit_rate` does nothing where every response says `X-Accel-Buffering: no`";
    for (header, buffering, expected) in [
        ("perhaps", false, Some(unbuffered)),
        ("yes", false, None),
        ("yes", true, None),
        ("no", true, Some(ordered)),
    ] {
        let said = warnings(&with(header, buffering));
        assert!(
            said.iter().map(String::as_str).eq(expected),
            "{header} {buffering}: {said:?}"
        );
    }
}

#[test]
fn a_body_of_unknown_length_is_refused_where_it_is_not_played() {
    let unknown = "response = \"4MiB\"\ncontent_length = false";
    let with = |lines: &str| GOOD.replacen("response = \"4MiB\"", lines, 1);
    assert!(mistakes(&with(unknown), &[]).is_empty());
    let short = format!("{unknown}\nfault = \"short-body\"");
    let told = mistakes(&with(&short), &[]).join("\n");
    assert!(told.contains("cannot be shorter than it says"), "{told}");
    let asgi = "workers = 4\nworker_class = \"asgi\"";
    let told = mistakes(&with(unknown).replacen("workers = 4", asgi, 1), &[]).join("\n");
    assert!(told.contains("is not played with asgi"), "{told}");
}

#[test]
fn a_limit_of_open_files_needs_a_process_of_its_own_and_room_for_a_client() {
    for (lines, expected) in [
        (
            "worker_rlimit_nofile = 100",
            "within the run's own process the limit would hit clients and measurement too",
        ),
        (
            "process = \"own\"\nworker_rlimit_nofile = 10",
            "10 open files cannot be had",
        ),
        ("process = \"fork\"", "unknown name `fork`"),
    ] {
        let bad = GOOD.replacen("[proxy]\n", &format!("[proxy]\n{lines}\n"), 1);
        let told = mistakes(&bad, &[]).join("\n");
        assert!(told.contains(expected), "{lines}: {told}");
    }
    let good = "process = \"own\"\nworker_rlimit_nofile = 11";
    let good = GOOD.replacen("[proxy]\n", &format!("[proxy]\n{good}\n"), 1);
    assert!(mistakes(&good, &[]).is_empty());
}

#[test]
fn counts_that_no_machine_has_are_refused() {
    for (line, expected) in [
        ("threads = 0", "9:11 0 threads cannot be had"),
        (
            "worker_connections = 0\nworker_class = \"gevent\"",
            "9:22 0 worker connections cannot be had",
        ),
        (
            "keepalive = \"25h\"\nworker_class = \"gevent\"",
            "9:13 an idle connection cannot be kept for more than a day",
        ),
        ("worker_class = \"gthred\"", "9:16 unknown name `gthred`"),
        ("instances = 0", "9:13 0 backends cannot be had"),
    ] {
        let bad = GOOD.replacen("workers = 4", &format!("workers = 4\n{line}"), 1);
        assert_eq!(mistakes(&bad, &[]), [expected]);
    }
}

/// The good file behind an edge with these lines.
fn with_edge(lines: &str) -> String {
    GOOD.replacen("[proxy]\n", &format!("[edge]\n{lines}\n[proxy]\n"), 1)
}

#[test]
fn an_edge_has_the_proxys_keys_and_a_proxy_behind_it() {
    let text = with_edge("proxy_read_timeout = \"2s\"");
    let scenario = load_flags(&text, &["edge.send_timeout=4s"]).unwrap();
    let edge = scenario.baseline.edge.as_ref().unwrap();
    assert_eq!(
        (edge.proxy_read_timeout, edge.send_timeout),
        (Span::from_secs(2), Span::from_secs(4))
    );
    let off = load_flags(&text, &["edge.enabled=off"]).unwrap();
    assert_eq!(off.baseline.edge, None);
    for (lines, flags, expected) in [
        (
            "proxy_read_timout = \"2s\"",
            &[][..],
            "unknown key `proxy_read_timout`",
        ),
        (
            "proxy_buffers = { count = 1, size = \"4KiB\" }",
            &[],
            "at least 2 `proxy_buffers`",
        ),
        (
            "",
            &["proxy.enabled=off", "backend.bind=tcp"],
            "an edge stands before a proxy, and there is none",
        ),
    ] {
        let found = mistakes(&with_edge(lines), flags);
        assert!(
            found.iter().any(|mistake| mistake.contains(expected)),
            "{expected}: {found:?}"
        );
    }
    let nowhere = mistakes(GOOD, &["edge.proxy_read_timeout=2s"]);
    assert!(
        nowhere[0].ends_with("`edge.proxy_read_timeout` is set, but there is no edge"),
        "{nowhere:?}"
    );
}

#[test]
fn a_probe_can_ask_an_edge_that_is_there() {
    let probe = "\n[[probe]]\nname = \"front\"\nkind = \"tcp\"\nto = \"edge\"\n";
    let without = mistakes(&format!("{GOOD}{probe}"), &[]);
    assert!(
        without[0].ends_with("there is no edge to probe"),
        "{without:?}"
    );
    let with = format!("{}{probe}", with_edge(""));
    assert_eq!(mistakes(&with, &[]), Vec::<String>::new());
}
