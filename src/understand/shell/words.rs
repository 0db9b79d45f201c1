//! A shell script taken apart: words with their quotes, operators, comments, here-documents. Nothing is run.

/// More words than this are no start script.
const MOST_WORDS: usize = 100_000;

/// A piece of a word.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Part {
    /// Text; quoted text is never taken apart at its blanks.
    Text(String),
    /// What stands between `${` and `}`, or behind `$`; whether it is in quotes.
    Variable(String, bool),
    /// What stands in `$( )` or backticks.
    Command(String),
    /// What stands in `$(( ))`.
    Sum(String),
}

/// A token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Token {
    Word(Vec<Part>),
    /// `;`, `&&`, `|`, a bracket, the end of a line: a command ends here.
    End,
    /// `>` and its like: the word that follows is no argument.
    Redirect,
}

/// Tokens with their lines.
pub(super) fn split(text: &str) -> Vec<(Token, usize)> {
    let mut reader = Reader {
        chars: text.chars().collect(),
        at: 0,
        line: 1,
        out: Vec::new(),
        documents: Vec::new(),
    };
    reader.run();
    reader.out
}

struct Reader {
    chars: Vec<char>,
    at: usize,
    line: usize,
    out: Vec<(Token, usize)>,
    /// Here-documents that begin at the end of this line, by their last lines.
    documents: Vec<String>,
}

impl Reader {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn starts_with(&self, text: &str) -> bool {
        let mut at = self.at;
        text.chars().all(|c| {
            at += 1;
            self.chars.get(at - 1) == Some(&c)
        })
    }

    fn run(&mut self) {
        while let Some(c) = self.peek(0) {
            if self.out.len() > MOST_WORDS {
                return;
            }
            match c {
                '\n' => self.end_of_line(),
                '\\' if self.starts_with("\\\n") => {
                    self.at += 2;
                    self.line += 1;
                }
                '\\' if self.starts_with("\\\r\n") => {
                    self.at += 3;
                    self.line += 1;
                }
                '#' => {
                    while self.peek(0).is_some_and(|c| c != '\n') {
                        self.at += 1;
                    }
                }
                c if c.is_whitespace() || c == '\u{feff}' => self.at += 1,
                ';' | '|' | '(' | ')' => self.end(),
                '&' if self.peek(1) == Some('>') => self.redirect(),
                '&' => self.end(),
                '<' | '>' => self.redirect(),
                _ => self.word(),
            }
        }
        self.out.push((Token::End, self.line));
    }

    fn end(&mut self) {
        self.out.push((Token::End, self.line));
        self.at += 1;
    }

    fn end_of_line(&mut self) {
        self.end();
        self.line += 1;
        for last in std::mem::take(&mut self.documents) {
            while self.at < self.chars.len() {
                let rest = &self.chars[self.at..];
                let length = rest.iter().position(|c| *c == '\n').unwrap_or(rest.len());
                let line: String = rest[..length].iter().collect();
                self.at = (self.at + length + 1).min(self.chars.len());
                self.line += 1;
                if line.trim() == last {
                    break;
                }
            }
        }
    }

    fn redirect(&mut self) {
        let document = self.starts_with("<<") && !self.starts_with("<<<");
        while self
            .peek(0)
            .is_some_and(|c| matches!(c, '<' | '>' | '&' | '|' | '-'))
        {
            self.at += 1;
        }
        // `2>&1` has no word behind it.
        if self.peek(0).is_some_and(|c| c.is_ascii_digit()) && self.chars[self.at - 1] == '&' {
            self.at += 1;
            return;
        }
        self.out.push((Token::Redirect, self.line));
        if !document {
            return;
        }
        let rest = self.chars[self.at..].iter();
        let word: String = rest
            .skip_while(|c| **c == ' ')
            .take_while(|c| !c.is_whitespace())
            .filter(|c| !matches!(c, '"' | '\'' | '\\'))
            .collect();
        self.documents.push(word);
    }

