//! Creating and reading projects.

use jeton_api::{
    manage::{CreateProject, MemberBody, ProjectBody},
    unknown,
};
use jeton_core::{
    Error,
    event::names,
    event_context::EventContext,
    id::ProjectId,
    project::{Project, valid_name},
    store::{Commit, Write},
    text::trimmed,
};
use serde_json::{Map, json};

use super::project_in_path;
use crate::{
    app::App,
    authenticate::Manager,
    clock::entropy,
    http::{ApiRequest, Reply},
    operation::members::listed,
    retry::{Attempts, RetryPolicy},
};

/// `POST /manage/organizations/{organization}/projects`
pub async fn create_project(request: &ApiRequest, manager: &Manager) -> Result<Reply, Error> {
    let organization = request.text("organization");
    let canonical = !organization.starts_with('0') && organization.bytes().all(|b| b.is_ascii_digit());
    // Typed clients parse the number as a float, which is exact to 2^53.
    let organization = organization.parse::<u64>().ok().filter(|id| canonical && *id < 1 << 53);
    let organization = organization.ok_or(Error::NoRoute)?;
    let asked: CreateProject = request.body()?;
    unknown::reject(&asked.unknown, &["name"])?;
    let name = asked.name.unwrap_or_default();
    let name = trimmed(&name).to_owned();
    if !valid_name(&name) {
        return Err(Error::bad_field("name", "name must have 1 to 255 characters, no control characters"));
    }
    manager.may_cause_events(&request.app, request.now).await?;
    let event_context = request.event_context(manager.actor());
    let sign = |commit: &mut Commit| manager.sign(&request.app, request.now, commit);
    let project = insert(&request.app, name, organization, &event_context, sign).await?;
    Ok(Reply::created(&ProjectBody::from(&project)))
}

/// `GET /manage/projects/{project}`
pub async fn project(request: &ApiRequest, _: &Manager) -> Result<Reply, Error> {
    Ok(Reply::ok(&ProjectBody::from(&project_in_path(request).await?)))
}

/// `GET /manage/projects/{project}/users`
pub async fn members(request: &ApiRequest, _: &Manager) -> Result<Reply, Error> {
    let project = project_in_path(request).await?;
    let members = listed(&request.app, project.id).await?;
    Ok(Reply::ok(&members.iter().map(MemberBody::from).collect::<Vec<_>>()))
}

/// Stores a new project, with another id if the random one exists. `sign` adds the conditions of the caller to the
/// commit.
pub async fn insert(
    app: &App,
    name: String,
    organization: u64,
    event_context: &EventContext,
    sign: impl Fn(&mut Commit),
) -> Result<Project, Error> {
    let attempts = Attempts::new(RetryPolicy::Backoff);
    loop {
        let project = Project {
            id: ProjectId::random(&mut entropy()),
            name: name.clone(),
            organization,
            created: event_context.now,
            closed: None,
            unknown: Map::new(),
        };
        let params = Map::from_iter([("organization".to_owned(), json!(organization))]);
        let message = format!("Created project {name}");
        let event = event_context.event_in(project.id, names::PROJECT_CREATED, message, params);
        let mut commit = Commit { writes: vec![Write::InsertProject(project.clone())], events: vec![event] };
        sign(&mut commit);
        if app.try_commit(&attempts, &commit).await? {
            return Ok(project);
        }
    }
}
