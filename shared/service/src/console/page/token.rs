//! Console pages of a token: overview, new secret, and confirmations.

use jeton_core::{
    permission::{Call, Capability},
    secret::PlainSecret,
    time::Timestamp,
    token::{Copy, Editable, Hold, Kind, MAX_GRACE_SECONDS, OpenShare, Token},
};
use maud::{Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{
    Tab, back_field, csrf_field, csrf_field_once, frame,
    members::buttons,
    named,
    table::{ACTIONS, table},
    token_form::{self, Fields},
    token_row::{badges, expires, may_refresh, status},
};
use crate::{
    console::problems::Problems,
    console::session::ConsoleMember,
    console::shown_state,
    console::token_form::TokenForm,
    page::{
        secret::{secret, try_it},
        time::{time, utc_day},
        words,
    },
};

/// The tabs of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Overview.
    Overview,
    /// Usage.
    Usage,
    /// Events.
    Events,
}

/// The edit form of an overview.
#[derive(Debug, Default)]
pub struct Edit {
    /// What was entered; `None` for the fields of the token.
    pub entered: Option<TokenForm>,
    /// The errors.
    pub problems: Problems,
    /// What the entered rights would change, as a sentence, if the form was filled by a link.
    pub change: Option<String>,
}

/// The overview, with the edit form.
pub fn overview(viewer: &ConsoleMember, token: &Token, now: Timestamp, edit: &Edit) -> Markup {
    let at = path(viewer, token);
    let identity = &token.identity;
    let stored = TokenForm::of(&Editable::from(identity));
    let order = ["description", "read", "write", "components"];
    let fields = Fields::new(edit.entered.as_ref().unwrap_or(&stored), &edit.problems, &order);
    let content = html! {
        (head(viewer, token, Part::Overview, now))
        (token_form::problem_list(&edit.problems, "Nothing was saved."))
        dl {
            dt { "Id" } dd { code { (token.id) } }
            (token_form::facts(identity))
            dt { "Expires" } dd { (expires(identity)) }
            dt { "Created" }
            dd {
                (time(identity.created))
                @if let Some(creator) = &identity.creator { ", by " (creator.description) }
            }
            dt { "Refreshed" } dd { (time(identity.refreshed)) }
            dt { "Last used" }
            dd { @match token.last_used { Some(day) => { "on " (utc_day(day)) } None => "never" } }
        }
        @if viewer.may_change() && !identity.is_own_of_member() {
            details.edit #edit open[edit.entered.is_some()] {
                summary { "Edit" }
                @if let Some(change) = &edit.change {
                    p.note.warn role="status" { "Nothing is saved yet. Saving this form " (change) }
                }
                form.stacked method="post" action=(at) {
                    (csrf_field(&viewer.signed_in))
                    (back_field(viewer.back.as_ref().map(|back| back.by_token(true))))
                    input type="hidden" name="shown" value=(shown_state::of(identity));
                    (fields.edit(identity.permissions.has(Capability::ManageBuckets)))
                    p.hint {
                        "Before you remove rights, check under " a href=(viewer.carried(&format!("{at}/usage"))) { "Usage" }
                        " which calls that would have denied."
                    }
                    div.actions { button.primary type="submit" { "Save" } }
                }
            }
        }
        h2 { "Copies" }
        (copies(viewer, token, now))
        h2 { "Pending shares" }
        (shares(viewer, token, now))
    };
    frame(viewer, Tab::Tokens, named(&identity.description, "(no description)"), &content)
}

/// The title of a page about a token: what it is, and which token.
pub fn titled(description: &str, what: &str) -> String {
    format!("{what} · {}", named(description, "(no description)"))
}

