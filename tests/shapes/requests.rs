//! What clients send.

use super::compare::Shape;

/// Name, and all that is sent.
const TEXTS: [(&str, &str); 124] = [
    ("plain", "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"),
    (
        "plain, closing",
        "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n",
    ),
    ("HTTP/1.0", "GET / HTTP/1.0\r\nHost: a.test\r\n\r\n"),
    (
        "HTTP/1.0, keep-alive",
        "GET / HTTP/1.0\r\nHost: a.test\r\nConnection: keep-alive\r\n\r\n",
    ),
    ("HTTP/0.9", "GET /\r\n"),
    ("HTTP/0.9, post", "POST /\r\n"),
    ("HTTP/0.9, climbing", "GET /../\r\n"),
    ("HTTP/0.9, bare LF", "GET /\n"),
    ("HTTP/1.2", "GET / HTTP/1.2\r\nHost: a.test\r\n\r\n"),
    ("HTTP/1.10", "GET / HTTP/1.10\r\nHost: a.test\r\n\r\n"),
    ("HTTP/2.0", "GET / HTTP/2.0\r\nHost: a.test\r\n\r\n"),
    ("HTTP/01.1", "GET / HTTP/01.1\r\nHost: a.test\r\n\r\n"),
    ("http/1.1", "GET / http/1.1\r\nHost: a.test\r\n\r\n"),
    ("preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    (
        "spaces behind the version",
        "GET / HTTP/1.1  \r\nHost: a.test\r\n\r\n",
    ),
    ("two spaces", "GET  /  HTTP/1.1\r\nHost: a.test\r\n\r\n"),
    (
        "empty lines before",
        "\r\n\r\nGET / HTTP/1.1\r\nHost: a.test\r\n\r\n",
    ),
    (
        "an empty line before",
        "\r\nGET / HTTP/1.1\r\nHost: a.test\r\n\r\n",
    ),
    ("empty lines only", "\r\n\r\n"),
    ("half a line", "GET / HT"),
    ("half a head", "GET / HTTP/1.1\r\nHost: a"),
    ("no request", "hello\r\n\r\n"),
    (
        "method, lower case",
        "get / HTTP/1.1\r\nHost: a.test\r\n\r\n",
    ),
    (
        "method, two letters",
        "GE / HTTP/1.1\r\nHost: a.test\r\n\r\n",
    ),
    ("method, unknown", "FOO / HTTP/1.1\r\nHost: a.test\r\n\r\n"),
    ("method with =", "G=T / HTTP/1.1\r\nHost: a.test\r\n\r\n"),
    ("HEAD", "HEAD / HTTP/1.1\r\nHost: a.test\r\n\r\n"),
    ("HEAD, refused", "HEAD / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
    ("OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: a.test\r\n\r\n"),
    ("GET *", "GET * HTTP/1.1\r\nHost: a.test\r\n\r\n"),
    ("TRACE", "TRACE / HTTP/1.1\r\nHost: a.test\r\n\r\n"),
    (
        "CONNECT, authority",
        "CONNECT a.test:80 HTTP/1.1\r\nHost: a.test\r\n\r\n",
    ),
    (
        "CONNECT, path",
        "CONNECT / HTTP/1.1\r\nHost: a.test\r\n\r\n",
    ),
    (
        "absolute target",
        "GET http://b.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n",
    ),
    (
        "absolute target, no path",
        "GET http://b.test HTTP/1.1\r\nHost: a.test\r\n\r\n",
    ),
    (
        "absolute target, arguments",
        "GET http://b.test?x=1#y HTTP/1.1\r\nHost: a.test\r\n\r\n",
    ),
    (
        "absolute target, bad host",
        "GET http://a..b/ HTTP/1.1\r\nHost: a.test\r\n\r\n",
    ),
    (
        "absolute target, no Host",
        "GET http://b.test/ HTTP/1.1\r\n\r\n",
    ),
    (
        "target, no slash",
        "GET foo HTTP/1.1\r\nHost: a.test\r\n\r\n",
    ),
    (
        "target, climbing",
        "GET /../../etc/passwd HTTP/1.1\r\nHost: a.test\r\n\r\n",
    ),
    (
        "target, climbing in hex",
        "GET /%2e%2e/%2e%2e/etc HTTP/1.1\r\nHost: a.test\r\n\r\n",
    ),
    (
        "target, back to its root",
        "GET /a/.. HTTP/1.1\r\nHost: a.test\r\n\r\n",
    ),
    ("target, %00", "GET /%00 HTTP/1.1\r\nHost: a.test\r\n\r\n"),
    ("target, %zz", "GET /%zz HTTP/1.1\r\nHost: a.test\r\n\r\n"),
    (
        "target, fragment",
        "GET /#frag HTTP/1.1\r\nHost: a.test\r\n\r\n",
    ),
    ("target, space", "GET /a b HTTP/1.1\r\nHost: a.test\r\n\r\n"),
    ("target, tab", "GET /a\tb HTTP/1.1\r\nHost: a.test\r\n\r\n"),
    ("target, NUL", "GET /a\0b HTTP/1.1\r\nHost: a.test\r\n\r\n"),
    (
        "target, UTF-8",
        "GET /한글 HTTP/1.1\r\nHost: a.test\r\n\r\n",
    ),
    (
        "target, quotes",
        "GET /\"<script>' HTTP/1.1\r\nHost: a.test\r\n\r\n",
    ),
    ("bare LF", "GET / HTTP/1.1\nHost: a.test\n\n"),
    ("no Host", "GET / HTTP/1.1\r\n\r\n"),
    ("no Host, HTTP/1.0", "GET / HTTP/1.0\r\n\r\n"),
    (
        "two Hosts",
        "GET / HTTP/1.1\r\nHost: a.test\r\nHost: b.test\r\n\r\n",
    ),
    ("Host, bad", "GET / HTTP/1.1\r\nHost: a/b c\r\n\r\n"),
    ("Host, two dots", "GET / HTTP/1.1\r\nHost: a..b\r\n\r\n"),
    ("Host, empty", "GET / HTTP/1.1\r\nHost:\r\n\r\n"),
    (
        "field without a colon",
        "GET / HTTP/1.1\r\nHost: a.test\r\nnonsense\r\n\r\n",
    ),
    (
        "field without a name",
        "GET / HTTP/1.1\r\nHost: a.test\r\n: v\r\n\r\n",
    ),
    (
        "field, odd name",
        "GET / HTTP/1.1\r\nHost: a.test\r\nX(a): v\r\n\r\n",
    ),
    (
        "field, name in UTF-8",
        "GET / HTTP/1.1\r\nHost: a.test\r\nXé: v\r\n\r\n",
    ),
    (
        "field, underscore",
        "GET / HTTP/1.1\r\nHost: a.test\r\nX_a: v\r\n\r\n",
    ),
    (
        "field, space before the colon",
        "GET / HTTP/1.1\r\nHost: a.test\r\nX-A : v\r\n\r\n",
    ),
    (
        "field, continued",
        "GET / HTTP/1.1\r\nHost: a.test\r\nX-A: 1\r\n folded\r\n\r\n",
    ),
    (
        "field, continues nothing",
        "GET / HTTP/1.1\r\n Host: a.test\r\n\r\n",
    ),
    (
        "field, CR in value",
        "GET / HTTP/1.1\r\nHost: a.test\r\nX-A: a\rb\r\n\r\n",
    ),
    (
        "field, CRs behind value",
        "GET / HTTP/1.1\r\nHost: a.test\r\nX-A: a\r\r\n\r\n",
    ),
    (
        "field, NUL in value",
        "GET / HTTP/1.1\r\nHost: a.test\r\nX-A: a\0b\r\n\r\n",
    ),
    (
        "field, control in value",
        "GET / HTTP/1.1\r\nHost: a.test\r\nX-A: a\x01b\r\n\r\n",
    ),
    (
        "field, twice",
        "GET / HTTP/1.1\r\nHost: a.test\r\nIf-Match: a\r\nIf-Match: b\r\n\r\n",
    ),
    (
        "cookies",
        "GET / HTTP/1.1\r\nHost: a.test\r\nCookie: a\r\nCookie: b\r\n\r\n",
    ),
    (
        "Connection, twice",
        "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n",
    ),
    (
        "Connection, turned",
        "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\nConnection: keep-alive\r\n\r\n",
    ),
    (
        "hop-by-hop",
        "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: X-A\r\nX-A: 7\r\nTE: trailers\r\nKeep-Alive: 5\r\n\r\n",
    ),
    (
        "Upgrade",
        "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
    ),
    (
        "Upgrade, WebSocket without its version",
        "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    ),
    (
        "Upgrade, WebSocket with a bad key",
        "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhl\r\n\r\n",
    ),
    (
        "scheme, twice",
        "GET / HTTP/1.1\r\nHost: a.test\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Ssl: off\r\n\r\n",
    ),
    (
        "User-Agent of a browser, refused",
        "GET / HTTP/1.1\r\nHost: a.test\r\nUser-Agent: x Chrome/1\r\nHost: b\r\n\r\n",
    ),
    (
        "Expect, no body",
        "GET / HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\n\r\n",
    ),
    (
        "Expect",
        "POST / HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi",
    ),
    (
        "Expect, other",
        "POST / HTTP/1.1\r\nHost: a.test\r\nExpect: 200-maybe\r\nContent-Length: 2\r\n\r\nhi",
    ),
    (
        "Expect, HTTP/1.0",
        "POST / HTTP/1.0\r\nHost: a.test\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi",
    ),
    (
        "pipelined",
        "GET / HTTP/1.1\r\nHost: a.test\r\n\r\nGET / HTTP/1.1\r\nHost: a.test\r\n\r\n",
    ),
    (
        "pipelined behind a body",
        "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\n\r\nhiGET / HTTP/1.1\r\nHost: a.test\r\n\r\n",
    ),
    (
        "pipelined behind chunks",
        "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: a.test\r\n\r\n",
    ),
    (
        "body",
        "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\n\r\nhi",
    ),
    (
        "body of a GET",
        "GET / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\n\r\nhi",
    ),
    (
        "body of a HEAD",
        "HEAD / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\n\r\nhi",
    ),
    (
        "body that does not come",
        "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhi",
    ),
    (
        "body above the limit",
        "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1048577\r\n\r\n",
    ),
    (
        "length, twice the same",
        "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi",
    ),
    (
        "length, twice",
        "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi!",
    ),
    (
        "length, list",
        "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2, 2\r\n\r\nhi",
    ),
    (
        "length, plus",
        "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: +2\r\n\r\nhi",
    ),
    (
        "length, minus",
        "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: -1\r\n\r\n",
    ),
    (
        "length, hex",
        "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0x2\r\n\r\nhi",
    ),
    (
        "length, empty",
        "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: \r\n\r\n",
    ),
    (
        "length, 2^64",
        "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 18446744073709551616\r\n\r\n",
    ),
    (
        "length, space before the colon",
        "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length : 2\r\n\r\nhi",
    ),
    (
        "length and coding",
        "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ),
    (
        "coding, HTTP/1.0",
        "POST / HTTP/1.0\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ),
    (
        "coding, gzip",
        "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: gzip\r\n\r\n",
    ),
    (
        "coding, list",
        "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    ),
    (
        "coding, identity",
        "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: identity\r\nContent-Length: 2\r\n\r\nhi",
    ),
    (
        "coding, unknown",
        "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: xchunked\r\n\r\n",
    ),
    (
        "coding, tab",
        "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    ),
    (
        "coding, twice",
        "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ),
    (
        "chunks",
        "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
    ),
    (
        "chunk with extension",
        "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n2;a=\"b\"\r\nhi\r\n0\r\n\r\n",
    ),
    (
        "chunk with a CR in its extension",
        "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\rc\r\nhi\r\n0\r\n\r\n",
    ),
    (
        "chunk, spaces around its size",
        "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n 2 \r\nhi\r\n0\r\n\r\n",
    ),
    (
        "chunk, space behind its size",
        "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n2 \r\nhi\r\n0\r\n\r\n",
    ),
    (
        "chunk, minus",
        "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nx\r\n0\r\n\r\n",
    ),
    (
        "chunk, 0x",
        "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n0x2\r\nhi\r\n0\r\n\r\n",
    ),
    (
        "chunk, 2^64",
        "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000000\r\nx",
    ),
    (
        "chunk, 2^63 - 1",
        "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n7fffffffffffffff\r\nx",
    ),
    (
        "chunk, bare LF",
        "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n2\nhi\n0\n\n",
    ),
    (
        "chunk without its end",
        "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhixx0\r\n\r\n",
    ),
    (
        "chunk above the limit, announced",
        "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n100001\r\n",
    ),
    (
        "chunk above the limit, begun",
        "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n100001\r\nx",
    ),
    (
        "trailers",
        "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-A: b\r\n\r\n",
    ),
    (
        "trailers, a length",
        "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 5\r\n\r\n",
    ),
    (
        "trailers, no colon",
        "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nnonsense\r\n\r\n",
    ),
];

/// A request line and `Host`, then fields.
fn with_fields(name: &str, fields: &str) -> Shape {
    let text = format!("GET / HTTP/1.1\r\nHost: a.test\r\n{fields}\r\n");
    Shape::new(name.to_owned(), text.into_bytes())
}

/// Every shape of a request.
pub(crate) fn all() -> Vec<Shape> {
    let mut shapes: Vec<Shape> = TEXTS
        .iter()
        .map(|(name, text)| Shape::new((*name).to_owned(), text.as_bytes().to_vec()))
        .collect();
    let of_7k = |count: usize| -> String {
        let field = |index| format!("X-{index}: {}\r\n", "a".repeat(7000));
        (0..count).map(field).collect()
    };
    let many = |count: usize| -> String { (0..count).map(|i| format!("X-{i}: a\r\n")).collect() };
    let long = |len: usize| format!("X-A: {}\r\n", "a".repeat(len));
    for (name, fields) in [
        ("field of 9 KiB", long(9000)),
        ("field of 8190 bytes", long(8183)),
        ("field of 1 MiB", long(1 << 20)),
        ("28 KiB of fields", of_7k(4)),
        ("35 KiB of fields", of_7k(5)),
        ("100 fields", many(99)),
        ("101 fields", many(100)),
        ("250 fields", many(250)),
    ] {
        shapes.push(with_fields(name, &fields));
    }
    for (name, len) in [
        ("line of 4094 bytes", 4080),
        ("line of 4095 bytes", 4081),
        ("line of 9 KiB", 9000),
    ] {
        let text = format!("GET /{} HTTP/1.1\r\nHost: a.test\r\n\r\n", "a".repeat(len));
        shapes.push(Shape::new(name.to_owned(), text.into_bytes()));
    }
    let mut more: Vec<(&str, Vec<u8>)> = Vec::new();
    more.push((
        "target, 0xff",
        b"GET /\xff HTTP/1.1\r\nHost: a.test\r\n\r\n".to_vec(),
    ));
    more.push((
        "TLS hello",
        [
            &b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03"[..],
            &[0x11; 160],
        ]
        .concat(),
    ));
    let chunked = "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n100001\r\n";
    more.push((
        "chunk above the limit",
        [chunked.as_bytes(), &vec![b'x'; 0x10_0001], b"\r\n0\r\n\r\n"].concat(),
    ));
    shapes.extend(
        more.into_iter()
            .map(|(name, bytes)| Shape::new(name.to_owned(), bytes)),
    );
    shapes.extend(ending());
    shapes.extend(of_others());
    shapes
}

/// Somebody else's corpus: the files of the folder that `SLOWLAB_SHAPES_FROM` names, each as it is.
fn of_others() -> Vec<Shape> {
    let Some(folder) = std::env::var_os("SLOWLAB_SHAPES_FROM") else {
        return Vec::new();
    };
    let files = std::fs::read_dir(folder).unwrap().flatten();
    let mut shapes: Vec<Shape> = files
        .map(|file| {
            let name = format!("of others, {}", file.file_name().display());
            Shape::new(name, std::fs::read(file.path()).unwrap())
        })
        .collect();
    shapes.sort_by(|a, b| a.name.cmp(&b.name));
    shapes
}

/// Clients that shut their sending side before all is said.
fn ending() -> Vec<Shape> {
    let mut shapes = Vec::new();
    for (name, text) in [
        ("nothing, and the end", ""),
        ("half a head, and the end", "GET / HTTP/1.1\r\nHost: a"),
        (
            "half a body, and the end",
            "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhi",
        ),
        (
            "half of chunks, and the end",
            "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhi",
        ),
        (
            "chunks without the last, and the end",
            "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n",
        ),
    ] {
        let shape = Shape::new(name.to_owned(), text.as_bytes().to_vec());
        shapes.push(Shape {
            ends: true,
            ..shape
        });
    }
    shapes
}

/// Requests of an address that has another one under way already, where there may be one only.
pub(crate) fn limited() -> Vec<Shape> {
    [
        ("limited", "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"),
        ("limited, HTTP/1.0", "GET / HTTP/1.0\r\nHost: a.test\r\n\r\n"),
        ("limited, body", "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\n\r\nhi"),
        ("limited, half a body", "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhi"),
        ("limited, chunks", "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"),
        ("limited, half of chunks", "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nh"),
        ("limited, broken chunks", "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\nx"),
        ("limited, expecting", "POST / HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"),
        ("limited, a second behind the body", "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\n\r\nhiGET / HTTP/1.1\r\nHost: a.test\r\n\r\n"),
        ("limited, a second behind chunks", "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: a.test\r\n\r\n"),
    ]
    .map(|(name, text)| Shape {
        held: true,
        ..Shape::new(name.to_owned(), text.as_bytes().to_vec())
    })
    .into()
}
