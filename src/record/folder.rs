//! The results folder: created under a `.partial` name, renamed when the run is complete, never overwritten.
//!
//! `<out>/<scenario>/<utc>-<engine>-<seed>[-2].partial/` holds the run while it lasts. Whole files (JSON, TOML, histograms)
//! are written under a temporary name and renamed, so that a reader never sees half of one; the streamed CSV files are the
//! exception, and their reader forgives a torn last line. Not here: what goes into the CSV files (`collect`).

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::Manifest;
pub use super::folder_error::FolderError;
use super::summary::Summary;
use crate::files;

/// The ending of a run that is still going on or was cut short.
pub const PARTIAL: &str = ".partial";
/// The pointer to the newest complete run of a scenario.
pub const LATEST: &str = "latest";
/// Runs that may begin in the same second with the same engine and seed.
const MOST_COLLISIONS: u32 = 1000;

/// Where the runs of a scenario are kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shelf {
    folder: PathBuf,
    /// Whether a complete run becomes [`LATEST`].
    moves_latest: bool,
}

impl Shelf {
    /// That of a scenario under the results folder.
    pub fn of(out: &Path, scenario: &str) -> Shelf {
        Shelf {
            folder: out.join(file_name(scenario)),
            moves_latest: true,
        }
    }

    /// The same for runs that are no plain runs of the scenario's file: they lie beside those and do not become [`LATEST`].
    #[must_use]
    pub fn aside(self) -> Shelf {
        Shelf {
            moves_latest: false,
            ..self
        }
    }

    /// A new folder on it for `count` repeats of a run, and for nothing else.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn for_repeats(&self, manifest: &Manifest, count: u32) -> Result<Shelf, FolderError> {
        make(&self.folder)?;
        let stem = format!("{}-x{count}", stem(manifest));
        let (_, folder) = claim(&self.folder, &stem, "")?;
        Ok(Shelf {
            folder,
            moves_latest: false,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.folder
    }
}

/// A run that is being written.
#[derive(Debug)]
pub struct RunFolder {
    shelf: Shelf,
    name: String,
    path: PathBuf,
    started: Option<SystemTime>,
}

/// The folder of one variant of a run.
#[derive(Clone, Debug)]
pub struct VariantFolder {
    path: PathBuf,
    started: Option<SystemTime>,
}

impl RunFolder {
    /// Makes the folder of a run that begins, with `manifest.json` (marked partial) and `scenario.toml` in it.
    ///
    /// # Errors
    /// The folder cannot be made or written.
    pub fn create(
        shelf: &Shelf,
        manifest: &Manifest,
        scenario_toml: &str,
    ) -> Result<RunFolder, FolderError> {
        make(&shelf.folder)?;
        let (name, path) = claim(&shelf.folder, &stem(manifest), PARTIAL)?;
        let folder = RunFolder {
            shelf: shelf.clone(),
            name,
            path,
            started: humantime::parse_rfc3339_weak(&manifest.started_utc).ok(),
        };
        let begun = folder
            .write_manifest(manifest, true)
            .and_then(|()| folder.write("scenario.toml", scenario_toml.as_bytes()));
        match begun {
            Ok(()) => Ok(folder),
            Err(error) => {
                // A run that has not begun leaves no folder, which a full disk would have it do again and again.
                let _ = fs::remove_dir_all(&folder.path);
                Err(error)
            }
        }
    }

    /// Where it is now.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Rewrites `manifest.json` while the run lasts; it stays marked partial.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn update(&self, manifest: &Manifest) -> Result<(), FolderError> {
        self.write_manifest(manifest, true)
    }

    /// Makes the folder of one variant, with its `plan.json`.
    ///
    /// # Errors
    /// The folder cannot be made or written.
    pub fn variant(&self, name: &str, plan_json: &str) -> Result<VariantFolder, FolderError> {
        let path = self.path.join(file_name(name));
        fs::create_dir_all(&path).map_err(|source| FolderError::Create {
            path: path.clone(),
            source,
        })?;
        write_below(&path, &["plan.json"], plan_json.as_bytes())?;
        Ok(VariantFolder {
            path,
            started: self.started,
        })
    }

