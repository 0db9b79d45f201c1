//! Scenario files: everything is either a scenario or a list of mistakes with their places.

#![no_main]

use libfuzzer_sys::fuzz_target;
use slowlab::scenario::load_text;

fuzz_target!(|text: &str| match load_text("fuzz", "fuzz.toml", text, &[]) {
    Ok(scenario) => assert_eq!(scenario.name, "fuzz"),
    Err(mistakes) => assert!(mistakes.errors() > 0 && !mistakes.to_string().is_empty()),
});
