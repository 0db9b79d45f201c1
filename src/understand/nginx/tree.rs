//! nginx's configuration as a tree: blocks, and the files that it includes. Not here: what directives mean.

use std::path::{Path, PathBuf};

use super::includes;
use super::words::{Word, Words};
use crate::understand::error::UnderstandError;
use crate::understand::files::Files;
use crate::understand::known::Place;

/// nginx itself has no limit; a file that includes itself would otherwise never end.
const DEEPEST_INCLUDE: usize = 10;
/// nginx's own contexts nest six deep at most (`http`, `server`, `location`, and `location`, `limit_except` or `if` within).
const DEEPEST_BLOCK: usize = 64;
/// A host of a thousand sites has some fifty thousand.
const MOST_DIRECTIVES: usize = 300_000;

/// A directive, with the block that follows it, if one does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Directive {
    /// Its name.
    pub name: String,
    /// What follows, without quotes.
    pub args: Vec<String>,
    /// What stands in its braces.
    pub block: Option<Vec<Directive>>,
    /// Where it stands.
    pub at: Place,
}

impl Directive {
    /// As it was written, roughly: name and arguments.
    pub fn shown(&self) -> String {
        let mut words = vec![self.name.clone()];
        words.extend(self.args.iter().cloned());
        words.join(" ")
    }

    /// The first argument, or nothing.
    pub fn first(&self) -> &str {
        self.args.first().map_or("", String::as_str)
    }

    /// What stands in its braces.
    pub fn inner(&self) -> &[Directive] {
        self.block.as_deref().unwrap_or_default()
    }
}

/// A configuration that was read.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(in crate::understand) struct Tree {
    pub(in crate::understand) directives: Vec<Directive>,
    /// Includes that are not there: what they say is missing.
    pub(in crate::understand) missing: Vec<(String, Place)>,
    /// Includes that were found elsewhere than they say.
    pub(in crate::understand) taken_for: Vec<(String, String, Place)>,
}

/// Reads a file and all that it includes.
///
/// # Errors
/// What nginx would refuse too; templates; what cannot be read; more than anybody writes.
pub(in crate::understand) fn read(path: &Path, files: &Files) -> Result<Tree, UnderstandError> {
    let mut reader = Reader {
        files,
        main: path.to_owned(),
        count: 0,
        tree: Tree::default(),
        stack: Vec::new(),
    };
    let directives = reader.file(path, &path.display().to_string())?;
    reader.tree.directives = directives;
    Ok(reader.tree)
}

/// A template of which a configuration is made: whose, and where that is seen. envsubst's `${NAME}` is read, and is not one.
pub(in crate::understand) fn template(text: &str) -> Option<(&'static str, usize)> {
    let lua = text.contains("_by_lua");
    let lines = text.lines().enumerate();
    let mut seen = lines.filter_map(|(index, line)| {
        let line = line.trim();
        let kind = match line {
            _ if line.starts_with('#') => return None,
            _ if line.contains("{%") => "Jinja's",
            _ if line.contains("<%") => "ERB",
            _ if line.contains("{{") && line.contains("}}") && !lua => "with {{ }} to fill in",
            _ => return None,
        };
        Some((kind, index + 1))
    });
    seen.next()
}

/// The same of a file in which braces have meanings of their own: only where a line begins as none of its language does.
pub(in crate::understand) fn template_by_lines(text: &str) -> Option<(&'static str, usize)> {
    let mut lines = text.lines();
    let at = lines.position(|line| line.trim_start().starts_with("{%"))?;
    Some(("Jinja's", at + 1))
}

struct Reader<'f> {
    files: &'f Files,
    main: PathBuf,
    count: usize,
    tree: Tree,
    /// Files that are being read, outermost first.
    stack: Vec<PathBuf>,
}

/// One file's words, and what to call it.
struct Parser<'t> {
    words: Words<'t>,
    place: Place,
    nested: usize,
}

