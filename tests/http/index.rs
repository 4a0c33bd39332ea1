//! `GET /v2/storage`, tickets, health, the API description, and unknown paths

use std::sync::Arc;

use http::Method;
use jeton_service::{
    app::App,
    brand::{Brand, Logo},
    endpoint::endpoints,
};
use jeton_tests::{
    client::fetch,
    jeton::{Held, Jeton},
    outage, raw,
    snapshot::body,
};
use serde_json::{Value, json};

#[tokio::test]
async fn the_index_tells_anyone_what_this_service_is() {
    let jeton = Jeton::start().await;
    let answer = jeton.get("/v2/storage").send().await.expect(200);
    assert_eq!(answer.content_type(), Some("application/json"));
    insta::assert_json_snapshot!("index", body(&answer));
    assert_eq!(answer.json()["services"][0]["url"], jeton.url);
}

#[tokio::test]
async fn a_slash_at_the_end_and_any_query_answer_the_same_without_a_redirect() {
    let jeton = Jeton::start().await;
    let plain = jeton.get("/v2/storage").send().await.expect(200);
    for path in ["/v2/storage/", "/v2/storage?forceUuid=1", "/v2/storage/?exclude=componentDetails&%80"] {
        assert_eq!(jeton.get(path).send().await.expect(200).body, plain.body);
    }
    let without =
        jeton.get("/v2/storage?exclude=components,componentDetails").send().await.expect(200).json();
    assert!(without.get("components").is_none());
}

/// A path with a value for each of its parameters.
fn filled(path: &str, jeton: &Jeton, held: &Held) -> String {
    let parts = path.split('/').map(|part| match part {
        "{token}" => held.id.clone(),
        "{project}" => jeton.project.to_string(),
        "{uuid}" => "0197f3a0-0000-7000-8000-000000000000".to_owned(),
        "{share}" => "0000000000000000".to_owned(),
        parameter if parameter.starts_with('{') => "1".to_owned(),
        part => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn every_path_answers_with_a_slash_at_its_end_as_without() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let rows: Vec<_> = endpoints().filter(|row| row.method == Method::GET).collect();
    assert!(rows.len() > 10);
    for row in rows {
        let path = filled(row.path, &jeton, &held);
        let get = |path: &str| jeton.get(path).token(&jeton.master).manage(&jeton.manage).send();
        let (plain, slash) = (get(&path).await, get(&format!("{path}/")).await);
        assert_eq!(slash.status, plain.status, "{path}");
        let error = slash.content_type() == Some("application/json") && slash.text().contains("no such path");
        assert!(!error, "{path}: {}", slash.text());
    }
    let created =
        jeton.post("/v2/storage/tokens/").token(&jeton.master).json(&json!({})).send().await.expect(201);
    let path = format!("/v2/storage/branch/default/tokens/{}/refresh/", created.field("id"));
    jeton.post(&path).token(&jeton.master).send().await.expect(200);
}

#[tokio::test]
async fn head_is_answered_wherever_get_is_with_the_same_headers_and_no_body() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    for row in endpoints().filter(|row| row.method == Method::GET) {
        let path = filled(row.path, &jeton, &held);
        let call =
            |method: Method| jeton.call(method, &path).token(&jeton.master).manage(&jeton.manage).send();
        let (whole, short) = (call(Method::GET).await, call(Method::HEAD).await);
        assert_eq!((short.status, short.content_type()), (whole.status, whole.content_type()), "{path}");
        assert!(short.body.is_empty(), "{path}");
        if whole.status == 200 {
            assert_eq!(short.header("content-length"), whole.header("content-length"), "{path}");
        }
    }
    let rejected = jeton.call(Method::HEAD, "/v2/storage/tokens/verify").send().await;
    assert_eq!((rejected.status.as_u16(), rejected.body.len()), (401, 0));
    jeton.call(Method::HEAD, "/v2/storage/tickets").token(&jeton.master).send().await.expect(405);
}

#[tokio::test]
async fn a_browser_is_led_to_the_page_that_it_means_and_a_program_to_none() {
    let jeton = Jeton::start().await;
    let html = "text/html,application/xhtml+xml,*/*;q=0.8";
    for (path, page) in [
        ("/", "/console"),
        ("/console/", "/console"),
        ("/docs/", "/docs"),
        ("/docs//", "/docs"),
        ("/console/sessions/", "/console/sessions"),
        ("/console/projects/1/tokens/?search=a", "/console/projects/1/tokens?search=a"),
    ] {
        for method in [Method::GET, Method::HEAD] {
            let answer = jeton.call(method, path).header("accept", html).send().await.expect(303);
            assert_eq!(answer.header("location"), Some(page), "{path}");
        }
        // A program gets the resource with or without a trailing slash.
        let status =
            if matches!(path, "/" | "/docs//") { 404 } else { jeton.get(page).send().await.status.as_u16() };
        jeton.get(path).send().await.expect(status);
        jeton.get(path).header("accept", "application/json, text/html").send().await.expect(status);
        let posted = jeton.post(path).header("accept", html).send().await;
        assert!(posted.status != 303 && !posted.status.is_success(), "{path}");
    }
    for path in ["//", "//evil.example/", "/nothing/", "/nothing"] {
        fetch(&format!("{}{path}", jeton.url), &[("accept", html)]).await.expect(404);
    }
}

#[tokio::test]
async fn tickets_are_decimal_strings_that_rise() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let mut last = 0;
    for path in ["/v2/storage/tickets", "/v2/storage/tickets/", "/v2/storage/tickets"] {
        let answer = jeton.post(path).token(&held.token).json(&json!({})).send().await.expect(201);
        let id: u64 = answer.field("id").parse().unwrap();
        assert!(id > last);
        last = id;
    }
    jeton.post("/v2/storage/tickets").send().await.expect_error(401, "");
}

