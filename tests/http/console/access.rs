//! Access to pages: by whom, and from where.

use http::Method;
use jeton_service::{
    app::App,
    console::session::SESSION,
    endpoint::{Handler, endpoints},
    function::Function,
};
use jeton_tests::{
    client::{Answer, fetch},
    console_client::ConsoleClient,
    jeton::{ADMIN, Jeton},
    raw,
};
use serde_json::json;

/// All pages with a console session, with a good value for every parameter.
fn pages(jeton: &Jeton, token: &str) -> Vec<(Method, String)> {
    let rows = endpoints().filter(|row| row.function == Function::Console);
    let guarded = rows.filter(|row| matches!(row.handler, Handler::Session(_) | Handler::Member(_)));
    guarded
        .map(|row| {
            let path = row.path.replace("{project}", &jeton.project.to_string()).replace("{token}", token);
            (
                row.method.clone(),
                path.replace("{member}", "1")
                    .replace("{invitation}", "1")
                    .replace("{session}", "0000000000000000"),
            )
        })
        .collect()
}

#[tokio::test]
async fn who_is_not_signed_in_is_shown_the_way_and_changes_nothing() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let stranger = ConsoleClient::new(&jeton);
    let pages = pages(&jeton, &held.id);
    assert!(pages.len() > 20, "{pages:?}");
    for (method, path) in pages {
        if method == Method::GET {
            let answer = stranger.open(&path).await.expect(303);
            let fits = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '/' | '-');
            let then = path.starts_with("/console/projects/") && path.chars().all(fits);
            let then = then || path == "/console/sessions";
            // A file is led to by the page with its link.
            let page = path.replace("/export", "/events");
            let to = if then { format!("/console?then={page}") } else { "/console".to_owned() };
            assert_eq!(answer.header("location"), Some(to.as_str()), "{path}");
        } else {
            let answer = stranger.send_form(&path, &[("form", "x")]).await.expect(401);
            assert!(answer.text().contains("You are signed out"), "{path}");
        }
    }
    assert_eq!(jeton.history(&held.id).await, ["storage.tokenCreated"]);
}

#[tokio::test]
async fn a_change_from_another_site_or_without_the_csrf_token_is_rejected() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let page = console.open("tokens/new").await.expect(200).text();
    let word = page.split_once("name=\"form\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
    for (method, path) in pages(&jeton, &held.id).iter().filter(|(method, _)| *method == Method::POST) {
        for origin in ["https://evil.example", "null", ""] {
            let answer = console.send_form_from(origin, path, &[("form", &word)]).await;
            assert_eq!(answer.status, 403, "{method} {path} from {origin:?}");
        }
        for form in ["", "x"] {
            let answer = console.send_form(path, &[("form", form)]).await;
            assert_eq!(answer.status, 403, "{method} {path} with {form:?}");
        }
        // That of another session: it is the form of a page that is too old, and is shown again.
        let other = console.send_form(path, &[("form", &"0".repeat(64))]).await;
        assert!(matches!(other.status.as_u16(), 303 | 403), "{method} {path}: {}", other.status);
    }
    for path in ["/console/sign-in", "/console/sign-in/0000000000000000"] {
        let fields = [("email", ADMIN), ("code", "123456")];
        console.send_form_from("https://evil.example", path, &fields).await.expect(403);
    }
    assert_eq!(jeton.history(&held.id).await, ["storage.tokenCreated"]);
}

#[tokio::test]
async fn a_form_comes_from_here_however_the_address_is_written() {
    let jeton =
        Jeton::start_as(|app| App { public_url: "https://tokens.example.org".to_owned(), ..app }).await;
    let console = ConsoleClient::new(&jeton);
    for origin in
        ["https://tokens.example.org", "https://tokens.example.org:443", "HTTPS://Tokens.Example.ORG"]
    {
        console.send_form_from(origin, "/console/sign-in", &[("email", ADMIN)]).await.expect(200);
    }
    for origin in [
        "http://tokens.example.org",
        "https://tokens.example.org:8443",
        "https://tokens.example.org.evil.example",
    ] {
        console.send_form_from(origin, "/console/sign-in", &[("email", ADMIN)]).await.expect(403);
    }
}

#[tokio::test]
async fn a_page_at_another_name_of_this_machine_leads_to_the_configured_one() {
    let jeton = Jeton::start().await;
    let port = jeton.url.rsplit_once(':').unwrap().1;
    for host in ["localhost", "LocalHost", "[::1]", "127.0.0.2"] {
        for path in ["/console", "/console/projects/1/tokens?search=a"] {
            let answer = jeton.get(path).header("host", &format!("{host}:{port}")).send().await.expect(303);
            assert_eq!(answer.header("location"), Some(format!("{}{path}", jeton.url).as_str()), "{host}");
        }
    }
    for host in [format!("127.0.0.1:{port}"), format!("tokens.example.org:{port}")] {
        jeton.get("/console").header("host", &host).send().await.expect(200);
    }
    // A local proxy may name any host, and its clients are elsewhere.
    let elsewhere =
        Jeton::start_as(|app| App { public_url: "https://tokens.example.org".to_owned(), ..app }).await;
    elsewhere.get("/console").header("host", "localhost").send().await.expect(200);
}