    /// Writes a whole file of the run, such as `summary.json`.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn write(&self, name: &str, contents: &[u8]) -> Result<(), FolderError> {
        write_below(&self.path, &[name], contents)
    }

    /// Ends the run. A complete one loses its `.partial` ending and becomes `latest` if its shelf says so; one whose manifest says `partial` is
    /// kept under its partial name. Returns where it is.
    ///
    /// # Errors
    /// Those of the disk. After [`FolderError::Latest`] the run is nevertheless finished.
    pub fn finish(self, manifest: &Manifest) -> Result<PathBuf, FolderError> {
        self.write_manifest(manifest, manifest.partial)?;
        if manifest.partial {
            return Ok(self.path);
        }
        let target = self.shelf.folder.join(&self.name);
        let renamed = if target.exists() {
            Err(io::Error::from(io::ErrorKind::AlreadyExists))
        } else {
            fs::rename(&self.path, &target)
        };
        renamed.map_err(|source| FolderError::Rename {
            path: target.clone(),
            source,
        })?;
        if !self.shelf.moves_latest {
            return Ok(target);
        }
        match point_latest(&self.shelf.folder, &self.name) {
            Ok(()) => Ok(target),
            Err(source) => Err(FolderError::Latest {
                link: self.shelf.folder.join(LATEST),
                run: target,
                source,
            }),
        }
    }

    /// Leaves the run as it is, marked partial. Returns where it is.
    pub fn keep_partial(self) -> PathBuf {
        self.path
    }

    fn write_manifest(&self, manifest: &Manifest, partial: bool) -> Result<(), FolderError> {
        let manifest = Manifest {
            partial,
            ..manifest.clone()
        };
        self.write("manifest.json", &to_json(&manifest))
    }
}

