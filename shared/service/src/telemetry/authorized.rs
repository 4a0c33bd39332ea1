//! A completed call of the authorizer, for the log and the metrics.

use std::time::Duration;

use jeton_core::Error;

use super::micros;

/// A completed call of the authorizer.
#[derive(Debug)]
pub struct Authorized<'a> {
    /// The id of the invocation.
    pub id: &'a str,
    /// The method.
    pub method: &'a str,
    /// The gateway's name of the route.
    pub route: &'a str,
    /// The duration.
    pub elapsed: Duration,
    /// What the gateway is told.
    pub outcome: Outcome<'a>,
}

/// What the gateway is told.
#[derive(Debug, Clone, Copy)]
pub enum Outcome<'a> {
    /// The token is valid: who it is, and whether it is allowed.
    Decided {
        /// Project and id of the token.
        token: &'a str,
        /// Whether the request is allowed.
        allowed: bool,
    },
    /// There is no valid token.
    Unauthenticated(&'a Error),
    /// Nothing can be told: the gateway fails.
    Failed(&'a Error),
}

impl Authorized<'_> {
    /// Logs the call.
    pub(super) fn log(&self) {
        let Self { id: request, method, route, elapsed, outcome } = self;
        let micros = micros(*elapsed);
        match outcome {
            Outcome::Decided { token, allowed } => {
                tracing::info!(request, method, route, micros, token, answer.allowed = allowed, "authorize");
            }
            Outcome::Unauthenticated(error) => {
                tracing::info!(request, method, route, micros, %error, "authorize");
            }
            Outcome::Failed(error) => tracing::error!(request, method, route, micros, %error, "authorize"),
        }
    }
}

impl<'a> Outcome<'a> {
    /// Whether the gateway denies the request.
    pub(super) fn is_denied(&self) -> bool {
        matches!(self, Self::Decided { allowed: false, .. } | Self::Unauthenticated(_))
    }

    /// Whether the authorizer failed.
    pub(super) fn is_failure(&self) -> bool {
        matches!(self, Self::Failed(_))
    }

    /// The error, if there is one.
    pub(super) fn error(&self) -> Option<&'a Error> {
        match self {
            Self::Decided { .. } => None,
            Self::Unauthenticated(error) | Self::Failed(error) => Some(error),
        }
    }

    /// The token and whether it is allowed, if it is valid.
    pub(super) fn decided(&self) -> Option<(&'a str, bool)> {
        match self {
            Self::Decided { token, allowed } => Some((token, *allowed)),
            Self::Unauthenticated(_) | Self::Failed(_) => None,
        }
    }
}
