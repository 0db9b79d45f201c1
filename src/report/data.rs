//! A results folder, read back. `summary.json` is read by `record::folder::read_summary`: it is derived, these are not.
//!
//! A run that was cut short reads like any other: rows of `requests.pending.csv` are taken in where `requests.csv` has
//! none, and a torn last line of a file that was being written is forgiven. A torn line anywhere else is an error.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use crate::files;
use crate::plan::Plan;
use crate::record::collect::{Kept, PENDING};
use crate::record::folder::{self, FolderError, file_name};
use crate::record::summary::VariantSummary;
use crate::record::{
    ByteSample, Event, Hold, Hop, LogSample, MachineSample, Manifest, ProbeRecord, ProcSample,
    QueueSample, ReadEvent, RequestRecord, SocketSample, StageSample, WorkerInterval,
};

/// In a variant's folder: its numbers, if its rows were not kept.
pub const COUNTED: &str = "summary.json";

/// A run, as its folder has it.
#[derive(Clone, PartialEq, Debug)]
pub struct RunData {
    /// `manifest.json`.
    pub manifest: Manifest,
    /// `scenario.toml`, as run.
    pub scenario_toml: String,
    /// The variants that began, in the manifest's order.
    pub variants: Vec<VariantData>,
}

impl RunData {
    /// Its variants.
    pub(super) fn all(&self) -> Vec<&VariantData> {
        self.variants.iter().collect()
    }
}

/// One variant of a run.
#[derive(Clone, PartialEq, Debug)]
pub struct VariantData {
    /// `plan.json`.
    pub plan: Plan,
    /// `requests.csv`, by request id.
    pub requests: Vec<RequestRecord>,
    /// `events.csv`, by time.
    pub events: Vec<Event>,
    /// `workers.csv`.
    pub workers: Vec<WorkerInterval>,
    /// `holds.csv`.
    pub holds: Vec<Hold>,
    /// `hops.csv`.
    pub hops: Vec<Hop>,
    /// `queues.csv`.
    pub queues: Vec<QueueSample>,
    /// `sockets.csv`.
    pub sockets: Vec<SocketSample>,
    /// `procs.csv`.
    pub procs: Vec<ProcSample>,
    /// `machine.csv`.
    pub machine: Vec<MachineSample>,
    /// `logs.csv`.
    pub logs: Vec<LogSample>,
    /// `stages.csv`.
    pub stages: Vec<StageSample>,
    /// `probes.csv`.
    pub probes: Vec<ProbeRecord>,
    /// `bytes.csv`; older folders have none.
    pub bytes: Vec<ByteSample>,
    /// `summary.json` of the variant, if its numbers were counted while it ran and its rows were not kept.
    pub counted: Option<VariantSummary>,
}

/// A folder that is not (or not quite) a run.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// A file cannot be read, or is not what it should be.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A row of a CSV file cannot be read.
    #[error("`{}`, line {line}: {what}\nhint: `results/README.md` has the columns; the file may come from another version of slowlab", path.display())]
    Row {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
        /// The csv crate's words.
        what: String,
    },
}

/// Where the files of a run are.
#[derive(Clone, Copy)]
enum Source<'a> {
    /// In a folder.
    Folder(&'a Path),
    /// In memory, by their paths in the folder that they were in.
    Files(&'a BTreeMap<String, Vec<u8>>),
}

impl Source<'_> {
    /// A file, if it is there.
    fn file(self, way: &[&str]) -> Result<Option<Vec<u8>>, FolderError> {
        match self {
            Source::Files(files) => Ok(files.get(&way.join("/")).cloned()),
            Source::Folder(_) if !self.path(way).exists() => Ok(None),
            Source::Folder(_) => {
                let path = self.path(way);
                let read = files::read(&path, files::MOST_RECORDED);
                read.map(Some)
                    .map_err(|source| FolderError::Read { path, source })
            }
        }
    }

    /// A file that has to be there, as text.
    fn text(self, way: &[&str]) -> Result<String, FolderError> {
        let path = self.path(way);
        match (self, self.file(way)?) {
            (Source::Files(_), Some(bytes)) => {
                String::from_utf8(bytes).map_err(|error| FolderError::Malformed {
                    path,
                    what: error.to_string(),
                })
            }
            _ => folder::read_text(&path),
        }
    }

    fn json<T: DeserializeOwned>(self, way: &[&str]) -> Result<T, FolderError> {
        let text = self.text(way)?;
        serde_json::from_str(&text).map_err(|error| FolderError::Malformed {
            path: self.path(way),
            what: error.to_string(),
        })
    }

    /// Where it is, or was.
    fn path(self, way: &[&str]) -> PathBuf {
        let way: PathBuf = way.iter().collect();
        match self {
            Source::Folder(folder) => folder.join(way),
            Source::Files(_) => way,
        }
    }
}

