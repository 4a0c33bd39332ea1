//! The functions: groups of rows of the endpoint table, each a binary of its own on Lambda.

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
    /// Lets a recipient pick up what was shared.
    Pickup,
    /// Answers who a token is and what it may do.
    Verify,
    /// Lists, reads and takes events.
    Events,
    /// Gives a component configuration its token.
    ComponentToken,
    /// Projects, members, and what else manage tokens are for.
    Manage,
    /// The pages for administrators.
    Console,
    /// The service index, the API description, health and readiness.
    Index,
    /// Removes expired tokens; runs on a schedule and has no endpoint.
    ExpirySweep,
    /// Checks tokens for the gateway of a platform; a Lambda authorizer, which has no endpoint.
    Authorizer,
}

impl Function {
    /// Every function.
    pub const ALL: [Self; 16] = [
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
        Self::Authorizer,
    ];

    /// Its name: that of its binary, its operation file and its heading in the documentation.
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
            Self::Authorizer => "authorizer",
        }
    }

    /// The part of the API that its endpoints belong to, in the API description.
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
