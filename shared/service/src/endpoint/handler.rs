//! Handlers of endpoints, by credential.

use std::pin::Pin;

use jeton_core::Error;

use crate::{
    authenticate::{Bearer, Manager},
    console::session::{ConsoleMember, ConsoleSession},
    http::{ApiRequest, Reply},
    idempotency::OriginalResult,
};

/// The boxed future of an operation.
pub type Answer<'a> = Pin<Box<dyn Future<Output = Result<Reply, Error>> + Send + 'a>>;

/// The handler of an endpoint. The credential is part of the type of the operation, so that none runs without it.
#[derive(Clone, Copy)]
pub enum Handler {
    /// No credential.
    Open(&'static dyn OpenOperation),
    /// A storage token.
    Storage(&'static dyn StorageOperation),
    /// A manage token.
    Manage(&'static dyn ManageOperation),
    /// A console session.
    Session(&'static dyn SessionOperation),
    /// A console session of a member of the project in the path.
    Member(&'static dyn MemberOperation),
}

/// An operation without a credential: any `async fn(&ApiRequest) -> Result<Reply, Error>`.
pub trait OpenOperation: Sync {
    /// Runs the operation.
    fn call<'a>(&self, request: &'a ApiRequest) -> Answer<'a>;
}

/// The replay of an idempotent call: any `async fn(&ApiRequest, OriginalResult) -> Result<Reply, Error>`.
pub trait Replay: Sync {
    /// Runs the replay.
    fn call<'a>(&self, request: &'a ApiRequest, original: OriginalResult) -> Answer<'a>;
}

/// An `async fn` with one borrowed argument and a `Send` future, which `AsyncFn` cannot express yet.
trait Async1<'a, A: 'a>: Fn(&'a A) -> Self::Future {
    type Future: Future<Output = Result<Reply, Error>> + Send + 'a;
}

impl<'a, A: 'a, F, T> Async1<'a, A> for F
where
    F: Fn(&'a A) -> T,
    T: Future<Output = Result<Reply, Error>> + Send + 'a,
{
    type Future = T;
}

/// An `async fn` with two arguments.
trait Async2<'a, A: 'a, B>: Fn(&'a A, B) -> Self::Future {
    type Future: Future<Output = Result<Reply, Error>> + Send + 'a;
}

impl<'a, A: 'a, B, F, T> Async2<'a, A, B> for F
where
    F: Fn(&'a A, B) -> T,
    T: Future<Output = Result<Reply, Error>> + Send + 'a,
{
    type Future = T;
}

impl<F> OpenOperation for F
where
    F: for<'a> Async1<'a, ApiRequest> + Sync,
{
    fn call<'a>(&self, request: &'a ApiRequest) -> Answer<'a> {
        Box::pin(self(request))
    }
}

impl<F> Replay for F
where
    F: for<'a> Async2<'a, ApiRequest, OriginalResult> + Sync,
{
    fn call<'a>(&self, request: &'a ApiRequest, original: OriginalResult) -> Answer<'a> {
        Box::pin(self(request, original))
    }
}

/// An operation with a credential: any `async fn(&ApiRequest, &Caller) -> Result<Reply, Error>`.
macro_rules! operation {
    ($name:ident, $caller:ty, $doc:literal) => {
        #[doc = $doc]
        pub trait $name: Sync {
            /// Runs the operation.
            fn call<'a>(&self, request: &'a ApiRequest, caller: &'a $caller) -> Answer<'a>;
        }

        impl<F> $name for F
        where
            F: for<'a> Async2<'a, ApiRequest, &'a $caller> + Sync,
        {
            fn call<'a>(&self, request: &'a ApiRequest, caller: &'a $caller) -> Answer<'a> {
                Box::pin(self(request, caller))
            }
        }
    };
}

operation!(StorageOperation, Bearer, "An operation with a storage token.");
operation!(ManageOperation, Manager, "An operation with a manage token.");
operation!(SessionOperation, ConsoleSession, "An operation with a console session.");
operation!(MemberOperation, ConsoleMember, "An operation with a console session of a member.");

impl std::fmt::Debug for Handler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Open(_) => "Open",
            Self::Storage(_) => "Storage",
            Self::Manage(_) => "Manage",
            Self::Session(_) => "Session",
            Self::Member(_) => "Member",
        })
    }
}

impl std::fmt::Debug for dyn Replay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Replay")
    }
}
