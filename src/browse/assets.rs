//! Modules, style and font, each at an address of its own: those of the report, and what only the server's pages need.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

use super::answer::{refuse, typed};
use crate::report::html;

/// The modules of these pages, by file name.
const OWN: [(&str, &str); 11] = [
    ("ask.js", include_str!("modules/ask.js")),
    ("lessons.js", include_str!("modules/lessons.js")),
    ("library.js", include_str!("modules/library.js")),
    ("live.js", include_str!("modules/live.js")),
    ("simulated.js", include_str!("modules/simulated.js")),
    ("site.js", include_str!("modules/site.js")),
    ("stageplay.js", include_str!("modules/stageplay.js")),
    ("theatre.js", include_str!("modules/theatre.js")),
    ("trials.js", include_str!("modules/trials.js")),
    ("turned.js", include_str!("modules/turned.js")),
    ("whatif.js", include_str!("modules/whatif.js")),
];

const CSS: &str = include_str!("browse.css");
const FONT: &str = "NotoSansKR.woff2";

static SHEET: LazyLock<String> =
    LazyLock::new(|| format!("{}{CSS}", html::sheet(&format!("/assets/{FONT}"))));

static IMPORT_MAP: LazyLock<String> = LazyLock::new(|| {
    let names = html::MODULES.iter().chain(&OWN).map(|(name, _)| name);
    let imports: serde_json::Map<String, serde_json::Value> = names
        .map(|name| (format!("slowlab/{name}"), format!("/assets/{name}").into()))
        .collect();
    serde_json::json!({ "imports": imports }).to_string()
});

static POLICY: LazyLock<String> = LazyLock::new(|| {
    format!(
        "default-src 'none'; script-src 'self' {}; style-src 'self' 'unsafe-inline'; font-src 'self'; img-src data:; connect-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        html::hash(&IMPORT_MAP)
    )
});

/// Names of modules as they import one another, and their addresses.
pub(super) fn import_map() -> &'static str {
    &IMPORT_MAP
}

/// What pages may do: run the modules that are served here, ask this server, show what is served here; nothing else.
pub(super) fn policy() -> &'static str {
    &POLICY
}

/// `GET /assets/NAME`.
pub(super) async fn asset(Path(name): Path<String>) -> Response {
    let mut modules = html::MODULES.iter().chain(&OWN);
    match modules.find(|(known, _)| *known == name) {
        Some((_, source)) => typed("text/javascript; charset=utf-8", *source),
        None if name == "slowlab.css" => typed("text/css; charset=utf-8", SHEET.as_str()),
        None if name == FONT => typed("font/woff2", html::FONT),
        None => refuse(StatusCode::NOT_FOUND, "there is no such file"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_import_what_is_served_and_make_no_markup_of_text() {
        for (name, source) in OWN {
            for line in source.lines().filter(|line| line.starts_with("import ")) {
                let from = line.split('\'').nth(1).unwrap_or_default();
                assert!(
                    import_map().contains(&format!("\"{from}\"")),
                    "{name}: {line}"
                );
            }
            for foreign in ["http:", "https:", "innerHTML", "import(", "eval("] {
                assert!(!source.contains(foreign), "{name}: `{foreign}`");
            }
        }
        assert!(!CSS.contains("url(") && !CSS.contains("@import"));
    }
}
