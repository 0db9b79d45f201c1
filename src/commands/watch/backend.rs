//! Cells of the view as control sequences: ratatui's backend for the terminal of standard error.
//!
//! Of its own backends each brings a library for all that terminals can do, keys and Windows among it; what is drawn here needs a place, a colour and a clear.

use std::io::{self, BufWriter, Stderr, Write};

use anstyle::{AnsiColor, Effects};
use ratatui_core::backend::{Backend, ClearType, WindowSize};
use ratatui_core::buffer::Cell;
use ratatui_core::layout::{Position, Size};
use ratatui_core::style::{Color, Modifier};
use rustix::termios::Winsize;

use crate::report::human;

/// What a terminal is taken for that does not know its size.
const UNKNOWN: Size = Size::new(80, 24);

/// A terminal that understands ECMA-48.
pub(super) struct Ansi<W: Write> {
    writer: W,
}

impl Ansi<BufWriter<Stderr>> {
    /// Standard error, written to a frame at a time.
    pub(super) fn on_stderr() -> Self {
        Ansi::on(BufWriter::with_capacity(1 << 16, io::stderr()))
    }
}

impl<W: Write> Ansi<W> {
    pub(super) fn on(writer: W) -> Ansi<W> {
        Ansi { writer }
    }

    fn window() -> Option<Winsize> {
        let size = rustix::termios::tcgetwinsize(io::stderr()).ok()?;
        (size.ws_col > 0 && size.ws_row > 0).then_some(size)
    }
}

/// What of a cell's style the view uses.
fn style_of(cell: &Cell) -> anstyle::Style {
    let color = match cell.fg {
        Color::Red => Some(AnsiColor::Red),
        Color::Green => Some(AnsiColor::Green),
        Color::Yellow => Some(AnsiColor::Yellow),
        Color::Blue => Some(AnsiColor::Blue),
        Color::Magenta => Some(AnsiColor::Magenta),
        Color::Cyan => Some(AnsiColor::Cyan),
        Color::LightYellow => Some(AnsiColor::BrightYellow),
        Color::LightGreen => Some(AnsiColor::BrightGreen),
        _ => None,
    };
    let mut effects = Effects::new();
    for (modifier, effect) in [
        (Modifier::BOLD, Effects::BOLD),
        (Modifier::DIM, Effects::DIMMED),
    ] {
        if cell.modifier.contains(modifier) {
            effects |= effect;
        }
    }
    anstyle::Style::new()
        .fg_color(color.map(anstyle::Color::Ansi))
        .effects(effects)
}

impl<W: Write> Backend for Ansi<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let (mut cursor, mut style) = (None, anstyle::Style::new());
        for (x, y, cell) in content {
            if cursor != Some((x, y)) {
                write!(self.writer, "\x1b[{};{}H", y + 1, x + 1)?;
            }
            let wanted = style_of(cell);
            if wanted != style {
                write!(
                    self.writer,
                    "{}{}",
                    anstyle::Reset.render(),
                    wanted.render()
                )?;
                style = wanted;
            }
            self.writer.write_all(cell.symbol().as_bytes())?;
            let wide = human::columns(cell.symbol());
            cursor = Some((x + u16::try_from(wide).unwrap_or(1), y));
        }
        write!(self.writer, "{}", anstyle::Reset.render())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.writer.write_all(b"\x1b[?25l")
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.writer.write_all(b"\x1b[?25h")
    }

    /// The view has none.
    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(Position::ORIGIN)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let Position { x, y } = position.into();
        write!(self.writer, "\x1b[{};{}H", y + 1, x + 1)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        let sequence: &[u8] = match region {
            ClearType::All => b"\x1b[2J",
            ClearType::AfterCursor => b"\x1b[J",
            ClearType::BeforeCursor => b"\x1b[1J",
            ClearType::CurrentLine => b"\x1b[2K",
            ClearType::UntilNewLine => b"\x1b[K",
        };
        self.writer.write_all(sequence)
    }

    fn size(&self) -> io::Result<Size> {
        Ok(Self::window().map_or(UNKNOWN, |size| Size::new(size.ws_col, size.ws_row)))
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        let pixels =
            Self::window().map_or(Size::ZERO, |size| Size::new(size.ws_xpixel, size.ws_ypixel));
        Ok(WindowSize {
            columns_rows: self.size()?,
            pixels,
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}
