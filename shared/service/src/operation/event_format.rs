//! The formats of an export of events.

use jeton_api::event::EventBody;
use jeton_core::{Error, event::Event, time::Timestamp};
use serde_json::json;

use crate::wire::csv;

/// The format of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values for spreadsheets.
    Csv,
    /// Newline-delimited JSON.
    Ndjson,
}

impl Format {
    /// Parses `csv` or `ndjson`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        match text {
            "csv" => Ok(Self::Csv),
            "ndjson" => Ok(Self::Ndjson),
            _ => Err(Error::bad_field("format", "format must be csv or ndjson")),
        }
    }

    /// The media type of the answer.
    pub(super) const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Ndjson => "application/x-ndjson",
        }
    }

    /// The ending of the name of the file.
    pub(super) const fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
        }
    }

    /// What comes before the first line.
    pub(super) fn heading(self) -> Vec<u8> {
        match self {
            Self::Csv => [csv::BEGINNING, HEADING].concat().into_bytes(),
            Self::Ndjson => Vec::new(),
        }
    }

    /// An event with its line break.
    pub(super) fn line(self, event: Event, public_url: &str) -> Result<Vec<u8>, Error> {
        if self == Self::Csv {
            return Ok(row(&event).into_bytes());
        }
        let line = serde_json::to_vec(&EventBody::new(event, public_url));
        let mut line = line.map_err(|error| Error::Internal(error.to_string()))?;
        line.push(b'\n');
        Ok(line)
    }

    /// The last line of a page that is not all: how far it goes, and the link to go on.
    pub(super) fn incomplete(self, searched_to: Timestamp, next: &str) -> Vec<u8> {
        match self {
            Self::Csv => {
                let searched = searched_to.for_people();
                let note =
                    format!("# This export is not complete: it goes back to {searched}. Continue at {next}");
                csv::row(&[note]).into_bytes()
            }
            Self::Ndjson => {
                let note = json!({"incomplete": true, "searchedTo": searched_to, "next": next});
                format!("{note}\n").into_bytes()
            }
        }
    }
}

/// The names of the columns.
const HEADING: &str = "created,event,type,message,token,by,copy,object,component,configuration,run,address,params,results,id\r\n";

/// An event as a CSV row (RFC 4180).
fn row(event: &Event) -> String {
    let object = event.object.as_ref().and_then(|object| object.id.clone());
    let params = serde_json::to_string(&event.params).unwrap_or_default();
    let results = serde_json::to_string(&event.results).unwrap_or_default();
    let cells = [
        event.created.to_string(),
        event.event.clone(),
        event.r#type.as_str().to_owned(),
        event.message.clone(),
        event.by.token.map(|token| token.to_string()).unwrap_or_default(),
        event.by.name.clone(),
        event.by.copy.map(|copy| copy.to_string()).unwrap_or_default(),
        object.unwrap_or_default(),
        event.component.clone(),
        event.configuration_id.clone().unwrap_or_default(),
        event.run_id.clone().unwrap_or_default(),
        event.context.remote_addr.clone().unwrap_or_default(),
        params,
        results,
        event.uuid.to_string(),
    ];
    csv::row(&cells)
}
