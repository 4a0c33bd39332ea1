//! Pages of calls that failed for the moment.

use jeton_tests::{client::Client, outage};

/// A call of a signed-in browser to a service without its store.
async fn page(broken: &Client, call: &str, path: &str, body: &str) -> String {
    let call = if call == "GET" { broken.get(path) } else { broken.post(path).form(body) };
    let session = format!("__Host-jeton-session=0123456789abcdef.{}", "a".repeat(43));
    let call =
        call.header("cookie", &session).header("accept", "text/html").header("sec-fetch-site", "same-origin");
    call.send().await.expect(503).text()
}

#[tokio::test]
async fn a_page_that_failed_for_the_moment_leads_to_the_same_page() {
    let broken = outage::start().await;
    let page = page(&broken, "GET", "/console/projects/7/tokens?search=a%26b", "").await;
    let link = "<a class=\"button primary\" href=\"/console/projects/7/tokens?search=a%26b\">Try again</a>";
    assert!(page.contains(link), "{page}");
}

#[tokio::test]
async fn a_form_that_failed_for_the_moment_is_sent_again_as_it_was() {
    let broken = outage::start().await;
    let body = "form=f&key=k&description=%3CImport%3E&tokens%5B%5D=5&tokens%5B%5D=6";
    let shown = page(&broken, "POST", "/console/projects/7/tokens", body).await;
    assert!(
        shown.contains("<form class=\"again\" method=\"post\" action=\"/console/projects/7/tokens\">"),
        "{shown}"
    );
    for (name, value) in
        [("form", "f"), ("key", "k"), ("description", "&lt;Import&gt;"), ("tokens[]", "5"), ("tokens[]", "6")]
    {
        let field = format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">");
        assert_eq!(shown.matches(&field).count(), 1, "{field}: {shown}");
    }
    assert!(shown.contains("go back in your browser"), "{shown}");
    // The secret of a sign-in is on no page.
    let shown = page(&broken, "POST", "/console/sign-in/0123456789abcdef", "secret=abc&code=123456").await;
    assert!(!shown.contains("<form") && !shown.contains("abc\""), "{shown}");
}

#[tokio::test]
async fn a_step_that_failed_for_the_moment_says_how_many_tokens_it_may_have_changed() {
    let broken = outage::start().await;
    for (done, told) in [
        ("6", "The action stopped after at least 6 tokens. This step may have deleted up to 2 more."),
        ("0", "The action may have deleted up to 2 tokens."),
    ] {
        let body = format!("form=f&key=k&action=delete&all=1&ids=5.6&total=8&done={done}");
        let shown = page(&broken, "POST", "/console/projects/7/tokens/actions", &body).await;
        assert!(shown.contains(told), "{shown}");
    }
}