impl Parser<'_> {
    fn wrong(&self, what: &str) -> UnderstandError {
        UnderstandError::Syntax {
            file: self.place.file.to_string(),
            line: self.words.line,
            what: what.to_owned(),
        }
    }

    fn next(&mut self) -> Result<Option<Word>, UnderstandError> {
        self.words.next().map_err(|what| self.wrong(what))
    }
}

impl Reader<'_> {
    fn file(&mut self, path: &Path, shown: &str) -> Result<Vec<Directive>, UnderstandError> {
        let text = self.files.read(path)?;
        if let Some((kind, line)) = template(&text) {
            return Err(UnderstandError::Template {
                file: shown.to_owned(),
                line,
                kind,
            });
        }
        let mut parser = Parser {
            words: Words::new(&text),
            place: Place::new(shown, 1),
            nested: 0,
        };
        self.stack.push(path.to_owned());
        let read = self.block(&mut parser, false);
        self.stack.pop();
        read
    }

    fn block(
        &mut self,
        parser: &mut Parser<'_>,
        inner: bool,
    ) -> Result<Vec<Directive>, UnderstandError> {
        let mut directives = Vec::new();
        loop {
            match parser.next()? {
                None if inner => return Err(parser.wrong("a block is not closed")),
                None => return Ok(directives),
                Some(Word::Close) if inner => return Ok(directives),
                Some(Word::Close) => return Err(parser.wrong("a `}` too many")),
                Some(Word::End | Word::Open) => {
                    return Err(parser.wrong("a directive has no name"));
                }
                Some(Word::Text(name)) => self.directive(name, parser, &mut directives)?,
            }
        }
    }

    fn directive(
        &mut self,
        name: String,
        parser: &mut Parser<'_>,
        into: &mut Vec<Directive>,
    ) -> Result<(), UnderstandError> {
        let at = parser.place.on(parser.words.line);
        self.count += 1;
        if self.count > MOST_DIRECTIVES {
            return Err(UnderstandError::TooMuch {
                file: at.file.to_string(),
                what: format!("more than {MOST_DIRECTIVES} directives"),
            });
        }
        let mut args = Vec::new();
        let block = loop {
            match parser.next()? {
                Some(Word::Text(arg)) => args.push(arg),
                Some(Word::End) => break None,
                Some(Word::Open) => break Some(self.braces(&name, parser)?),
                Some(Word::Close) => {
                    return Err(parser.wrong("a `;` is missing before this `}`"));
                }
                None => return Err(parser.wrong("the file ends within this directive")),
            }
        };
        if name == "include" && block.is_none() {
            return self.include(&args, &at, into);
        }
        into.push(Directive {
            name,
            args,
            block,
            at,
        });
        Ok(())
    }

    fn braces(
        &mut self,
        name: &str,
        parser: &mut Parser<'_>,
    ) -> Result<Vec<Directive>, UnderstandError> {
        if name.ends_with("_by_lua_block") {
            parser.words.skip_lua().map_err(|what| parser.wrong(what))?;
            return Ok(Vec::new());
        }
        if parser.nested == DEEPEST_BLOCK {
            return Err(parser.wrong("blocks lie too deep in each other"));
        }
        parser.nested += 1;
        let block = self.block(parser, true)?;
        parser.nested -= 1;
        Ok(block)
    }

    fn include(
        &mut self,
        args: &[String],
        at: &Place,
        into: &mut Vec<Directive>,
    ) -> Result<(), UnderstandError> {
        for pattern in args {
            let found = includes::find(pattern, &self.main, self.files);
            if found.files.is_empty() && !found.is_empty_folder {
                self.tree.missing.push((pattern.clone(), at.clone()));
            }
            for file in found.files {
                let loops = self.stack.contains(&file);
                if loops || self.stack.len() >= DEEPEST_INCLUDE {
                    return Err(UnderstandError::Syntax {
                        file: at.file.to_string(),
                        line: at.line,
                        what: "files include each other too deeply".to_owned(),
                    });
                }
                let shown = file.display().to_string();
                if found.elsewhere {
                    let told = (pattern.clone(), shown.clone(), at.clone());
                    self.tree.taken_for.push(told);
                }
                into.extend(self.file(&file, &shown)?);
            }
        }
        Ok(())
    }
}