/// The header of a token: name, actions and tabs.
pub fn head(viewer: &ConsoleMember, token: &Token, part: Part, now: Timestamp) -> Markup {
    let at = path(viewer, token);
    let parts = [
        (Part::Overview, "Overview", viewer.token_href(token.id)),
        (Part::Usage, "Usage", viewer.carried(&format!("{at}/usage"))),
        (Part::Events, "Events", viewer.carried(&format!("{at}/events"))),
    ];
    let acts = |what: &str| viewer.at_token(&format!("{at}/{what}"));
    html! {
        p.back { a href=(viewer.list_href()) { "Tokens" } }
        div.head {
            h1 { (token.identity.description) " " (status(token, now)) (badges(viewer, token)) }
            div.acts {
                @if may_refresh(viewer, token) {
                    a.button href=(acts("refresh")) data-dialog { "Refresh" }
                }
                @if viewer.may_change() && !token.identity.is_own_of_member() {
                    a.button href=(acts("share")) data-dialog { "Share" }
                    a.button href=(acts("switch")) data-dialog {
                        @if token.identity.disabled { "Enable" } @else { "Disable" }
                    }
                    (menu(viewer, token))
                    a.button.danger href=(acts("delete")) data-dialog { "Delete" }
                }
            }
        }
        nav.tabs aria-label="Token" {
            @for (of, name, path) in &parts {
                a href=(path) aria-current=[(*of == part).then_some("page")] { (name) }
            }
        }
    }
}

/// The menu of what is done to a token less often. It opens without a script, too.
pub fn menu(viewer: &ConsoleMember, token: &Token) -> Markup {
    let like = format!("/console/projects/{}/tokens/new?like={}", viewer.project.id, token.id);
    let extend = format!("{}/extend", path(viewer, token));
    html! {
        details.menu {
            summary.button { "More" }
            ul {
                li {
                    a href=(viewer.at_token(&like)) { "Duplicate" }
                }
                li { a href=(viewer.at_token(&extend)) data-dialog { "Extend" } }
            }
        }
    }
}

/// The secret of a token that was just created or refreshed.
pub fn shown_once(
    viewer: &ConsoleMember,
    token: &Token,
    plain: &PlainSecret,
    (title, done): (&str, &str),
    public_url: &str,
) -> Markup {
    let share = viewer.at_token(&format!("{}/share", path(viewer, token)));
    let content = html! {
        h1 { (title) }
        p.lead { strong { (named(&token.identity.description, "(no description)")) } }
        p #rights { (words::summary(&token.identity)) }
        p.note.warn {
            strong { "Copy it now." } " You won't be able to see it again."
        }
        (secret("token", plain.expose()))
        noscript { p { "The token, in full: " code { (plain.expose()) } } }
        div.actions {
            a.button href=(done) { "Done" }
            @if !token.identity.is_own_of_member() { a.button href=(share) data-dialog { "Share it" } }
        }
        (try_it(plain.expose(), public_url))
    };
    frame(viewer, Tab::Tokens, &titled(&token.identity.description, title), &content)
}

/// The confirmation page of a refresh.
pub fn refresh(
    viewer: &ConsoleMember,
    token: &Token,
    now: Timestamp,
    chosen: &str,
    problem: Option<&str>,
) -> Markup {
    let live = token.copies.iter().filter(|copy| copy.is_live(now)).count();
    let open = token.shares.iter().filter(|share| share.is_open(now)).count();
    let content = html! {
        h1 { "Refresh “" (token.identity.description) "”?" }
        (id(token))
        p { "It gets a new secret, which is shown once." }
        (token_form::problem_note(problem))
        dl {
            dt { "Existing copies" } dd { (live) }
            dt { "Pending shares" } dd { (open) }
            dt { "Last used" }
            dd { @match token.last_used { Some(day) => { "on " (utc_day(day)) } None => "never" } }
        }
        form.stacked method="post" action={ (path(viewer, token)) "/refresh" } {
            (csrf_field_once(&viewer.signed_in))
            (existing_copies(token, now, chosen))
            (decide(viewer, token, "Refresh", true))
        }
    };
    frame(viewer, Tab::Tokens, &titled(&token.identity.description, "Refresh"), &content)
}

