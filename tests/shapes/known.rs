//! The differences that remain, each with its reason.

use super::compare::Told;

/// Server, the shape, and why.
const KNOWN: [(&str, &str, &str); 3] = [
    (
        "nginx",
        "target, 0xff",
        "a target is text here: bytes that are no UTF-8 go upstream as U+FFFD, and no gunicorn serves either",
    ),
    (
        "nginx",
        "answer accel-redirect to GET HTTP/1.1",
        "there are no internal redirects: the field is swallowed, and its response passed on",
    ),
    (
        "uvicorn",
        "CONNECT, authority",
        "h11 goes on behind a CONNECT that was turned down, and cannot behind one that was not; here it is closed either way",
    ),
];

/// Whether what differs is what is known to differ, and all of it. `exact` is whether the installed program is the one that the rules were
/// written against, and `servers` are those that were asked.
pub(crate) fn judge(told: &[Told], servers: &[&str], exact: bool) {
    let known = |told: &&Told| {
        let mut all = KNOWN.iter();
        all.any(|(server, shape, _)| *server == told.server && *shape == told.shape)
    };
    let (old, new): (Vec<&Told>, Vec<&Told>) = told.iter().partition(known);
    for told in &new {
        let Told {
            server,
            shape,
            ours,
            real,
        } = told;
        eprintln!("{server}, {shape}\n  ours {ours:.700}\n  real {real:.700}");
    }
    let is_gone = |server: &str, shape: &str| {
        servers.contains(&server) && !old.iter().any(|told| told.shape == shape)
    };
    let gone: Vec<_> = KNOWN
        .iter()
        .filter(|(server, shape, _)| is_gone(server, shape))
        .collect();
    let all = std::env::var_os("SLOWLAB_SHAPES").is_none();
    if !exact {
        eprintln!(
            "{} shapes differ from another version than the rules are of",
            new.len()
        );
        return;
    }
    assert!(new.is_empty(), "{} shapes differ, as told above", new.len());
    assert!(
        gone.is_empty() || !all,
        "these are listed and differ no more: {gone:?}"
    );
}
