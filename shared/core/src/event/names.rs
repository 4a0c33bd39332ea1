//! The kinds of events that Jeton itself writes.

use super::EventType;

/// A kind of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventKind {
    /// The name that its events have.
    pub name: &'static str,
    /// Their type, unless the operation decides it.
    pub r#type: EventType,
    /// What they tell, in a sentence.
    pub about: &'static str,
    /// What `params` may hold.
    pub params: &'static [Param],
}

/// What `params` of an event may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// What it is; empty where the name says it.
    pub about: &'static str,
}

impl PartialEq<EventKind> for String {
    fn eq(&self, kind: &EventKind) -> bool {
        self == kind.name
    }
}

/// What `params` of every event hold that a manage token causes.
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

        /// All of them.
        pub static KINDS: &[EventKind] = &[$($constant),*];
    };
}

kinds! {
    TOKEN_CREATED "storage.tokenCreated" Info "A token was created." { permissions "its rights", expires "its end, if it has one" }
    TOKEN_UPDATED "storage.tokenUpdated" Info "A token was changed." { description "", descriptionBefore "", permissions "", permissionsBefore "", expires "", expiresBefore "", isDisabled "" }
    TOKEN_DELETED "storage.tokenDeleted" Info "A token, or one copy of it, was deleted." { deletedCopy "the copy, when only one was meant" }
    TOKEN_REFRESHED "storage.tokenRefreshed" Info "A token, or one copy of it, was refreshed." { gracePeriod "seconds", keepOldUntilUsed "", newCopy "", expires "the end of the copy, where the one who made it has an end", replacedCopy "the copy, when only one was meant" }
    TOKEN_OLD_COPIES_ENDED "storage.tokenOldCopiesEnded" Info "A copy was first used, and with that the older ones that were kept until then ended." { usedCopy "", endedCopies "" }
    TOKEN_SHARED "storage.tokenShared" Info "A token was shared." { recipientEmail "", share "", expires "until when it can be picked up", replacedShare "when it was sent again" }
    TOKEN_SHARE_PICKED_UP "storage.tokenSharePickedUp" Info "A share was picked up." { recipientEmail "", share "", newCopy "" }
    TOKEN_SHARE_REFUSED "storage.tokenShareRefused" Warn "A wrong code was typed, or the mail could not be sent." { recipientEmail "", share "", reason "" }
    TOKEN_SHARE_WITHDRAWN "storage.tokenShareWithdrawn" Info "An open share was taken back." { recipientEmail "", share "" }
    TOKEN_SHARE_LOCKED "storage.tokenShareLocked" Warn "The last attempt at a share was wrong." { recipientEmail "", share "", reason "" }
    TOKEN_EXPIRED "storage.tokenExpired" Info "A token was removed because it expired." { expires "" }
    TOKEN_LEAKED "storage.tokenLeaked" Warn "The string of a copy was found in public, so the copy was ended." { leakedCopy "", found "where, as the report says" }
    TOKEN_DISABLED "storage.tokenDisabled" Info "A token was switched off." { isDisabled "", reason "`projectClosed`, when its project was closed", description "", descriptionBefore "", permissions "", permissionsBefore "", expires "", expiresBefore "" }
    TOKEN_ENABLED "storage.tokenEnabled" Info "A token was switched on again." { isDisabled "", reason "`projectClosed`, when its project was opened", description "", descriptionBefore "", permissions "", permissionsBefore "", expires "", expiresBefore "" }
    TOKEN_MEMBER_LEFT "storage.tokenMemberLeft" Info "The member behind a token was removed from the project, and the token goes on." { member "" }
    TOKEN_IMPORTED "storage.tokenImported" Info "A token has come with its project from another store." {  }
    TOKEN_EXPIRY_NOTICED "storage.tokenExpiryNoticed" Info "The notice that a token will expire was due, and from then on is dealt with." { expires "", notice "`week` or `day`", recipientEmail "whom it is mailed to", recipientEmails "when they are several", reason "why nobody is mailed" }
    TOKEN_EXPIRY_NOTICE_REFUSED "storage.tokenExpiryNoticeRefused" Warn "The mail of such a notice could not be sent." { recipientEmail "", reason "" }
    ACCESS_DENIED "storage.accessDenied" Warn "A call of an authenticated token was denied." { method "", route "", function "", token "the id of the token that was meant", count "how many more of the kind there were", until "the moment of the last of them" }
    UNREADABLE "storage.eventUnreadable" Error "Stands in a list for an event that cannot be read. It is never stored." {}
    QUESTIONS_ANSWERED "storage.questionsAnswered" Info "Several questions were answered that do not name the same operation." { questions "" }
    QUESTIONS_DENIED "storage.questionsDenied" Warn "More questions of a token were answered no, within a minute." { count "", until "" }
    PROJECT_CREATED "storage.projectCreated" Info "A project was made." { organization "" }
    PROJECT_CLOSED "storage.projectClosed" Info "A project was closed, because it moves to another store or has come from a backup." {  }
    PROJECT_OPENED "storage.projectOpened" Info "A project was opened again, here or where it has moved to." {  }
    PROJECT_IMPORTED "storage.projectImported" Info "A project has come from another store." { sha256 "the digest of the file" }
    MEMBER_INVITED "storage.memberInvited" Info "Someone was invited to a project." { recipientEmail "", expires "" }
    INVITATION_WITHDRAWN "storage.memberInvitationWithdrawn" Info "An invitation was withdrawn." { recipientEmail "" }
    INVITATION_REFUSED "storage.memberInvitationRefused" Info "A wrong code was typed at an invitation, or its mail could not be sent." { recipientEmail "" }
    INVITATION_LOCKED "storage.memberInvitationLocked" Info "The last attempt at an invitation was wrong." { recipientEmail "" }
    MEMBER_JOINED "storage.memberJoined" Info "A member joined." { email "", member "" }
    MEMBER_REMOVED "storage.memberRemoved" Info "A member was removed." { email "", member "" }
    SIGN_IN_MAILED "storage.memberSignInMailed" Info "A sign-in at the console was mailed to a member." { recipientEmail "" }
    SIGN_IN_REFUSED "storage.memberSignInRefused" Info "A wrong code was typed at a sign-in, or its mail could not be sent." { recipientEmail "" }
    SIGN_IN_LOCKED "storage.memberSignInLocked" Info "The last attempt at a sign-in was wrong." { recipientEmail "" }
    MEMBER_SIGNED_IN "storage.memberSignedIn" Info "A member signed in at the console." { session "" }
    MEMBER_SIGNED_OUT "storage.memberSignedOut" Info "A session of a member was ended." { session "" }
    MANAGE_TOKEN_CREATED "manage.tokenCreated" Info "A manage token was created." { expires "" }
    MANAGE_TOKEN_UPDATED "manage.tokenUpdated" Info "The description of a manage token was changed." { description "", descriptionBefore "" }
    MANAGE_TOKEN_DISABLED "manage.tokenDisabled" Info "A manage token was switched off." { isDisabled "", description "", descriptionBefore "" }
    MANAGE_TOKEN_ENABLED "manage.tokenEnabled" Info "A manage token was switched on again." { isDisabled "", description "", descriptionBefore "" }
    MANAGE_TOKEN_REFRESHED "manage.tokenRefreshed" Info "A manage token was refreshed." { gracePeriod "seconds", expires "the end of the new secret, where the one who made it has an end" }
    MANAGE_TOKEN_DELETED "manage.tokenDeleted" Info "A manage token was deleted." {  }
    MANAGE_TOKEN_LEAKED "manage.tokenLeaked" Warn "A secret of a manage token was found in public, so it was ended." { leakedSecret "`current` or `replaced`", found "where, as the report says" }
}

/// Whether only Jeton itself may write events of this name, in any letter case.
///
/// That covers names that later versions may use: everything about tokens, members and projects.
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
