//! Validation of the records of an export: one closed project with its records, in the order of an export.

use std::collections::{BTreeMap, BTreeSet};

use jeton_core::{
    email::Email,
    event::{Event, day_of},
    id::{MemberId, ProjectId, TokenId},
    member::{Member, MemberCard, Role},
    permission::{BucketId, ComponentId},
    project::{Project, valid_name},
    share::{MAX_ATTEMPTS, Offer, Sender, Share, ShareId, State},
    time::Timestamp,
    token::{Kind, MAX_COPIES, Token, valid_configuration, valid_description},
};

use super::record::{Record, VERSION};

/// Validates records in order. Accepted records belong to one closed project, their tokens are disabled, and Jeton could have
/// exported them.
#[derive(Default)]
pub struct Checker {
    project: Option<Project>,
    history: bool,
    section: Section,
    members: BTreeMap<MemberId, (TokenId, Role)>,
    addresses: BTreeSet<String>,
    /// The tokens, with their pending shares.
    tokens: BTreeMap<TokenId, BTreeSet<ShareId>>,
    shares: BTreeSet<ShareId>,
}

/// The sections of a file, in order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Section {
    #[default]
    Begin,
    Members,
    Tokens,
    Shares,
    Events,
}

/// Why a record is rejected, as the end of a sentence that starts with the file.
type Checked = Result<(), String>;

impl Checker {
    /// Validates the next record.
    ///
    /// Errors: what is wrong with it, as the end of a sentence that starts with the file.
    pub fn check(&mut self, record: &Record) -> Checked {
        let Some(project) = self.project.as_ref().map(|project| project.id) else {
            return self.begin(record);
        };
        let section = match record {
            Record::Begin { .. } => return Err("it holds more than one project".to_owned()),
            Record::End(_) => return Ok(()),
            Record::Member(_) => Section::Members,
            Record::Token { .. } => Section::Tokens,
            Record::Share { .. } => Section::Shares,
            Record::Event(_) => Section::Events,
        };
        ensure(section >= self.section, || "its records are not in the order of an export".to_owned())?;
        self.section = section;
        match record {
            Record::Begin { .. } | Record::End(_) => Ok(()),
            Record::Member(member) => self.member(project, member),
            Record::Token { token, .. } => self.token(project, token),
            Record::Share { share, attempts } => self.share(project, share, *attempts),
            Record::Event(event) => {
                ensure(self.history, || "it has events, although it says that it has none".to_owned())?;
                of_event(project, event)
            }
        }
    }

    /// The project of the file and whether it has events; `None` before the first record.
    pub fn begun(self) -> Option<(Project, bool)> {
        self.project.map(|project| (project, self.history))
    }

    fn begin(&mut self, record: &Record) -> Checked {
        let Record::Begin { version, project, history } = record else {
            return Err("it does not start like an export".to_owned());
        };
        ensure(*version == VERSION, || "it was written by another version of Jeton".to_owned())?;
        ensure(ProjectId::new(project.id.number()).is_some(), || {
            "the id of its project is not valid".to_owned()
        })?;
        ensure(valid_name(&project.name), || "the name of its project is not valid".to_owned())?;
        let Some(closed) = project.closed else {
            return Err("its project is not closed".to_owned());
        };
        moments([project.created, closed])?;
        (self.project, self.history) = (Some((**project).clone()), *history);
        Ok(())
    }

    fn member(&mut self, project: ProjectId, member: &Member) -> Checked {
        let id = member.id;
        ensure(MemberId::new(id.number()).is_some(), || format!("member {id} has an invalid id"))?;
        ensure(member.project == project, || format!("member {id} is of another project"))?;
        address(&member.email)?;
        ensure(valid_name(&member.name), || format!("the name of member {id} is not valid"))?;
        moments([member.created])?;
        let first = self.addresses.insert(member.email.key());
        ensure(first && self.members.insert(id, (member.master, member.role)).is_none(), || {
            format!("member {id} is in it twice")
        })
    }

