//! The mail about a leaked copy.

use super::{
    Letter, Letterhead, Mail,
    layout::Facts,
    plain::{known, name, one_line},
};

/// The contents of the mail about a leaked copy.
#[derive(Debug)]
pub struct LeakMail {
    /// The project's name.
    pub project: String,
    /// The token's id.
    pub token: String,
    /// The token's description.
    pub description: String,
    /// The number of the copy.
    pub copy: String,
    /// When the copy was created, formatted for people.
    pub made: String,
    /// Who picked it up, if it came from a share.
    pub recipient: Option<String>,
    /// Where it was found, if the report says so.
    pub place: Option<String>,
    /// When it was ended, formatted for people.
    pub ended: String,
    /// How many other copies the token had then.
    pub others: usize,
    /// Who can refresh the token.
    pub refreshes: WhoRefreshes,
}

/// Who can refresh a token of which a copy leaked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhoRefreshes {
    /// The recipient of the mail, in the console.
    Recipient,
    /// An admin of the project, since the recipient may not.
    Admin,
}

const BY_RECIPIENT: &str = "What to do: if a copy that leaked was in use, refresh its token on its page in the console, and put the new \
                            secret where the old one was.";
const BY_ADMIN: &str = "What to do: if a copy that leaked was in use, ask an admin of the project to refresh its token, which you may not, \
                        and put the new secret where the old one was.";
const BY_EITHER: &str = "What to do: if a copy that leaked was in use, its token has to be refreshed, and the new secret put where the old \
                         one was. Refresh those that are yours to refresh on their pages in the console, and ask an admin of the project to \
                         refresh the others, which you may not.";
const THEN: &str = "Then check the events of the token for calls that were not yours, and remove the secret from the place where \
                    it was found.";

/// Whether the recipient of these leaks can refresh some of the tokens, and not others.
pub(super) fn differ(leaks: &[&LeakMail]) -> bool {
    leaks.windows(2).any(|pair| pair[0].refreshes != pair[1].refreshes)
}

/// What the recipient of these leaks can do.
pub(super) fn advice(leaks: &[&LeakMail]) -> String {
    let by = |who| leaks.iter().any(|leak| leak.refreshes == who);
    let first = match (by(WhoRefreshes::Recipient), by(WhoRefreshes::Admin)) {
        (true, true) => BY_EITHER,
        (false, true) => BY_ADMIN,
        (_, false) => BY_RECIPIENT,
    };
    format!("{first} {THEN}")
}

/// Builds the mail.
pub fn leak_mail(head: &Letterhead<'_>, to: &str, leak: &LeakMail) -> Mail {
    let subject = format!("A token of project {} was found in public", one_line(&leak.project));
    let mut letter = Letter::new(head, subject);
    letter.say(format!(
        "The secret of a copy of a token of project {} was found in public. {} ended the copy, so it no longer works.",
        name(&leak.project),
        head.brand.name
    ));
    letter.facts(&facts(leak, false));
    letter.say(advice(&[leak]));
    letter.to(to, "leak", None)
}

/// The facts about a leaked copy. Where leaks of one mail [`differ`], they say who refreshes the token.
pub(super) fn facts(leak: &LeakMail, differ: bool) -> Facts {
    let refreshes = match leak.refreshes {
        WhoRefreshes::Recipient => "you",
        WhoRefreshes::Admin => "an admin of the project",
    };
    let copy = match &leak.recipient {
        Some(recipient) => format!("{}, picked up by {}", leak.copy, known(recipient)),
        None => leak.copy.clone(),
    };
    [
        Some(("Project", name(&leak.project))),
        Some(("Token", format!("{} (id {})", name(&leak.description), known(&leak.token)))),
        Some(("Copy", format!("{copy}, made {}", one_line(&leak.made)))),
        leak.place.as_ref().map(|place| ("Found", name(place))),
        Some(("Ended", one_line(&leak.ended))),
        Some(("Left", left(leak.others))),
        differ.then(|| ("Refreshed by", refreshes.to_owned())),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// How many copies are left.
fn left(others: usize) -> String {
    match others {
        0 => "no copy: nothing can use the token until it is refreshed".to_owned(),
        1 => "1 other copy".to_owned(),
        others => format!("{others} other copies"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::letter::tests::plain;

    fn leak() -> LeakMail {
        LeakMail {
            project: "Sales".to_owned(),
            token: "5".to_owned(),
            description: "Nightly import".to_owned(),
            copy: "2".to_owned(),
            made: "1 November 2026, 12:05 UTC".to_owned(),
            recipient: Some("bob@example.com".to_owned()),
            place: Some("commit https://example.com/a/b".to_owned()),
            ended: "3 November 2026, 12:05 UTC".to_owned(),
            others: 1,
            refreshes: WhoRefreshes::Recipient,
        }
    }

    #[test]
    fn it_reads_well() {
        let mail = leak_mail(&plain(), "alice@example.com", &leak());
        assert_eq!((mail.to.as_str(), mail.kind), ("alice@example.com", "leak"));
        assert_eq!(mail.subject, "A token of project Sales was found in public");
        insta::assert_snapshot!("leak_mail.txt", mail.text);
        insta::assert_snapshot!("leak_mail.html", mail.html);
    }

    #[test]
    fn it_says_what_is_left_and_what_the_recipient_can_do() {
        let words = |leaks: &[LeakMail]| {
            let text = match leaks {
                [only] => leak_mail(&plain(), "alice@example.com", only).text,
                _ => advice(&leaks.iter().collect::<Vec<_>>()),
            };
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        let may_not = || LeakMail { others: 0, refreshes: WhoRefreshes::Admin, ..leak() };
        let [own, of_others] = [words(&[leak()]), words(&[may_not()])];
        assert!(own.contains("Left: 1 other copy") && own.contains("refresh its token on its page"), "{own}");
        assert!(of_others.contains("Left: no copy: nothing can use the token"), "{of_others}");
        assert!(of_others.contains("ask an admin") && !of_others.contains("on its page"), "{of_others}");
        let both = words(&[leak(), may_not()]);
        assert!(both.contains("on their pages") && both.contains("ask an admin of the project"), "{both}");
        let (own, of_others) = (leak(), may_not());
        assert!(differ(&[&own, &of_others]) && differ(&[&own, &own, &of_others]));
        assert!(!differ(&[&own, &own]) && !differ(&[&own]) && !differ(&[]));
        let who = |leak: &LeakMail, differ| {
            facts(leak, differ).into_iter().find(|(name, _)| *name == "Refreshed by").map(|(_, who)| who)
        };
        assert_eq!(who(&own, true).as_deref(), Some("you"));
        assert_eq!(who(&of_others, true).as_deref(), Some("an admin of the project"));
        assert_eq!(who(&own, false), None);
        let own = words(&[leak(), leak()]);
        assert!(own.contains("on its page") && !own.contains("admin"), "{own}");
    }

    #[test]
    fn names_are_neither_markup_nor_links() {
        let evil = "<script>https://evil.example".to_owned();
        let (project, description, place) = (evil.clone(), evil.clone(), Some(evil));
        let mail =
            leak_mail(&plain(), "alice@example.com", &LeakMail { project, description, place, ..leak() });
        assert!(!mail.html.contains("<script>") && !mail.html.contains("href="));
        assert!(!mail.text.contains("https://evil.example"));
    }
}
