//! A Jeton in this process, called without a network, with one object for every path parameter.

use std::sync::Arc;

use axum::{Router, body::Body};
use http::Request;
use http_body_util::BodyExt as _;
use jeton_service::{console::session::SESSION, endpoint::Endpoint, runtime::serve::routes};
use jeton_tests::{
    console_client::ConsoleClient,
    jeton::{ADMIN, Held, Jeton},
};
use serde_json::json;
use tower::ServiceExt as _;

pub struct World {
    pub url: String,
    pub jeton: Jeton,
    /// A token with everything that a path may name.
    pub held: Held,
    routes: Router,
    console: ConsoleClient,
}

/// What is looked at in an answer.
pub struct Answered {
    pub status: u16,
    pub link: Option<String>,
}

impl World {
    pub async fn start() -> Self {
        let jeton = Jeton::start().await;
        let held = jeton.create(&json!({"description": "held", "canCreateJobs": true})).await;
        let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
        let routes = routes(Arc::clone(&jeton.app)).into();
        Self { url: jeton.url.clone(), held, routes, console, jeton }
    }

    /// The path of an endpoint, with a value for each parameter. Calls that would end what others need name nothing.
    pub fn path(&self, endpoint: &Endpoint) -> String {
        let token = if endpoint.method == http::Method::DELETE { "1" } else { &self.held.id };
        let project = self.jeton.project.to_string();
        let values = [
            ("{token}", token),
            ("{project}", &project),
            ("{copy}", "99"),
            ("{uuid}", "01958f48-b1fc-7f05-b9b9-8a4a7b385bc3"),
            ("{object}", "in.c-main"),
            ("{component}", "keboola.ex-db"),
            ("{config}", "1"),
            ("{organization}", "1"),
            ("{member}", "1"),
            ("{share}", "0123456789abcdef"),
            ("{session}", "none"),
        ];
        let path =
            values.iter().fold(endpoint.path.to_owned(), |path, (name, value)| path.replace(name, value));
        // All other parameters name nothing.
        let (mut known, mut rest) = (String::new(), path.as_str());
        while let Some((before, after)) = rest.split_once('{') {
            known = known + before + "1";
            rest = after.split_once('}').map_or("", |(_, after)| after);
        }
        known + rest
    }

    /// The headers of a caller who may use this path.
    pub fn credentials(&self, path: &str) -> Vec<(&'static str, String)> {
        if path.starts_with("/manage") {
            vec![("x-kbc-manageapitoken", self.jeton.manage.clone())]
        } else if path.starts_with("/console") {
            let cookie = self.console.cookie(SESSION).unwrap_or_default();
            vec![("cookie", format!("{SESSION}={cookie}"))]
        } else {
            vec![("x-storageapi-token", self.jeton.master.clone())]
        }
    }

    /// Answers a request, and returns its status.
    pub async fn answer(&self, request: Request<Body>) -> u16 {
        self.answered(request).await.status
    }

    /// Answers a request, and returns its status and its link.
    pub async fn answered(&self, request: Request<Body>) -> Answered {
        let answer = self.routes.clone().oneshot(request).await.unwrap_or_else(|never| match never {});
        let status = answer.status().as_u16();
        let link = answer.headers().get("link").map(|link| link.to_str().unwrap().to_owned());
        // In pieces, as over a connection.
        let mut body = answer.into_body();
        while let Some(piece) = body.frame().await {
            drop(piece);
        }
        Answered { status, link }
    }
}
