//! What a scenario says about its variants: read from the file as run, which the results folder has.

/// The `why` of a variant, in the scenario's own words for a language where it has some; empty if there is none.
pub(super) fn why(scenario_toml: &str, language: &str, variant: &str) -> String {
    let said = || {
        let file: toml::Table = toml::from_str(scenario_toml).ok()?;
        let translated = || {
            file.get("words")?
                .get(language)?
                .get("why")?
                .get(variant)?
                .as_str()
        };
        let plain = || {
            let mut variants = file.get("variant")?.as_array()?.iter();
            let name = |one: &toml::Value| one.get("name")?.as_str().map(str::to_owned);
            let named = variants.find(|one| name(one).as_deref() == Some(variant))?;
            named.get("why")?.as_str()
        };
        translated().or_else(plain).map(str::to_owned)
    };
    said().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variant_without_words_has_none() {
        let file = "[[variant]]\nname = \"a\"\nwhy = \"because\"\n[[variant]]\nname = \"b\"\n[words.ko]\nwhy.a = \"그래서\"\n";
        assert_eq!(why(file, "en", "a"), "because");
        assert_eq!(why(file, "ko", "a"), "그래서");
        assert_eq!(why(file, "ko", "b"), "");
        assert_eq!(why("not toml [", "en", "a"), "");
        assert_eq!(why("variant = 3", "en", "a"), "");
    }
}
