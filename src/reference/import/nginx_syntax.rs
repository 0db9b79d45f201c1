//! nginx's configuration language: words, quotes, comments, blocks, `include`. Not here: what directives mean; Lua blocks.

use std::path::{Path, PathBuf};

use super::{ImportError, read_file};

/// nginx itself has no limit; a file that includes itself would otherwise never end.
const DEEPEST_INCLUDE: usize = 10;
/// nginx's own contexts nest six deep at most (`http`, `server`, `location`, and `location`, `limit_except` or `if` within).
const DEEPEST_BLOCK: usize = 64;

/// A directive, with the block that follows it, if one does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Directive {
    pub(super) name: String,
    pub(super) args: Vec<String>,
    pub(super) block: Option<Vec<Directive>>,
    pub(super) line: usize,
}

impl Directive {
    /// As it was written, roughly: name and arguments.
    pub(super) fn shown(&self) -> String {
        let mut words = vec![self.name.clone()];
        words.extend(self.args.iter().cloned());
        words.join(" ")
    }
}

/// Reads a file and all that it includes.
pub(super) fn read(path: &Path) -> Result<Vec<Directive>, ImportError> {
    let prefix = path.parent().unwrap_or(Path::new(".")).to_owned();
    read_below(path, &prefix, 0)
}

fn read_below(path: &Path, prefix: &Path, depth: usize) -> Result<Vec<Directive>, ImportError> {
    let text = read_file(path)?;
    let words = words(&text).map_err(|(line, what)| syntax(path, line, what))?;
    let mut parser = Parser {
        path,
        prefix,
        depth,
        nested: 0,
        words: words.into_iter().peekable(),
    };
    parser.block(false)
}