/// The choice of what happens to existing copies, with the time of their end. One field, so that there is no contradiction.
fn existing_copies(token: &Token, now: Timestamp, chosen: &str) -> Markup {
    let at = |seconds: u64| {
        let end = now.plus_seconds(seconds);
        time(token.identity.expires.map_or(end, |expires| expires.min(end)))
    };
    let choices = [
        ("end", html! { "End them immediately" }),
        ("3600", html! { "Keep them for an hour, until " (at(3600)) }),
        ("86400", html! { "Keep them for a day, until " (at(86_400)) }),
        ("604800", html! { "Keep them for a week, until " (at(MAX_GRACE_SECONDS)) }),
        (
            "used",
            html! {
                "Keep them until the new secret is first used, until " (at(MAX_GRACE_SECONDS)) " at the latest"
            },
        ),
    ];
    html! {
        fieldset {
            legend { "What happens to existing copies" }
            @for (value, label) in &choices {
                label { input type="radio" name="old" value=(value) checked[*value == chosen]; " " (label) }
            }
            p.hint {
                "Copies that are kept for a time can still be verified, but create and change nothing. Pending shares can be picked up until then, "
                "and what is picked up ends then, too. With every other choice, pending shares end immediately."
            }
        }
    }
}

/// The confirmation page of a deletion.
pub fn delete(viewer: &ConsoleMember, token: &Token, now: Timestamp) -> Markup {
    if let Kind::Configuration { component, configuration } = &token.identity.kind {
        return belongs(viewer, token, component, configuration);
    }
    let live = token.copies.iter().filter(|copy| copy.is_live(now)).count();
    let content = html! {
        h1 { "Delete “" (token.identity.description) "”?" }
        (id(token))
        p { "All of its copies and pending shares end immediately. Its history is kept for six months." }
        dl {
            dt { "Copies that end" } dd { (live) }
            dt { "Last used" }
            dd { @match token.last_used { Some(day) => { "on " (utc_day(day)) } None => "never" } }
        }
        form method="post" action={ (path(viewer, token)) "/delete" } {
            (csrf_field(&viewer.signed_in))
            (decide(viewer, token, "Delete the token", true))
        }
    };
    frame(viewer, Tab::Tokens, &titled(&token.identity.description, "Delete"), &content)
}

/// Says how the token of a configuration is deleted.
fn belongs(viewer: &ConsoleMember, token: &Token, component: &str, configuration: &str) -> Markup {
    let content = html! {
        h1 { "This token is not deleted alone" }
        p {
            "It belongs to configuration " code { (configuration) } " of component " code { (component) }
            ", and is deleted with it. Until then you can disable it."
        }
        div.actions {
            a.button href=(path(viewer, token)) data-close autofocus { "Back to the token" }
        }
    };
    frame(viewer, Tab::Tokens, &titled(&token.identity.description, "Delete"), &content)
}

/// The confirmation page of disabling or enabling a token.
pub fn switch(viewer: &ConsoleMember, token: &Token) -> Markup {
    let off = token.identity.disabled;
    let label = if off { "Enable" } else { "Disable" };
    let content = html! {
        h1 { (label) " “" (token.identity.description) "”?" }
        (id(token))
        @if off {
            p { "All of its copies work again." }
        } @else {
            p { "No copy of it works until you enable it again. Pending shares are paused." }
            dl {
                dt { "Last used" }
                dd { @match token.last_used { Some(day) => { "on " (utc_day(day)) } None => "never" } }
            }
        }
        form method="post" action={ (path(viewer, token)) "/switch" } {
            (csrf_field(&viewer.signed_in))
            input type="hidden" name="isDisabled" value=(if off { "0" } else { "1" });
            (decide(viewer, token, label, !off))
        }
    };
    frame(viewer, Tab::Tokens, &titled(&token.identity.description, label), &content)
}

