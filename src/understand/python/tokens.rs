//! Python's tokens: names, numbers, strings, operators, and the indentation that makes blocks. Lines inside brackets are one.
//!
//! It never fails: what is no Python becomes an `Odd` token, and the statement that has it is not understood.

/// More tokens than this are no configuration.
const MOST_TOKENS: usize = 200_000;

/// What a token is.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Kind {
    /// A name or a keyword.
    Name(String),
    /// A number as written, without underscores.
    Number(String),
    /// A string's contents, escapes undone; `true` for an f-string.
    Text(String, bool),
    /// An operator or a bracket.
    Op(&'static str),
    /// The end of a logical line.
    Newline,
    /// A block begins.
    Indent,
    /// A block ends.
    Dedent,
    /// Nothing of Python's.
    Odd,
}

/// A token and its line.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) line: usize,
}

/// Longest first, as they are looked for in this order.
const OPERATORS: [&str; 47] = [
    "**=", "//=", ">>=", "<<=", "...", "!=", "==", "<=", ">=", "->", "+=", "-=", "*=", "/=", "%=",
    "&=", "|=", "^=", "@=", ":=", "**", "//", "<<", ">>", "+", "-", "*", "/", "%", "@", "&", "|",
    "^", "~", "<", ">", "(", ")", "[", "]", "{", "}", ",", ":", ".", ";", "=",
];

/// Splits a text.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut lexer = Lexer {
        chars: text.chars().collect(),
        at: 0,
        line: 1,
        open: 0,
        indents: vec![0],
        out: Vec::new(),
    };
    lexer.run();
    lexer.out
}

struct Lexer {
    chars: Vec<char>,
    at: usize,
    line: usize,
    /// Brackets around.
    open: usize,
    indents: Vec<usize>,
    out: Vec<Token>,
}

impl Lexer {
    fn run(&mut self) {
        while self.at < self.chars.len() && self.out.len() < MOST_TOKENS {
            self.start_of_line();
            self.rest_of_line();
        }
        self.push(Kind::Newline);
        while self.indents.len() > 1 {
            self.indents.pop();
            self.push(Kind::Dedent);
        }
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn push(&mut self, kind: Kind) {
        let line = self.line;
        self.out.push(Token { kind, line });
    }

    /// Counts the indentation of a line that has something on it.
    fn start_of_line(&mut self) {
        let mut width = 0;
        while let Some(c) = self.peek(0) {
            match c {
                ' ' => width += 1,
                '\t' => width = (width / 8 + 1) * 8,
                _ => break,
            }
            self.at += 1;
        }
        if matches!(self.peek(0), None | Some('\n' | '\r' | '#')) {
            return;
        }
        let around = self.indents.last().copied().unwrap_or(0);
        if width > around {
            self.indents.push(width);
            self.push(Kind::Indent);
        }
        while self.indents.last().is_some_and(|last| *last > width) {
            self.indents.pop();
            self.push(Kind::Dedent);
        }
    }

    /// The tokens to the end of the logical line, that end included.
    fn rest_of_line(&mut self) {
        while let Some(c) = self.peek(0) {
            match c {
                '\n' => {
                    self.at += 1;
                    if self.open == 0 {
                        self.push(Kind::Newline);
                        self.line += 1;
                        return;
                    }
                    self.line += 1;
                }
                '\\' if self.peek(1) == Some('\n') => {
                    self.at += 2;
                    self.line += 1;
                }
                '#' => {
                    while self.peek(0).is_some_and(|c| c != '\n') {
                        self.at += 1;
                    }
                }
                c if c.is_whitespace() || c == '\u{feff}' => self.at += 1,
                c if c.is_ascii_digit() => self.number(),
                '.' if self.peek(1).is_some_and(|c| c.is_ascii_digit()) => self.number(),
                '"' | '\'' => self.string(""),
                c if c.is_alphabetic() || c == '_' => self.name(),
                _ => self.operator(),
            }
            if self.out.len() >= MOST_TOKENS {
                return;
            }
        }
    }

    fn number(&mut self) {
        let start = self.at;
        while self
            .peek(0)
            .is_some_and(|c| c.is_ascii_alphanumeric() || c == '.' || c == '_')
        {
            self.at += 1;
        }
        let text = self.chars[start..self.at]
            .iter()
            .filter(|c| **c != '_')
            .collect();
        self.push(Kind::Number(text));
    }

    fn name(&mut self) {
        let start = self.at;
        while self
            .peek(0)
            .is_some_and(|c| c.is_alphanumeric() || c == '_')
        {
            self.at += 1;
        }
        let name: String = self.chars[start..self.at].iter().collect();
        let lower = name.to_ascii_lowercase();
        let is_prefix = ["r", "u", "b", "f", "rb", "br", "fr", "rf"].contains(&lower.as_str());
        match self.peek(0) {
            Some('"' | '\'') if is_prefix => self.string(&lower),
            _ => self.push(Kind::Name(name)),
        }
    }

    fn string(&mut self, prefix: &str) {
        let Some(quote) = self.peek(0) else { return };
        let triple = self.peek(1) == Some(quote) && self.peek(2) == Some(quote);
        self.at += if triple { 3 } else { 1 };
        let began = self.line;
        let mut text = String::new();
        loop {
            match self.peek(0) {
                None => return self.push(Kind::Odd),
                Some('\n') if !triple => return self.push(Kind::Odd),
                Some('\\') => self.escape(prefix.contains('r'), &mut text),
                Some(c) if c == quote && !triple => {
                    self.at += 1;
                    break;
                }
                Some(c)
                    if c == quote && self.peek(1) == Some(quote) && self.peek(2) == Some(quote) =>
                {
                    self.at += 3;
                    break;
                }
                Some(c) => {
                    self.line += usize::from(c == '\n');
                    text.push(c);
                    self.at += 1;
                }
            }
        }
        let kind = Kind::Text(text, prefix.contains('f'));
        self.out.push(Token { kind, line: began });
    }

    fn escape(&mut self, raw: bool, text: &mut String) {
        let next = self.peek(1);
        self.at += 2;
        self.line += usize::from(next == Some('\n'));
        match next {
            Some(c) if raw => text.extend(['\\', c]),
            Some('\n') | None => {}
            Some('n') => text.push('\n'),
            Some('t') => text.push('\t'),
            Some(c @ ('\\' | '\'' | '"')) => text.push(c),
            Some(c) => text.extend(['\\', c]),
        }
    }

    fn operator(&mut self) {
        let found = OPERATORS.into_iter().find(|operator| {
            let mut ahead = 0;
            operator.chars().all(|c| {
                ahead += 1;
                self.peek(ahead - 1) == Some(c)
            })
        });
        match found {
            Some(operator) => {
                match operator {
                    "(" | "[" | "{" => self.open += 1,
                    ")" | "]" | "}" => self.open = self.open.saturating_sub(1),
                    _ => {}
                }
                self.push(Kind::Op(operator));
                self.at += operator.len();
            }
            None => {
                self.push(Kind::Odd);
                self.at += 1;
            }
        }
    }
}
