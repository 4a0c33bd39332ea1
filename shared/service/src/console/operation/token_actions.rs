//! Console operations on several tokens: what an action would do, and the action.

use http::StatusCode;
use jeton_api::token_action::Action;
use jeton_core::{
    Error,
    event::Order,
    token::{Place, Sort},
};

use super::mistake;
use crate::{
    console::action_run::{Run, reopen},
    console::flash,
    console::page::{
        self as pages,
        action_run::{DONE_BEFORE, others},
        token_actions::{Acting, sentence},
    },
    console::session::ConsoleMember,
    console::token_list::TokenList,
    console::wire::ActionForm,
    http::{ApiRequest, Reply},
    idempotency,
    operation::{
        token_actions::{self, Acted, ActedOn, Outcome},
        token_survey::{Survey, survey},
    },
};

/// `GET /console/projects/{project}/tokens/actions`: says what the action would do, and changes nothing.
pub async fn ask_act(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Reply, Error> {
    let form: ActionForm = request.query()?;
    let (list, action) = (form.list.list(), chosen(&form)?);
    let mut run = Run::default();
    let would = if form.all() {
        all(request, viewer, &form, &list, action).await
    } else {
        selected(request, viewer, &form, (action, list.sort)).await
    };
    let (status, found, problem) = match would {
        Ok(would) => (StatusCode::OK, would, None),
        Err(error) => (StatusCode::BAD_REQUEST, Survey::default(), Some(mistake(error)?)),
    };
    let Survey { would, unchanged, ids, failing, last, own, is_caller_left_out } = found;
    (run.ids, run.first) = (ids.into_iter().collect(), failing);
    (run.total, run.last, run.same, run.failed) = (would.changed, last, unchanged, would.failed);
    let asked = Acting {
        action,
        acted: &would,
        list: &list,
        next: form.after(),
        left: 0,
        problem: problem.as_deref(),
        now: request.now,
    };
    let page =
        pages::token_actions::ask(viewer, &asked, &run, form.all().then_some((own, is_caller_left_out)));
    Ok(Reply::page(status, page))
}

/// What the action would do to the selected tokens.
async fn selected(
    request: &ApiRequest,
    viewer: &ConsoleMember,
    form: &ActionForm,
    (action, sort): (Action, Sort),
) -> Result<Survey, Error> {
    let mut would = token_actions::act_on(request, &viewer.bearer, &form.tokens()?, (action, true)).await?;
    arrange(
        &mut would,
        sort,
        |outcome| if matches!(outcome, Ok(true)) { 0 } else { 1 + u8::from(outcome.is_ok()) },
    );
    Ok(Survey { would, ..Survey::default() })
}

/// Puts the tokens into the order of their list, those of a lower rank first.
fn arrange(acted: &mut Acted, sort: Sort, rank: impl Fn(&Outcome) -> u8) {
    let place = |on: &ActedOn| on.token.as_ref().map(|token| sort.place(token));
    acted.outcomes.sort_by(|one, other| {
        let places = place(one).cmp(&place(other));
        let places = if sort.order == Order::Descending { places.reverse() } else { places };
        rank(&one.outcome).cmp(&rank(&other.outcome)).then(places)
    });
}

/// What the action would do to all tokens of a list.
async fn all(
    request: &ApiRequest,
    viewer: &ConsoleMember,
    form: &ActionForm,
    list: &TokenList,
    action: Action,
) -> Result<Survey, Error> {
    let place = |text: &str| Sort::OLDEST_FIRST.parse_cursor(text).ok_or_else(|| reopen("after"));
    let after = form.after().map(place).transpose()?.map(|place| place.id);
    let filter = list
        .filter_of_action(&viewer.member, request.now)
        .map_err(|_| Error::bad_field("show", "An action on all tokens of a project is not possible"))?;
    survey(request, &viewer.bearer, &filter, (after, list.sort), action).await
}

/// `POST /console/projects/{project}/tokens/actions`: the tokens are those that the page before named, or a step of all.
pub async fn act(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Reply, Error> {
    let form: ActionForm = request.body()?;
    let (list, action) = (form.list.list(), chosen(&form)?);
    let run = if form.all() { Run::of(&form.run)? } else { None };
    let nothing = Acted::default();
    let asked =
        Acting { action, acted: &nothing, list: &list, next: None, left: 0, problem: None, now: request.now };
    if let Some(run) = run {
        return step(request, viewer, &asked, run).await;
    }
    let tokens = form.tokens()?;
    let mut done = match token_actions::act_on(request, &viewer.bearer, &tokens, (action, false)).await {
        // A form that is sent again within ten minutes has the answer of the first time.
        Err(error) if idempotency::key_is_taken(&error) => {
            return Ok(flash::done(&asked.leads_back(viewer), SENT_BEFORE));
        }
        done => done?,
    };
    // Tokens that are gone by now are neither done nor left.
    let left = if done.next.is_some() { tokens.len().saturating_sub(done.outcomes.len()) } else { 0 };
    if left > 0 || done.failed > 0 {
        arrange(&mut done, list.sort, |outcome| u8::from(outcome.is_ok()));
        let asked = Acting { acted: &done, left, ..asked };
        return Ok(Reply::page(StatusCode::OK, pages::token_actions::failed(viewer, &asked)));
    }
    let mut run = Run::default();
    run.add(&tokens, &done, action);
    Ok(flash::done(&asked.leads_back(viewer), &told(action, &run, done.is_repeated)))
}

/// What an action did, as a message.
fn told(action: Action, run: &Run, is_repeated: bool) -> String {
    let before = if is_repeated { DONE_BEFORE } else { "" };
    let sentences = [&sentence(action, run.done), &others(action, run), before];
    sentences.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A step of an action on all tokens of a list: on those that were confirmed. A form that is sent again acts on the same tokens, and is followed by the same forms.
async fn step(
    request: &ApiRequest,
    viewer: &ConsoleMember,
    asked: &Acting<'_>,
    mut run: Run,
) -> Result<Reply, Error> {
    let (action, tokens) = (asked.action, run.step());
    let is_first = run.ids.len() == run.total;
    let is_repeated = match token_actions::act_on(request, &viewer.bearer, &tokens, (action, false)).await {
        Err(error) if idempotency::key_is_taken(&error) => {
            if is_first {
                return Ok(flash::done(&asked.leads_back(viewer), SENT_BEFORE));
            }
            let asked = Acting { problem: Some(LOST_STEP), ..*asked };
            return Ok(Reply::page(
                StatusCode::CONFLICT,
                pages::action_run::finished(viewer, &asked, &run, false),
            ));
        }
        acted => {
            let acted = acted?;
            run.add(&tokens, &acted, action);
            acted.is_repeated
        }
    };
    if !run.ids.is_empty() {
        let key = request.keyed.as_ref().map(|keyed| keyed.following(&run.fields()));
        let page = pages::action_run::running(viewer, asked, &run, (key.as_ref(), is_repeated));
        return Ok(Reply::page(StatusCode::OK, page));
    }
    // The page offers to undo it.
    if is_first && run.failed == 0 && run.last.is_none() && run.changed.is_empty() {
        return Ok(flash::done(&asked.leads_back(viewer), &told(action, &run, is_repeated)));
    }
    // Why they could not be changed, as it is now.
    let mut failed = if run.first.is_empty() {
        Acted::default()
    } else {
        token_actions::act_on(request, &viewer.bearer, &run.first, (action, true)).await?
    };
    arrange(&mut failed, asked.list.sort, |_| 0);
    let next = run.last.map(|last| Sort::OLDEST_FIRST.cursor(&Place::created(last)));
    let asked = Acting { acted: &failed, next: next.as_deref(), ..*asked };
    Ok(Reply::page(StatusCode::OK, pages::action_run::finished(viewer, &asked, &run, is_repeated)))
}

/// The message for a form whose answer is not known any more.
const SENT_BEFORE: &str =
    "This form was sent before, so nothing was done now. The list shows how the tokens are now.";

/// The message for a step whose answer is not known any more.
const LOST_STEP: &str = "This step was sent before, and too long ago to repeat it, so nothing was done now. It and later steps may have changed more tokens. \
                         The list shows how the tokens are now.";

fn chosen(form: &ActionForm) -> Result<Action, Error> {
    let action = form.action.as_deref().and_then(Action::of);
    action.ok_or_else(|| Error::bad_field("action", "Choose what to do with the tokens"))
}
