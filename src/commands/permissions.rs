//! `slowlab permissions`: which modes let whom do what, tried on this machine.

use std::fmt::Write as _;
use std::fs::Permissions;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Context as _;

use crate::error::Exit;
use crate::perms::{
    Came, Deed, NOBODY, Who, attempt, connect, connect_to, is_root, replace, script,
};

/// Files that are looked at in /etc at most.
const MOST_FILES: u64 = 20_000;

/// What the octal digits of a mode are.
const DIGITS: &str =
    "digits: owner, group, others; 4 read, 2 write, 1 execute (of a folder: search)";

/// Tries everything in a folder of its own, which is gone afterwards.
///
/// # Errors
/// Those of the file system, and of standard output.
pub(super) fn run() -> anyhow::Result<Exit> {
    let folder = tempfile::Builder::new()
        .prefix("slowlab-permissions-")
        .permissions(Permissions::from_mode(0o755))
        .tempdir()
        .context("cannot make a folder to try things in")?;
    let mut out = anstream::stdout();
    let whom = match is_root() {
        true => format!("tried as uid {NOBODY}, since root passes every mode"),
        false => "tried as this user, to whom all of it belongs: the first digit counts, and no other; as root there are three columns"
            .to_owned(),
    };
    writeln!(out, "{whom}\n{DIGITS}\n")?;
    sockets(&mut out, folder.path())?;
    files(&mut out, folder.path())?;
    traps(&mut out, folder.path())?;
    etc(&mut out)?;
    noexec(&mut out)?;
    Ok(Exit::Held)
}

/// Those whose class can be tried.
fn classes() -> &'static [(Who, &'static str)] {
    match is_root() {
        true => &[
            (Who::Owner, "owner"),
            (Who::Group, "group"),
            (Who::Other, "other"),
        ],
        false => &[(Who::Owner, "owner")],
    }
}

/// `0640 rw-r-----`.
fn shown(mode: u32) -> String {
    let letters = (0..9).map(|place| {
        let set = mode & (0o400 >> place) != 0;
        if set { b"rwx"[place % 3] as char } else { '-' }
    });
    format!("{mode:04o} {}", letters.collect::<String>())
}

fn said(came: &Came) -> String {
    match came {
        Came::Done => "yes".to_owned(),
        Came::Not(why) => why.clone(),
    }
}

fn sockets(out: &mut impl io::Write, folder: &Path) -> anyhow::Result<()> {
    writeln!(
        out,
        "Connecting to a Unix socket: write decides, read does not help"
    )?;
    let path = folder.join("socket");
    header(out, "mode")?;
    for mode in [
        0o777, 0o666, 0o660, 0o620, 0o640, 0o600, 0o400, 0o200, 0o000,
    ] {
        let came = classes().iter().map(|(who, _)| connect(&path, mode, *who));
        row(out, &shown(mode), came.map(|came| Ok(said(&came?))))?;
    }
    let missing = said(&connect_to(&path));
    writeln!(out, "  no file:            {missing}")?;
    drop(std::os::unix::net::UnixListener::bind(&path)?);
    std::fs::set_permissions(&path, Permissions::from_mode(0o777))?;
    let dead = said(&connect_to(&path));
    writeln!(out, "  nobody listens:     {dead}")?;
    std::fs::remove_file(&path)?;
    let queue = socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None)?;
    queue.bind(&socket2::SockAddr::unix(&path)?)?;
    queue.listen(0)?;
    std::fs::set_permissions(&path, Permissions::from_mode(0o777))?;
    let _first = std::os::unix::net::UnixStream::connect(&path)?;
    let full = said(&connect_to(&path));
    writeln!(out, "  its queue is full:  {full} (a 502 at once)\n")?;
    drop(queue);
    Ok(std::fs::remove_file(&path)?)
}

fn header(out: &mut impl io::Write, first: &str) -> io::Result<()> {
    let names = classes().iter().map(|(_, name)| Ok((*name).to_owned()));
    row(out, first, names)
}

/// A line of a table: three columns are 79 characters.
fn row(
    out: &mut impl io::Write,
    first: &str,
    cells: impl Iterator<Item = io::Result<String>>,
) -> io::Result<()> {
    let mut line = format!("  {first:<14}");
    for cell in cells {
        let _ = write!(line, " {:<20}", cell?);
    }
    writeln!(out, "{}", line.trim_end())
}

