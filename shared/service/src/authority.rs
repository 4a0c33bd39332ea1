//! The condition that the caller still has its authority when a change is committed.
//!
//! A call is authenticated by one read, and its change is committed later. In between, the caller may lose its rights. So each
//! commit has its authority as a condition:
//!
//! | operations | authority from | condition of the commit |
//! | --- | --- | --- |
//! | create, and `PUT` of a configuration's new token | the caller's verify item, with its version | the caller has this version |
//! | update, share, refresh, delete, delete a copy, `PUT` and `DELETE` of a configuration's token, on another token | the same; the target as it was read | the caller has this version, and the target the one that was read |
//! | the same on the caller's own token | the same | the version that is replaced is the one that was authenticated |
//! | the first use of a copy, which ends older ones | the same | the same |
//! | the console's changes of tokens and members | session, membership, the verify item of the master token | the session is there, and the token has this version, which goes with the membership |
//! | change a role, leave as an admin | the same; another admin, if the caller is none afterwards | the same, and the version of that admin's token |
//! | pick up a share | link and code, the sender's token, the shared token | the share is open, the sender's token and the shared one have the versions that were read |
//! | accept an invitation | link and code, the inviter's token if a member sent it | the invitation stands, the inviter's token is a master token and has the version that was read |
//! | lock or withdraw a share, an invitation or a sign-in | link, or that its mail was refused | it is open |
//! | begin a session | link, code and browser | the sign-in is open |
//! | end a session | a session of the same address | it is there |
//! | report a leak | the string, compared with the token as it was read | the token has this version |
//! | remove an expired token, give a notice | the token as it was read | the token has this version |
//! | plan an action on many tokens, whose changes are those above | the caller's verify item, with its version | the caller has this version |
//! | the manage API | the manage token, with its version | the manage token has this version |
//!
//! Commits that only add events (questions, posted events, denied calls) have no condition.

use jeton_core::{
    Error,
    store::{Commit, Write},
    time::Timestamp,
    token::{Token, earliest},
};

use crate::{authenticate::Bearer, http::ApiRequest};

impl Bearer {
    /// Adds the condition that the caller is unchanged since its authentication.
    ///
    /// For a change of the caller's own token, the replaced version is the condition; for others, an additional one is added.
    /// Errors: [`Error::CallerChanged`] if the caller's own token was read in another version.
    pub fn sign(&self, commit: &mut Commit) -> Result<(), Error> {
        let own = |token: &Token| token.project == self.caller.project && token.id == self.caller.id;
        let replaced = commit.writes.iter().find_map(|write| match write {
            Write::ReplaceToken(token) if own(token) => Some(token.version.saturating_sub(1)),
            Write::RemoveToken { token, .. } if own(token) => Some(token.version),
            _ => None,
        });
        match replaced {
            Some(version) if version != self.item.version => return Err(Error::CallerChanged),
            Some(_) => commit.writes.extend(self.session.clone().map(Write::RequireSession)),
            None => commit.writes.extend(self.unchanged()),
        }
        Ok(())
    }

    /// The conditions on the caller of a change of something else: its version, and its session if a member calls through the
    /// console.
    pub fn unchanged(&self) -> Vec<Write> {
        let version = Write::RequireVersion(self.caller.project, self.caller.id, self.item.version);
        let session = self.session.clone().map(Write::RequireSession);
        std::iter::once(version).chain(session).collect()
    }

    /// Commits a change of this caller, with the conditions of [`Self::sign`] and that of the part that the request is, as one of several attempts. After a conflict, waits
    /// as the retry policy says and returns false: the operation reads again and decides again.
    ///
    /// Changes of an existing token that are not revocations count against the caller's rate limit. Errors: those of
    /// [`crate::app::App::try_commit`], [`Error::TooManyChanges`].
    pub async fn try_commit(&self, request: &ApiRequest, commit: &mut Commit) -> Result<bool, Error> {
        self.sign(commit)?;
        commit.writes.extend(request.part.clone());
        if !request.attempts.is_immediate() && changes_a_token(commit) {
            self.admit(request)?;
        }
        request.app.try_commit(&request.attempts, commit).await
    }

    /// Counts the change of a request against the rate limit, once. Errors: [`Error::TooManyChanges`].
    pub fn admit(&self, request: &ApiRequest) -> Result<(), Error> {
        if request.attempts.counts() {
            let over = request.app.throttle.changes.count(self.caller.project, self.caller.id);
            return over.map_or(Ok(()), |seconds| Err(Error::TooManyChanges(seconds)));
        }
        Ok(())
    }

    /// When the presented copy ends. Tokens, copies and shares that it creates end no later.
    pub fn ends(&self) -> Option<Timestamp> {
        earliest([self.item.identity.expires, self.caller.copy_ends])
    }
}

/// Whether a commit changes an existing token. New tokens are limited by the event quota only.
fn changes_a_token(commit: &Commit) -> bool {
    commit.writes.iter().any(|write| matches!(write, Write::ReplaceToken(_) | Write::RemoveToken { .. }))
}
