//! Console sessions, and the projects of the signed-in member.

use jeton_tests::{
    console_client::ConsoleClient,
    jeton::{ADMIN, Jeton},
};
use serde_json::json;

#[tokio::test]
async fn signing_out_ends_the_session_for_good() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let copied = ConsoleClient::new(&jeton);
    copied.takes_cookies_of(&console);
    let answer = console.submit("tokens", "/console/sign-out", &[]).await.expect(303);
    assert!(answer.header("set-cookie").unwrap().contains("Max-Age=0;"));
    console.open("tokens").await.expect(303);
    copied.open("tokens").await.expect(303);
    assert_eq!(jeton.history(&jeton.master_id).await[0], "storage.memberSignedOut");
}

#[tokio::test]
async fn a_session_ends_by_itself_after_twelve_hours() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    jeton.pass_seconds(43_199);
    console.open("tokens").await.expect(200);
    jeton.pass_seconds(1);
    console.open("tokens").await.expect(303);
}

#[tokio::test]
async fn another_session_is_ended_from_the_list_of_them() {
    let jeton = Jeton::start().await;
    let (here, there) =
        (ConsoleClient::signed_in(&jeton, ADMIN).await, ConsoleClient::signed_in(&jeton, ADMIN).await);
    let page = here.open("/console/sessions").await.expect(200).text();
    let own = here.cookie("__Host-jeton-session").unwrap();
    let own = own.split('.').next().unwrap();
    let ids: Vec<_> = page.split("href=\"/console/sessions/").skip(1).map(|rest| &rest[..16]).collect();
    assert_eq!(ids.len(), 2);
    let other = ids.iter().find(|id| **id != own).unwrap();
    let end = format!("/console/sessions/{other}");
    assert!(here.open(&end).await.expect(200).text().contains("End this session?"));
    there.open("tokens").await.expect(200);
    here.submit(&end, &end, &[]).await.expect(303);
    there.open("tokens").await.expect(303);
    here.open("tokens").await.expect(200);
}

#[tokio::test]
async fn a_session_is_listed_by_its_browser_and_system_and_address() {
    let jeton = Jeton::start().await;
    let sent = "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 <b>Firefox/142.0";
    let console = ConsoleClient::new(&jeton).with_user_agent(sent);
    let mail = console.asks_to_sign_in(&jeton, ADMIN).await;
    console.types_code(&mail, &mail.code).await.expect(303);
    let page = console.open("/console/sessions").await.expect(200).text();
    assert!(page.contains(">Firefox on Linux</span> · 127.0.0.1"), "{page}");
    assert!(page.contains("&lt;b&gt;Firefox/142.0\"") && !page.contains("<b>"), "{page}");
}

#[tokio::test]
async fn nobody_ends_or_sees_the_session_of_somebody_else() {
    let jeton = Jeton::start().await;
    jeton.join("eve@example.org").await;
    let (ada, eve) = (
        ConsoleClient::signed_in(&jeton, ADMIN).await,
        ConsoleClient::signed_in(&jeton, "eve@example.org").await,
    );
    let of_ada = ada.cookie("__Host-jeton-session").unwrap();
    let id = of_ada.split('.').next().unwrap();
    eve.submit("/console/sessions", &format!("/console/sessions/{id}"), &[]).await.expect(404);
    eve.open(&format!("/console/sessions/{id}")).await.expect(404);
    assert!(!eve.open("/console/sessions").await.expect(200).text().contains(id));
    ada.open("tokens").await.expect(200);
}

#[tokio::test]
async fn a_cookie_of_another_origin_or_form_is_not_accepted() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let kept = console.cookie("__Host-jeton-session").unwrap();
    let (id, secret) = kept.split_once('.').unwrap();
    for wrong in [String::new(), id.to_owned(), format!("{id}."), format!("{id}.{secret}x"), "a.b".to_owned()]
    {
        let call = jeton.get(&format!("/console/projects/{}/tokens", jeton.project));
        call.header("cookie", &format!("__Host-jeton-session={wrong}")).send().await.expect(303);
    }
    // Two cookies may be ours, and which one is right is unknown. The same value twice counts as one.
    let other = format!("{id}.{}", secret.chars().rev().collect::<String>());
    for (second, status) in [(&other, 303), (&kept, 200)] {
        let twice = format!("__Host-jeton-session={kept}; __Host-jeton-session={second}");
        let call = jeton.get(&format!("/console/projects/{}/tokens", jeton.project)).header("cookie", &twice);
        call.send().await.expect(status);
    }
}

#[tokio::test]
async fn a_member_of_several_projects_switches_between_them() {
    let jeton = Jeton::start().await;
    let second = jeton.new_project("Second warehouse", ADMIN).await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    assert_eq!(console.open("/console").await.expect(303).header("location"), Some("/console/projects"));
    let page = console.open("/console/projects").await.expect(200).text();
    for words in ["Test project", "Second warehouse", &format!("/console/projects/{second}/tokens")] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let tokens = console.open(&format!("/console/projects/{second}/tokens")).await.expect(200).text();
    assert!(tokens.contains("Second warehouse"));
}

/// The value of a hidden field of a page.
fn hidden(page: &str, name: &str) -> String {
    let after =
        page.split_once(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("{name}: {page}")).1;
    after.split('"').next().unwrap().replace("&amp;", "&")
}