#[tokio::test]
async fn health_and_description_are_open_to_anyone() {
    let jeton = Jeton::start().await;
    for path in ["/health", "/ready"] {
        assert_eq!(jeton.get(path).send().await.expect(200).json(), json!({"status": "ok"}), "{path}");
    }
    let description = jeton.get("/openapi.json").send().await.expect(200);
    assert_eq!(description.content_type(), Some("application/json"));
    assert_eq!(description.json()["servers"][0]["url"], jeton.url);
}

#[tokio::test]
async fn people_read_the_description_as_a_page_that_needs_nothing_from_elsewhere() {
    let jeton = Jeton::start().await;
    let description = jeton.get("/openapi.json").send().await.expect(200).json();
    let answer = jeton.get("/docs").send().await.expect(200);
    assert!(answer.header("content-security-policy").unwrap().starts_with("default-src 'none'"));
    let page = answer.text();
    for path in description["paths"].as_object().unwrap().keys() {
        assert!(page.contains(&format!(" {path}<")), "{path}");
    }
    for name in description["components"]["schemas"].as_object().unwrap().keys() {
        assert!(page.contains(&format!("id=\"schema-{name}\"")), "{name}");
    }
    // Every link within the page has a target.
    for target in page.split("href=\"#").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(page.contains(&format!("id=\"{target}\"")), "{target}");
    }
    assert_eq!(page.matches("<script src=\"/docs/-/docs.js?").count(), 1, "{page}");
    assert!(page.matches("<script").count() == 1 && !page.contains("<img"), "{page}");
}

#[tokio::test]
async fn pages_have_an_icon_which_browsers_keep() {
    let jeton = Jeton::start().await;
    for page in ["/docs", "/console", "/pickup/0000000000000000"] {
        let answer = jeton.get(page).header("accept", "text/html").send().await;
        assert!(answer.header("content-security-policy").unwrap().contains("img-src 'self' data:"), "{page}");
        let page = answer.text();
        let link = page.split("<link rel=\"icon\" href=\"").nth(1).unwrap().split('"').next().unwrap();
        let icon = jeton.get(link).send().await.expect(200);
        assert_eq!(icon.header("cache-control"), Some("public, max-age=31536000, immutable"), "{link}");
        assert_eq!(icon.content_type(), Some("image/svg+xml"));
        assert!(icon.text().starts_with("<svg ") && icon.body.len() < 300, "{}", icon.text());
    }
    // A browser that shows JSON asks for it by itself, and has no digest.
    let asked = jeton.get("/favicon.ico").send().await.expect(200);
    assert!(
        asked.content_type() == Some("image/svg+xml")
            && asked.header("cache-control") != Some("public, max-age=31536000, immutable")
    );
}

#[tokio::test]
async fn the_icon_is_the_logo_of_a_brand_or_in_its_colour() {
    let logo = include_bytes!("../../shared/service/src/mail/testdata/logo.png");
    let brand = Arc::new(Brand::default().with_logo(Logo::parse(logo.to_vec()).unwrap()));
    let jeton = Jeton::start_as(|app| App { brand, ..app }).await;
    let icon = jeton.get("/favicon.ico").send().await.expect(200);
    assert_eq!((icon.content_type(), &icon.body[..]), (Some("image/png"), &logo[..]));
    let brand = Arc::new(Brand::default().coloured("#aa0000").unwrap());
    let jeton = Jeton::start_as(|app| App { brand, ..app }).await;
    let (coloured, plain) = (jeton.get("/favicon.ico").send().await.text(), Jeton::start().await);
    assert_ne!(coloured, plain.get("/favicon.ico").send().await.text());
}

