//! What an endpoint does to the project of its caller: the column of the endpoint table that roles are enforced by.

use jeton_core::{
    Error,
    id::{MemberId, TokenId},
    token::Kind,
};

use crate::{authenticate::Bearer, http::ApiRequest};

/// What an endpoint does to the project of its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It changes something, or asks for a change. So does every row that does not say otherwise: a new endpoint is closed to
    /// read-only members.
    Changes,
    /// It shows something and changes nothing.
    Reads,
    /// It removes the member in the path, so everybody may use it for themselves.
    Leaves,
    /// It renews the token in the path, or ends copies of it, so everybody may use it for their own member token: whose token leaked or was
    /// lost needs no admin.
    RenewsOrEnds,
}

impl Effect {
    /// Whether the role of the caller permits this call. It is the only place where roles are enforced, and is asked before each
    /// attempt of an operation, so that a demotion is in force for calls that it overtakes.
    ///
    /// Errors: [`Error::ReadOnly`].
    pub fn permits(self, request: &ApiRequest, bearer: &Bearer) -> Result<(), Error> {
        let Kind::Reader(member) = bearer.item.identity.kind else { return Ok(()) };
        let is_permitted = match self {
            Self::Reads => true,
            Self::Leaves => request.id::<MemberId>("member").is_ok_and(|id| id == member),
            Self::RenewsOrEnds => request.id::<TokenId>("token").is_ok_and(|id| id == bearer.caller.id),
            Self::Changes => false,
        };
        if is_permitted { Ok(()) } else { Err(Error::ReadOnly) }
    }
}
