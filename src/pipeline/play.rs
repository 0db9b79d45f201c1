//! Starts the stages, looks at them until the last one has ended, and ends those that take too long.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::pipe::{PipeFlags, fcntl_setpipe_size, pipe_with};

use super::look::look;
use super::stage::{PACED, STAGE_ROLE, TOOL};
use crate::files;
use crate::leave::{Leave, pause};
use crate::machine::pipeline::{PipelineConfig, Stage, Tool, log_line};
use crate::private::Private;
use crate::process::shell_status;
use crate::record::{Report, Sink, StageSample};
use crate::seed::Seed;
use crate::time::{Clock, Span, Timestamp};

/// What the last stage has written, in the variant's folder.
const ANSWER: &str = "answer.txt";
/// The log that the first stage gets.
const LOG: &str = "input.log";
/// What stages complain of, in the variant's folder.
const COMPLAINTS: &str = "stages.log";
/// How often stages are looked at.
const LOOK_EVERY: Span = Span::from_ms(5);
/// How often whoever waits for it hears of it.
const TELL_EVERY: Span = Span::from_ms(50);
/// This binary, even if it was replaced meanwhile.
const EXECUTABLE: &str = "/proc/self/exe";

/// What a pipeline is played with.
pub(crate) struct Spec<'a> {
    pub(crate) config: &'a PipelineConfig,
    pub(crate) seed: Seed,
    /// After so long it is ended.
    pub(crate) duration: Span,
    /// The variant's folder.
    pub(crate) results: &'a Path,
    pub(crate) clock: Clock,
    pub(crate) sink: &'a Sink,
    pub(crate) leave: &'a Leave,
}

/// A stage that is being played. Its process goes when this is dropped.
struct Running {
    name: String,
    position: u32,
    child: Child,
    temp: PathBuf,
    is_tool: bool,
    exit: Option<i32>,
}

/// Plays it to its end; whether it came to it, and was not left. `look` hears several times a second for how long it has been going on.
///
/// # Errors
/// A tool that is not installed; those of the system.
pub(crate) fn play(spec: &Spec<'_>, look: &mut dyn FnMut(Span) -> bool) -> io::Result<bool> {
    let private = Private::create()?;
    let input = write_log(spec, private.path())?;
    let mut stages = start(spec, private.path(), input)?;
    let origin = spec.clock.now();
    let mut told_at = None;
    while stages.iter().any(|stage| stage.exit.is_none()) {
        let elapsed = spec.clock.now().since(origin);
        if told_at.is_none_or(|at| elapsed.saturating_sub(at) >= TELL_EVERY) {
            told_at = Some(elapsed);
            if !look(elapsed) || spec.leave.is_asked() {
                return Ok(false);
            }
        }
        if elapsed > spec.duration {
            end(&mut stages);
        }
        for stage in &mut stages {
            observe(spec, stage, Timestamp::ZERO + elapsed)?;
        }
        pause(LOOK_EVERY);
    }
    Ok(true)
}

/// The log, written before anybody is looked at.
fn write_log(spec: &Spec<'_>, private: &Path) -> io::Result<File> {
    let path = private.join(LOG);
    let mut out = BufWriter::new(File::create_new(&path)?);
    let mut chance = spec.seed.stream("pipeline/log");
    for number in 0..spec.config.lines {
        writeln!(out, "{}", log_line(number, spec.config.lines, &mut chance))?;
    }
    out.into_inner().map_err(io::IntoInnerError::into_error)?;
    File::open(path)
}

/// Starts all stages, the first one first, each with a pipe to the next.
fn start(spec: &Spec<'_>, private: &Path, input: File) -> io::Result<Vec<Running>> {
    let all: Vec<(&str, &Stage)> = spec.config.in_order().collect();
    let (mut stages, mut input) = (Vec::new(), Stdio::from(input));
    for (place, (name, stage)) in all.iter().enumerate() {
        let temp = private.join(format!("temp-{place}"));
        fs::create_dir(&temp)?;
        let (output, next) = match place + 1 == all.len() {
            true => (
                Stdio::from(File::create(spec.results.join(ANSWER))?),
                Stdio::null(),
            ),
            false => {
                let (reads, writes) = new_pipe(spec.config.pipe.0)?;
                (Stdio::from(writes), Stdio::from(reads))
            }
        };
        let mut command = command_of(stage, &temp)?;
        let complaints = spec.results.join(COMPLAINTS);
        let complaints = File::options().create(true).append(true).open(complaints)?;
        command.stdin(input).stdout(output).stderr(complaints);
        let child = command.spawn()?;
        input = next;
        stages.push(Running {
            name: (*name).to_owned(),
            position: u32::try_from(place + 1).unwrap_or(u32::MAX),
            child,
            temp,
            is_tool: stage.is_tool(),
            exit: None,
        });
    }
    Ok(stages)
}

pub(super) fn new_pipe(size: u64) -> io::Result<(OwnedFd, OwnedFd)> {
    let (reads, writes) = pipe_with(PipeFlags::CLOEXEC)?;
    fcntl_setpipe_size(&writes, usize::try_from(size).unwrap_or(usize::MAX))?;
    Ok((reads, writes))
}

/// This binary as a stage, which a tool's process is as well until it becomes the tool: so the kernel ends it with us.
fn command_of(stage: &Stage, temp: &Path) -> io::Result<Command> {
    let mut command = Command::new(EXECUTABLE);
    command.arg(STAGE_ROLE).env("LC_ALL", "C");
    match (stage, stage.tool(&temp.to_string_lossy())) {
        (_, Some(Tool { program, arguments })) => {
            let path = program_path(program)?;
            command.arg(TOOL).arg(path).args(arguments);
        }
        (Stage::Paced(paced), None) => {
            let settings = serde_json::to_string(paced).map_err(io::Error::other)?;
            command.arg0("slowlab: stage").arg(PACED).arg(settings);
        }
        (_, None) => return Err(io::Error::other("a stage that is neither ours nor a tool")),
    }
    Ok(command)
}

/// Where a tool is.
pub(super) fn program_path(program: &str) -> io::Result<PathBuf> {
    let found = files::in_path(Path::new(program), &[]);
    found.ok_or_else(|| io::Error::other(format!("there is no `{program}` in PATH")))
}

/// Looks at a stage, and tells it; once more when it has ended, with how.
fn observe(spec: &Spec<'_>, stage: &mut Running, at: Timestamp) -> io::Result<()> {
    if stage.exit.is_some() {
        return Ok(());
    }
    let fresh = StageSample::of(at, stage.position, &stage.name, stage.child.id());
    let sample = match stage.child.try_wait()? {
        Some(status) => {
            stage.exit = shell_status(status);
            let is_last = stage.position as usize == spec.config.stages.len();
            StageSample {
                exit: stage.exit,
                lines: is_last
                    .then(|| lines_of(&spec.results.join(ANSWER)))
                    .flatten(),
                ..fresh
            }
        }
        None => look(fresh, &stage.temp, stage.is_tool),
    };
    spec.sink.send(Report::Stage(Box::new(sample)));
    Ok(())
}

fn lines_of(path: &Path) -> Option<u64> {
    let text = fs::read(path).ok()?;
    let lines = text.iter().filter(|byte| **byte == b'\n').count();
    u64::try_from(lines).ok()
}

/// Ends all that still run: the last one first, so that nobody has an answer cut short taken for a whole one.
fn end(stages: &mut [Running]) {
    for stage in stages.iter_mut().rev() {
        // One that has ended meanwhile is told at the next look.
        let _ = stage.child.kill();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
