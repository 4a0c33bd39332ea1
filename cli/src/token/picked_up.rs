//! Calls by a copy that was picked up from a share, which act on that copy alone.

use jeton_client::{Copy, Token};
use jeton_core::token::Via;

/// What a question about such a copy says of the others.
pub const STAYS: &str = "It makes this call, and was picked up: the pending shares that it sent end, and the token and its other copies stay valid.";

/// The copy that makes the call, if it was picked up. The token and its other copies go on when it is refreshed or deleted.
pub fn picked_up(token: &Token) -> Option<&Copy> {
    token.copies.iter().flatten().find(|copy| copy.current && copy.via == Via::Share.name())
}
