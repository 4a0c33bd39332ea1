//! An offer is withdrawn while it is picked up, or while others change the token.

use serde_json::json;

use crate::{Two, at_once, expect_only, share_with};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_share_is_withdrawn_or_picked_up_and_never_both() {
    let two = Two::start().await;
    for round in 0..20 {
        let token = two.jeton.create(&json!({})).await;
        let invitation = two.jeton.share(&token.id, &format!("eve{round}@example.org")).await;
        let share = two.detail(&token).await["shares"][0]["id"].as_str().unwrap().to_owned();
        let path = format!("/v2/storage/tokens/{}/shares/{share}", token.id);
        let (copy, withdrawn) = tokio::join!(
            two.front(round).pick_up(&invitation),
            two.other.delete(&path).token(&two.jeton.master).send(),
        );
        match (copy.status.as_u16(), withdrawn.status.as_u16()) {
            (200, 404) => assert_eq!(two.jeton.verify(&copy.field("token")).await, 200),
            (410, 204) => assert_eq!(two.detail(&token).await["copies"].as_array().unwrap().len(), 1),
            both => panic!("{both:?}: {} {}", copy.text(), withdrawn.text()),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_withdrawal_comes_to_its_end_however_many_others_change_the_token() {
    let two = Two::start().await;
    for round in 0..4 {
        let token = two.jeton.create(&json!({})).await;
        two.jeton.share(&token.id, &format!("eve{round}@example.org")).await;
        let share = two.detail(&token).await["shares"][0]["id"].as_str().unwrap().to_owned();
        let path = format!("/v2/storage/tokens/{}", token.id);
        let rename = |n: usize| {
            let wish = json!({"description": format!("{round} {n}")});
            two.front(n).put(&path).token(&two.jeton.master).json(&wish).send()
        };
        let withdrawal = format!("{path}/shares/{share}");
        let (_, withdrawn) =
            tokio::join!(at_once(32, rename), two.other.delete(&withdrawal).token(&two.jeton.master).send());
        withdrawn.expect(204);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_invitation_is_withdrawn_or_accepted_and_never_both() {
    let two = Two::start().await;
    for round in 0..20 {
        let address = format!("eve{round}@example.org");
        let invitation = two.jeton.invite(&address).await;
        let all = format!("/manage/projects/{}/invitations", two.jeton.project);
        let pending = two.jeton.get(&all).manage(&two.jeton.manage).send().await.expect(200).json();
        let path = format!("{all}/{}", pending[0]["id"]);
        let (joined, withdrawn) = tokio::join!(
            two.front(round).pick_up(&invitation),
            two.other.delete(&path).manage(&two.jeton.manage).send(),
        );
        match (joined.status.as_u16(), withdrawn.status.as_u16()) {
            (200, 404) => assert_eq!(two.jeton.verify(&joined.field("token")).await, 200),
            (410, 204) => assert!(!two.jeton.members().await.contains(&address)),
            both => panic!("{both:?}: {} {}", joined.text(), withdrawn.text()),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_token_of_a_removed_member_is_valid_once_the_removal_with_their_tokens_was_answered() {
    let two = Two::start().await;
    for round in 0..8 {
        let address = format!("member{round}@example.org");
        let eve = two.jeton.join(&address).await;
        let path = format!("/manage/projects/{}/users/{address}?endTokens=true", two.jeton.project);
        let (made, removed) = tokio::join!(
            at_once(16, |n| {
                two.front(n).post("/v2/storage/tokens").token(&eve.token).json(&json!({})).send()
            }),
            two.other.delete(&path).manage(&two.jeton.manage).send(),
        );
        removed.expect(200);
        expect_only(&made, &[201, 401, 409]);
        for answer in made.iter().filter(|answer| answer.status == 201) {
            assert_eq!(two.jeton.verify(&answer.field("token")).await, 401, "round {round}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_share_is_picked_up_withdrawn_sent_again_or_ended_by_a_refresh_and_only_one_of_these() {
    let two = Two::start().await;
    for round in 0..12 {
        let token = two.jeton.create(&json!({})).await;
        let manager = two.jeton.create_manager(json!({})).await;
        let to = format!("eve{round}@example.org");
        let share = format!("/v2/storage/tokens/{}/share", token.id);
        let sent = two.jeton.post(&share).token(&manager.token).json(&share_with(&to)).send().await;
        sent.expect(204);
        let invitation = two.jeton.invitation(&to).await;
        let open = two.detail(&token).await["shares"][0]["id"].as_str().unwrap().to_owned();
        let path = format!("/v2/storage/tokens/{}/shares/{open}", token.id);
        let sender = format!("/v2/storage/tokens/{}/refresh", manager.id);
        let again = at_once(3, |n| {
            two.front(n).post(&format!("{path}/send")).token(&two.jeton.master).json(&json!({})).send()
        });
        let (copy, withdrawn, again, refreshed) = tokio::join!(
            two.front(round).pick_up(&invitation),
            two.other.delete(&path).token(&two.jeton.master).send(),
            again,
            async {
                let refreshes = round % 2 == 0;
                let call = two.front(round + 1).post(&sender).token(&two.jeton.master).json(&json!({}));
                if refreshes { Some(call.send().await) } else { None }
            },
        );
        if let Some(refreshed) = &refreshed {
            assert_eq!(refreshed.status, 200, "{}", refreshed.text());
        }
        expect_only(&again, &[204, 404]);
        let won = again.iter().filter(|answer| answer.status == 204).count()
            + usize::from(withdrawn.status == 204)
            + usize::from(copy.status == 200);
        let all = format!("{} {} {again:?}", copy.text(), withdrawn.text());
        assert!(if refreshed.is_some() { won <= 1 } else { won == 1 }, "{all}");
        // The first link is invalid in any case.
        two.jeton.pick_up(&invitation).await.expect(410);
        let detail = two.detail(&token).await;
        let picked_up = usize::from(copy.status == 200);
        assert_eq!(detail["copies"].as_array().unwrap().len(), 1 + picked_up, "{all}");
    }
}
