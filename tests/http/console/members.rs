//! The members of a project.

use jeton_tests::{
    console_client::ConsoleClient,
    jeton::{ADMIN, Jeton},
    random::wrong_code,
};

use super::hidden;

async fn member_id(console: &ConsoleClient, email: &str) -> String {
    let page = console.open("members").await.expect(200).text();
    let after = page.split_once(&format!(">{email}</td>")).expect("they are listed").1;
    let path = after.split_once("/members/").unwrap().1;
    path.split('/').next().unwrap().to_owned()
}

#[tokio::test]
async fn somebody_who_is_invited_joins_by_the_mail() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let fields = [("email", "eve@example.org"), ("name", "Eve Example")];
    let page = console.submit("members", "members", &fields).await.expect(200).text();
    assert!(page.contains("An invitation was sent to eve@example.org."), "{page}");
    let invitation = jeton.invitation("eve@example.org").await;
    assert!(
        jeton.mail_to("eve@example.org").await[0].text.contains(&format!("Ada Admin ({ADMIN}) invites you"))
    );
    jeton.pick_up(&invitation).await.expect(200);
    assert!(console.open("members").await.expect(200).text().contains("Eve Example"));
    let again = console.submit("members", "members", &fields).await.expect(400).text();
    assert!(again.contains("belongs to a member of the project already"), "{again}");
    let bad = console.submit("members", "members", &[("email", "nobody")]).await.expect(400).text();
    assert!(bad.contains("“Email address” must be one email address"), "{bad}");
}

/// The ids are random, so several members tell an order by address from one by id.
#[tokio::test]
async fn members_are_listed_in_the_order_in_which_they_joined_then_by_address() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    for name in ["mia", "eve", "zoe", "bob", "ida", "kim", "uwe"] {
        jeton.join(&format!("{name}@example.org")).await;
    }
    jeton.pass_seconds(1);
    jeton.join("aaa@example.org").await;
    let order = ["admin", "bob", "eve", "ida", "kim", "mia", "uwe", "zoe", "aaa"];
    let order = order.map(|name| format!("{name}@example.org"));
    assert_eq!(jeton.members().await, order);
    let page = console.open("members").await.expect(200).text();
    let cells = page.split("data-label=\"").filter_map(|cell| cell.split_once("</td>")).map(|(cell, _)| cell);
    let cells = cells.filter_map(|cell| cell.split_once("\">")).map(|(_, text)| text.trim());
    let mut addresses: Vec<_> = cells.filter(|cell| order.iter().any(|one| one == cell)).collect();
    // Who has no name is named by the address.
    addresses.dedup();
    assert_eq!(addresses, order);
}

#[tokio::test]
async fn a_removal_asks_first_and_takes_the_master_token() {
    let jeton = Jeton::start().await;
    let eve = jeton.join("eve@example.org").await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let ask = format!("members/{}/remove", member_id(&console, "eve@example.org").await);
    assert!(console.open(&ask).await.expect(200).text().contains("Their own token"));
    assert_eq!(jeton.verify(&eve.token).await, 200);
    let page = console.submit(&ask, &ask, &[]).await.expect(200).text();
    assert!(page.contains("eve@example.org is no longer a member."), "{page}");
    assert_eq!(jeton.verify(&eve.token).await, 401);
    // A reload of the page submits its form again; its URL alone leads to the members.
    let again = console.submit("members", &ask, &[]).await.expect(200).text();
    assert!(again.contains("They are no longer a member of this project."), "{again}");
    let members = format!("/console/projects/{}/members", jeton.project);
    assert_eq!(console.open(&ask).await.expect(303).header("location"), Some(members.as_str()));
}

#[tokio::test]
async fn the_last_member_stays_and_one_who_leaves_is_signed_out_of_the_project() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    assert!(console.open("members").await.expect(200).text().contains("The last admin can't be removed."));
    let eve = jeton.join("eve@example.org").await;
    let own = format!("members/{}/remove", member_id(&console, ADMIN).await);
    let of_eve = member_id(&console, "eve@example.org").await;
    console.submit("members", &own, &[]).await.expect(303);
    console.open("tokens").await.expect(404);

    let console = ConsoleClient::signed_in(&jeton, "eve@example.org").await;
    let page = console.submit("members", &format!("members/{of_eve}/remove"), &[]).await.expect(409).text();
    assert!(page.contains("The last admin of a project stays one"), "{page}");
    assert_eq!(jeton.verify(&eve.token).await, 200);
}