#[tokio::test]
async fn cookies_of_others_sign_nobody_out_whatever_their_bytes_and_number() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let session = console.cookie(SESSION).unwrap();
    let many = "a=1; ".repeat(5000);
    for others in ["utm=Unders\u{f8}gelse", "utm=\u{ff}", "=x; ;; =", "__Host-jeton-session=mine", &many] {
        let latin: Vec<u8> = others.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        for bytes in [others.as_bytes(), &latin] {
            let cookies =
                [b"Cookie: ".as_slice(), bytes, b"; ", SESSION.as_bytes(), b"=", session.as_bytes()].concat();
            let answer = raw::send_bytes(&jeton.url, b"GET /console/sessions HTTP/1.1", &cookies).await;
            assert_eq!(answer.status, 200, "{others:.40}");
        }
    }
}

#[tokio::test]
async fn a_member_of_another_project_does_not_find_this_one() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let other = jeton.new_project("Other", "eve@example.org").await;
    let mut eve = ConsoleClient::signed_in(&jeton, "eve@example.org").await;
    eve.project = other;
    eve.open("tokens").await.expect(200);
    for (method, path) in pages(&jeton, &held.id).iter().filter(|(_, path)| path.contains("/projects/")) {
        let answer = match *method {
            Method::GET => eve.open(path).await,
            _ => eve.submit("tokens/new", path, &[]).await,
        };
        assert_eq!(answer.status, 404, "{method} {path}");
    }
    // Nor a token of it under one's own project.
    eve.open(&format!("tokens/{}", held.id)).await.expect(404);
}

#[tokio::test]
async fn a_removed_member_loses_access_at_once_and_old_sessions_stay_invalid_when_they_rejoin() {
    let jeton = Jeton::start().await;
    jeton.join("eve@example.org").await;
    let eve = ConsoleClient::signed_in(&jeton, "eve@example.org").await;
    eve.open("tokens").await.expect(200);
    let path = format!("/manage/projects/{}/users/eve@example.org", jeton.project);
    jeton.delete(&path).manage(&jeton.manage).send().await.expect(204);
    eve.open("tokens").await.expect(404);
    jeton.pass_seconds(1);
    jeton.join("eve@example.org").await;
    let tokens = format!("/console?then=/console/projects/{}/tokens", jeton.project);
    for (path, to) in [
        ("tokens", tokens.as_str()),
        ("/console/projects", "/console"),
        ("/console/sessions", "/console?then=/console/sessions"),
    ] {
        assert_eq!(eve.open(path).await.expect(303).header("location"), Some(to), "{path}");
    }
    let page = eve.open("/console").await.expect(200).text();
    assert!(page.contains("Email me a link"), "it leads to a sign-in: {page}");
    ConsoleClient::signed_in(&jeton, "eve@example.org").await.open("tokens").await.expect(200);
}

#[tokio::test]
async fn a_session_neither_sees_nor_ends_those_of_who_joined_again_with_its_address() {
    let jeton = Jeton::start().await;
    jeton.join("eve@example.org").await;
    let old = ConsoleClient::signed_in(&jeton, "eve@example.org").await;
    let form = old.hidden_fields("/console/sessions").await;
    jeton.remove_member("eve@example.org").await;
    jeton.pass_seconds(1);
    jeton.join("eve@example.org").await;
    let eve = ConsoleClient::signed_in(&jeton, "eve@example.org").await;
    let id = eve.cookie(SESSION).unwrap()[..16].to_owned();
    let end = format!("/console/sessions/{id}");
    assert_eq!(old.open(&end).await.expect(303).header("location"), Some("/console"));
    old.send_form(&end, &[("form", &form[0].1)]).await.expect(401);
    eve.open("tokens").await.expect(200);
    old.send_form("/console/sign-out", &[("form", &form[0].1)]).await.expect(303);
}

#[tokio::test]
async fn a_member_who_joins_another_project_has_to_sign_in_again_for_it() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    jeton.pass_seconds(1);
    let other = jeton.new_project("Second warehouse", ADMIN).await;
    assert_eq!(console.open("/console").await.expect(303).header("location"), Some("/console/projects"));
    let page = console.open("/console/projects").await.expect(200).text();
    assert!(page.contains("sign out and sign in again") && page.contains("Test project"), "{page}");
    assert!(!page.contains(&other.to_string()), "{page}");
    console.open("tokens").await.expect(200);
    let again = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let page = again.open("/console/projects").await.expect(200).text();
    assert!(page.contains("Second warehouse") && !page.contains("sign out and sign in again"), "{page}");
}

