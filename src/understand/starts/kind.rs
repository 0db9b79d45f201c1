//! What kind of file something is, by its name and by what stands in it.

use std::path::Path;

/// The kinds of files that start commands or settings stand in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::understand) enum Kind {
    /// `gunicorn.conf.py`.
    Python,
    /// A service of systemd.
    Unit,
    /// A socket of systemd.
    Socket,
    /// supervisor's.
    Supervisor,
    /// docker-compose.yml.
    Compose,
    /// A Dockerfile.
    Dockerfile,
    /// A Procfile.
    Procfile,
    /// A script.
    Shell,
    /// `NAME=value` in lines.
    Variables,
}

/// The kind of a file.
pub(in crate::understand) fn kind_of(path: &Path, text: &str) -> Kind {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    let name = name.unwrap_or_default();
    by_name(&name).unwrap_or_else(|| by_text(text))
}

fn by_name(name: &str) -> Option<Kind> {
    let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    Some(match name {
        _ if ends(&[".py"]) => Kind::Python,
        _ if ends(&[".service"]) => Kind::Unit,
        _ if ends(&[".socket"]) => Kind::Socket,
        _ if ends(&[".yml", ".yaml"]) => Kind::Compose,
        _ if ends(&[".sh", ".bash"]) => Kind::Shell,
        _ if ends(&[".env"]) || name.starts_with(".env") => Kind::Variables,
        _ if name.starts_with("Procfile") => Kind::Procfile,
        _ if ends(&[".dockerfile"]) => Kind::Dockerfile,
        _ if name.starts_with("Dockerfile") || name.starts_with("Containerfile") => {
            Kind::Dockerfile
        }
        _ => return None,
    })
}

fn by_text(text: &str) -> Kind {
    let mut lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    if let Some(script) = text.strip_prefix("#!") {
        let program = script.lines().next().unwrap_or_default();
        return match program.contains("python") {
            true => Kind::Python,
            false => Kind::Shell,
        };
    }
    let has = |start: &str| text.lines().any(|line| line.trim().starts_with(start));
    if has("[Service]") {
        return Kind::Unit;
    }
    if has("[Socket]") {
        return Kind::Socket;
    }
    if has("[program:") || has("[group:") {
        return Kind::Supervisor;
    }
    if lines
        .clone()
        .next()
        .is_some_and(|line| line.starts_with("FROM "))
    {
        return Kind::Dockerfile;
    }
    if lines.clone().any(starts_gunicorn) {
        return Kind::Shell;
    }
    let is_process = |line: &str| {
        line.split_once(": ").is_some_and(|(name, _)| {
            name.chars()
                .all(|c| c.is_ascii_alphanumeric() || "_-".contains(c))
        })
    };
    if lines.clone().next().is_some() && lines.clone().all(is_process) {
        return Kind::Procfile;
    }
    let is_variable = |line: &str| {
        line.split_once('=').is_some_and(|(name, _)| {
            let name = name.trim_start_matches("export ");
            name.chars()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
        })
    };
    if lines.clone().next().is_some() && lines.all(is_variable) {
        return Kind::Variables;
    }
    Kind::Python
}

/// Whether a line of a file without a name for its kind is such a command.
fn starts_gunicorn(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let first = words.find(|word| *word != "exec").unwrap_or_default();
    let name = first.rsplit('/').next().unwrap_or_default();
    let follows = words.next();
    name == "gunicorn" && follows.is_some_and(|word| word != "=")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_by_name_or_by_text() {
        for (name, text, kind) in [
            ("gunicorn.conf.py", "", Kind::Python),
            (
                "gunicorn.conf",
                "bind = 'unix:/a'\nworkers = 2\n",
                Kind::Python,
            ),
            ("gunicorn", "#!/bin/bash\nexec gunicorn a\n", Kind::Shell),
            ("start", "exec /usr/bin/gunicorn -w 2 a\n", Kind::Shell),
            ("unit", "[Unit]\r\n[Service]\r\nExecStart=x\r\n", Kind::Unit),
            ("site.conf", "[program:web]\ncommand=x\n", Kind::Supervisor),
            ("procs", "web: gunicorn a\nworker: celery\n", Kind::Procfile),
            ("build", "# x\nFROM python\nCMD x\n", Kind::Dockerfile),
            ("settings", "WORKERS=3\nexport A=b\n", Kind::Variables),
            ("docker-compose.prod.yml", "", Kind::Compose),
            (".env.prod", "", Kind::Variables),
        ] {
            assert_eq!(kind_of(Path::new(name), text), kind, "{name}");
        }
    }
}