    fn word(&mut self) {
        let line = self.line;
        let mut parts: Vec<Part> = Vec::new();
        let began = self.at;
        while let Some(c) = self.peek(0) {
            match c {
                c if c.is_whitespace() => break,
                ';' | '|' | '&' | '(' | ')' | '<' | '>' => break,
                '\'' => self.single(&mut parts),
                '"' => self.double(&mut parts),
                '\\' => {
                    match self.peek(1) {
                        Some('\n') => self.line += 1,
                        Some(next) => text(&mut parts, next),
                        None => {}
                    }
                    self.at += 2;
                }
                '$' | '`' => self.dollar(false, &mut parts),
                c => {
                    text(&mut parts, c);
                    self.at += 1;
                }
            }
        }
        // `2>file`: the number belongs to the redirection.
        let digits = |part: &Part| matches!(part, Part::Text(text) if text.chars().all(|c| c.is_ascii_digit()));
        let is_number = parts.len() == 1 && parts.iter().all(digits) && self.at > began;
        if is_number && matches!(self.peek(0), Some('<' | '>')) {
            return;
        }
        self.out.push((Token::Word(parts), line));
    }

    fn single(&mut self, parts: &mut Vec<Part>) {
        self.at += 1;
        let mut inner = String::new();
        while let Some(c) = self.peek(0) {
            self.at += 1;
            if c == '\'' {
                break;
            }
            self.line += usize::from(c == '\n');
            inner.push(c);
        }
        parts.push(Part::Text(inner));
    }

    fn double(&mut self, parts: &mut Vec<Part>) {
        self.at += 1;
        parts.push(Part::Text(String::new()));
        while let Some(c) = self.peek(0) {
            match c {
                '"' => {
                    self.at += 1;
                    return;
                }
                '\\' => {
                    match self.peek(1) {
                        Some('\n') => self.line += 1,
                        Some(next @ ('$' | '`' | '"' | '\\')) => text(parts, next),
                        Some(next) => {
                            text(parts, '\\');
                            text(parts, next);
                        }
                        None => {}
                    }
                    self.at += 2;
                }
                '$' | '`' => self.dollar(true, parts),
                c => {
                    self.line += usize::from(c == '\n');
                    text(parts, c);
                    self.at += 1;
                }
            }
        }
    }

    fn dollar(&mut self, quoted: bool, parts: &mut Vec<Part>) {
        if self.peek(0) == Some('`') {
            self.at += 1;
            let inner = self.until(|reader| reader.peek(0) == Some('`'));
            self.at += 1;
            return parts.push(Part::Command(inner));
        }
        if self.starts_with("$((") {
            self.at += 3;
            let inner = self.enclosed('(', ')');
            self.at += usize::from(self.peek(0) == Some(')'));
            return parts.push(Part::Sum(inner));
        }
        if self.starts_with("$(") {
            self.at += 2;
            let inner = self.enclosed('(', ')');
            return parts.push(Part::Command(inner));
        }
        if self.starts_with("${") {
            self.at += 2;
            let inner = self.enclosed('{', '}');
            return parts.push(Part::Variable(inner, quoted));
        }
        self.at += 1;
        let name_end = |reader: &Reader| {
            reader
                .peek(0)
                .is_none_or(|c| !c.is_ascii_alphanumeric() && c != '_')
        };
        match self.peek(0) {
            Some(c @ ('@' | '*' | '#' | '?' | '$' | '!' | '-' | '0'..='9')) => {
                self.at += 1;
                parts.push(Part::Variable(c.to_string(), quoted));
            }
            Some(c) if c.is_ascii_alphabetic() || c == '_' => {
                let name = self.until(name_end);
                parts.push(Part::Variable(name, quoted));
            }
            _ => text(parts, '$'),
        }
    }

    fn until(&mut self, ends: impl Fn(&Reader) -> bool) -> String {
        let mut inner = String::new();
        while !ends(self) {
            let Some(c) = self.peek(0) else { break };
            self.line += usize::from(c == '\n');
            inner.push(c);
            self.at += 1;
        }
        inner
    }

    /// To the bracket that closes, which is passed over; brackets within count.
    fn enclosed(&mut self, open: char, close: char) -> String {
        let mut depth = 1_usize;
        let mut inner = String::new();
        while let Some(c) = self.peek(0) {
            self.at += 1;
            self.line += usize::from(c == '\n');
            depth += usize::from(c == open);
            if c == close {
                depth -= 1;
                if depth == 0 {
                    break;
                }
            }
            inner.push(c);
        }
        inner
    }
}

fn text(parts: &mut Vec<Part>, c: char) {
    match parts.last_mut() {
        Some(Part::Text(text)) => text.push(c),
        _ => parts.push(Part::Text(c.to_string())),
    }
}
