//! The README's generated table. `SLOWLAB_BLESS=1 cargo test --test readme` rewrites it.

use std::fs;
use std::path::PathBuf;

use slowlab::scenario;

const BEGIN: &str = "<!-- scenarios: begin (tests/readme.rs keeps this table true) -->\n";
const END: &str = "<!-- scenarios: end -->";

fn table() -> String {
    let mut table = "| scenario | question | variants |\n|---|---|---|\n".to_owned();
    for (name, _) in scenario::embedded() {
        let loaded = scenario::load_embedded(name, &[])
            .unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false)));
        let variants: Vec<&str> = loaded
            .variants
            .iter()
            .map(|variant| variant.name.as_str())
            .collect();
        table.push_str(&format!(
            "| [`{name}`](scenarios/{name}.toml){} | {} | {} |\n",
            if loaded.is_for_sim_only() {
                " (sim)"
            } else {
                ""
            },
            loaded.question,
            variants.join(", ")
        ));
    }
    table
}

#[test]
fn the_scenario_table_is_true() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let page = fs::read_to_string(&path).expect("README.md");
    let (before, rest) = page.split_once(BEGIN).expect("the begin marker");
    let (_, after) = rest.split_once(END).expect("the end marker");
    let fresh = format!("{before}{BEGIN}{}{END}{after}", table());
    if std::env::var_os("SLOWLAB_BLESS").is_some() {
        fs::write(&path, &fresh).expect("a writable README.md");
    }
    assert_eq!(page, fresh, "run SLOWLAB_BLESS=1 cargo test --test readme");
}
