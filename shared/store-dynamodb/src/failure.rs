//! What a failed request means: whether anything was stored, and whether to send it again.

use std::{error::Error, io::ErrorKind};

use aws_sdk_dynamodb::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
    operation::{put_item::PutItemError, transact_write_items::TransactWriteItemsError},
    types::{CancellationReason, ThrottlingReason},
};

/// What a failed request means.
#[derive(Debug)]
pub(super) enum Failure {
    /// The condition of the operation at this position does not hold. Nothing was stored.
    Condition(usize),
    /// Another writer holds one of the items just now. Nothing was stored.
    Contended(String),
    /// The table cannot keep up. Nothing was stored.
    Throttled {
        /// The operations whose own range of keys is the bottleneck.
        hot: Vec<usize>,
        /// The table's words.
        why: String,
    },
    /// It did not leave this machine. Nothing was stored.
    NotSent(String),
    /// Refused for a reason that sending it again does not change. Nothing was stored.
    Refused(String),
    /// It was sent, and no answer tells what came of it.
    Lost(String),
}

impl Failure {
    /// What went wrong, for the log.
    pub(super) fn why(self) -> String {
        match self {
            Self::Condition(position) => format!("the condition of operation {position} does not hold"),
            Self::Contended(why)
            | Self::Throttled { why, .. }
            | Self::NotSent(why)
            | Self::Refused(why)
            | Self::Lost(why) => why,
        }
    }

    /// What the failure of a request about one item means.
    pub(super) fn of<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let why = chain(error);
        match error {
            SdkError::ConstructionFailure(_) => Self::NotSent(why),
            SdkError::DispatchFailure(failure) => {
                let source = failure.as_connector_error().and_then(Error::source);
                if source.is_some_and(never_connected) { Self::NotSent(why) } else { Self::Lost(why) }
            }
            SdkError::ServiceError(answer) => {
                let code = answer.err().code().unwrap_or_default();
                match code {
                    "ConditionalCheckFailedException" => Self::Condition(0),
                    "TransactionConflictException" | "TransactionInProgressException" => Self::Contended(why),
                    "ThrottlingException"
                    | "ProvisionedThroughputExceededException"
                    | "RequestLimitExceeded" => Self::Throttled { hot: Vec::new(), why },
                    _ if answer.raw().status().as_u16() >= 500 => Self::Lost(why),
                    _ => Self::Refused(why),
                }
            }
            // A timeout, or an answer that does not parse.
            _ => Self::Lost(why),
        }
    }

    /// What the failure of a transaction means.
    pub(super) fn of_transaction(error: &SdkError<TransactWriteItemsError, HttpResponse>) -> Self {
        match error.as_service_error() {
            Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                Self::of_reasons(cancelled.cancellation_reasons(), &chain(error))
            }
            // The same token came with another transaction. The table holds one of the two, which
            // is for reading back to find out.
            Some(TransactWriteItemsError::IdempotentParameterMismatchException(_)) => {
                Self::Lost(chain(error))
            }
            _ => Self::of(error),
        }
    }

    /// What the failure of storing one item means.
    pub(super) fn of_put(error: &SdkError<PutItemError, HttpResponse>) -> Self {
        let reasons = match error.as_service_error() {
            Some(PutItemError::ThrottlingException(error)) => error.throttling_reasons(),
            Some(PutItemError::ProvisionedThroughputExceededException(error)) => error.throttling_reasons(),
            _ => return Self::of(error),
        };
        let hot = if is_key_range(reasons) { vec![0] } else { Vec::new() };
        Self::Throttled { hot, why: chain(error) }
    }

    /// A condition that does not hold is final; everything else may pass.
    fn of_reasons(reasons: &[CancellationReason], why: &str) -> Self {
        let with = |codes: &[&str]| -> Vec<usize> {
            let fits = |reason: &CancellationReason| reason.code().is_some_and(|code| codes.contains(&code));
            reasons.iter().enumerate().filter(|(_, reason)| fits(reason)).map(|(at, _)| at).collect()
        };
        let told: Vec<_> = reasons.iter().filter_map(CancellationReason::code).collect();
        let why = format!("{why} {told:?}");
        if let Some(position) = with(&["ConditionalCheckFailed"]).first() {
            return Self::Condition(*position);
        }
        let hot = with(&["ThrottlingError", "ProvisionedThroughputExceeded"]);
        if !hot.is_empty() {
            Self::Throttled { hot, why }
        } else if !with(&["TransactionConflict"]).is_empty() {
            Self::Contended(why)
        } else {
            Self::Refused(why)
        }
    }
}

/// Whether the range of keys is the bottleneck, and not the table or the account as a whole.
/// Tables that give no reasons are taken to mean the range, since raising shards is harmless.
fn is_key_range(reasons: &[ThrottlingReason]) -> bool {
    reasons.is_empty()
        || reasons.iter().filter_map(ThrottlingReason::reason).any(|reason| reason.contains("KeyRange"))
}

/// Whether a connection was refused or could not be tried at all.
fn never_connected(error: &(dyn Error + 'static)) -> bool {
    const NEVER: [ErrorKind; 5] = [
        ErrorKind::ConnectionRefused,
        ErrorKind::AddrNotAvailable,
        ErrorKind::NetworkUnreachable,
        ErrorKind::HostUnreachable,
        ErrorKind::NetworkDown,
    ];
    sources(error)
        .filter_map(|source| source.downcast_ref::<std::io::Error>())
        .any(|error| NEVER.contains(&error.kind()))
}

/// An error and what caused it, in one line. A cause in the same words is not repeated.
pub(super) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut texts: Vec<String> = sources(error).map(ToString::to_string).collect();
    texts.dedup();
    texts.join(": ")
}

fn sources<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let source = |error: &&'a (dyn Error + 'static)| -> Option<&'a (dyn Error + 'static)> {
        let error: &'a (dyn Error + 'static) = *error;
        error.source()
    };
    std::iter::successors(Some(error), source)
}
