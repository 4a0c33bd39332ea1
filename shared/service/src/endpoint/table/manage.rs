//! Endpoints of projects, members and manage tokens.

use super::events::EXPORTS;
use crate::{
    endpoint::row::{Endpoint, delete, get, group, post, put},
    function::Function,
    operation::manage,
};
use jeton_api::{
    event::{EventBody, ExportEvents, ListEvents},
    invitation::InvitationBody,
    manage::{CreateProject, InviteMember, MemberBody, ProjectBody, UpdateMember},
    manage_token::{
        CreateManageToken, ListManageTokens, ManageTokenBody, RefreshManageToken, UpdateManageToken,
    },
    removal::{MemberTokensBody, RemoveMember, RemovedMemberBody},
    settings::CreateToken,
    token::TokenBody,
};

/// Projects, members, invitations and manage tokens.
pub static MANAGE: &[Endpoint] = &group(
    Function::Manage,
    [
        post("/manage/organizations/{organization}/projects", "Create a project")
            .manage(&manage::create_project)
            .takes::<CreateProject>()
            .created::<ProjectBody>()
            .errors(&[404, 409]),
        get("/manage/projects/{project}", "Read a project")
            .manage(&manage::project)
            .ok::<ProjectBody>()
            .errors(&[404]),
        get("/manage/projects/{project}/users", "List the members of a project")
            .manage(&manage::members)
            .list::<MemberBody>()
            .errors(&[404]),
        post("/manage/projects/{project}/users", "Invite someone to a project: by e-mail")
            .manage(&manage::invite)
            .takes::<InviteMember>()
            .no_content()
            .errors(&[404, 409, 424, 429]),
        put(
            "/manage/projects/{project}/users/{member}",
            "Change the role of a member: by id or e-mail address",
        )
        .manage(&manage::update_member)
        .takes::<UpdateMember>()
        .ok::<MemberBody>()
        .errors(&[404, 409]),
        delete(
            "/manage/projects/{project}/users/{member}",
            "Remove a member or an invitation: by id or e-mail address",
        )
        .manage(&manage::remove)
        .query::<RemoveMember>()
        .no_content()
        .ok::<RemovedMemberBody>()
        .errors(&[404, 409]),
        get(
            "/manage/projects/{project}/users/{member}/tokens",
            "List the tokens that a member created: by id or e-mail address",
        )
        .manage(&manage::member_tokens)
        .ok::<MemberTokensBody>()
        .errors(&[404]),
        get("/manage/projects/{project}/invitations", "List the pending invitations to a project")
            .manage(&manage::invitations)
            .list::<InvitationBody>()
            .errors(&[404]),
        get("/manage/projects/{project}/invitations/{invitation}", "Read an invitation")
            .manage(&manage::invitation)
            .ok::<InvitationBody>()
            .errors(&[404, 409]),
        delete("/manage/projects/{project}/invitations/{invitation}", "Withdraw an invitation")
            .manage(&manage::withdraw_invitation)
            .no_content()
            .errors(&[404, 409]),
        post(
            "/manage/projects/{project}/invitations/{invitation}/send",
            "Send an invitation again: with a new link and code",
        )
        .manage(&manage::send_invitation)
        .no_content()
        .errors(&[404, 409, 424, 429]),
        post("/manage/projects/{project}/tokens", "Create a storage token: it may manage tokens")
            .manage(&manage::create_token)
            .replays(&manage::create_token_again)
            .takes::<CreateToken>()
            .created::<TokenBody>()
            .errors(&[403, 404, 409]),
        get("/manage/tokens/verify", "Verify a manage token: who it is")
            .manage(&manage::verify)
            .ok::<ManageTokenBody>(),
        get("/manage/tokens", "List manage tokens")
            .manage(&manage::list_manage_tokens)
            .query::<ListManageTokens>()
            .list::<ManageTokenBody>(),
        post("/manage/tokens", "Create a manage token")
            .manage(&manage::create_manage_token)
            .replays(&manage::create_manage_token_again)
            .takes::<CreateManageToken>()
            .created::<ManageTokenBody>()
            .errors(&[403, 409]),
        get("/manage/tokens/{manageToken}", "Read a manage token")
            .manage(&manage::manage_token)
            .ok::<ManageTokenBody>()
            .errors(&[404]),
        put(
            "/manage/tokens/{manageToken}",
            "Change a manage token: its description, or whether it is disabled",
        )
        .manage(&manage::update_manage_token)
        .takes::<UpdateManageToken>()
        .ok::<ManageTokenBody>()
        .errors(&[403, 404, 409]),
        delete("/manage/tokens/{manageToken}", "Delete a manage token")
            .manage(&manage::delete_manage_token)
            .no_content()
            .errors(&[403, 404, 409]),
        post(
            "/manage/tokens/{manageToken}/refresh",
            "Refresh a manage token: a new secret replaces older ones",
        )
        .manage(&manage::refresh_manage_token)
        .replays(&manage::refresh_manage_token_again)
        .takes::<RefreshManageToken>()
        .ok::<ManageTokenBody>()
        .errors(&[403, 404, 409]),
        get("/manage/tokens/{manageToken}/events", "List events by or about a manage token")
            .manage(&manage::manage_token_events)
            .query::<ListEvents>()
            .list::<EventBody>()
            .errors(&[404]),
        get("/manage/tokens/{manageToken}/events/export", "Export events by or about a manage token")
            .manage(&manage::manage_token_events_export)
            .query::<ExportEvents>()
            .either_file(EXPORTS)
            .errors(&[404]),
        get("/manage/tokens/{manageToken}/events/{uuid}", "Read an event by or about a manage token")
            .manage(&manage::manage_token_event)
            .ok::<EventBody>()
            .errors(&[404]),
    ],
);