/// The confirmation page of deleting a copy.
pub fn revoke(viewer: &ConsoleMember, token: &Token, copy: &Copy) -> Markup {
    let content = html! {
        h1 { "Delete copy " (copy.id) " of “" (token.identity.description) "”?" }
        (id(token))
        p { "Anyone using it loses access immediately. The token and its other copies keep working." }
        dl {
            dt { "Made" } dd { (time(copy.created)) }
            dt { "Source" } dd { (copy.via.word()) }
            @if let Some(recipient) = &copy.recipient { dt { "Picked up by" } dd { (recipient) } }
        }
        form method="post" action={ (path(viewer, token)) "/copies/" (copy.id) } {
            (csrf_field(&viewer.signed_in))
            (decide(viewer, token, "Delete the copy", true))
        }
    };
    frame(viewer, Tab::Tokens, &titled(&token.identity.description, "Delete a copy"), &content)
}

/// The id, which tells tokens of one name apart.
fn id(token: &Token) -> Markup {
    html! { p.small.soft { "ID " (token.id) } }
}

/// The confirm and cancel buttons. For destructive actions, cancel has the focus.
pub fn decide(viewer: &ConsoleMember, token: &Token, label: &str, danger: bool) -> Markup {
    html! {
        (back_field(viewer.back.clone()))
        div.actions {
            button.primary[!danger].danger[danger] type="submit" { (label) }
            a.button href=(viewer.after_action(token.id)) data-close autofocus[danger] { "Cancel" }
        }
    }
}

/// The path of a token.
pub fn path(viewer: &ConsoleMember, token: &Token) -> String {
    format!("/console/projects/{}/tokens/{}", viewer.project.id, token.id)
}

fn copies(viewer: &ConsoleMember, token: &Token, now: Timestamp) -> Markup {
    let may_revoke = viewer.bearer.caller.may(Call::RevokeCopy, token.target()).is_ok();
    let row = |copy: &Copy| {
        vec![
            html! { (copy.id) },
            html! { (copy.via.word()) },
            time(copy.created),
            html! { @if let Some(recipient) = &copy.recipient { (recipient) } },
            html! { @match token.end_of(copy) { Some(end) => (time(end)), None => "Never" } },
            html! {
                @let did = format!("token.id:{} copy:{}", token.id, copy.id);
                @let did = utf8_percent_encode(&did, NON_ALPHANUMERIC);
                a href=(viewer.carried(&format!("{}/events?q={did}", path(viewer, token)))) aria-label={ "Its events: copy " (copy.id) } { "Its events" }
                @if may_revoke {
                    " "
                    a href=(viewer.at_token(&format!("{}/copies/{}", path(viewer, token), copy.id))) data-dialog { "Delete copy" }
                }
            },
        ]
    };
    let rows: Vec<_> = token.copies.iter().filter(|copy| copy.is_live(now)).map(row).collect();
    let columns = ["Copy", "Source", "Created", "Picked up by", "Ends", ACTIONS];
    table("Copies", &columns, &rows)
}

fn shares(viewer: &ConsoleMember, token: &Token, now: Timestamp) -> Markup {
    let row = |share: &OpenShare| {
        let at = format!("{}/shares/{}", path(viewer, token), share.id);
        vec![
            html! {
                div {
                    (share.recipient)
                    @if let Some(hold) = share.on_hold { p.hint { (on_hold(hold)) } }
                }
            },
            time(share.created),
            time(share.end(token)),
            buttons(viewer, &at, share.recipient.as_str()),
        ]
    };
    let rows: Vec<_> = token.shares.iter().filter(|share| share.is_open(now)).map(row).collect();
    let columns = ["For", "Sent", "Ends", ACTIONS];
    let shown = if viewer.may_change() { columns.len() } else { columns.len() - 1 };
    html! {
        @if rows.is_empty() {
            p.soft { "There are no pending shares." }
        } @else {
            (table("Pending shares", &columns[..shown], &rows))
        }
    }
}

/// Why a share is on hold.
fn on_hold(hold: Hold) -> &'static str {
    match hold {
        Hold::SenderDisabled => "On hold: the token that sent it is disabled.",
        Hold::SenderRights => {
            "On hold: the token that sent it has fewer rights than this one, so it may not share it."
        }
    }
}
