//! The real tools, and the log that goes through them. Arguments come from here and from nowhere else.

use super::{Dropped, Field, Since, Stage};
use crate::seed::Stream;

/// The first day of the log; days in May sort behind those of June as text.
const FIRST_DAY: u64 = 28;
/// Days in May.
const DAYS_OF_MAY: u64 = 31;
/// Days that the log covers.
const DAYS: u64 = 8;
/// Clients of the log.
const ADDRESSES: u64 = 200;
/// One line in so many is of a health check.
const CHECKS: u64 = 5;

/// A program with its arguments.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tool {
    /// Its name, to be found in PATH.
    pub program: &'static str,
    /// Its arguments.
    pub arguments: Vec<String>,
}

impl Stage {
    /// Whether it is a real tool, and none of ours.
    pub fn is_tool(&self) -> bool {
        !matches!(self, Stage::Paced(_))
    }

    /// The real tool that it is; `None` for one of ours. `temp` is the folder of its temp files.
    pub fn tool(&self, temp: &str) -> Option<Tool> {
        let lines = |lines: u64| vec!["-n".to_owned(), lines.to_string()];
        let (program, arguments) = match self {
            Stage::Paced(_) => return None,
            Stage::Tail(tail) => ("tail", lines(tail.lines)),
            Stage::Head(head) => ("head", lines(head.lines)),
            Stage::Uniq(_) => ("uniq", vec!["-c".to_owned()]),
            Stage::Grep(grep) => {
                let text = match grep.drops {
                    Dropped::HealthChecks => "\"GET /healthz ",
                };
                let arguments = ["-v", "-F", "--", text].map(str::to_owned);
                ("grep", arguments.to_vec())
            }
            Stage::Awk(awk) => {
                let text = match awk.prints {
                    Field::Address => "{ print $1 }",
                    Field::Day => "{ print substr($4, 2, 11) }",
                    Field::Status => "{ print $9 }",
                };
                let since = awk
                    .since
                    .map_or(String::new(), |since| since_june(since) + " ");
                ("awk", vec![since + text])
            }
            Stage::Sort(sort) => {
                let mut arguments = vec!["-T".to_owned(), temp.to_owned()];
                if let Some(memory) = sort.memory {
                    arguments.extend(["-S".to_owned(), format!("{}b", memory.0)]);
                }
                if sort.largest_first {
                    arguments.push("-rn".to_owned());
                }
                ("sort", arguments)
            }
        };
        Some(Tool { program, arguments })
    }
}

/// The lines from the second of June on, as a condition of awk.
fn since_june(since: Since) -> String {
    let day = "substr($4, 2, 11)";
    match since {
        Since::Text => format!("{day} >= \"02/Jun/2026\""),
        Since::Date => {
            let months = "JanFebMarAprMayJunJulAugSepOctNovDec";
            format!(
                "{{ split({day}, d, \"/\") }} \
                 d[3] sprintf(\"%02d\", (index(\"{months}\", d[2]) + 2) / 3) d[1] >= \"20260602\""
            )
        }
    }
}

/// Line `number` of `of` of an access log in the combined format: days go by in order, clients and pages by chance.
pub fn log_line(number: u64, of: u64, chance: &mut Stream) -> String {
    let second = number * DAYS * 86_400 / of.max(1);
    let day = FIRST_DAY + second / 86_400;
    let (day, month) = match day > DAYS_OF_MAY {
        true => (day - DAYS_OF_MAY, "Jun"),
        false => (day, "May"),
    };
    let (hour, minute, second) = (second / 3600 % 24, second / 60 % 60, second % 60);
    let client = chance.up_to(ADDRESSES - 1);
    let path = match chance.up_to(CHECKS - 1) {
        0 => "/healthz".to_owned(),
        page => format!("/page/{page}"),
    };
    format!(
        "198.51.100.{client} - - [{day:02}/{month}/2026:{hour:02}:{minute:02}:{second:02} +0000] \"GET {path} HTTP/1.1\" 200 {} \"-\" \"curl/8\"",
        chance.up_to(9000)
    )
}
