//! Requests by table: what `gunicorn/27.0.1` and `uvicorn/0.54` (h11 0.16) answer to the same bytes. 200 stands for a request that is served.

use super::*;

/// The status of a head, for the WSGI classes, asgi and uvicorn.
fn statuses(head: &[u8]) -> [Option<u16>; 3] {
    [Dialect::Wsgi, Dialect::Asgi, Dialect::H11].map(|dialect| match dialect.judge(head, 0) {
        Verdict::Refuse(refused) => Some(refused.status),
        Verdict::Serve(_) => Some(200),
        Verdict::More => None,
    })
}

const SERVED: [Option<u16>; 3] = [Some(200); 3];
const BAD: [Option<u16>; 3] = [Some(400); 3];
const WAITS: [Option<u16>; 3] = [None; 3];

fn mixed(wsgi: u16, asgi: u16, h11: u16) -> [Option<u16>; 3] {
    [wsgi, asgi, h11].map(|status| (status > 0).then_some(status))
}

#[test]
fn request_lines() {
    let line = |len: usize| format!("GET /{} HTTP/1.1", "x".repeat(len - "GET / HTTP/1.1".len()));
    for (text, expected) in [
        ("GET / HTTP/1.1", SERVED),
        ("GET / HTTP/1.0", SERVED),
        ("GET / HTTP/1.2", mixed(200, 400, 200)),
        ("GET / HTTP/1.10", BAD),
        ("GET / HTTP/2.0", mixed(400, 400, 200)),
        ("GET / HTTP/0.9", mixed(400, 400, 200)),
        ("GET / http/1.1", BAD),
        ("GET /", BAD),
        ("GET  /  HTTP/1.1", BAD),
        ("GET /a b HTTP/1.1", BAD),
        ("get / HTTP/1.1", mixed(400, 400, 200)),
        ("GE / HTTP/1.1", mixed(400, 400, 200)),
        ("G=T / HTTP/1.1", BAD),
        ("FOO / HTTP/1.1", SERVED),
        ("TRACE / HTTP/1.1", SERVED),
        ("CONNECT a.test:80 HTTP/1.1", SERVED),
        ("OPTIONS * HTTP/1.1", SERVED),
        ("GET * HTTP/1.1", mixed(400, 400, 200)),
        ("GET foo HTTP/1.1", mixed(400, 400, 200)),
        ("GET http://b.test/ HTTP/1.1", SERVED),
        ("GET http://[b/ HTTP/1.1", mixed(400, 200, 200)),
        ("GET /../x HTTP/1.1", SERVED),
        ("GET /%zz HTTP/1.1", SERVED),
        ("GET /#frag HTTP/1.1", SERVED),
        ("GET /한 HTTP/1.1", BAD),
        ("GET /\u{7f} HTTP/1.1", BAD),
        ("PRI * HTTP/2.0", mixed(400, 400, 200)),
        (line(4094).as_str(), SERVED),
        (line(4095).as_str(), mixed(414, 414, 200)),
        ("\r\nGET / HTTP/1.1", mixed(200, 200, 400)),
        ("\r\n\r\nGET / HTTP/1.1", BAD),
        ("hello", BAD),
    ] {
        let head = format!("{text}\r\nHost: a.test\r\n\r\n");
        assert_eq!(statuses(head.as_bytes()), expected, "{text:.60}");
    }
}

#[test]
fn lines_that_never_end() {
    for (head, expected) in [
        (b"".to_vec(), WAITS),
        (b"\r".to_vec(), mixed(0, 0, 400)),
        (b"GET / HTTP/1.1\r\nHost:".to_vec(), WAITS),
        (
            b"GET / HTTP/1.1\nHost: a.test\n\n".to_vec(),
            mixed(400, 400, 200),
        ),
        (b"GET / HTTP/1.1\r\nHost: a\n".to_vec(), mixed(400, 400, 0)),
        (vec![b'x'; 4095], WAITS),
        (vec![b'x'; 4097], mixed(414, 414, 0)),
        (vec![b'x'; 65_537], mixed(414, 414, 400)),
        (b"\x16\x03\x01\x00\xa5".to_vec(), mixed(0, 0, 400)),
    ] {
        assert_eq!(statuses(&head), expected, "{} bytes", head.len());
    }
}

