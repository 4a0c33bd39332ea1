//! The mail that a share sends: link, code, and what there is to pick up.

use maud::html;

use super::plain::{known, name, one_line, person, spaced_code, unlinked_lines};
use super::{Mail, layout};

/// What a share's mail says. It has no `Debug`: link and code together open the token.
pub struct ShareMail {
    /// The recipient's address.
    pub to: String,
    /// The link to the pick-up page, the secret in its fragment.
    pub link: String,
    /// The six digits; `None` when the sharer passes them on by another way (`separateCode`).
    pub code: Option<String>,
    /// Who shares: the member's name, or a token's description.
    pub sharer: String,
    /// The address of the person who shares, where answers to the mail go.
    pub sharer_email: Option<String>,
    /// The project's name.
    pub project: String,
    /// The token's description.
    pub description: String,
    /// What the token may do, a sentence each.
    pub permissions: Vec<String>,
    /// The sharer's message; may be empty.
    pub message: String,
    /// Until when the link works, as a person reads it.
    pub expires: String,
}

const CAREFUL: &str = "Not expecting this? Ignore this email. Nothing happens unless someone enters the code. \
                       Jeton never mails a token, and never asks you to send one.";

/// Writes the mail. The sharer's words (name, description, message, permissions with names they
/// chose) stand in the body only, and nothing in them can be clicked.
pub fn share_mail(share: &ShareMail) -> Mail {
    let subject = format!("A token for project {} is waiting for you", one_line(&share.project));
    let (text, html) = (text(share), html(&subject, share));
    Mail { to: share.to.clone(), reply_to: share.sharer_email.clone(), text, html, subject, kind: "share" }
}

fn text(share: &ShareMail) -> String {
    let (sharer, project, description) =
        (name(&share.sharer), name(&share.project), name(&share.description));
    let mut paragraphs = vec![
        format!("{} shares an API token with you.", person(&share.sharer, share.sharer_email.as_deref())),
        layout::facts_text(&[("Project", project), ("Token", description)]),
    ];
    if share.permissions.is_empty() {
        paragraphs.push("It may do nothing but say who it is.".to_owned());
    } else {
        let list: Vec<_> =
            share.permissions.iter().map(|permission| format!("\n- {}", known(permission))).collect();
        paragraphs.push(format!("It may:{}", list.concat()));
    }
    if !unlinked_lines(&share.message).is_empty() {
        paragraphs.push(format!("{sharer} writes:"));
        paragraphs.push(layout::quote_text(&share.message));
    }
    paragraphs.push(format!("Pick the token up here:\n{}", share.link));
    paragraphs.push(match &share.code {
        Some(code) => format!("The page asks for this code: {}", spaced_code(code)),
        None => separate(&sharer),
    });
    paragraphs.push(until(share));
    paragraphs.push(format!("-- \n{CAREFUL}"));
    layout::text(&paragraphs.iter().map(String::as_str).collect::<Vec<_>>())
}

fn html(title: &str, share: &ShareMail) -> String {
    let (sharer, project, description) =
        (name(&share.sharer), name(&share.project), name(&share.description));
    let content = html! {
        p { strong { (person(&share.sharer, share.sharer_email.as_deref())) } " shares an API token with you." }
        (layout::facts_html(&[("Project", project), ("Token", description)]))
        @if share.permissions.is_empty() {
            p { "It may do nothing but say who it is." }
        } @else {
            p { "It may:" }
            ul { @for permission in &share.permissions { li { (known(permission)) } } }
        }
        @if !unlinked_lines(&share.message).is_empty() {
            p { (sharer) " writes:" }
            (layout::quote_html(&share.message))
        }
        (layout::link("Pick up the token", &share.link))
        @match &share.code {
            Some(code) => { p { "The page asks for this code:" } (layout::code(&spaced_code(code))) }
            None => { p { (separate(&sharer)) } }
        }
        p { (until(share)) }
        (layout::small(CAREFUL))
    };
    layout::sheet(title, &content)
}

fn separate(sharer: &str) -> String {
    format!(
        "The page asks for a code of six digits. It is not in this mail: {sharer} will give it to you in another way."
    )
}

fn until(share: &ShareMail) -> String {
    format!("The link works once, until {}.", one_line(&share.expires))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share() -> ShareMail {
        ShareMail {
            to: "bob@example.com".to_owned(),
            link: "https://jeton.example.org/pickup/12#s3cr3t".to_owned(),
            code: Some("493201".to_owned()),
            sharer: "Alice".to_owned(),
            sharer_email: Some("alice@example.com".to_owned()),
            project: "Sales".to_owned(),
            description: "Nightly import".to_owned(),
            permissions: vec!["Read bucket in.c-main".to_owned(), "Write bucket out.c-main".to_owned()],
            message: "Hi Bob,\n\nthe docs are at https://evil.example/x.".to_owned(),
            expires: "25 November 2026, 12:00 UTC".to_owned(),
        }
    }

    #[test]
    fn with_the_code() {
        let mail = share_mail(&share());
        assert_eq!((mail.to.as_str(), mail.kind), ("bob@example.com", "share"));
        assert_eq!(mail.subject, "A token for project Sales is waiting for you");
        insta::assert_snapshot!("share_mail.txt", mail.text);
        insta::assert_snapshot!("share_mail.html", mail.html);
    }

    #[test]
    fn with_the_code_given_separately() {
        let mail = share_mail(&ShareMail {
            code: None,
            message: " \n".to_owned(),
            permissions: Vec::new(),
            ..share()
        });
        insta::assert_snapshot!("share_mail_separate_code.txt", mail.text);
        assert!(mail.html.contains("It is not in this mail"));
        for body in [&mail.text, &mail.html] {
            assert!(!body.contains("493") && !body.contains("writes"));
        }
    }

    #[test]
    fn nothing_of_a_strangers_is_markup_or_a_link() {
        let evil = "<script>alert(1)</script>\" https://evil.example www.evil.example a@evil.example";
        let mail = share_mail(&ShareMail {
            sharer: evil.to_owned(),
            project: evil.to_owned(),
            description: evil.to_owned(),
            message: evil.to_owned(),
            ..share()
        });
        assert!(!mail.html.contains("<script>") && mail.html.contains("&lt;script&gt;"));
        // The title is the subject, where the project's name stands as it is: nobody links a title.
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
        let mail = share_mail(&share());
        for body in [&mail.text, &mail.html] {
            for known in
                ["in.c-main", "out.c-main", "alice@example.com", "https://jeton.example.org/pickup/12#s3cr3t"]
            {
                assert!(body.contains(known), "{known}: {body}");
            }
        }
        assert_eq!(mail.reply_to.as_deref(), Some("alice@example.com"));
        let unknown = share_mail(&ShareMail { sharer_email: None, ..share() });
        assert_eq!(unknown.reply_to, None);
    }

    #[test]
    fn the_subject_is_one_line_and_holds_only_the_projects_name() {
        let mail = share_mail(&ShareMail {
            project: "Sales\r\nBcc: x@evil.example".to_owned(),
            sharer: "SHARER".to_owned(),
            description: "SHARER".to_owned(),
            message: "SHARER".to_owned(),
            ..share()
        });
        assert!(!mail.subject.contains(['\r', '\n']) && !mail.subject.contains("SHARER"));
        assert!(!mail.subject.contains("493"));
    }
}
