//! Who may call an endpoint, and what answers.

use std::pin::Pin;

use jeton_core::Error;

use crate::{
    authenticate::{Bearer, Manager},
    console::session::{ConsoleMember, ConsoleSession},
    http::{ApiRequest, Reply},
    idempotency::OriginalResult,
};

/// What an operation comes to, some time.
pub type Answer<'a> = Pin<Box<dyn Future<Output = Result<Reply, Error>> + Send + 'a>>;

/// Who may call an endpoint, and what answers. The credential is in the type of the operation, so
/// that no operation runs without the one it needs.
#[derive(Clone, Copy)]
pub enum Handler {
    /// Anyone.
    Open(&'static dyn OpenOperation),
    /// The bearer of a storage token.
    Storage(&'static dyn StorageOperation),
    /// The bearer of a manage token.
    Manage(&'static dyn ManageOperation),
    /// Somebody who is signed in at a browser.
    Session(&'static dyn SessionOperation),
    /// Somebody who is signed in, and a member of the project in the path.
    Member(&'static dyn MemberOperation),
}

impl Handler {
    /// That of a row which does not say yet.
    pub(super) const NONE: Self = Self::Open(&missing);
}

async fn missing(_: &ApiRequest) -> Result<Reply, Error> {
    Err(Error::NoRoute)
}

/// An operation that anyone may call: any `async fn(&ApiRequest) -> Result<Reply, Error>`.
pub trait OpenOperation: Sync {
    /// Runs it.
    fn call<'a>(&self, request: &'a ApiRequest) -> Answer<'a>;
}

/// What gives the answer of an earlier call once more: any `async fn(&ApiRequest, OriginalResult) -> Result<Reply, Error>`.
pub trait Replay: Sync {
    /// Gives it.
    fn call<'a>(&self, request: &'a ApiRequest, original: OriginalResult) -> Answer<'a>;
}

/// An `async fn` of one borrowed argument. That its future can be sent cannot be said of `AsyncFn` yet.
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

/// The same with a second argument.
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

/// An operation for one kind of caller: any `async fn(&ApiRequest, &Caller) -> Result<Reply, Error>`.
macro_rules! operation {
    ($name:ident, $caller:ty, $doc:literal) => {
        #[doc = $doc]
        pub trait $name: Sync {
            /// Runs it.
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

operation!(StorageOperation, Bearer, "An operation for the bearer of a storage token.");
operation!(ManageOperation, Manager, "An operation for the bearer of a manage token.");
operation!(SessionOperation, ConsoleSession, "An operation for who is signed in.");
operation!(MemberOperation, ConsoleMember, "An operation for a member who is signed in.");

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
