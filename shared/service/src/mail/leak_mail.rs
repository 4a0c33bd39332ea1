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
}

const OTHERS: &str = "The token itself and its other copies work as before.";
pub(super) const TODO: &str = "What to do: refresh the token if this copy was the one in use, and put the new secret where \
                    the old one was. Then check the events of the token for calls that were not yours, \
                    and remove the secret from the place where it was found.";

/// Builds the mail.
pub fn leak_mail(head: &Letterhead<'_>, to: &str, leak: &LeakMail) -> Mail {
    let subject = format!("A token of project {} was found in public", one_line(&leak.project));
    let mut letter = Letter::new(head, subject);
    letter.say(format!(
        "The secret of a copy of a token of project {} was found in public. {} ended the copy, so it no longer works.",
        name(&leak.project),
        head.brand.name
    ));
    letter.facts(&facts(leak));
    letter.say(OTHERS);
    letter.say(TODO);
    letter.to(to, "leak", None)
}

/// The facts about a leaked copy.
pub(super) fn facts(leak: &LeakMail) -> Facts {
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
    ]
    .into_iter()
    .flatten()
    .collect()
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
    fn names_are_neither_markup_nor_links() {
        let evil = "<script>https://evil.example".to_owned();
        let (project, description, place) = (evil.clone(), evil.clone(), Some(evil));
        let mail =
            leak_mail(&plain(), "alice@example.com", &LeakMail { project, description, place, ..leak() });
        assert!(!mail.html.contains("<script>") && !mail.html.contains("href="));
        assert!(!mail.text.contains("https://evil.example"));
    }
}
