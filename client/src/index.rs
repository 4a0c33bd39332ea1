//! What a server says about itself.

use serde::Deserialize;

use crate::{Answer, Client, Error};

/// The index of the service.
#[derive(Debug, Clone, Deserialize)]
pub struct Index {
    /// The version of Jeton.
    pub revision: String,
    /// The services, of which there is one.
    services: Vec<Service>,
}

#[derive(Debug, Clone, Deserialize)]
struct Service {
    url: String,
}

impl Index {
    /// The address with which the server begins its links.
    pub fn public_url(&self) -> Option<&str> {
        self.services.first().map(|service| service.url.as_str())
    }
}

/// Whether the server is ready.
#[derive(Debug, Clone, Deserialize)]
pub struct Ready {}

impl Client {
    /// The index. Needs no credential.
    pub async fn index(&self) -> Result<Answer<Index>, Error> {
        self.get_soon("/v2/storage").await
    }

    /// Whether the store of the server answers.
    ///
    /// Errors: [`Error::Rejected`] with 503 if it does not.
    pub async fn ready(&self) -> Result<Answer<Ready>, Error> {
        self.get_soon("/ready").await
    }
}
