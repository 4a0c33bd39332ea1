//! The rows of the console.

use http::Method;

use super::{MAX_BODY, PAGE};
use crate::{
    endpoint::{Answer, Endpoint, Handler, Served, Shape},
    function::Function,
    http::ApiRequest,
    operation::console,
    visitor::{Visit, Visitor},
};

/// A row of the console, which is for people and no part of the API description.
macro_rules! page {
    ($method:ident $path:literal $handler:expr, $summary:literal) => {
        endpoint!(
            $method $path Console
            $handler,
            $summary,
            takes None,
            query None,
            answers PAGE,
            errors [],
            at most MAX_BODY
        )
    };
}

macro_rules! session {
    ($operation:path) => {
        Handler::Session({
            fn call<'a>(request: &'a ApiRequest, visit: &'a Visit) -> Answer<'a> {
                Box::pin($operation(request, visit))
            }
            call
        })
    };
}

macro_rules! member {
    ($operation:path) => {
        Handler::Member({
            fn call<'a>(request: &'a ApiRequest, visitor: &'a Visitor) -> Answer<'a> {
                Box::pin($operation(request, visitor))
            }
            call
        })
    };
}

/// The pages for administrators.
pub static CONSOLE: Served = Served {
    function: Function::Console,
    rows: &[
        page!(GET "/console" open!(console::home), "To one's tokens, or to sign in"),
        page!(GET "/console/-/console.js" open!(console::script), "The script of the console"),
        page!(GET "/console/-/console.css" open!(console::style), "The style of the console"),
        page!(POST "/console/sign-in" open!(console::ask), "Ask for a link to sign in"),
        page!(GET "/console/sign-in/{share}" open!(console::page), "The page that the link of every sign-in opens"),
        page!(POST "/console/sign-in/{share}" open!(console::answer), "Sign in with link and code"),
        page!(POST "/console/sign-out" session!(console::sign_out), "Sign out"),
        page!(GET "/console/projects" session!(console::projects), "One's projects"),
        page!(GET "/console/sessions" session!(console::sessions), "Where one is signed in"),
        page!(GET "/console/sessions/{session}" session!(console::ask_end), "Ask before a session is ended"),
        page!(POST "/console/sessions/{session}" session!(console::end_session), "End a session"),
        page!(GET "/console/projects/{project}/tokens" member!(console::tokens), "The tokens of a project"),
        page!(POST "/console/projects/{project}/tokens" member!(console::create), "Create a token"),
        page!(GET "/console/projects/{project}/tokens/new" member!(console::new), "The form of a new token"),
        page!(GET "/console/projects/{project}/tokens/{token}" member!(console::overview), "A token"),
        page!(POST "/console/projects/{project}/tokens/{token}" member!(console::edit), "Change a token"),
        page!(GET "/console/projects/{project}/tokens/{token}/refresh" member!(console::ask_refresh), "Ask before a refresh"),
        page!(POST "/console/projects/{project}/tokens/{token}/refresh" member!(console::refresh), "Refresh a token"),
        page!(GET "/console/projects/{project}/tokens/{token}/share" member!(console::ask_share), "Ask whom to share with"),
        page!(POST "/console/projects/{project}/tokens/{token}/share" member!(console::share), "Share a token"),
        page!(GET "/console/projects/{project}/tokens/{token}/delete" member!(console::ask_delete), "Ask before a deletion"),
        page!(POST "/console/projects/{project}/tokens/{token}/delete" member!(console::delete), "Delete a token"),
        page!(GET "/console/projects/{project}/tokens/{token}/switch" member!(console::ask_switch), "Ask before a token is switched off or on"),
        page!(POST "/console/projects/{project}/tokens/{token}/switch" member!(console::switch), "Switch a token off or on"),
        page!(GET "/console/projects/{project}/tokens/{token}/copies/{copy}" member!(console::ask_revoke), "Ask before a copy is taken back"),
        page!(POST "/console/projects/{project}/tokens/{token}/copies/{copy}" member!(console::revoke), "Take a copy back"),
        page!(POST "/console/projects/{project}/tokens/{token}/shares/{share}/withdraw" member!(console::withdraw_share), "Withdraw an open share"),
        page!(POST "/console/projects/{project}/tokens/{token}/shares/{share}/send" member!(console::send_share), "Send an open share again"),
        page!(GET "/console/projects/{project}/tokens/{token}/usage" member!(console::usage), "What a token asked"),
        page!(POST "/console/projects/{project}/tokens/{token}/usage" member!(console::dry_run), "What an edit would have refused"),
        page!(GET "/console/projects/{project}/tokens/{token}/events" member!(console::of_token), "The history of a token"),
        page!(GET "/console/projects/{project}/tokens/{token}/export" member!(console::export_of_token), "The same as a file"),
        page!(GET "/console/projects/{project}/members" member!(console::members), "The members of a project"),
        page!(POST "/console/projects/{project}/members" member!(console::invite), "Invite somebody"),
        page!(GET "/console/projects/{project}/members/{member}/remove" member!(console::ask_remove), "Ask before a removal"),
        page!(POST "/console/projects/{project}/members/{member}/remove" member!(console::remove), "Remove a member"),
        page!(POST "/console/projects/{project}/invitations/{invitation}/withdraw" member!(console::withdraw_invitation), "Withdraw an invitation"),
        page!(POST "/console/projects/{project}/invitations/{invitation}/send" member!(console::send_invitation), "Send an invitation again"),
        page!(GET "/console/projects/{project}/events" member!(console::of_project), "What happened in a project"),
        page!(GET "/console/projects/{project}/export" member!(console::export_of_project), "The same as a file"),
    ],
};
