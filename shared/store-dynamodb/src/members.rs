//! Members, with those whose records cannot be read.

use jeton_core::{
    email::Email,
    id::{MemberId, ProjectId},
    member::{Member, Membership, UnreadableMember},
    share::ShareId,
    store::Unavailable,
};
use jeton_store_support::unreadable;

use super::{
    DynamoDb,
    item::{self, Item},
    key::{Key, Span, parse_member_sort_key},
    op::Op,
};

impl DynamoDb {
    /// Reads a member, or what is known of one whose record cannot be read.
    pub(super) async fn one_member(
        &self,
        project: ProjectId,
        id: MemberId,
    ) -> Result<Option<Result<Member, UnreadableMember>>, Unavailable> {
        match self.get(&Key::member(project, id)).await? {
            None => Ok(None),
            Some(found) => self.member_in(project, id, &found).await.map(Some),
        }
    }

    /// The members of a project.
    pub(super) async fn all_members(
        &self,
        project: ProjectId,
    ) -> Result<Vec<Result<Member, UnreadableMember>>, Unavailable> {
        let mut members = Vec::new();
        for found in &self.list(Span::members(project), usize::MAX).await? {
            let Some(id) = item::text_of(found, "sk").and_then(parse_member_sort_key) else { continue };
            members.push(self.member_in(project, id, found).await?);
        }
        Ok(members)
    }

    /// The relation of an address to a project. Its item holds the member, too.
    pub(super) async fn membership_of(
        &self,
        project: ProjectId,
        email: &Email,
    ) -> Result<Option<Membership>, Unavailable> {
        let Some(found) = self.get(&Key::email(project, email)).await? else { return Ok(None) };
        let Some(id) = item::number_of(&found, "member") else {
            return Ok(item::text_of(&found, "invitation").and_then(ShareId::parse).map(Membership::Invited));
        };
        if let Ok(member) = item::whole(&found) {
            return Ok(Some(Membership::Member(member)));
        }
        let record = self.get(&Key::member(project, id)).await?;
        let record = record.as_ref().map_or_else(|| Err(Unavailable("it is lost".to_owned())), item::whole);
        Ok(Some(record.map_or_else(
            |error| {
                tell(project, id, &error);
                let email = Email::parse(&email.key());
                Membership::Unreadable(UnreadableMember { project, id, email })
            },
            Membership::Member,
        )))
    }

    async fn member_in(
        &self,
        project: ProjectId,
        id: MemberId,
        found: &Item,
    ) -> Result<Result<Member, UnreadableMember>, Unavailable> {
        let error = match item::whole(found) {
            Ok(member) => return Ok(Ok(member)),
            Err(error) => error,
        };
        tell(project, id, &error);
        let addresses = self.list(Span::emails(project), usize::MAX).await?;
        let address = addresses.iter().find(|found| item::number_of(found, "member") == Some(id));
        Ok(Err(UnreadableMember { project, id, email: address.and_then(item::address_in) }))
    }
}

/// Removes a member whose record cannot be read. The item of their address may be gone already.
pub(super) fn remove_unreadable(member: &UnreadableMember) -> Vec<Op> {
    let mut ops = vec![Op::delete(Key::member(member.project, member.id)).when("attribute_exists(#pk)")];
    if let Some(email) = &member.email {
        let address = Op::delete(Key::email(member.project, email))
            .when("attribute_not_exists(#pk) OR #member = :member")
            .with(":member", item::number(&member.id));
        ops.extend([address, Op::delete(Key::project_of(email, member.project))]);
    }
    ops
}

fn tell(project: ProjectId, id: MemberId, error: &Unavailable) {
    unreadable::tell("a member", format_args!("{project}-{id}"), &error.0);
}
