//! Style sheets and scripts of pages.

use std::io::Read as _;

use flate2::read::GzDecoder;
use jeton_core::seal::Digest;
use jeton_tests::{client::Answer, jeton::Jeton};

/// The addresses of style sheets and scripts on a page.
fn linked(page: &str) -> Vec<String> {
    let after = |attribute: &str| -> Vec<String> {
        let parts = page.split(attribute).skip(1);
        parts
            .filter_map(|part| part.split('"').next())
            .filter(|path| path.contains("/-/"))
            .map(str::to_owned)
            .collect()
    };
    [after("href=\""), after("src=\"")].concat()
}

fn unzipped(answer: &Answer) -> String {
    let mut text = String::new();
    GzDecoder::new(&answer.body[..]).read_to_string(&mut text).unwrap();
    text
}

#[tokio::test]
async fn files_that_pages_link_are_kept_by_browsers_and_sent_compressed() {
    let jeton = Jeton::start().await;
    for (page, files) in [("/console", 2), ("/pickup/0000000000000000", 2), ("/docs", 2)] {
        let links = linked(&jeton.get(page).header("accept", "text/html").send().await.text());
        assert_eq!(links.len(), files, "{page}: {links:?}");
        for link in links {
            let plain = jeton.get(&link).send().await.expect(200);
            let small = jeton.get(&link).header("accept-encoding", "br, gzip").send().await.expect(200);
            for answer in [&plain, &small] {
                assert_eq!(
                    answer.header("cache-control"),
                    Some("public, max-age=31536000, immutable"),
                    "{link}"
                );
                assert_eq!(answer.header("vary"), Some("accept-encoding"));
                assert_eq!(answer.content_type(), plain.content_type());
            }
            assert_eq!(
                (plain.header("content-encoding"), small.header("content-encoding")),
                (None, Some("gzip"))
            );
            assert_eq!(unzipped(&small), plain.text());
            assert!(small.body.len() * 2 < plain.body.len(), "{link}: {}", small.body.len());
            // Browsers take no style sheet or script of another type.
            let (path, query) = link.split_once('?').unwrap();
            let of_page = if path.contains(".css") { "text/css" } else { "text/javascript" };
            assert_eq!(plain.content_type(), Some(format!("{of_page}; charset=utf-8").as_str()), "{link}");
            assert_eq!(plain.header("x-content-type-options"), Some("nosniff"), "{link}");
            let digest = Digest::of(&plain.body).to_string();
            let named = query.strip_prefix("v=").unwrap();
            assert!(named.len() >= 16 && digest.starts_with(named), "{link}: {digest}");
        }
    }
}

#[tokio::test]
async fn a_file_under_the_address_of_another_build_is_kept_by_nobody() {
    let jeton = Jeton::start().await;
    for query in ["", "?v=", "?v=0123456789abcdef", "?v"] {
        let answer = jeton.get(&format!("/console/-/console.css{query}")).send().await.expect(200);
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{query}");
    }
}

#[tokio::test]
async fn a_client_that_refuses_compression_gets_the_file_as_it_is() {
    let jeton = Jeton::start().await;
    for refused in ["gzip;q=0", "identity", "*", "deflate, br"] {
        let answer = jeton.get("/docs/-/docs.js").header("accept-encoding", refused).send().await.expect(200);
        assert_eq!(answer.header("content-encoding"), None, "{refused}");
        assert!(answer.text().contains("getElementById") || answer.text().contains("querySelector"));
    }
}

#[tokio::test]
async fn a_file_that_there_is_not_is_an_error_that_nobody_keeps() {
    let jeton = Jeton::start().await;
    for path in [
        "/console/-/nothing.css",
        "/console/-/docs.js",
        "/docs/-/",
        "/docs/-/docs.css",
        "/docs/-/docs.js/more",
        "/pickup/-/..%2f..%2fstyle.css",
    ] {
        let answer = jeton.get(path).header("accept-encoding", "gzip").send().await.expect(404);
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        assert_eq!(answer.header("content-encoding"), None, "{path}");
    }
}