impl VariantFolder {
    /// A variant folder that is already there (for tools and tests).
    pub fn at(path: PathBuf) -> VariantFolder {
        VariantFolder {
            path,
            started: None,
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// When the run began, by the wall clock.
    pub fn started(&self) -> Option<SystemTime> {
        self.started
    }

    /// Writes a whole file of the variant.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn write(&self, name: &str, contents: &[u8]) -> Result<(), FolderError> {
        write_below(&self.path, &[name], contents)
    }
}

/// Reads `manifest.json` of a run.
///
/// # Errors
/// It is not there, no manifest, or one of another [`super::SCHEMA`].
pub fn read_manifest(run: &Path) -> Result<Manifest, FolderError> {
    let manifest: Manifest = read_json(&run.join("manifest.json"))?;
    if manifest.schema == super::SCHEMA {
        return Ok(manifest);
    }
    let (run, found, version) = (run.to_owned(), manifest.schema, manifest.version);
    Err(FolderError::Schema {
        run,
        found,
        version,
    })
}

/// Reads `summary.json` of a run; `None` if there is none (a partial run).
///
/// # Errors
/// It cannot be read, or is not a summary.
pub fn read_summary(run: &Path) -> Result<Option<Summary>, FolderError> {
    let path = run.join("summary.json");
    if !path.exists() {
        return Ok(None);
    }
    read_json(&path).map(Some)
}

/// Reads a JSON file of a run.
///
/// # Errors
/// It cannot be read, or is not a `T`.
pub fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, FolderError> {
    let text = read_text(path)?;
    serde_json::from_str(&text).map_err(|error| FolderError::Malformed {
        path: path.to_owned(),
        what: error.to_string(),
    })
}

/// Reads a text file of a run.
///
/// # Errors
/// It cannot be read.
pub fn read_text(path: &Path) -> Result<String, FolderError> {
    files::read_text(path, files::MOST_RECORDED).map_err(|source| FolderError::Read {
        path: path.to_owned(),
        source,
    })
}

/// JSON for people and scripts: indented, with a final newline.
///
/// # Panics
/// If `value` has map keys that are not strings, which none of our structs has.
pub fn to_json<T: serde::Serialize>(value: &T) -> Vec<u8> {
    let mut json = serde_json::to_vec_pretty(value).expect("our structs have string keys");
    json.push(b'\n');
    json
}

/// Writes a file below a folder that somebody named, following no link on the way from there: under a temporary name that becomes its own,
/// so that no reader sees half of it. Folders on the way are made.
///
/// # Errors
/// Those of the disk, and a link on the way. The temporary file is removed then.
pub fn write_below(folder: &Path, way: &[&str], contents: &[u8]) -> Result<(), FolderError> {
    let written = || {
        let (name, way) = way.split_last().ok_or(io::ErrorKind::InvalidInput)?;
        let mut there = files::Folder::open(folder)?;
        for name in way {
            there = there.inner(name)?;
        }
        there.write(name, contents)
    };
    written().map_err(|source| FolderError::Write {
        path: folder.join(way.iter().collect::<PathBuf>()),
        source,
    })
}

/// A name of a scenario, variant or group as a file name: letters, digits, `-`, `_` and `.` stay, all else becomes `_`.
pub fn file_name(name: &str) -> String {
    let safe: String = name
        .chars()
        .map(|c| match c {
            '-' | '_' | '.' => c,
            c if c.is_alphanumeric() => c,
            _ => '_',
        })
        .collect();
    match safe.trim_start_matches('.') {
        "" => "_".to_owned(),
        trimmed => trimmed.to_owned(),
    }
}

/// `2026-11-22T21:35:00Z` as `20261122T213500Z`; the wall clock's time if it is not such a stamp.
fn compact_utc(rfc3339: &str) -> String {
    let stamp = match humantime::parse_rfc3339_weak(rfc3339) {
        Ok(at) => humantime::format_rfc3339_seconds(at).to_string(),
        Err(_) => crate::time::utc_stamp(),
    };
    stamp.replace(['-', ':'], "")
}

fn make(folder: &Path) -> Result<(), FolderError> {
    fs::create_dir_all(folder).map_err(|source| FolderError::Create {
        path: folder.to_owned(),
        source,
    })
}

/// What the folder of a run is called, if that is free.
fn stem(manifest: &Manifest) -> String {
    format!(
        "{}-{}-{}",
        compact_utc(&manifest.started_utc),
        file_name(&manifest.engine),
        manifest.seed
    )
}

/// Makes the first free `<stem>[-N]<ending>`, which will lose its ending one day; its name without that, and where it is.
fn claim(shelf: &Path, stem: &str, ending: &str) -> Result<(String, PathBuf), FolderError> {
    let mut error = io::Error::from(io::ErrorKind::AlreadyExists);
    for attempt in 1..=MOST_COLLISIONS {
        let name = match attempt {
            1 => stem.to_owned(),
            _ => format!("{stem}-{attempt}"),
        };
        let finished = shelf.join(&name);
        if finished.exists() {
            continue;
        }
        let path = shelf.join(format!("{name}{ending}"));
        match fs::create_dir(&path) {
            // Another run may have finished under this name between the look and the claim.
            Ok(()) if path != finished && finished.exists() => drop(fs::remove_dir(&path)),
            Ok(()) => return Ok((name, path)),
            Err(source) if source.kind() == io::ErrorKind::AlreadyExists => error = source,
            Err(source) => return Err(FolderError::Create { path, source }),
        }
    }
    Err(FolderError::Create {
        path: shelf.join(stem),
        source: error,
    })
}

/// Makes `latest` a relative link to `name`: a new link renamed over the old one, so that it always points somewhere. Only a
/// link is replaced, never a file or a folder of the user's.
fn point_latest(scenario_folder: &Path, name: &str) -> io::Result<()> {
    let temporary = scenario_folder.join(format!(".latest-{name}"));
    let latest = scenario_folder.join(LATEST);
    if fs::symlink_metadata(&latest).is_ok_and(|there| !there.is_symlink()) {
        return Err(io::Error::other("it is there, and not a symbolic link"));
    }
    let moved = symlink(name, &temporary).and_then(|()| fs::rename(&temporary, &latest));
    moved.inspect_err(|_| drop(fs::remove_file(&temporary))) // it may never have been made
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        Manifest {
            schema: crate::record::SCHEMA,
            scenario: "worker-starvation".to_owned(),
            engine: "lab".to_owned(),
            seed: 7,
            started_utc: "2026-11-22T21:35:00Z".to_owned(),
            ..Manifest::default()
        }
    }

    fn shelf(out: &Path) -> Shelf {
        Shelf::of(out, "worker-starvation")
    }

    #[test]
    fn what_ifs_and_repeats_do_not_become_the_latest() {
        let out = tempfile::tempdir().unwrap();
        let plain = RunFolder::create(&shelf(out.path()), &manifest(), "").unwrap();
        let plain = plain.finish(&manifest()).unwrap();
        let aside = RunFolder::create(&shelf(out.path()).aside(), &manifest(), "").unwrap();
        let aside = aside.finish(&manifest()).unwrap();
        let five = shelf(out.path()).for_repeats(&manifest(), 5).unwrap();
        let other = shelf(out.path()).for_repeats(&manifest(), 5).unwrap();
        let repeat = RunFolder::create(&five, &manifest(), "").unwrap();
        let repeat = repeat.finish(&manifest()).unwrap();
        assert_eq!(plain.parent(), aside.parent());
        assert_eq!(repeat.parent(), Some(five.path()));
        assert_ne!(five, other);
        let latest = fs::canonicalize(plain.parent().unwrap().join(LATEST)).unwrap();
        assert_eq!(latest, fs::canonicalize(&plain).unwrap());
        assert!(!five.path().join(LATEST).exists());
    }

