//! JSON bodies of every endpoint that takes one.

use bolero::check;
use http::HeaderMap;
use jeton_api::{
    event::PostEvent,
    leak::{GitHubMatch, LeakReport},
    manage::{CreateProject, InviteMember, UpdateMember},
    pickup::PickUp,
    question::QuestionBody,
    settings::{CreateToken, TokenSettings},
    token_request::{RefreshToken, ShareToken},
};
use jeton_service::wire::form;

#[test]
fn json_bodies() {
    let headers = HeaderMap::new();
    check!().for_each(|bytes: &[u8]| {
        if let Ok(create) = form::read_body::<CreateToken>(&headers, bytes)
            && let Ok(settings) = create.for_new()
        {
            assert!(settings.permissions.normalised().is_ok(), "what is accepted can be stored");
        }
        let _ = form::read_body::<TokenSettings>(&headers, bytes);
        let _ = form::read_body::<RefreshToken>(&headers, bytes).and_then(|refresh| refresh.overlap());
        let _ = form::read_body::<ShareToken>(&headers, bytes);
        let _ = form::read_body::<PostEvent>(&headers, bytes);
        let _ = form::read_body::<QuestionBody>(&headers, bytes);
        let _ = form::read_body::<CreateProject>(&headers, bytes);
        let _ = form::read_body::<InviteMember>(&headers, bytes);
        let _ = form::read_body::<UpdateMember>(&headers, bytes);
        let _ = form::read_body::<PickUp>(&headers, bytes);
        let _ = form::read_body_with_tokens::<LeakReport>(&headers, bytes);
        let _ = serde_json::from_slice::<Vec<GitHubMatch>>(bytes);
    });
}
