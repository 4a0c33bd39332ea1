//! Endpoints of storage tokens: their copies, their shares and the tokens of component configurations.
//!
//! Each static lists the endpoints of one function. `endpoint/row.rs` documents the methods of a row. `errors` lists
//! only the statuses that are particular to an endpoint, not those of its credential, body or query.

use crate::{
    endpoint::row::{Endpoint, delete, get, group, post, put, undescribed},
    function::Function,
    operation::{
        component_token, create, delete, detail, leaked, list, refresh, share, shares, token_actions, update,
        verify,
    },
};
use jeton_api::{
    leak::LeakReport,
    question::{AnswerBody, AskBody, QuestionBody},
    settings::{CreateToken, TokenSettings},
    token::{OpenShareBody, TokenBody},
    token_action::{ActOnTokens, ActedBody},
    token_filter::TokenFilter,
    token_request::{ListTokens, RefreshToken, SendShare, SeparateCode, ShareToken},
};

/// Create a token.
pub static CREATE: &[Endpoint] = &group(
    Function::Create,
    [post("/v2/storage/tokens", "Create a token")
        .storage(&create::create)
        .replays(&create::replay)
        .takes::<CreateToken>()
        .created::<TokenBody>()
        .errors(&[403, 409])],
);

/// List tokens.
pub static LIST: &[Endpoint] = &group(
    Function::List,
    [get("/v2/storage/tokens", "List tokens: all of the project for managers, else only the caller")
        .storage(&list::list)
        .reads()
        .query::<ListTokens>()
        .filter::<TokenFilter>()
        .list::<TokenBody>()
        .errors(&[403])],
);

/// Verify: who a token is, and whether it may do something.
pub static VERIFY: &[Endpoint] = &VERIFY_ROWS;

/// The same without their schemas, for the function, which has no API description.
pub static VERIFY_ALONE: &[Endpoint] = &undescribed(VERIFY_ROWS);

const VERIFY_ROWS: [Endpoint; 2] = group(
    Function::Verify,
    [
        get("/v2/storage/tokens/verify", "Verify a token: who it is, what it may do, and until when")
            .storage(&verify::verify)
            .reads()
            .ok::<TokenBody>(),
        post("/v2/storage/tokens/verify", "Ask whether a token may do something")
            .storage(&verify::ask)
            .reads()
            // Cancelled when the client disconnects. Other POST requests run to completion.
            .attached()
            .takes::<AskBody>()
            .form::<QuestionBody>()
            .ok::<AnswerBody<TokenBody>>(),
    ],
);

/// Read a token.
pub static DETAIL: &[Endpoint] = &group(
    Function::Detail,
    [get("/v2/storage/tokens/{token}", "Read a token")
        .storage(&detail::detail)
        .reads()
        .ok::<TokenBody>()
        .errors(&[403, 404])],
);

/// Change a token.
pub static UPDATE: &[Endpoint] = &group(
    Function::Update,
    [put("/v2/storage/tokens/{token}", "Change a token")
        .storage(&update::update)
        .takes::<TokenSettings>()
        .ok::<TokenBody>()
        .errors(&[403, 404, 409])],
);

/// Delete a token, one copy of it, or copies that a leak report names; disable, enable or delete many.
pub static DELETE: &[Endpoint] = &group(
    Function::Delete,
    [
        delete("/v2/storage/tokens/{token}", "Delete a token")
            .storage(&delete::delete)
            .no_content()
            .errors(&[403, 404, 409]),
        post("/v2/storage/tokens/actions", "Disable, enable or delete many tokens")
            .storage(&token_actions::act)
            .keyed()
            .takes::<ActOnTokens>()
            .ok::<ActedBody>()
            .errors(&[403, 409]),
        post("/v2/storage/tokens/leaked", "Report leaked tokens: their copies end")
            // No credential is needed: anyone who has the secret of a copy may revoke it.
            .open(&leaked::leaked)
            .takes::<LeakReport>()
            .no_content()
            .errors(&[403]),
        delete("/v2/storage/tokens/{token}/copies/{copy}", "Delete one copy of a token")
            .storage(&delete::delete_copy)
            .renews_or_ends()
            .no_content()
            .errors(&[403, 404, 409]),
    ],
);

/// Refresh a token.
pub static REFRESH: &[Endpoint] = &group(
    Function::Refresh,
    [post("/v2/storage/tokens/{token}/refresh", "Refresh a token: a new secret replaces older ones")
        .storage(&refresh::refresh)
        .renews_or_ends()
        .replays(&refresh::replay)
        .takes::<RefreshToken>()
        .ok::<TokenBody>()
        .errors(&[403, 404, 409])],
);

/// Share a token; list, withdraw and resend its pending shares. The two calls that send mail answer 200 with the code if
/// `separateCode` asks for it, else 204.
pub static SHARE: &[Endpoint] = &group(
    Function::Share,
    [
        post("/v2/storage/tokens/{token}/share", "Share a token by e-mail")
            .storage(&share::share)
            .replays(&share::replay)
            .takes::<ShareToken>()
            .no_content()
            .ok::<SeparateCode>()
            .errors(&[403, 404, 409, 424, 429]),
        get("/v2/storage/tokens/{token}/shares", "List the pending shares of a token")
            .storage(&shares::list)
            .reads()
            .list::<OpenShareBody>()
            .errors(&[403, 404]),
        delete("/v2/storage/tokens/{token}/shares/{share}", "Withdraw a pending share")
            .storage(&shares::withdraw)
            .no_content()
            .errors(&[403, 404, 409]),
        post(
            "/v2/storage/tokens/{token}/shares/{share}/send",
            "Send a pending share again: with a new link and code",
        )
        .storage(&share::share_again)
        .replays(&share::replay)
        .takes::<SendShare>()
        .no_content()
        .ok::<SeparateCode>()
        .errors(&[403, 404, 409, 424, 429]),
    ],
);

/// Create, replace or delete the token of a component configuration. `PUT` answers 201 if it creates it, else 200.
pub static COMPONENT_TOKEN: &[Endpoint] = &group(
    Function::ComponentToken,
    [
        put(
            "/v2/storage/components/{component}/configs/{config}/token",
            "Create or change the token of a component configuration",
        )
        .storage(&component_token::put)
        .replays(&component_token::replay)
        .takes::<CreateToken>()
        .created::<TokenBody>()
        .ok::<TokenBody>()
        .errors(&[403, 404, 409]),
        delete(
            "/v2/storage/components/{component}/configs/{config}/token",
            "Delete the token of a component configuration",
        )
        .storage(&component_token::delete)
        .no_content()
        .errors(&[403, 404, 409]),
    ],
);
