//! The functions as plain HTTP servers, behind an nginx with the routes of the endpoint table.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Write as _,
    fs::{self, File},
    net::{SocketAddr, TcpListener, TcpStream},
    os::{
        linux::net::SocketAddrExt as _,
        unix::{self, net::UnixListener},
    },
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use jeton_service::{
    endpoint::{Endpoint, endpoints},
    function::Function,
};
use serde_json::Value;

use crate::{
    client::Client,
    dynamodb,
    process::{Kept, wait_until},
    program,
    store::fresh_folder,
};

/// A function that serves HTTP.
pub struct Serving {
    /// Its process.
    pub process: Kept,
    /// Its address.
    pub address: SocketAddr,
}

/// All functions, and nginx in front of them.
pub struct Functions {
    /// The address of nginx.
    pub url: String,
    /// The outbox of all of them.
    pub outbox: PathBuf,
    serving: HashMap<&'static str, Serving>,
    _nginx: Kept,
}

impl Functions {
    /// Starts every function on a table, and nginx.
    pub fn start(table: &str) -> Self {
        // Links contain nginx's address, so that must be known before a function starts.
        let address = quiet_address();
        let (url, outbox) = (format!("http://{address}"), fresh_folder().join("outbox"));
        let mut variables = on_table(table);
        variables.push(("JETON_MAIL", format!("outbox:{}", outbox.display())));
        variables.push(("JETON_PUBLIC_URL", url.clone()));
        variables.push(("JETON_TRUSTED_PROXIES", "127.0.0.1".to_owned()));
        let starting: Vec<_> = http_functions().map(|f| (f.name(), started(f.name(), &variables))).collect();
        let serving: HashMap<_, _> = starting.into_iter().map(|(name, it)| (name, it.serving())).collect();
        let nginx = nginx(address, &serving);
        Self { url, outbox, serving, _nginx: nginx }
    }

    /// A client of nginx.
    pub fn client(&self) -> Client {
        Client::new(&self.url)
    }

    /// A function, for calls past nginx.
    pub fn function(&mut self, function: Function) -> &mut Serving {
        self.serving.get_mut(function.name()).unwrap()
    }
}

/// A free address whose port neither the system nor another test assigns to others.
///
/// Between now and the start of nginx many functions ask for a free port, and must not get this one.
pub fn quiet_address() -> SocketAddr {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    /// The names of the ports that this process has assigned. It keeps them to its end.
    static TAKEN: Mutex<Vec<UnixListener>> = Mutex::new(Vec::new());
    loop {
        let number = std::process::id() * 16 + NEXT.fetch_add(1, Ordering::Relaxed);
        let port = 20_000 + u16::try_from(number % 10_000).unwrap_or_default();
        let name = unix::net::SocketAddr::from_abstract_name(format!("jeton-tests-port-{port}")).unwrap();
        let Ok(taken) = UnixListener::bind_addr(&name) else { continue };
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        if TcpListener::bind(address).is_ok() {
            TAKEN.lock().unwrap().push(taken);
            return address;
        }
    }
}

/// The functions that serve HTTP outside Lambda: all but those that only AWS calls.
pub fn http_functions() -> impl Iterator<Item = Function> {
    Function::ALL.into_iter().filter(|function| !matches!(function, Function::Authorizer | Function::Bounces))
}

