//! A proxy in front of DynamoDB Local that makes it fail like the real one.
//!
//! It reads the operation and the partition keys of each request, loses or rejects those that a [`Fault`]
//! selects, and records all of them.

mod conflicts;
mod gate;
mod limits;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use conflicts::{Conflicts, ItemKey, Turn};
use gate::Gate;
pub use gate::Waiting;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo},
};
use jeton_store_dynamodb::DynamoDb;
use limits::Limits;
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use crate::dynamodb;

/// A fault: what fails, for which requests, and how often.
#[derive(Debug, Clone)]
pub struct Fault {
    operation: &'static str,
    partition: String,
    kind: Kind,
    skip: usize,
    times: usize,
    /// How many requests each partition has passed so far.
    passed: BTreeMap<String, usize>,
}

/// The kind of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Throttled, as for one key range. Of a batch, the items in that range are left unprocessed, and the
    /// others are not.
    Throttle,
    /// Rejected because another transaction holds an item.
    Conflict,
    /// An internal error, with an unknown outcome.
    InternalError,
    /// The connection closes before the request reaches the table.
    LoseRequest,
    /// The table executes the request, but the connection closes before the answer.
    LoseAnswer,
    /// The request reaches the table only after so many milliseconds.
    Delay(u64),
}

/// The wildcard for an operation.
const ANY: &str = "*";

impl Fault {
    /// The next request of this operation, such as `TransactWriteItems`, fails.
    pub fn next(operation: &'static str, kind: Kind) -> Self {
        Self { operation, partition: String::new(), kind, skip: 0, times: 1, passed: BTreeMap::new() }
    }

    /// The first request after so many others fails, of any operation.
    pub fn after_requests(others: usize, kind: Kind) -> Self {
        Self { skip: others, ..Self::next(ANY, kind) }
    }

    /// This many fail.
    #[must_use]
    pub fn times(self, times: usize) -> Self {
        Self { times, ..self }
    }

    /// All of them fail.
    #[must_use]
    pub fn always(self) -> Self {
        self.times(usize::MAX)
    }

    /// Only those with a partition key of this prefix.
    #[must_use]
    pub fn partition(self, prefix: impl Into<String>) -> Self {
        Self { partition: prefix.into(), ..self }
    }

    /// Each of the partitions passes so many requests first.
    #[must_use]
    pub fn after(self, passed: usize) -> Self {
        Self { skip: passed, ..self }
    }

    /// Whether it applies to this request. Counts it either way.
    fn strikes(&mut self, seen: &Seen) -> bool {
        if self.operation == ANY {
            let struck = self.skip == 0 && self.times > 0;
            self.skip = self.skip.saturating_sub(1);
            self.times = self.times.saturating_sub(usize::from(struck && self.times < usize::MAX));
            return struck;
        }
        let mut meant = seen.partitions.iter().filter(|pk| pk.starts_with(&self.partition)).peekable();
        if self.times == 0 || seen.operation != self.operation || meant.peek().is_none() {
            return false;
        }
        let meant: Vec<&String> = meant.collect();
        if meant.iter().all(|pk| self.passed.get(*pk).copied().unwrap_or(0) < self.skip) {
            for pk in meant {
                *self.passed.entry(pk.clone()).or_default() += 1;
            }
            return false;
        }
        self.times = if self.times == usize::MAX { usize::MAX } else { self.times - 1 };
        true
    }
}

/// A request as recorded by the proxy.
#[derive(Debug, Clone)]
struct Seen {
    operation: String,
    partitions: BTreeSet<String>,
    actions: BTreeSet<Action>,
}

/// A required permission: an action, and the partition key of the item, if there is one.
pub type Action = (String, Option<String>);

#[derive(Debug, Default)]
struct State {
    faults: Vec<Fault>,
    seen: Vec<Seen>,
    /// How many requests were answered.
    answered: usize,
    /// How many connections were opened.
    connections: usize,
    /// How many requests were throttled, in full or in part.
    throttled: usize,
    forgetful: bool,
    /// Consumed capacity units, once they are counted.
    units: Option<f64>,
    limits: Option<Limits>,
    /// How many such reads of each verify item there were.
    first_reads: Option<BTreeMap<String, usize>>,
    conflicts: Option<Conflicts>,
    gates: Vec<Gate>,
}

