//! As much YAML as compose files are written in: maps and lists by indentation, lists in brackets, quotes, folded and literal texts, anchors.
//! What is stranger than that is passed over, never wrongly read as something else.

use std::collections::BTreeMap;

/// Maps in maps.
const DEEPEST: usize = 24;
/// Longer files are no compose files.
const MOST_LINES: usize = 20_000;
/// So many aliases are followed.
const MOST_ALIASES: usize = 200;

/// A value and its line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Node {
    pub(super) is: Is,
    pub(super) line: usize,
}

/// The kinds of values.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Is {
    Text(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

impl Node {
    /// A value of a map.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        let Is::Map(pairs) = &self.is else {
            return None;
        };
        pairs
            .iter()
            .rev()
            .find(|(name, _)| name == key)
            .map(|(_, node)| node)
    }

    /// The pairs of a map.
    pub(super) fn pairs(&self) -> &[(String, Node)] {
        match &self.is {
            Is::Map(pairs) => pairs,
            _ => &[],
        }
    }
}

/// Reads a text.
pub(super) fn read(text: &str) -> Node {
    let lines = text.lines().take(MOST_LINES).map(|line| {
        let line = line.trim_end();
        let indent = line.len() - line.trim_start_matches(' ').len();
        (indent, line)
    });
    let mut reader = Reader {
        lines: lines.collect(),
        at: 0,
        anchors: BTreeMap::new(),
        aliases: 0,
    };
    reader.block(0, 0)
}

struct Reader<'t> {
    lines: Vec<(usize, &'t str)>,
    at: usize,
    anchors: BTreeMap<String, Node>,
    aliases: usize,
}

impl<'t> Reader<'t> {
    /// The next line that says something, which is not passed over.
    fn peek(&mut self) -> Option<(usize, &'t str)> {
        while let Some((indent, line)) = self.lines.get(self.at) {
            let rest = line[*indent..].trim();
            let says = !rest.is_empty() && !rest.starts_with('#') && rest != "---";
            if says {
                return Some((*indent, rest));
            }
            self.at += 1;
        }
        None
    }

    /// The map or list whose lines are indented at least so far.
    fn block(&mut self, least: usize, depth: usize) -> Node {
        let line = self.at + 1;
        let text = |text: String| Node {
            is: Is::Text(text),
            line,
        };
        let Some((indent, first)) = self.peek().filter(|(indent, _)| *indent >= least) else {
            return text(String::new());
        };
        if depth > DEEPEST {
            self.at = self.lines.len();
            return text(String::new());
        }
        if first.starts_with("- ") || first == "-" {
            return self.list(indent, depth);
        }
        if key_of(first).is_some() {
            return self.map(indent, depth);
        }
        // A plain text in lines of its own.
        self.at += 1;
        let rest = self.folded(indent);
        text(format!("{first} {rest}").trim().to_owned())
    }

    fn map(&mut self, indent: usize, depth: usize) -> Node {
        let line = self.at + 1;
        let mut pairs = Vec::new();
        while let Some((own, text)) = self.peek() {
            if own != indent {
                if own < indent {
                    break;
                }
                self.at += 1;
                continue;
            }
            let Some((key, rest)) = key_of(text) else {
                self.at += 1;
                continue;
            };
            let at = self.at + 1;
            self.at += 1;
            let node = self.value(rest, (indent, at), depth);
            if key == "<<" {
                pairs.splice(0..0, node.pairs().to_vec());
            } else {
                pairs.push((key, node));
            }
        }
        Node {
            is: Is::Map(pairs),
            line,
        }
    }

    fn list(&mut self, indent: usize, depth: usize) -> Node {
        let line = self.at + 1;
        let mut all = Vec::new();
        while let Some((own, text)) = self.peek() {
            let Some(rest) = text.strip_prefix('-').filter(|_| own == indent) else {
                break;
            };
            let at = self.at + 1;
            let inner = rest.trim_start();
            let is_map = key_of(inner).is_some() && !inner.starts_with(['"', '\'', '[', '{']);
            if is_map {
                // The map begins behind the dash: as if it stood there alone.
                let deeper = own + (text.len() - inner.len());
                self.lines[self.at] = (deeper, self.lines[self.at].1);
                all.push(self.map(deeper, depth + 1));
                continue;
            }
            self.at += 1;
            all.push(self.value(inner, (indent, at), depth));
        }
        Node {
            is: Is::List(all),
            line,
        }
    }

