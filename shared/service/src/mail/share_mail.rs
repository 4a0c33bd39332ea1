//! The mail that delivers a share: the link, the code and a description of the token.

use super::{
    Letter, Letterhead, Mail,
    plain::{known, name, one_line, person, spaced_code, unlinked_lines},
};

/// The contents of a share mail. It has no `Debug`, so that it is never logged: anyone with the link and the code can
/// pick up the token.
pub struct ShareMail {
    /// The recipient's address.
    pub to: String,
    /// The link to the pick-up page, with the secret in its fragment.
    pub link: String,
    /// The code of six digits. `None` if the sharer passes it on by another channel (`separateCode`).
    pub code: Option<String>,
    /// The sharer: a member's name, or a token's description if no member is known for the token.
    pub sharer: String,
    /// The member's address, for `Reply-To`. `None` if no member is known.
    pub sharer_email: Option<String>,
    /// The description of the sharing token. `None` if the member shares with their own master token.
    pub by_token: Option<String>,
    /// The project's name.
    pub project: String,
    /// The description of the shared token.
    pub description: String,
    /// The rights of the shared token, one sentence each.
    pub permissions: Vec<String>,
    /// The sharer's message. May be empty.
    pub message: String,
    /// When the link expires, formatted for people.
    pub expires: String,
    /// When the copy expires, formatted for people. `None` if it does not.
    pub token_expires: Option<String>,
}

const CAREFUL: &str = "Not expecting this? Ignore this email. Nothing happens unless someone enters the code. \
                       We never mail a token, and never ask you to send one.";

/// Builds the share mail. Text that the sharer controls (name, description, message) appears only in the body, and none
/// of it can become a link. Ids of buckets and components are not altered, so that they can be copied.
pub fn share_mail(head: &Letterhead<'_>, share: &ShareMail) -> Mail {
    let subject = format!("A token for project {} is waiting for you", one_line(&share.project));
    let (mut letter, writes) = (Letter::new(head, subject), who_writes(share));
    letter.say(format!("{} shares an API token with you.", sharer(share)));
    letter.facts(&facts(share));
    if share.permissions.is_empty() {
        letter.say("It has no rights: it can only verify itself.");
    } else {
        letter.list("It may:", &share.permissions);
    }
    if !unlinked_lines(&share.message).is_empty() {
        letter.say(format!("{writes} writes:"));
        letter.quote(&share.message);
    }
    letter.link(
        "Pick up the token",
        &share.link,
        &format!("It works once, until {}.", one_line(&share.expires)),
    );
    match &share.code {
        Some(code) => letter.code("The page asks for this code:", &spaced_code(code)),
        None => letter.say(format!(
            "The page asks for a code of six digits. It isn't in this mail: {writes} will give it to you in another way."
        )),
    }
    letter.small(CAREFUL);
    letter.to(&share.to, "share", share.sharer_email.as_deref())
}

/// The sharer as the recipient sees it. A token's description is never shown as a person's name: whoever names a token
/// could impersonate someone.
fn sharer(share: &ShareMail) -> String {
    match (&share.by_token, &share.sharer_email) {
        (None, email) => person(&share.sharer, email.as_deref()),
        (Some(_), Some(email)) => format!("A token of {}", person(&share.sharer, Some(email))),
        (Some(_), None) => "Another API token".to_owned(),
    }
}

/// Who wrote the message and passes on the code. For a share by a token the person is not known: its holder may not be
/// the member who created it.
fn who_writes(share: &ShareMail) -> String {
    if share.by_token.is_some() { "The sender".to_owned() } else { name(&share.sharer) }
}

