//! Numbers and classes as gunicorn takes them.

use super::*;

#[test]
fn numbers_are_whole() {
    for (text, expected) in [
        ("4", Some(4)),
        (" 4 ", Some(4)),
        ("4.0", Some(4)),
        ("-1", None),
        ("four", None),
        ("", None),
        ("1e99", None),
        ("inf", None),
    ] {
        assert_eq!(whole(text), expected, "{text}");
    }
}

#[test]
fn classes_are_known_by_name_and_path() {
    assert_eq!(class_of("egg:gunicorn#gthread"), Some(WorkerClass::Gthread));
    assert_eq!(
        class_of("uvicorn_worker.UvicornWorker"),
        Some(WorkerClass::Uvicorn)
    );
    assert_eq!(class_of("uvicorn"), None);
    assert_eq!(class_of("tornado"), None);
}
