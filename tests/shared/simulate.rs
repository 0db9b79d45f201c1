//! A plan in virtual time and its rows read back, without the report that the binary would draw: for the test binaries that take it in by its path.

use std::sync::Arc;

use slowlab::plan::Plan;
use slowlab::record::collect::{Direct, Live};
use slowlab::record::folder::{self, VariantFolder};
use slowlab::report::data::VariantData;
use slowlab::sim;

/// The rows of one variant.
///
/// # Panics
/// Where a temporary folder cannot be had.
pub(crate) fn simulate(plan: &Plan) -> VariantData {
    let place = tempfile::tempdir().unwrap();
    let folder = VariantFolder::at(place.path().to_owned());
    folder.write("plan.json", &folder::to_json(plan)).unwrap();
    let live = Arc::new(Live::new(plan.warmup));
    let mut collector = Direct::new(folder, Arc::default(), live, None);
    sim::run(plan, sim::Options::default(), &mut |report| {
        collector.take(report)
    });
    collector.finish().unwrap();
    VariantData::read(place.path()).unwrap()
}