#[tokio::test]
async fn the_description_shows_a_real_call_of_every_endpoint_and_describes_each_parameter() {
    let jeton = Jeton::start().await;
    let description = jeton.get("/openapi.json").send().await.expect(200).json();
    for (path, methods) in description["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            for parameter in operation["parameters"].as_array().unwrap() {
                assert!(parameter["description"].is_string(), "{method} {path}: {parameter}");
            }
            let body = |of: &Value| of["content"]["application/json"].clone();
            let answers = operation["responses"].as_object().unwrap().iter();
            let answers: Vec<_> =
                answers.filter(|(status, _)| status.starts_with('2')).map(|(_, answer)| answer).collect();
            // A call has one answer, though the endpoint may have several, with and without a body.
            let is_shown = path == "/openapi.json"
                || answers.iter().any(|answer| body(answer).is_null() || !body(answer)["example"].is_null());
            let sent = body(&operation["requestBody"]);
            assert!(is_shown && (sent.is_null() || !sent["example"].is_null()), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn an_unknown_path_is_an_error_in_the_one_shape_of_errors() {
    let jeton = Jeton::start().await;
    let answer = jeton.get("/v2/storage/nothing").send().await.expect(404);
    assert_eq!(answer.content_type(), Some("application/json"));
    insta::assert_json_snapshot!("no_route", body(&answer));
    for path in [
        "/",
        "/v2",
        "/v2/storage/tokens//",
        "/v2/storage/nothing/",
        "/manage",
        "/pickup",
        "/console/nothing/",
        "/docs//",
    ] {
        let answer = jeton.get(path).send().await.expect(404);
        assert!(answer.field("error").contains("resource not found"), "{path}");
    }
}

#[tokio::test]
async fn a_method_that_a_path_does_not_take_is_told_which_it_takes() {
    let jeton = Jeton::start().await;
    let answer = jeton.delete("/v2/storage/tokens").token(&jeton.master).send().await;
    let allow = answer.header("allow").unwrap().to_owned();
    assert!(allow.contains("GET") && allow.contains("POST"));
    answer.expect_error(405, "methodNotAllowed");
}

#[tokio::test]
async fn every_error_has_an_id_of_its_own() {
    let jeton = Jeton::start().await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(jeton.get("/nothing").send().await.field("exceptionId"));
    }
    ids.dedup();
    assert_eq!(ids.len(), 3);
}

#[tokio::test]
async fn a_body_over_the_limit_is_told_so_in_json() {
    let jeton = Jeton::start().await;
    let large = json!({"description": "x".repeat(300_000)});
    let answer = jeton.post("/v2/storage/tokens").token(&jeton.master).json(&large).send().await;
    assert_eq!(answer.content_type(), Some("application/json"));
    answer.expect_error(413, "requestTooLarge");
}

#[tokio::test]
async fn without_its_store_the_service_says_when_to_come_back() {
    let jeton = Jeton::start().await;
    let broken = outage::start().await;
    for call in [
        broken.get("/v2/storage/tokens/verify").token(&jeton.master),
        broken.get("/manage/tokens/verify").manage(&jeton.manage),
        broken.get("/ready"),
    ] {
        let answer = call.send().await.expect(503);
        assert_eq!(answer.content_type(), Some("application/json"));
        assert!(answer.header("retry-after").unwrap().parse::<u32>().is_ok());
        insta::assert_json_snapshot!("unavailable", body(&answer));
    }
    // It is alive: a restart would not bring the store back.
    broken.get("/health").send().await.expect(200);
    broken.get("/v2/storage").send().await.expect(200);
}

#[tokio::test]
async fn an_invented_token_is_rejected_before_the_store_is_asked() {
    let broken = outage::start().await;
    let answer = broken.get("/v2/storage/tokens/verify").token("1-2-jtinvented").send().await;
    answer.expect_error(401, "storage.tokenInvalid");
}

#[tokio::test]
async fn what_a_header_holds_reaches_no_answer() {
    let jeton = Jeton::start().await;
    let header = format!("X-StorageApi-Token: {}\u{e9}", jeton.master);
    let head = ["GET /v2/storage/tokens/verify HTTP/1.1", &header];
    let answer = raw::send(&jeton.url, &head, b"").await;
    assert!(!answer.text().contains(&jeton.master));
    answer.expect_error(401, "storage.tokenInvalid");
}
