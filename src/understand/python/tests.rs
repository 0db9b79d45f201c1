//! Configurations as sites write them.

use super::*;

fn environment(cpus: Option<u32>, given: &[(&str, &str)]) -> Environment {
    let given: Vec<(String, String)> = given
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Environment::new(cpus, &given)
}

fn of(text: &str, name: &str, cpus: Option<u32>, given: &[(&str, &str)]) -> Text {
    let settings = read(text, &environment(cpus, given));
    settings
        .values
        .get(name)
        .map(|(text, _)| text.clone())
        .unwrap_or_else(|| panic!("`{name}` is not set by {text}"))
}

/// A text, the workers that come out, and how many facts it took.
const WORKERS: &[(&str, &str, usize)] = &[
    ("workers = 3  # three\n", "3", 0),
    ("workers: int = 0x10\n", "16", 0),
    (
        "import multiprocessing\nworkers = multiprocessing.cpu_count() * 2 + 1\n",
        "9",
        1,
    ),
    (
        "import multiprocessing as mp\nworkers = (2 *\n  mp.cpu_count()) + 1\n",
        "9",
        1,
    ),
    (
        "from os import cpu_count\nworkers = min(cpu_count() or 1, 12)\n",
        "4",
        1,
    ),
    (
        "import os\nworkers = len(os.sched_getaffinity(0))\n",
        "4",
        1,
    ),
    (
        "import os\nworkers = int(os.environ.get('WEB_WORKERS', '2'))\n",
        "2",
        1,
    ),
    (
        "import os\nworkers = int(os.getenv('SET', 2)) + 1\n",
        "6",
        1,
    ),
    (
        "from os import environ as e\nworkers = e['SET'] if 'SET' in e else 1\n",
        "5",
        1,
    ),
    (
        "from os import environ\nworkers = 7\nif 'NOPE' in environ:\n    workers = 1\n",
        "7",
        0,
    ),
    ("def n():\n    return 2 ** 3\nworkers = n()\n", "8", 0),
    (
        "import os\nworkers = os.getenv('X', None)\nif workers is not None:\n    try:\n        workers = int(workers)\n    \
          except ValueError:\n        workers = None\nif workers is None:\n    workers = os.cpu_count() * 2 + 1\n",
        "9",
        2,
    ),
    (
        "import os, math\nworkers = max(int(float(os.getenv('PER', '1.5')) * os.cpu_count()), 2)\n",
        "6",
        2,
    ),
    ("a = b = 2; a += 1\nworkers = a * b\n", "6", 0),
    ("x, workers = 1, 4\n", "4", 0),
    (
        "from decouple import config\nworkers = config('N', default=3, cast=int)\n",
        "3",
        1,
    ),
    (
        "from environs import Env\nenv = Env()\nenv.read_env()\nworkers = env.int('N', 3)\n",
        "3",
        1,
    ),
    (
        "DEBUG = False\nif DEBUG:\n    workers = 1\nelse:\n    workers = 5\n",
        "5",
        0,
    ),
    (
        "import os\nif os.getenv('MODE') == 'a':\n  workers = 1\nelif os.getenv('MODE') == 'b':\n  workers = 2\nelse:\n  workers = 3\n",
        "3",
        1,
    ),
    (
        "import x\nif x.y():\n  workers = 3\nelse:\n  workers = 3\n",
        "3",
        0,
    ),
];

#[test]
fn workers_are_worked_out_as_python_would() {
    for &(text, expected, facts) in WORKERS {
        let found = of(text, "workers", Some(4), &[("SET", "5")]);
        assert_eq!(found.text, expected, "{text} {found:?}");
        assert_eq!(found.unknown, None, "{text}");
        assert_eq!(found.facts.len(), facts, "{text} {found:?}");
    }
}

#[test]
fn what_cannot_be_told_is_not_guessed() {
    for (text, hint) in [
        (
            "import multiprocessing\nworkers = multiprocessing.cpu_count()\n",
            "--cpus",
        ),
        (
            "import os\nworkers = int(os.environ['WORKERS'])\n",
            "--env WORKERS=…",
        ),
        ("import x\nworkers = 2\nif x.y():\n    workers = 3\n", ""),
        ("import x\nfor i in x.y():\n    workers = i\n", ""),
        ("workers = [n for n in (1, 2)][0]\n", ""),
        ("workers = (lambda: 3)()\n", ""),
        (
            "workers = open('/proc/cpuinfo').read().count('processor')\n",
            "",
        ),
        ("workers = 1 +\n", ""),
        ("workers = 10 ** 10 ** 10\n", ""),
        ("def f():\n    return f()\nworkers = f()\n", ""),
    ] {
        let found = of(text, "workers", None, &[]);
        let (_, told) = found
            .unknown
            .unwrap_or_else(|| panic!("{text}: {}", found.text));
        let told = told.english();
        assert!(told.contains(hint), "{text}: {told}");
    }
}

#[test]
fn texts_and_lists_come_out_too() {
    let text = "import os\nhost = os.getenv('HOST', '0.0.0.0')\nbind = f\"{host}:{os.environ.get('PORT', 8000)}\"\n\
                worker_class = 'uvicorn.' \"workers.UvicornWorker\"\nbinds = ['a:1', 'b:' + str(2)]\n\
                pair = '%s:%d' % ('h', 9)\nother = '{}:{port}'.format('h', port=7)\n";
    for (name, expected) in [
        ("bind", "0.0.0.0:8000"),
        ("worker_class", "uvicorn.workers.UvicornWorker"),
        ("binds", "a:1\nb:2"),
        ("pair", "h:9"),
        ("other", "h:7"),
    ] {
        assert_eq!(of(text, name, None, &[]).text, expected);
    }
}

#[test]
fn hooks_and_hostile_files_end() {
    let hook = "def post_fork(server, worker):\n    workers = 9\n\nasync def x():\n  pass\nclass A:\n  workers = 3\nworkers = 2\n";
    assert_eq!(of(hook, "workers", None, &[]).text, "2");
    for text in [
        "(".repeat(20_000),
        format!("workers = {}1", "-".repeat(20_000)),
        format!("workers = {}", "1 ** ".repeat(20_000)),
        format!("workers = {}1", "not ".repeat(20_000)),
        "if x:\n ".repeat(3_000),
        (0..3_000)
            .map(|n| format!("{}if x{n}:\n", " ".repeat(n)))
            .collect::<String>(),
        (0..3_000)
            .map(|n| format!("a{n} = 1\nif x:\n  b{n} = 2\n"))
            .collect(),
        "a = 'x' * 9\nb = [1]\n".to_owned() + &"b = b + b\n".repeat(60),
        "while True:\n  pass\n".to_owned(),
        "\u{feff}workers = '''never ends".to_owned(),
        format!("x = {}", "f'{".repeat(2_000)),
        "workers = 1\\".to_owned(),
    ] {
        let _ = read(&text, &environment(None, &[]));
    }
    let star = read("from base import *\nworkers = 2\n", &environment(None, &[]));
    assert_eq!(star.open, [1]);
}
