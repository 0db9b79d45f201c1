//! `slowlab log`: the question of an incident, answered from an access log: who asked most often, in a stretch of time, without the health check.

use std::fs::File;
use std::io::{self, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use anyhow::Context as _;

use super::beside::{self, ByHand};
use super::finish::talk;
use crate::cli::{CountedBy, LogArgs};
use crate::error::{Exit, Refusal};
use crate::process;
use crate::report::human;
use crate::time::{Clock, Span, Timestamp};
use crate::units::human_bytes;
use crate::weblog::{Asked, Field, Found, Line, Moment, begin_of, pipeline, scan};

/// How much of a file's end is looked at for its last line.
const END: u64 = 64 * 1024;

/// Reads the log and prints the table.
///
/// # Errors
/// A file that cannot be read, times that are none, a log without a line of the format.
pub(super) fn run(args: &LogArgs) -> anyhow::Result<Exit> {
    let moment = |text: &Option<String>, flag: &str| {
        match text {
        None => Ok(None),
        Some(text) => Moment::of_words(text).map(Some).ok_or_else(|| {
            Refusal::usage(format!(
                "`{text}` is no time for {flag}\nhint: as in {flag} 2026-05-28T13:00:00, or {flag} 2026-05-28"
            ))
        }),
    }
    };
    let mut asked = Asked {
        by: match args.by {
            CountedBy::Address => Field::Address,
            CountedBy::Uri => Field::Uri,
            CountedBy::Status => Field::Status,
        },
        since: moment(&args.since, "--since")?,
        until: moment(&args.until, "--until")?,
        exclude: args.exclude.as_ref().map(|uri| uri.clone().into_bytes()),
        most_keys: args.most_keys,
    };
    let clock = Clock::start();
    let (found, left_out) = match args.file.as_str() {
        "-" => (of_stream(args, &asked)?, 0),
        file => of_file(Path::new(file), args, &mut asked)?,
    };
    let took = clock.now().since(Timestamp::ZERO);
    if found.lines > 0 && found.strange == found.lines {
        return Err(Refusal::usage(format!(
            "`{}` has no line of an access log\nhint: the combined format is wanted: address, time in brackets, request in quotes, status",
            args.file
        ))
        .into());
    }
    print(args, &found)?;
    tell(&found, took);
    if args.file != "-" {
        let command = pipeline(&asked, &args.file, args.top);
        talk(&format!("the same by hand: {command}"));
        if args.beside {
            let by_hand = ByHand {
                command,
                lines: found.lines + beside::lines(Path::new(&args.file), left_out)?,
            };
            talk(&by_hand.beside(&found, args.top)?);
        }
    }
    Ok(Exit::Held)
}

fn of_stream(args: &LogArgs, asked: &Asked) -> anyhow::Result<Found> {
    if args.last.is_some() || args.beside {
        let text = "`--last` and `--beside` need a file\nhint: a stream is read once, from its beginning; give --since instead";
        return Err(Refusal::usage(text).into());
    }
    scan(asked, io::stdin().lock()).context("cannot read standard input")
}

/// What is found in a file, and how many bytes at its beginning were not read.
fn of_file(path: &Path, args: &LogArgs, asked: &mut Asked) -> anyhow::Result<(Found, u64)> {
    let failed = || format!("cannot read `{}`", path.display());
    let mut file = File::open(path).with_context(failed)?;
    if let Some(span) = args.last {
        let last = last_moment(&mut file).with_context(failed)?;
        asked.since = last.map(|last| last.earlier(span.as_ms() / 1_000));
    }
    let mut left_out = 0;
    if let Some(since) = asked.since
        && file.metadata().is_ok_and(|data| data.is_file())
    {
        left_out = begin_of(&mut file, since).with_context(failed)?;
        if left_out > 0 {
            talk(&format!(
                "{} at the beginning of the file are older and were not read",
                human_bytes(left_out)
            ));
        }
    }
    let found = scan(asked, BufReader::with_capacity(256 * 1024, file)).with_context(failed)?;
    Ok((found, left_out))
}

/// When the last line was written.
fn last_moment(file: &mut File) -> io::Result<Option<Moment>> {
    let size = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(size.saturating_sub(END)))?;
    let mut end = Vec::new();
    file.read_to_end(&mut end)?;
    file.seek(SeekFrom::Start(0))?;
    let mut lines = end.rsplit(|byte| *byte == b'\n');
    Ok(lines.find_map(|line| Line::parse(line).map(|line| line.moment)))
}

fn print(args: &LogArgs, found: &Found) -> io::Result<()> {
    let mut text = String::new();
    for one in found.counts.top(args.top) {
        // A client's text must not paint the terminal.
        let key: String = String::from_utf8_lossy(&one.key)
            .chars()
            .flat_map(|c| match c.is_control() {
                true => c.escape_default().collect::<Vec<_>>(),
                false => vec![c],
            })
            .collect();
        let over = match one.over_by {
            0 => String::new(),
            over => format!("  (at most; {over} fewer at least)"),
        };
        text.push_str(&format!("{:>9} {key}{over}\n", one.count));
    }
    anstream::stdout().write_all(text.as_bytes())
}

fn tell(found: &Found, took: Span) {
    let seconds = took.as_secs_f64().max(1e-6);
    let mut line = format!(
        "{} lines, {} in {}: {}, {}/s\n{} distinct keys",
        human::count(found.lines),
        human_bytes(found.bytes),
        human::seconds(seconds),
        lines_per_second(found.lines, took),
        human_bytes((found.bytes as f64 / seconds) as u64),
        human::count(found.counts.distinct() as u64),
    );
    if let Some(peak) = process::peak_resident(std::process::id()) {
        line.push_str(&format!("; {} of memory at most", human_bytes(peak)));
    }
    talk(&line);
    if !found.counts.are_exact() {
        talk(
            "more distinct keys than --most-keys: counts are estimates from above, and rare keys are missing",
        );
    }
    if found.strange > 0 {
        talk(&format!(
            "{} lines were none of an access log",
            human::count(found.strange)
        ));
    }
}

/// How quick that was.
pub(super) fn lines_per_second(lines: u64, took: Span) -> String {
    let each = lines as f64 / took.as_secs_f64().max(1e-6);
    format!("{} lines/s", human::count(each as u64))
}
