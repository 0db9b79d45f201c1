use std::collections::BTreeSet;

use proptest::prelude::*;

use super::fixture;
use super::picture::{Mark, Picture, text_width};
use super::*;
use crate::record::WorkerState;
use crate::time::Span;

fn draw(run: &RunData) -> (tempfile::TempDir, Vec<ChartFile>) {
    let folder = tempfile::tempdir().unwrap();
    let summary = fixture::summary(run);
    let charts = draw_all(run, &summary, &folder.path().join("charts")).unwrap();
    (folder, charts)
}

#[test]
fn every_chart_is_a_valid_svg_and_png() {
    let (folder, charts) = draw(&fixture::run());
    for chart in &charts {
        let svg = fs::read_to_string(&chart.svg_path).unwrap();
        assert!(
            svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"),
            "{}",
            chart.name
        );
        assert!(
            svg.contains("(lab)"),
            "{} does not say its engine",
            chart.name
        );
        let decoder = png::Decoder::new(std::io::BufReader::new(
            fs::File::open(&chart.png_path).unwrap(),
        ));
        let mut reader = decoder.read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        let colors: BTreeSet<&[u8]> = pixels.chunks(3).collect();
        assert!(colors.len() > 10, "{} is blank", chart.name);
        assert!(!chart.caption.is_empty());
    }
    if let Ok(keep) = std::env::var("SLOWLAB_KEEP_CHARTS") {
        fs::create_dir_all(&keep).unwrap();
        for file in fs::read_dir(folder.path().join("charts")).unwrap() {
            let path = file.unwrap().path();
            fs::copy(&path, Path::new(&keep).join(path.file_name().unwrap())).unwrap();
        }
    }
}
