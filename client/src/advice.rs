//! Which rights of a token its questions needed.

use std::fmt::Display;

use jeton_api::{advice::AdviceBody, settings::TokenSettings};

use crate::{Answer, Client, Error, call, token::body};

impl Client {
    /// What the whole history of a token says about its rights; with changes, what these would have
    /// refused. A long history is asked for in parts: `seen` is told how many questions there were so far.
    pub async fn advice(
        &self,
        id: impl Display,
        changes: Option<&TokenSettings>,
        mut seen: impl FnMut(u64),
    ) -> Result<AdviceBody, Error> {
        let mut all: Option<AdviceBody> = None;
        loop {
            let next = all.as_ref().and_then(|advice| advice.next.clone());
            let query = call::query(&[("maxId", next)]);
            let path = format!("/v2/storage/tokens/{}/advice{query}", call::segment(&id.to_string())?);
            let part: Answer<AdviceBody> = match changes {
                None => self.get(&path).await?,
                Some(changes) => self.read_by_post(&path, &body(changes)).await?,
            };
            let advice = match all {
                None => part.value,
                Some(newer) => newer.and(part.value),
            };
            seen(advice.questions);
            if advice.next.is_none() {
                return Ok(advice);
            }
            all = Some(advice);
        }
    }
}
