//! A picture before it is drawn: a list of marks, and how plotters paints them.
//!
//! Charts are functions from records to a [`Picture`]; no chart knows a file format. Coordinates are pixels from the top left.
//! Not a general canvas: only what our charts use.

use std::fmt::Display;
use std::sync::Once;

use plotters::backend::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};
use plotters::element::{Circle, PathElement, Polygon, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{
    Color, FontStyle, FontTransform, IntoFont, RGBAColor, ShapeStyle, TextStyle, register_font,
};

use super::ChartError;
use super::theme;

/// Noto Sans KR, cut down by `scripts/font` (licence beside it): one font for Latin and Hangul, because glyphs have no fallback.
pub(super) static FONT: &[u8] = include_bytes!("../../../assets/fonts/NotoSansKR.ttf");
const FAMILY: &str = "sans-serif";
/// PNG pixels per picture pixel, so that the picture stays sharp on dense screens.
const PNG_SCALE: f64 = 1.5;

/// plotters centres bitmap text by its line, which leaves it too high by this share of its size.
const PNG_DROP: f64 = 0.1;

/// A point in picture pixels.
pub(super) type Point = (f64, f64);

/// The size and colour of a text.
pub(super) type Ink = (f64, RGBAColor);

/// Which part of a text lies at its point.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Align {
    Left,
    Middle,
    Right,
}

/// One thing to draw. Lines are `width` pixels thick.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Mark {
    /// A filled box between two corners.
    Box(Point, Point, RGBAColor),
    /// A line through points.
    Line(Vec<Point>, f64, RGBAColor),
    /// A filled shape.
    Shape(Vec<Point>, RGBAColor),
    /// A filled disc.
    Disc(Point, f64, RGBAColor),
    /// A line of words, vertically centred on its point.
    Words(Words),
}

/// Text to draw.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Words {
    pub(super) at: Point,
    pub(super) text: String,
    pub(super) size: f64,
    pub(super) color: RGBAColor,
    pub(super) align: Align,
    /// Read from bottom to top.
    pub(super) upwards: bool,
}

/// A list of marks on a sheet.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Picture {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) marks: Vec<Mark>,
}

impl Picture {
    /// An empty sheet of paper.
    pub(super) fn sheet(width: u32, height: u32) -> Picture {
        let mut picture = Picture {
            width,
            height,
            marks: Vec::new(),
        };
        let corner = (f64::from(width), f64::from(height));
        picture.fill((0.0, 0.0), corner, theme::PAPER);
        picture
    }

    pub(super) fn fill(&mut self, from: Point, to: Point, color: RGBAColor) {
        self.marks.push(Mark::Box(from, to, color));
    }

    pub(super) fn line(&mut self, points: Vec<Point>, width: f64, color: RGBAColor) {
        if points.len() > 1 {
            self.marks.push(Mark::Line(points, width, color));
        }
    }

    /// A broken line: `pattern` is the length of a dash and of the gap after it.
    pub(super) fn dashed(
        &mut self,
        points: &[Point],
        pattern: Point,
        width: f64,
        color: RGBAColor,
    ) {
        for dash in dashes(points, pattern) {
            self.line(dash, width, color);
        }
    }

    pub(super) fn shape(&mut self, corners: Vec<Point>, color: RGBAColor) {
        self.marks.push(Mark::Shape(corners, color));
    }

    pub(super) fn disc(&mut self, at: Point, radius: f64, color: RGBAColor) {
        self.marks.push(Mark::Disc(at, radius, color));
    }

    /// An X.
    pub(super) fn cross(&mut self, at: Point, radius: f64, width: f64, color: RGBAColor) {
        let (x, y) = at;
        let r = radius;
        self.line(vec![(x - r, y - r), (x + r, y + r)], width, color);
        self.line(vec![(x - r, y + r), (x + r, y - r)], width, color);
    }

    pub(super) fn words(&mut self, at: Point, text: &str, (size, color): Ink, align: Align) {
        self.marks.push(Mark::Words(Words {
            at,
            text: text.to_owned(),
            size,
            color,
            align,
            upwards: false,
        }));
    }

    /// Words that are read from bottom to top, around their point.
    pub(super) fn words_upwards(&mut self, at: Point, text: &str, (size, color): Ink) {
        self.marks.push(Mark::Words(Words {
            at,
            text: text.to_owned(),
            size,
            color,
            align: Align::Middle,
            upwards: true,
        }));
    }

