//! The link of a share: what it offers, and picking it up.

use jeton_client::{Client, Error, Offer, PlainSecret, ShareLink};

use crate::{
    failure::Failure,
    handed_out::{HandedOut, Reserved},
    output, presented, prompt,
};

/// What is known of a pick-up without an answer.
const MAYBE: &str = "the token may have been picked up: try the link again, and if it says that it was used, ask who sent it for another one";

/// Shows what a link offers, asks for the code, and picks it up for this file.
pub async fn picked_up(client: &Client, link: &ShareLink, file: Reserved) -> Result<HandedOut, Failure> {
    let offer = client.offered(link).await?;
    output::aside(&facts(&offer));
    loop {
        let code = prompt::line("\nThe code, from the mail or from who shared it: ")?;
        if code.trim().is_empty() {
            if code.is_empty() || !prompt::can_ask() {
                return Err(Failure::Missing("there is no code on standard input".to_owned()));
            }
            continue;
        }
        file.awaits(Some(MAYBE));
        match client.pick_up(link, code.trim()).await {
            Ok(picked) => {
                let missing = || Failure::Missing("the answer has no token".to_owned());
                let secret = picked.value.token.clone().ok_or_else(missing)?;
                return Ok(file.takes(format!("the token was picked up at {} and", client.url()), secret));
            }
            // One more digit may be right; the server counts.
            Err(Error::Rejected(rejection))
                if (rejection.code == "pickup.wrongCode" || rejection.status == 400) && prompt::can_ask() =>
            {
                file.awaits(None);
                eprintln!("jeton: {}", rejection.message);
            }
            Err(Error::AnswerLost { url, why, .. }) => {
                let why = format!("{url} gave no answer: {why}");
                return Err(Failure::NotKept { why, outcome: MAYBE.to_owned() });
            }
            // A server that fails, or something between, does not say whether it was done.
            Err(error)
                if error.status().is_some_and(|status| status >= 500)
                    || matches!(error, Error::NotUnderstood { .. }) =>
            {
                return Err(Failure::NotKept { why: error.to_string(), outcome: MAYBE.to_owned() });
            }
            Err(error) => return Err(error.into()),
        }
    }
}

fn facts(offer: &Offer) -> Vec<(&'static str, String)> {
    let what = if offer.kind == "membership" { "Membership" } else { "Token" };
    let mut facts = vec![
        (what, offer.description.clone()),
        ("Project", format!("{} ({})", offer.project.name, offer.project.id)),
        ("From", offer.sharer.clone()),
    ];
    facts.extend(offer.may.iter().map(|may| ("May", may.clone())));
    let expires = offer.expires.map_or_else(|| "never".to_owned(), |at| at.to_string());
    facts.push(("Expires", expires));
    facts
}

/// Why what was given as an argument is not the link of a share.
pub fn not_a_link(given: &PlainSecret) -> Failure {
    Failure::Missing(if presented::kind(given).is_some() {
        "everyone on this machine can see an argument, and your shell may keep it: refresh this token, and run \
         `jeton login` without it, which asks for it"
            .to_owned()
    } else if given.expose().contains("/console/sign-in/") {
        "that link signs you in to the console: open it in a browser".to_owned()
    } else {
        "that is not the link of a share, which is like https://tokens.example.org/pickup/0123456789abcdef#…; \
         `jeton login --url ADDRESS` logs in with a token"
            .to_owned()
    })
}