    fn token(&mut self, project: ProjectId, token: &Token) -> Checked {
        let (id, identity) = (token.id, &token.identity);
        ensure(TokenId::new(id.number()).is_some(), || format!("token {id} has an invalid id"))?;
        ensure(token.project == project, || format!("token {id} is of another project"))?;
        ensure(identity.disabled, || format!("token {id} is not disabled"))?;
        ensure(token.version > 0, || format!("token {id} has no version"))?;
        let check_description = |text: &str| {
            ensure(valid_description(text), || format!("a description of token {id} is not valid"))
        };
        check_description(&identity.description)?;
        let moments_of_it = [identity.created, identity.refreshed].into_iter().chain(identity.expires);
        moments(moments_of_it)?;
        ensure(valid_name(&identity.owner.name), || format!("the owner of token {id} is not valid"))?;
        moments([identity.owner.created])?;
        let permissions = &identity.permissions;
        let bucket = |id: &BucketId| BucketId::parse(&id.to_string()).is_ok();
        let component = |id: &ComponentId| ComponentId::parse(&id.to_string()).is_ok();
        let valid = permissions.buckets.keys().all(bucket) && permissions.components.iter().all(component);
        let fits = permissions.as_ref().clone().normalised().is_ok();
        ensure(valid && fits, || format!("the rights of token {id} are not valid"))?;
        if let Some(creator) = &identity.creator {
            check_description(&creator.description)?;
        }
        if let Some(MemberCard { name, email, .. }) = &identity.member {
            address(email)?;
            ensure(valid_name(name), || format!("the member of token {id} is not valid"))?;
        }
        match &identity.kind {
            Kind::Master(member) => {
                ensure(self.members.get(member) == Some(&(id, Role::Admin)), || {
                    format!("token {id} is a master token without a member who is an admin")
                })?;
            }
            Kind::Reader(member) => {
                ensure(self.members.get(member) == Some(&(id, Role::ReadOnly)), || {
                    format!("token {id} is the token of a read-only member whom it does not have")
                })?;
            }
            Kind::Limited => {}
            Kind::Configuration { component, configuration } => {
                let valid = ComponentId::parse(component).is_ok() && valid_configuration(configuration);
                ensure(valid, || format!("the configuration of token {id} is not valid"))?;
            }
        }
        Self::copies(token)?;
        let shares: BTreeSet<_> = token.shares.iter().map(|share| share.id.clone()).collect();
        ensure(self.tokens.insert(id, shares).is_none(), || format!("token {id} is in it twice"))
    }

    fn copies(token: &Token) -> Checked {
        let id = token.id;
        ensure(token.copies.len() + token.shares.len() <= MAX_COPIES, || {
            format!("token {id} has too many copies and shares")
        })?;
        let mut numbers = BTreeSet::new();
        for copy in &token.copies {
            let number = copy.id.0;
            ensure((1..=token.last_copy).contains(&number) && numbers.insert(number), || {
                format!("the numbers of the copies of token {id} are not valid")
            })?;
            copy.recipient.iter().try_for_each(address)?;
            moments([copy.created].into_iter().chain(copy.expires))?;
        }
        for share in &token.shares {
            ensure(ShareId::parse(share.id.as_str()).is_some(), || {
                format!("token {id} has a share with an invalid id")
            })?;
            address(&share.recipient)?;
            moments([share.created, share.expires].into_iter().chain(share.copy_ends))?;
        }
        Ok(())
    }

    fn share(&mut self, project: ProjectId, share: &Share, attempts: u8) -> Checked {
        let id = &share.id;
        ensure(share.project == project, || format!("share {id} is of another project"))?;
        let listed = match &share.offer {
            Offer::Copy(token) => self.tokens.get(token).is_some_and(|shares| shares.contains(id)),
            _ => false,
        };
        ensure(listed, || format!("share {id} does not belong to a token in it"))?;
        ensure(share.state == State::Open && attempts <= MAX_ATTEMPTS, || format!("share {id} is not open"))?;
        ensure(share.browser.is_none(), || format!("share {id} is bound to a browser"))?;
        address(&share.recipient)?;
        share.sender.email.iter().try_for_each(address)?;
        let Sender { name, email, token, .. } = &share.sender;
        // The name is that of the member, if it is known.
        let named = valid_description(name) && (email.is_none() || valid_name(name));
        let valid = named && token.as_deref().is_none_or(valid_description);
        ensure(valid, || format!("the sender of share {id} is not valid"))?;
        ensure(valid_name(&share.project_name), || {
            format!("the name of the project of share {id} is not valid")
        })?;
        moments([share.created, share.expires])?;
        ensure(self.shares.insert(id.clone()), || format!("share {id} is in it twice"))
    }
}

fn of_event(project: ProjectId, event: &Event) -> Checked {
    let uuid = event.uuid;
    ensure(event.project == Some(project), || format!("event {uuid} is of another project"))?;
    ensure(valid_description(&event.by.name), || format!("the author of event {uuid} is not valid"))?;
    moments([event.created])?;
    ensure(uuid.get_version_num() == 7, || format!("event {uuid} does not have the uuid of an event"))?;
    // The uuid may be later than the event if a clock was set back.
    let day = event.created.day();
    ensure(day_of(uuid) >= day.previous(), || format!("the times of event {uuid} and its uuid differ"))
}

fn address(email: &Email) -> Checked {
    ensure(Email::parse(email.as_str()).is_some(), || "it has an invalid e-mail address".to_owned())
}

/// Checks that every timestamp is within the range of the wire format.
fn moments(moments: impl IntoIterator<Item = Timestamp>) -> Checked {
    let possible = |moment: Timestamp| Timestamp::from_millis(moment.millis()) == moment;
    ensure(moments.into_iter().all(possible), || "it has an invalid timestamp".to_owned())
}

fn ensure(holds: bool, why: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(why()) }
}