/// A proxy on its own port, which stops when it is dropped.
pub struct FaultProxy {
    endpoint: String,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

impl FaultProxy {
    /// Starts a proxy in front of DynamoDB Local.
    pub async fn start() -> Self {
        Self::in_front_of(dynamodb::endpoint()).await
    }

    /// Starts a proxy in front of any service of AWS, such as SES.
    pub async fn in_front_of(service: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let task = tokio::spawn(serve(listener, Arc::clone(&state), service));
        Self { endpoint, state, task }
    }

    /// Its address.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// A store in an existing table, through this proxy.
    pub fn store(&self, table: &str) -> DynamoDb {
        dynamodb::table_at(&self.endpoint, table)
    }

    /// Adds a fault.
    pub fn inject(&self, fault: Fault) {
        lock(&self.state).faults.push(fault);
    }

    /// From now on, the table does not recognise retried transactions: the real one forgets them after ten minutes.
    pub fn forget_request_tokens(&self) {
        lock(&self.state).forgetful = true;
    }

    /// From now on, each partition allows so many reads and writes a second, and throttles the rest.
    pub fn limit(&self, reads: usize, writes: usize) {
        lock(&self.state).limits = Some(Limits::new(reads, writes));
    }

    /// The same, with seconds in which `rate` items of partitions with this prefix are written, however long that takes here.
    pub fn limit_at_rate(&self, reads: usize, writes: usize, prefix: &str, rate: usize) {
        lock(&self.state).limits = Some(Limits::new(reads, writes).at_rate(prefix.to_owned(), rate));
    }

    /// From now on, reads of each verify item that are not retried are throttled, until its replicas are written.
    pub fn throttle_until_replicated(&self) {
        lock(&self.state).first_reads = Some(BTreeMap::new());
    }

    /// From now on, a transaction holds its items for so long, and others on one of them conflict with it.
    pub fn conflict(&self, hold: Duration) {
        lock(&self.state).conflicts = Some(Conflicts::new(hold));
    }

    /// The most transactions that were in progress at a time since [`Self::conflict`].
    pub fn most_in_progress(&self) -> usize {
        lock(&self.state).conflicts.as_ref().map_or(0, Conflicts::most)
    }

    /// Holds one request of this operation with a partition key of this prefix, after so many others.
    pub fn hold(&self, operation: &'static str, partition: impl Into<String>, skip: usize) -> Waiting {
        let ((arrived, seen), (open, opened)) = (oneshot::channel(), oneshot::channel());
        let gate = Gate { operation, partition: partition.into(), skip, arrived, opened };
        lock(&self.state).gates.push(gate);
        Waiting { arrived: seen, open }
    }

    /// From now on, counts the consumed capacity units.
    pub fn meter(&self) {
        lock(&self.state).units = Some(0.0);
    }

    /// The units since then, or since the last call.
    pub fn units(&self) -> f64 {
        lock(&self.state).units.replace(0.0).unwrap_or_default()
    }

    /// Removes all faults.
    pub fn heal(&self) {
        lock(&self.state).faults.clear();
    }

    /// How many requests of this operation had this partition key prefix, including failed ones.
    pub fn count(&self, operation: &str, partition: &str) -> usize {
        let fits = |seen: &&Seen| {
            seen.operation == operation && seen.partitions.iter().any(|pk| pk.starts_with(partition))
        };
        lock(&self.state).seen.iter().filter(fits).count()
    }

    /// How many partitions with this prefix there were in requests of this operation, including failed ones.
    pub fn partitions(&self, operation: &str, prefix: &str) -> usize {
        let state = lock(&self.state);
        let of = state.seen.iter().filter(|seen| seen.operation == operation);
        let all: BTreeSet<&String> = of.flat_map(|seen| &seen.partitions).collect();
        all.iter().filter(|pk| pk.starts_with(prefix)).count()
    }

    /// The permissions that the requests so far needed.
    pub fn actions(&self) -> BTreeSet<Action> {
        lock(&self.state).seen.iter().flat_map(|seen| seen.actions.clone()).collect()
    }

    /// How many requests there were, of any operation.
    pub fn total(&self) -> usize {
        lock(&self.state).seen.len()
    }

    /// How many requests were answered since its start.
    pub fn answered(&self) -> usize {
        lock(&self.state).answered
    }

    /// How many connections were opened since its start.
    pub fn connections(&self) -> usize {
        lock(&self.state).connections
    }

    /// How many requests were throttled, in full or in part.
    pub fn throttled(&self) -> usize {
        lock(&self.state).throttled
    }

