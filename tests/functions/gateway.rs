//! A small API gateway with Lambda functions behind it.

use std::{
    collections::{BTreeSet, HashMap},
    fs::{self, File},
    path::PathBuf,
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::{HeaderMap, HeaderName, Method};
use jeton_tests::{
    client::Answer,
    description,
    fault_proxy::{Action, FaultProxy},
    process::Kept,
    program,
    store::fresh_folder,
};
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    sync::{Mutex, mpsc, oneshot},
    time::timeout,
};

/// The time limit of an invocation; only a failure takes that long.
const PATIENCE: Duration = Duration::from_mins(1);

/// Functions, each started with its first call.
pub struct Gateway {
    runtime: Arc<Runtime>,
    address: String,
    variables: Vec<(&'static str, String)>,
    endpoints: Vec<(&'static str, String)>,
    processes: HashMap<&'static str, Running>,
    invocations: u32,
    /// Recorded requests and answers, to search in.
    pub exchanged: Vec<String>,
}

/// A running function, with a recording proxy in front of each service of AWS: so its own requests are known.
struct Running {
    _process: Kept,
    proxies: Vec<FaultProxy>,
    log: PathBuf,
}

/// The runtime API's state for each function, with its pending answers.
#[derive(Default)]
struct Runtime {
    events: Mutex<HashMap<String, Events>>,
    answers: Mutex<HashMap<String, oneshot::Sender<Result<Value, String>>>>,
}

type Event = (String, Value);
type Events = (mpsc::UnboundedSender<Event>, Arc<Mutex<mpsc::UnboundedReceiver<Event>>>);

impl Runtime {
    async fn events_of(&self, function: &str) -> Events {
        let mut events = self.events.lock().await;
        let new = || {
            let (send, receive) = mpsc::unbounded_channel();
            (send, Arc::new(Mutex::new(receive)))
        };
        events.entry(function.to_owned()).or_insert_with(new).clone()
    }

    async fn answer(&self, id: &str, answer: Result<Value, String>) -> StatusCode {
        if let Some(waiting) = self.answers.lock().await.remove(id) {
            drop(waiting.send(answer));
        }
        StatusCode::ACCEPTED
    }
}

impl Gateway {
    /// A gateway with these variables for the functions, and with endpoints that are called past the recording proxies.
    pub async fn start(
        variables: Vec<(&'static str, String)>,
        endpoints: Vec<(&'static str, String)>,
    ) -> Self {
        let runtime = Arc::new(Runtime::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let routes = Router::new()
            .route("/{function}/2018-06-01/runtime/invocation/next", get(next))
            .route("/{function}/2018-06-01/runtime/invocation/{id}/response", post(answered))
            .route("/{function}/2018-06-01/runtime/invocation/{id}/error", post(failed))
            .with_state(Arc::clone(&runtime));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self {
            runtime,
            address,
            variables,
            endpoints,
            processes: HashMap::new(),
            invocations: 0,
            exchanged: Vec::new(),
        }
    }

    /// Sends a call to the function of its row in the endpoint table.
    pub async fn call(&mut self, method: Method, path: &str, token: &str, body: Option<Value>) -> Answer {
        self.call_with(method, path, &[("x-storageapi-token", token)], body).await
    }

    /// The same with further headers.
    pub async fn call_with(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Answer {
        let row = description::endpoint(&method, path).expect("a row of the endpoint table");
        let event = http_event(&method, path, headers, body.as_ref());
        let reply = self.invoke(row.function.name(), event).await.unwrap();
        let answer = answer(&reply);
        description::check(&method, path, &answer);
        answer
    }

    /// The same as a browser: with cookies, which the gateway passes apart from the headers, and with a form,
    /// if any, from a page of this origin.
    pub async fn browse(&mut self, path: &str, cookies: &[String], form: Option<(&str, String)>) -> Answer {
        let method = if form.is_some() { Method::POST } else { Method::GET };
        let row = description::endpoint(&method, path).expect("a row of the endpoint table");
        let mut event = http_event(&method, path, &[("accept", "text/html")], None);
        event["cookies"] = json!(cookies);
        if let Some((origin, form)) = form {
            event["headers"]["origin"] = json!(origin);
            event["headers"]["content-type"] = json!("application/x-www-form-urlencoded");
            event["body"] = json!(form);
        }
        answer(&self.invoke(row.function.name(), event).await.unwrap())
    }

    /// Sends an event to a function and waits for its answer.
    pub async fn invoke(&mut self, function: &'static str, event: Value) -> Result<Value, String> {
        if !self.processes.contains_key(function) {
            let running = self.process(function).await;
            self.processes.insert(function, running);
        }
        self.invocations += 1;
        self.exchanged.push(event.to_string());
        let id = format!("invocation-{}", self.invocations);
        let (send, answer) = oneshot::channel();
        self.runtime.answers.lock().await.insert(id.clone(), send);
        self.runtime.events_of(function).await.0.send((id, event)).unwrap();
        let waited = timeout(PATIENCE, answer).await;
        let answer = waited.unwrap_or_else(|_| panic!("{function} does not answer")).unwrap();
        self.exchanged.extend(answer.as_ref().ok().map(Value::to_string));
        answer
    }

    /// The log lines of a function so far, each a JSON object.
    pub fn lines(&self, function: &str) -> Vec<Value> {
        let written = fs::read_to_string(&self.processes[function].log).unwrap();
        written.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// All output of every function so far, by its name.
    pub fn written(&self) -> Vec<(&'static str, String)> {
        let read = |running: &Running| String::from_utf8_lossy(&fs::read(&running.log).unwrap()).into_owned();
        self.processes.iter().map(|(name, running)| (*name, read(running))).collect()
    }

    /// Sets a variable of the functions.
    pub fn variable(&self, name: &str) -> &str {
        &self.variables.iter().find(|(known, _)| *known == name).unwrap().1
    }

    /// The requests of a function to DynamoDB and SES so far.
    pub fn actions(&self, function: &str) -> BTreeSet<Action> {
        self.processes[function].proxies.iter().flat_map(FaultProxy::actions).collect()
    }

    async fn process(&self, function: &'static str) -> Running {
        let (mut variables, mut proxies) = (self.variables.clone(), Vec::new());
        for (_, endpoint) in variables.iter_mut().filter(|(name, _)| name.starts_with("AWS_ENDPOINT_URL_")) {
            let proxy = FaultProxy::in_front_of(endpoint.clone()).await;
            proxy.endpoint().clone_into(endpoint);
            proxies.push(proxy);
        }
        let path = fresh_folder().join(function);
        let log = File::create(&path).unwrap();
        let mut command = Command::new(program::function(function));
        command
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", format!("http://{}/{function}", self.address))
            .env("AWS_LAMBDA_FUNCTION_NAME", function)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .envs(variables)
            .envs(self.endpoints.iter().map(|(name, value)| (*name, value.as_str())))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        Running { _process: Kept::start(&mut command), proxies, log: path }
    }
}

async fn next(State(runtime): State<Arc<Runtime>>, Path(function): Path<String>) -> Response {
    let events = runtime.events_of(&function).await.1;
    let Some((id, event)) = events.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let arn = format!("arn:aws:lambda:eu-central-1:123456789012:function:{function}");
    let headers = [
        ("lambda-runtime-aws-request-id", id),
        ("lambda-runtime-invoked-function-arn", arn),
        // In the year 2100: no invocation is late.
        ("lambda-runtime-deadline-ms", "4102444800000".to_owned()),
    ];
    (headers, event.to_string()).into_response()
}

async fn answered(
    State(runtime): State<Arc<Runtime>>,
    Path((_, id)): Path<(String, String)>,
    body: Bytes,
) -> StatusCode {
    let answer = serde_json::from_slice(&body).map_err(|error| error.to_string());
    runtime.answer(&id, answer).await
}

async fn failed(
    State(runtime): State<Arc<Runtime>>,
    Path((_, id)): Path<(String, String)>,
    body: String,
) -> StatusCode {
    runtime.answer(&id, Err(body)).await
}

/// An event of an HTTP API, in its payload format 2.0.
pub fn http_event(method: &Method, path: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Value {
    let (raw_path, query) = path.split_once('?').unwrap_or((path, ""));
    let mut event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": raw_path,
        "rawQueryString": query,
        "headers": {
            "host": "abc.execute-api.eu-central-1.amazonaws.com",
            "content-type": "application/json",
            "x-forwarded-for": "198.51.100.1",
        },
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abc",
            "domainName": "abc.execute-api.eu-central-1.amazonaws.com",
            "domainPrefix": "abc",
            "http": {
                "method": method.as_str(),
                "path": raw_path,
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7",
                "userAgent": "tests",
            },
            "requestId": "request",
            "routeKey": "$default",
            "stage": "$default",
            "time": "15/Jan/2026:12:00:00 +0000",
            "timeEpoch": 1_768_478_400_000_i64,
        },
        "body": body.map(Value::to_string),
        "isBase64Encoded": false,
    });
    for (name, value) in headers {
        event["headers"][*name] = json!(value);
    }
    event
}

/// Parses a function's reply like the gateway.
fn answer(reply: &Value) -> Answer {
    assert_ne!(reply["isBase64Encoded"], true, "what Jeton answers is text: {reply}");
    let status = u16::try_from(reply["statusCode"].as_u64().unwrap()).unwrap();
    let mut headers = HeaderMap::new();
    for (name, value) in reply["headers"].as_object().into_iter().flatten() {
        let name: HeaderName = name.parse().unwrap();
        headers.insert(name, value.as_str().unwrap().parse().unwrap());
    }
    for cookie in reply["cookies"].as_array().into_iter().flatten() {
        headers.append("set-cookie", cookie.as_str().unwrap().parse().unwrap());
    }
    let body = reply["body"].as_str().unwrap_or_default().to_owned();
    Answer { status: StatusCode::from_u16(status).unwrap(), headers, body: Bytes::from(body) }
}
