//! The answer to a request: from the service behind the proxy, or none, or a rejection.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use serde_json::{Value, json};

use super::{
    State,
    conflicts::Turn,
    fault::{Fault, Kind},
    lock,
    rejection::{conflict, error, rejection, take_undone, type_of},
    seen::{Seen, actions, partitions},
};

pub(super) type Upstream = Client<HttpConnector, Full<Bytes>>;

/// Closes the connection without an answer.
#[derive(Debug, thiserror::Error)]
#[error("this answer is lost on purpose")]
pub(super) struct Closed;

pub(super) async fn answer(
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
        Kind::Answer(status, json) => Ok(error(status, &serde_json::from_str(json).unwrap_or_default())),
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
