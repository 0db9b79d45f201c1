//! Whole configurations, as sites have them.

use super::*;

const NGINX: &str = r#"
user www-data;
worker_processes auto;
events { worker_connections 768; }
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

fn import_text(
    nginx: &str,
    location: Option<&str>,
    gunicorn: Option<&str>,
) -> Result<Imported, ImportError> {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("conf.d")).unwrap();
    std::fs::write(dir.path().join("conf.d/app.conf"), UPSTREAM).unwrap();
    let path = dir.path().join("nginx.conf");
    std::fs::write(&path, nginx).unwrap();
    let python = dir.path().join("gunicorn.conf.py");
    let gunicorn = gunicorn.map(|text| {
        std::fs::write(&python, text).unwrap();
        python.display().to_string()
    });
    import(&Sources {
        nginx: Some(path),
        location: location.map(str::to_owned),
        gunicorn,
    })
}

fn mentions(list: &[String], word: &str) -> bool {
    list.iter().any(|line| line.contains(word))
}

#[test]
fn the_first_location_that_passes_requests_on_inherits_from_server_and_http() {
    let imported = import_text(NGINX, None, None).unwrap();
    assert_eq!(
        imported.proxy("proxy_read_timeout"),
        Some("\"45s\""),
        "server wins over http"
    );
    assert_eq!(imported.proxy("send_timeout"), Some("\"30s\""));
    assert_eq!(
        imported.proxy("proxy_buffers"),
        Some("{ count = 16, size = \"8KiB\" }")
    );
    assert_eq!(
        imported.proxy("proxy_buffering"),
        None,
        "the inner location's own"
    );
    assert_eq!(imported.proxy("listen.backlog"), Some("1024"));
    assert_eq!(imported.backend("bind"), Some("\"unix\""));
    assert!(
        mentions(&imported.unmapped, "keepalive 8"),
        "{:?}",
        imported.unmapped
    );
    assert!(mentions(&imported.unmapped, "TLS"));
    assert!(mentions(&imported.unmapped, "regular expression"));
    assert!(mentions(&imported.unmapped, "worker_processes auto"));
    assert!(mentions(&imported.ignored, "proxy_set_header"));
    assert!(mentions(&imported.ignored, "server_name"));
}

#[test]
fn a_path_chooses_its_location_as_nginx_does() {
    let events = import_text(NGINX, Some("/events/1"), None).unwrap();
    assert_eq!(events.proxy("proxy_buffering"), Some("false"));
    assert_eq!(events.proxy("proxy_read_timeout"), Some("\"1h\""));
    assert_eq!(
        events.proxy("proxy_buffers"),
        Some("{ count = 16, size = \"8KiB\" }"),
        "inherited from the outer location"
    );
    let health = import_text(NGINX, Some("/health"), None).unwrap();
    assert_eq!(health.backend("bind"), Some("\"tcp\""));
    assert_eq!(health.proxy("proxy_buffers"), None);
    let error = import_text(
        "http { server { location /a { proxy_pass http://127.0.0.1:1; } } }",
        Some("/b"),
        None,
    )
    .unwrap_err();
    assert!(error.to_string().contains("these do: /a"), "{error}");
}

#[test]
fn gunicorn_settings_are_read_and_never_run() {
    let python = "import multiprocessing\nbind = ['unix:/run/app.sock']  # a list\nworkers = multiprocessing.cpu_count() * 2 + 1\n\
                  timeout = 45\nworker_class = \"gthread\"\nmax_requests=1000\nproc_name = 'shop'\n\ndef post_fork(server, worker):\n    timeout = 1\n";
    let imported = import_text(NGINX, None, Some(python)).unwrap();
    assert_eq!(
        imported.backend("timeout"),
        Some("\"45s\""),
        "the function's own variable does not count"
    );
    assert_eq!(imported.backend("max_requests"), Some("1000"));
    assert_eq!(imported.backend("workers"), None);
    assert!(
        mentions(&imported.unmapped, "cpu_count"),
        "{:?}",
        imported.unmapped
    );
    assert_eq!(imported.backend("worker_class"), Some("\"gthread\""));
    assert!(mentions(&imported.ignored, "proc_name"));
}

#[test]
fn a_command_line_will_do() {
    let line = "gunicorn -w 4 -b unix:/run/a.sock --timeout=90 --max-requests 500 -k sync --access-logfile - shop.wsgi:application";
    let imported = import(&Sources {
        gunicorn: Some(line.to_owned()),
        ..Sources::default()
    })
    .unwrap();
    for (key, value) in [
        ("workers", "4"),
        ("bind", "\"unix\""),
        ("timeout", "\"90s\""),
        ("max_requests", "500"),
        ("worker_class", "\"sync\""),
    ] {
        assert_eq!(imported.backend(key), Some(value), "{key}");
    }
    assert!(imported.unmapped.is_empty(), "{:?}", imported.unmapped);
}

