//! gunicorn's files in a run's folder: written before it starts, and again when an act changes what they say.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::machine::backend_config::BackendConfig;
use crate::net::Address;
use crate::plan::Plan;

use super::error::ReferenceError;
use super::export::{self, Layout};

/// What is in the folder, and what is to be.
#[derive(Debug)]
pub(super) struct Conf {
    plan: Plan,
    layout: Layout,
    folder: PathBuf,
    pending: Mutex<Option<BackendConfig>>,
}

impl Conf {
    /// Writes the files of a plan.
    ///
    /// # Errors
    /// A plan that gunicorn cannot play, a folder that cannot be written.
    pub(super) fn write(
        plan: &Plan,
        bind: &Address,
        (worker_tmp_dir, held_file): (Option<PathBuf>, Option<PathBuf>),
        folder: &Path,
    ) -> Result<Conf, ReferenceError> {
        let conf = Conf {
            layout: Layout {
                bind: bind.clone(),
                upstreams: vec![bind.clone()],
                worker_tmp_dir,
                held_file,
                ..Layout::by_hand(plan)
            },
            plan: plan.clone(),
            folder: folder.to_owned(),
            pending: Mutex::new(None),
        };
        let mut files = export::render(plan, &conf.layout)?;
        files.retain(is_read_by_gunicorn);
        export::write(&files, folder).map_err(ReferenceError::Write)?;
        Ok(conf)
    }

    /// What the files are to say from the next reload or second master on. They are not written before: a worker that is forked until then
    /// would import the new application already.
    pub(super) fn says(&self, config: &BackendConfig) {
        *self.pending() = Some(config.clone());
    }

    /// Before a new start: the address is the one that the first start has found, and what is pending counts.
    ///
    /// # Errors
    /// Those of the file system; a configuration that gunicorn cannot play.
    pub(super) fn before_restart(&mut self, bind: &Address) -> io::Result<()> {
        (self.layout.bind, self.layout.upstreams) = (bind.clone(), vec![bind.clone()]);
        let pending = self.pending().take();
        if let Some(backend) = pending {
            self.plan.backend = backend;
        }
        self.write_anew(&self.plan)
    }

    /// Before a master reloads or another one starts: writes what is pending. Each file is replaced as a whole, so that nobody reads half of one, and what Python
    /// compiled of the old application goes with it.
    ///
    /// # Errors
    /// Those of the file system; a configuration that gunicorn cannot play.
    pub(super) fn before_reading(&self) -> io::Result<()> {
        let Some(backend) = self.pending().take() else {
            return Ok(());
        };
        self.write_anew(&Plan {
            backend,
            ..self.plan.clone()
        })
    }

    fn write_anew(&self, plan: &Plan) -> io::Result<()> {
        let files = export::render(plan, &self.layout).map_err(io::Error::other)?;
        for file in files.iter().filter(|file| is_read_by_gunicorn(file)) {
            let path = self.folder.join(file.path);
            let new = path.with_extension("new");
            std::fs::write(&new, &file.text)?;
            std::fs::rename(&new, &path)?;
        }
        match std::fs::remove_dir_all(self.folder.join("__pycache__")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn pending(&self) -> std::sync::MutexGuard<'_, Option<BackendConfig>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_read_by_gunicorn(file: &export::File) -> bool {
    Path::new(file.path).extension() == Some("py".as_ref())
}
