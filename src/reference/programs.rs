//! Which nginx and gunicorn: found in PATH or named, asked for their versions, refused when too old.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use thiserror::Error;

use crate::files;

/// nginx 1.19.5 brought `-e`, without which an unprivileged start complains about its built-in log.
const LEAST_NGINX: Version = Version([1, 19, 5]);
/// gunicorn 20.1 is the oldest that our reference measurements cover.
const LEAST_GUNICORN: Version = Version([20, 1, 0]);
/// Where distributions put nginx although it is in no user's PATH.
const SYSTEM_DIRS: [&str; 3] = ["/usr/sbin", "/usr/local/sbin", "/usr/local/nginx/sbin"];

/// What the user named on the command line; unset means PATH.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Named {
    /// `--nginx`.
    pub nginx: Option<PathBuf>,
    /// `--gunicorn`.
    pub gunicorn: Option<PathBuf>,
    /// `--python`: gunicorn is run as its module, unless it is named itself.
    pub python: Option<PathBuf>,
}

impl Named {
    /// By `SLOWLAB_NGINX` and `SLOWLAB_GUNICORN`, for whoever has no command line for it.
    pub fn by_environment() -> Named {
        let from = |name| std::env::var_os(name).map(PathBuf::from);
        Named {
            nginx: from("SLOWLAB_NGINX"),
            gunicorn: from("SLOWLAB_GUNICORN"),
            python: None,
        }
    }
}

/// An nginx that can be used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NginxProgram {
    /// The program.
    pub path: PathBuf,
    /// Such as 1.22.1.
    pub version: Version,
    /// Everything that `nginx -V` says: version, libraries, build flags.
    pub build: String,
}

/// A gunicorn that can be used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GunicornProgram {
    /// The program and its first arguments: `gunicorn`, or `python -m gunicorn`.
    pub command: Vec<OsString>,
    /// Such as 27.0.1.
    pub version: Version,
    /// The version of the Python that runs it, where the command tells which one that is.
    pub python: Option<Version>,
}

/// Three numbers, compared in order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Version(pub [u32; 3]);

/// Why a program cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum ProgramError {
    /// Not there.
    #[error(
        "{program} is not installed: looked for {looked_for}\nhint: {install}, or name it with {flag}"
    )]
    Missing {
        /// `nginx` or `gunicorn`.
        program: &'static str,
        /// Where it was looked for.
        looked_for: String,
        /// The line that installs it.
        install: &'static str,
        /// The option that names it.
        flag: &'static str,
    },
    /// There, but it does not tell its version.
    #[error("`{command}` does not tell its version: {said}\nhint: name another with {flag}")]
    Silent {
        /// What was run.
        command: String,
        /// What it said.
        said: String,
        /// The option that names another.
        flag: &'static str,
    },
    /// Too old.
    #[error(
        "`{command}` is version {version}, and at least {least} is needed\nhint: {install}, or name another with {flag}"
    )]
    TooOld {
        /// What was run.
        command: String,
        /// Its version.
        version: Version,
        /// The oldest that will do.
        least: Version,
        /// The line that installs a newer one.
        install: &'static str,
        /// The option that names another.
        flag: &'static str,
    },
}

const NGINX_INSTALL: &str =
    "install it with `apt-get install nginx-light` (or `dnf install nginx`, `brew install nginx`)";
const GUNICORN_INSTALL: &str =
    "install it with `pip install gunicorn` (or `pipx install gunicorn`)";
const NGINX_UPGRADE: &str =
    "upgrade it with `apt-get install nginx-light` (or take a newer package from nginx.org)";
const GUNICORN_UPGRADE: &str = "upgrade it with `pip install --upgrade gunicorn`";
const NGINX_FLAG: &str = "--nginx PATH";
const GUNICORN_FLAG: &str = "--gunicorn PATH or --python PATH";

