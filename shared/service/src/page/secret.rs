//! A secret on a page: hidden at first, with buttons to copy it and examples to try it.

use maud::{Markup, html};

/// The secret, hidden from onlookers. It can be copied without showing it.
pub fn secret(name: &str, token: &str) -> Markup {
    html! {
        code #secret .secret data-name=(name) data-plain=(token) { (hidden(token)) }
        div.actions {
            button.primary type="button" data-copy="secret" { "Copy the " (name) }
            button #toggle type="button" { "Show" }
            span #told .soft role="status" {}
        }
    }
}

/// Two examples of a call with the token.
pub fn try_it(token: &str, public_url: &str) -> Markup {
    let url = format!("{public_url}/v2/storage/tokens/verify");
    let curl = |token: &str| format!("curl -H 'X-StorageApi-Token: {token}' '{url}'");
    let python = |token: &str| {
        format!(
            "from urllib.request import Request, urlopen\n\
             url = \"{url}\"\n\
             token = \"{token}\"\n\
             request = Request(url, headers={{\"X-StorageApi-Token\": token}})\n\
             print(urlopen(request).read().decode())"
        )
    };
    html! {
        h2 { "Try it" }
        p { "This shows the token and its rights. In a terminal:" }
        (ready_lines("curl", "command", &curl(token), &curl(&hidden(token))))
        p { "In Python:" }
        (ready_lines("python", "Python lines", &python(token), &python(&hidden(token))))
    }
}

fn ready_lines(id: &str, name: &str, plain: &str, hidden: &str) -> Markup {
    html! {
        pre { code #(id) data-name=(name) data-plain=(plain) { (hidden) } }
        div.actions { button type="button" data-copy=(id) { "Copy the " (name) } }
    }
}

/// The first characters of a token.
fn hidden(token: &str) -> String {
    let address = token.rsplit_once('-').map_or("", |(address, _)| address);
    format!("{address}-••••••••••••")
}