#[tokio::test]
async fn every_answer_is_guarded_against_other_sites_and_kept_by_nobody() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    for path in [
        "/console/sessions",
        "tokens",
        "tokens/new",
        "tokens/1",
        "/console/-/console.js",
        "/console/-/console.css",
    ] {
        let answer = console.open(path).await;
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        assert_eq!(answer.header("x-frame-options"), Some("DENY"));
        assert_eq!(answer.header("referrer-policy"), Some("same-origin"));
        let text = answer.text();
        assert!(
            !text.contains(" style=") && !text.contains("<style") && !text.contains(" onclick="),
            "{path}"
        );
    }
}

#[tokio::test]
async fn no_text_of_others_is_markup() {
    let jeton = Jeton::start().await;
    let evil = "<script>alert(1)</script>\"'><img src=x>";
    let held = jeton.create(&json!({"description": evil})).await;
    let event = json!({"component": "it", "message": evil, "params": {"x": evil}});
    jeton.post_event(&held.token, &event).await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let own = format!("tokens/{}", held.id);
    let of = |part: &str| format!("{own}/{part}");
    for path in [
        "tokens",
        &own,
        &of("refresh"),
        &of("share"),
        &of("switch"),
        &of("copies/1"),
        &of("delete"),
        &of("usage"),
        &of("events"),
        "events",
        "summary",
    ] {
        let page = console.open(path).await.expect(200).text();
        assert!(!page.contains("<script>alert") && !page.contains("<img"), "{path}: {page}");
        assert!(page.contains("&lt;script&gt;"), "{path}: {page}");
    }
    let search = console.open("tokens?search=%3Cscript%3E%22").await.expect(200).text();
    assert!(!search.contains("value=\"<script>"), "{search}");
}

#[tokio::test]
async fn the_address_of_a_form_and_one_with_a_slash_lead_a_browser_to_the_page() {
    let jeton = Jeton::start().await;
    let led = async |path: &str| {
        let answer = jeton.get(path).header("accept", "text/html,*/*;q=0.8").send().await.expect(303);
        answer.header("location").unwrap().to_owned()
    };
    for (from, to) in [
        ("/console/sign-in", "/console"),
        ("/console/sign-in/", "/console/sign-in"),
        ("/console/sign-out", "/console"),
        ("/console/projects/1/invitations/2/withdraw", "/console/projects/1/members"),
        ("/console/projects/1/invitations/2/send", "/console/projects/1/members"),
        ("/console/projects/1/tokens/2/shares/3/send", "/console/projects/1/tokens/2"),
        ("/console/projects/1/tokens/2/shares/3/withdraw", "/console/projects/1/tokens/2"),
        ("/console/", "/console"),
    ] {
        assert_eq!(led(from).await, to, "{from}");
    }
    jeton.get("/console/sign-in").header("accept", "application/json").send().await.expect(405);
}

#[tokio::test]
async fn at_another_port_of_this_machine_a_form_that_is_rejected_says_where_it_works() {
    let jeton = Jeton::start().await;
    for host in ["localhost:8080", "127.0.0.1:8080"] {
        let origin = format!("http://{host}");
        let ask = jeton.post("/console/sign-in").form("email=a%40example.org");
        let page = ask.header("host", host).header("origin", &origin).send().await.expect(403).text();
        assert!(page.contains(&format!("href=\"{}/console\"", jeton.url)), "{page}");
        assert!(page.contains("JETON_PUBLIC_URL") && !page.contains("too old"), "{page}");
    }
    // A page of another site learns nothing new.
    let ask = jeton.post("/console/sign-in").form("email=a%40example.org");
    let page = ask.header("origin", "https://evil.example").send().await.expect(403).text();
    assert!(!page.contains(&jeton.url), "{page}");
}

#[tokio::test]
async fn a_browser_that_asks_for_what_is_not_there_reads_a_page() {
    let jeton = Jeton::start().await;
    for (path, to) in [
        ("/console/nonsense", "/console"),
        ("/Console", "/console"),
        ("/pickup", "/console"),
        ("/docs/x", "/docs"),
        ("/nonsense", "/console"),
    ] {
        let accept = [("accept", "text/html,application/xhtml+xml,*/*;q=0.8")];
        let answer = fetch(&format!("{}{path}", jeton.url), &accept).await.expect(404);
        assert_eq!(answer.content_type(), Some("text/html; charset=utf-8"), "{path}");
        let page = answer.text();
        assert!(page.contains(&format!("href=\"{to}\"")) && page.contains("Page not found"), "{page}");
        assert!(answer_is_guarded(&answer), "{path}");
        let program = jeton.get(path).send().await.expect(404);
        assert_eq!(program.content_type(), Some("application/json"), "{path}");
    }
    let api = jeton.get("/v2/storage/nonsense").header("accept", "text/html").send().await.expect(404);
    assert_eq!(api.content_type(), Some("application/json"), "an address of the API is answered as one");
}

fn answer_is_guarded(answer: &Answer) -> bool {
    answer.header("content-security-policy").is_some_and(|policy| policy.contains("default-src 'none'"))
}