/// Finds nginx and asks for its version.
///
/// # Errors
/// It is missing, too old, or not nginx.
pub fn find_nginx(named: &Named) -> Result<NginxProgram, ProgramError> {
    let path =
        locate(named.nginx.as_deref(), "nginx").map_err(|looked_for| ProgramError::Missing {
            program: "nginx",
            looked_for,
            install: NGINX_INSTALL,
            flag: NGINX_FLAG,
        })?;
    let command = vec![path.clone().into_os_string()];
    let build = ask(&command, "-V", NGINX_FLAG)?;
    let version = read_version(&build, "nginx/", &command, NGINX_FLAG)?;
    if version < LEAST_NGINX {
        let least = LEAST_NGINX;
        let command = shown(&command);
        return Err(ProgramError::TooOld {
            command,
            version,
            least,
            install: NGINX_UPGRADE,
            flag: NGINX_FLAG,
        });
    }
    Ok(NginxProgram {
        path,
        version,
        build,
    })
}

/// Finds gunicorn and asks for its version.
///
/// # Errors
/// It is missing, too old, or not gunicorn.
pub fn find_gunicorn(named: &Named) -> Result<GunicornProgram, ProgramError> {
    let missing = |looked_for| ProgramError::Missing {
        program: "gunicorn",
        looked_for,
        install: GUNICORN_INSTALL,
        flag: GUNICORN_FLAG,
    };
    let command = match (&named.gunicorn, &named.python) {
        (None, Some(python)) => {
            let python = locate(Some(python), "python3").map_err(missing)?;
            vec![python.into_os_string(), "-m".into(), "gunicorn".into()]
        }
        (gunicorn, _) => vec![
            locate(gunicorn.as_deref(), "gunicorn")
                .map_err(missing)?
                .into_os_string(),
        ],
    };
    let said = ask(&command, "--version", GUNICORN_FLAG)?;
    let version = read_version(&said, "version ", &command, GUNICORN_FLAG)?;
    if version < LEAST_GUNICORN {
        let least = LEAST_GUNICORN;
        let command = shown(&command);
        return Err(ProgramError::TooOld {
            command,
            version,
            least,
            install: GUNICORN_UPGRADE,
            flag: GUNICORN_FLAG,
        });
    }
    let python = python_of(&command);
    Ok(GunicornProgram {
        command,
        version,
        python,
    })
}

impl NginxProgram {
    /// What the manifest should say of it.
    pub fn facts(&self) -> BTreeMap<String, String> {
        BTreeMap::from([
            ("nginx".to_owned(), self.version.to_string()),
            ("nginx_path".to_owned(), self.path.display().to_string()),
            ("nginx_build".to_owned(), self.build.clone()),
        ])
    }
}

impl GunicornProgram {
    /// What the manifest should say of it.
    pub fn facts(&self) -> BTreeMap<String, String> {
        let mut facts = BTreeMap::from([
            ("gunicorn".to_owned(), self.version.to_string()),
            ("gunicorn_command".to_owned(), shown(&self.command)),
        ]);
        facts.extend(
            self.python
                .map(|python| ("python".to_owned(), python.to_string())),
        );
        facts
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [major, minor, patch] = self.0;
        write!(f, "{major}.{minor}.{patch}")
    }
}

/// The program's path, or where it was looked for in vain.
fn locate(named: Option<&Path>, name: &str) -> Result<PathBuf, String> {
    if let Some(path) = named {
        // A bare name is looked up, a path is taken as it is.
        if path.components().count() > 1 {
            return if path.is_file() {
                std::path::absolute(path).map_err(|error| error.to_string())
            } else {
                Err(format!("`{}`", path.display()))
            };
        }
    }
    let name = named.map_or_else(|| name.into(), Path::to_path_buf);
    files::in_path(&name, &SYSTEM_DIRS).ok_or_else(|| {
        format!(
            "`{}` in PATH and {}",
            name.display(),
            SYSTEM_DIRS.join(", ")
        )
    })
}

/// What a program says to one flag, on either stream.
fn ask(command: &[OsString], flag: &str, option: &'static str) -> Result<String, ProgramError> {
    let silent = |said: String| ProgramError::Silent {
        command: format!("{} {flag}", shown(command)),
        said,
        flag: option,
    };
    let (program, args) = command.split_first().expect("a command has a program");
    let output = Command::new(program)
        .args(args)
        .arg(flag)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| silent(error.to_string()))?;
    let mut said = String::from_utf8_lossy(&output.stdout).into_owned();
    said.push_str(&String::from_utf8_lossy(&output.stderr));
    if output.status.success() {
        Ok(said.trim().to_owned())
    } else {
        Err(silent(said.trim().to_owned()))
    }
}

