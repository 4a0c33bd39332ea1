//! Static files of pages, which browsers keep: their addresses name their content.

use std::{io::Write as _, sync::OnceLock};

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http::{HeaderMap, Uri, header};
use sha2::{Digest as _, Sha256};

use crate::http::Reply;

/// The length of a digest in an address, in bytes: enough to tell builds apart.
const DIGEST: usize = 8;

/// A static file.
#[derive(Debug)]
pub struct Asset {
    path: &'static str,
    content_type: &'static str,
    text: Bytes,
    // Computed once for each process, apart: a page needs only the address, also at a cold start.
    address: OnceLock<String>,
    gzip: OnceLock<Bytes>,
}

impl Asset {
    /// A file that is served at this path.
    pub const fn new(path: &'static str, content_type: &'static str, text: &'static str) -> Self {
        Self::made(path, content_type, Bytes::from_static(text.as_bytes()))
    }

    /// The same with a content that is made at the start.
    pub const fn made(path: &'static str, content_type: &'static str, text: Bytes) -> Self {
        Self { path, content_type, text, address: OnceLock::new(), gzip: OnceLock::new() }
    }

    /// The content.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// The path with the digest of the content as its query. A changed file has another address, so a page never gets the file
    /// of an earlier build from a cache.
    pub fn address(&self) -> &str {
        self.address.get_or_init(|| {
            let digest = Sha256::digest(&self.text);
            format!("{}?v={}", self.path, hex::encode(&digest[..DIGEST]))
        })
    }

    /// The answer to a request of this file: compressed if the client accepts that, and kept for a year by clients that named
    /// its digest. While builds are replaced, a page of another build names another digest. It gets this file, which no cache
    /// may store under that address.
    pub fn reply(&self, uri: &Uri, headers: &HeaderMap) -> Reply {
        let named = uri.query().is_some_and(|query| self.address().ends_with(&format!("?{query}")));
        let reply = if accepts_gzip(headers) {
            Reply::shared(self.content_type, self.gzip.get_or_init(|| compress(&self.text))).gzipped()
        } else {
            Reply::shared(self.content_type, &self.text)
        };
        let reply = reply.varying(&header::ACCEPT_ENCODING);
        if named { reply.immutable() } else { reply }
    }
}

fn compress(text: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // A vector takes everything.
    let written = encoder.write_all(text).and_then(|()| encoder.finish());
    written.unwrap_or_default().into()
}

/// Whether a client accepts gzip by name. One that refuses it, or only wants anything, gets the file as it is.
fn accepts_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let refused = |weight: &str| {
            weight
                .strip_prefix("q=")
                .is_some_and(|weight| weight.parse::<f32>().is_ok_and(|weight| weight == 0.0))
        };
        parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip")) && !parts.any(refused)
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn gzip_is_sent_to_clients_that_name_it_and_do_not_refuse_it() {
        let accepts = |value: &'static str| {
            accepts_gzip(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(value))]))
        };
        for value in ["gzip", "gzip, deflate, br", "br;q=1.0, GZIP;q=0.5", "deflate,gzip"] {
            assert!(accepts(value), "{value}");
        }
        for value in ["", "identity", "*", "gzip;q=0", "gzip; q=0.000", "x-gzip", "br"] {
            assert!(!accepts(value), "{value}");
        }
        assert!(!accepts_gzip(&HeaderMap::new()));
    }

    #[test]
    fn another_content_has_another_address() {
        let [one, other] = ["a", "b"].map(|text| Asset::new("/-/a.css", "text/css", text));
        assert!(one.address().starts_with("/-/a.css?v="));
        assert_ne!(one.address(), other.address());
    }
}