fn files(out: &mut impl io::Write, folder: &Path) -> anyhow::Result<()> {
    let deeds = [
        (Deed::Read, "reading"),
        (Deed::Append, "writing"),
        (Deed::Run, "a script, running (execve)"),
        (
            Deed::Interpret,
            "`sh FILE`, for which the interpreter only reads",
        ),
    ];
    let path = folder.join("script");
    for (deed, name) in deeds {
        writeln!(out, "A file of its own, {name}")?;
        header(out, "mode")?;
        for mode in [0o755, 0o711, 0o700, 0o644, 0o640, 0o600, 0o400] {
            let tried = classes().iter().map(|(who, _)| {
                script(&path, mode, *who)?;
                let came = said(&attempt(deed, &path));
                std::fs::remove_file(&path).map(|()| came)
            });
            row(out, &shown(mode), tried)?;
        }
        writeln!(out)?;
    }
    writeln!(
        out,
        "exit code 2: it was begun, and its interpreter may not read it\n"
    )?;
    Ok(())
}

fn traps(out: &mut impl io::Write, folder: &Path) -> anyhow::Result<()> {
    writeln!(out, "Traps")?;
    let path = folder.join("trap");
    for (text, what) in [
        (
            "#!/no/such/interpreter\n",
            "an interpreter that is not there",
        ),
        ("#!/bin/sh\r\nexit 0\n", "a first line that ends in CR LF"),
        ("exit 0\n", "no first line with an interpreter (execve)"),
    ] {
        std::fs::write(&path, text)?;
        crate::perms::give(&path, 0o755, Who::Owner)?;
        writeln!(out, "  {what}: {}", said(&attempt(Deed::Run, &path)))?;
    }
    std::fs::remove_file(&path)?;
    let open = folder.join("open");
    std::fs::create_dir(&open)?;
    let file = open.join("settings");
    std::fs::write(&file, "theirs\n")?;
    crate::perms::give(&file, 0o444, Who::Other)?;
    crate::perms::give(&open, 0o755, Who::Owner)?;
    let (append, replaced) = (
        attempt(Deed::Append, &file),
        replace(&file, &open.join("new")),
    );
    writeln!(
        out,
        "  a file that may not be written, in a folder that may:\n    writing: {}; another in its place: {}\n",
        said(&append),
        said(&replaced)
    )?;
    Ok(())
}

/// What in /etc may be run, and whether a shell would look there.
fn etc(out: &mut impl io::Write) -> anyhow::Result<()> {
    let (mut scripts, mut binaries, mut looked_at) = (0, 0, 0);
    let mut folders = vec![Path::new("/etc").to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let Ok(kind) = entry.file_type() else {
                continue;
            };
            if kind.is_dir() {
                folders.push(entry.path());
            }
            looked_at += 1;
            let runs = kind.is_file()
                && entry
                    .metadata()
                    .is_ok_and(|data| data.permissions().mode() & 0o111 != 0);
            if !runs || looked_at > MOST_FILES {
                continue;
            }
            match is_elf(&entry.path()) {
                true => binaries += 1,
                false => scripts += 1,
            }
        }
    }
    let path = std::env::var("PATH").unwrap_or_default();
    let named = path
        .split(':')
        .any(|part| part == "/etc" || part.starts_with("/etc/"));
    let named = if named { "has" } else { "has not" };
    writeln!(
        out,
        "/etc: {scripts} files with an x bit that are scripts or data, {binaries} programs (ELF)\nPATH {named} /etc in it"
    )?;
    Ok(())
}

fn is_elf(path: &Path) -> bool {
    let mut first = [0; 4];
    let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut first));
    read.is_ok() && first == *b"\x7fELF"
}

/// What `noexec` stops, in a mount of its own within a namespace of its own; the tools that every system has do it.
fn noexec(out: &mut impl io::Write) -> anyhow::Result<()> {
    const TRIED: &str = "mount -t tmpfs -o noexec,size=1m none /mnt || exit 9
        printf '#!/bin/sh\\nexit 0\\n' > /mnt/script; chmod 755 /mnt/script
        /mnt/script 2>/dev/null; run=$?; sh /mnt/script; sh=$?; echo $run $sh";
    let tried = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", TRIED])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    let said = match tried {
        Ok(output) if output.status.success() => {
            let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
            match text.split_once(' ') {
                Some((run, sh)) => format!("running a script: exit code {run}; `sh FILE`: exit code {sh}"),
                None => "undecided: the shell said nothing".to_owned(),
            }
        }
        _ => "undecided: this kernel or this user makes no mount of its own (`unshare --user --mount`)".to_owned(),
    };
    writeln!(out, "noexec: {said}")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_written_both_ways() {
        assert_eq!(shown(0o640), "0640 rw-r-----");
        assert_eq!(shown(0o711), "0711 rwx--x--x");
        assert_eq!(shown(0), "0000 ---------");
    }
}
