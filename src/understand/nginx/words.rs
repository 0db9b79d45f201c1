//! nginx's words: quotes, comments, `${variables}`, and blocks of Lua, which are passed over as one word. One at a time, so that a file of a million words costs no memory.

use std::iter::Peekable;
use std::str::Chars;

/// A word, or what ends one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Word {
    Text(String),
    End,
    Open,
    Close,
}

/// The words of a text.
pub(super) struct Words<'t> {
    chars: Peekable<Chars<'t>>,
    /// Of the word that was read last.
    pub(super) line: usize,
    now: usize,
}

impl<'t> Words<'t> {
    pub(super) fn new(text: &'t str) -> Words<'t> {
        Words {
            chars: text.chars().peekable(),
            line: 1,
            now: 1,
        }
    }

    /// The next one; `Ok(None)` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Word>, &'static str> {
        while let Some(&c) = self.chars.peek() {
            match c {
                '#' => while self.chars.next_if(|c| *c != '\n').is_some() {},
                c if c.is_whitespace() => {
                    self.now += usize::from(c == '\n');
                    self.chars.next();
                }
                _ => break,
            }
        }
        self.line = self.now;
        let Some(&c) = self.chars.peek() else {
            return Ok(None);
        };
        let word = match c {
            ';' => Word::End,
            '{' => Word::Open,
            '}' => Word::Close,
            '"' | '\'' => return self.quoted().map(|text| Some(Word::Text(text))),
            _ => return Ok(Some(Word::Text(self.bare()))),
        };
        self.chars.next();
        Ok(Some(word))
    }

    fn quoted(&mut self) -> Result<String, &'static str> {
        let quote = self.chars.next();
        let mut text = String::new();
        loop {
            match self.chars.next().ok_or("a quote is not closed")? {
                '\\' => self.escaped(&mut text),
                c if Some(c) == quote => return Ok(text),
                c => {
                    self.now += usize::from(c == '\n');
                    text.push(c);
                }
            }
        }
    }

    /// Behind a backslash: quotes and backslashes lose theirs, a regular expression keeps its own.
    fn escaped(&mut self, text: &mut String) {
        let Some(c) = self.chars.next() else { return };
        self.now += usize::from(c == '\n');
        match c {
            '"' | '\'' | '\\' => text.push(c),
            't' => text.push('\t'),
            'r' => text.push('\r'),
            'n' => text.push('\n'),
            c => text.extend(['\\', c]),
        }
    }

    /// A word without quotes. `${name}` is part of it, any other brace ends it.
    fn bare(&mut self) -> String {
        let mut text = String::new();
        let mut variable = false;
        while let Some(&c) = self.chars.peek() {
            let opens = c == '{' && text.ends_with('$');
            if c.is_whitespace() || (";{}".contains(c) && !opens && !(variable && c == '}')) {
                break;
            }
            variable = opens || (variable && c != '}');
            self.chars.next();
            match c {
                '\\' => self.escaped(&mut text),
                c => text.push(c),
            }
        }
        text
    }

    /// Passes over Lua up to the brace that closes: strings and comments may have braces of their own.
    pub(super) fn skip_lua(&mut self) -> Result<(), &'static str> {
        let mut depth = 1_usize;
        while let Some(c) = self.chars.next() {
            self.now += usize::from(c == '\n');
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                '-' if self.chars.peek() == Some(&'-') => self.skip_lua_comment(),
                '"' | '\'' => self.skip_lua_string(c),
                '[' if self.chars.peek() == Some(&'[') => self.skip_long_bracket(),
                _ => {}
            }
            if depth == 0 {
                return Ok(());
            }
        }
        Err("a block of Lua is not closed")
    }

    fn skip_lua_comment(&mut self) {
        self.chars.next();
        if self.chars.next_if_eq(&'[').is_some() && self.chars.peek() == Some(&'[') {
            return self.skip_long_bracket();
        }
        while self.chars.next_if(|c| *c != '\n').is_some() {}
    }

    fn skip_lua_string(&mut self, quote: char) {
        while let Some(c) = self.chars.next() {
            self.now += usize::from(c == '\n');
            match c {
                '\\' => drop(self.chars.next()),
                c if c == quote || c == '\n' => return,
                _ => {}
            }
        }
    }

    fn skip_long_bracket(&mut self) {
        let mut before = ' ';
        for c in self.chars.by_ref() {
            self.now += usize::from(c == '\n');
            if before == ']' && c == ']' {
                return;
            }
            before = c;
        }
    }
}
