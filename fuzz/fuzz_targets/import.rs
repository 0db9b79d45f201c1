//! A user's nginx.conf and gunicorn settings: never a panic, and what is imported is a scenario that loads.

#![no_main]

use libfuzzer_sys::fuzz_target;
use slowlab::reference::import::to_toml;
use slowlab::scenario::load_text;
use slowlab::understand::{Sources, understand};

fuzz_target!(|input: (bool, &str)| {
    let (nginx, text) = input;
    // `include` reads other files, and a gunicorn configuration can be a path: not from here.
    if text.contains("include") || text.contains('/') {
        return;
    }
    let folder = tempfile::tempdir_in("/dev/shm").expect("memory is writable");
    let name = if nginx { "nginx.conf" } else { "gunicorn.conf.py" };
    let path = folder.path().join(name);
    std::fs::write(&path, text).expect("the folder is writable");
    let sources = Sources {
        nginx: nginx.then(|| path.clone()),
        gunicorn: (!nginx).then(|| path.to_string_lossy().into_owned()).into_iter().collect(),
        ..Sources::default()
    };
    if let Ok(imported) = understand(&sources) {
        // Without words: what is fuzzed is what stands between them.
        let speech = |message: &str, facts: &[(&str, &str)]| format!("{message} {facts:?}");
        let toml = to_toml(&imported, &speech);
        if let Err(mistakes) = load_text("imported", "imported.toml", &toml, &[]) {
            panic!("{mistakes}\nof\n{toml}");
        }
    }
});