impl RunData {
    /// Reads the folder of one run.
    ///
    /// # Errors
    /// It is not the folder of a run, or a file in it is damaged.
    pub fn read(run: &Path) -> Result<RunData, DataError> {
        RunData::of(folder::read_manifest(run)?, Source::Folder(run))
    }

    /// The same from files that were put together: their paths in the folder of the run, and what is in them.
    ///
    /// # Errors
    /// They are not those of a run, or one is damaged.
    pub fn of_files(files: &BTreeMap<String, Vec<u8>>) -> Result<RunData, DataError> {
        let source = Source::Files(files);
        RunData::of(source.json(&["manifest.json"])?, source)
    }

    fn of(manifest: Manifest, source: Source<'_>) -> Result<RunData, DataError> {
        let mut variants = Vec::new();
        for name in &manifest.variants {
            let folder = file_name(name);
            if source.file(&[&folder, "plan.json"])?.is_some() {
                variants.push(VariantData::of(source, &[&folder])?);
            }
        }
        Ok(RunData {
            scenario_toml: source.text(&["scenario.toml"])?,
            manifest,
            variants,
        })
    }
}

impl VariantData {
    /// Whether there is anything to draw of single requests and workers: rows that were kept, of a stack.
    pub(super) fn has_pictures(&self) -> bool {
        self.counted.is_none() && self.plan.pipeline.is_none()
    }

    /// A variant of which nothing was recorded yet.
    pub fn new(plan: Plan) -> VariantData {
        VariantData {
            plan,
            requests: Vec::new(),
            events: Vec::new(),
            workers: Vec::new(),
            holds: Vec::new(),
            hops: Vec::new(),
            queues: Vec::new(),
            sockets: Vec::new(),
            procs: Vec::new(),
            machine: Vec::new(),
            logs: Vec::new(),
            stages: Vec::new(),
            probes: Vec::new(),
            bytes: Vec::new(),
            counted: None,
        }
    }

    /// A variant whose rows were kept in memory.
    pub fn of_kept(plan: Plan, kept: Kept) -> VariantData {
        VariantData {
            requests: kept.requests,
            events: kept.events,
            workers: kept.workers,
            holds: kept.holds,
            hops: kept.hops,
            queues: kept.queues,
            sockets: kept.samples.sockets,
            procs: kept.samples.procs,
            machine: kept.samples.machine,
            logs: kept.samples.logs,
            stages: kept.samples.stages,
            probes: kept.probes,
            bytes: kept.samples.bytes,
            ..VariantData::new(plan)
        }
    }

    /// Reads the folder of one variant.
    ///
    /// # Errors
    /// `plan.json` is missing, or a file is damaged.
    pub fn read(variant: &Path) -> Result<VariantData, DataError> {
        VariantData::of(Source::Folder(variant), &[])
    }

    /// That of the variant in a folder of the source.
    fn of(source: Source<'_>, folder: &[&str]) -> Result<VariantData, DataError> {
        let of = Rows(source, folder);
        let mut requests: Vec<RequestRecord> = of.rows("requests.csv")?;
        let known: BTreeSet<u64> = requests.iter().map(|row| row.request_id).collect();
        let pending: Vec<RequestRecord> = of.rows(PENDING)?;
        let missing = pending.into_iter();
        requests.extend(missing.filter(|row| !known.contains(&row.request_id)));
        requests.sort_by_key(|row| row.request_id);
        let events: Vec<ReadEvent> = of.rows("events.csv")?;
        let mut events: Vec<Event> = events.into_iter().map(|read| read.0).collect();
        events.sort_by_key(|event| event.at);
        Ok(VariantData {
            plan: source.json(&[folder, &["plan.json"]].concat())?,
            requests,
            events,
            workers: of.rows("workers.csv")?,
            holds: of.rows("holds.csv")?,
            hops: of.rows("hops.csv")?,
            queues: of.rows("queues.csv")?,
            sockets: of.rows("sockets.csv")?,
            procs: of.rows("procs.csv")?,
            machine: of.rows("machine.csv")?,
            logs: of.rows("logs.csv")?,
            stages: of.rows("stages.csv")?,
            probes: of.rows("probes.csv")?,
            bytes: of.rows("bytes.csv")?,
            counted: match source.file(&[folder, &[COUNTED]].concat())? {
                Some(_) => Some(source.json(&[folder, &[COUNTED]].concat())?),
                None => None,
            },
        })
    }

