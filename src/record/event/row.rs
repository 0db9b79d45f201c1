//! An event as a row of `events.csv`: what all kinds have in common in columns, a kind's own fields as JSON.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Event, EventKind, Source};
use crate::tier::Tier;
use crate::time::{Timestamp, as_us};

/// One row of `events.csv`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EventRow {
    /// When.
    #[serde(rename = "at_us", with = "as_us")]
    at: Timestamp,
    /// Who saw it.
    source: Source,
    /// What it was.
    kind: String,
    /// The request concerned.
    request_id: Option<u64>,
    /// The tier concerned.
    tier: Option<Tier>,
    /// The worker concerned (its age).
    worker: Option<u32>,
    /// The worker's slot concerned.
    slot: Option<u32>,
    /// What there is to say of this kind, as a JSON object.
    fields: String,
    /// The same in words, for people: made from the fields when the row is written, and ignored when it is read.
    text: String,
}

/// An event that is read from a row.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "EventRow")]
pub struct ReadEvent(pub Event);

impl From<&Event> for EventRow {
    fn from(event: &Event) -> EventRow {
        let (kind, fields) = split(&event.kind);
        EventRow {
            at: event.at,
            source: event.source,
            kind,
            request_id: event.request_id,
            tier: event.tier,
            worker: event.worker,
            slot: event.slot,
            fields,
            text: event.kind.text(),
        }
    }
}

impl TryFrom<EventRow> for ReadEvent {
    type Error = serde_json::Error;

    fn try_from(row: EventRow) -> Result<ReadEvent, serde_json::Error> {
        let fields: Value = serde_json::from_str(&row.fields)?;
        let kind = Value::Object(Map::from_iter([(row.kind, fields)]));
        Ok(ReadEvent(Event {
            at: row.at,
            source: row.source,
            kind: serde_json::from_value(kind)?,
            request_id: row.request_id,
            tier: row.tier,
            worker: row.worker,
            slot: row.slot,
        }))
    }
}

impl EventKind {
    /// Its name in `events.csv`.
    pub fn name(&self) -> String {
        split(self).0
    }
}

/// A kind's name and its fields. Every variant is a struct, so that it is an object of one key.
fn split(kind: &EventKind) -> (String, String) {
    let whole = serde_json::to_value(kind);
    let Ok(Value::Object(whole)) = whole else {
        unreachable!("a struct variant is an object");
    };
    let mut entries = whole.into_iter();
    let (name, fields) = entries.next().expect("it has one key, its name");
    (name, fields.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{ClientStep, ExitStatus, Loss};

    fn written(events: &[Event]) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for event in events {
            writer.serialize(EventRow::from(event)).unwrap();
        }
        String::from_utf8(writer.into_inner().unwrap()).unwrap()
    }

    fn read(text: &str) -> Result<Vec<Event>, csv::Error> {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let rows = reader.deserialize::<ReadEvent>();
        rows.map(|row| row.map(|row| row.0)).collect()
    }

    /// One of each kind, as far as kinds differ in the shape of their fields.
    fn events() -> Vec<Event> {
        let kinds = [
            EventKind::ClientsStarted {},
            EventKind::WorkerExited {
                pid: 7,
                status: ExitStatus::Signal(9),
            },
            EventKind::ClientProblem {
                step: ClientStep::Connect,
                errno: Some(99),
                error: "Cannot assign requested address".to_owned(),
                count: 3,
            },
            EventKind::ReportsDropped {
                count: 2,
                place: Loss::Queue {},
            },
            EventKind::MasterLog {
                line: "a, \"quoted\"\nline".to_owned(),
            },
        ];
        let event = |kind| Event::new(Timestamp::from_us(5), Source::Master, kind);
        let event = |kind| event(kind).of_request(Some(4)).of_worker(Some(2));
        kinds.into_iter().map(event).collect()
    }

    #[test]
    fn a_row_has_its_fields_as_json_and_their_words() {
        let text = written(&events()[1..2]);
        let row = r#"5,master,worker_exited,4,backend,2,,"{""pid"":7,""status"":{""signal"":9}}",signal 9"#;
        assert_eq!(text.lines().nth(1), Some(row));
    }

    #[test]
    fn what_is_written_is_read_back_and_the_words_do_not_matter() {
        let text = written(&events());
        assert_eq!(read(&text).unwrap(), events());
        let reworded = text.replace("signal 9", "shot dead");
        assert_eq!(read(&reworded).unwrap(), events());
    }

    #[test]
    fn a_kind_that_nobody_knows_is_refused_by_name() {
        let text = written(&events()).replace("worker_exited", "worker_eloped");
        let error = read(&text).unwrap_err().to_string();
        assert!(error.contains("worker_eloped"), "{error}");
    }
}
