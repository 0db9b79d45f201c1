//! What an upstream sends: the client asks for it by name, and gets what the proxy makes of it.

use super::compare::Shape;

/// Name, and the bytes before the upstream closes.
const ANSWERS: [(&str, &str); 34] = [
    (
        "plain",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nhi",
    ),
    ("http-1.0", "HTTP/1.0 200 OK\r\n\r\nhi"),
    (
        "without-reason",
        "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi",
    ),
    (
        "empty-reason",
        "HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nhi",
    ),
    ("bare-lf", "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi"),
    (
        "status-000",
        "HTTP/1.1 000 Nothing\r\nContent-Length: 2\r\n\r\nhi",
    ),
    ("status-000-until-close", "HTTP/1.1 000 Nothing\r\n\r\nhi"),
    ("status-100", "HTTP/1.1 100 Continue\r\n\r\n"),
    (
        "status-999",
        "HTTP/1.1 999 Odd\r\nContent-Length: 2\r\n\r\nhi",
    ),
    ("status-99", "HTTP/1.1 99 Odd\r\n\r\nhi"),
    ("status-2000", "HTTP/1.1 2000 Odd\r\n\r\nhi"),
    (
        "status-403.1",
        "HTTP/1.1 403.1 Odd\r\nContent-Length: 2\r\n\r\nhi",
    ),
    (
        "status-204-with-length",
        "HTTP/1.1 204 No\r\nContent-Length: 2\r\n\r\n",
    ),
    ("status-304", "HTTP/1.1 304 No\r\nContent-Length: 2\r\n\r\n"),
    ("http-2", "HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nhi"),
    (
        "lower-case",
        "http/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
    ),
    ("no-http", "<html>hi</html>"),
    ("nothing", ""),
    ("half-a-head", "HTTP/1.1 200 OK\r\nContent-Le"),
    (
        "space-in-name",
        "HTTP/1.1 200 OK\r\nX A: b\r\nContent-Length: 2\r\n\r\nhi",
    ),
    (
        "odd-names",
        "HTTP/1.1 200 OK\r\nX(a): b\r\nx_b: c\r\nnonsense\r\nContent-Length: 2\r\n\r\nhi",
    ),
    (
        "nul-in-value",
        "HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 2\r\n\r\nhi",
    ),
    (
        "repeated-line",
        "HTTP/1.1 200 OK\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
    ),
    (
        "two-lengths",
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nContent-Length: 2\r\n\r\nhi",
    ),
    (
        "bad-length",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nhi",
    ),
    (
        "more-than-length",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi and more",
    ),
    (
        "chunked",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
    ),
    (
        "chunked-xchunked",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
    ),
    (
        "coding-gzip",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhi",
    ),
    (
        "coding-and-length",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 9\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
    ),
    (
        "chunked-broken",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\nhi\r\n0\r\n\r\n",
    ),
    (
        "accel",
        "HTTP/1.1 200 OK\r\nX-Accel-Charset: a\r\nX-Accel-Expires: 0\r\nX-Pad: x\r\nContent-Length: 2\r\n\r\nhi",
    ),
    (
        "accel-redirect",
        "HTTP/1.1 200 OK\r\nX-Accel-Redirect: /elsewhere\r\nContent-Length: 2\r\n\r\nhi",
    ),
    (
        "hop-by-hop",
        "HTTP/1.1 200 OK\r\nKeep-Alive: 3\r\nConnection: X-A, close\r\nX-A: b\r\nVia: x\r\nServer: me\r\nDate: now\r\nContent-Length: 2\r\n\r\nhi",
    ),
];

/// The answer of that name.
pub(crate) fn bytes_of(name: &str) -> Vec<u8> {
    if name == "too-big" {
        let head = format!("HTTP/1.1 200 OK\r\nX-A: {}\r\n\r\nhi", "a".repeat(5000));
        return head.into_bytes();
    }
    let found = ANSWERS.iter().find(|answer| answer.0 == name);
    found.map_or(Vec::new(), |answer| answer.1.as_bytes().to_vec())
}

/// A request for each, and those of other methods and versions where the answer may differ for that.
pub(crate) fn all() -> Vec<Shape> {
    let names = ANSWERS.iter().map(|answer| answer.0).chain(["too-big"]);
    let mut shapes: Vec<Shape> = names.map(|name| asked(name, "GET", "HTTP/1.1")).collect();
    for name in [
        "plain",
        "chunked",
        "http-1.0",
        "no-http",
        "status-000-until-close",
    ] {
        shapes.push(asked(name, "HEAD", "HTTP/1.1"));
        shapes.push(asked(name, "GET", "HTTP/1.0"));
    }
    for name in ["plain", "no-http"] {
        let text = format!("GET /answer/{name}\r\n");
        shapes.push(Shape::new(
            format!("answer {name} to HTTP/0.9"),
            text.into_bytes(),
        ));
    }
    shapes
}

fn asked(name: &str, method: &str, version: &str) -> Shape {
    let text = format!("{method} /answer/{name} {version}\r\nHost: a.test\r\n\r\n");
    Shape::new(
        format!("answer {name} to {method} {version}"),
        text.into_bytes(),
    )
}
