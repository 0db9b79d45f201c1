//! Reads nginx's error log: which timer fired, and whom it blamed. Pure.

use crate::machine::timers::Directive;
use crate::record::{EndedBy, EventKind};

/// One line that says something about a connection, or about nginx itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct ErrorLine {
    /// nginx's number of the connection.
    pub(super) connection: Option<u64>,
    /// What it says happened.
    pub(super) kind: EventKind,
    /// Who ended the request, if the line ends one.
    pub(super) ended_by: Option<EndedBy>,
}

/// What nginx writes before the name of a response's temp file.
const SPILLED_TO: &str = "an upstream response is buffered to a temporary file ";

/// The same of a request's body.
const BODY_SPILLED_TO: &str = "a client request body is buffered to a temporary file ";

/// What nginx says, what it says it of, and what that means: core text, action ("while ..."), directive or nothing, who ended it.
/// The first row that fits counts. Texts as measured with 1.22.1 and 1.31.5.
const MEANINGS: [(&str, &str, Option<&str>, Option<EndedBy>); 13] = [
    (
        "upstream timed out",
        "connecting to upstream",
        Some(Directive::ProxyConnectTimeout.name()),
        Some(EndedBy::ProxyConnectTimeout),
    ),
    (
        "upstream timed out",
        "sending request to upstream",
        Some(Directive::ProxySendTimeout.name()),
        Some(EndedBy::ProxySendTimeout),
    ),
    (
        "upstream timed out",
        "",
        Some(Directive::ProxyReadTimeout.name()),
        Some(EndedBy::ProxyReadTimeout),
    ),
    (
        "client timed out",
        "reading client request",
        Some(Directive::ClientHeaderTimeout.name()),
        Some(EndedBy::ClientHeaderTimeout),
    ),
    (
        "client timed out",
        "waiting for request",
        Some(Directive::ClientHeaderTimeout.name()),
        Some(EndedBy::ClientHeaderTimeout),
    ),
    (
        "client timed out",
        "keepalive",
        Some("keepalive_timeout"),
        None,
    ),
    (
        "client timed out",
        "",
        Some(Directive::SendTimeout.name()),
        Some(EndedBy::SendTimeout),
    ),
    (
        "client prematurely closed connection",
        "",
        None,
        Some(EndedBy::Client),
    ),
    (
        "upstream prematurely closed connection",
        "",
        None,
        Some(EndedBy::Upstream),
    ),
    (
        "Connection reset by peer",
        "upstream",
        None,
        Some(EndedBy::Upstream),
    ),
    (
        "connect() ",
        "connecting to upstream",
        None,
        Some(EndedBy::Proxy),
    ),
    ("limiting connections", "", None, Some(EndedBy::Proxy)),
    ("no live upstreams", "", None, Some(EndedBy::Proxy)),
];

/// Lines that tell of no trouble.
const ROUTINE: [&str; 4] = [
    "closed keepalive connection",
    "while waiting for request",
    "using the \"",
    "client closed connection while",
];

/// Reads a line; `None` for notices and routine.
pub(super) fn parse(line: &str) -> Option<ErrorLine> {
    // `2026/11/22 21:58:59 [info] 21649#21649: *1 client 127.0.0.1 closed keepalive connection`
    let (_, after) = line.split_once('[')?;
    let (level, after) = after.split_once("] ")?;
    let (_process, text) = after.split_once(": ")?;
    if level == "notice" || level == "debug" {
        return None;
    }
    let (connection, text) = match text.strip_prefix('*').and_then(|rest| rest.split_once(' ')) {
        Some((number, rest)) => (number.parse().ok(), rest),
        None => (None, text),
    };
    if ROUTINE.iter().any(|routine| text.contains(routine)) && !text.contains("timed out") {
        return None;
    }
    if text.contains("is buffered to a temporary file") {
        return Some(ErrorLine {
            connection,
            kind: spill(text).unwrap_or_else(|| error(text)),
            ended_by: None,
        });
    }
    let (core, action) = text.split_once(" while ").unwrap_or((text, ""));
    let meaning = MEANINGS
        .iter()
        .find(|(says, of, _, _)| core.contains(says) && action.contains(of));
    let (directive, ended_by) = meaning.map_or((None, None), |(_, _, directive, ended_by)| {
        (*directive, *ended_by)
    });
    let kind = match directive {
        Some(name) => EventKind::TimerFired {
            directive: name.to_owned(),
            line: text.to_owned(),
        },
        None => error(text),
    };
    Some(ErrorLine {
        connection,
        kind,
        ended_by,
    })
}

/// `an upstream response is buffered to a temporary file /tmp/x/1/00/0000000001 while reading upstream, client: ...`, or the same of a
/// request's body, without an action.
fn spill(text: &str) -> Option<EventKind> {
    if let Some(rest) = text.strip_prefix(BODY_SPILLED_TO) {
        let (path, _) = rest.split_once(", client: ")?;
        let path = Some(path.to_owned());
        return Some(EventKind::BodySpillStarted { path });
    }
    let (path, _) = text.strip_prefix(SPILLED_TO)?.split_once(" while ")?;
    Some(EventKind::SpillStarted {
        path: Some(path.to_owned()),
    })
}

