//! Which files an `include` stands for: nginx's own rule below the root, and for a configuration that was copied from elsewhere the ends of its paths.

use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::understand::files::{Files, folder};

/// So many files of one folder are looked at.
const MOST_ENTRIES: usize = 10_000;

/// What a pattern stands for.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) files: Vec<PathBuf>,
    /// A pattern that fits nothing in a folder that is there: nginx takes that for fine.
    pub(super) is_empty_folder: bool,
    /// Found by the end of its path only.
    pub(super) elsewhere: bool,
}

/// Looks a pattern up, for a configuration whose main file is `main`.
pub(super) fn find(pattern: &str, main: &Path, files: &Files) -> Found {
    let path = Path::new(pattern);
    let own = folder(main);
    let mut places = Vec::new();
    if path.is_absolute() {
        places.extend(files.below(path));
    } else if is_plain(path) {
        // nginx counts from the folder of nginx.conf, above that of a file of `sites-enabled`.
        places.push(own.join(path));
        places.extend(own.parent().map(|above| above.join(path)));
        places.extend(files.below(&Path::new("/etc/nginx").join(path)));
    }
    for place in places {
        let found = matching(&place);
        if !found.files.is_empty() || found.is_empty_folder {
            return found;
        }
    }
    if path.is_absolute() && files.root == own {
        return by_its_end(path, &own);
    }
    Found::default()
}

fn is_plain(path: &Path) -> bool {
    path.components()
        .all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

/// `/etc/nginx/conf.d/locations` as `conf.d/locations` or `locations` beside the file that includes it. A pattern needs its folder.
fn by_its_end(path: &Path, own: &Path) -> Found {
    let parts: Vec<&std::ffi::OsStr> = path
        .components()
        .filter_map(|part| match part {
            Component::Normal(name) => Some(name),
            _ => None,
        })
        .collect();
    let is_pattern = path.to_string_lossy().contains(['*', '?', '[']);
    let least = if is_pattern { 2 } else { 1 };
    for length in (least..parts.len()).rev() {
        let end: PathBuf = parts[parts.len() - length..].iter().collect();
        let found = matching(&own.join(end));
        if !found.files.is_empty() {
            return Found {
                elsewhere: true,
                ..found
            };
        }
    }
    Found::default()
}

/// The regular files that a path stands for, sorted; `*` and `?` count in its last part, as in `conf.d/*.conf`.
fn matching(path: &Path) -> Found {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    let name = name.unwrap_or_default();
    if !name.contains(['*', '?', '[']) {
        // What is there and is no file is an error of its reading.
        let there = path.symlink_metadata().is_ok() && !path.is_dir();
        return Found {
            files: there.then(|| path.to_owned()).into_iter().collect(),
            ..Found::default()
        };
    }
    let dir = folder(path);
    let entries = fs::read_dir(&dir);
    let is_there = entries.is_ok();
    let mut files: Vec<PathBuf> = entries
        .into_iter()
        .flatten()
        .flatten()
        .take(MOST_ENTRIES)
        .map(|entry| entry.path())
        .filter(|file| {
            let own = file
                .file_name()
                .map(|own| own.to_string_lossy().into_owned());
            own.is_some_and(|own| fits(name.as_bytes(), own.as_bytes())) && !file.is_dir()
        })
        .collect();
    files.sort();
    Found {
        is_empty_folder: is_there && files.is_empty(),
        files,
        elsewhere: false,
    }
}

/// Whether a name fits a pattern of `*`, `?` and `[a-z]`; a leading dot is not matched by a star.
fn fits(pattern: &[u8], name: &[u8]) -> bool {
    if name.first() == Some(&b'.') && pattern.first() != Some(&b'.') {
        return false;
    }
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        let step = match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, n));
                p += 1;
                continue;
            }
            Some(b'?') => Some(1),
            Some(b'[') => class(&pattern[p..], name[n]),
            Some(c) if *c == name[n] => Some(1),
            _ => None,
        };
        match (step, star) {
            (Some(step), _) => {
                p += step;
                n += 1;
            }
            (None, Some((at, from))) => {
                p = at + 1;
                n = from + 1;
                star = Some((at, from + 1));
            }
            (None, None) => return false,
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

/// How long a `[…]` is that the character fits.
fn class(pattern: &[u8], c: u8) -> Option<usize> {
    let end = pattern.iter().skip(1).position(|c| *c == b']')? + 1;
    let mut inner = &pattern[1..end];
    let not = inner.first().is_some_and(|c| matches!(c, b'!' | b'^'));
    inner = &inner[usize::from(not)..];
    let mut fits = false;
    while let Some(first) = inner.first() {
        let range = inner.get(1) == Some(&b'-') && inner.len() > 2;
        let last = if range { inner[2] } else { *first };
        fits |= (*first..=last).contains(&c);
        inner = &inner[if range { 3 } else { 1 }..];
    }
    (fits != not).then_some(end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_as_in_a_shell() {
        for (pattern, name, expected) in [
            ("*.conf", "a.conf", true),
            ("*.conf", ".a.conf", false),
            ("*.conf", "a.conf.bak", false),
            ("*", "default", true),
            ("[a-c]?.conf", "b1.conf", true),
            ("[!a-c]*", "b1.conf", false),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxbyy", false),
        ] {
            assert_eq!(
                fits(pattern.as_bytes(), name.as_bytes()),
                expected,
                "{pattern} {name}"
            );
        }
    }
}