#[test]
fn fields() {
    let many = |n| "a: b\r\n".repeat(n);
    let long = |n| format!("a: {}", "b".repeat(n));
    for (fields, expected) in [
        ("", SERVED),
        ("x_underscore: 1", SERVED),
        ("X(a): v", BAD),
        (": v", BAD),
        ("no colon", BAD),
        ("X-A : v", BAD),
        (" folded", mixed(400, 400, 200)),
        ("a: b\r\n folded", mixed(400, 400, 200)),
        ("X-A: a\rb", BAD),
        ("X-A: a\0b", BAD),
        ("X-A: a\x01b", mixed(400, 400, 200)),
        ("X\u{80}: v", BAD),
        ("X-A: \u{e9}", SERVED),
        ("Host: b.test", BAD),
        ("Content-Type: a\r\nContent-Type: b", mixed(400, 400, 200)),
        (
            "X-Forwarded-Proto: https\r\nX-Forwarded-Ssl: off",
            mixed(400, 400, 200),
        ),
        ("Expect: 100-continue", SERVED),
        ("Expect: cake", mixed(417, 200, 200)),
        (many(98).trim_end(), SERVED),
        (many(99).trim_end(), SERVED),
        (many(100).trim_end(), mixed(431, 431, 200)),
        (long(8185).as_str(), SERVED),
        (long(8186).as_str(), mixed(431, 431, 200)),
    ] {
        let fields = if fields.is_empty() {
            String::new()
        } else {
            format!("{fields}\r\n")
        };
        let head = format!("POST / HTTP/1.1\r\nHost: a.test\r\n{fields}\r\n");
        assert_eq!(statuses(head.as_bytes()), expected, "{fields:.60}");
    }
    assert_eq!(statuses(b"GET / HTTP/1.1\r\n\r\n"), mixed(200, 200, 400));
    assert_eq!(statuses(b"GET / HTTP/1.0\r\n\r\n"), SERVED);
    let huge = format!("GET / HTTP/1.1\r\nHost: a\r\na: {}", "b".repeat(819_300));
    assert_eq!(statuses(huge.as_bytes()), mixed(431, 431, 400));
}

#[test]
fn lengths_and_codings() {
    for (fields, expected) in [
        ("Content-Length: 2", SERVED),
        ("Content-Length: 18446744073709551616", SERVED),
        (
            "Content-Length: 2\r\nContent-Length: 2",
            mixed(400, 400, 200),
        ),
        ("Content-Length: 2\r\nContent-Length: 3", BAD),
        ("Content-Length: 2, 2", mixed(400, 400, 200)),
        ("Content-Length: +2", BAD),
        ("Content-Length: -1", BAD),
        ("Content-Length:", BAD),
        ("Content-Length: 0x2", BAD),
        ("Transfer-Encoding: Chunked", SERVED),
        ("Transfer-Encoding: gzip", mixed(400, 400, 400)),
        ("Transfer-Encoding: gzip, chunked", mixed(200, 200, 400)),
        ("Transfer-Encoding: chunked, gzip", BAD),
        ("Transfer-Encoding: identity", mixed(400, 400, 400)),
        ("Transfer-Encoding: xchunked", mixed(501, 501, 400)),
        ("Transfer-Encoding: \x0bchunked", BAD),
        (
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            BAD,
        ),
        (
            "Content-Length: 2\r\nTransfer-Encoding: chunked",
            mixed(400, 400, 200),
        ),
    ] {
        let head = format!("POST / HTTP/1.1\r\nHost: a.test\r\n{fields}\r\n\r\n");
        assert_eq!(statuses(head.as_bytes()), expected, "{fields:.60}");
    }
    let old = b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_eq!(statuses(old), mixed(400, 400, 200));
}