#[tokio::test]
async fn changes_of_members_take_a_recent_sign_in() {
    let jeton = Jeton::start().await;
    let eve = jeton.join("eve@example.org").await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let of_eve = member_id(&console, "eve@example.org").await;
    jeton.pass_seconds(600);
    console.submit("members", &format!("members/{of_eve}/remove"), &[]).await.expect(403);
    let page = console.submit("members", "members", &[("email", "bob@example.org")]).await.expect(403).text();
    assert!(page.contains("sign in again to continue"), "{page}");
    assert_eq!(jeton.verify(&eve.token).await, 200);
    assert!(jeton.mail_to("bob@example.org").await.is_empty());
}

#[tokio::test]
async fn buttons_of_invitations_stay_and_lead_to_a_sign_in_where_they_need_a_recent_one() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    console.submit("members", "members", &[("email", "bob@example.org")]).await.expect(200);
    jeton.pass_seconds(600);
    let page = console.open("members").await.expect(200).text();
    for (button, path) in [("Withdraw", "/withdraw"), ("Send again", "/send")] {
        assert!(page.contains(&format!(">{button}</button>")), "{page}");
        let end = page.find(&format!("{path}\"")).expect(path) + path.len();
        let begin = page[..end].rfind("action=\"").unwrap() + "action=\"".len();
        let asked = console.submit("members", &page[begin..end], &[]).await.expect(403).text();
        assert!(asked.contains("sign in again to continue"), "{asked}");
    }
    assert!(console.open("members").await.expect(200).text().contains("bob@example.org"));
}

#[tokio::test]
async fn an_invitation_that_needs_a_fresh_sign_in_comes_back_to_its_form_with_what_was_typed() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    jeton.pass_seconds(600);
    let asked = console.open("members").await.expect(200).text();
    assert!(
        asked.contains("sign in again to invite a member") && !asked.contains("Send the invitation"),
        "{asked}"
    );

    let fields = [("email", "bob@example.org"), ("name", "Bob \"B\"")];
    let page = console.submit("members", "members", &fields).await.expect(403).text();
    let value = |name: &str| {
        let after = page.split_once(&format!("name=\"{name}\" value=\"")).expect(name).1;
        after.split('"').next().unwrap().replace("&amp;", "&")
    };
    let (email, then, kept) = (value("email"), value("then"), value("fields"));
    assert_eq!(email, ADMIN, "it need not be typed again");
    let ask = [("email", email.as_str()), ("then", &then), ("fields", &kept)];
    console.send_form("/console/sign-in", &ask).await.expect(200);
    let mail = jeton.sign_in_mail(ADMIN).await;
    let signed_in = console.types_code(&mail, &mail.code).await.expect(303);
    assert_eq!(signed_in.header("location"), Some(then.as_str()));
    let form = console.open("members").await.expect(200).text();
    for words in ["value=\"bob@example.org\"", "value=\"Bob &quot;B&quot;\"", "Send the invitation"] {
        assert!(form.contains(words), "{words}: {form}");
    }
    console.submit("members", "members", &fields).await.expect(200);
}

#[tokio::test]
async fn a_form_that_waits_for_a_sign_in_is_forgotten_when_another_person_signs_in() {
    let jeton = Jeton::start().await;
    jeton.join("eve@example.org").await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    jeton.pass_seconds(600);
    let page =
        console.submit("members", "members", &[("email", "invitee@example.org")]).await.expect(403).text();
    let kept = ["then", "fields", "author"].map(|name| (name, hidden(&page, name)));
    let signs_in = async |email: &str| {
        let kept = kept.iter().map(|(name, value)| (*name, value.as_str()));
        let ask: Vec<_> = [("email", email)].into_iter().chain(kept).collect();
        console.send_form("/console/sign-in", &ask).await.expect(200);
        let mail = jeton.sign_in_mail(&email.to_lowercase()).await;
        console.types_code(&mail, &mail.code).await.expect(303).header("location").unwrap().to_owned()
    };
    assert_eq!(signs_in("eve@example.org").await, "/console");
    assert_eq!(console.cookie("__Host-jeton-form").filter(|kept| !kept.is_empty()), None);
    let form = console.open("members").await.expect(200).text();
    assert!(form.contains("Send the invitation") && !form.contains("invitee@example.org"), "{form}");
    assert_eq!(signs_in(&ADMIN.to_uppercase()).await, hidden(&page, "then"), "an address has no case");
    assert!(console.open("members").await.expect(200).text().contains("invitee@example.org"));
}

