//! `slowlab log`: the question of an incident, answered from an access log: who asked most often, in a stretch of time, without the health check.

use std::fs::File;
use std::io::{self, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Context as _;

use super::finish::talk;
use crate::cli::{CountedBy, LogArgs};
use crate::error::{Exit, Refusal};
use crate::process::field;
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
    let found = match args.file.as_str() {
        "-" => of_stream(args, &asked)?,
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
            beside(&command, &found, args.top)?;
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

fn of_file(path: &Path, args: &LogArgs, asked: &mut Asked) -> anyhow::Result<Found> {
    let failed = || format!("cannot read `{}`", path.display());
    let mut file = File::open(path).with_context(failed)?;
    if let Some(span) = args.last {
        let last = last_moment(&mut file).with_context(failed)?;
        asked.since = last.map(|last| last.earlier(span.as_ms() / 1_000));
    }
    if let Some(since) = asked.since
        && file.metadata().is_ok_and(|data| data.is_file())
    {
        let left_out = begin_of(&mut file, since).with_context(failed)?;
        if left_out > 0 {
            talk(&format!(
                "{} at the beginning of the file are older and were not read",
                human_bytes(left_out)
            ));
        }
    }
    scan(asked, BufReader::with_capacity(256 * 1024, file)).with_context(failed)
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
        "{} lines, {} in {}: {} lines/s, {}/s; {} distinct keys",
        human::count(found.lines),
        human_bytes(found.bytes),
        human::seconds(seconds),
        human::count((found.lines as f64 / seconds) as u64),
        human_bytes((found.bytes as f64 / seconds) as u64),
        human::count(found.counts.distinct() as u64),
    );
    if let Some(peak) = peak_memory() {
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

/// The most memory that this process ever had.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let peak = field(&status, "VmHWM")?;
    let kib: u64 = peak.split_ascii_whitespace().next()?.parse().ok()?;
    Some(kib * 1024)
}

/// Runs the pipeline of tools and compares.
fn beside(command: &str, found: &Found, top: usize) -> anyhow::Result<()> {
    let clock = Clock::start();
    let output = Command::new("sh")
        .args(["-c", command])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run a shell")?;
    let took = clock.now().since(Timestamp::ZERO);
    let theirs: Vec<(u64, Vec<u8>)> = (output.stdout.split(|byte| *byte == b'\n'))
        .filter_map(|line| {
            let line = line.trim_ascii_start();
            let space = line.iter().position(|byte| *byte == b' ')?;
            let count = std::str::from_utf8(&line[..space]).ok()?.parse().ok()?;
            Some((count, line[space + 1..].to_vec()))
        })
        .collect();
    let ours: Vec<(u64, Vec<u8>)> = (found.counts.top(top).into_iter())
        .map(|one| (one.count, one.key))
        .collect();
    let verdict = match ours == theirs {
        true => "the same answer",
        false => "ANOTHER ANSWER",
    };
    talk(&format!(
        "the pipeline took {}: {verdict}",
        human::seconds(took.as_secs_f64())
    ));
    Ok(())
}
