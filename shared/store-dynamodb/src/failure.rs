//! Failures of requests: whether anything was stored, and whether to retry.

use std::{error::Error, io::ErrorKind};

use aws_sdk_dynamodb::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
    operation::{
        get_item::GetItemError, put_item::PutItemError, transact_write_items::TransactWriteItemsError,
    },
    types::{CancellationReason, ThrottlingReason},
};

/// The meaning of a failed request.
#[derive(Debug)]
pub(super) enum Failure {
    /// The condition of the operation at this position does not hold. Nothing was stored.
    Condition(usize),
    /// A concurrent transaction holds some of the items. Nothing was stored.
    Contended {
        /// The operations on these items, where the table names them.
        at: Vec<usize>,
        /// The message of the table.
        why: String,
    },
    /// Throttled. Nothing was stored.
    Throttled {
        /// The operations whose own key range is the bottleneck.
        hot: Vec<usize>,
        /// The message of the table.
        why: String,
    },
    /// It was not sent. Nothing was stored.
    NotSent(String),
    /// Rejected for a reason that a retry does not change. Nothing was stored.
    Rejected(String),
    /// It was sent, and the outcome is unknown.
    Lost(String),
}

impl Failure {
    /// The cause, for the log.
    pub(super) fn why(self) -> String {
        match self {
            Self::Condition(position) => format!("the condition of operation {position} does not hold"),
            Self::Contended { why, .. }
            | Self::Throttled { why, .. }
            | Self::NotSent(why)
            | Self::Rejected(why)
            | Self::Lost(why) => why,
        }
    }

    /// The meaning of a failed request about one item.
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
                    "TransactionConflictException" | "TransactionInProgressException" => {
                        Self::Contended { at: Vec::new(), why }
                    }
                    "ThrottlingException"
                    | "ProvisionedThroughputExceededException"
                    | "RequestLimitExceeded" => Self::Throttled { hot: Vec::new(), why },
                    _ if answer.raw().status().as_u16() >= 500 => Self::Lost(why),
                    _ => Self::Rejected(why),
                }
            }
            // A timeout, or an answer that cannot be parsed.
            _ => Self::Lost(why),
        }
    }

    /// The meaning of a failed transaction.
    pub(super) fn of_transaction(error: &SdkError<TransactWriteItemsError, HttpResponse>) -> Self {
        match error.as_service_error() {
            Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                Self::of_reasons(cancelled.cancellation_reasons(), &chain(error))
            }
            // The token was used for another transaction. The table holds one of the two: reading back shows which.
            Some(TransactWriteItemsError::IdempotentParameterMismatchException(_)) => {
                Self::Lost(chain(error))
            }
            _ => Self::of(error),
        }
    }

    /// The meaning of a failure to read one item.
    pub(super) fn of_get(error: &SdkError<GetItemError, HttpResponse>) -> Self {
        let reasons = match error.as_service_error() {
            Some(GetItemError::ThrottlingException(error)) => error.throttling_reasons(),
            Some(GetItemError::ProvisionedThroughputExceededException(error)) => error.throttling_reasons(),
            _ => return Self::of(error),
        };
        let hot = if is_key_range(reasons) { vec![0] } else { Vec::new() };
        Self::Throttled { hot, why: chain(error) }
    }

    /// The meaning of a failure to store one item.
    pub(super) fn of_put(error: &SdkError<PutItemError, HttpResponse>) -> Self {
        let reasons = match error.as_service_error() {
            Some(PutItemError::ThrottlingException(error)) => error.throttling_reasons(),
            Some(PutItemError::ProvisionedThroughputExceededException(error)) => error.throttling_reasons(),
            _ => return Self::of(error),
        };
        let hot = if is_key_range(reasons) { vec![0] } else { Vec::new() };
        Self::Throttled { hot, why: chain(error) }
    }

    /// A failed condition is final; other failures may pass.
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
        let at = with(&["TransactionConflict"]);
        if !hot.is_empty() {
            Self::Throttled { hot, why }
        } else if !at.is_empty() {
            Self::Contended { at, why }
        } else {
            Self::Rejected(why)
        }
    }
}

/// Whether a key range is the bottleneck, and not the table or the account. Assumed where a table gives no
/// reasons, because raising shards is harmless.
fn is_key_range(reasons: &[ThrottlingReason]) -> bool {
    reasons.is_empty()
        || reasons.iter().filter_map(ThrottlingReason::reason).any(|reason| reason.contains("KeyRange"))
}

/// Whether a connection was refused or could not be tried.
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

/// An error and its causes, in one line. A cause with the same text is not repeated.
pub(super) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut texts: Vec<String> = sources(error).map(ToString::to_string).collect();
    texts.dedup();
    // Some have several lines.
    texts.join(": ").split_whitespace().collect::<Vec<_>>().join(" ")
}

fn sources<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let source = |error: &&'a (dyn Error + 'static)| -> Option<&'a (dyn Error + 'static)> {
        let error: &'a (dyn Error + 'static) = *error;
        error.source()
    };
    std::iter::successors(Some(error), source)
}