    /// The picture as SVG.
    pub(super) fn svg(&self) -> Result<String, ChartError> {
        register_fonts();
        let mut svg = String::new();
        let area = SVGBackend::with_string(&mut svg, (self.width, self.height)).into_drawing_area();
        self.paint(&area, (1.0, 0.0)).map_err(draw_error)?;
        area.present().map_err(draw_error)?;
        drop(area);
        Ok(svg)
    }

    /// The picture as PNG.
    pub(super) fn png(&self) -> Result<Vec<u8>, ChartError> {
        register_fonts();
        let width = (f64::from(self.width) * PNG_SCALE) as u32;
        let height = (f64::from(self.height) * PNG_SCALE) as u32;
        let mut pixels = vec![0; width as usize * height as usize * 3];
        let area = BitMapBackend::with_buffer(&mut pixels, (width, height)).into_drawing_area();
        self.paint(&area, (PNG_SCALE, PNG_DROP))
            .map_err(draw_error)?;
        area.present().map_err(draw_error)?;
        drop(area);
        encode(&pixels, width, height).map_err(|error| ChartError::Draw(error.to_string()))
    }

    fn paint<B: DrawingBackend>(
        &self,
        area: &DrawingArea<B, Shift>,
        (scale, drop): (f64, f64),
    ) -> Result<(), DrawingAreaErrorKind<B::ErrorType>> {
        let place = |(x, y): Point| ((x * scale).round() as i32, (y * scale).round() as i32);
        let stroke = |width: f64, color: &RGBAColor| ShapeStyle {
            color: *color,
            filled: false,
            stroke_width: (width * scale).round().max(1.0) as u32,
        };
        for mark in &self.marks {
            match mark {
                Mark::Box(from, to, color) => {
                    area.draw(&Rectangle::new([place(*from), place(*to)], color.filled()))?;
                }
                Mark::Line(points, width, color) => {
                    let points: Vec<_> = points.iter().map(|point| place(*point)).collect();
                    area.draw(&PathElement::new(points, stroke(*width, color)))?;
                }
                Mark::Shape(points, color) => {
                    let points: Vec<_> = points.iter().map(|point| place(*point)).collect();
                    area.draw(&Polygon::new(points, color.filled()))?;
                }
                Mark::Disc(at, radius, color) => {
                    let radius = (radius * scale).round().max(1.0) as i32;
                    area.draw(&Circle::new(place(*at), radius, color.filled()))?;
                }
                Mark::Words(words) => {
                    let style = words.style(scale);
                    let at = place((words.at.0, words.at.1 + words.size * drop));
                    area.draw(&Text::new(words.text.as_str(), at, style))?;
                }
            }
        }
        Ok(())
    }
}

impl Words {
    fn style(&self, scale: f64) -> TextStyle<'_> {
        let horizontal = match self.align {
            Align::Left => HPos::Left,
            Align::Middle => HPos::Center,
            Align::Right => HPos::Right,
        };
        let mut font = (FAMILY, self.size * scale).into_font();
        if self.upwards {
            font = font.transform(FontTransform::Rotate270);
        }
        TextStyle::from(font)
            .color(&self.color)
            .pos(Pos::new(horizontal, VPos::Center))
    }
}

/// How wide a text will be, in picture pixels.
pub(in crate::report) fn text_width(text: &str, size: f64) -> f64 {
    register_fonts();
    (FAMILY, size)
        .into_font()
        .box_size(text)
        .map_or(0.0, |(width, _)| f64::from(width))
}

/// The text, cut short with an ellipsis where it is wider than `most` pixels.
pub(super) fn fitted(text: &str, size: f64, most: f64) -> String {
    if text_width(text, size) <= most {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(200).collect();
    while text_width(&cut, size) + size > most && cut.pop().is_some() {}
    cut.push('…');
    cut
}

fn register_fonts() {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        let registered = register_font(FAMILY, FontStyle::Normal, FONT);
        assert!(registered.is_ok(), "the embedded font is a valid font");
    });
}

fn draw_error(error: impl Display) -> ChartError {
    ChartError::Draw(error.to_string())
}

