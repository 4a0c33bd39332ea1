//! The mail of a sign-in to the console.

use super::{
    Letter, Letterhead, Mail,
    plain::{one_line, spaced_code},
};

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

const WHERE: &str =
    "Open the link in the browser in which you asked for it. It does not work in another browser.";
const CAREFUL: &str = "Not expecting this? Ignore this email. The link works only in the browser that asked. \
                       Never tell anybody the code.";

/// Builds the mail.
pub fn sign_in_mail(head: &Letterhead<'_>, sign_in: &SignInMail) -> Mail {
    let service = &head.brand.name;
    let mut letter = Letter::new(head, format!("Sign in to {service}"));
    letter.say(format!(
        "Someone, probably you, asked to sign in to the {service} console as {}.",
        one_line(&sign_in.to)
    ));
    letter.link("Sign in", &sign_in.link, &format!("It works once, until {}.", one_line(&sign_in.expires)));
    letter.say(WHERE);
    letter.code("The page asks for this code:", &spaced_code(&sign_in.code));
    letter.small(CAREFUL);
    letter.to(&sign_in.to, "signIn", None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::letter::tests::plain;

    #[test]
    fn it_reads_well() {
        let mail = sign_in_mail(
            &plain(),
            &SignInMail {
                to: "ann@example.com".to_owned(),
                link: "https://jeton.example.org/console/sign-in/12#s3cr3t".to_owned(),
                code: "493201".to_owned(),
                expires: "25 November 2026, 12:10 UTC".to_owned(),
            },
        );
        assert_eq!((mail.to.as_str(), mail.kind), ("ann@example.com", "signIn"));
        assert_eq!(mail.subject, "Sign in to Jeton");
        insta::assert_snapshot!("sign_in_mail.txt", mail.text);
        insta::assert_snapshot!("sign_in_mail.html", mail.html);
    }
}