#[test]
fn worker_classes_come_with_what_they_read_and_without_what_they_ignore() {
    let read = |python: &str| import_text(NGINX, None, Some(python)).unwrap();
    let settings = "threads = 4\nworker_connections = 50\nkeepalive = 5\n";
    for (class, expected, told) in [
        ("gthread", "gthread", vec![]),
        ("gevent", "gevent", vec!["threads = 4: gevent"]),
        (
            "uvicorn.workers.UvicornWorker",
            "uvicorn",
            vec!["threads = 4: uvicorn", "worker_connections = 50: uvicorn"],
        ),
        (
            "gunicorn.workers.gasgi.ASGIWorker",
            "asgi",
            vec!["threads = 4: asgi", "worker_connections = 50: asgi"],
        ),
    ] {
        let imported = read(&format!("{settings}worker_class = '{class}'\n"));
        let class = imported.backend("worker_class").unwrap();
        assert_eq!(class, format!("\"{expected}\""));
        assert_eq!(imported.backend("keepalive"), Some("\"5s\""));
        let of_class = imported.ignored.iter();
        let of_class = of_class.filter(|line| line.contains(&format!(": {expected} ")));
        assert_eq!(of_class.count(), told.len(), "{:?}", imported.ignored);
        for told in told {
            assert!(mentions(&imported.ignored, told), "{:?}", imported.ignored);
        }
    }
    // Several threads make gthread, which reads all of them; a plain sync worker none.
    let threads = read(settings);
    assert_eq!(threads.backend("threads"), Some("4"));
    assert!(to_toml(&threads).contains("count = 4, start"));
    let sync = read("threads = 1\nworker_connections = 50\nkeepalive = 5\n");
    assert_eq!(sync.backend("keepalive"), None);
    assert!(mentions(&sync.ignored, "keepalive = \"5s\": sync closes"));
    let other = read("worker_class = 'tornado'\n");
    assert!(mentions(&other.unmapped, "tornado"), "{:?}", other.unmapped);
}

#[test]
fn a_file_that_was_not_copied_along_is_listed() {
    let text =
        "http { include mime.types; server { location / { proxy_pass http://127.0.0.1:1; } } }";
    let imported = import_text(text, None, None).unwrap();
    assert!(
        mentions(&imported.unmapped, "include mime.types"),
        "{imported:?}"
    );
}

#[test]
fn what_is_missing_is_named() {
    let none = import(&Sources {
        nginx: Some("/nowhere/nginx.conf".into()),
        ..Sources::default()
    })
    .unwrap_err();
    assert!(none.to_string().contains("/nowhere/nginx.conf"), "{none}");
}

#[test]
fn a_named_location_is_reached_through_try_files() {
    let nginx = "http { proxy_buffering off; server { send_timeout 5s; location / { send_timeout 9s; try_files $uri @app; }\n\
         location @app { proxy_pass http://127.0.0.1:8000; proxy_read_timeout 7s; } location ~ ^/x/(\\d+)$ { proxy_pass http://y; } } }";
    for location in [None, Some("/checkout")] {
        let imported = import_text(nginx, location, None).unwrap();
        assert_eq!(imported.proxy("proxy_read_timeout"), Some("\"7s\""));
        assert_eq!(imported.proxy("proxy_buffering"), Some("false"));
        // What stands in the first location does not hold in the named one.
        assert_eq!(imported.proxy("send_timeout"), Some("\"5s\""));
        assert!(mentions(&imported.unmapped, r"^/x/(\d+)$"), "{imported:?}");
    }
}

#[test]
fn a_systemd_unit_is_read_by_its_command() {
    let unit = "[Unit]\nDescription=gunicorn\n[Service]\nUser=www-data\nExecStart=/srv/venv/bin/gunicorn \\\n  --access-logfile - \\\n  \
         --workers 3 --bind unix:/run/g.sock shop.wsgi:application\nExecReload=/bin/kill -s HUP $MAINPID\n";
    let imported = import_text(NGINX, None, Some(unit)).unwrap();
    assert_eq!(imported.backend("workers"), Some("3"));
    assert_eq!(imported.backend("bind"), Some("\"unix\""));
    assert!(
        mentions(&imported.ignored, "--access-logfile -"),
        "{imported:?}"
    );
}

#[test]
fn workers_that_are_computed_are_assumed_and_marked() {
    let computed = "workers = multiprocessing.cpu_count() * 2 + 1\n";
    let text = to_toml(&import_text(NGINX, None, Some(computed)).unwrap());
    assert!(text.contains("workers = 4            # ASSUMED"), "{text}");
    assert!(text.contains("\"backend.workers\" = 8"), "{text}");
    let text = to_toml(&import_text(NGINX, None, None).unwrap());
    assert!(
        text.contains("workers = 1            # gunicorn's default"),
        "{text}"
    );
}

#[test]
fn a_value_that_an_inner_level_replaces_is_told_as_replaced() {
    let imported = import_text(NGINX, Some("/events"), None).unwrap();
    let told: Vec<&String> = imported
        .understood
        .iter()
        .filter(|line| line.starts_with("proxy_read_timeout"))
        .collect();
    assert_eq!(
        told,
        [
            "proxy_read_timeout 20s (replaced below)",
            "proxy_read_timeout 45s (replaced below)",
            "proxy_read_timeout 1h"
        ]
    );
}

#[test]
fn a_condition_is_not_passed_over_in_silence() {
    let nginx = "http { server { location / { proxy_pass http://127.0.0.1:8000; if ($request_method = POST) { return 405; } } } }";
    let imported = import_text(nginx, None, None).unwrap();
    assert!(mentions(&imported.unmapped, "if"), "{imported:?}");
}
