//! The members of a project. Changes take a recent sign-in.

use http::StatusCode;
use jeton_core::{Error, id::MemberId};

use super::{mistake, once};
use crate::{
    http::{ApiRequest, Reply},
    operation::manage,
    page::console as pages,
    visitor::Visitor,
    wire::removal::RemoveMember,
};

/// `GET /console/projects/{project}/members`
pub async fn members(request: &ApiRequest, visitor: &Visitor) -> Result<Reply, Error> {
    page(request, visitor, StatusCode::OK, None, None).await
}

/// `POST /console/projects/{project}/members`
pub async fn invite(request: &ApiRequest, visitor: &Visitor) -> Result<Reply, Error> {
    let by = visitor.manages(request)?;
    let sending = Box::pin(manage::send(request, &visitor.project, &by));
    match once(request, sending, |earlier| manage::sent_before(request, earlier)).await {
        Ok(email) => {
            let told = format!("An invitation is on its way to {email}.");
            page(request, visitor, StatusCode::OK, Some(&told), None).await
        }
        Err(error) => {
            let problem = mistake(error)?;
            page(request, visitor, StatusCode::BAD_REQUEST, None, Some(&problem)).await
        }
    }
}

/// `GET /console/projects/{project}/members/{member}/remove`
pub async fn ask_remove(request: &ApiRequest, visitor: &Visitor) -> Result<Reply, Error> {
    let id: MemberId = request.id("member")?;
    let member = request.app.store.member(visitor.project.id, id).await?;
    let member = member.ok_or(Error::NotFound("member"))?;
    Ok(Reply::page(StatusCode::OK, pages::members::remove(visitor, &member)))
}

/// `POST /console/projects/{project}/invitations/{invitation}/withdraw`
pub async fn withdraw_invitation(request: &ApiRequest, visitor: &Visitor) -> Result<Reply, Error> {
    let by = visitor.manages(request)?;
    match manage::take_back(request, &visitor.project, &by).await {
        Ok(share) => {
            let told = format!("The invitation of {} is withdrawn.", share.recipient);
            page(request, visitor, StatusCode::OK, Some(&told), None).await
        }
        // It was accepted, or has come to an end in another way, which the page shows.
        Err(Error::NotFound(_)) => page(request, visitor, StatusCode::OK, None, None).await,
        Err(error) => {
            let problem = mistake(error)?;
            page(request, visitor, StatusCode::CONFLICT, None, Some(&problem)).await
        }
    }
}

/// `POST /console/projects/{project}/invitations/{invitation}/send`
pub async fn send_invitation(request: &ApiRequest, visitor: &Visitor) -> Result<Reply, Error> {
    let by = visitor.manages(request)?;
    let sending = Box::pin(manage::send_again(request, &visitor.project, &by));
    match once(request, sending, |earlier| manage::sent_before(request, earlier)).await {
        Ok(email) => {
            let told = format!("A new invitation is on its way to {email}.");
            page(request, visitor, StatusCode::OK, Some(&told), None).await
        }
        Err(error) => {
            let problem = mistake(error)?;
            page(request, visitor, StatusCode::BAD_REQUEST, None, Some(&problem)).await
        }
    }
}

/// `POST /console/projects/{project}/members/{member}/remove`
pub async fn remove(request: &ApiRequest, visitor: &Visitor) -> Result<Reply, Error> {
    let by = visitor.manages(request)?;
    let RemoveMember { end_tokens } = request.body()?;
    match manage::take_out(request, &visitor.project, &by, end_tokens.unwrap_or_default()).await {
        Ok(removed) if removed.email.key() == visitor.member.email.key() => Ok(Reply::see_other("/console")),
        Ok(removed) => {
            let page = pages::members::removed(visitor, &removed);
            Ok(Reply::page(StatusCode::OK, page))
        }
        Err(error) => {
            let problem = mistake(error)?;
            page(request, visitor, StatusCode::CONFLICT, None, Some(&problem)).await
        }
    }
}

async fn page(
    request: &ApiRequest,
    visitor: &Visitor,
    status: StatusCode,
    told: Option<&str>,
    problem: Option<&str>,
) -> Result<Reply, Error> {
    let members = request.app.store.members(visitor.project.id).await?;
    let pending = manage::pending(request, &visitor.project).await?;
    Ok(Reply::page(status, pages::members::members(visitor, &members, &pending, told, problem)))
}
