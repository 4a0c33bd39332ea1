//! The functions: groups of endpoints, each a binary on Lambda.

/// A function. Each endpoint belongs to exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Function {
    /// Creates tokens.
    Create,
    /// Lists tokens.
    List,
    /// Reads one token.
    Detail,
    /// Changes a token.
    Update,
    /// Deletes a token.
    Delete,
    /// Refreshes a token.
    Refresh,
    /// Shares a token.
    Share,
    /// Picks up shares.
    Pickup,
    /// Verifies tokens and answers questions.
    Verify,
    /// Lists, reads and stores events; advice.
    Events,
    /// Creates and deletes tokens of component configurations.
    ComponentToken,
    /// Manages projects, members, invitations and manage tokens.
    Manage,
    /// Serves the console.
    Console,
    /// Serves the service index, the API description, health and readiness.
    Index,
    /// The sweep: removes expired tokens and mails notices. Runs on a schedule, without an endpoint.
    ExpirySweep,
    /// Seals history. Runs on a schedule, without an endpoint.
    Seal,
    /// Ends shares whose mails came back. Runs on messages of SES, without an endpoint.
    Bounces,
    /// The Lambda authorizer, which checks tokens for the gateway of a platform. Has no endpoint.
    Authorizer,
}

impl Function {
    /// Every function.
    pub const ALL: [Self; 18] = [
        Self::Create,
        Self::List,
        Self::Detail,
        Self::Update,
        Self::Delete,
        Self::Refresh,
        Self::Share,
        Self::Pickup,
        Self::Verify,
        Self::Events,
        Self::ComponentToken,
        Self::Manage,
        Self::Console,
        Self::Index,
        Self::ExpirySweep,
        Self::Seal,
        Self::Bounces,
        Self::Authorizer,
    ];

    /// The name of its binary.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::List => "list",
            Self::Detail => "detail",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Refresh => "refresh",
            Self::Share => "share",
            Self::Pickup => "pickup",
            Self::Verify => "verify",
            Self::Events => "events",
            Self::ComponentToken => "component-token",
            Self::Manage => "manage",
            Self::Console => "console",
            Self::Index => "index",
            Self::ExpirySweep => "expiry-sweep",
            Self::Seal => "seal",
            Self::Bounces => "bounces",
            Self::Authorizer => "authorizer",
        }
    }

    /// The tag of its endpoints in the API description.
    pub const fn part(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Manage => "manage",
            Self::Pickup => "pick-up",
            Self::Index => "service",
            _ => "tokens",
        }
    }
}