    /// What stands behind a key or a dash of a line with this indentation.
    fn value(&mut self, rest: &str, (indent, line): (usize, usize), depth: usize) -> Node {
        let (anchor, rest) = match rest.strip_prefix('&') {
            Some(named) => {
                let end = named.find(char::is_whitespace).unwrap_or(named.len());
                (Some(named[..end].to_owned()), named[end..].trim_start())
            }
            None => (None, rest),
        };
        let node = self.plain_value(rest, (indent, line), depth);
        if let Some(name) = anchor {
            self.anchors.insert(name, node.clone());
        }
        node
    }

    fn plain_value(&mut self, rest: &str, (indent, line): (usize, usize), depth: usize) -> Node {
        let text = |text: String| Node {
            is: Is::Text(text),
            line,
        };
        let bare = uncommented(rest);
        if bare.is_empty() {
            let deeper = self.peek().is_some_and(|(own, next)| {
                own > indent || (own == indent && next.starts_with("- "))
            });
            return match deeper {
                true => self.block(indent, depth + 1),
                false => text(String::new()),
            };
        }
        if let Some(name) = bare.strip_prefix('*') {
            self.aliases += 1;
            let known = self
                .anchors
                .get(name)
                .filter(|_| self.aliases < MOST_ALIASES);
            return known.cloned().unwrap_or_else(|| text(String::new()));
        }
        match bare.chars().next() {
            Some('|' | '>') if bare.len() <= 3 => {
                let keeps = bare.starts_with('|');
                text(self.literal(indent, keeps))
            }
            Some('[') => self.flow(bare, (indent, line)),
            Some(quote @ ('"' | '\'')) => text(self.quoted(bare, quote, indent)),
            _ => {
                let more = self.folded(indent + 1);
                text(format!("{bare} {more}").trim().to_owned())
            }
        }
    }

    /// Lines that belong to a plain text because they are indented further.
    fn folded(&mut self, least: usize) -> String {
        let mut out: Vec<&str> = Vec::new();
        while let Some((indent, line)) = self.peek() {
            if indent < least {
                break;
            }
            out.push(uncommented(line));
            self.at += 1;
        }
        out.join(" ")
    }

    fn literal(&mut self, indent: usize, keeps: bool) -> String {
        let mut out = Vec::new();
        while let Some((own, line)) = self.lines.get(self.at) {
            if !line.trim().is_empty() && *own <= indent {
                break;
            }
            out.push(line.trim());
            self.at += 1;
        }
        out.join(if keeps { "\n" } else { " " })
    }

    /// A text in quotes, over as many lines as it takes.
    fn quoted(&mut self, first: &str, quote: char, indent: usize) -> String {
        let mut whole = first.to_owned();
        while !is_closed(&whole, quote) {
            let Some((own, line)) = self.peek().filter(|(own, _)| *own > indent) else {
                break;
            };
            let _ = own;
            whole.push(' ');
            whole.push_str(line);
            self.at += 1;
        }
        unquoted(&whole)
    }

    /// `[a, "b"]`, over as many lines as it takes.
    fn flow(&mut self, first: &str, (indent, line): (usize, usize)) -> Node {
        let mut whole = first.to_owned();
        while !whole.trim_end().ends_with(']') {
            let Some((_, next)) = self
                .peek()
                .filter(|(own, next)| *own > indent || next.starts_with(']'))
            else {
                break;
            };
            whole.push(' ');
            whole.push_str(uncommented(next));
            self.at += 1;
        }
        let inner = whole.trim().trim_start_matches('[').trim_end_matches(']');
        let all = pieces(inner).into_iter().map(|piece| Node {
            is: Is::Text(unquoted(piece.trim())),
            line,
        });
        Node {
            is: Is::List(all.collect()),
            line,
        }
    }
}

/// `key: rest`.
fn key_of(line: &str) -> Option<(String, &str)> {
    let (key, rest) = match line.chars().next()? {
        quote @ ('"' | '\'') => {
            let end = line[1..].find(quote)? + 1;
            (&line[1..end], line[end + 1..].strip_prefix(':')?)
        }
        '[' | '{' => return None,
        _ => {
            let at = line.find(": ").or_else(|| {
                let end = line.strip_suffix(':')?;
                Some(end.len())
            })?;
            (&line[..at], &line[at + 1..])
        }
    };
    let fits = !key.is_empty() && !key.contains(['$', '{']);
    fits.then(|| (key.trim().to_owned(), rest.trim()))
}

