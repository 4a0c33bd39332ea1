//! The functions under `cargo lambda watch`: each a process that polls a runtime API for its events, behind a
//! router that only knows the workspace's manifest.

use std::{
    fs::{self, File},
    net::TcpStream,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use serde_json::Value;

use crate::{
    dynamodb,
    functions::quiet_address,
    mailbox::Received,
    process::{Kept, wait_until},
    program, ses,
    store::fresh_folder,
};

/// `cargo lambda watch` on a table of DynamoDB Local, with mail through SES.
///
/// A function starts with its first call, by `cargo run`, which finds it built, or by a replacement for that.
pub struct Watch {
    /// The address of the router.
    pub url: String,
    process: Option<Kept>,
    from: String,
    port: u16,
}

impl Watch {
    /// Starts it on a table, with the built functions, without asking cargo whether they are current.
    pub fn start_quick(table: &str) -> Self {
        let stand_in = program::root().join("tests/services/cargo-lambda/started-at-once");
        let functions = program::function("index").parent().unwrap().display().to_string();
        let more = [("CARGO", &*stand_in.display().to_string()), ("FUNCTIONS", &functions)];
        Self::start_in(&without_target(), table, &more)
    }

    /// Starts it on a table, with further variables for the functions.
    pub fn start(table: &str, more: &[(&str, &str)]) -> Self {
        Self::start_in(program::root(), table, more)
    }

    fn start_in(workspace: &Path, table: &str, more: &[(&str, &str)]) -> Self {
        let address = quiet_address();
        let (url, from) = (format!("http://{address}"), format!("{table}@example.org"));
        let mut command = Command::new(cargo_lambda());
        command.args(["lambda", "watch", "--ignore-changes", "--disable-cors", "--color", "never"]);
        command.args(["--invoke-address", "127.0.0.1", "--invoke-port", &address.port().to_string()]);
        // The variables of ./test are not for Jeton, which rejects unknown ones.
        for name in
            ["JETON_BIN", "JETON_BIN_DIR", "JETON_SCREENSHOTS", "JETON_TEST_STORE", "JETON_TEST_CALLED"]
        {
            command.env_remove(name);
        }
        command
            .env("JETON_STORE", format!("dynamodb:{table}"))
            .env("JETON_MAIL", format!("ses:{from}"))
            .env("JETON_PUBLIC_URL", &url)
            .env("AWS_ENDPOINT_URL_DYNAMODB", dynamodb::endpoint())
            .env("AWS_ENDPOINT_URL_SES", ses::endpoint())
            .env("AWS_ACCESS_KEY_ID", "local")
            .env("AWS_SECRET_ACCESS_KEY", "local")
            .env("AWS_REGION", "eu-central-1")
            .envs(more.iter().copied());
        let log = File::create(fresh_folder().join("cargo-lambda-watch")).unwrap();
        command.current_dir(workspace).stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let mut process = Kept::start(&mut command);
        wait_until("cargo lambda watch listens", || {
            assert!(process.runs(), "cargo lambda watch ended; what it said is in the folder of the test");
            TcpStream::connect(address).ok()
        });
        Self { url, process: Some(process), from, port: address.port() }
    }

    /// Calls a function with an event in a file, by `cargo lambda invoke`, and returns its answer.
    pub fn invoke(&self, function: &str, event: &Path) -> Value {
        let mut command = Command::new(cargo_lambda());
        command.args(["lambda", "invoke", function, "--output-format", "json", "--color", "never"]);
        command.args([
            "--invoke-address",
            "127.0.0.1",
            "--invoke-port",
            &self.port.to_string(),
            "--data-file",
        ]);
        let said = command.arg(event).current_dir(program::root()).stdin(Stdio::null()).output().unwrap();
        let (answer, problem) =
            (String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
        assert!(said.status.success(), "{answer}\n{problem}");
        serde_json::from_str(&answer).unwrap_or_else(|_| panic!("no JSON: {answer}\n{problem}"))
    }

    /// The mails of these functions to an address in SES, oldest first.
    pub async fn mail_to(&self, recipient: &str) -> Vec<Received> {
        let mails = ses::mails_to(recipient).await;
        let ours = |mail: &&Value| mail["from"].as_str().is_some_and(|from| from.contains(&self.from));
        mails.iter().filter(ours).map(ses::received).collect()
    }
}

impl Drop for Watch {
    /// A signal to stop ends its functions too, which takes some seconds. A kill would leave them running.
    /// Nobody waits for it: it ends even after this process.
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.ask_to_end();
            thread::spawn(move || process.ended());
        }
    }
}

/// Another view of the workspace without build results: even when told to ignore changes, `cargo lambda
/// watch` first scans every folder, for seconds.
fn without_target() -> PathBuf {
    let folder = fresh_folder();
    for entry in fs::read_dir(program::root()).unwrap().map(Result::unwrap) {
        if entry.file_name() != "target" && entry.file_name() != ".git" {
            symlink(entry.path(), folder.join(entry.file_name())).unwrap();
        }
    }
    folder
}

#[expect(clippy::disallowed_methods, reason = "what the suites run against is no configuration of Jeton")]
fn cargo_lambda() -> PathBuf {
    std::env::var_os("CARGO_LAMBDA").expect("CARGO_LAMBDA names the program; run ./test").into()
}