fn error(text: &str) -> EventKind {
    EventKind::ProxyError {
        line: text.to_owned(),
        call: call_of(text).map(str::to_owned),
        errno: errno_of(text),
    }
}

/// The name in `connect() to unix:/x failed (11: Resource temporarily unavailable)`.
fn call_of(text: &str) -> Option<&str> {
    let (call, after) = text.split_once("() ")?;
    let is_name = call
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (is_name && after.contains("failed (")).then_some(call)
}

/// The number in `connect() to unix:/x failed (11: Resource temporarily unavailable)`.
fn errno_of(text: &str) -> Option<i32> {
    let (_, after) = text.split_once(" failed (")?;
    after.split_once(": ")?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> String {
        format!(
            "2026/11/22 21:58:59 [error] 21649#21649: *17 {text}, client: 127.0.0.1, server: _, request: \"GET / HTTP/1.1\""
        )
    }

    #[test]
    fn timers_are_told_apart_by_their_action() {
        for (text, directive, ended_by) in [
            (
                "upstream timed out (110: Connection timed out) while connecting to upstream",
                "proxy_connect_timeout",
                EndedBy::ProxyConnectTimeout,
            ),
            (
                "upstream timed out (110: Connection timed out) while sending request to upstream",
                "proxy_send_timeout",
                EndedBy::ProxySendTimeout,
            ),
            (
                "upstream timed out (110: Connection timed out) while reading response header from upstream",
                "proxy_read_timeout",
                EndedBy::ProxyReadTimeout,
            ),
            (
                "upstream timed out (110: Connection timed out) while reading upstream",
                "proxy_read_timeout",
                EndedBy::ProxyReadTimeout,
            ),
            (
                "client timed out (110: Connection timed out) while sending to client",
                "send_timeout",
                EndedBy::SendTimeout,
            ),
            (
                "client timed out (110: Connection timed out) while reading client request headers",
                "client_header_timeout",
                EndedBy::ClientHeaderTimeout,
            ),
        ] {
            let read = parse(&line(text)).unwrap();
            assert_eq!(
                (read.connection, read.ended_by),
                (Some(17), Some(ended_by)),
                "{text}"
            );
            assert!(read.kind.is_timer(directive), "{:?}", read.kind);
        }
    }

    #[test]
    fn other_ends_are_blamed_on_whoever_closed() {
        for (text, ended_by, number) in [
            (
                "epoll_wait() reported that client prematurely closed connection, so upstream connection is closed too while sending request to upstream",
                EndedBy::Client,
                None,
            ),
            (
                "upstream prematurely closed connection while reading upstream",
                EndedBy::Upstream,
                None,
            ),
            (
                "recv() failed (104: Connection reset by peer) while reading response header from upstream",
                EndedBy::Upstream,
                Some(104),
            ),
            (
                "connect() to unix:/x failed (11: Resource temporarily unavailable) while connecting to upstream",
                EndedBy::Proxy,
                Some(11),
            ),
        ] {
            let read = parse(&line(text)).unwrap();
            let EventKind::ProxyError { line, call, errno } = &read.kind else {
                panic!("{:?}", read.kind);
            };
            assert_eq!(
                (line.starts_with(text), read.ended_by),
                (true, Some(ended_by))
            );
            assert_eq!(*errno, number, "{text}");
            let named = number.map(|_| text.split_once('(').unwrap().0);
            assert_eq!(call.as_deref(), named, "{text}");
            assert_eq!(read.kind.is_queue_full(), number == Some(11));
        }
    }

    #[test]
    fn a_spill_is_an_event_and_routine_is_none() {
        let spill = line(
            "an upstream response is buffered to a temporary file /tmp/x/1/00/0000000001 while reading upstream",
        );
        let path = Some("/tmp/x/1/00/0000000001".to_owned());
        assert_eq!(
            parse(&spill).unwrap().kind,
            EventKind::SpillStarted { path }
        );
        let line = "2026/11/25 20:25:58 [warn] 1#1: *4 a client request body is buffered to a temporary file /tmp/cb/0000000001, client: 127.0.0.1, server: , request: \"POST /temp HTTP/1.1\", host: \"a\"";
        let path = Some("/tmp/cb/0000000001".to_owned());
        assert_eq!(
            parse(line).unwrap().kind,
            EventKind::BodySpillStarted { path }
        );
        for routine in [
            "2026/11/22 21:58:57 [notice] 21648#21648: start worker processes",
            "2026/11/22 21:58:59 [info] 21649#21649: *3 client 127.0.0.1 closed keepalive connection",
            "",
            "Traceback",
        ] {
            assert_eq!(parse(routine), None, "{routine}");
        }
        let alert = "2026/11/22 21:58:57 [alert] 1#1: 16 worker_connections are not enough";
        assert_eq!(parse(alert).unwrap().connection, None);
    }
}
