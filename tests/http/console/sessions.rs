//! Console sessions, and the projects of the signed-in member.

use jeton_tests::{
    console_client::ConsoleClient,
    jeton::{ADMIN, Jeton},
};
use serde_json::json;

use super::hidden;

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

/// Signs in from a page that leads back, and returns where to.
async fn signs_in_from(jeton: &Jeton, console: &ConsoleClient, page: &str) -> String {
    let fields = if page.contains("name=\"fields\"") { hidden(page, "fields") } else { String::new() };
    let ask = [("email", ADMIN), ("then", &hidden(page, "then")), ("fields", &fields)];
    console.send_form("/console/sign-in", &ask).await.expect(200);
    let mail = jeton.sign_in_mail(ADMIN).await;
    let signed_in = console.types_code(&mail, &mail.code).await.expect(303);
    signed_in.header("location").unwrap().to_owned()
}

#[tokio::test]
async fn a_page_that_was_opened_without_a_session_is_shown_after_the_sign_in_with_its_query() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"bucketPermissions": {"in.c-a": "read"}})).await;
    jeton.may(&held.token, json!({"bucket": "in.c-a", "access": "read"})).await;
    let usage = format!("tokens/{}/usage?range=7d&tried=1&read=in.c-b%0Ain.c-c", held.id);
    for (path, leads_to, shows) in [
        ("tokens?search=a%26b%20%2B&show=mine%2Cleft&sort=-expires", "", "value=\"a&amp;b +\""),
        (usage.as_str(), "", "denied <strong>1 question or change</strong> since <time datetime=\""),
        ("events?type=warn&q=%22may%20not%22", "", "value=\"&quot;may not&quot;\""),
        // A file leaves a browser on the page that it is on.
        ("export?format=csv&type=error", "events?format=csv&type=error", "Activity"),
        ("tokens?search=%3Cscript%3E&a=//evil.example", "", "value=\"&lt;script&gt;\""),
    ] {
        let console = ConsoleClient::new(&jeton);
        let sign_in = console.open(path).await.expect(303).header("location").unwrap().to_owned();
        assert!(sign_in.starts_with("/console?then=/console/projects/"), "{sign_in}");
        let page = console.open(&sign_in).await.expect(200).text();
        let to = signs_in_from(&jeton, &console, &page).await;
        let leads_to = if leads_to.is_empty() { path } else { leads_to };
        assert_eq!(to, format!("/console/projects/{}/{leads_to}", jeton.project));
        let page = console.open(&to).await.expect(200).text();
        assert!(page.contains(shows), "{shows}: {page}");
    }
}

#[tokio::test]
async fn an_address_that_is_too_long_to_be_kept_loses_its_query() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::new(&jeton);
    let path = format!("tokens?search={}", "x".repeat(5000));
    let sign_in = console.open(&path).await.expect(303).header("location").unwrap().to_owned();
    assert_eq!(sign_in, format!("/console?then=/console/projects/{}/tokens", jeton.project));
}

#[tokio::test]
async fn rights_that_were_tried_and_the_range_come_back_after_a_session_that_ended() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"bucketPermissions": {"in.c-a": "write"}, "canCreateJobs": true})).await;
    let at = format!("/console/projects/{}/tokens/{}/usage", jeton.project, held.id);
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let form = console.hidden_fields(&at).await;
    jeton.pass_seconds(43_200);
    jeton.may(&held.token, json!({"bucket": "in.c-a", "access": "read"})).await;
    let tried = [("form", form[0].1.as_str()), ("range", "7d"), ("write", "in.c-b in.c-c"), ("files", "all")];
    let rejected = console.send_form(&at, &tried).await.expect(401).text();
    let to = signs_in_from(&jeton, &console, &rejected).await;
    assert_eq!(to, format!("{at}?range=7d"));
    let page = console.open(&to).await.expect(200).text();
    for words in [
        "denied <strong>1 question or change</strong> since <time datetime=\"2026-01-10\"",
        ">in.c-b in.c-c</textarea>",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("name=\"jobs\" value=\"1\" checked"), "{page}");
    // They were shown once. Nothing was changed.
    let page = console.open(&to).await.expect(200).text();
    assert!(!page.contains("would have denied"), "{page}");
    assert_eq!(jeton.detail(&held.id).await["bucketPermissions"], json!({"in.c-a": "write"}));
}

#[tokio::test]
async fn an_action_on_tokens_whose_session_ended_leads_back_to_the_same_list_and_does_nothing() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"description": "Import"})).await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let form = console.hidden_fields("tokens?show=mine").await;
    jeton.pass_seconds(43_200);
    let fields = [
        ("form", form[0].1.as_str()),
        ("action", "delete"),
        ("search", "im port"),
        ("show", "mine"),
        ("tokens[]", held.id.as_str()),
    ];
    let rejected = console.send_form("tokens/actions", &fields).await.expect(401).text();
    let to = signs_in_from(&jeton, &console, &rejected).await;
    assert_eq!(to, format!("/console/projects/{}/tokens?search=im%20port&show=mine", jeton.project));
    assert_eq!(jeton.verify(&held.token).await, 200);
}