#[tokio::test]
async fn a_sign_in_leads_back_to_pages_of_the_console_only() {
    let jeton = Jeton::start().await;
    for then in [
        "https://evil.example",
        "//evil.example",
        "/console/projects/../../x",
        "/v2/storage",
        "/console?then=//evil.example",
        "?/console/projects/1/x",
        "/console/projects/1/x#y",
        "/console/projects/1/\\evil.example?y",
    ] {
        let console = ConsoleClient::new(&jeton);
        console.send_form("/console/sign-in", &[("email", ADMIN), ("then", then)]).await.expect(200);
        let mail = jeton.sign_in_mail(ADMIN).await;
        let signed_in = console.types_code(&mail, &mail.code).await.expect(303);
        assert_eq!(signed_in.header("location"), Some("/console"), "{then}");
    }
}

#[tokio::test]
async fn two_who_leave_at_the_same_time_leave_one_behind() {
    let jeton = Jeton::start().await;
    jeton.join("eve@example.org").await;
    let (ada, eve) = (
        ConsoleClient::signed_in(&jeton, ADMIN).await,
        ConsoleClient::signed_in(&jeton, "eve@example.org").await,
    );
    let (of_ada, of_eve) = (member_id(&ada, ADMIN).await, member_id(&ada, "eve@example.org").await);
    let (of_ada, of_eve) = (format!("members/{of_ada}/remove"), format!("members/{of_eve}/remove"));
    tokio::join!(ada.submit("members", &of_ada, &[]), eve.submit("members", &of_eve, &[]));
    let path = format!("/manage/projects/{}/users", jeton.project);
    let members = jeton.get(&path).manage(&jeton.manage).send().await.expect(200).json();
    assert_eq!(members.as_array().unwrap().len(), 1, "{members}");
}

#[tokio::test]
async fn pending_invitations_are_listed_withdrawn_and_sent_again() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    for email in ["eve@example.org", "bob@example.org"] {
        console.submit("members", "members", &[("email", email)]).await.expect(200);
    }
    let (eve, bob) = (jeton.invitation("eve@example.org").await, jeton.invitation("bob@example.org").await);
    let page = console.open("members").await.expect(200).text();
    let at = |email: &str| {
        let after = page.split_once(&format!(">{email}</td>")).expect("they are listed").1;
        let id = after.split_once("/invitations/").unwrap().1.split('/').next().unwrap();
        format!("invitations/{id}")
    };
    let withdraw = format!("{}/withdraw", at("eve@example.org"));
    let page = console.submit("members", &withdraw, &[]).await.expect(200).text();
    assert!(page.contains("The invitation of eve@example.org is withdrawn."), "{page}");
    assert!(!page.contains(">eve@example.org</td>"), "{page}");
    jeton.pick_up(&eve).await.expect_error(410, "pickup.ended");
    // From a page that was open before.
    let page = console.submit("members", &withdraw, &[]).await.expect(409).text();
    assert!(page.contains("nothing was withdrawn") && !page.contains("is withdrawn."), "{page}");
    let send = format!("{}/send", at("bob@example.org"));
    let page = console.submit("members", &send, &[]).await.expect(200).text();
    assert!(page.contains("A new invitation was sent to bob@example.org."), "{page}");
    jeton.pick_up(&bob).await.expect_error(410, "pickup.ended");
    assert_eq!(jeton.mail_to("bob@example.org").await.len(), 2);
}

#[tokio::test]
async fn a_removal_lists_the_tokens_that_go_on_or_deletes_them() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    for (email, fields, status) in
        [("eve@example.org", [].as_slice(), 200), ("bob@example.org", [("endTokens", "1")].as_slice(), 401)]
    {
        let member = jeton.join(email).await;
        let wish = serde_json::json!({"description": "Nightly import"});
        let token = jeton.create_by(&member.token, &wish).await;
        let ask = format!("members/{}/remove", member_id(&console, email).await);
        let page = console.submit(&ask, &ask, fields).await.expect(200).text();
        assert!(page.contains(&format!("{email} is no longer a member.")), "{page}");
        assert!(page.contains("Nightly import"), "{page}");
        assert_eq!(jeton.verify(&token.token).await, status);
    }
}

