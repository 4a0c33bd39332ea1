//! Events: what a token did, and what was done to it.

use jeton_api::event::EventBody;

use crate::{Answer, Client, Error, call};

/// Which events to list. The default is the newest hundred.
#[derive(Debug, Clone, Default)]
pub struct EventQuery {
    /// Of this token alone.
    pub token: Option<String>,
    /// At most so many.
    pub limit: Option<u32>,
    /// Only those later than this one.
    pub since: Option<String>,
    /// Only those earlier than this one.
    pub before: Option<String>,
    /// Only those at or after this time: RFC 3339, or a day, which is its midnight in UTC.
    pub from: Option<String>,
    /// Only those before this time.
    pub to: Option<String>,
    /// Only those that match, such as `event:storage.tokenCreated AND token.id:5`.
    pub q: Option<String>,
    /// The oldest first.
    pub oldest_first: bool,
}

impl Client {
    /// Lists events. One call looks at a part of the history only: where [`Answer::next`] says that there may be
    /// more, [`Client::more_events`] goes on.
    pub async fn events(&self, asked: &EventQuery) -> Result<Answer<Vec<EventBody>>, Error> {
        self.get(&format!("{}{}", path(asked)?, asked.pairs())).await
    }

    /// Lists the events that follow, by the [`Answer::next`] of a list of events.
    pub async fn more_events(&self, next: &str) -> Result<Answer<Vec<EventBody>>, Error> {
        self.get(next).await
    }
}

impl EventQuery {
    /// As the query of a URL.
    pub(crate) fn pairs(&self) -> String {
        call::query(&[
            ("limit", self.limit.map(|limit| limit.to_string())),
            ("sinceId", self.since.clone()),
            ("maxId", self.before.clone()),
            ("from", self.from.clone()),
            ("to", self.to.clone()),
            ("q", self.q.clone()),
            ("sortOrder", self.oldest_first.then(|| "asc".to_owned())),
        ])
    }
}

/// The path of the events.
pub(crate) fn path(asked: &EventQuery) -> Result<String, Error> {
    Ok(match &asked.token {
        Some(token) => format!("/v2/storage/tokens/{}/events", call::segment(token)?),
        None => "/v2/storage/events".to_owned(),
    })
}
