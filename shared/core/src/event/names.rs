//! The names of Jeton's own events.

/// A token was created.
pub const TOKEN_CREATED: &str = "storage.tokenCreated";
/// A token was changed.
pub const TOKEN_UPDATED: &str = "storage.tokenUpdated";
/// A token, or one copy of it, was deleted.
pub const TOKEN_DELETED: &str = "storage.tokenDeleted";
/// A token, or one copy of it, was refreshed.
pub const TOKEN_REFRESHED: &str = "storage.tokenRefreshed";
/// A copy was first used, and with that the older ones that were kept until then ended.
pub const TOKEN_OLD_COPIES_ENDED: &str = "storage.tokenOldCopiesEnded";
/// A token was shared.
pub const TOKEN_SHARED: &str = "storage.tokenShared";
/// A share was picked up.
pub const TOKEN_SHARE_PICKED_UP: &str = "storage.tokenSharePickedUp";
/// A wrong code was typed, or the mail could not be sent.
pub const TOKEN_SHARE_REFUSED: &str = "storage.tokenShareRefused";
/// An open share was taken back.
pub const TOKEN_SHARE_WITHDRAWN: &str = "storage.tokenShareWithdrawn";
/// The last attempt at a share was wrong.
pub const TOKEN_SHARE_LOCKED: &str = "storage.tokenShareLocked";
/// A token was removed because it expired.
pub const TOKEN_EXPIRED: &str = "storage.tokenExpired";
/// The string of a copy was found in public, so the copy was ended.
pub const TOKEN_LEAKED: &str = "storage.tokenLeaked";
/// A token was switched off.
pub const TOKEN_DISABLED: &str = "storage.tokenDisabled";
/// A token was switched on again.
pub const TOKEN_ENABLED: &str = "storage.tokenEnabled";
/// The member behind a token was removed from the project, and the token goes on.
pub const TOKEN_MEMBER_LEFT: &str = "storage.tokenMemberLeft";
/// A token has come with its project from another store.
pub const TOKEN_IMPORTED: &str = "storage.tokenImported";
/// The notice that a token will expire was due, and from then on is dealt with.
pub const TOKEN_EXPIRY_NOTICED: &str = "storage.tokenExpiryNoticed";
/// The mail of such a notice could not be sent.
pub const TOKEN_EXPIRY_NOTICE_REFUSED: &str = "storage.tokenExpiryNoticeRefused";
/// A call of an authenticated token was refused.
pub const ACCESS_DENIED: &str = "storage.accessDenied";
/// Several questions were answered that do not name the same operation.
pub const QUESTIONS_ANSWERED: &str = "storage.questionsAnswered";
/// More questions of a token were answered no, within a minute.
pub const QUESTIONS_DENIED: &str = "storage.questionsDenied";
/// A project was made.
pub const PROJECT_CREATED: &str = "storage.projectCreated";
/// A project was closed, because it moves to another store or has come from a backup.
pub const PROJECT_CLOSED: &str = "storage.projectClosed";
/// A project was opened again, here or where it has moved to.
pub const PROJECT_OPENED: &str = "storage.projectOpened";
/// A project has come from another store.
pub const PROJECT_IMPORTED: &str = "storage.projectImported";
/// Someone was invited to a project.
pub const MEMBER_INVITED: &str = "storage.memberInvited";
/// An invitation was withdrawn.
pub const INVITATION_WITHDRAWN: &str = "storage.memberInvitationWithdrawn";
/// A wrong code was typed at an invitation, or its mail could not be sent.
pub const INVITATION_REFUSED: &str = "storage.memberInvitationRefused";
/// The last attempt at an invitation was wrong.
pub const INVITATION_LOCKED: &str = "storage.memberInvitationLocked";
/// A member joined.
pub const MEMBER_JOINED: &str = "storage.memberJoined";
/// A member was removed.
pub const MEMBER_REMOVED: &str = "storage.memberRemoved";
/// A sign-in at the console was mailed to a member.
pub const SIGN_IN_MAILED: &str = "storage.memberSignInMailed";
/// A wrong code was typed at a sign-in, or its mail could not be sent.
pub const SIGN_IN_REFUSED: &str = "storage.memberSignInRefused";
/// The last attempt at a sign-in was wrong.
pub const SIGN_IN_LOCKED: &str = "storage.memberSignInLocked";
/// A member signed in at the console.
pub const MEMBER_SIGNED_IN: &str = "storage.memberSignedIn";
/// A session of a member was ended.
pub const MEMBER_SIGNED_OUT: &str = "storage.memberSignedOut";
/// A manage token was created.
pub const MANAGE_TOKEN_CREATED: &str = "manage.tokenCreated";
/// The description of a manage token was changed.
pub const MANAGE_TOKEN_UPDATED: &str = "manage.tokenUpdated";
/// A manage token was switched off.
pub const MANAGE_TOKEN_DISABLED: &str = "manage.tokenDisabled";
/// A manage token was switched on again.
pub const MANAGE_TOKEN_ENABLED: &str = "manage.tokenEnabled";
/// A manage token was refreshed.
pub const MANAGE_TOKEN_REFRESHED: &str = "manage.tokenRefreshed";
/// A manage token was deleted.
pub const MANAGE_TOKEN_DELETED: &str = "manage.tokenDeleted";
/// A secret of a manage token was found in public, so it was ended.
pub const MANAGE_TOKEN_LEAKED: &str = "manage.tokenLeaked";

/// Whether only Jeton itself may write events of this name, in any letter case.
///
/// That covers names that later versions may use: everything about tokens, members and projects.
pub fn is_own(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let prefixes = ["storage.token", "storage.member", "storage.project", "manage.token"];
    let single = [ACCESS_DENIED, QUESTIONS_ANSWERED, QUESTIONS_DENIED];
    prefixes.iter().any(|prefix| name.starts_with(prefix))
        || single.iter().any(|own| own.eq_ignore_ascii_case(&name))
}
