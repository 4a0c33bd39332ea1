//! A certified identity provider: oidc-provider of npm, as a process. `./test browser` sets `OIDC_PROVIDER`, the folder of its
//! packages.

use std::{
    env,
    io::{BufRead as _, BufReader},
    path::PathBuf,
    process::{ChildStdout, Command, Stdio},
};

use jeton_core::secret::PlainSecret;
use jeton_service::oidc::{CALLBACK, Provider, Registration};

use crate::{process::Kept, program::root};

/// A provider with one client, this Jeton. Ends with the test.
#[derive(Debug)]
pub struct OidcProvider {
    /// Its issuer.
    pub issuer: String,
    _process: Kept,
    /// It ends if it writes into a closed pipe.
    _output: BufReader<ChildStdout>,
}

impl OidcProvider {
    /// Starts it on a free local port, for a Jeton with this address.
    pub fn start(public_url: &str) -> Self {
        let mut command = Command::new("node");
        command.arg(root().join("tests/services/oidc/server.mjs")).arg(format!("{public_url}{CALLBACK}"));
        command.current_dir(packages()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = Kept::start(&mut command);
        let mut issuer = String::new();
        let mut output = BufReader::new(process.child().stdout.take().expect("its output is a pipe"));
        output.read_line(&mut issuer).expect("it prints its issuer");
        assert!(issuer.starts_with("http://"), "the identity provider does not start");
        Self { issuer: issuer.trim().to_owned(), _process: process, _output: output }
    }

    /// Jeton's side of it.
    pub fn provider(&self, public_url: &str) -> Provider {
        let (issuer, client, name) = (self.issuer.clone(), "jeton".to_owned(), "Example ID".to_owned());
        let secret = PlainSecret::new("a-secret-of-this-test".to_owned());
        Provider::new(Registration { issuer, client, name }, secret, public_url)
    }
}

#[expect(clippy::disallowed_methods, reason = "what the suites run against is no configuration of Jeton")]
fn packages() -> PathBuf {
    env::var_os("OIDC_PROVIDER").expect("OIDC_PROVIDER is set by ./test browser").into()
}
