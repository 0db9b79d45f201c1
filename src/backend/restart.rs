//! A backend that is killed, and one that takes the place of a backend that has ended: what an orchestrator does to a container.

use std::sync::Arc;

use super::{Backend, BackendError, BackendSpec, on_file};

impl Backend {
    /// SIGKILL to all masters and workers at once. Nobody of them is left to tell of it, so the parent does.
    pub fn kill(&self) {
        {
            let mut known = self.shared.lock();
            (known.killed, known.stopping) = (true, true);
            known.masters.are_killed();
        }
        self.kill_group();
    }

    /// Once all masters have ended: a new one, on the same address, with what the configuration says by now. It is not waited for until it
    /// serves. Ages of workers go on, and whoever knew the backend knows the new one.
    ///
    /// # Errors
    /// The process cannot be started; nothing of either is left running.
    pub fn restart(&mut self) -> Result<(), BackendError> {
        if let Some(reader) = self.reader.take() {
            // Workers that have outlived a master that was killed do not outlive its container.
            self.kill();
            self.clear_away(reader);
        }
        self.shared.begin_anew();
        let said = on_file::read(&self.spec.runtime_dir);
        let spec = BackendSpec {
            config: said.unwrap_or_else(|| self.spec.config.clone()),
            listen: Some(self.address.clone()),
            ..self.spec.clone()
        };
        *self = Backend::spawn(spec, Arc::clone(&self.shared))?;
        Ok(())
    }
}