fn syntax(path: &Path, line: usize, what: &str) -> ImportError {
    ImportError::Syntax {
        path: path.to_owned(),
        line,
        what: what.to_owned(),
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Word {
    Text(String),
    End,
    Open,
    Close,
}

/// Splits a text into words with their lines.
fn words(text: &str) -> Result<Vec<(usize, Word)>, (usize, &'static str)> {
    let mut words = Vec::new();
    let mut line = 1;
    let mut chars = text.chars().peekable();
    while let Some(&c) = chars.peek() {
        match c {
            '\n' => {
                line += 1;
                chars.next();
            }
            c if c.is_whitespace() => drop(chars.next()),
            '#' => while chars.next_if(|c| *c != '\n').is_some() {},
            ';' | '{' | '}' => {
                let word = match c {
                    ';' => Word::End,
                    '{' => Word::Open,
                    _ => Word::Close,
                };
                words.push((line, word));
                chars.next();
            }
            '"' | '\'' => {
                let began = line;
                let text = quoted(&mut chars, &mut line).ok_or((began, "a quote is not closed"))?;
                words.push((began, Word::Text(text)));
            }
            _ => words.push((line, Word::Text(bare(&mut chars)))),
        }
    }
    Ok(words)
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn quoted(chars: &mut Chars<'_>, line: &mut usize) -> Option<String> {
    let quote = chars.next()?;
    let mut text = String::new();
    loop {
        match chars.next()? {
            '\\' => text.push(chars.next()?),
            c if c == quote => return Some(text),
            c => {
                *line += usize::from(c == '\n');
                text.push(c);
            }
        }
    }
}

/// A word without quotes. `${name}` is part of it, any other brace ends it.
fn bare(chars: &mut Chars<'_>) -> String {
    let mut text = String::new();
    while let Some(&c) = chars.peek() {
        let variable = c == '{' && text.ends_with('$');
        let closes = c == '}' && text.rfind("${").is_some_and(|at| !text[at..].contains('}'));
        if c.is_whitespace() || (";{}".contains(c) && !variable && !closes) {
            break;
        }
        chars.next();
        if c == '\\' {
            // Only what would end the word loses its backslash; a regular expression keeps its own.
            let escaped = chars.next();
            if escaped.is_some_and(|c| !c.is_whitespace() && !"\"'\\;{}#".contains(c)) {
                text.push(c);
            }
            text.extend(escaped);
        } else {
            text.push(c);
        }
    }
    text
}

struct Parser<'a> {
    path: &'a Path,
    prefix: &'a Path,
    depth: usize,
    /// Blocks around the word that comes next.
    nested: usize,
    words: std::iter::Peekable<std::vec::IntoIter<(usize, Word)>>,
}

impl Parser<'_> {
    fn block(&mut self, inner: bool) -> Result<Vec<Directive>, ImportError> {
        let mut directives = Vec::new();
        loop {
            match self.words.next() {
                None if inner => return Err(self.wrong(0, "a block is not closed")),
                None => return Ok(directives),
                Some((_, Word::Close)) if inner => return Ok(directives),
                Some((line, Word::Close)) => return Err(self.wrong(line, "a `}` too many")),
                Some((line, Word::End | Word::Open)) => {
                    return Err(self.wrong(line, "a directive has no name"));
                }
                Some((line, Word::Text(name))) => self.directive(line, name, &mut directives)?,
            }
        }
    }

    fn directive(
        &mut self,
        line: usize,
        name: String,
        into: &mut Vec<Directive>,
    ) -> Result<(), ImportError> {
        let mut args = Vec::new();
        let block = loop {
            match self.words.next() {
                Some((_, Word::Text(arg))) => args.push(arg),
                Some((_, Word::End)) => break None,
                Some((line, Word::Open)) if self.nested == DEEPEST_BLOCK => {
                    return Err(self.wrong(line, "blocks lie too deep in each other"));
                }
                Some((_, Word::Open)) => {
                    self.nested += 1;
                    let block = self.block(true)?;
                    self.nested -= 1;
                    break Some(block);
                }
                Some((line, Word::Close)) => {
                    return Err(self.wrong(line, "a `;` is missing before this `}`"));
                }
                None => return Err(self.wrong(line, "the file ends within this directive")),
            }
        };
        if name == "include" {
            return self.include(line, &args, into);
        }
        into.push(Directive {
            name,
            args,
            block,
            line,
        });
        Ok(())
    }

    fn include(
        &self,
        line: usize,
        args: &[String],
        into: &mut Vec<Directive>,
    ) -> Result<(), ImportError> {
        if self.depth >= DEEPEST_INCLUDE {
            return Err(self.wrong(line, "files include each other too deeply"));
        }
        for pattern in args {
            let path = self.prefix.join(pattern);
            let files = matching(&path);
            if files.iter().any(|file| !file.exists()) {
                // A configuration that was copied from another machine is still worth reading; this is listed.
                into.push(Directive {
                    name: "include".to_owned(),
                    args: args.to_vec(),
                    block: None,
                    line,
                });
                continue;
            }
            for file in files {
                into.extend(read_below(&file, self.prefix, self.depth + 1)?);
            }
        }
        Ok(())
    }

    fn wrong(&self, line: usize, what: &str) -> ImportError {
        syntax(self.path, line, what)
    }
}

/// The files that a path stands for, sorted; `*` counts in its last part only, as in `conf.d/*.conf`.
fn matching(path: &Path) -> Vec<PathBuf> {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let Some((before, after)) = name.split_once('*') else {
        return vec![path.to_owned()];
    };
    // Of a file that is named without its folder the folder is empty.
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
    let dir = dir.unwrap_or(Path::new("."));
    let mut files: Vec<PathBuf> = std::fs::read_dir(dir)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    files.retain(|file| {
        let name = file
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        name.len() >= before.len() + after.len()
            && name.starts_with(before)
            && name.ends_with(after)
            && file.is_file()
    });
    files.sort();
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Vec<Directive>, ImportError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("nginx.conf");
        std::fs::write(&path, text).unwrap();
        read(&path)
    }

    #[test]
    fn words_quotes_comments_and_blocks() {
        let read = parse("a 1 \"two words\" 'it''s' x\\;y; # b c;\nhttp { server { listen 80; set $x ${y}z; } }\n").unwrap();
        assert_eq!(read[0].args, ["1", "two words", "it", "s", "x;y"]);
        let server = &read[1].block.as_ref().unwrap()[0];
        let inner = server.block.as_ref().unwrap();
        assert_eq!(
            (inner[0].shown(), inner[0].line),
            ("listen 80".to_owned(), 2)
        );
        assert_eq!(inner[1].args, ["$x", "${y}z"]);
    }

    #[test]
    fn mistakes_are_told_with_their_line() {
        for (text, line, what) in [
            ("a 1;\nb 2", 2, "ends within"),
            ("http {\n a 1;\n", 0, "not closed"),
            ("a;\n}\n", 2, "too many"),
            ("http {\n a 1\n}\n", 3, "`;` is missing"),
            ("a \"x;\n", 1, "quote"),
            (";", 1, "no name"),
        ] {
            match parse(text) {
                Err(ImportError::Syntax {
                    line: at,
                    what: said,
                    ..
                }) => {
                    assert_eq!(at, line, "{text}");
                    assert!(said.contains(what), "{said}");
                }
                other => panic!("{text}: {other:?}"),
            }
        }
    }

    #[test]
    fn includes_are_followed_in_order_and_not_for_ever() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("conf.d")).unwrap();
        std::fs::write(dir.path().join("conf.d/b.conf"), "second;").unwrap();
        std::fs::write(dir.path().join("conf.d/a.conf"), "first;").unwrap();
        std::fs::write(dir.path().join("conf.d/a.txt"), "never;").unwrap();
        let main = dir.path().join("nginx.conf");
        std::fs::write(&main, "include conf.d/*.conf;").unwrap();
        let names: Vec<_> = read(&main)
            .unwrap()
            .into_iter()
            .map(|directive| directive.name)
            .collect();
        assert_eq!(names, ["first", "second"]);
        std::fs::write(&main, "include nginx.conf;").unwrap();
        assert!(read(&main).unwrap_err().to_string().contains("too deeply"));
    }
}
