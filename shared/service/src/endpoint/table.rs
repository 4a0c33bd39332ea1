//! The rows.

use http::Method;

use super::{Answer, Content, Endpoint, Handler, Served, Shape, openapi::SchemaOf};
use crate::{
    authenticate::{Bearer, Manager},
    function::Function,
    http::ApiRequest,
    idempotency::Earlier,
    operation::{
        advice, component_token, create, delete, detail, events,
        index::{self, Health, ServiceIndex, Ticket},
        leaked, list, manage, pickup, refresh, share, shares, update, verify,
    },
    wire::{
        advice::{AdviceBody, AdviceQuery},
        event::{EventBody, ListEvents, PostEvent, PostedEvent},
        invitation::InvitationBody,
        leak::LeakReport,
        manage::{CreateProject, InviteMember, MemberBody, ProjectBody},
        manage_token::{
            CreateManageToken, ListManageTokens, ManageTokenBody, RefreshManageToken, UpdateManageToken,
        },
        pickup::{PickUp, PickUpBody},
        question::{AnswerBody, AskBody},
        removal::{RemoveMember, RemovedMemberBody},
        token::{OpenShareBody, TokenBody},
        token_request::{
            CreateToken, ListTokens, RefreshToken, SendShare, SeparateCode, ShareToken, UpdateToken,
        },
    },
};

/// The most bytes a body may have where nothing else is said.
const MAX_BODY: usize = 256 * 1024;

const EMPTY: &[(u16, Content)] = &[(204, Content::Empty)];
const PAGE: &[(u16, Content)] = &[(200, Content::Other("text/html"))];

macro_rules! ok {
    ($schema:ty) => {
        &[(200, Content::Json(SchemaOf::of::<$schema>()))]
    };
}

macro_rules! created {
    ($schema:ty) => {
        &[(201, Content::Json(SchemaOf::of::<$schema>()))]
    };
}

macro_rules! list {
    ($schema:ty) => {
        &[(200, Content::JsonArray(SchemaOf::of::<$schema>()))]
    };
}

macro_rules! endpoint {
    (
        $method:ident $path:literal $function:ident $handler:expr,
        $(again $again:path,)?
        $summary:literal, takes $takes:expr, query $query:expr, answers $answers:expr, errors $errors:expr,
        at most $max_body:expr
    ) => {
        Endpoint {
            method: Method::$method,
            path: $path,
            function: Function::$function,
            handler: $handler,
            again: again!($($again)?),
            summary: $summary,
            shape: Shape { takes: $takes, query: $query, answers: $answers, errors: &$errors },
            max_body: $max_body,
        }
    };
}

macro_rules! again {
    () => {
        None
    };
    ($answer:path) => {
        Some({
            fn again(request: &ApiRequest, earlier: Earlier) -> Answer<'_> {
                Box::pin($answer(request, earlier))
            }
            again
        })
    };
}

macro_rules! open {
    ($operation:path) => {
        Handler::Open({
            fn call(request: &ApiRequest) -> Answer<'_> {
                Box::pin($operation(request))
            }
            call
        })
    };
}

macro_rules! storage {
    ($operation:path) => {
        Handler::Storage({
            fn call<'a>(request: &'a ApiRequest, bearer: &'a Bearer) -> Answer<'a> {
                Box::pin($operation(request, bearer))
            }
            call
        })
    };
}

macro_rules! manage {
    ($operation:path) => {
        Handler::Manage({
            fn call<'a>(request: &'a ApiRequest, manager: &'a Manager) -> Answer<'a> {
                Box::pin($operation(request, manager))
            }
            call
        })
    };
}

mod console;

pub use console::CONSOLE;

/// Every function that has endpoints.
pub static SERVED: &[&Served] = &[
    &INDEX,
    &CREATE,
    &LIST,
    &VERIFY,
    &DETAIL,
    &UPDATE,
    &DELETE,
    &REFRESH,
    &SHARE,
    &EVENTS,
    &COMPONENT_TOKEN,
    &MANAGE,
    &PICKUP,
    &CONSOLE,
];

/// Every endpoint.
pub fn endpoints() -> impl Iterator<Item = &'static Endpoint> {
    SERVED.iter().flat_map(|served| served.rows)
}

