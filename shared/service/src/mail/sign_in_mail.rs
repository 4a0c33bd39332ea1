//! The mail of a sign-in to the console.

use maud::html;

use super::plain::{one_line, spaced_code};
use super::{Mail, layout};

/// The contents of a sign-in mail. It has no `Debug`, so that it is never logged: the link and the code sign in.
pub struct SignInMail {
    /// The member's address.
    pub to: String,
    /// The link to the page that asks for the code, with the secret in its fragment.
    pub link: String,
    /// The code of six digits.
    pub code: String,
    /// When the link expires, formatted for people.
    pub expires: String,
}

const SUBJECT: &str = "Sign in to Jeton";
const WHERE: &str =
    "Open the link in the browser in which you asked for it. It does not work in another browser.";
const CAREFUL: &str = "Not expecting this? Ignore this email. The link works only in the browser that asked. \
                       Never tell anybody the code.";

/// Builds the mail.
pub fn sign_in_mail(sign_in: &SignInMail) -> Mail {
    Mail {
        to: sign_in.to.clone(),
        text: text(sign_in),
        html: html(sign_in),
        reply_to: None,
        subject: SUBJECT.to_owned(),
        kind: "signIn",
        offer: None,
    }
}

fn text(sign_in: &SignInMail) -> String {
    layout::text(&[
        "Someone, probably you, asked to sign in to the Jeton console.",
        &format!("Sign in here:\n{}", sign_in.link),
        WHERE,
        &format!("The page asks for this code: {}", spaced_code(&sign_in.code)),
        &until(sign_in),
        &format!("-- \n{CAREFUL}"),
    ])
}

fn html(sign_in: &SignInMail) -> String {
    let content = html! {
        p { "Someone, probably you, asked to sign in to the Jeton console." }
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
