//! Style, scripts and font of the page, as one file needs them: no address leads out of it.
//!
//! The scripts are modules that import one another by bare names (`slowlab/scale.js`). In the single file an import map resolves these to `data:`
//! addresses, since a page opened from a disk may not load files; a server can give the same modules paths.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::palette;

/// The modules, by file name.
pub(crate) const MODULES: [(&str, &str); 10] = [
    ("address.js", include_str!("modules/address.js")),
    ("controls.js", include_str!("modules/controls.js")),
    ("format.js", include_str!("modules/format.js")),
    ("journey.js", include_str!("modules/journey.js")),
    ("page.js", include_str!("modules/page.js")),
    ("panel.js", include_str!("modules/panel.js")),
    ("player.js", include_str!("modules/player.js")),
    ("scale.js", include_str!("modules/scale.js")),
    ("series.js", include_str!("modules/series.js")),
    ("stage.js", include_str!("modules/stage.js")),
];

/// What begins it all: the only script in the page itself.
pub(super) const START: &str = "import { start } from 'slowlab/page.js';\nimport { opened } from 'slowlab/series.js';\nstart(document, opened(JSON.parse(document.getElementById('data').textContent)));\n";

const CSS: &str = include_str!("page.css");
/// The charts' font, compressed.
pub(crate) static FONT: &[u8] = include_bytes!("../../../assets/fonts/NotoSansKR.woff2");

/// The content of `<style>`.
pub(crate) fn style() -> String {
    let font = STANDARD.encode(FONT);
    sheet(&format!("data:font/woff2;base64,{font}"))
}

/// The style sheet, with the font at an address.
pub(crate) fn sheet(font: &str) -> String {
    format!(
        "@font-face {{ font-family: \"slowlab\"; src: url({font}) format(\"woff2\"); }}\n{}{CSS}",
        palette::css()
    )
}

/// A script of a page, as its policy names it.
pub(crate) fn hash(script: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(script)))
}

/// The content of `<script type="importmap">`.
pub(super) fn import_map() -> String {
    let imports: serde_json::Map<String, serde_json::Value> = (MODULES.iter())
        .map(|(name, source)| {
            let address = format!("data:text/javascript;base64,{}", STANDARD.encode(source));
            (format!("slowlab/{name}"), address.into())
        })
        .collect();
    serde_json::json!({ "imports": imports }).to_string()
}

/// What a page without scripts may do: show its own style, font and pictures.
pub(crate) const STILL: &str = "default-src 'none'; style-src 'unsafe-inline'; font-src data:; img-src data:; base-uri 'none'; form-action 'none'";

/// What the page may do: run these two scripts and what they import, show its own style, font and pictures, and nothing else.
pub(super) fn policy(import_map: &str) -> String {
    format!(
        "default-src 'none'; script-src {} {} data:; style-src 'unsafe-inline'; font-src data:; img-src data:; base-uri 'none'; form-action 'none'",
        hash(import_map),
        hash(START)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_import_one_another_by_bare_names_that_exist() {
        let map = import_map();
        for (name, source) in MODULES {
            for line in source.lines().filter(|line| line.starts_with("import ")) {
                let from = line.split('\'').nth(1).unwrap_or_default();
                assert!(map.contains(&format!("\"{from}\"")), "{name}: {line}");
            }
            assert!(!source.contains("import("), "{name} imports at run time");
        }
    }

    #[test]
    fn a_hash_is_what_browsers_compute() {
        // The example of the CSP specification.
        let hash = STANDARD.encode(Sha256::digest("alert('Hello, world.');"));
        assert_eq!(hash, "qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng=");
        assert!(policy("x").starts_with("default-src 'none'; script-src 'sha256-"));
    }

    #[test]
    fn nothing_in_the_assets_leads_out() {
        let sources = MODULES
            .iter()
            .map(|(_, source)| *source)
            .chain([CSS, START]);
        for source in sources {
            for foreign in [
                "http:",
                "https:",
                "fetch(",
                "XMLHttpRequest",
                "innerHTML",
                "@import",
                "url(http",
            ] {
                assert!(!source.contains(foreign), "`{foreign}`");
            }
        }
    }
}
