//! gunicorn's command line, as argparse takes it apart: long options by any prefix that is theirs alone, short ones with their value glued on.
//!
//! The table is that of gunicorn 27.0.1 with what 20 to 26 had besides.

use crate::understand::known::Text;

/// An option: its long name, its short letter, the setting, whether a value follows.
struct Known {
    long: &'static str,
    short: Option<char>,
    setting: &'static str,
    takes: bool,
}

const fn valued(long: &'static str, setting: &'static str) -> Known {
    Known {
        long,
        short: None,
        setting,
        takes: true,
    }
}

const fn flag(long: &'static str, setting: &'static str) -> Known {
    Known {
        long,
        short: None,
        setting,
        takes: false,
    }
}

const fn short(short: char, long: &'static str, setting: &'static str) -> Known {
    Known {
        long,
        short: Some(short),
        setting,
        takes: true,
    }
}

const OPTIONS: &[Known] = &[
    short('c', "config", "config"),
    short('b', "bind", "bind"),
    valued("backlog", "backlog"),
    short('w', "workers", "workers"),
    short('k', "worker-class", "worker_class"),
    valued("threads", "threads"),
    valued("worker-connections", "worker_connections"),
    valued("max-requests", "max_requests"),
    valued("max-requests-jitter", "max_requests_jitter"),
    short('t', "timeout", "timeout"),
    valued("graceful-timeout", "graceful_timeout"),
    valued("keep-alive", "keepalive"),
    valued("limit-request-line", "limit_request_line"),
    valued("limit-request-fields", "limit_request_fields"),
    valued("limit-request-field_size", "limit_request_field_size"),
    flag("reload", "reload"),
    valued("reload-engine", "reload_engine"),
    valued("reload-extra-file", "reload_extra_files"),
    flag("spew", "spew"),
    flag("check-config", "check_config"),
    flag("print-config", "print_config"),
    flag("preload", "preload_app"),
    flag("no-sendfile", "sendfile"),
    flag("reuse-port", "reuse_port"),
    valued("chdir", "chdir"),
    Known {
        long: "daemon",
        short: Some('D'),
        setting: "daemon",
        takes: false,
    },
    short('e', "env", "raw_env"),
    short('p', "pid", "pidfile"),
    valued("worker-tmp-dir", "worker_tmp_dir"),
    short('u', "user", "user"),
    short('g', "group", "group"),
    short('m', "umask", "umask"),
    flag("initgroups", "initgroups"),
    valued("forwarded-allow-ips", "forwarded_allow_ips"),
    valued("access-logfile", "accesslog"),
    flag(
        "disable-redirect-access-to-syslog",
        "disable_redirect_access_to_syslog",
    ),
    valued("access-logformat", "access_log_format"),
    valued("error-logfile", "errorlog"),
    valued("log-file", "errorlog"),
    valued("log-level", "loglevel"),
    flag("capture-output", "capture_output"),
    valued("logger-class", "logger_class"),
    valued("log-config", "logconfig"),
    valued("log-config-dict", "logconfig_dict"),
    valued("log-config-json", "logconfig_json"),
    valued("log-syslog-to", "syslog_addr"),
    flag("log-syslog", "syslog"),
    valued("log-syslog-prefix", "syslog_prefix"),
    valued("log-syslog-facility", "syslog_facility"),
    Known {
        long: "enable-stdio-inheritance",
        short: Some('R'),
        setting: "enable_stdio_inheritance",
        takes: false,
    },
    valued("statsd-host", "statsd_host"),
    valued("dogstatsd-tags", "dogstatsd_tags"),
    valued("statsd-prefix", "statsd_prefix"),
    flag("enable-backlog-metric", "enable_backlog_metric"),
    short('n', "name", "proc_name"),
    valued("pythonpath", "pythonpath"),
    valued("paste", "paste"),
    valued("paster", "paste"),
    flag("proxy-protocol", "proxy_protocol"),
    valued("proxy-allow-from", "proxy_allow_ips"),
    valued("protocol", "protocol"),
    valued("uwsgi-allow-from", "uwsgi_allow_ips"),
    valued("keyfile", "keyfile"),
    valued("certfile", "certfile"),
    valued("ssl-version", "ssl_version"),
    valued("cert-reqs", "cert_reqs"),
    valued("ca-certs", "ca_certs"),
    flag("suppress-ragged-eofs", "suppress_ragged_eofs"),
    flag("do-handshake-on-connect", "do_handshake_on_connect"),
    valued("ciphers", "ciphers"),
    valued("http-protocols", "http_protocols"),
    valued("http2-cleartext", "http2_cleartext"),
    valued(
        "http2-max-concurrent-streams",
        "http2_max_concurrent_streams",
    ),
    valued("http2-initial-window-size", "http2_initial_window_size"),
    valued("http2-max-frame-size", "http2_max_frame_size"),
    valued("http2-max-header-list-size", "http2_max_header_list_size"),
    valued("paste-global", "raw_paste_global_conf"),
    flag("permit-obsolete-folding", "permit_obsolete_folding"),
    flag("strip-header-spaces", "strip_header_spaces"),
    flag(
        "permit-unconventional-http-method",
        "permit_unconventional_http_method",
    ),
    flag(
        "permit-unconventional-http-version",
        "permit_unconventional_http_version",
    ),
    flag("casefold-http-method", "casefold_http_method"),
    valued("forwarder-headers", "forwarder_headers"),
    valued("header-map", "header_map"),
    valued("asgi-loop", "asgi_loop"),
    valued("asgi-lifespan", "asgi_lifespan"),
    valued(
        "asgi-disconnect-grace-period",
        "asgi_disconnect_grace_period",
    ),
    valued("websocket-max-message-size", "websocket_max_message_size"),
    valued("http-parser", "http_parser"),
    valued("root-path", "root_path"),
    valued("dirty-app", "dirty_apps"),
    valued("dirty-workers", "dirty_workers"),
    valued("dirty-timeout", "dirty_timeout"),
    valued("dirty-threads", "dirty_threads"),
    valued("dirty-graceful-timeout", "dirty_graceful_timeout"),
    valued("control-socket", "control_socket"),
    valued("control-socket-mode", "control_socket_mode"),
    flag("no-control-socket", "control_socket_disable"),
];