fn message(dialect: Dialect, head: &str) -> String {
    match dialect.judge(head.as_bytes(), 0) {
        Verdict::Refuse(refused) => refused.message,
        other => panic!("{other:?}"),
    }
}

#[test]
fn pages_say_it_in_gunicorns_words() {
    for (head, wsgi, asgi) in [
        (
            "hello\r\n\r\n",
            "Invalid Request Line 'Invalid HTTP request line: 'hello''",
            "Invalid request line",
        ),
        (
            "get / HTTP/1.1\r\n\r\n",
            "Invalid Method 'Invalid HTTP method: 'get''",
            "get",
        ),
        (
            "GET / HTTP/2.0\r\n\r\n",
            "Invalid HTTP Version 'Invalid HTTP Version: (2, 0)'",
            "HTTP/2.0",
        ),
        (
            "GET / HTTP/1.1\r\nno colon\r\n\r\n",
            "Invalid HTTP Header: 'no colon'",
            "Missing colon in header",
        ),
        (
            "GET / HTTP/1.1\r\nA B: c\r\n\r\n",
            "Invalid HTTP header name: 'A B'",
            "A B",
        ),
        (
            "GET / HTTP/1.1\r\nTransfer-Encoding: it's\r\n\r\n",
            "Unsupported transfer coding: \"it's\"",
            "it's",
        ),
    ] {
        assert_eq!(message(Dialect::Wsgi, head), wsgi);
        assert_eq!(message(Dialect::Asgi, head), asgi);
    }
    let handshake =
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n";
    for (fields, asgi) in [
        ("\r\n", "Upgrade Required"),
        ("Sec-WebSocket-Version: 8\r\n\r\n", "Upgrade Required"),
        (
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhl\r\n\r\n",
            "Bad Request",
        ),
    ] {
        assert_eq!(
            message(Dialect::Asgi, &format!("{handshake}{fields}")),
            asgi
        );
    }
    let whole = format!(
        "{handshake}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    assert!(matches!(
        Dialect::Asgi.judge(whole.as_bytes(), 0),
        Verdict::Serve(_)
    ));
    assert_eq!(
        message(Dialect::H11, "hello\r\n\r\n"),
        "Invalid HTTP request received."
    );
}

#[test]
fn a_request_that_is_known_is_logged() {
    for (fields, known) in [
        ("Host: a\r\nHost: b", true),
        ("Content-Length: x", true),
        ("Transfer-Encoding: gzip", true),
        ("Transfer-Encoding: cake", false),
        ("no colon", false),
    ] {
        let head = format!("GET / HTTP/1.1\r\n{fields}\r\n\r\n");
        let Verdict::Refuse(refused) = Dialect::Wsgi.judge(head.as_bytes(), 0) else {
            panic!("{fields}")
        };
        assert_eq!(refused.known.is_some(), known, "{fields}");
    }
}

#[test]
fn who_goes_on_after_a_request() {
    for (head, keeps) in [
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", [true; 3]),
        ("GET / HTTP/1.0\r\nHost: a\r\n\r\n", [false; 3]),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
            [false; 3],
        ),
        (
            "GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n",
            [true, true, false],
        ),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: x, close\r\n\r\n",
            [true, false, false],
        ),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n",
            [true, false, false],
        ),
    ] {
        let kept = [Dialect::Wsgi, Dialect::Asgi, Dialect::H11].map(|dialect| {
            match dialect.judge(head.as_bytes(), 0) {
                Verdict::Serve(asked) => asked.keep_alive,
                other => panic!("{other:?}"),
            }
        });
        assert_eq!(kept, keeps, "{head}");
    }
}

/// What a chunked body comes to: 200 is whole, nothing is unended.
fn body(dialect: Dialect, bytes: &[u8], size: usize) -> Option<u16> {
    let mut left = BodyLeft::of(Framing::Chunked, (dialect, 1));
    for piece in bytes.chunks(size) {
        left = match left.feed(piece) {
            Ok(left) => left,
            Err(refused) => return Some(refused.status),
        };
    }
    matches!(left, BodyLeft::Nothing { .. }).then_some(200)
}

