//! A real nginx with a configuration of docs/how-to/gateways.md, in front of a service that echoes its requests.

use std::{
    fmt::Write as _,
    fs::{self, File},
    net::TcpStream,
    path::PathBuf,
    process::{Command, Stdio},
};

use axum::{Router, http::Uri};
use jeton_tests::{
    functions::quiet_address,
    jeton::Jeton,
    process::{Kept, wait_until},
    program::root,
    store::fresh_folder,
};
use tokio::net::TcpListener;

/// An nginx in front of a Jeton.
pub struct Gateway {
    /// Its address.
    pub url: String,
    _process: Kept,
    log: PathBuf,
}

/// The first code block in this language after this text of the page.
fn block(from: &str, language: &str) -> String {
    let page = fs::read_to_string(root().join("docs/how-to/gateways.md")).unwrap();
    let (_, rest) = page.split_once(from).unwrap_or_else(|| panic!("the page has no {from:?}"));
    let (_, block) = rest.split_once(&format!("```{language}\n")).unwrap();
    block.split_once("```").unwrap().0.to_owned()
}

/// The configuration under this heading.
pub fn configuration(heading: &str) -> String {
    block(heading, "nginx")
}

/// The script that calls Jeton.
pub fn script() -> String {
    block("jeton.js", "js")
}

#[expect(clippy::disallowed_methods, reason = "what the suites run against is no configuration of Jeton")]
fn program(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| panic!("{variable} tells where it is; run ./test"))
}

impl Gateway {
    /// Starts one with this configuration for the project of a Jeton.
    pub async fn start(jeton: &Jeton, configuration: &str) -> Self {
        Self::start_with(jeton, configuration, &script()).await
    }

    /// Starts one with another script.
    pub async fn start_with(jeton: &Jeton, configuration: &str, script: &str) -> Self {
        let (folder, listen) = (fresh_folder(), quiet_address());
        let service = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let behind = service.local_addr().unwrap().to_string();
        let says = Router::new().fallback(async |uri: Uri| uri.to_string());
        tokio::spawn(async move { axum::serve(service, says).await });

        // The page has the addresses, the folder and the project of an example.
        let (own, place) = (jeton.url.trim_start_matches("http://"), folder.display().to_string());
        let project = jeton.project.to_string();
        let ours = |text: &str| {
            text.replace("127.0.0.1:3000", own)
                .replace("127.0.0.1:4000", &behind)
                .replace("127.0.0.1:8080", &listen.to_string())
                .replace("/etc/nginx/jeton", &place)
                .replace("PROJECT = 5;", &format!("PROJECT = {project};"))
                .replace("5-[0-9]+-jt", &format!("{project}-[0-9]+-jt"))
        };
        let mut text = format!("load_module {};\ndaemon off;\nmaster_process off;\n", program("NGINX_JS"));
        writeln!(text, "pid {place}/pid;\nevents {{}}\nhttp {{\naccess_log off;").unwrap();
        for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
            writeln!(text, "{kind}_temp_path {place}/{kind};").unwrap();
        }
        writeln!(text, "{}\n}}", ours(configuration)).unwrap();
        fs::write(folder.join("nginx.conf"), text).unwrap();
        fs::write(folder.join("jeton.js"), ours(script)).unwrap();

        let log = folder.join("error.log");
        let mut command = Command::new(program("NGINX"));
        // nginx itself takes a variable of this name for a list of inherited sockets.
        command.env_remove("NGINX");
        command.arg("-p").arg(&folder).arg("-c").arg(folder.join("nginx.conf")).arg("-e").arg(&log);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(folder.join("err")).unwrap());
        let mut process = Kept::start(&mut command);
        wait_until("nginx listens", || {
            let logged = || fs::read_to_string(&log).unwrap_or_default();
            assert!(process.runs(), "nginx ended: {}", logged());
            TcpStream::connect(listen).ok()
        });
        Self { url: format!("http://{listen}"), _process: process, log }
    }
}

impl Drop for Gateway {
    /// Of a failed test, nginx alone knows why it answered 500.
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("nginx logged: {}", fs::read_to_string(&self.log).unwrap_or_default());
        }
    }
}