/// The service index, the API description, health and readiness.
pub static INDEX: Served = Served {
    function: Function::Index,
    rows: &[
        endpoint!(
            GET "/v2/storage" Index
            open!(index::index),
            "What this service is",
            takes None,
            query None,
            answers ok!(ServiceIndex),
            errors [],
            at most MAX_BODY
        ),
        endpoint!(
            POST "/v2/storage/tickets" Index
            storage!(index::ticket),
            "Get a ticket: a number that rises",
            takes None,
            query None,
            answers created!(Ticket),
            errors [403],
            at most MAX_BODY
        ),
        endpoint!(
            GET "/health" Index
            open!(index::health),
            "Is the service alive?",
            takes None,
            query None,
            answers ok!(Health),
            errors [],
            at most MAX_BODY
        ),
        endpoint!(
            GET "/ready" Index
            open!(index::ready),
            "Does the store answer?",
            takes None,
            query None,
            answers ok!(Health),
            errors [503],
            at most MAX_BODY
        ),
        endpoint!(
            GET "/openapi.json" Index
            open!(index::description),
            "This description",
            takes None,
            query None,
            answers &[(200, Content::JsonObject)],
            errors [],
            at most MAX_BODY
        ),
        endpoint!(
            GET "/docs" Index
            open!(index::reference),
            "This description, for people",
            takes None,
            query None,
            answers PAGE,
            errors [],
            at most MAX_BODY
        ),
    ],
};

/// Creating tokens.
pub static CREATE: Served = Served {
    function: Function::Create,
    rows: &[endpoint!(
        POST "/v2/storage/tokens" Create
        storage!(create::create),
            again create::again,
        "Create a token",
        takes Some(SchemaOf::of::<CreateToken>()),
        query None,
        answers created!(TokenBody),
        errors [400, 403, 409, 413, 415],
        at most MAX_BODY
    )],
};

/// Listing tokens.
pub static LIST: Served = Served {
    function: Function::List,
    rows: &[endpoint!(
        GET "/v2/storage/tokens" List
        storage!(list::list),
        "List tokens: all of the project for managers, else only the caller",
        takes None,
        query Some(SchemaOf::of::<ListTokens>()),
        answers list!(TokenBody),
        errors [400, 403],
        at most MAX_BODY
    )],
};

/// Who a token is, and what it may do.
pub static VERIFY: Served = Served {
    function: Function::Verify,
    rows: &[
        endpoint!(
            GET "/v2/storage/tokens/verify" Verify
            storage!(verify::verify),
            "Who is this token?",
            takes None,
            query None,
            answers ok!(TokenBody),
            errors [],
            at most MAX_BODY
        ),
        endpoint!(
            POST "/v2/storage/tokens/verify" Verify
            storage!(verify::ask),
            "May this token do this?",
            takes Some(SchemaOf::of::<AskBody>()),
            query None,
            answers ok!(AnswerBody),
            errors [400, 413, 415],
            at most MAX_BODY
        ),
    ],
};

/// Reading one token.
pub static DETAIL: Served = Served {
    function: Function::Detail,
    rows: &[endpoint!(
        GET "/v2/storage/tokens/{token}" Detail
        storage!(detail::detail),
        "Read a token",
        takes None,
        query None,
        answers ok!(TokenBody),
        errors [403, 404],
        at most MAX_BODY
    )],
};

/// Changing a token.
pub static UPDATE: Served = Served {
    function: Function::Update,
    rows: &[endpoint!(
        PUT "/v2/storage/tokens/{token}" Update
        storage!(update::update),
        "Change a token",
        takes Some(SchemaOf::of::<UpdateToken>()),
        query None,
        answers ok!(TokenBody),
        errors [400, 403, 404, 409, 413, 415],
        at most MAX_BODY
    )],
};

/// Deleting a token, or one copy of it.
pub static DELETE: Served = Served {
    function: Function::Delete,
    rows: &[
        endpoint!(
            DELETE "/v2/storage/tokens/{token}" Delete
            storage!(delete::delete),
            "Delete a token",
            takes None,
            query None,
            answers EMPTY,
            errors [400, 403, 404, 409],
            at most MAX_BODY
        ),
        endpoint!(
            POST "/v2/storage/tokens/leaked" Delete
            open!(leaked::leaked),
            "End copies that were found in public",
            takes Some(SchemaOf::of::<LeakReport>()),
            query None,
            answers EMPTY,
            errors [400, 403, 415, 503],
            at most MAX_BODY
        ),
        endpoint!(
            DELETE "/v2/storage/tokens/{token}/copies/{copy}" Delete
            storage!(delete::delete_copy),
            "Take one copy of a token back",
            takes None,
            query None,
            answers EMPTY,
            errors [403, 404, 409],
            at most MAX_BODY
        ),
    ],
};

