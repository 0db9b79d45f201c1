//! Whole configurations, of the shapes that sites have.

use super::*;
use crate::machine::backend_config::WorkerClass;
use std::path::Path;

/// A folder with files, and what to read of it.
struct Folder {
    dir: tempfile::TempDir,
    sources: Sources,
}

impl Folder {
    fn new(files: &[(&str, &str)]) -> Folder {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Folder {
            dir,
            sources: Sources::default(),
        }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.dir.path().join(name)
    }

    fn nginx(mut self, name: &str) -> Folder {
        self.sources.nginx = Some(self.path(name));
        self
    }

    fn gunicorn(mut self, name: &str) -> Folder {
        let path = self.path(name);
        let named = match path.exists() {
            true => path.display().to_string(),
            false => name.to_owned(),
        };
        self.sources.gunicorn.push(named);
        self
    }

    fn cpus(mut self, cpus: u32) -> Folder {
        self.sources.cpus = Some(cpus);
        self
    }

    fn env(mut self, name: &str, value: &str) -> Folder {
        self.sources.env.push((name.to_owned(), value.to_owned()));
        self
    }

    fn location(mut self, path: &str) -> Folder {
        self.sources.location = Some(path.to_owned());
        self
    }

    fn read(&self) -> Understood {
        understand(&self.sources).unwrap_or_else(|error| panic!("{error}"))
    }
}

fn proxy<'a>(understood: &'a Understood, key: &str) -> Option<&'a str> {
    let setting = understood.told.proxy(key)?;
    setting.value.value().map(String::as_str)
}

fn slots(understood: &Understood) -> (Option<WorkerClass>, Option<u64>, Option<u64>) {
    let gunicorn = understood.gunicorn.as_ref().unwrap();
    (
        gunicorn.class().value().copied(),
        gunicorn.number("workers", 1).value().copied(),
        gunicorn.number("threads", 1).value().copied(),
    )
}

fn mentions(list: &[Said], word: &str) -> bool {
    list.iter().any(|line| line.english().contains(word))
}

fn asked(understood: &Understood, about: &str) -> bool {
    understood
        .questions
        .iter()
        .any(|question| question.about.contains(about))
}