/// Without a comment at its end.
fn uncommented(text: &str) -> &str {
    let quoted = text.starts_with(['"', '\'', '[']);
    match text.find(" #").filter(|_| !quoted) {
        Some(at) => text[..at].trim_end(),
        None if text.starts_with('#') => "",
        None => text,
    }
}

fn is_closed(text: &str, quote: char) -> bool {
    let mut escaped = false;
    for c in text.chars().skip(1) {
        if c == quote && !escaped {
            return true;
        }
        escaped = c == '\\' && quote == '"' && !escaped;
    }
    false
}

fn unquoted(text: &str) -> String {
    let Some(quote @ ('"' | '\'')) = text.chars().next() else {
        return text.to_owned();
    };
    let mut out = String::new();
    let mut chars = text.chars().skip(1).peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if quote == '"' => out.extend(chars.next()),
            '\'' if quote == '\'' && chars.peek() == Some(&'\'') => out.extend(chars.next()),
            c if c == quote => break,
            c => out.push(c),
        }
    }
    out
}

/// Between commas that are in no quotes.
fn pieces(text: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut quote = None;
    for c in text.chars() {
        match (c, quote) {
            (',', None) => out.push(String::new()),
            ('"' | '\'', None) => {
                quote = Some(c);
                out.last_mut().into_iter().for_each(|last| last.push(c));
            }
            _ => {
                quote = quote.filter(|quote| *quote != c);
                out.last_mut().into_iter().for_each(|last| last.push(c));
            }
        }
    }
    out.retain(|piece| !piece.trim().is_empty());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(node: Option<&Node>) -> String {
        match node.map(|node| &node.is) {
            Some(Is::Text(text)) => text.clone(),
            Some(Is::List(all)) => {
                let all: Vec<String> = all.iter().map(|one| text(Some(one))).collect();
                all.join("|")
            }
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn compose_files_are_read() {
        let read = read(
            "x-app: &app\n  image: a\n  command: old\nservices:\n  web: # the site\n    <<: *app\n    command: gunicorn a:b\n      -w 4  # four\n\
             \x20   environment:\n    - WORKERS=2\n    - \"X=a: b\"\n  two:\n    command: [\"gunicorn\", '-w', \"3\",\n      \"a, b\"]\n    environment:\n      W: \"5\"\n\
             \x20 three:\n    command: >\n      sh -c \"a &&\n      gunicorn\"\n    entrypoint:\n      - gunicorn\n      - -w\n  four:\n    command: 'it''s'\n",
        );
        let services = read.get("services").unwrap();
        let of = |service: &str, key: &str| text(services.get(service).unwrap().get(key));
        assert_eq!(of("web", "command"), "gunicorn a:b -w 4");
        assert_eq!(of("web", "image"), "a");
        assert_eq!(of("web", "environment"), "WORKERS=2|X=a: b");
        assert_eq!(of("two", "command"), "gunicorn|-w|3|a, b");
        assert_eq!(
            text(
                services
                    .get("two")
                    .unwrap()
                    .get("environment")
                    .unwrap()
                    .get("W")
            ),
            "5"
        );
        assert_eq!(of("three", "command"), "sh -c \"a && gunicorn\"");
        assert_eq!(of("three", "entrypoint"), "gunicorn|-w");
        assert_eq!(of("four", "command"), "it's");
        assert_eq!(
            services.get("two").unwrap().get("command").unwrap().line,
            13
        );
    }

    #[test]
    fn odd_files_end() {
        for odd in [
            "a:\n".repeat(9_999),
            (0..2_000)
                .map(|n| format!("{}a:\n", " ".repeat(n)))
                .collect(),
            "- ".repeat(9_999),
            "a: &a [*a, *a]\nb: *a\n".to_owned(),
            "a: \"never closed\n b\n".to_owned(),
            "a: [x,\n".to_owned(),
            "\t\ta: b\n- - - x: y\n".to_owned(),
            "a: é\nü: 'ß\n".to_owned(),
        ] {
            let _ = read(&odd);
        }
    }
}
