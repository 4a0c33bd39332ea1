//! The table of event kinds that Jeton writes: name, type, description and parameters.

use super::EventType;

/// A kind of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventKind {
    /// The name of its events.
    pub name: &'static str,
    /// The type of its events, unless the operation sets it.
    pub r#type: EventType,
    /// When it is written, in a sentence.
    pub about: &'static str,
    /// The parameters in `params`.
    pub params: &'static [Param],
}

/// A parameter of an event, in `params`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// The description; empty if the name is enough.
    pub about: &'static str,
}

impl PartialEq<EventKind> for String {
    fn eq(&self, kind: &EventKind) -> bool {
        self == kind.name
    }
}

/// The parameter of all events that a manage token causes.
pub const MANAGE_TOKEN: Param =
    Param { name: "manageToken", about: "the manage token that acted: its id and description" };

macro_rules! kinds {
    ($($constant:ident $name:literal $type:ident $about:literal { $($param:ident $what:literal),* $(,)? })*) => {
        $(
            #[doc = $about]
            pub const $constant: EventKind = EventKind {
                name: $name,
                r#type: EventType::$type,
                about: $about,
                params: &[$(Param { name: stringify!($param), about: $what }),*],
            };
        )*

        /// All kinds.
        pub static KINDS: &[EventKind] = &[$($constant),*];
    };
}

