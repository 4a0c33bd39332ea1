//! Which tokens of a project a list has.

use memchr::memmem::Finder;

use super::{FormerAddress, Token};
use crate::{
    email::Email,
    folded::folded,
    id::TokenId,
    permission::{BucketId, ComponentId},
    time::Day,
};

/// A filter of tokens. Fields that are `None` exclude no token, and all others have to match.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Who created it.
    pub creator: Option<CreatedBy>,
    /// A text in it.
    pub search: Option<Search>,
    /// A bucket that its rights name.
    pub bucket: Option<BucketId>,
    /// A component that its rights name.
    pub component: Option<ComponentId>,
    /// It was neither used nor created on this day or later.
    pub unused_since: Option<Day>,
    /// It expires before the start of this day, or has expired.
    pub expires_before: Option<Day>,
    /// Whether it never expires.
    pub never_expires: Option<bool>,
    /// Whether it is disabled.
    pub disabled: Option<bool>,
    /// Whether the member behind it has left the project.
    pub creator_gone: Option<bool>,
}

/// The creator of a token, as a filter.
#[derive(Debug, Clone)]
pub enum CreatedBy {
    /// A token.
    Token(TokenId),
    /// The member behind the creating token, also if they have left.
    Member(Email),
    /// The same, and the own token of that member.
    MemberAndOwn(Email, TokenId),
}

/// A text to search for, without regard to case and accents.
#[derive(Debug, Clone)]
pub struct Search {
    text: String,
    finder: Finder<'static>,
}

impl Search {
    /// The search for a text; `None` if it is blank.
    pub fn new(text: &str) -> Option<Self> {
        let text = folded(text.trim());
        (!text.is_empty()).then(|| Self { finder: Finder::new(text.as_bytes()).into_owned(), text })
    }

    /// Whether the description, a bucket or a component has the text, or the id is the text.
    fn finds(&self, token: &Token) -> bool {
        let has = |text: &str| self.finder.find(folded(text).as_bytes()).is_some();
        let rights = &token.identity.permissions;
        has(&token.identity.description)
            || rights.buckets.keys().any(|bucket| has(bucket.as_str()))
            || rights.components.iter().any(|component| has(component.as_str()))
            || self.is_id_of(token)
    }

    /// Whether the text is the id, alone or after that of the project, as a secret begins.
    fn is_id_of(&self, token: &Token) -> bool {
        let id = token.id.to_string();
        let Some(before) = self.text.trim_end_matches('-').strip_suffix(&id) else { return false };
        before.is_empty() || before.strip_suffix('-') == Some(token.project.to_string().as_str())
    }
}

impl CreatedBy {
    fn made(&self, token: &Token) -> bool {
        let identity = &token.identity;
        match self {
            Self::MemberAndOwn(_, own) if token.id == *own => true,
            Self::Token(id) => identity.creator.as_ref().is_some_and(|creator| creator.id == *id),
            // The member of a master token is the one whose token it is.
            Self::Member(_) | Self::MemberAndOwn(..) if identity.is_own_of_member() => false,
            Self::Member(email) | Self::MemberAndOwn(email, _) => {
                match (&identity.member, &identity.former_address) {
                    (Some(member), _) => member.email.key() == email.key(),
                    (None, Some(former)) => *former == FormerAddress::of(token.project, email),
                    (None, None) => false,
                }
            }
        }
    }
}

impl Filter {
    /// Whether every token passes, whatever it is.
    pub fn is_all(&self) -> bool {
        let Self {
            creator,
            search,
            bucket,
            component,
            unused_since,
            expires_before,
            never_expires,
            disabled,
            creator_gone,
        } = self;
        creator.is_none()
            && search.is_none()
            && bucket.is_none()
            && component.is_none()
            && unused_since.or(*expires_before).is_none()
            && never_expires.or(*disabled).or(*creator_gone).is_none()
    }

    /// Whether this token passes.
    pub fn matches(&self, token: &Token) -> bool {
        let identity = &token.identity;
        let rights = &identity.permissions;
        let is = |wanted: Option<bool>, is: bool| wanted.is_none_or(|wanted| wanted == is);
        is(self.disabled, identity.disabled)
            && is(self.never_expires, identity.expires.is_none())
            && is(self.creator_gone, identity.former_member.is_some())
            && self.expires_before.is_none_or(|day| identity.expires.is_some_and(|end| end < day.start()))
            && self.unused_since.is_none_or(|day| last_sign(token) < day)
            && self.creator.as_ref().is_none_or(|creator| creator.made(token))
            && self.bucket.as_ref().is_none_or(|bucket| rights.buckets.contains_key(bucket))
            && self.component.as_ref().is_none_or(|component| rights.components.contains(component))
            && self.search.as_ref().is_none_or(|search| search.finds(token))
    }
}

