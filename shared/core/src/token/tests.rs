//! What the transitions promise together.

use super::testing::{SELF, acting, at, event_context, new_token, token};
use super::*;
use crate::{
    email::Email,
    event::names,
    event_context::{Actor, testing::Counting},
    id::{CopyId, MemberId},
    permission::{Capability, Permissions, Rank, call::CopyKind},
    secret::PlainSecret,
    share::{Closed, NewShare, Offer, Sender, SentBy, Share, ShareId},
};

fn shared(token: &Token, seconds: u64, rng: &mut Counting) -> (Token, Share) {
    let (share, _) = NewShare {
        project: token.project,
        project_name: "Test".to_owned(),
        offer: Offer::Copy(token.id),
        recipient: Email::parse("martin@example.org").unwrap(),
        sender: Sender {
            by: SentBy::Token(token.id),
            name: "me".to_owned(),
            email: None,
            credential: None,
            version: None,
            secret: None,
            token: None,
        },
        seconds: 86_400,
    }
    .open(ShareId::random(rng), at(seconds), rng);
    let change = token.share(&share, token.id, &event_context(seconds, Actor::Jeton)).unwrap();
    (change.token, share)
}

fn grace(grace_seconds: u64) -> Overlap {
    Overlap { grace_seconds, until_used: false }
}

fn kind_of(token: &Token, secret: &PlainSecret, seconds: u64) -> Option<CopyKind> {
    token.verify_item().authenticate(secret.expose(), at(seconds)).ok().map(|caller| caller.copy_kind)
}

#[test]
fn a_created_token_is_opened_by_its_string_and_by_no_other() {
    let rng = &mut Counting(1);
    let (token, secret) = token(None, rng);
    assert_eq!(kind_of(&token, &secret, 0), Some(CopyKind::Full));
    assert_eq!(token.identity.refreshed, token.identity.created);
    let other = crate::secret::mint_token(token.project, token.id, rng);
    assert!(matches!(token.verify_item().authenticate(other.expose(), at(0)), Err(Error::InvalidToken)));
}

#[test]
fn a_master_token_has_every_capability_also_one_that_its_record_does_not_name_and_another_token_has_not() {
    let (token, _) = token(None, &mut Counting(1));
    let of_kind = |kind: Kind| Identity {
        kind,
        permissions: Permissions::everything().into(),
        ..token.identity.clone()
    };
    for capability in Capability::ALL {
        let read = |kind| {
            let mut stored = serde_json::to_value(of_kind(kind)).unwrap();
            stored["permissions"].as_object_mut().unwrap().remove(capability.row().word).unwrap();
            serde_json::from_value::<Identity>(stored).unwrap().permissions.has(capability)
        };
        assert!(read(Kind::Master(MemberId::new(1).unwrap())), "{capability}");
        assert!(!read(Kind::Limited), "{capability}");
    }
}

#[test]
fn a_token_is_invalid_from_the_moment_it_expires_and_only_its_bearer_learns_why() {
    let rng = &mut Counting(1);
    let (token, secret) = token(Some(60), rng);
    assert_eq!(token.identity.expires, Some(at(60)));
    assert_eq!(kind_of(&token, &secret, 59), Some(CopyKind::Full));
    let verify = |text: &str| token.verify_item().authenticate(text, at(60)).map(|_| ());
    assert!(matches!(verify(secret.expose()), Err(Error::TokenExpired)));
    assert!(matches!(verify("7-1-jtwrong"), Err(Error::InvalidToken)));
    assert!(token.expire(&event_context(59, Actor::Jeton)).is_none());
    assert_eq!(token.expire(&event_context(60, Actor::Jeton)).unwrap().event, names::TOKEN_EXPIRED);
}

#[test]
fn expiring_takes_at_least_one_second() {
    let created = new_token(Some(0)).create(
        crate::id::ProjectId::new(7).unwrap(),
        crate::id::TokenId::new(8).unwrap(),
        &event_context(0, Actor::Jeton),
        &mut Counting(1),
    );
    assert!(matches!(created, Err(Error::MinimalExpiration)));
}