kinds! {
    TOKEN_CREATED "storage.tokenCreated" Info "A token was created." { permissions "its rights", expires "its end, if it has one" }
    TOKEN_UPDATED "storage.tokenUpdated" Info "A token was changed." { description "", descriptionBefore "", permissions "", permissionsBefore "", expires "", expiresBefore "", isDisabled "" }
    TOKEN_DELETED "storage.tokenDeleted" Info "A token, or one copy of it, was deleted." { deletedCopy "the copy, if only one copy was meant" }
    TOKEN_REFRESHED "storage.tokenRefreshed" Info "A token, or one copy of it, was refreshed." { gracePeriod "seconds", keepOldUntilUsed "", newCopy "", expires "the end of the new copy, if its maker has an end", replacedCopy "the copy, if only one copy was meant" }
    TOKEN_OLD_COPIES_ENDED "storage.tokenOldCopiesEnded" Info "A copy was first used, so the older copies that were kept until then ended." { usedCopy "", endedCopies "" }
    TOKEN_SHARED "storage.tokenShared" Info "A token was shared." { recipientEmail "", share "", expires "when the share expires", replacedShare "the previous share, if it was sent again" }
    TOKEN_SHARE_PICKED_UP "storage.tokenSharePickedUp" Info "A share was picked up." { recipientEmail "", share "", newCopy "" }
    TOKEN_SHARE_REFUSED "storage.tokenShareRefused" Warn "A wrong code was entered, or the mail was not delivered." { recipientEmail "", share "", reason "" }
    TOKEN_SHARE_WITHDRAWN "storage.tokenShareWithdrawn" Info "A pending share was withdrawn." { recipientEmail "", share "" }
    TOKEN_SHARE_LOCKED "storage.tokenShareLocked" Warn "The last attempt for a share was wrong, so it is locked." { recipientEmail "", share "", reason "" }
    TOKEN_EXPIRED "storage.tokenExpired" Info "An expired token was removed." { expires "" }
    TOKEN_LEAKED "storage.tokenLeaked" Warn "A copy was reported as leaked, so it was ended." { leakedCopy "", found "where it was found, according to the report" }
    TOKEN_DISABLED "storage.tokenDisabled" Info "A token was disabled." { isDisabled "", reason "`projectClosed`, when its project was closed", description "", descriptionBefore "", permissions "", permissionsBefore "", expires "", expiresBefore "" }
    TOKEN_ENABLED "storage.tokenEnabled" Info "A token was enabled." { isDisabled "", reason "`projectClosed`, when its project was opened", description "", descriptionBefore "", permissions "", permissionsBefore "", expires "", expiresBefore "" }
    TOKEN_MEMBER_LEFT "storage.tokenMemberLeft" Info "The member who created a token was removed from the project. The token keeps working." { member "" }
    TOKEN_IMPORTED "storage.tokenImported" Info "A token was imported with its project from another store." {  }
    TOKEN_EXPIRY_NOTICED "storage.tokenExpiryNoticed" Info "An expiry notice was due and is being sent." { expires "", notice "`week` or `day`", recipientEmail "the recipient", recipientEmails "the recipients, if there are several", holderEmails "the holders of copies who get a mail, too", reason "why there is no recipient" }
    TOKEN_EXPIRY_NOTICE_REFUSED "storage.tokenExpiryNoticeRefused" Warn "A person is not told of an expiry: the mail could not be sent, or the digest of the day had left." { recipientEmail "", reason "" }
    ACCESS_DENIED "storage.accessDenied" Warn "A call of an authenticated token was denied." { method "", route "", function "", token "the id of the token that the call was about", count "the number of denied calls of this kind that have no event of their own", until "the time of the last one" }
    UNREADABLE "storage.eventUnreadable" Error "A placeholder in lists for an event that cannot be read. It is never stored." {}
    QUESTIONS_ANSWERED "storage.questionsAnswered" Info "Several questions with different operations were answered in one call." { questions "" }
    QUESTIONS_DENIED "storage.questionsDenied" Warn "Further questions of a token were denied within a minute." { count "how many", until "the time of the last one" }
    PROJECT_CREATED "storage.projectCreated" Info "A project was created." { organization "" }
    PROJECT_CLOSED "storage.projectClosed" Info "A project was closed, because it is moving to another store, comes from a backup, or by `jeton close`." {  }
    PROJECT_OPENED "storage.projectOpened" Info "A project was opened, here or in the store that it moved to." {  }
    PROJECT_IMPORTED "storage.projectImported" Info "A project was imported from another store." { sha256 "the digest of the file" }
    MEMBER_INVITED "storage.memberInvited" Info "Someone was invited to a project." { recipientEmail "", role "`admin` or `readOnly`", expires "" }
    INVITATION_WITHDRAWN "storage.memberInvitationWithdrawn" Info "An invitation was withdrawn." { recipientEmail "" }
    INVITATION_REFUSED "storage.memberInvitationRefused" Info "A wrong code was entered for an invitation, or its mail was not delivered." { recipientEmail "" }
    INVITATION_LOCKED "storage.memberInvitationLocked" Info "The last attempt for an invitation was wrong, so it is locked." { recipientEmail "" }
    MEMBER_JOINED "storage.memberJoined" Info "A member joined." { email "", member "", role "`admin` or `readOnly`" }
    MEMBER_ROLE_CHANGED "storage.memberRoleChanged" Info "The role of a member was changed." { email "", member "", role "`admin` or `readOnly`", roleBefore "" }
    MEMBER_REMOVED "storage.memberRemoved" Info "A member was removed." { email "", member "" }
    SIGN_IN_MAILED "storage.memberSignInMailed" Info "A sign-in link for the console was mailed to a member." { recipientEmail "" }
    SIGN_IN_REFUSED "storage.memberSignInRefused" Info "A wrong code was entered for a sign-in, its mail was not delivered, or a passkey was rejected." { recipientEmail "", passkey "the id and name of a passkey that was rejected, if the address has it" }
    SIGN_IN_LOCKED "storage.memberSignInLocked" Info "The last attempt for a sign-in was wrong, so it is locked." { recipientEmail "" }
    MEMBER_SIGNED_IN "storage.memberSignedIn" Info "A member signed in to the console." { session "", by "`mail`, `passkey`, or `oidc` for the identity provider", passkey "the passkey: its id and name", issuer "the issuer of the provider" }
    PASSKEY_ADDED "storage.memberPasskeyAdded" Info "A member registered a passkey, with which their address signs in to the console from then on." { email "", passkey "its id and name" }
    PASSKEY_REMOVED "storage.memberPasskeyRemoved" Info "A passkey of a member was removed, or all of them by `jeton passkeys remove`." { email "", passkey "its id and name, if only one was removed", passkeys "the number of passkeys, if all were removed and could be read", left "the number of passkeys that the address has left" }
    MEMBER_SIGNED_OUT "storage.memberSignedOut" Info "A session of a member was ended." { session "" }
    MANAGE_TOKEN_CREATED "manage.tokenCreated" Info "A manage token was created." { expires "" }
    MANAGE_TOKEN_UPDATED "manage.tokenUpdated" Info "The description of a manage token was changed." { description "", descriptionBefore "" }
    MANAGE_TOKEN_DISABLED "manage.tokenDisabled" Info "A manage token was disabled." { isDisabled "", description "", descriptionBefore "" }
    MANAGE_TOKEN_ENABLED "manage.tokenEnabled" Info "A manage token was enabled." { isDisabled "", description "", descriptionBefore "" }
    MANAGE_TOKEN_REFRESHED "manage.tokenRefreshed" Info "A manage token was refreshed." { gracePeriod "seconds", expires "the end of the new secret, if its maker has an end" }
    MANAGE_TOKEN_DELETED "manage.tokenDeleted" Info "A manage token was deleted." {  }
    MANAGE_TOKEN_LEAKED "manage.tokenLeaked" Warn "A secret of a manage token was reported as leaked, so it was ended." { leakedSecret "`current` or `replaced`", found "where it was found, according to the report" }
}

/// Whether a name is reserved for Jeton's own events. Letter case is ignored.
///
/// All names about tokens, members and projects are reserved, for later versions.
pub fn is_own(name: &str) -> bool {
    let prefixes = ["storage.token", "storage.member", "storage.project", "manage.token"];
    let begins = |prefix: &str| {
        name.as_bytes().get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
    };
    prefixes.into_iter().any(begins) || KINDS.iter().any(|kind| kind.name.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_else_may_write_an_event_of_any_of_these_kinds() {
        assert!(KINDS.iter().all(|kind| is_own(kind.name) && is_own(&kind.name.to_uppercase())));
        assert!(!is_own("storage.tableImported"));
    }
}
