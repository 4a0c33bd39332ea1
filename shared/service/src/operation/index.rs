//! The service index, the API description, tickets, health and readiness.

use std::collections::BTreeMap;

use jeton_api::lenient;
use jeton_core::{Error, permission::Call};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    authenticate::Bearer,
    endpoint::{Endpoint, openapi},
    http::{ApiRequest, Reply},
    page,
};

/// The service and its version.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServiceIndex {
    /// Its base URL.
    pub host: String,
    /// Always `storage`.
    pub api: &'static str,
    /// Always `v2`.
    pub version: &'static str,
    /// The version of Jeton.
    pub revision: &'static str,
    /// The URL of its documentation.
    pub documentation: String,
    /// Always empty; absent when excluded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>)]
    pub components: Option<[&'static str; 0]>,
    /// The service itself.
    pub services: Vec<ServiceBody>,
    /// Links of other services; always empty text.
    pub url_templates: BTreeMap<&'static str, &'static str>,
    /// Always empty.
    #[schema(value_type = Vec<String>)]
    pub features: [&'static str; 0],
}

/// A service by name.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Service)]
pub struct ServiceBody {
    /// Its name.
    pub id: &'static str,
    /// Its base URL.
    pub url: String,
}

/// Whether the service is alive, or ready.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// Always `ok`.
    pub status: &'static str,
}

/// A ticket.
#[derive(Debug, Serialize, ToSchema)]
pub struct Ticket {
    /// A decimal number greater than every one given out before by this process.
    pub id: String,
}

#[derive(Debug, Default, Deserialize)]
struct IndexQuery {
    #[serde(default, deserialize_with = "lenient::string")]
    exclude: Option<String>,
}

/// `GET /v2/storage`
pub async fn index(request: &ApiRequest) -> Result<Reply, Error> {
    // Other parameters of the query are ignored, even if they do not parse.
    let exclude = request.query::<IndexQuery>().unwrap_or_default().exclude.unwrap_or_default();
    let url = &request.app.public_url;
    Ok(Reply::ok(&ServiceIndex {
        host: url.split_once("://").map_or(url.as_str(), |(_, host)| host).to_owned(),
        api: "storage",
        version: "v2",
        revision: env!("CARGO_PKG_VERSION"),
        documentation: format!("{url}/docs"),
        components: exclude.split(',').all(|part| part != "components").then_some([]),
        services: vec![ServiceBody { id: "jeton", url: url.clone() }],
        url_templates: [("orchestrationJob", "")].into(),
        features: [],
    }))
}

/// `GET /openapi.json`: the description of these endpoints.
pub fn description(
    request: &ApiRequest,
    endpoints: impl Iterator<Item = &'static Endpoint>,
) -> Result<Reply, Error> {
    let write = || {
        let document = openapi::document(endpoints, &request.app.public_url);
        serde_json::to_vec(&document).unwrap_or_default().into()
    };
    Ok(Reply::shared("application/json", request.app.description.json.get_or_init(write)))
}

/// `GET /docs`: the API description for people.
pub fn reference(
    request: &ApiRequest,
    endpoints: impl Iterator<Item = &'static Endpoint>,
) -> Result<Reply, Error> {
    let write = || {
        let endpoints: Vec<_> = endpoints.collect();
        let document = openapi::document(endpoints.iter().copied(), &request.app.public_url);
        page::reference::reference(&request.app.brand, &endpoints, &document).into_string().into()
    };
    Ok(Reply::shared("text/html; charset=utf-8", request.app.description.page.get_or_init(write)))
}

/// `GET /docs/-/docs.js`
pub async fn script(request: &ApiRequest) -> Result<Reply, Error> {
    Ok(page::reference::SCRIPT.reply(&request.uri, &request.headers))
}

/// `GET /favicon.ico`: the icon of all pages.
pub async fn icon(request: &ApiRequest) -> Result<Reply, Error> {
    Ok(request.app.brand.icon().reply(&request.uri, &request.headers))
}

/// `GET /health`
pub async fn health(_: &ApiRequest) -> Result<Reply, Error> {
    Ok(Reply::ok(&Health { status: "ok" }))
}

/// `GET /ready`: checks the store, so that a process that cannot answer gets no requests.
pub async fn ready(request: &ApiRequest) -> Result<Reply, Error> {
    request.app.store.ready().await?;
    request.app.store.writable().await?;
    Ok(Reply::ok(&Health { status: "ok" }))
}

/// `POST /v2/storage/tickets`
pub async fn ticket(request: &ApiRequest, bearer: &Bearer) -> Result<Reply, Error> {
    bearer.caller.may_address(Call::Ticket, None)?;
    let id = request.app.sequence.tick(request.now).to_string();
    Ok(Reply::created(&Ticket { id }))
}