/// An option that was given.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Given {
    /// The setting; empty for words that may be any options.
    pub(super) setting: &'static str,
    pub(super) value: Text,
}

/// Takes the words behind the program's name apart. Positional ones are left out; a word that cannot be told may be anything.
pub(super) fn parse(words: &[Text]) -> Vec<Given> {
    let mut out = Vec::new();
    let mut words = words.iter().peekable();
    while let Some(word) = words.next() {
        if word.unknown.is_some() && !word.text.starts_with('-') {
            out.push(Given {
                setting: "",
                value: word.clone(),
            });
            continue;
        }
        if word.text == "--" {
            break;
        }
        let Some((known, glued)) = option(word) else {
            continue;
        };
        for (known, glued) in known.into_iter().zip(glued) {
            let value = match (known.takes, glued) {
                (_, Some(glued)) => glued,
                (false, None) => Text::plain("True"),
                (true, None) => words.next().cloned().unwrap_or_default(),
            };
            out.push(Given {
                setting: known.setting,
                value,
            });
        }
    }
    out
}

type Options = (Vec<&'static Known>, Vec<Option<Text>>);

/// The options of one word, with values that are glued on.
fn option(word: &Text) -> Option<Options> {
    let rest = |text: &str| Text {
        text: text.to_owned(),
        ..word.clone()
    };
    if let Some(long) = word.text.strip_prefix("--") {
        let (name, value) = match long.split_once('=') {
            Some((name, value)) => (name, Some(rest(value))),
            None => (long, None),
        };
        return Some((vec![long_option(name)?], vec![value]));
    }
    let letters = word.text.strip_prefix('-')?;
    let (mut options, mut values) = (Vec::new(), Vec::new());
    for (at, letter) in letters.char_indices() {
        let known = OPTIONS.iter().find(|known| known.short == Some(letter))?;
        options.push(known);
        if known.takes {
            let glued = &letters[at + letter.len_utf8()..];
            let glued = glued.strip_prefix('=').unwrap_or(glued);
            values.push((!glued.is_empty() || word.unknown.is_some()).then(|| rest(glued)));
            break;
        }
        values.push(None);
    }
    (!options.is_empty()).then_some((options, values))
}

fn long_option(name: &str) -> Option<&'static Known> {
    if let Some(exact) = OPTIONS.iter().find(|known| known.long == name) {
        return Some(exact);
    }
    let mut fitting = OPTIONS.iter().filter(|known| known.long.starts_with(name));
    let first = fitting.next().filter(|_| !name.is_empty())?;
    fitting.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Vec<(String, String)> {
        let words: Vec<Text> = line.split_whitespace().map(Text::plain).collect();
        let given = parse(&words).into_iter();
        given
            .map(|given| (given.setting.to_owned(), given.value.text))
            .collect()
    }

    #[test]
    fn options_are_taken_as_argparse_does() {
        for (line, setting, value) in [
            ("app:app -w4", "workers", "4"),
            ("-w=4", "workers", "4"),
            ("-w 4", "workers", "4"),
            ("--workers=4 x", "workers", "4"),
            ("--workers 4", "workers", "4"),
            ("--worker-cl gthread", "worker_class", "gthread"),
            ("-kgevent", "worker_class", "gevent"),
            ("-b127.0.0.1:8000", "bind", "127.0.0.1:8000"),
            ("-bunix:/run/a.sock", "bind", "unix:/run/a.sock"),
            ("--thread 3", "threads", "3"),
            ("--keep-alive 5", "keepalive", "5"),
            ("-Dw2", "daemon", "True"),
            ("--preload", "preload_app", "True"),
            ("--log-file=- app", "errorlog", "-"),
        ] {
            let found = parsed(line);
            assert_eq!(found[0], (setting.to_owned(), value.to_owned()), "{line}");
        }
        assert_eq!(parsed("-Dw2")[1].1, "2");
        assert_eq!(parsed("a --access-logfile - -t 9").len(), 2);
        assert_eq!(parsed("--worker x --nonsense -z app"), []);
    }
}