#[test]
fn chunked_bodies() {
    for (bytes, expected) in [
        ("2\r\nhi\r\n0\r\n\r\n", SERVED),
        ("2;a=\"b\"\r\nhi\r\n0\r\n\r\n", SERVED),
        ("2 ;a\r\nhi\r\n0\r\n\r\n", mixed(200, 200, 400)),
        ("2;\r\nhi\r\n0\r\n\r\n", mixed(400, 400, 200)),
        ("2 \r\nhi\r\n0\r\n\r\n", mixed(400, 400, 200)),
        (" 2\r\nhi\r\n0\r\n\r\n", BAD),
        ("-1\r\nx\r\n0\r\n\r\n", BAD),
        ("0x2\r\nhi\r\n0\r\n\r\n", BAD),
        ("\r\nhi\r\n", BAD),
        ("2\nhi\n0\n\n", mixed(0, 400, 0)),
        ("2\r\nhix0\r\n\r\n", BAD),
        ("2\r\nhi\rx", BAD),
        ("10000000000000000\r\nx", WAITS),
        ("fffffffffffffffffffff\r\nx", mixed(0, 0, 400)),
        ("0\r\nT: v\r\n\r\n", SERVED),
        ("0\r\nContent-Length: 5\r\n\r\n", mixed(400, 400, 200)),
        ("0\r\nnonsense\r\n\r\n", mixed(400, 200, 400)),
        ("0\r\nT: v\n\r\n", mixed(400, 400, 200)),
    ] {
        for size in [1, 3, 1000] {
            let read = [Dialect::Wsgi, Dialect::Asgi, Dialect::H11]
                .map(|dialect| body(dialect, bytes.as_bytes(), size));
            assert_eq!(read, expected, "{bytes:?} by {size}");
        }
    }
}

#[test]
fn a_body_that_ends_too_early() {
    let ended = |bytes: &[u8]| {
        let left = BodyLeft::of(Framing::Chunked, (Dialect::Wsgi, 1));
        left.feed(bytes).unwrap().ended()
    };
    assert_eq!(BodyLeft::Bytes(3).ended(), Broken::Short);
    assert_eq!(ended(b"2\r\nh"), Broken::Dropped);
    assert_eq!(ended(b"2"), Broken::Dropped);
    for bytes in [&b"2\r\nhi"[..], b"2\r\nhi\r", b"0\r\n"] {
        assert!(matches!(ended(bytes), Broken::Refused(_)), "{bytes:?}");
    }
}

#[test]
fn what_is_behind_a_body_is_kept() {
    for (framing, bytes) in [
        (Framing::Length(2), "hiGET"),
        (Framing::Chunked, "2\r\nhi\r\n0\r\n\r\nGET"),
        (Framing::None, "GET"),
    ] {
        let left = BodyLeft::of(framing, (Dialect::Wsgi, 1));
        let Ok(BodyLeft::Nothing { beyond }) = left.feed(bytes.as_bytes()) else {
            panic!("{bytes}")
        };
        assert_eq!(beyond, b"GET");
    }
}

/// Whoever is fed a huge head piece by piece is refused where whoever gets it whole is.
#[test]
fn pieces_of_a_huge_head_do_not_matter() {
    let head = format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}", "b".repeat(900_000));
    for dialect in [Dialect::Wsgi, Dialect::H11] {
        let refused = |to: usize, from| {
            matches!(
                dialect.judge(&head.as_bytes()[..to], from),
                Verdict::Refuse(_)
            )
        };
        let mut to = 0;
        let at = loop {
            let from = to;
            to = (to + 8192).min(head.len());
            if refused(to, from) {
                break to;
            }
            assert!(!refused(to, 0), "{dialect:?} at {to}");
        };
        assert!(refused(at, 0));
    }
}