#[tokio::test]
async fn a_sign_in_that_failed_leads_to_the_page_when_it_is_tried_again() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::new(&jeton);
    let to = format!("/console/projects/{}/tokens?show=mine", jeton.project);
    let ask = [("email", "ada@"), ("then", to.as_str())];
    let typo = console.send_form("/console/sign-in", &ask).await.expect(400).text();
    assert!(typo.contains("value=\"ada@\"") && typo.contains("Enter a valid email address."), "{typo}");
    assert_eq!(hidden(&typo, "then"), to);
    console.send_form("/console/sign-in", &[("email", ADMIN), ("then", to.as_str())]).await.expect(200);
    let mail = jeton.sign_in_mail(ADMIN).await;
    jeton.pass_seconds(600);
    let late = console.types_code(&mail, &mail.code).await.expect(410).text();
    assert!(late.contains("This link has expired"), "{late}");
    assert_eq!(signs_in_from(&jeton, &console, &late).await, to);
}

#[tokio::test]
async fn a_form_from_before_another_sign_in_comes_back_as_it_was_entered_and_does_nothing() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let old = console.hidden_fields("tokens/new").await[0].1.clone();
    let mail = console.asks_to_sign_in(&jeton, ADMIN).await;
    console.types_code(&mail, &mail.code).await.expect(303);
    let stale = [("form", old.as_str()), ("description", "Nightly \"import\""), ("read", "in.c-a")];
    let answer = console.send_form("tokens", &stale).await.expect(303);
    let page = format!("/console/projects/{}/tokens/new", jeton.project);
    assert_eq!(answer.header("location"), Some(page.as_str()));
    let form = console.open("tokens/new").await.expect(200).text();
    for words in
        ["There was another sign-in since", "value=\"Nightly &quot;import&quot;\"", "in.c-a</textarea>"]
    {
        assert!(form.contains(words), "{words}: {form}");
    }
    let all = jeton.get("/v2/storage/tokens").token(&jeton.master).send().await.expect(200).json();
    assert_eq!(all.as_array().unwrap().len(), 2, "nothing was created");
    // One that only confirms is asked again.
    let delete = format!("tokens/{}/delete", held.id);
    console.send_form(&delete, &stale[..1]).await.expect(303);
    assert!(console.open(&delete).await.expect(200).text().contains("There was another sign-in since"));
    // What is too long to be kept is on the page.
    let long = "in.c-source ".repeat(400);
    let lost = [("form", old.as_str()), ("read", long.as_str())];
    let lost = console.send_form("tokens", &lost).await.expect(403).text();
    assert!(lost.contains("<dt>read</dt>") && lost.contains("Copy it from here first"), "{lost}");
    // A form of another site comes back to nobody.
    let foreign = console.send_form_from("https://evil.example", "tokens", &stale).await.expect(403).text();
    assert!(!foreign.contains("Nightly"), "{foreign}");
    assert!(!console.open("tokens/new").await.expect(200).text().contains("Nightly"));
    assert_eq!(jeton.verify(&held.token).await, 200);
}

#[tokio::test]
async fn what_is_too_long_to_be_kept_while_one_signs_in_is_on_the_page_that_says_so() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let form = console.hidden_fields("tokens/new").await;
    jeton.pass_seconds(43_200);
    // Three hundred buckets, and a message of a thousand letters of which some have accents.
    let buckets = (0..300).map(|n| format!("in.c-source-{n:03}")).collect::<Vec<_>>().join("\r\n");
    let message = "Žluťoučký kůň úpěl. ".repeat(50);
    for (to, name, value, is_kept) in
        [("tokens", "read", buckets.as_str(), false), ("members", "name", message.as_str(), true)]
    {
        let fields = [("form", form[0].1.as_str()), ("purpose", "read"), (name, value)];
        let rejected = console.send_form(to, &fields).await.expect(401).text();
        assert_eq!(rejected.contains("you return to your form"), is_kept, "{rejected}");
        assert_eq!(hidden(&rejected, "fields").is_empty(), !is_kept, "{rejected}");
        if !is_kept {
            assert!(rejected.contains("What you entered is too long to be kept"), "{rejected}");
            assert!(rejected.contains("<dt>read</dt>") && rejected.contains("in.c-source-299"), "{rejected}");
            assert!(!rejected.contains("<dt>purpose</dt>"), "{rejected}");
        }
    }
}
