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
    token::{Filter, Selection, Sort, Token},
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
    /// The first tokens: those that would be changed before those that could not be, and these before the others, each in the order of the
    /// list. How many would be changed and could not be, of all.
    pub would: Acted,
    /// How many there is nothing to do for.
    pub unchanged: usize,
    /// The tokens that would be changed, in the order of creation, at most [`MOST`].
    pub ids: Vec<TokenId>,
    /// The first of those that could not be.
    pub failing: BTreeSet<TokenId>,
    /// The last token that was looked at, if the project has more than one call reads or finds.
    pub last: Option<TokenId>,
    /// How many were left out: the own tokens of members.
    pub own: usize,
    /// Whether the caller is one of those.
    pub is_caller_left_out: bool,
}

/// Looks at the tokens after this one, without master tokens and the caller. Changes nothing.
pub async fn survey(
    request: &ApiRequest,
    bearer: &Bearer,
    filter: &Filter,
    (after, sort): (Option<TokenId>, Sort),
    action: Action,
) -> Result<Survey, Error> {
    may_act(bearer, action)?;
    // As many calls run at a time as lists.
    let _room = Room::reserved(request).await?;
    let (mut survey, mut at) = (Survey::default(), after);
    let (mut examined, mut bytes, mut seen) = (0, 0, None);
    let mut listed = Listed::new(sort);
    survey.last = 'pages: loop {
        let page = token_page::page(request, bearer, (at, Order::Ascending), PAGE).await?;
        examined += page.tokens.len();
        bytes += page.bytes;
        for token in page.tokens.into_iter().filter(|token| filter.matches(token)) {
            if token.identity.is_own_of_member() || token.id == bearer.caller.id {
                survey.own += 1;
                survey.is_caller_left_out |= token.id == bearer.caller.id;
                continue;
            }
            let outcome = would_change(request, bearer, &token, action);
            if matches!(outcome, Ok(true)) && survey.ids.len() == MOST {
                break 'pages seen;
            }
            seen = Some(token.id);
            survey.count(token.id, &outcome);
            listed.offer(request, token, &outcome);
        }
        at = page.last.or(at);
        if !page.more {
            break None;
        }
        if examined >= MAX_PROJECT || bytes >= MAX_PROJECT_BYTES {
            break at;
        }
    };
    let would = |token: Token| ActedOn {
        id: token.id,
        description: token.identity.description.clone(),
        outcome: would_change(request, bearer, &token, action),
        token: Some(token),
        is_gone: false,
    };
    survey.would.outcomes = listed.into_tokens().take(MAX_TOKENS).map(would).collect();
    Ok(survey)
}

impl Survey {
    fn count(&mut self, id: TokenId, outcome: &Outcome) {
        match outcome {
            Ok(true) => {
                self.would.changed += 1;
                self.ids.push(id);
            }
            Ok(false) => self.unchanged += 1,
            Err(_) => {
                self.would.failed += 1;
                if self.failing.len() < MAX_TOKENS {
                    self.failing.insert(id);
                }
            }
        }
    }
}

/// The first tokens of each outcome.
struct Listed {
    changing: Selection,
    failing: Selection,
    unchanged: Selection,
}

impl Listed {
    fn new(sort: Sort) -> Self {
        let first = || Selection::new(sort, None, MAX_TOKENS, MAX_PART_BYTES);
        Self { changing: first(), failing: first(), unchanged: first() }
    }

    fn offer(&mut self, request: &ApiRequest, token: Token, outcome: &Outcome) {
        let of = match outcome {
            Ok(true) => &mut self.changing,
            Ok(false) => &mut self.unchanged,
            Err(_) => &mut self.failing,
        };
        of.offer(token, |token| {
            let body = TokenBody::listed(token, &request.app.public_url, request.now);
            serde_json::to_vec(&body).map_or(MAX_PART_BYTES, |body| body.len())
        });
    }

    fn into_tokens(self) -> impl Iterator<Item = Token> {
        [self.changing, self.failing, self.unchanged].into_iter().flat_map(Selection::into_tokens)
    }
}