/// Refreshing a token.
pub static REFRESH: Served = Served {
    function: Function::Refresh,
    rows: &[endpoint!(
        POST "/v2/storage/tokens/{token}/refresh" Refresh
        storage!(refresh::refresh),
            again refresh::again,
        "Refresh a token: a new secret in place of every older one",
        takes Some(SchemaOf::of::<RefreshToken>()),
        query None,
        answers ok!(TokenBody),
        errors [400, 403, 404, 409, 413, 415],
        at most MAX_BODY
    )],
};

/// Sharing a token, and its open shares.
pub static SHARE: Served = Served {
    function: Function::Share,
    rows: &[
        endpoint!(
            POST "/v2/storage/tokens/{token}/share" Share
            storage!(share::share),
            again share::again,
            "Share a token by e-mail",
            takes Some(SchemaOf::of::<ShareToken>()),
            query None,
            answers &[(204, Content::Empty), (200, Content::Json(SchemaOf::of::<SeparateCode>()))],
            errors [400, 403, 404, 409, 413, 415, 424, 429],
            at most MAX_BODY
        ),
        endpoint!(
            GET "/v2/storage/tokens/{token}/shares" Share
            storage!(shares::list),
            "List the open shares of a token",
            takes None,
            query None,
            answers list!(OpenShareBody),
            errors [403, 404],
            at most MAX_BODY
        ),
        endpoint!(
            DELETE "/v2/storage/tokens/{token}/shares/{share}" Share
            storage!(shares::withdraw),
            "Withdraw an open share",
            takes None,
            query None,
            answers EMPTY,
            errors [403, 404, 409],
            at most MAX_BODY
        ),
        endpoint!(
            POST "/v2/storage/tokens/{token}/shares/{share}/send" Share
            storage!(share::share_again),
            again share::again,
            "Send an open share once more: a new link and code in place of the older ones",
            takes Some(SchemaOf::of::<SendShare>()),
            query None,
            answers &[(204, Content::Empty), (200, Content::Json(SchemaOf::of::<SeparateCode>()))],
            errors [400, 403, 404, 409, 413, 415, 424, 429],
            at most MAX_BODY
        ),
    ],
};

/// Listing, reading and taking events.
pub static EVENTS: Served = Served {
    function: Function::Events,
    rows: &[
        endpoint!(
            GET "/v2/storage/tokens/{token}/events" Events
            storage!(events::of_token),
            "Events by or about a token",
            takes None,
            query Some(SchemaOf::of::<ListEvents>()),
            answers list!(EventBody),
            errors [400, 403, 404],
            at most MAX_BODY
        ),
        endpoint!(
            GET "/v2/storage/tokens/{token}/events/{uuid}" Events
            storage!(events::detail_of_token),
            "One event by or about a token",
            takes None,
            query None,
            answers ok!(EventBody),
            errors [403, 404],
            at most MAX_BODY
        ),
        endpoint!(
            GET "/v2/storage/tokens/{token}/advice" Events
            storage!(advice::advice),
            "Which rights of a token its questions needed",
            takes None,
            query Some(SchemaOf::of::<AdviceQuery>()),
            answers ok!(AdviceBody),
            errors [400, 403, 404],
            at most MAX_BODY
        ),
        endpoint!(
            POST "/v2/storage/tokens/{token}/advice" Events
            storage!(advice::dry_run),
            "The same, with what an update would have refused",
            takes Some(SchemaOf::of::<UpdateToken>()),
            query Some(SchemaOf::of::<AdviceQuery>()),
            answers ok!(AdviceBody),
            errors [400, 403, 404, 413, 415],
            at most MAX_BODY
        ),
        endpoint!(
            GET "/v2/storage/events" Events
            storage!(events::list),
            "Events of the project for masters, else the caller's own",
            takes None,
            query Some(SchemaOf::of::<ListEvents>()),
            answers list!(EventBody),
            errors [400, 403],
            at most MAX_BODY
        ),
        endpoint!(
            POST "/v2/storage/events" Events
            storage!(events::post),
            "Report an event",
            takes Some(SchemaOf::of::<PostEvent>()),
            query None,
            answers created!(PostedEvent),
            errors [400, 403, 415, 429],
            at most events::MAX_EVENT
        ),
        endpoint!(
            GET "/v2/storage/events/{uuid}" Events
            storage!(events::detail),
            "One event",
            takes None,
            query None,
            answers ok!(EventBody),
            errors [403, 404],
            at most MAX_BODY
        ),
        endpoint!(
            GET "/v2/storage/buckets/{object}/events" Events
            storage!(events::of_bucket),
            "Events whose object is this bucket",
            takes None,
            query Some(SchemaOf::of::<ListEvents>()),
            answers list!(EventBody),
            errors [400, 403],
            at most MAX_BODY
        ),
        endpoint!(
            GET "/v2/storage/tables/{object}/events" Events
            storage!(events::of_table),
            "Events whose object is this table",
            takes None,
            query Some(SchemaOf::of::<ListEvents>()),
            answers list!(EventBody),
            errors [400, 403],
            at most MAX_BODY
        ),
    ],
};

