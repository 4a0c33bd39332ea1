//! The start page of the console, the list of projects, and sessions.

use http::{StatusCode, header};
use jeton_api::lenient;
use jeton_core::{
    Error,
    event::names,
    project::Project,
    session::{Session, SessionId},
    store::{Commit, Write},
};
use serde::Deserialize;

use super::{
    own_projects::{OwnProjects, own_projects},
    sessions_page::sessions_page,
    sign_in::told,
    sign_in_ask::form_key,
};
use crate::{
    app::Outcome,
    console::page as pages,
    console::session::{self, ConsoleSession, SESSION},
    console::{flash, kept_form::KeptForm},
    http::{ApiRequest, Reply, cookie::keep},
    retry::RetryPolicy,
};

/// Where the sign-in leads to.
#[derive(Debug, Default, Deserialize)]
struct Home {
    /// The page of a link that was opened without a session.
    #[serde(default, deserialize_with = "lenient::string")]
    then: Option<String>,
}

/// `GET /console`: redirects to the tokens, or shows the sign-in form.
pub async fn home(request: &ApiRequest) -> Result<Reply, Error> {
    let projects = match projects_of_visitor(request).await {
        Ok(projects) => projects,
        Err(Error::SignedOut) => {
            let told = flash::told(request);
            let asked: Home = request.query()?;
            let then = asked.then.and_then(|path| KeptForm::parse(&path, ""));
            let (brand, ways) = (&request.app.brand, &request.app.ways);
            let page = pages::sign_in::start(brand, ways, told.as_deref(), &form_key(), then.as_ref());
            let page = Reply::page(StatusCode::OK, page);
            let page = match &then {
                Some(then) => pages::sign_in::keeping(ways, then, page),
                None => page,
            };
            return Ok(if told.is_some() { flash::said(page) } else { page });
        }
        Err(error) => return Err(error),
    };
    Ok(match (&projects.open[..], projects.joined_since) {
        ([only], false) => Reply::see_other(&format!("/console/projects/{only}/tokens")),
        _ => Reply::see_other("/console/projects"),
    })
}

async fn projects_of_visitor(request: &ApiRequest) -> Result<OwnProjects, Error> {
    let signed_in = session::signed_in(request).await?;
    own_projects(request, &signed_in).await
}

/// `GET /console/projects`
pub async fn projects(request: &ApiRequest, signed_in: &ConsoleSession) -> Result<Reply, Error> {
    let store = &request.app.store;
    let mut projects: Vec<Project> = Vec::new();
    let own = own_projects(request, signed_in).await?;
    for id in own.open {
        projects.extend(store.project(id).await?);
    }
    projects.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Reply::page(StatusCode::OK, pages::sessions::projects(signed_in, &projects, own.joined_since)))
}

/// `GET /console/sessions`
pub async fn sessions(request: &ApiRequest, signed_in: &ConsoleSession) -> Result<Reply, Error> {
    let page = sessions_page(request, signed_in, StatusCode::OK, None).await?;
    Ok(if KeptForm::of(request).is_some_and(|form| form.path == KeptForm::SESSIONS) {
        page.with(header::SET_COOKIE, KeptForm::forget())
    } else {
        page
    })
}

/// `GET /console/sessions/{session}`
pub async fn ask_end(request: &ApiRequest, signed_in: &ConsoleSession) -> Result<Reply, Error> {
    let session = own_session(request, signed_in).await?;
    Ok(Reply::page(StatusCode::OK, pages::sessions::end(signed_in, &session, request.now)))
}

/// `POST /console/sessions/{session}`: ends a session of the member.
pub async fn end_session(request: &ApiRequest, signed_in: &ConsoleSession) -> Result<Reply, Error> {
    let session = own_session(request, signed_in).await?;
    let id = session.id.clone();
    end(request, session).await?;
    if id == signed_in.session.id {
        return Ok(signed_out());
    }
    Ok(flash::done("/console/sessions", "The session is ended."))
}

/// The session in the path, if it is one of this member.
async fn own_session(request: &ApiRequest, signed_in: &ConsoleSession) -> Result<Session, Error> {
    let id = SessionId::parse(request.text("session")).ok_or(Error::NoRoute)?;
    own_projects(request, signed_in).await?;
    let sessions = request.app.store.sessions(&signed_in.session.email).await?;
    sessions.into_iter().find(|session| session.id == id).ok_or(Error::NotFound("session"))
}

/// `POST /console/sign-out`
pub async fn sign_out(request: &ApiRequest, signed_in: &ConsoleSession) -> Result<Reply, Error> {
    end(request, signed_in.session.clone()).await?;
    Ok(signed_out())
}

/// `GET /console/-/console.js`
pub async fn script(request: &ApiRequest) -> Result<Reply, Error> {
    Ok(pages::assets::SCRIPT.reply(&request.uri, &request.headers))
}

/// `GET /console/-/console.css`
pub async fn style(request: &ApiRequest) -> Result<Reply, Error> {
    Ok(request.app.brand.console_style().reply(&request.uri, &request.headers))
}

async fn end(request: &ApiRequest, session: Session) -> Result<(), Error> {
    let projects = request.app.store.projects_of(&session.email).await?;
    let mut events = told(request, &session, &projects, names::MEMBER_SIGNED_OUT).await?;
    let rest = events.split_off(super::sign_in::TOLD_AT_ONCE.min(events.len()));
    let commit = Commit { writes: vec![Write::RemoveSession(session)], events };
    request.attempts.set_policy(RetryPolicy::Immediate);
    loop {
        match request.app.commit_by(&request.attempts, &commit).await? {
            Outcome::Stored => break,
            // It has ended already, as wanted.
            Outcome::Conflict(Some(_)) => return Ok(()),
            // A concurrent request holds the record.
            Outcome::Conflict(None) => request.attempts.after_conflict().await?,
        }
    }
    for event in rest {
        request.app.store.append(&event, 1).await?;
    }
    Ok(())
}

fn signed_out() -> Reply {
    let out = Reply::see_other("/console").with(header::SET_COOKIE, keep(SESSION, "", 0));
    flash::saying(out, "You are signed out.")
}
