//! A calibration as a file: TOML, made by `slowlab doctor --calibrate FILE`, read by `--kernel FILE`.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Cell;
use crate::files;
use crate::machine::costs::Costs;
use crate::machine::sockbuf::KernelBuffers;

/// Version of the format.
const SCHEMA: u32 = 1;

/// What one machine's sockets were found to do.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// Version of the format: 1.
    schema: u32,
    /// Kernel release.
    pub kernel: String,
    /// When it was measured, UTC, RFC 3339.
    pub measured_utc: String,
    /// Limits and constants for the sim.
    pub buffers: KernelBuffers,
    /// What bytes cost whoever moves them; a file of before has none.
    #[serde(default)]
    pub costs: Costs,
    /// The evidence.
    pub cells: Vec<Cell>,
}

/// Why a calibration cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum CalibrationError {
    /// It cannot be read or written.
    #[error("{}: {error}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// The kernel's word.
        #[source]
        error: io::Error,
    },
    /// It is no calibration, or a later one.
    #[error("{}: {problem}\nhint: `slowlab doctor --calibrate {}` measures this machine and writes such a file", .path.display(), .path.display())]
    Content {
        /// Which.
        path: PathBuf,
        /// What is wrong, with line and column where there is one.
        problem: String,
    },
}

impl Calibration {
    /// The result of a measurement.
    pub fn new(
        kernel: String,
        measured_utc: String,
        (buffers, costs): (KernelBuffers, Costs),
        cells: Vec<Cell>,
    ) -> Calibration {
        Calibration {
            schema: SCHEMA,
            kernel,
            measured_utc,
            buffers,
            costs,
            cells,
        }
    }

    /// Reads one.
    ///
    /// # Errors
    /// A file that cannot be read or is no calibration of this version.
    pub fn read(path: &Path) -> Result<Calibration, CalibrationError> {
        let text = files::read_text(path, files::MOST_WRITTEN).map_err(|error| {
            CalibrationError::File {
                path: path.to_owned(),
                error,
            }
        })?;
        let content = |problem: String| CalibrationError::Content {
            path: path.to_owned(),
            problem,
        };
        let read: Calibration =
            toml::from_str(&text).map_err(|error| content(error.to_string().trim().to_owned()))?;
        if read.schema != SCHEMA {
            let schema = read.schema;
            return Err(content(format!(
                "schema {schema} is not known: this slowlab reads {SCHEMA}"
            )));
        }
        let tcp = read.buffers.tcp;
        if [
            tcp.narrow_skb_permille,
            tcp.middle_skb_permille,
            tcp.wide_queue_permille,
        ]
        .iter()
        .any(|permille| !(1..=1000).contains(permille))
        {
            return Err(content(
                "buffers.tcp: a share in thousandths lies between 1 and 1000".to_owned(),
            ));
        }
        Ok(read)
    }

    /// Writes it.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), CalibrationError> {
        let body = toml::to_string(self).expect("a calibration is plain data");
        let text = format!(
            "# Made by `slowlab doctor --calibrate`; for `--engine sim --kernel FILE`.\n{body}"
        );
        std::fs::write(path, text).map_err(|error| CalibrationError::File {
            path: path.to_owned(),
            error,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_what_it_wrote_and_refuses_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("here.toml");
        let cell = Cell {
            unix: false,
            check: true,
            sndbuf: None,
            rcvbuf: Some(4096),
            measured: 7,
        };
        let made = Calibration::new(
            "6.18".to_owned(),
            "2026-11-23T01:02:03Z".to_owned(),
            (KernelBuffers::default(), Costs::MEASURED),
            vec![cell],
        );
        made.write(&path).unwrap();
        assert_eq!(Calibration::read(&path).unwrap(), made);
        let text = std::fs::read_to_string(&path).unwrap();
        for (from, to, word) in [
            ("schema = 1", "schema = 2", "schema 2"),
            ("skb_overhead", "skb_overheat", "skb_overheat"),
            (
                "wide_queue_permille = 975",
                "wide_queue_permille = 0",
                "thousandths",
            ),
            ("wmem_max = ", "wmem_max = x", "hint:"),
        ] {
            std::fs::write(&path, text.replace(from, to)).unwrap();
            let error = Calibration::read(&path).unwrap_err().to_string();
            assert!(
                error.contains(word) && error.contains("here.toml"),
                "{error}"
            );
        }
        let from = text.find("[costs]").unwrap();
        let to = text.find("[[cells]]").unwrap();
        std::fs::write(&path, text[..from].to_owned() + &text[to..]).unwrap();
        assert_eq!(Calibration::read(&path).unwrap(), made, "as measured");
        let missing = Calibration::read(&folder.path().join("none")).unwrap_err();
        assert!(missing.to_string().contains("No such file"));
    }
}
