//! The table of error codes: each with its HTTP status, its meaning and whether to retry.

use http::StatusCode;

/// An error code: one row of the table.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// The value of the field `code`. Rows with different statuses may share it.
    pub name: &'static str,
    /// The HTTP status.
    pub status: StatusCode,
    /// When it is returned, in Markdown, for the error reference.
    pub meaning: &'static str,
    /// Whether to retry the same call.
    pub retry: Retry,
}

/// Whether a client should retry the same call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// No: it fails until the request changes, or until someone changes what it depends on.
    No,
    /// Yes, later. The delay is not known.
    Later,
    /// Yes, later, and with a new idempotency key: the same key gets the same answer.
    WithNewKey,
    /// Yes, after the number of seconds in `Retry-After`.
    After,
}

macro_rules! codes {
    ($($name:ident $status:ident $word:literal $retry:ident $meaning:literal)*) => {
        $(
            #[doc = $meaning]
            pub const $name: Code =
                Code { name: $word, status: StatusCode::$status, meaning: $meaning, retry: Retry::$retry };
        )*

        /// All error codes, ordered by status, as the error reference lists them.
        pub const CODES: &[Code] = &[$($name),*];
    };
}

codes! {
    MALFORMED BAD_REQUEST "malformedRequest" No
        "The body or the query does not parse, or has a field twice."
    BAD_FIELD BAD_REQUEST "validationError" No
        "A field is not valid. The message names it."
    INVALID_PERMISSIONS BAD_REQUEST "storage.tokens.invalidPermissions" No
        "The permissions are not valid. The message says why."
    MINIMAL_EXPIRATION BAD_REQUEST "storage.tokens.invalidExpiration" No
        "`expiresIn` is below one second."
    USED_BY_CONFIGURATION BAD_REQUEST "storage.tokens.cannotDeleteDueToOrchestration" No
        "The token belongs to a component configuration. Delete it by its configuration."
    QUERY_NOT_PARSED BAD_REQUEST "storage.events.invalidQuery" No
        "The search `q` does not parse. The message names the part."
    EVENT_TOO_LARGE BAD_REQUEST "requestTooLarge" No
        "A reported event has more than 200 KB (204,800 bytes)."
    ANSWER_TOO_LARGE BAD_REQUEST "answerTooLarge" No
        "A list would exceed 5 MB (5,000,000 bytes). Page through it."
    TOKEN_MISSING UNAUTHORIZED "" No
        "The call needs a token, and there is none."
    TOKEN_INVALID UNAUTHORIZED "storage.tokenInvalid" No
        "The token is not valid. Unknown, wrong and expired copies have the same answer."
    TOKEN_EXPIRED UNAUTHORIZED "storage.tokenExpired" No
        "The token has expired. Only the bearer of a live copy reads this."
    TOKEN_DISABLED UNAUTHORIZED "storage.tokenDisabled" Later
        "The token is disabled. Only the bearer of a live copy reads this."
    COPY_SUPERSEDED UNAUTHORIZED "storage.tokenSuperseded" No
        "This copy was kept until its successor was used, and the successor is in use. Read the new secret from its place."
    SIGNED_OUT UNAUTHORIZED "console.signedOut" No
        "A page of the console needs a session."
    ACCESS_DENIED FORBIDDEN "accessDenied" No
        "The token may not do this. The message says so when the copy ends with the token that shared or made it."
    GRACE_COPY FORBIDDEN "storage.tokenSuperseded" No
        "This copy is kept until its successor is used. It creates no token, copy or share."
    READ_ONLY FORBIDDEN "readOnlyMember" No
        "The member is read-only in this project, and the call changes something."
    MASTER_NOT_SHARED FORBIDDEN "storage.token.cannotShareMasterToken" No
        "A master token cannot be shared. Invite its recipient as a member."
    WRONG_CODE FORBIDDEN "pickup.wrongCode" No
        "The code of a share is wrong. The message says how many attempts are left."
    SIGN_IN_AGAIN FORBIDDEN "console.signInAgain" No
        "The change needs a sign-in of the last ten minutes."
    CROSS_SITE FORBIDDEN "console.crossSite" No
        "The form does not come from a page of the console (CSRF)."
    TOKEN_NOT_FOUND NOT_FOUND "storage.tokens.notFound" No
        "The project has no such token."
    EVENT_NOT_FOUND NOT_FOUND "storage.events.notFound" No
        "There is no such event that the token may see."
    SHARE_NOT_FOUND NOT_FOUND "pickup.notFound" No
        "There is no such share, or the secret of the link is wrong."
    THING_NOT_FOUND NOT_FOUND "notFound" No
        "There is no such path, project, member, invitation, share, copy or manage token."
    METHOD_NOT_ALLOWED METHOD_NOT_ALLOWED "methodNotAllowed" No
        "The path has no such method. `Allow` lists those it has."
    REQUEST_TIMEOUT REQUEST_TIMEOUT "requestTimeout" Later
        "The body did not arrive within 30 seconds."
    CONFLICT CONFLICT "conflict" No
        "The call clashes with the state it met. The message says how."
    TOO_MANY_COPIES CONFLICT "storage.token.tooManyCopies" No
        "The token has 16 live copies and pending shares. Delete some, or refresh it."
    SHARE_DISABLED CONFLICT "pickup.disabled" Later
        "The shared token, or the token that sent the share, is disabled."
    SENDER_MAY_NOT_SHARE CONFLICT "pickup.senderMayNotShare" Later
        "The token that sent the share has fewer rights at the moment than the token it shared."
    PROJECT_CLOSED CONFLICT "projectClosed" Later
        "The project is moving to another store, or has moved."
    SHARE_USED GONE "pickup.used" No
        "The share was picked up before."
    SHARE_LOCKED GONE "pickup.locked" No
        "Too many wrong codes were entered."
    SHARE_EXPIRED GONE "pickup.expired" No
        "The share has expired."
    SHARE_ENDED GONE "pickup.ended" No
        "The shared token or copy was refreshed, deleted or withdrawn."
    BODY_TOO_LARGE PAYLOAD_TOO_LARGE "requestTooLarge" No
        "The body has more than 256 KB (262,144 bytes)."
    UNSUPPORTED_MEDIA_TYPE UNSUPPORTED_MEDIA_TYPE "unsupportedMediaType" No
        "The body is neither JSON nor a form, or its charset is not UTF-8."
    UNSUPPORTED_ENCODING UNSUPPORTED_MEDIA_TYPE "unsupportedContentEncoding" No
        "The body is compressed. `Accept-Encoding` says `identity`."
    ADDRESS_REJECTED FAILED_DEPENDENCY "mail.addressRefused" No
        "The mail server does not accept the e-mail address."
    MAIL_NOT_SENT FAILED_DEPENDENCY "mail.notSent" WithNewKey
        "The mail was not sent, and nothing was shared; an earlier link that it was to replace has ended. The message says whether a retry may help."
    TOO_MANY_WRONG_TOKENS TOO_MANY_REQUESTS "tooManyWrongTokens" After
        "More than 300 wrong tokens came from this address within a minute. Right tokens are answered."
    TOO_MANY_EVENTS TOO_MANY_REQUESTS "events.tooMany" After
        "The token, or its project, has used up its quota of events for this hour."
    TOO_MANY_MAILS TOO_MANY_REQUESTS "mail.tooMany" After
        "The token, the project or the recipient has used up the quota of mails for this hour."
    TOO_MANY_CHANGES TOO_MANY_REQUESTS "changes.tooMany" After
        "The token changes itself and others more than 100 times a second, or 200 times at once. New tokens are not counted. Revocations are not rate limited."
    INTERNAL INTERNAL_SERVER_ERROR "internalError" Later
        "The service failed. The log has the reason under `exceptionId`."
    UNAVAILABLE SERVICE_UNAVAILABLE "serviceUnavailable" After
        "The store does not answer, or the service has too much to do. `reason` says which, and `status` is `maintenance`."
}
