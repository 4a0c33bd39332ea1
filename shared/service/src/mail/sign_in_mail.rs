//! The mail that lets a member sign in at the console.

use maud::html;

use super::plain::{one_line, spaced_code};
use super::{Mail, layout};

/// What a sign-in says. It has no `Debug`: link and code together open a session.
pub struct SignInMail {
    /// The member's address.
    pub to: String,
    /// The link to the page that asks for the code, the secret in its fragment.
    pub link: String,
    /// The six digits.
    pub code: String,
    /// Until when it works, as a person reads it.
    pub expires: String,
}

const SUBJECT: &str = "Sign in to Jeton";
const WHERE: &str = "Open the link in the browser in which you asked for it. It works in no other.";
const CAREFUL: &str = "Not expecting this? Ignore this email. The link works only in the browser that asked. \
                       Never tell anybody the code.";

/// Writes the mail.
pub fn sign_in_mail(sign_in: &SignInMail) -> Mail {
    Mail {
        to: sign_in.to.clone(),
        text: text(sign_in),
        html: html(sign_in),
        reply_to: None,
        subject: SUBJECT.to_owned(),
        kind: "signIn",
    }
}

fn text(sign_in: &SignInMail) -> String {
    layout::text(&[
        "Somebody, most likely you, asked to sign in to the console of Jeton.",
        &format!("Sign in here:\n{}", sign_in.link),
        WHERE,
        &format!("The page asks for this code: {}", spaced_code(&sign_in.code)),
        &until(sign_in),
        &format!("-- \n{CAREFUL}"),
    ])
}

fn html(sign_in: &SignInMail) -> String {
    let content = html! {
        p { "Somebody, most likely you, asked to sign in to the console of Jeton." }
        (layout::link("Sign in", &sign_in.link))
        p { (WHERE) }
        p { "The page asks for this code:" }
        (layout::code(&spaced_code(&sign_in.code)))
        p { (until(sign_in)) }
        (layout::small(CAREFUL))
    };
    layout::sheet(SUBJECT, &content)
}

fn until(sign_in: &SignInMail) -> String {
    format!("The link works once, until {}.", one_line(&sign_in.expires))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_well() {
        let mail = sign_in_mail(&SignInMail {
            to: "ann@example.com".to_owned(),
            link: "https://jeton.example.org/console/sign-in/12#s3cr3t".to_owned(),
            code: "493201".to_owned(),
            expires: "25 November 2026, 12:10 UTC".to_owned(),
        });
        assert_eq!((mail.to.as_str(), mail.kind), ("ann@example.com", "signIn"));
        assert_eq!(mail.subject, "Sign in to Jeton");
        insta::assert_snapshot!("sign_in_mail.txt", mail.text);
        insta::assert_snapshot!("sign_in_mail.html", mail.html);
    }
}