    /// Forgets the requests so far.
    pub fn forget(&self) {
        let mut state = lock(&self.state);
        state.seen.clear();
        state.throttled = 0;
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

type Upstream = Client<HttpConnector, Full<Bytes>>;

/// Closes the connection without an answer.
#[derive(Debug, thiserror::Error)]
#[error("this answer is lost on purpose")]
struct Closed;

async fn serve(listener: TcpListener, state: Arc<Mutex<State>>, service: String) {
    let upstream: Upstream = Client::builder(TokioExecutor::new()).build_http();
    loop {
        let Ok((stream, _)) = listener.accept().await else { return };
        lock(&state).connections += 1;
        let (state, upstream, to) = (Arc::clone(&state), upstream.clone(), service.clone());
        let service = service_fn(move |request| {
            let (state, upstream, to) = (Arc::clone(&state), upstream.clone(), to.clone());
            async move {
                let answer = answer(request, Arc::clone(&state), upstream, to).await;
                lock(&state).answered += 1;
                answer
            }
        });
        // A service that returns an error makes the connection close without an answer, as intended.
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

async fn answer(
    request: Request<Incoming>,
    state: Arc<Mutex<State>>,
    upstream: Upstream,
    service: String,
) -> Result<Response<Full<Bytes>>, Closed> {
    let (head, body) = request.into_parts();
    let mut body = body.collect().await.map_err(|_| Closed)?.to_bytes();
    let target = head.headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let attempts = head.headers.get("amz-sdk-request").and_then(|attempts| attempts.to_str().ok());
    let is_retried = !attempts.is_some_and(|attempts| attempts.ends_with("max=1"));
    // SES requests are forms, in which the first field names the operation.
    let form = body.strip_prefix(b"Action=").and_then(|form| form.split(|byte| *byte == b'&').next());
    let operation = match form {
        Some(action) => String::from_utf8_lossy(action).into_owned(),
        None => target.rsplit('.').next().unwrap_or_default().to_owned(),
    };
    let mut parsed: Value = serde_json::from_slice(&body).unwrap_or_default();
    if lock(&state).forgetful && parsed["ClientRequestToken"].take().is_string() {
        body = Bytes::from(parsed.to_string());
    }
    let metered = lock(&state).units.is_some() && parsed.is_object();
    if metered {
        parsed["ReturnConsumedCapacity"] = json!("TOTAL");
        body = Bytes::from(parsed.to_string());
    }
    let actions = actions(&operation, &parsed);
    let seen = Seen { operation, partitions: partitions(&parsed), actions };
    let gate = {
        let mut state = lock(&state);
        let stopped = state.gates.iter_mut().position(|gate| gate.stops(&seen));
        stopped.map(|at| state.gates.remove(at))
    };
    if let Some(gate) = gate {
        gate.arrived.send(()).unwrap_or_default();
        drop(gate.opened.await);
    }
    let turn = lock(&state).conflicts.as_mut().and_then(|of| of.turn(&seen.operation, &parsed));
    let until = match turn {
        Some(Turn::Held(by_others)) => {
            lock(&state).seen.push(seen.clone());
            return Ok(conflict(&by_others, &seen.operation, &parsed));
        }
        Some(Turn::Until(until)) => Some(until),
        None => None,
    };
    let (kind, meant) = {
        let mut state = lock(&state);
        state.seen.push(seen.clone());
        let fault = state.faults.iter_mut().find_map(|fault| fault.strikes(&seen).then(|| fault.clone()));
        if let Some(Fault { kind, partition, .. }) = fault {
            let meant = seen.partitions.iter().filter(|pk| pk.starts_with(&partition));
            (Some(kind), meant.cloned().collect())
        } else {
            let over = state.limits.as_mut().map(|limits| limits.over(&seen.operation, &parsed));
            let mut over: BTreeSet<String> = over.unwrap_or_default();
            let reads = state.first_reads.as_mut();
            over.extend(reads.and_then(|reads| is_throttled(reads, &seen, is_retried)));
            ((!over.is_empty()).then_some(Kind::Throttle), over)
        }
    };
    let mut undone = Value::Null;
    if kind == Some(Kind::Throttle) {
        lock(&state).throttled += 1;
        undone = take_undone(&mut parsed, &meant);
        if undone.is_object() {
            body = Bytes::from(parsed.to_string());
        }
    }
    let uri = format!("{service}{}", head.uri.path());
    let mut forwarded = Request::builder().method(head.method).uri(uri);
    let of_this_hop = [http::header::HOST, http::header::CONTENT_LENGTH];
    for (name, value) in head.headers.iter().filter(|(name, _)| !of_this_hop.contains(*name)) {
        forwarded = forwarded.header(name, value);
    }
    let forwarded = forwarded.body(Full::new(body)).map_err(|_| Closed)?;
    let Some(kind) = kind else {
        let answer = forward(&upstream, forwarded).await?;
        if let Some(until) = until {
            tokio::time::sleep_until(until.into()).await;
        }
        return Ok(if metered { count_units(answer, &state).await } else { answer });
    };
    match kind {
        Kind::Throttle if undone.is_object() => {
            let (head, body) = forward(&upstream, forwarded).await?.into_parts();
            let body = body.collect().await.map_err(|_| Closed)?.to_bytes();
            let mut answer: Value = serde_json::from_slice(&body).unwrap_or_default();
            let rest = if seen.operation == "BatchGetItem" { "UnprocessedKeys" } else { "UnprocessedItems" };
            answer[rest] = undone;
            let mut whole = Response::builder().status(head.status);
            whole = whole.header("content-type", "application/x-amz-json-1.0");
            Ok(whole.body(Full::new(Bytes::from(answer.to_string()))).unwrap_or_default())
        }
        Kind::Throttle | Kind::Conflict => Ok(rejection(kind, &meant, &seen.operation, &parsed)),
        Kind::InternalError => Ok(error(500, &json!({"__type": type_of("InternalServerError")}))),
        Kind::LoseRequest => Err(Closed),
        Kind::LoseAnswer => forward(&upstream, forwarded).await.and(Err(Closed)),
        Kind::Delay(millis) => {
            tokio::time::sleep(Duration::from_millis(millis)).await;
            forward(&upstream, forwarded).await
        }
    }
}

/// How many reads of a verify item may be throttled: enough on a slow machine, too.
const FIRST_READS: usize = 40;

/// The partition of a verify item, if this is a read of it that is throttled until its replicas are written.
fn is_throttled(reads: &mut BTreeMap<String, usize>, seen: &Seen, is_retried: bool) -> Option<String> {
    if seen.operation == "TransactWriteItems" {
        for replica in seen.partitions.iter().filter(|pk| pk.starts_with("V#")) {
            if let Some((verify, _)) =
                replica.rsplit_once('#').filter(|(verify, _)| verify.matches('#').count() == 2)
            {
                reads.insert(verify.to_owned(), FIRST_READS);
            }
        }
    }
    let is_verify_item = |pk: &&String| pk.starts_with("V#") && pk.matches('#').count() == 2;
    let partition =
        seen.partitions.iter().find(is_verify_item).filter(|_| seen.operation == "GetItem" && !is_retried)?;
    let before = reads.entry(partition.clone()).or_default();
    *before += 1;
    (*before < FIRST_READS).then(|| partition.clone())
}

async fn forward(
    upstream: &Upstream,
    request: Request<Full<Bytes>>,
) -> Result<Response<Full<Bytes>>, Closed> {
    let (head, body) = upstream.request(request).await.map_err(|_| Closed)?.into_parts();
    let body = body.collect().await.map_err(|_| Closed)?.to_bytes();
    Ok(Response::from_parts(head, Full::new(body)))
}

/// Adds up the consumed capacity in an answer.
async fn count_units(answer: Response<Full<Bytes>>, state: &Mutex<State>) -> Response<Full<Bytes>> {
    let (head, body) = answer.into_parts();
    let Ok(body) = body.collect().await;
    let body = body.to_bytes();
    let parsed: Value = serde_json::from_slice(&body).unwrap_or_default();
    let consumed = &parsed["ConsumedCapacity"];
    // Requests about several items have one entry for each table.
    let entries = consumed.as_array().map_or(std::slice::from_ref(consumed), Vec::as_slice);
    let units: f64 = entries.iter().filter_map(|entry| entry["CapacityUnits"].as_f64()).sum();
    if let Some(sum) = &mut lock(state).units {
        *sum += units;
    }
    Response::from_parts(head, Full::new(body))
}

/// A rejection in the table's form: transactions say for each operation whether it was the cause.
fn rejection(
    kind: Kind,
    meant: &BTreeSet<String>,
    operation: &str,
    request: &Value,
) -> Response<Full<Bytes>> {
    let words = match kind {
        Kind::Throttle => ("ThrottlingError", "ThrottlingException"),
        _ => CONFLICT,
    };
    cancelled(words, operation, request, |item| !partitions(item).is_disjoint(meant))
}

const CONFLICT: (&str, &str) = ("TransactionConflict", "TransactionConflictException");

/// The rejection of a write while others hold some of its items.
fn conflict(held: &BTreeSet<ItemKey>, operation: &str, request: &Value) -> Response<Full<Bytes>> {
    cancelled(CONFLICT, operation, request, |item| {
        conflicts::key_of(item).is_some_and(|key| held.contains(&key))
    })
}

fn cancelled(
    (code, exception): (&str, &str),
    operation: &str,
    request: &Value,
    cause: impl Fn(&Value) -> bool,
) -> Response<Full<Bytes>> {
    if operation != "TransactWriteItems" {
        let reasons = json!([{"reason": "TableWriteKeyRangeThroughputExceeded", "resource": "table"}]);
        let body = json!({"__type": type_of(exception), "message": code, "throttlingReasons": reasons});
        return error(400, &body);
    }
    let reasons: Vec<Value> = request["TransactItems"]
        .as_array()
        .into_iter()
        .flatten()
        .map(
            |item| if cause(item) { json!({"Code": code, "Message": code}) } else { json!({"Code": "None"}) },
        )
        .collect();
    let body = json!({
        "__type": type_of("TransactionCanceledException"),
        "message": "Transaction cancelled, please refer cancellation reasons for specific reasons",
        "CancellationReasons": reasons,
    });
    error(400, &body)
}

/// Removes the items of such partitions from a batch, in the form in which the answer names them. Null if it
/// is not a batch, or would be empty: then it is rejected as a whole.
fn take_undone(request: &mut Value, meant: &BTreeSet<String>) -> Value {
    let is_meant = |item: &Value| {
        let named = json!({"pk": item.pointer("/PutRequest/Item/pk").unwrap_or(&item["pk"])});
        !partitions(&named).is_disjoint(meant)
    };
    let Some((table, asked)) = request["RequestItems"].as_object_mut().and_then(|of| of.iter_mut().next())
    else {
        return Value::Null;
    };
    let is_read = asked.is_object();
    let items = if is_read { &mut asked["Keys"] } else { &mut *asked };
    let Some(items) = items.as_array_mut() else { return Value::Null };
    let (undone, kept): (Vec<Value>, Vec<Value>) = items.drain(..).partition(is_meant);
    if kept.is_empty() {
        *items = undone;
        return Value::Null;
    }
    *items = kept;
    let undone = if is_read { json!({"Keys": undone, "ConsistentRead": true}) } else { json!(undone) };
    json!({table.as_str(): undone})
}

fn type_of(exception: &str) -> String {
    format!("com.amazonaws.dynamodb.v20120810#{exception}")
}

fn error(status: u16, body: &Value) -> Response<Full<Bytes>> {
    let body = Full::new(Bytes::from(body.to_string()));
    let answer = Response::builder().status(status).header("content-type", "application/x-amz-json-1.0");
    answer.body(body).unwrap_or_default()
}

/// The partition keys in a request: in keys, items or query values.
fn partitions(value: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match field["S"].as_str().filter(|_| name == "pk" || name == ":pk") {
                    Some(key) => drop(found.insert(key.to_owned())),
                    None => found.extend(partitions(field)),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| found.extend(partitions(item))),
        _ => {}
    }
    found
}

/// The permissions that a request needs: a transaction needs those of its parts.
fn actions(operation: &str, request: &Value) -> BTreeSet<Action> {
    if operation != "TransactWriteItems" {
        let keys = partitions(request);
        let keys = if keys.is_empty() { vec![None] } else { keys.into_iter().map(Some).collect() };
        return keys.into_iter().map(|key| (operation.to_owned(), key)).collect();
    }
    let parts =
        request["TransactItems"].as_array().into_iter().flatten().filter_map(Value::as_object).flatten();
    parts
        .flat_map(|(kind, part)| {
            let action = if kind == "ConditionCheck" {
                "ConditionCheckItem".to_owned()
            } else {
                format!("{kind}Item")
            };
            partitions(part).into_iter().map(move |key| (action.clone(), Some(key)))
        })
        .collect()
}
