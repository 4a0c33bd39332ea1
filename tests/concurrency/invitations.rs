//! Many invite one address, and many accept, concurrently.

use jeton_tests::{
    client::Answer,
    jeton::{Held, Invitation},
};
use serde_json::json;

use crate::{MANY, Two, answered, at_once, expect_only};

/// Within the hourly mail limit of one address, including the mail that she has already.
const INVITED: usize = 25;

const EVE: &str = "eve@example.org";

async fn invite_at_once(two: &Two) -> Vec<Answer> {
    let path = format!("/manage/projects/{}/users", two.jeton.project);
    let invite = json!({"email": EVE});
    at_once(INVITED, |n| two.front(n).post(&path).manage(&two.jeton.manage).json(&invite).send()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_invitations_to_one_address_one_makes_one_member() {
    let two = Two::start().await;
    let answers = invite_at_once(&two).await;
    expect_only(&answers, &[204, 409]);
    let mails = two.jeton.mail_to(EVE).await;
    assert_eq!(mails.len(), answered(&answers, 204).len());
    let invitations: Vec<_> = mails.iter().map(Invitation::read).collect();
    let accepted = at_once(invitations.len(), |n| two.front(n).pick_up(&invitations[n])).await;
    expect_only(&accepted, &[200, 410]);
    let [joined] = answered(&accepted, 200)[..] else { panic!("one is accepted: {accepted:?}") };
    assert_eq!(two.jeton.verify(&joined.field("token")).await, 200);
    let members = two.jeton.members().await;
    assert_eq!(members.iter().filter(|member| *member == EVE).count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_accepts_one_invitation_many_times_becomes_one_member() {
    let two = Two::start().await;
    let invitation = two.jeton.invite(EVE).await;
    let accepted = at_once(MANY, |n| two.front(n).pick_up(&invitation)).await;
    expect_only(&accepted, &[200, 410]);
    let [joined] = answered(&accepted, 200)[..] else { panic!("one is accepted: {accepted:?}") };
    let list = two.jeton.get("/v2/storage/tokens").token(&two.jeton.master).send().await.expect(200).json();
    assert_eq!(list.as_array().unwrap().len(), 2, "two members have two master tokens");
    let who = Held::of(joined.field("token"));
    assert_eq!(two.count_events(&who, "storage.tokenCreated").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn inviting_who_is_just_joining_does_not_make_them_join_again() {
    let two = Two::start().await;
    let invitation = two.jeton.invite(EVE).await;
    let (joined, invited) = tokio::join!(two.other.pick_up(&invitation), invite_at_once(&two));
    expect_only(&invited, &[204, 409]);
    expect_only(std::slice::from_ref(&joined), &[200, 410]);
    // Either she has joined, or one of the later invitations replaced the one she opened.
    let invitations: Vec<_> = two.jeton.mail_to(EVE).await.iter().map(Invitation::read).collect();
    let accepted = at_once(invitations.len(), |n| two.front(n).pick_up(&invitations[n])).await;
    expect_only(&accepted, &[200, 410]);
    assert_eq!(usize::from(joined.status == 200) + answered(&accepted, 200).len(), 1);
    let members = two.jeton.members().await;
    assert_eq!(members.iter().filter(|member| *member == EVE).count(), 1);
}
