use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::{
    event::{Feed, names},
    event_context::{Actor, Context, EventContext, testing::Counting},
};

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_millis(0).plus_seconds(seconds)
}

fn event_context(seconds: u64, actor: Actor) -> EventContext {
    EventContext { now: at(seconds), uuid: Uuid::nil(), actor, context: Context::default(), run_id: None }
}

fn by(token: &ManageToken) -> Actor {
    Actor::Manage { id: token.id, description: token.description.clone() }
}

fn created(expires: Option<Timestamp>) -> (ManageToken, String) {
    let event_context = event_context(0, Actor::Jeton);
    let created = ManageToken::create(
        ManageTokenId::new(5).unwrap(),
        "CI",
        expires,
        None,
        &event_context,
        &mut Counting(1),
    )
    .unwrap();
    (created.change.token, created.secret.expose().to_owned())
}

#[test]
fn a_record_of_the_first_jeton_is_read_and_written_without_fields_it_did_not_have() {
    let (token, secret) = created(None);
    let stored =
        json!({"id": token.id, "hash": token.hash, "description": "CI", "created": 0, "expires": null});
    let read: ManageToken = serde_json::from_value(stored.clone()).unwrap();
    assert_eq!(read.authenticate(&secret, at(5)).unwrap(), Presented::Current);
    assert_eq!((read.version, read.is_usable(at(5))), (0, true));
    assert_eq!(serde_json::to_value(&read).unwrap(), stored);
}

#[test]
fn a_replaced_secret_works_until_its_end_and_a_second_refresh_ends_it_at_once() {
    let (token, old) = created(None);
    let refreshed = token.refresh(60, None, &event_context(10, by(&token)), &mut Counting(50)).unwrap();
    let (next, new) = (refreshed.change.token, refreshed.secret);
    assert_eq!(next.authenticate(&old, at(69)).unwrap(), Presented::Replaced);
    assert_eq!(next.authenticate(new.expose(), at(69)).unwrap(), Presented::Current);
    assert!(next.authenticate(&old, at(70)).is_err(), "dead at its end");
    let last = next.refresh(0, None, &event_context(20, by(&next)), &mut Counting(90)).unwrap();
    assert!(last.change.token.authenticate(&old, at(21)).is_err());
    assert!(last.change.token.authenticate(new.expose(), at(21)).is_err());
    assert_eq!((last.change.token.version, last.change.token.generation), (3, 2));
}

#[test]
fn an_end_of_a_replaced_secret_is_never_put_off() {
    let (token, old) = created(None);
    let first =
        token.refresh(60, None, &event_context(0, by(&token)), &mut Counting(50)).unwrap().change.token;
    let second =
        first.refresh(600, None, &event_context(1, by(&token)), &mut Counting(90)).unwrap().change.token;
    assert!(second.authenticate(&old, at(59)).is_ok());
    assert!(second.authenticate(&old, at(60)).is_err());
}

#[test]
fn what_a_manage_token_makes_ends_no_later_than_itself() {
    let (short, _) = created(Some(at(100)));
    let make = |expires| {
        let made = ManageToken::create(
            short.id,
            "x",
            expires,
            Some(&short),
            &event_context(1, by(&short)),
            &mut Counting(9),
        );
        made.unwrap().change.token.expires
    };
    assert_eq!(
        (make(None), make(Some(at(500))), make(Some(at(50)))),
        (Some(at(100)), Some(at(100)), Some(at(50)))
    );
}

#[test]
fn a_leaked_secret_ends_and_a_refresh_brings_the_token_back() {
    let (token, secret) = created(None);
    let refreshed = token.refresh(600, None, &event_context(1, by(&token)), &mut Counting(50)).unwrap();
    let leaked = refreshed
        .change
        .token
        .leaked(refreshed.secret.expose(), None, &event_context(2, Actor::Jeton))
        .unwrap();
    assert!(leaked.token.authenticate(refreshed.secret.expose(), at(3)).is_err());
    assert!(!leaked.token.is_usable(at(3)));
    assert_eq!(leaked.token.authenticate(&secret, at(3)).unwrap(), Presented::Replaced, "it did not leak");
    let again = leaked.token.leaked(&secret, None, &event_context(4, Actor::Jeton)).unwrap().token;
    assert!(again.authenticate(&secret, at(5)).is_err());
    assert!(
        again.leaked(&secret, None, &event_context(6, Actor::Jeton)).is_none(),
        "there is nothing left to end"
    );
    let back = again.refresh(60, None, &event_context(7, Actor::Jeton), &mut Counting(90)).unwrap();
    assert!(back.change.token.authenticate(back.secret.expose(), at(8)).is_ok());
    assert!(back.change.token.authenticate(refreshed.secret.expose(), at(8)).is_err());
}

#[test]
fn an_expired_or_disabled_manage_token_is_not_refreshed() {
    let (short, _) = created(Some(at(10)));
    assert!(matches!(
        short.refresh(0, None, &event_context(10, Actor::Jeton), &mut Counting(5)),
        Err(Error::Conflict(_))
    ));
    let off = Update { disabled: Some(true), ..Update::default() };
    let off = short.update(&off, None, &event_context(1, Actor::Jeton)).unwrap().unwrap();
    assert_eq!(off.event.event, names::MANAGE_TOKEN_DISABLED);
    assert!(matches!(
        off.token.refresh(0, None, &event_context(2, Actor::Jeton), &mut Counting(5)),
        Err(Error::Conflict(_))
    ));
    let same = Update { description: Some("CI".to_owned()), disabled: Some(true) };
    assert!(
        off.token.update(&same, None, &event_context(3, Actor::Jeton)).unwrap().is_none(),
        "nothing changes"
    );
}

#[test]
fn an_event_about_another_manage_token_is_in_the_feeds_of_both() {
    let ((one, _), (other, _)) = (created(None), created(None));
    let other = ManageToken { id: ManageTokenId::new(77).unwrap(), ..other };
    let event = other.deleted_event(&event_context(1, by(&one)));
    assert_eq!(event.feeds(), [Feed::Manage(one.id), Feed::Manage(other.id)]);
    let itself = one.deleted_event(&event_context(1, by(&one)));
    assert_eq!(itself.feeds(), [Feed::Manage(one.id)]);
}
