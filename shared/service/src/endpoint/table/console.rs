//! Endpoints of the console, which are not in the API description.

use crate::{
    console::operation as pages,
    endpoint::row::{Endpoint, console, get, post},
};

/// The pages of the console.
pub static CONSOLE: &[Endpoint] = &console([
    get("/console", "Lead to the tokens, or to the sign-in").open(&pages::home),
    get("/console/-/console.js", "The script of the console").open(&pages::script),
    get("/console/-/console.css", "The style of the console").open(&pages::style),
    get("/console/-/provider", "Lead to the identity provider").open(&pages::start),
    get("/console/-/signed-in", "The answer of the identity provider").open(&pages::finish),
    post("/console/-/passkey/start", "Start a sign-in with a passkey").open(&pages::start_with_passkey),
    post("/console/-/passkey", "Sign in with a passkey").open(&pages::finish_with_passkey),
    post("/console/sign-in", "Request a sign-in link").open(&pages::ask),
    get("/console/sign-in/{share}", "The page behind the link of a sign-in").open(&pages::page),
    post("/console/sign-in/{share}", "Sign in with link and code").open(&pages::answer),
    post("/console/sign-out", "Sign out").session(&pages::sign_out),
    get("/console/projects", "The projects of the signed-in member").session(&pages::projects),
    get("/console/sessions", "List sessions").session(&pages::sessions),
    get("/console/sessions/{session}", "Confirm the end of a session").session(&pages::ask_end),
    post("/console/sessions/{session}", "End a session").session(&pages::end_session),
    post("/console/passkeys", "Register a passkey").session(&pages::register_passkey),
    get("/console/passkeys/{passkey}", "Confirm the removal of a passkey")
        .session(&pages::ask_remove_passkey),
    post("/console/passkeys/{passkey}", "Remove a passkey").session(&pages::remove_passkey),
    get("/console/projects/{project}/summary", "The summary of a project").member(&pages::summary).reads(),
    get("/console/projects/{project}/tokens", "The tokens of a project").member(&pages::tokens).reads(),
    post("/console/projects/{project}/tokens", "Create a token").member(&pages::create),
    get("/console/projects/{project}/tokens/new", "The form of a new token").member(&pages::new),
    get("/console/projects/{project}/tokens/actions", "What an action on several tokens would do")
        .member(&pages::ask_act),
    post("/console/projects/{project}/tokens/actions", "Disable, enable or delete several tokens")
        .member(&pages::act),
    get("/console/projects/{project}/tokens/{token}", "A token").member(&pages::overview).reads(),
    post("/console/projects/{project}/tokens/{token}", "Change a token").member(&pages::edit),
    get("/console/projects/{project}/tokens/{token}/refresh", "Confirm a refresh")
        .member(&pages::ask_refresh)
        .renews_or_ends(),
    post("/console/projects/{project}/tokens/{token}/refresh", "Refresh a token")
        .member(&pages::refresh)
        .renews_or_ends(),
    get("/console/projects/{project}/tokens/{token}/share", "The form of a share").member(&pages::ask_share),
    post("/console/projects/{project}/tokens/{token}/share", "Share a token").member(&pages::share),
    get("/console/projects/{project}/tokens/{token}/delete", "Confirm a deletion").member(&pages::ask_delete),
    post("/console/projects/{project}/tokens/{token}/delete", "Delete a token").member(&pages::delete),
    get("/console/projects/{project}/tokens/{token}/switch", "Confirm disabling or enabling a token")
        .member(&pages::ask_switch),
    post("/console/projects/{project}/tokens/{token}/switch", "Disable or enable a token")
        .member(&pages::switch),
    get("/console/projects/{project}/tokens/{token}/extend", "The form of a new expiry")
        .member(&pages::ask_extend),
    post("/console/projects/{project}/tokens/{token}/extend", "Change the expiry of a token")
        .member(&pages::extend),
    get("/console/projects/{project}/tokens/{token}/copies/{copy}", "Confirm the deletion of a copy")
        .member(&pages::ask_revoke)
        .renews_or_ends(),
    post("/console/projects/{project}/tokens/{token}/copies/{copy}", "Delete a copy")
        .member(&pages::revoke)
        .renews_or_ends(),
    post("/console/projects/{project}/tokens/{token}/shares/{share}/withdraw", "Withdraw a pending share")
        .member(&pages::withdraw_share),
    post("/console/projects/{project}/tokens/{token}/shares/{share}/send", "Send a pending share again")
        .member(&pages::send_share),
    get("/console/projects/{project}/tokens/{token}/usage", "The usage of a token")
        .member(&pages::usage)
        .reads(),
    post("/console/projects/{project}/tokens/{token}/usage", "What an edit would have denied")
        .member(&pages::dry_run)
        .reads(),
    get("/console/projects/{project}/tokens/{token}/events", "The history of a token")
        .member(&pages::of_token)
        .reads(),
    get("/console/projects/{project}/tokens/{token}/export", "The same as a file")
        .member(&pages::export_of_token)
        .reads(),
    get("/console/projects/{project}/members", "The members of a project").member(&pages::members).reads(),
    post("/console/projects/{project}/members", "Invite a member").member(&pages::invite),
    get("/console/projects/{project}/members/{member}/remove", "Confirm the removal of a member")
        .member(&pages::ask_remove)
        .leaves(),
    post("/console/projects/{project}/members/{member}/remove", "Remove a member")
        .member(&pages::remove)
        .leaves(),
    get("/console/projects/{project}/members/{member}/role", "Confirm a change of a member's role")
        .member(&pages::ask_role),
    post("/console/projects/{project}/members/{member}/role", "Change the role of a member")
        .member(&pages::change_role),
    post("/console/projects/{project}/invitations/{invitation}/withdraw", "Withdraw an invitation")
        .member(&pages::withdraw_invitation),
    post("/console/projects/{project}/invitations/{invitation}/send", "Send an invitation again")
        .member(&pages::send_invitation),
    get("/console/projects/{project}/events", "The events of a project").member(&pages::of_project).reads(),
    get("/console/projects/{project}/export", "The same as a file").member(&pages::export_of_project).reads(),
]);