    #[test]
    fn a_run_is_partial_until_it_is_finished() {
        let out = tempfile::tempdir().unwrap();
        let run = RunFolder::create(&shelf(out.path()), &manifest(), "schema = 1\n").unwrap();
        let partial = run.path().to_owned();
        assert!(partial.ends_with("worker-starvation/20261122T213500Z-lab-7.partial"));
        assert!(read_manifest(&partial).unwrap().partial);
        run.variant("baseline", "{}").unwrap();
        let done = run.finish(&manifest()).unwrap();
        assert!(done.ends_with("20261122T213500Z-lab-7") && !partial.exists());
        assert!(!read_manifest(&done).unwrap().partial);
        let latest = out.path().join("worker-starvation/latest");
        assert_eq!(
            fs::read_link(&latest).unwrap(),
            Path::new("20261122T213500Z-lab-7")
        );
        assert_eq!(
            read_text(&latest.join("scenario.toml")).unwrap(),
            "schema = 1\n"
        );
    }

    #[test]
    fn a_folder_of_another_schema_is_refused_and_told_what_to_do() {
        let out = tempfile::tempdir().unwrap();
        let old = Manifest {
            schema: 1,
            version: "0.1.0".to_owned(),
            ..manifest()
        };
        let run = RunFolder::create(&shelf(out.path()), &old, "").unwrap();
        let error = read_manifest(run.path()).unwrap_err().to_string();
        for words in [
            "has schema 1",
            "reads schema 2",
            "scenario.toml`",
            "slowlab 0.1.0",
        ] {
            assert!(error.contains(words), "{words}: {error}");
        }
    }

    #[test]
    fn two_runs_in_one_second_do_not_meet() {
        let out = tempfile::tempdir().unwrap();
        let first = RunFolder::create(&shelf(out.path()), &manifest(), "").unwrap();
        let second = RunFolder::create(&shelf(out.path()), &manifest(), "").unwrap();
        let first = first.finish(&manifest()).unwrap();
        let second = second.finish(&manifest()).unwrap();
        let third = RunFolder::create(&shelf(out.path()), &manifest(), "").unwrap();
        assert!(first.ends_with("20261122T213500Z-lab-7"));
        assert!(second.ends_with("20261122T213500Z-lab-7-2"));
        assert!(third.path().ends_with("20261122T213500Z-lab-7-3.partial"));
        let latest = out.path().join("worker-starvation/latest");
        assert_eq!(
            fs::canonicalize(latest).unwrap(),
            fs::canonicalize(second).unwrap()
        );
    }

    #[test]
    fn an_interrupted_run_keeps_its_name_and_is_not_the_latest() {
        let out = tempfile::tempdir().unwrap();
        let run = RunFolder::create(&shelf(out.path()), &manifest(), "").unwrap();
        let cut = Manifest {
            partial: true,
            ..manifest()
        };
        let path = run.finish(&cut).unwrap();
        assert!(path.to_string_lossy().ends_with(PARTIAL));
        assert!(!out.path().join("worker-starvation/latest").exists());
    }

    #[test]
    fn something_of_the_users_called_latest_stays() {
        let out = tempfile::tempdir().unwrap();
        let run = RunFolder::create(&shelf(out.path()), &manifest(), "").unwrap();
        let latest = out.path().join("worker-starvation/latest");
        fs::write(&latest, "mine").unwrap();
        let error = run.finish(&manifest()).unwrap_err();
        let FolderError::Latest { run, .. } = &error else {
            panic!("{error}");
        };
        assert!(run.ends_with("20261122T213500Z-lab-7") && run.join("manifest.json").exists());
        assert!(error.to_string().contains("hint: move away"), "{error}");
        assert_eq!(fs::read_to_string(&latest).unwrap(), "mine");
    }

    #[test]
    fn what_is_in_the_way_is_named_with_a_hint() {
        let out = tempfile::tempdir().unwrap();
        let file = out.path().join("file");
        fs::write(&file, "").unwrap();
        let error = RunFolder::create(&shelf(&file), &manifest(), "")
            .unwrap_err()
            .to_string();
        assert!(error.contains("file/worker-starvation"), "{error}");
        assert!(
            error.contains("hint:") && error.contains("--out DIR"),
            "{error}"
        );
    }

    #[test]
    fn file_names_stay_inside_their_folder() {
        assert_eq!(file_name("visitors"), "visitors");
        assert_eq!(file_name("../etc/passwd"), "_etc_passwd");
        assert_eq!(file_name("손님 둘"), "손님_둘");
        assert_eq!(file_name(""), "_");
        assert_eq!(file_name(".."), "_");
    }
}