/// The token of a component configuration.
pub static COMPONENT_TOKEN: Served = Served {
    function: Function::ComponentToken,
    rows: &[
        endpoint!(
            PUT "/v2/storage/components/{component}/configs/{config}/token" ComponentToken
            storage!(component_token::put),
            again component_token::again,
            "Give a component configuration its token",
            takes Some(SchemaOf::of::<CreateToken>()),
            query None,
            answers &[(201, Content::Json(SchemaOf::of::<TokenBody>())), (200, Content::Json(SchemaOf::of::<TokenBody>()))],
            errors [400, 403, 404, 409, 413, 415],
            at most MAX_BODY
        ),
        endpoint!(
            DELETE "/v2/storage/components/{component}/configs/{config}/token" ComponentToken
            storage!(component_token::delete),
            "Take a component configuration's token away",
            takes None,
            query None,
            answers EMPTY,
            errors [403, 404, 409],
            at most MAX_BODY
        ),
    ],
};

/// Projects, members, and what else manage tokens are for.
pub static MANAGE: Served = Served {
    function: Function::Manage,
    rows: &[
        endpoint!(
            POST "/manage/organizations/{organization}/projects" Manage
            manage!(manage::create_project),
            "Make a project",
            takes Some(SchemaOf::of::<CreateProject>()),
            query None,
            answers created!(ProjectBody),
            errors [400, 404, 409, 413, 415],
            at most MAX_BODY
        ),
        endpoint!(
            GET "/manage/projects/{project}" Manage
            manage!(manage::project),
            "Read a project",
            takes None,
            query None,
            answers ok!(ProjectBody),
            errors [404],
            at most MAX_BODY
        ),
        endpoint!(
            GET "/manage/projects/{project}/users" Manage
            manage!(manage::members),
            "List the members of a project",
            takes None,
            query None,
            answers list!(MemberBody),
            errors [404],
            at most MAX_BODY
        ),
        endpoint!(
            POST "/manage/projects/{project}/users" Manage
            manage!(manage::invite),
            "Invite someone to a project by e-mail",
            takes Some(SchemaOf::of::<InviteMember>()),
            query None,
            answers EMPTY,
            errors [400, 404, 409, 413, 415, 424, 429],
            at most MAX_BODY
        ),
        endpoint!(
            DELETE "/manage/projects/{project}/users/{member}" Manage
            manage!(manage::remove),
            "Remove a member, or an invitation, by id or e-mail address",
            takes None,
            query Some(SchemaOf::of::<RemoveMember>()),
            answers &[(204, Content::Empty), (200, Content::Json(SchemaOf::of::<RemovedMemberBody>()))],
            errors [400, 404, 409],
            at most MAX_BODY
        ),
        endpoint!(
            GET "/manage/projects/{project}/invitations" Manage
            manage!(manage::invitations),
            "List the invitations to a project that have not been accepted",
            takes None,
            query None,
            answers list!(InvitationBody),
            errors [404],
            at most MAX_BODY
        ),
        endpoint!(
            GET "/manage/projects/{project}/invitations/{invitation}" Manage
            manage!(manage::invitation),
            "Read an invitation",
            takes None,
            query None,
            answers ok!(InvitationBody),
            errors [404, 409],
            at most MAX_BODY
        ),
        endpoint!(
            DELETE "/manage/projects/{project}/invitations/{invitation}" Manage
            manage!(manage::withdraw_invitation),
            "Withdraw an invitation",
            takes None,
            query None,
            answers EMPTY,
            errors [404, 409],
            at most MAX_BODY
        ),
        endpoint!(
            POST "/manage/projects/{project}/invitations/{invitation}/send" Manage
            manage!(manage::send_invitation),
            "Send an invitation once more: a new link and code in place of the older ones",
            takes None,
            query None,
            answers EMPTY,
            errors [404, 409, 424, 429],
            at most MAX_BODY
        ),
        endpoint!(
            POST "/manage/projects/{project}/tokens" Manage
            manage!(manage::create_token),
            again manage::create_token_again,
            "Create a storage token, which may manage tokens",
            takes Some(SchemaOf::of::<CreateToken>()),
            query None,
            answers created!(TokenBody),
            errors [400, 403, 404, 409, 413, 415],
            at most MAX_BODY
        ),
        endpoint!(
            GET "/manage/tokens/verify" Manage
            manage!(manage::verify),
            "Who is this manage token?",
            takes None,
            query None,
            answers ok!(ManageTokenBody),
            errors [],
            at most MAX_BODY
        ),
        endpoint!(
            GET "/manage/tokens" Manage
            manage!(manage::list_manage_tokens),
            "List manage tokens",
            takes None,
            query Some(SchemaOf::of::<ListManageTokens>()),
            answers list!(ManageTokenBody),
            errors [400],
            at most MAX_BODY
        ),
        endpoint!(
            POST "/manage/tokens" Manage
            manage!(manage::create_manage_token),
            again manage::create_manage_token_again,
            "Create a manage token",
            takes Some(SchemaOf::of::<CreateManageToken>()),
            query None,
            answers created!(ManageTokenBody),
            errors [400, 403, 409, 413, 415],
            at most MAX_BODY
        ),
        endpoint!(
            GET "/manage/tokens/{manageToken}" Manage
            manage!(manage::manage_token),
            "Read a manage token",
            takes None,
            query None,
            answers ok!(ManageTokenBody),
            errors [404],
            at most MAX_BODY
        ),
        endpoint!(
            PUT "/manage/tokens/{manageToken}" Manage
            manage!(manage::update_manage_token),
            "Change what a manage token is for, or whether it is switched off",
            takes Some(SchemaOf::of::<UpdateManageToken>()),
            query None,
            answers ok!(ManageTokenBody),
            errors [400, 403, 404, 409, 413, 415],
            at most MAX_BODY
        ),
        endpoint!(
            DELETE "/manage/tokens/{manageToken}" Manage
            manage!(manage::delete_manage_token),
            "Delete a manage token",
            takes None,
            query None,
            answers EMPTY,
            errors [403, 404, 409],
            at most MAX_BODY
        ),
        endpoint!(
            POST "/manage/tokens/{manageToken}/refresh" Manage
            manage!(manage::refresh_manage_token),
            again manage::refresh_manage_token_again,
            "Refresh a manage token: a new secret in place of every older one",
            takes Some(SchemaOf::of::<RefreshManageToken>()),
            query None,
            answers ok!(ManageTokenBody),
            errors [400, 403, 404, 409, 413, 415],
            at most MAX_BODY
        ),
        endpoint!(
            GET "/manage/tokens/{manageToken}/events" Manage
            manage!(manage::manage_token_events),
            "Events by or about a manage token",
            takes None,
            query Some(SchemaOf::of::<ListEvents>()),
            answers list!(EventBody),
            errors [400, 404],
            at most MAX_BODY
        ),
        endpoint!(
            GET "/manage/tokens/{manageToken}/events/{uuid}" Manage
            manage!(manage::manage_token_event),
            "One event by or about a manage token",
            takes None,
            query None,
            answers ok!(EventBody),
            errors [404],
            at most MAX_BODY
        ),
    ],
};

/// Picking up what was shared.
pub static PICKUP: Served = Served {
    function: Function::Pickup,
    rows: &[
        endpoint!(
            GET "/pickup/{share}" Pickup
            open!(pickup::page),
            "The page that every share's link opens",
            takes None,
            query None,
            answers PAGE,
            errors [],
            at most MAX_BODY
        ),
        endpoint!(
            POST "/pickup/{share}" Pickup
            open!(pickup::pick_up),
            again pickup::again,
            "Look at what is shared; with the code, pick it up",
            takes Some(SchemaOf::of::<PickUp>()),
            query None,
            answers ok!(PickUpBody),
            errors [400, 403, 404, 409, 410, 413, 415],
            at most MAX_BODY
        ),
        endpoint!(
            GET "/pickup/-/pickup.js" Pickup
            open!(pickup::script),
            "The script of that page",
            takes None,
            query None,
            answers &[(200, Content::Other("text/javascript"))],
            errors [],
            at most MAX_BODY
        ),
        endpoint!(
            GET "/pickup/-/pickup.css" Pickup
            open!(pickup::style),
            "The style of that page",
            takes None,
            query None,
            answers &[(200, Content::Other("text/css"))],
            errors [],
            at most MAX_BODY
        ),
    ],
};