#[tokio::test]
async fn each_form_of_a_page_has_a_key_of_its_own_so_two_of_them_are_carried_out() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    for email in ["bob@example.org", "eve@example.org"] {
        console.submit("members", "members", &[("email", email)]).await.expect(200);
    }
    let page = console.open("members").await.expect(200).text();
    let sends: Vec<_> = page.split("<form").filter(|form| form.contains("Send again")).collect();
    assert_eq!(sends.len(), 2);
    for form in sends {
        let (to, fields) = super::last_form(&format!("<form{form}"));
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        console.send_form(&to, &fields).await.expect(200);
    }
    for email in ["bob@example.org", "eve@example.org"] {
        assert_eq!(jeton.mail_to(email).await.len(), 2, "{email}");
    }
}

#[tokio::test]
async fn the_sender_of_an_invitation_is_mailed_that_it_was_accepted_or_locked() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let invite = async |email: &str| {
        console.submit("members", "members", &[("email", email), ("name", "")]).await.expect(200);
        jeton.invitation(email).await
    };
    let accepted = invite("eve@example.org").await;
    jeton.pick_up(&accepted).await.expect(200);
    let guessed = invite("bob@example.org").await;
    for _ in 0..5 {
        jeton.type_code(&guessed, &wrong_code(&guessed.code)).await.expect(403);
    }
    let told = jeton.mail_to(ADMIN).await.into_iter().map(|mail| mail.subject);
    let mut told: Vec<_> = told.filter(|subject| subject.contains("invitation")).collect();
    told.sort();
    let wanted =
        ["was accepted", "is locked"].map(|what| format!("Your invitation to project Test project {what}"));
    assert_eq!(told, [wanted[1].clone(), wanted[0].clone()]);
}

#[tokio::test]
async fn an_error_in_an_invitation_stands_at_its_field_and_so_does_one_in_a_share() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&serde_json::json!({})).await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let share = format!("tokens/{}/share", held.id);
    let (ok, long) = ("eve@example.org", "x".repeat(1001));
    for (form, fields, field) in [
        ("members", [("email", "nobody"), ("name", "Kept")], "email"),
        ("members", [("email", ok), ("name", "a\u{1}b")], "name"),
        ("members", [("email", ok), ("role", "owner")], "role"),
        (share.as_str(), [("recipientEmail", "nobody"), ("message", "Kept")], "recipient"),
        (share.as_str(), [("recipientEmail", ok), ("message", &long)], "message"),
        (share.as_str(), [("recipientEmail", ok), ("expiresIn", "1000000")], "open"),
    ] {
        let page = console.submit(form, form, &fields).await.expect(400).text();
        assert_eq!(page.matches(" autofocus").count(), 1, "{field}: {page}");
        let tag = page.split(" autofocus").next().unwrap().rsplit_once('<').unwrap().1;
        assert!(tag.contains(&format!("id=\"{field}\"")), "{field}: {tag}");
        assert!(tag.contains("aria-invalid=\"true\""), "{field}: {tag}");
        assert!(tag.contains(&format!("aria-describedby=\"{field}-problem\"")), "{field}: {tag}");
        assert_eq!(page.matches(&format!("id=\"{field}-problem\"")).count(), 1, "{field}: {page}");
        assert_eq!(page.contains("Kept"), fields[1].1 == "Kept", "{field}: {page}");
    }
}

#[tokio::test]
async fn an_invitation_that_was_accepted_is_not_sent_again_and_the_page_says_so() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    console.submit("members", "members", &[("email", "eve@example.org")]).await.expect(200);
    let page = console.open("members").await.expect(200).text();
    let end = page.find("/send\"").unwrap() + "/send".len();
    let begin = page[..end].rfind("action=\"").unwrap() + "action=\"".len();
    let path = page[begin..end].to_owned();
    let form = page[begin..].split("</form>").next().unwrap();
    let fields: Vec<_> = ["form", "idempotencyKey"]
        .into_iter()
        .filter_map(|name| {
            let value = form.split_once(&format!("name=\"{name}\" value=\""))?.1.split('"').next()?;
            Some((name, value))
        })
        .collect();
    console.send_form(&path, &fields).await.expect(200);
    jeton.pick_up(&jeton.invitation("eve@example.org").await).await.expect(200);
    // The same form again, and a new one for an invitation that is gone.
    let again = console.send_form(&path, &fields).await.expect(409).text();
    let gone = console.submit("members", &path, &[]).await.expect(409).text();
    for page in [again, gone] {
        assert!(page.contains("If somebody accepted it, they are a member now."), "{page}");
        assert!(!page.contains("there is nothing to do"), "{page}");
    }
}