fn encode(pixels: &[u8], width: u32, height: u32) -> Result<Vec<u8>, png::EncodingError> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    // Charts are mostly rows that repeat the one above. The library's own choice takes eight times as long for two thirds of the size.
    encoder.set_deflate_compression(png::DeflateCompression::Level(1));
    encoder.set_filter(png::Filter::Up);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(file)
}

/// Whether a line goes through a box.
pub(super) fn passes(line: &[Point], (from, to): (Point, Point)) -> bool {
    line.windows(2).any(|pair| {
        let (a, b) = (pair[0], pair[1]);
        // The part of the piece that is between the sides, and of that the part between top and bottom (Liang and Barsky).
        let (mut enters, mut leaves) = (0.0_f64, 1.0_f64);
        for (start, step, low, high) in [
            (a.0, b.0 - a.0, from.0, to.0),
            (a.1, b.1 - a.1, from.1, to.1),
        ] {
            if step == 0.0 {
                if start < low || start > high {
                    return false;
                }
                continue;
            }
            let (first, last) = ((low - start) / step, (high - start) / step);
            enters = enters.max(first.min(last));
            leaves = leaves.min(first.max(last));
        }
        enters <= leaves
    })
}

/// Cuts a line into dashes; the phase runs on across corners.
fn dashes(points: &[Point], (dash, gap): Point) -> Vec<Vec<Point>> {
    let mut pieces: Vec<Vec<Point>> = Vec::new();
    let mut current: Vec<Point> = points.first().copied().into_iter().collect();
    let (mut drawing, mut left) = (true, dash);
    for pair in points.windows(2) {
        let (mut from, to) = (pair[0], pair[1]);
        loop {
            let length = (to.0 - from.0).hypot(to.1 - from.1);
            if length < left {
                left -= length;
                if length > 0.0 {
                    current.push(to);
                }
                break;
            }
            let share = left / length.max(f64::MIN_POSITIVE);
            from = (
                from.0 + (to.0 - from.0) * share,
                from.1 + (to.1 - from.1) * share,
            );
            current.push(from);
            let piece = std::mem::replace(&mut current, vec![from]);
            if drawing {
                pieces.push(piece);
            }
            drawing = !drawing;
            left = if drawing { dash } else { gap };
        }
    }
    if drawing && current.len() > 1 {
        pieces.push(current);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::theme;
    use ab_glyph::Font;

    fn sheet(text: &str) -> Picture {
        let mut picture = Picture::sheet(200, 40);
        picture.words((10.0, 20.0), text, (16.0, theme::INK), Align::Left);
        picture
    }

    #[test]
    fn latin_and_hangul_are_drawn() {
        let blank = sheet("").png().unwrap();
        for text in ["latency", "느린 손님"] {
            assert!(sheet(text).svg().unwrap().contains(text));
            assert!(text_width(text, 16.0) > 20.0);
            assert_ne!(sheet(text).png().unwrap(), blank, "{text} left no ink");
        }
    }

    #[test]
    fn the_font_has_the_signs_that_charts_use() {
        let font = ab_glyph::FontRef::try_from_slice(FONT).unwrap();
        for sign in (' '..='~').chain("×–—·…가힣".chars()) {
            assert_ne!(font.glyph_id(sign).0, 0, "no glyph for {sign:?}");
        }
    }

    #[test]
    fn a_line_passes_a_box_or_it_does_not() {
        let box_ = ((10.0, 10.0), (20.0, 20.0));
        for (line, through) in [
            ([(0.0, 15.0), (30.0, 15.0)], true),
            ([(0.0, 0.0), (30.0, 30.0)], true),
            ([(15.0, 0.0), (15.0, 9.0)], false),
            ([(0.0, 12.0), (12.0, 0.0)], false),
            ([(12.0, 12.0), (13.0, 13.0)], true),
            ([(0.0, 21.0), (30.0, 21.0)], false),
        ] {
            assert_eq!(passes(&line, box_), through, "{line:?}");
        }
    }

    #[test]
    fn dashes_cover_their_share_of_a_line() {
        let pieces = dashes(&[(0.0, 0.0), (30.0, 0.0), (30.0, 30.0)], (6.0, 4.0));
        assert_eq!(pieces.len(), 6);
        assert_eq!(pieces[0], [(0.0, 0.0), (6.0, 0.0)]);
        assert_eq!(pieces[3], [(30.0, 0.0), (30.0, 6.0)]);
        assert!(dashes(&[], (6.0, 4.0)).is_empty());
    }
}