/// The environment of a function with a table of DynamoDB Local.
fn on_table(table: &str) -> Vec<(&'static str, String)> {
    vec![
        ("JETON_STORE", format!("dynamodb:{table}")),
        ("JETON_LISTEN", "127.0.0.1:0".to_owned()),
        ("AWS_ENDPOINT_URL_DYNAMODB", dynamodb::endpoint()),
        ("AWS_ACCESS_KEY_ID", "local".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
        ("AWS_REGION", "eu-central-1".to_owned()),
    ]
}

/// A function that may not listen yet.
struct Starting {
    process: Kept,
    log: PathBuf,
}

fn started(function: &str, variables: &[(&'static str, String)]) -> Starting {
    let log = fresh_folder().join(function);
    let mut command = Command::new(program::function(function));
    command.env_clear().envs(variables.iter().map(|(name, value)| (name, value)));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&log).unwrap());
    Starting { process: Kept::start(&mut command), log }
}

impl Starting {
    /// Waits until it has logged where it listens.
    fn serving(mut self) -> Serving {
        let address = wait_until("the function says where it listens", || {
            let runs = self.process.runs();
            let logged = fs::read_to_string(&self.log).unwrap();
            let lines = logged.split_inclusive('\n').filter(|line| line.ends_with('\n'));
            let lines = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
            let said = lines.filter(|line| line["message"] == "listening").find_map(|line| {
                line["address"].as_str().map(|address| address.parse::<SocketAddr>().unwrap())
            });
            assert!(runs || said.is_some(), "it ended: {logged}");
            said
        });
        Serving { process: self.process, address }
    }
}

fn nginx(listen: SocketAddr, serving: &HashMap<&'static str, Serving>) -> Kept {
    #[expect(clippy::disallowed_methods, reason = "what the suites run against is no configuration of Jeton")]
    let program = std::env::var("NGINX").expect("NGINX tells where nginx is; run ./test");
    let folder = fresh_folder();
    fs::write(folder.join("nginx.conf"), configuration(&folder, listen, serving)).unwrap();
    let log = folder.join("error.log");
    let mut command = Command::new(program);
    // nginx itself takes a variable of this name for a list of inherited sockets.
    command.env_remove("NGINX");
    command.arg("-p").arg(&folder).arg("-c").arg(folder.join("nginx.conf")).arg("-e").arg(&log);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(folder.join("stderr")).unwrap());
    let mut process = Kept::start(&mut command);
    wait_until("nginx listens", || {
        assert!(process.runs(), "nginx ended: {}", fs::read_to_string(&log).unwrap_or_default());
        TcpStream::connect(listen).ok()
    });
    process
}

/// One process of nginx, which writes only to its folder.
fn configuration(folder: &Path, listen: SocketAddr, serving: &HashMap<&'static str, Serving>) -> String {
    let folder = folder.display();
    let mut text = format!("daemon off;\nmaster_process off;\npid {folder}/pid;\n");
    text += "events { worker_connections 512; }\nhttp {\naccess_log off;\nclient_max_body_size 0;\n";
    for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
        writeln!(text, "{kind}_temp_path {folder}/{kind};").unwrap();
    }
    writeln!(text, "map \"$request_method $request_uri\" $function {{\n{}}}", routes()).unwrap();
    for (name, function) in serving {
        writeln!(text, "upstream {name} {{ server {}; }}", function.address).unwrap();
    }
    // nginx rejects TRACE with its own page before it looks at a location; the function's error is better.
    writeln!(
        text,
        "proxy_http_version 1.1;\nproxy_set_header Host $http_host;\n\
         proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;\n\
         server {{\nlisten {listen};\nerror_page 405 @function;\n\
         location / {{ proxy_pass http://$function$request_uri; }}\n\
         location @function {{ proxy_pass http://$function$request_uri; }}\n}}\n}}"
    )
    .unwrap();
    text
}

/// The routing rules: which function a request goes to, first match first.
///
/// Paths without parameters come first. A method that no row of a path has goes to any of its functions,
/// which answers 405; an unknown path goes to the index.
fn routes() -> String {
    let mut paths: BTreeMap<(usize, String), Vec<&Endpoint>> = BTreeMap::new();
    for row in endpoints() {
        for path in row.paths() {
            paths.entry((path.matches('{').count(), path)).or_default().push(row);
        }
    }
    let mut text = format!("default {};\n", Function::Index.name());
    for ((_, path), rows) in paths {
        let parts = path.split('/').map(|part| if part.starts_with('{') { "[^/?]+" } else { part });
        let pattern = parts.collect::<Vec<_>>().join("/").replace('.', "\\.");
        for row in &rows {
            for method in row.methods() {
                writeln!(text, "\"~^{method} {pattern}(\\?.*)?$\" {};", row.function.name()).unwrap();
            }
        }
        writeln!(text, "\"~^[^ ]+ {pattern}(\\?.*)?$\" {};", rows[0].function.name()).unwrap();
    }
    text
}
