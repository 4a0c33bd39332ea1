//! Console operations on members. Changes need a recent sign-in.

use http::{Method, StatusCode};
use jeton_api::removal::RemoveMember;
use jeton_core::{Error, id::MemberId};

use super::{mistake, mistakes, once, sign_in_again, sign_in_again_on};
use crate::{
    console::page::{self as pages, members::InviteForm},
    console::problems::{OF_INVITATION, Problems},
    console::session::ConsoleMember,
    console::{flash, kept_form::KeptForm},
    http::{ApiRequest, Reply},
    operation::{manage, members::listed, offer::availability::WAS_PICKED_UP},
};

/// `GET /console/projects/{project}/members`
pub async fn members(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Reply, Error> {
    page(request, viewer, StatusCode::OK, None, &Problems::default()).await
}

/// `POST /console/projects/{project}/members`
pub async fn invite(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Reply, Error> {
    let Ok(by) = viewer.manages(request) else {
        return Ok(sign_in_again(request, viewer, StatusCode::FORBIDDEN));
    };
    let sending = Box::pin(manage::send(request, &viewer.project, &by));
    match once(request, sending, |earlier| manage::sent_before(request, earlier)).await {
        Ok(email) => {
            let told = format!("An invitation was sent to {email}.");
            page(request, viewer, StatusCode::OK, Some(&told), &Problems::default()).await
        }
        Err(error) => {
            let problems = mistakes(OF_INVITATION, error)?;
            page(request, viewer, StatusCode::BAD_REQUEST, None, &problems).await
        }
    }
}

/// `GET /console/projects/{project}/members/{member}/remove`
pub async fn ask_remove(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Reply, Error> {
    let id: MemberId = request.id("member")?;
    let Some(member) = request.app.store.found_member(viewer.project.id, id).await? else {
        return Ok(Reply::see_other(&members_path(viewer)));
    };
    if viewer.signed_in.session.recent(request.now).is_err() {
        return Ok(sign_in_again(request, viewer, StatusCode::OK));
    }
    Ok(Reply::page(StatusCode::OK, pages::members::remove(viewer, id, &pages::members::name(&member))))
}

/// `POST /console/projects/{project}/invitations/{invitation}/withdraw`
pub async fn withdraw_invitation(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Reply, Error> {
    let Ok(by) = viewer.manages(request) else {
        return Ok(sign_in_again_on(request, viewer, &members_path(viewer), StatusCode::FORBIDDEN));
    };
    match manage::take_back(request, &viewer.project, &by).await {
        Ok(recipient) => {
            let told = format!("The invitation of {recipient} is withdrawn.");
            page(request, viewer, StatusCode::OK, Some(&told), &Problems::default()).await
        }
        Err(Error::NotFound(_)) => {
            let problem = "This invitation has ended already, so nothing was withdrawn. If somebody accepted it, they are a member now.";
            page(request, viewer, StatusCode::CONFLICT, None, &Problems::whole(problem)).await
        }
        Err(error) => {
            let problem = mistake(error)?;
            page(request, viewer, StatusCode::CONFLICT, None, &Problems::whole(&problem)).await
        }
    }
}

/// `POST /console/projects/{project}/invitations/{invitation}/send`
pub async fn send_invitation(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Reply, Error> {
    let Ok(by) = viewer.manages(request) else {
        return Ok(sign_in_again_on(request, viewer, &members_path(viewer), StatusCode::FORBIDDEN));
    };
    let sending = Box::pin(manage::send_again(request, &viewer.project, &by));
    match once(request, sending, |earlier| manage::sent_before(request, earlier)).await {
        Ok(email) => {
            let told = format!("A new invitation was sent to {email}.");
            page(request, viewer, StatusCode::OK, Some(&told), &Problems::default()).await
        }
        Err(error) if is_over(&error) => {
            let problem = "This invitation has ended already, so nothing was sent. If somebody accepted it, they are a member now.";
            page(request, viewer, StatusCode::CONFLICT, None, &Problems::whole(problem)).await
        }
        Err(error) => {
            let problem = mistake(error)?;
            page(request, viewer, StatusCode::BAD_REQUEST, None, &Problems::whole(&problem)).await
        }
    }
}

/// Whether an invitation is not pending any more.
fn is_over(error: &Error) -> bool {
    match error {
        Error::NotFound(_) => true,
        Error::Conflict(why) => matches!(WAS_PICKED_UP, Error::Conflict(accepted) if accepted == *why),
        _ => false,
    }
}

/// `GET /console/projects/{project}/members/{member}/role`
pub async fn ask_role(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Reply, Error> {
    if viewer.signed_in.session.recent(request.now).is_err() {
        return Ok(sign_in_again(request, viewer, StatusCode::OK));
    }
    role_page(request, viewer, StatusCode::OK, None).await
}

/// `POST /console/projects/{project}/members/{member}/role`
pub async fn change_role(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Reply, Error> {
    let Ok(by) = viewer.manages(request) else {
        return Ok(sign_in_again(request, viewer, StatusCode::FORBIDDEN));
    };
    match manage::set_role(request, &viewer.project, &by).await {
        Ok(member) => {
            let told = format!("{} is {} now.", member.email, member.role.with_article());
            Ok(flash::done(&members_path(viewer), &told))
        }
        // Somebody removed them meanwhile.
        Err(Error::NotFound(_)) => Ok(Reply::see_other(&members_path(viewer))),
        Err(error) => {
            let problem = mistake(error)?;
            role_page(request, viewer, StatusCode::CONFLICT, Some(&problem)).await
        }
    }
}

/// The page of a change of the role of the member in the path; of nobody, it is that of the members.
async fn role_page(
    request: &ApiRequest,
    viewer: &ConsoleMember,
    status: StatusCode,
    problem: Option<&str>,
) -> Result<Reply, Error> {
    let id: MemberId = request.id("member")?;
    match request.app.store.member(viewer.project.id, id).await? {
        Some(member) => Ok(Reply::page(status, pages::members::role(viewer, &member, problem))),
        None => Ok(Reply::see_other(&members_path(viewer))),
    }
}

/// `POST /console/projects/{project}/members/{member}/remove`
pub async fn remove(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Reply, Error> {
    let Ok(by) = viewer.manages(request) else {
        return Ok(sign_in_again(request, viewer, StatusCode::FORBIDDEN));
    };
    let RemoveMember { end_tokens } = request.body()?;
    let end_tokens = end_tokens.unwrap_or_default();
    // A read-only member only leaves.
    if end_tokens && !viewer.may_change() {
        return Err(Error::ReadOnly);
    }
    match manage::remove_from_project(request, &viewer.project, &by, end_tokens).await {
        Ok(removed)
            if removed.email.as_ref().is_some_and(|email| email.key() == viewer.member.email.key()) =>
        {
            Ok(flash::done("/console", &format!("You have left {}.", flash::named(&viewer.project.name))))
        }
        Ok(removed) => {
            let page = pages::members::removed(viewer, &removed);
            Ok(Reply::page(StatusCode::OK, page))
        }
        // The form was submitted again, or someone else removed the member.
        Err(Error::NotFound(_)) => {
            page(
                request,
                viewer,
                StatusCode::OK,
                Some("They are no longer a member of this project."),
                &Problems::default(),
            )
            .await
        }
        Err(error) => {
            let problem = mistake(error)?;
            page(request, viewer, StatusCode::CONFLICT, None, &Problems::whole(&problem)).await
        }
    }
}

fn members_path(viewer: &ConsoleMember) -> String {
    format!("/console/projects/{}/members", viewer.project.id)
}

async fn page(
    request: &ApiRequest,
    viewer: &ConsoleMember,
    status: StatusCode,
    told: Option<&str>,
    problems: &Problems,
) -> Result<Reply, Error> {
    let members = listed(&request.app, viewer.project.id).await?;
    let pending = manage::pending(request, &viewer.project).await?;
    let ended = manage::ended(request, &pending).await?;
    let typed: InviteForm = match request.method {
        Method::GET => KeptForm::typed(request).unwrap_or_default(),
        // The form keeps what was entered.
        _ if !problems.is_empty() => request.body().unwrap_or_default(),
        _ => InviteForm::default(),
    };
    let typed = InviteForm { asked_again: viewer.signed_in.session.recent(request.now).is_err(), ..typed };
    let ways = &request.app.ways;
    let page = pages::members::members(viewer, &members, (&pending, &ended), &typed, told, problems, ways);
    let reply = Reply::page(status, page);
    if typed.asked_again {
        let form = KeptForm::page(members_path(viewer)).by(&viewer.signed_in.session.email);
        return Ok(pages::sign_in::keeping(ways, &form, reply));
    }
    Ok(reply)
}