#[test]
fn refresh_ends_every_older_copy_and_every_share_at_once() {
    let rng = &mut Counting(1);
    let (created, first) = token(None, rng);
    let (with_share, picked_up) = shared(&created, 1, rng);
    let shared_copy = with_share.pick_up(&picked_up, &event_context(2, Actor::Recipient), rng).unwrap();
    let (with_both, open) = shared(&shared_copy.change.token, 3, rng);
    let refreshed =
        with_both.refresh(grace(0), SELF, &event_context(4, acting(&created, CopyId(1))), rng).unwrap();
    let after = &refreshed.change.token;
    assert_eq!(kind_of(after, &first, 4), None);
    assert_eq!(kind_of(after, &shared_copy.secret, 4), None);
    assert_eq!(kind_of(after, &refreshed.secret, 4), Some(CopyKind::Full));
    assert_eq!(after.identity.refreshed, at(4));
    let late = after.pick_up(&open, &event_context(5, Actor::Recipient), rng);
    assert!(matches!(late, Err(Error::ShareClosed(Closed::Ended))));
}

#[test]
fn nothing_from_before_a_refresh_outlives_its_grace_period() {
    let rng = &mut Counting(1);
    let (created, first) = token(None, rng);
    let (with_share, share) = shared(&created, 1, rng);
    let refreshed =
        with_share.refresh(grace(60), SELF, &event_context(2, acting(&created, CopyId(1))), rng).unwrap();
    let after = &refreshed.change.token;
    assert_eq!(kind_of(after, &first, 61), Some(CopyKind::Ending));
    assert_eq!(kind_of(after, &first, 62), None);
    let picked_up = after.pick_up(&share, &event_context(30, Actor::Recipient), rng).unwrap();
    assert_eq!(kind_of(&picked_up.change.token, &picked_up.secret, 61), Some(CopyKind::Ending));
    assert_eq!(kind_of(&picked_up.change.token, &picked_up.secret, 62), None);
    // A second refresh with a longer grace period does not put the end off.
    let again = after.refresh(grace(600), SELF, &event_context(3, acting(&created, CopyId(2))), rng).unwrap();
    assert_eq!(kind_of(&again.change.token, &first, 62), None);
}

#[test]
fn a_picked_up_copy_refreshes_and_deletes_only_itself() {
    let rng = &mut Counting(1);
    let (created, first) = token(None, rng);
    let (with_share, share) = shared(&created, 1, rng);
    let picked_up = with_share.pick_up(&share, &event_context(2, Actor::Recipient), rng).unwrap();
    let token = &picked_up.change.token;
    assert_eq!(kind_of(token, &picked_up.secret, 2), Some(CopyKind::PickedUp));
    let refreshed = token.refresh(grace(0), SELF, &event_context(3, acting(token, CopyId(2))), rng).unwrap();
    let after = &refreshed.change.token;
    assert_eq!(kind_of(after, &picked_up.secret, 3), None);
    assert_eq!(kind_of(after, &refreshed.secret, 3), Some(CopyKind::PickedUp));
    assert_eq!(kind_of(after, &first, 3), Some(CopyKind::Full));
    assert_eq!(after.generation, 0);
    let Ok(Deletion::Copy(deleted)) = after.delete(&event_context(4, acting(after, CopyId(3)))) else {
        panic!("only the copy goes")
    };
    assert_eq!(kind_of(&deleted.token, &refreshed.secret, 4), None);
    assert_eq!(kind_of(&deleted.token, &first, 4), Some(CopyKind::Full));
}

#[test]
fn a_refresh_by_a_copy_that_another_refresh_replaced_is_rejected() {
    let rng = &mut Counting(1);
    let (created, _) = token(None, rng);
    let by_first = event_context(1, acting(&created, CopyId(1)));
    let refreshed = created.refresh(grace(0), SELF, &by_first, rng).unwrap();
    assert!(matches!(
        refreshed.change.token.refresh(grace(0), SELF, &by_first, rng),
        Err(Error::InvalidToken)
    ));
}

#[test]
fn a_copy_in_its_grace_period_does_not_refresh_itself_back() {
    let rng = &mut Counting(1);
    let (created, _) = token(None, rng);
    let by_first = event_context(1, acting(&created, CopyId(1)));
    let refreshed = created.refresh(grace(60), SELF, &by_first, rng).unwrap();
    let after = &refreshed.change.token;
    assert!(matches!(after.refresh(grace(0), SELF, &by_first, rng), Err(Error::InvalidToken)));
    assert!(matches!(after.delete(&by_first), Err(Error::InvalidToken)));
}

#[test]
fn copies_and_open_shares_together_stay_within_sixteen() {
    let rng = &mut Counting(1);
    let (mut token, _) = token(None, rng);
    for _ in 1..MAX_COPIES {
        token = shared(&token, 1, rng).0;
    }
    let (share, _) = NewShare {
        project: token.project,
        project_name: String::new(),
        offer: Offer::Copy(token.id),
        recipient: Email::parse("a@b").unwrap(),
        sender: Sender {
            by: SentBy::Token(token.id),
            name: String::new(),
            email: None,
            credential: None,
            version: None,
            secret: None,
            token: None,
        },
        seconds: 1,
    }
    .open(ShareId::random(rng), at(2), rng);
    let full = token.share(&share, token.id, &event_context(2, Actor::Jeton));
    assert!(matches!(full, Err(Error::TooManyCopies)));
    // A day later the shares have closed by themselves.
    assert!(token.share(&share, token.id, &event_context(86_401, Actor::Jeton)).is_ok());
}

