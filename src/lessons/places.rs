//! Where the keys of a block stand, so that what is wrong with one is said at its line.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

/// The keys of a block, dotted and with items counted from 1 (`question.2.ask`), and where each begins and ends.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Places(Vec<(String, Range<usize>)>);

impl Places {
    /// Those of a text; none where it is not TOML.
    pub(super) fn of(text: &str) -> Places {
        let mut places = Places::default();
        if let Ok(table) = DeTable::parse(text) {
            places.walk("", table.get_ref());
        }
        places
    }

    fn walk(&mut self, before: &str, table: &DeTable<'_>) {
        for (key, value) in table.iter() {
            let path = format!("{before}{}", key.get_ref());
            let start = key.span().start;
            self.value(path, start, (value.get_ref(), value.span()));
        }
    }

    fn value(&mut self, path: String, start: usize, (value, span): (&DeValue<'_>, Range<usize>)) {
        self.0.push((path.clone(), start..span.end.max(start)));
        match value {
            DeValue::Table(table) => self.walk(&format!("{path}."), table),
            DeValue::Array(items) => {
                for (index, item) in (1..).zip(items.iter()) {
                    let span = item.span();
                    self.value(
                        format!("{path}.{index}"),
                        span.start,
                        (item.get_ref(), span),
                    );
                }
            }
            _ => {}
        }
    }

    /// Where a key begins, or what it would stand in.
    pub(super) fn start(&self, path: &str) -> usize {
        let mut path = path;
        loop {
            if let Some((_, range)) = self.0.iter().find(|(known, _)| known == path) {
                return range.start;
            }
            match path.rsplit_once('.') {
                Some((above, _)) => path = above,
                None => return 0,
            }
        }
    }

    /// The innermost key that a byte belongs to.
    pub(super) fn key_at(&self, at: usize) -> Option<&str> {
        let around = self.0.iter().filter(|(_, range)| range.contains(&at));
        around
            .min_by_key(|(_, range)| range.len())
            .map(|(path, _)| path.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_at_their_places() {
        let text = "a = 1\n[[knob]]\nkey = \"k\"\n[[knob]]\nkey = \"l\"\nvalues = [1, 2]\n";
        let places = Places::of(text);
        assert_eq!(places.start("knob.2.key"), text.rfind("key").unwrap());
        assert_eq!(places.start("knob.2.nothing"), places.start("knob.2"));
        assert_eq!(places.start("other"), 0);
        assert_eq!(
            places.key_at(text.find("2]").unwrap()),
            Some("knob.2.values.2")
        );
        assert_eq!(Places::of("= no TOML"), Places::default());
    }
}
