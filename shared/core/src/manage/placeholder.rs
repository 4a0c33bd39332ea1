//! The placeholder of a manage token whose record cannot be read.

use serde_json::Map;

use super::ManageToken;
use crate::{
    error::Error,
    id::ManageTokenId,
    secret::{Label, SecretHash},
    time::Timestamp,
};

impl ManageToken {
    /// The placeholder in a list for a manage token whose record cannot be read. It has no valid secret.
    pub fn unreadable(id: ManageTokenId) -> Self {
        Self {
            id,
            hash: SecretHash::of(Label::ManageToken, &[]),
            description: "(this manage token cannot be read)".to_owned(),
            created: Timestamp::from_millis(0),
            expires: None,
            version: 0,
            generation: 0,
            refreshed_by_others: 0,
            secret_ends: None,
            refreshed: None,
            disabled: true,
            leaked: None,
            replaced: Vec::new(),
            creator: None,
            last_used: None,
            is_placeholder: true,
            unknown: Map::new(),
        }
    }

    /// Rejects changes of a manage token whose record cannot be read.
    ///
    /// Errors: [`Error::Unavailable`].
    pub(super) fn requires_record(&self) -> Result<(), Error> {
        if self.is_placeholder {
            return Err(Error::Unavailable(format!("the record of manage token {} cannot be read", self.id)));
        }
        Ok(())
    }
}
