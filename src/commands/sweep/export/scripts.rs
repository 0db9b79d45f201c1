//! Scripts for Slurm and for GNU parallel.

use super::{Page, Work};
use crate::weblog::quoted;

/// Where results go, beside the scripts.
const OUT: &str = "results";

/// A line for a shell. `SLOWLAB` names another binary.
fn line(arguments: &[String]) -> String {
    let quoted: Vec<String> = arguments.iter().map(|word| quoted(word)).collect();
    format!("\"${{SLOWLAB:-slowlab}}\" {}", quoted.join(" "))
}

fn merging(work: &Work<'_>) -> anyhow::Result<Page> {
    let text = format!(
        "#!/bin/sh\n# Puts the shards together, as if they had been one sweep. What is missing is named.\nset -eu\ncd \"$(dirname \"$0\")\"\n\
         exec {}\n",
        line(&work.merging(OUT)?)
    );
    Ok(Page::new("merge.sh", text))
}

fn one_shard(work: &Work<'_>) -> String {
    let out = ["--out", OUT].map(str::to_owned);
    line(&[work.shard.as_slice(), &out].concat())
}

/// An array of jobs. A job that failed is run again by its number: it goes on where it was interrupted.
pub(super) fn slurm(work: &Work<'_>) -> anyhow::Result<Vec<Page>> {
    let last = work.of - 1;
    let shard = one_shard(work);
    let text = format!(
        "#!/bin/sh\n\
         # In this folder, on a file system that all nodes see: sbatch --wait sweep.sbatch && sh merge.sh\n\
         # The last of them alone, to go on where it failed: sbatch --wait --array={last} sweep.sbatch\n\
         #SBATCH --job-name=slowlab-sweep\n\
         #SBATCH --array=0-{last}\n\
         #SBATCH --ntasks=1\n\
         #SBATCH --cpus-per-task=1\n\
         #SBATCH --output=shard-%a.log\n\
         set -eu\n\
         cd \"${{SLURM_SUBMIT_DIR:-.}}\"\n\
         exec {shard}\n"
    );
    Ok(vec![Page::new("sweep.sbatch", text), merging(work)?])
}

/// One job at a time on each machine, since a shard takes all cores.
pub(super) fn parallel(work: &Work<'_>) -> anyhow::Result<Vec<Page>> {
    let last = work.of - 1;
    let shard = one_shard(work);
    let text = format!(
        "#!/bin/sh\n\
         # sh sweep.sh && sh merge.sh\n\
         # On several machines, with this folder on a file system that all see: sh sweep.sh --sshlogin first,second --workdir .\n\
         # A shard takes all cores of its machine, so each runs one at a time. The same command again goes on where it was interrupted.\n\
         set -eu\n\
         cd \"$(dirname \"$0\")\"\n\
         seq 0 {last} | exec parallel --jobs 1 --halt soon,fail=1 -N0 \"$@\" {}\n",
        quoted(&shard)
    );
    Ok(vec![Page::new("sweep.sh", text), merging(work)?])
}