/// The day of the last use of a token, or else of its creation: a new token is not unused.
fn last_sign(token: &Token) -> Day {
    token.last_used.unwrap_or_else(|| token.identity.created.day())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        event_context::{Actor, testing::Counting},
        id::{MemberId, ProjectId},
        member::MemberCard,
        permission::{Access, Permissions},
        token::{Creator, Kind, testing},
    };

    fn token() -> Token {
        let (mut token, _) = testing::token(None, &mut Counting(1));
        token.identity.description = "Příliš žluťoučký import".to_owned();
        let permissions = Permissions {
            buckets: [(BucketId::parse("in.c-Main").unwrap(), Access::Read)].into(),
            components: [ComponentId::parse("keboola.ex-db-mysql").unwrap()].into(),
            ..Permissions::default()
        };
        token.identity.permissions = permissions.into();
        token
    }

    #[test]
    fn a_search_finds_descriptions_buckets_and_components_without_case_and_accents_and_the_whole_id() {
        let token = token();
        let finds = |text: &str| Search::new(text).unwrap().finds(&token);
        for text in ["prilis", "PŘÍLIŠ ZLUT", " import ", "in.c-main", "EX-DB", &token.id.to_string()] {
            assert!(finds(text), "{text}");
        }
        let public = format!("{}-{}", token.project, token.id);
        assert!(finds(&public) && finds(&format!("{public}-")));
        assert!(!finds(&format!("9{public}")) && !finds(&format!("-{}", token.id)));
        for text in ["prilis import", "exdb", &token.id.to_string()[1..]] {
            assert!(!finds(text), "{text}");
        }
        assert!(Search::new(" \t").is_none());
    }

    #[test]
    fn every_field_of_a_filter_has_to_match() {
        let token = token();
        let matches = |filter: Filter| filter.matches(&token);
        let bucket = |id: &str| Some(BucketId::parse(id).unwrap());
        let component = |id: &str| Some(ComponentId::parse(id).unwrap());
        assert!(matches(Filter::default()));
        assert!(matches(Filter { bucket: bucket("in.c-Main"), ..Filter::default() }));
        assert!(!matches(Filter { bucket: bucket("in.c-main"), ..Filter::default() }), "ids have a case");
        assert!(!matches(Filter { component: component("other"), ..Filter::default() }));
        let both = Filter { bucket: bucket("in.c-Main"), component: component("other"), ..Filter::default() };
        assert!(!matches(both));
        let never = |never| matches(Filter { never_expires: Some(never), ..Filter::default() });
        assert!(never(true) && !never(false));
        let disabled = |disabled| matches(Filter { disabled: Some(disabled), ..Filter::default() });
        assert!(disabled(false) && !disabled(true));
        let gone = |gone| matches(Filter { creator_gone: Some(gone), ..Filter::default() });
        assert!(gone(false) && !gone(true));
    }

    #[test]
    fn a_token_that_is_new_is_not_unused_and_one_without_an_end_never_expires() {
        let mut token = token();
        let created = token.identity.created.day();
        let unused =
            |token: &Token, day| Filter { unused_since: Some(day), ..Filter::default() }.matches(token);
        assert!(!unused(&token, created) && unused(&token, created.next()));
        token.last_used = Some(created.next());
        assert!(!unused(&token, created.next()) && unused(&token, created.next().next()));
        let expires =
            |token: &Token, day| Filter { expires_before: Some(day), ..Filter::default() }.matches(token);
        assert!(!expires(&token, created.next()));
        token.identity.expires = Some(created.next().start());
        assert!(!expires(&token, created.next()) && expires(&token, created.next().next()));
    }

    #[test]
    fn a_creator_is_a_token_or_the_member_behind_it_and_no_master_token_was_created_by_its_member() {
        let mut token = token();
        let email = Email::parse("Ada@example.org").unwrap();
        let card = MemberCard { id: MemberId::new(3).unwrap(), name: "Ada".to_owned(), email };
        token.identity.creator = Some(Creator { id: TokenId::new(9).unwrap(), description: "it".to_owned() });
        token.identity.member = Some(card.clone());
        let by =
            |token: &Token, creator| Filter { creator: Some(creator), ..Filter::default() }.matches(token);
        let member = |text: &str| CreatedBy::Member(Email::parse(text).unwrap());
        assert!(by(&token, CreatedBy::Token(TokenId::new(9).unwrap())));
        assert!(!by(&token, CreatedBy::Token(TokenId::new(8).unwrap())));
        assert!(by(&token, member("ada@example.org")) && !by(&token, member("eve@example.org")));
        let left = token.member_left(card.id, &testing::event_context(1, Actor::Jeton)).unwrap().token;
        assert!(by(&left, member("ADA@example.org")) && !by(&left, member("eve@example.org")));
        let elsewhere = Token { project: ProjectId::new(999).unwrap(), ..left };
        assert!(!by(&elsewhere, member("ada@example.org")), "the same address is another one there");
        token.identity.kind = Kind::Master(card.id);
        assert!(!by(&token, member("ada@example.org")));
        let and_own = |id| CreatedBy::MemberAndOwn(Email::parse("ada@example.org").unwrap(), id);
        assert!(by(&token, and_own(token.id)) && !by(&token, and_own(TokenId::new(9).unwrap())));
    }
}