const NGINX: &str = r#"
user www-data;
worker_processes auto;
events { worker_connections 768; accept_mutex on; }
http {
    sendfile on;
    send_timeout 30;
    proxy_read_timeout 20s;
    include conf.d/*.conf;
    server {
        listen 443 ssl backlog=1024 sndbuf=32k;
        server_name shop.example;
        proxy_read_timeout 45s;
        location /static/ { root /srv; }
        location ~ \.php$ { proxy_pass http://127.0.0.1:9000; }
        location / {
            proxy_pass http://app;
            proxy_buffers 16 8k;
            proxy_set_header Host $host;
            proxy_set_header Authorization "Bearer s3cret";
            location /events {
                proxy_pass http://app;
                proxy_buffering off;
                proxy_read_timeout 1h;
            }
        }
        location = /health { proxy_pass http://127.0.0.1:9001; }
    }
}
"#;
const UPSTREAM: &str = "upstream app { server unix:/run/app.sock fail_timeout=0; keepalive 8; }\n";

fn shop() -> Folder {
    Folder::new(&[("nginx.conf", NGINX), ("conf.d/app.conf", UPSTREAM)]).nginx("nginx.conf")
}

#[test]
fn the_location_that_leads_to_gunicorn_inherits_from_server_and_http() {
    let read = shop()
        .gunicorn("gunicorn -w 4 -b unix:/run/app.sock a:b")
        .cpus(2)
        .read();
    let site = read.site.as_ref().unwrap();
    assert_eq!(
        (site.location.as_str(), site.server.as_str()),
        ("/", "shop.example")
    );
    assert_eq!(
        site.matched,
        Match::Reaches("unix:/run/app.sock".to_owned())
    );
    assert_eq!(
        proxy(&read, "proxy_read_timeout"),
        Some("\"45s\""),
        "server wins over http"
    );
    assert_eq!(proxy(&read, "send_timeout"), Some("\"30s\""));
    assert_eq!(
        proxy(&read, "proxy_buffers"),
        Some("{ count = 16, size = \"8KiB\" }")
    );
    assert_eq!(
        proxy(&read, "proxy_buffering"),
        None,
        "the inner location's own"
    );
    assert_eq!(proxy(&read, "listen.backlog"), Some("1024"));
    assert_eq!(proxy(&read, "worker_processes"), Some("2"));
    assert_eq!(proxy(&read, "worker_connections"), Some("768"));
    let how = read.told.proxy("proxy_read_timeout").unwrap().value.how();
    assert_eq!(how.english(), "nginx.conf:13");
    assert!(mentions(
        &read.told.unmapped,
        "keepalive 8 (app.conf:1): it keeps nothing"
    ));
    assert!(mentions(&read.told.unmapped, "TLS"));
    assert!(mentions(&read.told.unmapped, "accept_mutex on"));
    let told = format!("{:?}", read.told);
    assert!(!told.contains("s3cret"), "{told}");
    let others: Vec<&str> = site
        .others
        .iter()
        .map(|other| other.name.as_str())
        .collect();
    assert_eq!(others, ["/events", "~ \\.php$", "= /health"]);
    assert!(mentions(
        &site.others[0].differs,
        "proxy_buffering off (nginx.conf:23)"
    ));
    assert!(mentions(&site.others[2].differs, "to 127.0.0.1:9001"));
    assert_eq!(read.questions, []);
}

#[test]
fn a_path_chooses_its_location_as_nginx_does() {
    for (path, location, timeout) in [
        ("/events/1", "/events", "\"1h\""),
        ("/health", "= /health", "\"45s\""),
        ("/x.php", "~ \\.php$", "\"45s\""),
        ("/events/x.php", "~ \\.php$", "\"45s\""),
        ("/cart", "/", "\"45s\""),
    ] {
        let read = shop().location(path).read();
        assert_eq!(read.site.as_ref().unwrap().location, location, "{path}");
        assert_eq!(proxy(&read, "proxy_read_timeout"), Some(timeout), "{path}");
    }
    let error = understand(&shop().location("/static/a.css").sources).unwrap_err();
    assert!(error.to_string().contains("for `/static/a.css`"), "{error}");
}

#[test]
fn nginx_matches_exact_then_prefix_then_expressions() {
    let nginx = "server { location = / { proxy_pass http://a:1; } location / { proxy_pass http://a:2; }\n\
        location ^~ /img/ { proxy_pass http://a:3; } location ~* \\.(gif|png)$ { proxy_pass http://a:4; }\n\
        location /api { proxy_pass http://a:5; location ~ ^/api/v\\d { proxy_pass http://a:6; } }\n\
        location ~ ^/api/ { proxy_pass http://a:7; } location ~ (?=x)y { proxy_pass http://a:8; } }";
    for (path, port) in [
        ("/", 1),
        ("/index", 2),
        ("/img/a.gif", 3),
        ("/a.PNG", 4),
        ("/api", 5),
        ("/api/v1", 6),
        ("/api/x", 7),
    ] {
        let read = Folder::new(&[("site", nginx)])
            .nginx("site")
            .location(path)
            .read();
        let site = read.site.unwrap();
        assert_eq!(site.passes_to, format!("a:{port}"), "{path}");
    }
}

#[test]
fn the_upstream_that_gunicorn_listens_on_decides() {
    // The front end is at `/`, the application elsewhere.
    let nginx = "upstream back { server back:8001; }\nserver { location / { proxy_pass http://front/; }\n\
                 location ~ ^/(api|media)/ { proxy_buffering off; proxy_pass http://back; } }";
    let read = Folder::new(&[("site", nginx)])
        .nginx("site")
        .gunicorn("gunicorn -k gevent -b 0.0.0.0:8001 a")
        .read();
    let site = read.site.as_ref().unwrap();
    assert_eq!(site.location, "~ ^/(api|media)/");
    assert_eq!(proxy(&read, "proxy_buffering"), Some("false"));
    assert_eq!(site.others[0].name, "/");
    // nginx and gunicorn that do not meet.
    let nginx = "upstream app { server unix:/tmp/g.sock; }\nserver { location / { proxy_pass http://app; } }";
    let read = Folder::new(&[("site", nginx), ("g.py", "bind = '127.0.0.1:8000'\n")])
        .nginx("site")
        .gunicorn("g.py")
        .read();
    assert_eq!(
        read.site.unwrap().matched,
        Match::Conflict("127.0.0.1:8000".to_owned())
    );
}

#[test]
fn variables_and_templates_are_said_when_they_decide() {
    let nginx = "upstream app { server ${BACKEND} fail_timeout=0; }\nserver { client_max_body_size ${MOST};\n\
                 location / { try_files /x/$uri @app; } location /socket.io { proxy_pass http://${SOCKET}; }\n\
                 location @app { proxy_read_timeout 2m; proxy_pass http://app; } }";
    let folder = || {
        Folder::new(&[("site", nginx)])
            .nginx("site")
            .gunicorn("gunicorn -b 0.0.0.0:8000 a")
    };
    let read = folder().read();
    let site = read.site.as_ref().unwrap();
    assert_eq!(site.location, "/");
    assert!(
        matches!(&site.matched, Match::Untold(_, hint) if hint.english() == "--env BACKEND=…"),
        "{site:?}"
    );
    assert_eq!(proxy(&read, "proxy_read_timeout"), Some("\"2m\""));
    assert!(
        mentions(&read.told.unmapped, "the variable MOST"),
        "{:?}",
        read.told
    );
    let read = folder().env("BACKEND", "b:8000").env("MOST", "50m").read();
    assert!(matches!(
        read.site.as_ref().unwrap().matched,
        Match::Reaches(_)
    ));
    assert_eq!(proxy(&read, "client_max_body_size"), Some("\"50MiB\""));
    // A variable that `set` fills in is as good as plain.
    let nginx = "server { set $api api; location / { proxy_pass http://$api:24817; } location /c { proxy_pass http://$host; } }";
    let read = Folder::new(&[("site", nginx)])
        .nginx("site")
        .gunicorn("gunicorn -b :24817 a")
        .read();
    assert!(matches!(
        read.site.as_ref().unwrap().matched,
        Match::Reaches(_)
    ));
    for (text, kind) in [
        ("{% if x %}\nserver { }\n{% endif %}", "Jinja"),
        ("server { listen {{ port }}; }", "{{ }}"),
    ] {
        let folder = Folder::new(&[("site", text)]).nginx("site");
        let error = understand(&folder.sources).unwrap_err().to_string();
        assert!(
            error.contains("template") && error.contains(kind),
            "{error}"
        );
    }
}

#[test]
fn what_is_no_gunicorn_is_named() {
    let uwsgi = "upstream d { server unix:/x; }\nserver { location / { include uwsgi_params; uwsgi_pass d; } }";
    let error = understand(&Folder::new(&[("site", uwsgi)]).nginx("site").sources).unwrap_err();
    assert!(
        error.to_string().contains("`/` uwsgi_pass (site:2)"),
        "{error}"
    );
    let beside =
        "server { location / { uwsgi_pass d; } location /events { proxy_pass $tornado; } }";
    let read = Folder::new(&[("site", beside)]).nginx("site").read();
    assert!(asked(&read, "location"), "{:?}", read.questions);
    let lua = "http { init_by_lua_block { x = { \"}\" } -- } \n } server { location / { rewrite_by_lua_block { a[[}]] } } } }";
    let error = understand(&Folder::new(&[("n", lua)]).nginx("n").sources).unwrap_err();
    assert!(error.to_string().contains("no `location`"), "{error}");
    let unit = "[program:lemur]\ncommand=/opt/venv/bin/lemur start -b 0.0.0.0:8000\n";
    let site = "server { location /api { proxy_buffering off; proxy_pass http://lemur:8000; } }";
    let read = Folder::new(&[("site", site), ("supervisor.conf", unit)])
        .nginx("site")
        .gunicorn("supervisor.conf")
        .read();
    assert_eq!(proxy(&read, "proxy_buffering"), Some("false"));
    let question = &read.questions[0];
    assert!(
        question
            .why
            .english()
            .contains("`/opt/venv/bin/lemur start -b` (supervisor.conf:2)"),
        "{question:?}"
    );
}

#[test]
fn start_commands_are_found_wherever_they_hide() {
    let unit = "[Unit]\r\nDescription=x\r\n[Service]\r\nEnvironment=\"THREADS=4\" A=b\r\nWorkingDirectory=/srv/app\r\nExecStart=\r\n\
                ExecStart=-/srv/venv/bin/gunicorn \\\r\n  --access-logfile - \\\r\n# between\r\n  --workers 3 --threads ${THREADS} --bind unix:/run/g.sock shop.wsgi:application\r\n\
                ExecReload=/bin/kill -s HUP $MAINPID\r\n";
    let compose = "services:\n  db:\n    command: mysqld\n  web:\n    environment:\n      - WORKERS=3\n    command: gunicorn -w ${WORKERS} --threads 4 -b unix:/run/g.sock a:b\n";
    let docker = "FROM a as b\nCMD [\"gunicorn\", \"old\"]\nFROM c\nENV W=3 T=4\nENTRYPOINT [\"/entry.sh\"]\nCMD gunicorn -b unix:/run/g.sock -w $W \\\n  --threads $T a:b\n";
    for (name, text) in [
        ("g.service", unit),
        ("docker-compose.yml", compose),
        ("Dockerfile", docker),
        (
            "Procfile",
            "release: x\nworker: celery\nweb: newrelic-admin run-program gunicorn -w3 --threads=4 -bunix:/run/g.sock a\n",
        ),
        (
            "supervisor.conf",
            "[program:a]\ndirectory=/srv\ncommand=/v/bin/gunicorn -w 3 --threads 4\n  -b unix:/run/g.sock a ; note\n[program:b]\ncommand=celery\n",
        ),
        (
            "boot.sh",
            "#!/bin/sh\nW=${W:-3}\necho Starting gunicorn\nif true; then\n  exec gunicorn --workers=\"$W\" --threads ${T:-4} -b unix:/run/g.sock a > log\nfi\n",
        ),
        (
            "run",
            "#!/bin/bash\nexport GUNICORN_CMD_ARGS=\"--threads 4\" WEB_CONCURRENCY=3\nsu -c \"gunicorn -b unix:/run/g.sock a\"\n",
        ),
        (
            "gunicorn.conf.py",
            "bind = 'unix:/run/g.sock'\nworkers = 3\nthreads = 4\n",
        ),
    ] {
        let read = Folder::new(&[(name, text)]).gunicorn(name).read();
        assert_eq!(
            slots(&read),
            (Some(WorkerClass::Sync), Some(3), Some(4)),
            "{name}: {read:?}"
        );
        let gunicorn = read.gunicorn.as_ref().unwrap();
        assert_eq!(
            gunicorn.binds[0].value().unwrap(),
            "unix:/run/g.sock",
            "{name}"
        );
        assert_eq!(read.questions, [], "{name}");
    }
}

#[test]
fn a_command_names_its_file_and_wins_over_it() {
    let unit = "[Service]\nWorkingDirectory=/opt/box\nExecStart=/opt/box/bin/gunicorn --pid x --config /opt/box/gunicorn.py -w 5 box.wsgi\n";
    let files = [
        ("contrib/box.service", unit),
        (
            "contrib/gunicorn.py",
            "workers = 2\nthreads = 3\nbind = '127.0.0.1:8001'\n",
        ),
    ];
    let read = Folder::new(&files).gunicorn("contrib/box.service").read();
    assert_eq!(slots(&read), (Some(WorkerClass::Sync), Some(5), Some(3)));
    assert_eq!(
        read.gunicorn.unwrap().settings["threads"].how().english(),
        "gunicorn.py:2"
    );
    // The same unit without its file: what it does not say itself is not known.
    let read = Folder::new(&files[..1])
        .gunicorn("contrib/box.service")
        .read();
    assert!(
        asked(&read, "worker_class") && asked(&read, "threads"),
        "{:?}",
        read.questions
    );
    assert!(!asked(&read, "workers"));
    // Below a root the path is taken as it is.
    let mut folder = Folder::new(&[
        ("u.service", unit),
        ("root/opt/box/gunicorn.py", "worker_class = 'gevent'\n"),
    ]);
    folder.sources.root = Some(folder.path("root"));
    let read = folder.gunicorn("u.service").read();
    assert_eq!(slots(&read).0, Some(WorkerClass::Gevent));
}

#[test]
fn variables_that_decide_are_asked_for() {
    let script = "#!/bin/bash\nexec gunicorn -w \"$GUNICORN_WORKERS\" -k uvicorn.workers.UvicornWorker a --bind 0.0.0.0:\"${PORT:-8000}\"\n";
    let folder = || Folder::new(&[("entry.sh", script)]).gunicorn("entry.sh");
    let read = folder().read();
    assert_eq!(slots(&read), (Some(WorkerClass::Uvicorn), None, Some(1)));
    let hints: Vec<String> = (read.questions.iter())
        .map(|one| one.hint.english())
        .collect();
    assert_eq!(hints, ["--env GUNICORN_WORKERS=…"]);
    let read = folder().env("GUNICORN_WORKERS", "2").read();
    assert_eq!(slots(&read).1, Some(2));
    assert_eq!(read.questions, []);
    // What a unit's file of variables says, and what follows if it is not there.
    let unit = "[Service]\nEnvironmentFile=/srv/x.env\nExecStart=/bin/gunicorn -w ${W} a\n";
    let read = Folder::new(&[("a.service", unit), ("x.env", "W='6'\n")])
        .gunicorn("a.service")
        .read();
    assert_eq!(slots(&read).1, Some(6));
    let read = Folder::new(&[("a.service", unit)])
        .gunicorn("a.service")
        .read();
    assert!(
        read.questions[0]
            .why
            .english()
            .contains("`/srv/x.env` is not there"),
        "{:?}",
        read.questions
    );
    // A script sees the variables of the compose file beside it.
    let read = Folder::new(&[
        ("e.sh", "exec gunicorn -w ${W:-1} a\n"),
        (
            "compose.yaml",
            "services:\n  a:\n    environment:\n      W: 7\n",
        ),
    ])
    .gunicorn("e.sh")
    .gunicorn("compose.yaml")
    .read();
    assert_eq!(slots(&read).1, Some(7));
    // And those of its image, where compose does not set them; of two images nobody knows which is its.
    let image = |workers| format!("FROM x\nENV W={workers}\nCMD [\"/e.sh\"]\n");
    let folder = || {
        let files = [
            ("e.sh", "exec gunicorn a -w $W\n".to_owned()),
            ("Dockerfile", image(3)),
            ("Dockerfile.gpu", image(5)),
            (
                "compose.yaml",
                "services:\n  a:\n    environment:\n      W: 7\n".to_owned(),
            ),
        ];
        Folder::new(&files.each_ref().map(|(name, text)| (*name, text.as_str())))
            .gunicorn("e.sh")
            .gunicorn("Dockerfile")
    };
    assert_eq!(slots(&folder().read()).1, Some(3));
    let with_compose = folder().gunicorn("compose.yaml").read();
    assert_eq!(slots(&with_compose).1, Some(7));
    let two_images = folder().gunicorn("Dockerfile.gpu").read();
    assert_eq!(two_images.questions[0].about, "workers");
    let python =
        "import multiprocessing\nworkers = multiprocessing.cpu_count() * 2 + 1\nthreads = 2\n";
    let folder = || Folder::new(&[("g.py", python)]).gunicorn("g.py");
    assert_eq!(
        folder().read().questions[0].hint.english(),
        "--cpus N, the server's number of CPUs"
    );
    let read = folder().cpus(4).read();
    assert_eq!(
        read.gunicorn.unwrap().settings["workers"].how().english(),
        "--cpus 4; g.py:2"
    );
}

/// Shapes of public sites: a program of supervisor with its file beside it, a script that starts nginx first, a script that a compose file names, a Procfile that
/// names a script that is not given.
#[test]
fn sites_start_gunicorn_in_many_ways() {
    let supervised = Folder::new(&[
        (
            "site.conf",
            "[supervisord]\nnodaemon=true\n[program:gunicorn]\ncommand=gunicorn shop.wsgi -c /srv/shop/web_conf.py\n\
             directory=/srv/shop\n[program:nginx]\ncommand=/usr/sbin/nginx\n",
        ),
        (
            "web_conf.py",
            "import multiprocessing\nworkers = multiprocessing.cpu_count() * 2 + 1\nworker_connections = 100 * workers\nworker_class = 'gevent'\n",
        ),
    ]);
    let read = supervised.gunicorn("site.conf").cpus(2).read();
    assert_eq!(slots(&read), (Some(WorkerClass::Gevent), Some(5), Some(1)));
    let connections = read.told.backend("worker_connections").unwrap();
    assert_eq!(connections.value.value().unwrap(), "500");

    let script = "#!/bin/bash\nset -m\nenvsubst < /t > /etc/nginx/site\nnginx -t\nservice nginx restart\ngunicorn $APP -w $GUNICORN_WORKERS --log-file -\n";
    let folder = || Folder::new(&[("run.sh", script)]).gunicorn("run.sh");
    assert!(asked(&folder().read(), "workers"));
    let told = folder().env("GUNICORN_WORKERS", "6").read();
    assert_eq!(slots(&told).1, Some(6));

    let files = [
        (
            "compose.yml",
            "services:\n  app:\n    command: /scripts/run.sh\n",
        ),
        ("run.sh", "#!/bin/sh\ngunicorn -c /conf/g_conf.py app:app\n"),
        (
            "g_conf.py",
            "workers = 3\nworker_class = 'uvicorn.workers.UvicornWorker'\nbind = '0.0.0.0:9000'\n",
        ),
    ];
    let folder = Folder::new(&files).gunicorn("compose.yml");
    let read = folder.gunicorn("run.sh").gunicorn("g_conf.py").read();
    assert_eq!(slots(&read).0, Some(WorkerClass::Uvicorn));
    assert_eq!(slots(&read).1, Some(3));

    let read = Folder::new(&[("Procfile", "web: bash start.sh\n")])
        .gunicorn("Procfile")
        .read();
    let why = read.questions[0].why.english();
    assert!(why.contains("`bash start.sh` (Procfile:1)"), "{why}");
}

/// A script that a script that an image starts: what it exports is seen, and what it does not is not.
#[test]
fn scripts_are_followed_to_where_they_start_gunicorn() {
    let files = [
        (
            "Dockerfile",
            "FROM x\nENV W=3\nWORKDIR /app\nENTRYPOINT [\"/usr/bin/tini\", \"--\", \"/app/entry.sh\"]\n",
        ),
        (
            "entry.sh",
            "#!/bin/sh\nset -e\nT=9\nexport B=unix:/run/g.sock\nchmod +x ./other.sh\nif [ -n \"$X\" ]; then ./loop.sh; fi\n\
             exec \"$(dirname \"$0\")/start.sh\" --quiet\n",
        ),
        ("loop.sh", "#!/bin/sh\n./entry.sh\n. ./loop.sh\n"),
        ("other.sh", "#!/bin/sh\nexec gunicorn -w 99 never\n"),
        (
            "start.sh",
            "#!/bin/sh\nexec gunicorn -w ${W:-1} --threads ${T:-4} -b $B -c conf/g.py shop\n",
        ),
        (
            "conf/g.py",
            "import os\nbacklog = 7\nkeepalive = 9 if os.environ['B'] else 1\n",
        ),
    ];
    let read = Folder::new(&files).gunicorn("Dockerfile").read();
    assert_eq!(slots(&read), (Some(WorkerClass::Sync), Some(3), Some(4)));
    assert_eq!(read.questions, []);
    let gunicorn = read.gunicorn.as_ref().unwrap();
    assert_eq!(gunicorn.start.as_ref().unwrap().to_string(), "start.sh:2");
    assert_eq!(gunicorn.binds[0].value().unwrap(), "unix:/run/g.sock");
    assert_eq!(gunicorn.settings["keepalive"].value().unwrap(), "9");
    // Named as well, it is read once, with what it is given.
    let both = Folder::new(&files)
        .gunicorn("start.sh")
        .gunicorn("Dockerfile")
        .read();
    assert_eq!(slots(&both).1, Some(3));
    assert_eq!((both.told.notes, both.questions), (Vec::new(), Vec::new()));
    // A template is none that anybody starts.
    let templated = [
        ("Procfile", "web: ./start\n"),
        (
            "start",
            "#!/bin/sh\n{%- if async %}\nexec gunicorn -w 2 a\n{%- endif %}\n",
        ),
    ];
    let read = Folder::new(&templated).gunicorn("Procfile").read();
    let why = read.questions[0].why.english();
    assert!(why.contains("`./start` (Procfile:1)"), "{why}");
    let named = Folder::new(&templated).gunicorn("start");
    let error = understand(&named.sources).unwrap_err().to_string();
    assert!(
        error.contains("start`, line 2: this is a template (Jinja's)"),
        "{error}"
    );
    // Two services give it different ones.
    let compose = "services:\n  a:\n    command: sh -c \"sleep 1 && ./start.sh\"\n    environment:\n      W: 2\n      B: b\n\
                   \x20 b:\n    command: ./start.sh\n    environment:\n      W: 5\n      B: b\n";
    let read = Folder::new(&[("compose.yml", compose), files[4], files[5]])
        .gunicorn("compose.yml")
        .read();
    let why = read.questions[0].why.english();
    assert_eq!(
        why,
        "start.sh:2 (compose.yml:3) and start.sh:2 (compose.yml:8) say different things"
    );
}

/// Twenty scripts that name each other, all of them, and a FIFO.
#[test]
fn scripts_that_name_each_other_come_to_an_end() {
    let every: String = (0..20).map(|n| format!("./s{n}.sh\n")).collect();
    let script = format!("#!/bin/sh\n{every}bash fifo.sh\n{every}gunicorn -w 2 a\n");
    let names: Vec<String> = (0..20).map(|n| format!("s{n}.sh")).collect();
    let files: Vec<(&str, &str)> = (names.iter())
        .map(|name| (name.as_str(), script.as_str()))
        .collect();
    let folder = Folder::new(&files);
    let fifo = folder.path("fifo.sh");
    let kind = rustix::fs::FileType::Fifo;
    rustix::fs::mknodat(rustix::fs::CWD, &fifo, kind, rustix::fs::Mode::RUSR, 0).unwrap();
    assert_eq!(slots(&folder.gunicorn("s0.sh").read()).1, Some(2));
}

/// A script that speaks of gunicorn starts none; what a compose file's own file of variables sets is seen; the end of a path is found.
#[test]
fn what_is_said_of_gunicorn_starts_none() {
    let script = "#!/bin/bash\nbin=$(pick)\ninfo \"Starting gunicorn webserver...\"\nlog Starting gunicorn now\nsay \"gunicorn -w 9 a\"\nexec \"$bin\" \"${args[@]}\"\n";
    let read = Folder::new(&[("run.sh", script)]).gunicorn("run.sh").read();
    assert!(asked(&read, "workers"), "{read:?}");
    let files = [
        ("entry.sh", "#!/bin/bash\ngunicorn a -b 0.0.0.0:80\n"),
        (
            "compose.yml",
            "services:\n  web:\n    env_file:\n      - ./conf/prod.env\n    environment:\n      W: 2\n  job:\n    command: /start-job\n    env_file: ./conf/prod.env\n",
        ),
        (
            "conf/prod.env",
            "GUNICORN_CMD_ARGS=\"--workers 3 --threads 2\"\nW=1\n",
        ),
        ("Dockerfile", "FROM x\nENTRYPOINT [\"/app/bin/entry\"]\n"),
        ("bin/entry", "#!/bin/sh\nexec gunicorn -w 7 a\n"),
    ];
    let read = Folder::new(&files)
        .gunicorn("entry.sh")
        .gunicorn("compose.yml")
        .read();
    assert_eq!(slots(&read), (Some(WorkerClass::Sync), Some(3), Some(2)));
    let alone = Folder::new(&files[..2])
        .gunicorn("entry.sh")
        .gunicorn("compose.yml")
        .read();
    assert!(mentions(
        &alone.told.notes,
        "variables of `./conf/prod.env`"
    ));
    let image = Folder::new(&files).gunicorn("Dockerfile").read();
    assert_eq!(slots(&image).1, Some(7));
    // Two branches that listen on the same address.
    let branches = "if [ $A ]; then\n gunicorn -b :80 -k gevent a\nelse\n gunicorn -b :80 a\nfi\n";
    let read = Folder::new(&[("s.sh", branches)]).gunicorn("s.sh").read();
    assert!(asked(&read, "worker_class"), "{read:?}");
}

/// gunicorn reads such a file without being told to: its defaults are no certainty where nobody can look.
#[test]
fn a_folder_that_is_not_here_may_say_more() {
    let unit =
        "[Service]\nWorkingDirectory=/srv/app\nExecStart=/usr/bin/gunicorn -b unix:/run/g.sock a\n";
    let folder = |files: &[(&str, &str)]| {
        let mut all = vec![("g.service", unit)];
        all.extend(files);
        Folder::new(&all).gunicorn("g.service")
    };
    let unseen = folder(&[]).read();
    assert!(mentions(&unseen.told.notes, "gunicorn.conf.py in /srv/app"));
    let empty = folder(&[("srv/app/a.py", "")]).read();
    assert!(empty.told.notes.is_empty(), "{:?}", empty.told.notes);
    let found = folder(&[("srv/app/gunicorn.conf.py", "workers = 5\n")]).read();
    assert!(found.told.notes.is_empty(), "{:?}", found.told.notes);
    assert_eq!(slots(&found).1, Some(5));
    let named = folder(&[("g.py", "workers = 6\n")]).gunicorn("g.py").read();
    assert!(named.told.notes.is_empty(), "{:?}", named.told.notes);
    assert_eq!(slots(&named).1, Some(6));
}

/// As `docker compose up` does: an image's `ENV` holds where nobody else says anything.
#[test]
fn compose_wins_over_the_image_also_in_the_images_own_command() {
    let image = "FROM x\nENV W=2 T=4\nENV W=3\nCMD gunicorn a -w $W --threads $T\n";
    let compose = "services:\n  a:\n    build: .\n    environment:\n      W: 7\n";
    let of = |named: &[&str]| {
        let folder = Folder::new(&[("Dockerfile", image), ("compose.yaml", compose)]);
        slots(
            &named
                .iter()
                .fold(folder, |all, one| all.gunicorn(one))
                .read(),
        )
    };
    assert_eq!(of(&["Dockerfile"]).1, Some(3));
    for both in [
        ["Dockerfile", "compose.yaml"],
        ["compose.yaml", "Dockerfile"],
    ] {
        let (_, workers, threads) = of(&both);
        assert_eq!((workers, threads), (Some(7), Some(4)), "{both:?}");
    }
}

#[test]
fn of_several_commands_the_one_that_nginx_reaches_counts() {
    let site = "server { location / { proxy_pass http://localhost:8000; } }";
    let files = [
        ("site", site),
        ("boot.sh", "exec gunicorn -b :5000 app\n"),
        (
            "s.conf",
            "[program:m]\ncommand=gunicorn -b localhost:8000 -w 4 app\n",
        ),
        ("Procfile", "web: gunicorn app\n"),
    ];
    let read = Folder::new(&files)
        .nginx("site")
        .gunicorn("boot.sh")
        .gunicorn("s.conf")
        .gunicorn("Procfile")
        .read();
    assert_eq!(slots(&read).1, Some(4));
    assert_eq!(read.questions, []);
    assert!(
        mentions(
            &read.told.notes,
            "boot.sh:1 starts another one (workers differ)"
        ),
        "{:?}",
        read.told.notes
    );
    // A branch for development does not count; two that disagree are a question.
    let script = "if [ $D ]; then\n gunicorn -w 1 --reload a\nelse\n gunicorn -w 3 a\nfi\n";
    let read = Folder::new(&[("s.sh", script)]).gunicorn("s.sh").read();
    assert_eq!((slots(&read).1, read.questions.len()), (Some(3), 0));
    let script = "if [ $D ]; then\n gunicorn -w 1 a\nelse\n gunicorn -w 3 a\nfi\n";
    let read = Folder::new(&[("s.sh", script)]).gunicorn("s.sh").read();
    assert!(asked(&read, "workers"), "{read:?}");
}

#[test]
fn classes_come_with_what_they_read_and_without_what_they_ignore() {
    let settings = "threads = 4\nworker_connections = 50\nkeepalive = 5\n";
    for (class, expected, told) in [
        ("gthread", WorkerClass::Gthread, 0),
        ("gevent", WorkerClass::Gevent, 1),
        ("uvicorn.workers.UvicornWorker", WorkerClass::Uvicorn, 2),
        ("gunicorn.workers.gasgi.ASGIWorker", WorkerClass::Asgi, 2),
        ("egg:gunicorn#sync", WorkerClass::Sync, 0),
    ] {
        let text = format!("{settings}worker_class = '{class}'\n");
        let read = Folder::new(&[("g.py", &text)]).gunicorn("g.py").read();
        assert_eq!(slots(&read).0, Some(expected), "{class}");
        assert_eq!(
            read.told.notes.len(),
            told,
            "{class}: {:?}",
            read.told.notes
        );
    }
    let custom = Folder::new(&[("g.py", "worker_class = 'paper.Worker'\n")])
        .gunicorn("g.py")
        .read();
    assert!(asked(&custom, "worker_class"));
    let zero = Folder::new(&[("g.py", "workers = 0\n")])
        .gunicorn("g.py")
        .read();
    assert!(asked(&zero, "workers"));
}

#[test]
fn includes_are_looked_up_as_nginx_does_or_by_the_ends_of_their_paths() {
    let main = "include /etc/nginx/conf.d/locations;\ninclude /etc/nginx/mime.types;\ninclude /etc/x/ssl.conf;\n";
    let site = format!("server {{ {main} }}");
    let files = [
        ("nginx/site.conf", site.as_str()),
        (
            "nginx/locations",
            "location / { proxy_pass http://web:8000; }",
        ),
    ];
    let read = Folder::new(&files)
        .nginx("nginx/site.conf")
        .gunicorn("gunicorn -b 0.0.0.0:8000 a")
        .read();
    assert!(matches!(
        read.site.as_ref().unwrap().matched,
        Match::Reaches(_)
    ));
    assert!(
        mentions(&read.told.notes, "read as"),
        "{:?}",
        read.told.notes
    );
    assert!(
        mentions(&read.told.unmapped, "/etc/x/ssl.conf (site.conf:3)"),
        "{:?}",
        read.told.unmapped
    );
    assert!(!mentions(&read.told.unmapped, "mime.types"));
    // Below a root that was named, absolute paths mean what they say.
    let files = [
        (
            "r/etc/nginx/nginx.conf",
            "http { include /etc/nginx/sites-enabled/*; }",
        ),
        (
            "r/etc/nginx/sites-enabled/b",
            "server { include snippets/p; location / { proxy_pass http://web:8000; } }",
        ),
        ("r/etc/nginx/snippets/p", "proxy_buffering off;"),
    ];
    let mut folder = Folder::new(&files).nginx("r/etc/nginx/nginx.conf");
    folder.sources.root = Some(folder.path("r"));
    assert_eq!(proxy(&folder.read(), "proxy_buffering"), Some("false"));
}

#[test]
fn several_servers_are_several_backends() {
    let site = "upstream u { server a:8000 max_fails=3 fail_timeout=5s weight=2; server b:8000; server c:8000 backup; }\n\
                server { location / { proxy_pass http://u; } }";
    let read = Folder::new(&[("s", site)])
        .nginx("s")
        .gunicorn("gunicorn -b 0.0.0.0:8000 a")
        .read();
    assert_eq!(
        read.told
            .backend("instances")
            .unwrap()
            .value
            .value()
            .unwrap(),
        "2"
    );
    assert_eq!(proxy(&read, "upstream.max_fails"), Some("3"));
    assert!(mentions(&read.told.unmapped, "same weight"));
    let kept = "upstream u { server a:8000; keepalive 8; }\nserver { proxy_http_version 1.1; proxy_set_header Connection '';\n\
                location / { proxy_pass http://u; } }";
    let read = Folder::new(&[("s", kept)]).nginx("s").read();
    assert_eq!(proxy(&read, "upstream.keepalive"), Some("8"));
}

#[test]
fn limits_count_for_each_address_only_if_their_zone_does() {
    for (key, mapped) in [("$binary_remote_addr", true), ("$server_name", false)] {
        let text = format!(
            "http {{ limit_conn_zone {key} zone=a:1m; server {{ limit_conn a 4; location / {{ proxy_pass http://x:8000; }} }} }}"
        );
        let read = Folder::new(&[("n", &text)]).nginx("n").read();
        assert_eq!(proxy(&read, "limit_conn"), mapped.then_some("4"), "{key}");
    }
}

#[test]
fn hostile_files_are_errors_soon() {
    let dir = tempfile::tempdir().unwrap();
    let main = dir.path().join("nginx.conf");
    let sources = Sources {
        nginx: Some(main.clone()),
        ..Sources::default()
    };
    let complaint = |text: &[u8]| {
        std::fs::write(&main, text).unwrap();
        understand(&sources).unwrap_err().to_string()
    };
    let fifo = dir.path().join("fifo");
    let kind = rustix::fs::FileType::Fifo;
    rustix::fs::mknodat(rustix::fs::CWD, &fifo, kind, rustix::fs::Mode::RUSR, 0).unwrap();
    for n in 0..10 {
        let all: String = (0..10).map(|m| format!("include f{m};\n")).collect();
        std::fs::write(dir.path().join(format!("f{n}")), all).unwrap();
    }
    for (text, words) in [
        ("a {".repeat(20_000), "too deep"),
        ("include nginx.conf;".to_owned(), "too deeply"),
        ("include f0;".to_owned(), "too deeply"),
        ("include fifo;".to_owned(), "not a regular file"),
        ("include /dev/zero;".to_owned(), "no `location`"),
        ("x;".repeat(400_000), "more than"),
        (
            "server { location / { proxy_pass http://a; } }\nb 2".to_owned(),
            "ends within",
        ),
        ("http {\n a 1\n}\n".to_owned(), "`;` is missing"),
        (";".to_owned(), "no name"),
        ("a;\n}\n".to_owned(), "too many"),
        ("a \"x;\n".to_owned(), "quote"),
    ] {
        let said = complaint(text.as_bytes());
        assert!(said.contains(words), "{words}: {said}");
    }
    // Latin-1, a byte-order mark and Windows' line ends are only bytes.
    let odd = b"\xef\xbb\xbfserver {\r\n # caf\xe9\r\n location / {\r\n proxy_pass http://a:8000;\r\n }\r\n}\r\n";
    std::fs::write(&main, odd).unwrap();
    assert_eq!(
        understand(&sources).unwrap().site.unwrap().passes_to,
        "a:8000"
    );
}

#[test]
fn a_wrong_path_is_an_error_and_no_default() {
    for named in ["/nowhere/gunicorn.conf.py", "/nowhere/my.service"] {
        let sources = Sources {
            gunicorn: vec![named.to_owned()],
            ..Sources::default()
        };
        let error = understand(&sources).unwrap_err().to_string();
        assert!(error.contains(named), "{error}");
    }
    let sources = Sources {
        gunicorn: vec!["uwsgi --ini x".to_owned()],
        ..Sources::default()
    };
    assert!(
        understand(&sources)
            .unwrap_err()
            .to_string()
            .contains("starts no gunicorn")
    );
    assert!(!Path::new("/nowhere").exists());
}