/// The Python behind a gunicorn: named by the command (`python -m gunicorn`), or by the first line of its script.
fn python_of(command: &[OsString]) -> Option<Version> {
    let program = command.first()?;
    let python = if command.len() > 1 {
        program.clone()
    } else {
        let script = std::fs::read(program).ok()?;
        let first_line = script.split(|byte| *byte == b'\n').next()?;
        let line = String::from_utf8_lossy(first_line).into_owned();
        OsString::from(line.strip_prefix("#!")?.trim())
    };
    // A wrapper in another language has nothing to say here.
    let said = ask(&[python], "--version", GUNICORN_FLAG).ok()?;
    parse_version(said.strip_prefix("Python")?, " ")
}

/// The version after a marker: `nginx/1.22.1`, `version 27.0.1)`.
fn read_version(
    said: &str,
    marker: &str,
    command: &[OsString],
    flag: &'static str,
) -> Result<Version, ProgramError> {
    parse_version(said, marker).ok_or_else(|| ProgramError::Silent {
        command: shown(command),
        said: said.to_owned(),
        flag,
    })
}

fn parse_version(said: &str, marker: &str) -> Option<Version> {
    let (_, rest) = said.split_once(marker)?;
    let end = rest
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(rest.len());
    let mut numbers = rest[..end]
        .split('.')
        .map(|number| number.parse::<u32>().ok());
    let major = numbers.next()??;
    let mut next = || numbers.next().flatten().unwrap_or(0);
    Some(Version([major, next(), next()]))
}

fn shown(command: &[OsString]) -> String {
    command
        .iter()
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_what_the_programs_say() {
        for (said, marker, version) in [
            (
                "nginx version: nginx/1.22.1\nbuilt with OpenSSL 3.0.22",
                "nginx/",
                Some([1, 22, 1]),
            ),
            (
                "nginx version: nginx/1.31.5-dev",
                "nginx/",
                Some([1, 31, 5]),
            ),
            ("gunicorn (version 27.0.1)", "version ", Some([27, 0, 1])),
            ("gunicorn (version 24.0)", "version ", Some([24, 0, 0])),
            ("bash: no such thing", "version ", None),
            ("version next", "version ", None),
        ] {
            assert_eq!(parse_version(said, marker), version.map(Version), "{said}");
        }
        assert!(Version([1, 19, 5]) > Version([1, 9, 30]));
    }

    #[test]
    fn a_missing_program_is_named_with_the_line_that_installs_it() {
        let named = Named {
            nginx: Some("/nowhere/nginx".into()),
            gunicorn: Some("no-such-gunicorn".into()),
            python: None,
        };
        let nginx = find_nginx(&named).unwrap_err().to_string();
        assert!(
            nginx.contains("/nowhere/nginx") && nginx.contains("apt-get install"),
            "{nginx}"
        );
        let gunicorn = find_gunicorn(&named).unwrap_err().to_string();
        assert!(
            gunicorn.contains("no-such-gunicorn") && gunicorn.contains("pip install gunicorn"),
            "{gunicorn}"
        );
    }

    #[test]
    fn an_old_program_is_refused_with_the_line_that_upgrades_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let script = |name: &str, says: &str| {
            let path = dir.path().join(name);
            std::fs::write(&path, format!("#!/bin/sh\necho '{says}'\n")).unwrap();
            let mode = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(&path, mode).unwrap();
            Some(path)
        };
        let named = Named {
            nginx: script("nginx", "nginx version: nginx/1.18.0 (Ubuntu)"),
            gunicorn: script("gunicorn", "gunicorn (version 20.0.4)"),
            python: None,
        };
        let nginx = find_nginx(&named).unwrap_err().to_string();
        assert!(
            nginx.contains("version 1.18.0, and at least 1.19.5") && nginx.contains("upgrade"),
            "{nginx}"
        );
        let gunicorn = find_gunicorn(&named).unwrap_err().to_string();
        assert!(
            gunicorn.contains("version 20.0.4") && gunicorn.contains("--upgrade gunicorn"),
            "{gunicorn}"
        );
    }

    #[test]
    fn another_program_is_not_taken_for_nginx() {
        let named = Named {
            nginx: Some("/bin/true".into()),
            ..Named::default()
        };
        assert!(matches!(
            find_nginx(&named),
            Err(ProgramError::Silent { .. })
        ));
    }
}