    /// Whether there is a proxy between clients and backend.
    pub fn has_proxy(&self) -> bool {
        self.plan.proxy.as_ref().is_some_and(|proxy| proxy.enabled)
    }

    /// The requests that count: those that were not meant to start during the warm-up.
    pub fn measured(&self) -> impl Iterator<Item = &RequestRecord> {
        let warmup = self.plan.warmup;
        self.requests
            .iter()
            .filter(move |row| crate::record::hgrm::is_measured(row, warmup))
    }
}

/// The rows of one variant: where they are, and in which folder there.
#[derive(Clone, Copy)]
struct Rows<'a>(Source<'a>, &'a [&'a str]);

impl Rows<'_> {
    /// Those of a CSV file; none if there is no file.
    fn rows<T: DeserializeOwned>(self, name: &str) -> Result<Vec<T>, DataError> {
        let Rows(source, folder) = self;
        let way = [folder, &[name]].concat();
        let Some(bytes) = source.file(&way)? else {
            return Ok(Vec::new());
        };
        let torn = bytes.last().is_some_and(|last| *last != b'\n');
        let mut reader = csv::Reader::from_reader(&bytes[..]);
        let mut rows = Vec::new();
        for row in reader.deserialize() {
            rows.push(row);
        }
        if torn {
            rows.pop(); // what was written last before the process was killed
        }
        rows.into_iter()
            .map(|row: Result<T, csv::Error>| {
                row.map_err(|error| DataError::Row {
                    path: source.path(&way),
                    line: error.position().map_or(0, csv::Position::line),
                    what: error.to_string(),
                })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::record::folder::{RunFolder, Shelf};
    use crate::record::{EventKind, EventRow};
    use crate::report::findings::tests::{at, event, hold, hop, interval, plan, queue, request};

    fn write_run(out: &Path, complete: bool) -> PathBuf {
        let mut manifest = Manifest {
            scenario: "s".to_owned(),
            engine: "lab".to_owned(),
            started_utc: "2026-11-22T21:35:00Z".to_owned(),
            variants: vec!["baseline".to_owned(), "not-begun".to_owned()],
            ..Manifest::default()
        };
        manifest.schema = crate::record::SCHEMA;
        let run = RunFolder::create(
            &Shelf::of(out, &manifest.scenario),
            &manifest,
            "schema = 1\n",
        )
        .unwrap();
        let json = serde_json::to_string(&plan(1, true)).unwrap();
        let variant = run.variant("baseline", &json).unwrap();
        let rows = [request(2, "visitors", 1, 2), request(1, "slow", 1, 2)];
        let mut writer = csv::Writer::from_path(variant.path().join("requests.csv")).unwrap();
        rows.iter().for_each(|row| writer.serialize(row).unwrap());
        writer.flush().unwrap();
        if !complete {
            let mut writer = csv::Writer::from_path(variant.path().join(PENDING)).unwrap();
            for row in [request(2, "twice", 1, 2), request(3, "visitors", 1, 2)] {
                writer.serialize(row).unwrap();
            }
            writer.flush().unwrap();
        }
        manifest.partial = !complete;
        run.finish(&manifest).unwrap()
    }

    #[test]
    fn a_run_reads_back_in_the_manifests_order() {
        let out = tempfile::tempdir().unwrap();
        let run = RunData::read(&write_run(out.path(), true)).unwrap();
        assert_eq!(run.variants.len(), 1);
        assert_eq!(run.scenario_toml, "schema = 1\n");
        let requests = &run.variants[0].requests;
        assert_eq!(
            *requests,
            [request(1, "slow", 1, 2), request(2, "visitors", 1, 2)]
        );
        assert_eq!(run.variants[0].plan, plan(1, true));
    }

    #[test]
    fn a_killed_run_gives_its_pending_rows_and_loses_only_a_torn_line() {
        let out = tempfile::tempdir().unwrap();
        let path = write_run(out.path(), false);
        let file = path.join("baseline/requests.csv");
        let mut text = fs::read_to_string(&file).unwrap();
        text.push_str("9,visitors,0,/,12");
        fs::write(&file, text).unwrap();
        let run = RunData::read(&path).unwrap();
        let ids: Vec<u64> = run.variants[0]
            .requests
            .iter()
            .map(|row| row.request_id)
            .collect();
        assert_eq!(ids, [1, 2, 3]);
        assert!(
            run.variants[0]
                .requests
                .iter()
                .all(|row| row.group != "twice")
        );
    }

    #[test]
    fn a_damaged_row_is_named_with_file_and_line() {
        let out = tempfile::tempdir().unwrap();
        let path = write_run(out.path(), true);
        let file = path.join("baseline/requests.csv");
        let text = fs::read_to_string(&file)
            .unwrap()
            .replacen("complete", "complexe", 1);
        fs::write(&file, text).unwrap();
        let error = RunData::read(&path).unwrap_err().to_string();
        assert!(
            error.contains("requests.csv`, line 2") && error.contains("hint:"),
            "{error}"
        );
        let error = RunData::read(out.path()).unwrap_err().to_string();
        assert!(
            error.contains("manifest.json") && error.contains("hint:"),
            "{error}"
        );
    }

    fn header(row: &impl serde::Serialize) -> Vec<String> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.serialize(row).unwrap();
        let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
        let first = text.lines().next().unwrap();
        first.split(',').map(str::to_owned).collect()
    }

    /// The first column of the table under a heading of `results/README.md`.
    fn dictionary(file: &str) -> Vec<String> {
        let text = include_str!("../../results/README.md");
        let section = text
            .split("\n## ")
            .find(|section| section.starts_with(file))
            .unwrap();
        let cells = section.lines().filter_map(|line| line.strip_prefix("| `"));
        cells
            .map(|cell| cell.split('`').next().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn the_dictionary_has_what_the_system_shows() {
        let process = ProcSample::of_worker(at(1), 1, 'S');
        assert_eq!(dictionary("procs.csv"), header(&process));
        let machine = MachineSample {
            at: at(1),
            load_1m_hundredths: 0,
            running_tasks: 0,
            blocked_tasks: 0,
            busy_us: 0,
            idle_us: 0,
            iowait_us: 0,
            psi_io_us: None,
        };
        assert_eq!(dictionary("machine.csv"), header(&machine));
        let log = LogSample {
            at: at(1),
            log: String::new(),
            size_bytes: 0,
            allocated_bytes: 0,
            named_bytes: 0,
            written_to: None,
            written_links: None,
            deleted_bytes: None,
        };
        assert_eq!(dictionary("logs.csv"), header(&log));
        let stage = StageSample::of(at(1), 1, "sort", 1);
        assert_eq!(dictionary("stages.csv"), header(&stage));
    }

    #[test]
    fn the_dictionary_has_every_column_in_order() {
        let row = request(1, "visitors", 1, 2);
        assert_eq!(dictionary("requests.csv"), header(&row));
        let happened = event(EventKind::UpstreamBlocked {}, 1, None);
        assert_eq!(dictionary("events.csv"), header(&EventRow::from(&happened)));
        let stretch = interval(crate::record::WorkerState::App, 1, 2, &row);
        assert_eq!(dictionary("workers.csv"), header(&stretch));
        assert_eq!(dictionary("queues.csv"), header(&queue(1, 1)));
        assert_eq!(dictionary("holds.csv"), header(&hold(&row)));
        assert_eq!(dictionary("hops.csv"), header(&hop(&row)));
        let socket = SocketSample {
            at: at(1),
            hop: "client".to_owned(),
            port: 1,
            recv_q_bytes: 0,
            send_q_bytes: 0,
            snd_wnd_bytes: None,
            notsent_bytes: None,
            rtt_us: None,
            rwnd_limited_us: None,
            sndbuf_limited_us: None,
            busy_time_us: None,
            probes: None,
            total_retrans: None,
            sndbuf_bytes: None,
            rcvbuf_bytes: None,
        };
        assert_eq!(dictionary("sockets.csv"), header(&socket));
        let attempt = ProbeRecord {
            at: at(1),
            probe: "liveness".to_owned(),
            to: crate::tier::Tier::Backend,
            latency: crate::time::Span::ZERO,
            outcome: crate::record::ProbeOutcome::Ok,
            status: None,
            failures: 0,
        };
        assert_eq!(dictionary("probes.csv"), header(&attempt));
        let bytes = ByteSample {
            at: at(1),
            group: None,
            direction: crate::record::Direction::Response,
            tier: crate::record::Holder::Proxy,
            place: crate::record::BytePlace::Memory,
            bytes: 1,
        };
        assert_eq!(dictionary("bytes.csv"), header(&bytes));
        let split = crate::report::accounts::tests::row_of(&row);
        assert_eq!(dictionary("attribution.csv"), header(&split));
    }
}
