//! The rows of tokens.

use crate::{
    endpoint::row::{Endpoint, delete, get, group, post, put},
    function::Function,
    operation::{
        component_token, create, delete, detail, leaked, list, refresh, share, shares, update, verify,
    },
    wire::{
        leak::LeakReport,
        question::{AnswerBody, AskBody, QuestionBody},
        token::{OpenShareBody, TokenBody},
        token_request::{
            CreateToken, ListTokens, RefreshToken, SendShare, SeparateCode, ShareToken, UpdateToken,
        },
    },
};

/// Creating tokens.
pub static CREATE: &[Endpoint] = &group(
    Function::Create,
    [post("/v2/storage/tokens", "Create a token")
        .storage(&create::create)
        .replays(&create::again)
        .takes::<CreateToken>()
        .created::<TokenBody>()
        .errors(&[403, 409])],
);

/// Listing tokens.
pub static LIST: &[Endpoint] = &group(
    Function::List,
    [get("/v2/storage/tokens", "List tokens: all of the project for managers, else only the caller")
        .storage(&list::list)
        .query::<ListTokens>()
        .list::<TokenBody>()
        .errors(&[403])],
);

/// Who a token is, and what it may do.
pub static VERIFY: &[Endpoint] = &group(
    Function::Verify,
    [
        get("/v2/storage/tokens/verify", "Who is this token?").storage(&verify::verify).ok::<TokenBody>(),
        post("/v2/storage/tokens/verify", "May this token do this?")
            .storage(&verify::ask)
            .attached()
            .takes::<AskBody>()
            .form::<QuestionBody>()
            .ok::<AnswerBody>(),
    ],
);

/// Reading one token.
pub static DETAIL: &[Endpoint] = &group(
    Function::Detail,
    [get("/v2/storage/tokens/{token}", "Read a token")
        .storage(&detail::detail)
        .ok::<TokenBody>()
        .errors(&[403, 404])],
);

/// Changing a token.
pub static UPDATE: &[Endpoint] = &group(
    Function::Update,
    [put("/v2/storage/tokens/{token}", "Change a token")
        .storage(&update::update)
        .takes::<UpdateToken>()
        .ok::<TokenBody>()
        .errors(&[403, 404, 409])],
);

/// Deleting a token, or one copy of it.
pub static DELETE: &[Endpoint] = &group(
    Function::Delete,
    [
        delete("/v2/storage/tokens/{token}", "Delete a token")
            .storage(&delete::delete)
            .no_content()
            .errors(&[403, 404, 409]),
        post("/v2/storage/tokens/leaked", "End copies that were found in public")
            .open(&leaked::leaked)
            .takes::<LeakReport>()
            .no_content()
            .errors(&[403]),
        delete("/v2/storage/tokens/{token}/copies/{copy}", "Take one copy of a token back")
            .storage(&delete::delete_copy)
            .no_content()
            .errors(&[403, 404, 409]),
    ],
);

/// Refreshing a token.
pub static REFRESH: &[Endpoint] = &group(
    Function::Refresh,
    [post("/v2/storage/tokens/{token}/refresh", "Refresh a token: a new secret in place of every older one")
        .storage(&refresh::refresh)
        .replays(&refresh::again)
        .takes::<RefreshToken>()
        .ok::<TokenBody>()
        .errors(&[403, 404, 409])],
);

/// Sharing a token, and its open shares.
pub static SHARE: &[Endpoint] = &group(
    Function::Share,
    [
        post("/v2/storage/tokens/{token}/share", "Share a token by e-mail")
            .storage(&share::share)
            .replays(&share::again)
            .takes::<ShareToken>()
            .no_content()
            .ok::<SeparateCode>()
            .errors(&[403, 404, 409, 424, 429]),
        get("/v2/storage/tokens/{token}/shares", "List the open shares of a token")
            .storage(&shares::list)
            .list::<OpenShareBody>()
            .errors(&[403, 404]),
        delete("/v2/storage/tokens/{token}/shares/{share}", "Withdraw an open share")
            .storage(&shares::withdraw)
            .no_content()
            .errors(&[403, 404, 409]),
        post(
            "/v2/storage/tokens/{token}/shares/{share}/send",
            "Send an open share once more: a new link and code in place of the older ones",
        )
        .storage(&share::share_again)
        .replays(&share::again)
        .takes::<SendShare>()
        .no_content()
        .ok::<SeparateCode>()
        .errors(&[403, 404, 409, 424, 429]),
    ],
);

/// The token of a component configuration.
pub static COMPONENT_TOKEN: &[Endpoint] = &group(
    Function::ComponentToken,
    [
        put(
            "/v2/storage/components/{component}/configs/{config}/token",
            "Give a component configuration its token",
        )
        .storage(&component_token::put)
        .replays(&component_token::again)
        .takes::<CreateToken>()
        .created::<TokenBody>()
        .ok::<TokenBody>()
        .errors(&[403, 404, 409]),
        delete(
            "/v2/storage/components/{component}/configs/{config}/token",
            "Take a component configuration's token away",
        )
        .storage(&component_token::delete)
        .no_content()
        .errors(&[403, 404, 409]),
    ],
);