fn facts(share: &ShareMail) -> Vec<(&'static str, String)> {
    let never = || "never, unless it is refreshed or deleted".to_owned();
    let expires = share.token_expires.as_deref().map_or_else(never, one_line);
    let by_token = share.by_token.as_ref().map(|token| ("Shared by token", name(token)));
    [
        Some(("From", sharer(share))),
        by_token,
        Some(("For", known(&share.to))),
        Some(("Project", name(&share.project))),
        Some(("Token", name(&share.description))),
        Some(("Expires", expires)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::letter::tests::plain;

    fn share() -> ShareMail {
        ShareMail {
            to: "bob@example.com".to_owned(),
            link: "https://jeton.example.org/pickup/12#s3cr3t".to_owned(),
            code: Some("493201".to_owned()),
            sharer: "Alice".to_owned(),
            sharer_email: Some("alice@example.com".to_owned()),
            by_token: None,
            project: "Sales".to_owned(),
            description: "Nightly import".to_owned(),
            permissions: vec!["Read bucket in.c-main".to_owned(), "Write bucket out.c-main".to_owned()],
            message: "Hi Bob,\n\nthe docs are at https://evil.example/x.".to_owned(),
            expires: "25 November 2026, 12:00 UTC".to_owned(),
            token_expires: Some("1 December 2026, 12:05 UTC".to_owned()),
        }
    }

    #[test]
    fn with_the_code() {
        let mail = share_mail(&plain(), &share());
        assert_eq!((mail.to.as_str(), mail.kind), ("bob@example.com", "share"));
        assert_eq!(mail.subject, "A token for project Sales is waiting for you");
        insta::assert_snapshot!("share_mail.txt", mail.text);
        insta::assert_snapshot!("share_mail.html", mail.html);
    }

    #[test]
    fn it_says_from_whom_and_for_whom_it_is_where_the_link_leads_and_until_when_all_holds() {
        let mail = share_mail(&plain(), &share());
        let lasting = share_mail(&plain(), &ShareMail { token_expires: None, ..share() });
        for body in [&mail.text, &mail.html] {
            for said in [
                "Alice (alice@example.com)",
                "bob@example.com",
                "This link leads to jeton.example.org.",
                "until 25 November 2026, 12:00 UTC",
                "1 December 2026, 12:05 UTC",
            ] {
                assert!(words(body).contains(said), "{said}: {body}");
            }
        }
        assert!(lasting.text.contains("never, unless it is refreshed"), "{}", lasting.text);
    }

    #[test]
    fn nothing_in_it_is_invisible() {
        let hidden = "pay\u{200b}roll\u{202e} \u{feff}x\u{2060}\u{ad}";
        let mail = share_mail(
            &plain(),
            &ShareMail {
                sharer: hidden.to_owned(),
                by_token: Some(hidden.to_owned()),
                project: hidden.to_owned(),
                description: hidden.to_owned(),
                message: format!("{hidden} https://evil.example"),
                ..share()
            },
        );
        for part in [&mail.subject, &mail.text, &mail.html] {
            assert_eq!(jeton_core::text::shown(part), part.as_str());
            assert!(part.contains("payroll x"), "{part}");
        }
    }

    #[test]
    fn with_the_code_given_separately() {
        let mail = share_mail(
            &plain(),
            &ShareMail { code: None, message: " \n".to_owned(), permissions: Vec::new(), ..share() },
        );
        insta::assert_snapshot!("share_mail_separate_code.txt", mail.text);
        assert!(mail.html.contains("It isn't in this mail"));
        for body in [&mail.text, &mail.html] {
            assert!(!body.contains("493") && !body.contains("writes"));
        }
    }

    #[test]
    fn nothing_of_a_strangers_is_markup_or_a_link() {
        let evil = "<script>alert(1)</script>\" https://evil.example www.evil.example a@evil.example";
        let mail = share_mail(
            &plain(),
            &ShareMail {
                sharer: evil.to_owned(),
                project: evil.to_owned(),
                description: evil.to_owned(),
                message: evil.to_owned(),
                ..share()
            },
        );
        assert!(!mail.html.contains("<script>") && mail.html.contains("&lt;script&gt;"));
        // The `<title>` is the subject, with the project's name unaltered: no client turns a title into a link.
        let (_, body) = mail.html.split_once("</head>").unwrap();
        for body in [mail.text.as_str(), body] {
            for link in ["https://evil", "www.", ".example ", "@evil"] {
                assert!(!body.contains(link), "{link}: {body}");
            }
        }
        assert_eq!(mail.html.matches("href=").count(), 2);
        assert_eq!(mail.html.matches("href=\"https://jeton.example.org/pickup/12#s3cr3t\"").count(), 2);
    }

    #[test]
    fn what_jeton_made_or_validated_can_be_copied_as_it_stands() {
        let mail = share_mail(&plain(), &share());
        for body in [&mail.text, &mail.html] {
            for known in
                ["in.c-main", "out.c-main", "alice@example.com", "https://jeton.example.org/pickup/12#s3cr3t"]
            {
                assert!(body.contains(known), "{known}: {body}");
            }
        }
        assert_eq!(mail.reply_to.as_deref(), Some("alice@example.com"));
        let unknown = share_mail(&plain(), &ShareMail { sharer_email: None, ..share() });
        assert_eq!(unknown.reply_to, None);
    }

    /// The text on one line, because the body is wrapped.
    fn words(text: &str) -> String {
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn an_id_that_a_client_takes_for_an_address_is_copied_right_and_is_no_link() {
        for id in ["evil.example", "in.today", "www.evil-x", "a.com_b", "a.com.b-c", "x.XN--P1AI", "9.9.9.9"]
        {
            let permissions = vec![format!("Run component {id}"), "Read bucket in.c-main".to_owned()];
            let mail = share_mail(&plain(), &ShareMail { permissions, ..share() });
            assert!(!mail.html.contains(id), "{id}: {}", mail.html);
            // Without the markup around its dots, the id is what a person copies.
            assert_eq!(mail.html.replace("<span>.</span>", ".").matches(id).count(), 1, "{id}");
            assert!(mail.html.contains("in.c-main"), "what no client takes for an address stands as it is");
            assert!(
                mail.text.contains(id) && words(&mail.text).contains("no web addresses"),
                "{}",
                mail.text
            );
        }
        assert!(!words(&share_mail(&plain(), &share()).text).contains("no web addresses"));
    }

    #[test]
    fn what_a_token_is_called_is_nobodys_name() {
        let token = || ShareMail { by_token: Some("Rotation bot".to_owned()), ..share() };
        let mail = share_mail(&plain(), &token());
        for body in [words(&mail.text), words(&mail.html)] {
            assert!(body.contains("A token of Alice (alice@example.com)"), "{body}");
            assert!(body.contains("The sender writes:") && body.contains("Shared by token"), "{body}");
        }
        let nobodys =
            ShareMail { sharer: "Rotation bot".to_owned(), sharer_email: None, code: None, ..token() };
        let mail = share_mail(&plain(), &nobodys);
        for body in [words(&mail.text), words(&mail.html)] {
            assert!(body.contains("Another API token") && body.contains("The sender will"), "{body}");
            assert!(!body.contains("Rotation bot shares") && !body.contains("Rotation bot will"), "{body}");
        }
    }

    #[test]
    fn the_subject_is_one_line_and_holds_only_the_projects_name() {
        let mail = share_mail(
            &plain(),
            &ShareMail {
                project: "Sales\r\nBcc: x@evil.example".to_owned(),
                sharer: "SHARER".to_owned(),
                description: "SHARER".to_owned(),
                message: "SHARER".to_owned(),
                ..share()
            },
        );
        assert!(!mail.subject.contains(['\r', '\n']) && !mail.subject.contains("SHARER"));
        assert!(!mail.subject.contains("493"));
    }
}
