//! Console operations on several tokens: what an action would do, and the action.

use http::StatusCode;
use jeton_api::token_action::Action;
use jeton_core::{Error, token::Sort};

use super::mistake;
use crate::{
    console::flash,
    console::page::{
        self as pages,
        token_actions::{Acting, next_href, sentence},
    },
    console::session::ConsoleMember,
    console::token_list::TokenList,
    console::wire::ActionForm,
    http::{ApiRequest, Reply},
    idempotency,
    operation::token_actions::{self, Acted},
};

/// `GET /console/projects/{project}/tokens/actions`: says what the action would do, and changes nothing.
pub async fn ask_act(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Reply, Error> {
    let form: ActionForm = request.query()?;
    let (list, action) = (form.list.list(), chosen(&form)?);
    let would = if form.all() {
        all(request, viewer, &form, &list, action).await
    } else {
        match form.tokens() {
            Ok(tokens) => token_actions::act_on(request, &viewer.bearer, &tokens, (action, true)).await,
            Err(error) => Err(error),
        }
    };
    let (status, would, problem) = match would {
        Ok(would) => (StatusCode::OK, would, None),
        Err(error) => (StatusCode::BAD_REQUEST, Acted::default(), Some(mistake(error)?)),
    };
    let asked = Acting {
        action,
        acted: &would,
        list: &list,
        next: would.next.as_deref().filter(|_| form.all()),
        all: form.all(),
        left: 0,
        problem: problem.as_deref(),
        now: request.now,
    };
    Ok(Reply::page(status, pages::token_actions::ask(viewer, &asked)))
}

/// What the action would do to a part of all tokens of a list.
async fn all(
    request: &ApiRequest,
    viewer: &ConsoleMember,
    form: &ActionForm,
    list: &TokenList,
    action: Action,
) -> Result<Acted, Error> {
    let filter = list.filter(viewer.member.email.as_str(), request.now);
    let filter = filter
        .for_action()
        .map_err(|_| Error::bad_field("show", "An action on all tokens of a project is not possible"))?;
    let after = form.after().map(|text| {
        let place = Sort::OLDEST_FIRST.parse_cursor(text);
        place.ok_or_else(|| Error::bad_field("after", "Please open the list again"))
    });
    token_actions::act_on_all(request, &viewer.bearer, filter, after.transpose()?, (action, true)).await
}

/// `POST /console/projects/{project}/tokens/actions`: the tokens are those that the page before named.
pub async fn act(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Reply, Error> {
    let form: ActionForm = request.body()?;
    let (list, action, tokens) = (form.list.list(), chosen(&form)?, form.tokens()?);
    let done = match token_actions::act_on(request, &viewer.bearer, &tokens, (action, false)).await {
        // A form that is sent again within ten minutes has the answer of the first time.
        Err(error) if idempotency::key_is_taken(&error) => {
            let (acted, all, now) = (&Acted::default(), form.all(), request.now);
            let asked = Acting { action, acted, list: &list, next: None, all, left: 0, problem: None, now };
            return Ok(flash::done(&asked.leads_back(viewer), &mistake(error)?));
        }
        done => done?,
    };
    let next = form.after().filter(|_| form.all());
    // Tokens that are gone by now are neither done nor left.
    let left = if done.next.is_some() { tokens.len().saturating_sub(done.outcomes.len()) } else { 0 };
    let (acted, all, now) = (&done, form.all(), request.now);
    let asked = Acting { action, acted, list: &list, next, all, left, problem: None, now };
    if left > 0 || done.failed > 0 {
        return Ok(Reply::page(StatusCode::OK, pages::token_actions::failed(viewer, &asked)));
    }
    let to = next.map_or_else(|| asked.leads_back(viewer), |next| next_href(viewer, &asked, next));
    Ok(flash::done(&to, &sentence(action, done.changed)))
}

fn chosen(form: &ActionForm) -> Result<Action, Error> {
    let action = form.action.as_deref().and_then(Action::of);
    action.ok_or_else(|| Error::bad_field("action", "Choose what to do with the tokens"))
}
