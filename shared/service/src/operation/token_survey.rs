//! What an action would do to all tokens that a filter finds: how many, and the first of them.

use std::collections::BTreeSet;

use jeton_api::{
    token::TokenBody,
    token_action::{Action, MAX_TOKENS},
};
use jeton_core::{
    Error,
    event::Order,
    id::TokenId,
    token::{Filter, Token},
};

use super::{
    token_action_steps::{Acted, ActedOn, Outcome, would_change},
    token_actions::may_act,
    token_page,
    token_search::{MAX_PART_BYTES, MAX_PROJECT, MAX_PROJECT_BYTES},
};
use crate::{
    authenticate::Bearer,
    http::{ApiRequest, Room},
};

/// How many tokens are read from the store at a time.
const PAGE: usize = 250;

/// The most tokens that are found. Their ids fit into a form.
pub const MOST: usize = 5000;

/// What an action would do.
#[derive(Debug, Default)]
pub struct Survey {
    /// The first tokens, and how many would be changed and could not be, of all.
    pub would: Acted,
    /// How many there is nothing to do for.
    pub unchanged: usize,
    /// The tokens that would be changed, in the order of creation, at most [`MOST`].
    pub ids: Vec<TokenId>,
    /// The first of those that could not be.
    pub failing: BTreeSet<TokenId>,
    /// The last token that was looked at, if the project has more than one call reads or finds.
    pub last: Option<TokenId>,
}

/// Looks at the tokens after this one, without master tokens and the caller. Changes nothing.
pub async fn survey(
    request: &ApiRequest,
    bearer: &Bearer,
    filter: &Filter,
    after: Option<TokenId>,
    action: Action,
) -> Result<Survey, Error> {
    may_act(bearer, action)?;
    // As many calls run at a time as lists.
    let _room = Room::reserved(request).await?;
    let (mut survey, mut at) = (Survey::default(), after);
    let (mut examined, mut bytes, mut listed, mut seen) = (0, 0, 0, None);
    loop {
        let page = token_page::page(request, bearer, (at, Order::Ascending), PAGE).await?;
        examined += page.tokens.len();
        bytes += page.bytes;
        for token in page.tokens {
            if filter.matches(&token) && !token.identity.is_own_of_member() && token.id != bearer.caller.id {
                let outcome = would_change(request, bearer, &token, action);
                if matches!(outcome, Ok(true)) && survey.ids.len() == MOST {
                    survey.last = seen;
                    return Ok(survey);
                }
                seen = Some(token.id);
                listed = survey.add(request, token, outcome, listed);
            }
        }
        at = page.last.or(at);
        if !page.more {
            return Ok(survey);
        }
        if examined >= MAX_PROJECT || bytes >= MAX_PROJECT_BYTES {
            survey.last = at;
            return Ok(survey);
        }
    }
}

impl Survey {
    /// Counts a token, and lists it if there is room. Returns the size of those that are listed.
    fn add(&mut self, request: &ApiRequest, token: Token, outcome: Outcome, listed: usize) -> usize {
        match &outcome {
            Ok(true) => {
                self.would.changed += 1;
                self.ids.push(token.id);
            }
            Ok(false) => self.unchanged += 1,
            Err(_) => {
                self.would.failed += 1;
                if self.failing.len() < MAX_TOKENS {
                    self.failing.insert(token.id);
                }
            }
        }
        if self.would.outcomes.len() >= MAX_TOKENS || listed >= MAX_PART_BYTES {
            return listed;
        }
        let body = TokenBody::listed(&token, &request.app.public_url, request.now);
        let size = serde_json::to_vec(&body).map_or(MAX_PART_BYTES, |body| body.len());
        let (id, description) = (token.id, token.identity.description.clone());
        self.would.outcomes.push(ActedOn { id, description, token: Some(token), outcome });
        listed + size
    }
}
