//! Lessons: a story, a prediction that is locked before the run, the run, the reveal beside the guess, something to mend, and questions whose
//! answers need the picture.
//!
//! A lesson is Markdown with small fenced blocks of TOML ([`Lesson`], `file`, `blocks`), one text per language with the same facts in it
//! (`facts`). No answer is believed because it is written down: predictions are judged by the run (`judge`), a repair by the engine of
//! expectations (`mend`), and `prove` plays everything that a lesson claims. Texts come in and runs are the simulator's: nothing here reads a disk
//! or opens a socket. Limits: what the simulator cannot play cannot be a lesson.

mod blocks;
mod check;
mod cut;
mod facts;
mod file;
mod folder;
mod judge;
mod mend;
mod mistakes;
mod page;
mod path;
mod places;
mod play;
mod prose;
mod prove;
mod series;
#[cfg(test)]
mod tests;

pub use blocks::{
    Answer, Choice, Fix, Knob, Limit, Line, Number, Predict, Question, Quiz, QuizQuestion, Reveal,
    Row, Run, Solution, Teacher, TeacherCommand, TeacherStep, Trap, Wrong,
};
pub use check::check;
pub use file::{Kind, Lesson, MOST_MINUTES, Step, parse};
pub use folder::{Folder, embedded};
pub use judge::{Grade, Guess, POINTS, Truth, grade, truth};
pub use mend::{Mended, mend};
pub use mistakes::{Mistake, Mistakes};
pub use page::{For, Page, PageError, page};
pub use path::{Path, paths};
pub use play::{PlayError, Played, plan, play, rows, value};
pub use prose::{to_html, to_text};
pub use prove::prove;
pub use series::{Curve, Series};