#[test]
fn a_token_keeps_the_fields_of_a_newer_jeton() {
    let (token, _) = token(None, &mut Counting(1));
    let mut stored = serde_json::to_value(&token).unwrap();
    stored["fromTheFuture"] = serde_json::json!({"a": 1});
    let read: Token = serde_json::from_value(stored).unwrap();
    let renaming = Update { description: Some("renamed".to_owned()), ..Update::default() };
    let changed = read.update(&renaming, Rank::Manager, &event_context(1, Actor::Jeton)).unwrap().unwrap();
    let written = serde_json::to_value(&changed.token).unwrap();
    assert_eq!(written["fromTheFuture"]["a"], 1);
}

#[test]
fn older_copies_that_are_kept_until_the_new_one_is_used_end_then_and_at_the_cap_at_the_latest() {
    let rng = &mut Counting(1);
    let (created, first) = token(None, rng);
    let (with_share, share) = shared(&created, 0, rng);
    let kept = Overlap { grace_seconds: 0, until_used: true };
    let refreshed =
        with_share.refresh(kept, SELF, &event_context(1, acting(&created, CopyId(1))), rng).unwrap();
    let (second, after) = (refreshed.secret, refreshed.change.token);
    assert_eq!(kind_of(&after, &first, 2), Some(CopyKind::Superseded { picked_up: false }));
    assert_eq!(kind_of(&after, &first, 604_801), None);
    assert!(after.pick_up(&share, &event_context(2, Actor::Recipient), rng).is_err(), "shares are not kept");

    let caller = after.verify_item().authenticate(second.expose(), at(2)).unwrap();
    assert!(caller.ends_older_copies && caller.copy_kind == CopyKind::Full);
    let used = after.first_use(CopyId(2), &event_context(2, acting(&after, CopyId(2)))).unwrap();
    assert_eq!(used.event.event, names::TOKEN_OLD_COPIES_ENDED);
    assert_eq!(kind_of(&used.token, &first, 2), None);
    assert!(!used.token.verify_item().authenticate(second.expose(), at(3)).unwrap().ends_older_copies);
    assert!(used.token.first_use(CopyId(2), &event_context(3, Actor::Jeton)).is_none());
}

#[test]
fn keeping_older_copies_until_the_new_one_is_used_puts_no_end_off() {
    let rng = &mut Counting(1);
    let (created, first) = token(None, rng);
    let soon = created.refresh(grace(60), SELF, &event_context(0, acting(&created, CopyId(1))), rng).unwrap();
    let kept = Overlap { grace_seconds: 600, until_used: true };
    let again =
        soon.change.token.refresh(kept, SELF, &event_context(1, acting(&created, CopyId(2))), rng).unwrap();
    let token = again.change.token;
    assert_eq!(kind_of(&token, &first, 59), Some(CopyKind::Ending));
    assert_eq!(kind_of(&token, &first, 60), None);
    assert_eq!(kind_of(&token, &soon.secret, 600), Some(CopyKind::Superseded { picked_up: false }));
    assert_eq!(kind_of(&token, &soon.secret, 601), None);
    // The use of the copy in between ends what came before it, not what came after.
    assert!(token.first_use(CopyId(2), &event_context(2, Actor::Jeton)).is_none());
    let used = token.first_use(CopyId(3), &event_context(2, Actor::Jeton)).unwrap();
    assert_eq!(used.token.copies.len(), 1);
}

#[test]
fn a_grace_period_takes_the_rights_of_copies_that_an_earlier_refresh_kept() {
    let rng = &mut Counting(1);
    let (created, first) = token(None, rng);
    let kept = Overlap { grace_seconds: 0, until_used: true };
    let refreshed = created.refresh(kept, SELF, &event_context(1, acting(&created, CopyId(1))), rng).unwrap();
    let after = refreshed.change.token;
    let again = after.refresh(grace(60), SELF, &event_context(2, acting(&after, CopyId(2))), rng).unwrap();
    for older in [&first, &refreshed.secret] {
        assert_eq!(kind_of(&again.change.token, older, 3), Some(CopyKind::Ending));
    }
}
