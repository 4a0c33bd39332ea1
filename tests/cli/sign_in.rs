//! `jeton serve` with an identity provider.

use jeton_tests::{
    client::fetch,
    process::{Served, wait_until},
    store::fresh_folder,
};

const SECRET: &str = "hunter2-hunter2";

#[tokio::test]
async fn a_server_leads_to_the_provider_that_is_configured_and_logs_why_it_cannot_be_used() {
    let folder = fresh_folder();
    // Of a port that nothing listens on, which only a program of root could change.
    let variables = [
        ("JETON_OIDC_ISSUER", "http://127.0.0.1:1/issuer"),
        ("JETON_OIDC_CLIENT_ID", "jeton"),
        ("JETON_OIDC_CLIENT_SECRET", SECRET),
        ("JETON_OIDC_NAME", "Example <ID>"),
        ("JETON_SIGN_IN", "oidc"),
        ("JETON_LOG", "trace"),
    ];
    let jeton = Served::start_with(&folder, &variables);
    let page = fetch(&format!("{}/console", jeton.url()), &[]).await.expect(200).text();
    assert!(page.contains("Sign in with Example &lt;ID&gt;") && !page.contains("Email me a link"), "{page}");
    let page = fetch(&format!("{}/console/-/provider", jeton.url()), &[]).await.expect(503).text();
    assert!(page.contains("Temporarily unavailable"), "{page}");
    wait_until("the log says why", || jeton.logged().contains("a sign-in failed").then_some(()));
    let logged = jeton.logged();
    assert!(logged.contains("its configuration does not answer"), "{logged}");
    assert!(!logged.contains("hunter2"), "{logged}");
}
