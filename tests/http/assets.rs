//! Style sheets and scripts of pages.

use std::io::Read as _;

use flate2::read::GzDecoder;
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
