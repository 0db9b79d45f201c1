//! A terminal of 80 columns, or a pipe: what is said, and what is answered.

use std::io::{BufRead, Write};

use crate::lessons;
use crate::report::human;
use crate::report::words::Words;

/// Columns of a plain terminal.
pub(super) const WIDTH: usize = 80;

/// Where a lesson takes place.
pub(super) struct Page<'a> {
    /// Who answers.
    pub(super) input: &'a mut dyn BufRead,
    /// Who reads.
    pub(super) out: &'a mut dyn Write,
    /// In which words.
    pub(super) words: &'static Words,
    /// Then answers are not seen, and a line ends where one would have.
    pub(super) is_read_from_a_pipe: bool,
}

/// The input ended.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct NoMore(String);

impl Page<'_> {
    /// A heading with a line below it.
    pub(super) fn heading(&mut self, text: &str) -> std::io::Result<()> {
        let rule = "─".repeat(human::columns(text).min(WIDTH));
        writeln!(self.out, "\n{text}\n{rule}\n")
    }

    /// A paragraph.
    pub(super) fn say(&mut self, text: &str) -> std::io::Result<()> {
        writeln!(self.out, "{}", human::wrapped(WIDTH, text, ""))
    }

    /// A paragraph that stands in.
    pub(super) fn indented(&mut self, text: &str) -> std::io::Result<()> {
        writeln!(self.out, "{}", human::wrapped(WIDTH, text, "    "))
    }

    /// Markdown; nothing where there is none.
    pub(super) fn prose(&mut self, markdown: &str) -> std::io::Result<()> {
        match markdown.is_empty() {
            true => Ok(()),
            false => writeln!(self.out, "{}\n", lessons::to_text(markdown, WIDTH)),
        }
    }

    /// A message.
    pub(super) fn tell(
        &mut self,
        message: &str,
        arguments: &[(&str, &str)],
    ) -> std::io::Result<()> {
        let text = self.words.tell(message, arguments);
        self.say(&text)
    }

    /// A line of the input, without what is around it.
    ///
    /// # Errors
    /// There is no more of it; it cannot be read.
    pub(super) fn answer(&mut self, prompt: &str) -> anyhow::Result<String> {
        self.say(prompt)?;
        write!(self.out, "> ")?;
        self.out.flush()?;
        let mut line = String::new();
        let read = self.input.read_line(&mut line)?;
        if self.is_read_from_a_pipe {
            writeln!(self.out, "{}", line.trim_end())?;
        }
        if read == 0 {
            writeln!(self.out)?;
            return Err(NoMore(self.words.say("lesson-no-more", [])).into());
        }
        Ok(line.trim().to_owned())
    }
}