#[tokio::test]
async fn a_form_whose_session_ended_while_it_was_filled_in_comes_back_as_it_was_typed() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"description": "Import"})).await;
    let own = format!("tokens/{}", held.id);
    for (page, to, field, back) in [
        ("tokens/new", "tokens", "description", "tokens/new"),
        (own.as_str(), own.as_str(), "description", own.as_str()),
        (&format!("{own}/share"), &format!("{own}/share"), "recipientEmail", &format!("{own}/share")),
        ("members", "members", "email", "members"),
    ] {
        let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
        let form = console.hidden_fields(page).await;
        jeton.pass_seconds(43_200);
        let typed = "zoe@example.org";
        let fields: Vec<_> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let path = format!("/console/projects/{}/{to}", jeton.project);
        let rejected = console.send_form(&path, &[&fields[..], &[(field, typed)]].concat()).await;
        let rejected = rejected.expect(401).text();
        let (then, kept) = (hidden(&rejected, "then"), hidden(&rejected, "fields"));
        assert!(!kept.contains(form[0].1.as_str()), "what proves a session is not kept: {kept}");
        let ask = [("email", ADMIN), ("then", then.as_str()), ("fields", kept.as_str())];
        console.send_form("/console/sign-in", &ask).await.expect(200);
        let mail = jeton.sign_in_mail(ADMIN).await;
        let signed_in = console.types_code(&mail, &mail.code).await.expect(303);
        let back = format!("/console/projects/{}/{back}", jeton.project);
        assert_eq!(signed_in.header("location"), Some(back.as_str()), "{to}");
        let again = console.open(&back).await.expect(200).text();
        assert!(again.contains(&format!("value=\"{typed}\"")), "{to}: {again}");
    }
}

#[tokio::test]
async fn a_confirmation_whose_session_ended_leads_back_to_its_question_and_does_nothing() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"description": "Import"})).await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let ask = format!("/console/projects/{}/tokens/{}/delete", jeton.project, held.id);
    let form = console.hidden_fields(&ask).await;
    let elsewhere = ConsoleClient::new(&jeton);
    elsewhere.takes_cookies_of(&console);
    elsewhere.submit("tokens", "/console/sign-out", &[]).await.expect(303);
    let rejected = console.send_form(&ask, &[("form", &form[0].1)]).await.expect(401).text();
    assert_eq!(hidden(&rejected, "then"), ask);
    // A submission from another site shows nothing: the browser sends no cookie with it.
    let new = format!("/console/projects/{}/tokens", jeton.project);
    let stranger = ConsoleClient::new(&jeton);
    let rejected = stranger.send_form_from("https://evil.example", &new, &[("description", "Evil")]).await;
    let rejected = rejected.expect(401).text();
    assert!(!rejected.contains("name=\"then\"") && !rejected.contains("Evil"), "{rejected}");
    assert_eq!(jeton.verify(&held.token).await, 200);
}

#[tokio::test]
async fn a_link_in_a_mail_shows_nothing_to_who_is_signed_out_and_its_page_after_the_sign_in_which_asks_first()
{
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"description": "Import"})).await;
    let copy =
        jeton.pick_up(&jeton.share(&held.id, "bob@example.org").await).await.expect(200).field("token");
    let mail = jeton.mail_to(ADMIN).await.pop().unwrap();
    let mut lines = mail.text.lines();
    lines.by_ref().find(|line| *line == "Revoke this copy:").expect("a link in the mail");
    let page = lines.next().unwrap().strip_prefix(&jeton.url).unwrap();
    assert_eq!(page, format!("/console/projects/{}/tokens/{}/copies/2", jeton.project, held.id));
    // A program that follows the links of mails changes nothing, nor does a form without a session.
    let console = ConsoleClient::new(&jeton);
    let sign_in = console.open(page).await.expect(303).header("location").unwrap().to_owned();
    console.send_form(page, &[]).await.expect(401);
    let asked = console.open(&sign_in).await.expect(200).text();
    assert!(!asked.contains("Import"), "{asked}");
    let ask = [("email", ADMIN), ("then", &hidden(&asked, "then"))];
    console.send_form("/console/sign-in", &ask).await.expect(200);
    let mail = jeton.sign_in_mail(ADMIN).await;
    let signed_in = console.types_code(&mail, &mail.code).await.expect(303);
    assert_eq!(signed_in.header("location"), Some(page));
    console.open(page).await.expect(200);
    assert_eq!(jeton.verify(&copy).await, 200, "so far, it was only asked");
    console.submit(page, page, &[]).await.expect(303);
    assert_eq!([jeton.verify(&copy).await, jeton.verify(&held.token).await], [401, 200]);
}

#[tokio::test]
async fn a_sign_in_leads_to_no_other_place_than_a_page_of_a_project() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::new(&jeton);
    for then in [
        "https://evil.example",
        "//evil.example",
        "/console/projects/..//evil.example",
        "/console/sign-out",
        "/outbox",
        "",
    ] {
        let page = console.open(&format!("/console?then={then}")).await.expect(200).text();
        assert!(!page.contains("name=\"then\"") && !page.contains("evil"), "{then}: {page}");
    }
}
