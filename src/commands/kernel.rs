//! `--kernel`: whose sockets the sim models.

use crate::cli::{Engine, KernelChoice};
use crate::error::Refusal;
use crate::observe::{self, calibrate};
use crate::sim;

/// On which the constants of the sim were measured.
const MEASURED_ON: &str = "Linux 6.18";

/// Refuses a kernel for an engine that has a real one.
///
/// # Errors
/// Usage.
pub(super) fn check(choice: &KernelChoice, engine: Engine) -> anyhow::Result<()> {
    if engine == Engine::Sim || *choice == KernelChoice::Measured {
        return Ok(());
    }
    let text = "`--kernel` is for `--engine sim`: real sockets follow this machine's kernel anyway";
    Err(Refusal::usage(text).into())
}

/// Options for the sim, and what the manifest says of them: names that are the same in every language.
///
/// # Errors
/// A calibration that cannot be read.
pub(super) fn options(choice: &KernelChoice) -> anyhow::Result<(sim::Options, String)> {
    let mut options = sim::Options::default();
    let said = match choice {
        KernelChoice::Measured => MEASURED_ON.to_owned(),
        KernelChoice::This => {
            options.kernel = calibrate::kernel_buffers(&observe::machine::facts().sysctls);
            format!("{MEASURED_ON}, --kernel this")
        }
        KernelChoice::Calibrated(path) => {
            let read = calibrate::Calibration::read(path).map_err(Refusal::usage)?;
            (options.kernel, options.costs) = (read.buffers, read.costs);
            let (kernel, at) = (read.kernel, read.measured_utc);
            format!("Linux {kernel}, {at}, --kernel {}", path.display())
        }
    };
    Ok((options, said))
}
