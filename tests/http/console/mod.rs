//! `/console/…`: the pages for members.

mod access;
mod action_run;
mod action_words;
mod again;
mod back;
mod extend;
mod forms;
mod history;
mod id_token;
mod members;
mod new_token;
mod passkeys;
mod provider;
mod roles;
mod sessions;
mod share_form;
mod sign_in;
mod sign_in_passkey;
mod sign_in_provider;
mod summary;
mod times;
mod token;
mod token_actions;
mod token_list;
mod token_list_words;
mod tokens;
mod unreadable_passkeys;
mod usage;
mod with_passkeys;
mod with_provider;

use jeton_tests::{client::Answer, console_client::ConsoleClient};

/// The last form of a page that changes something: its address, and its hidden fields.
fn last_form(page: &str) -> (String, Vec<(String, String)>) {
    let form = page.rsplit_once("<form").unwrap_or_else(|| panic!("no form: {page}")).1;
    let form = form.split("</form>").next().unwrap();
    let attribute = |of: &str, name: &str| {
        let value = of.split_once(&format!("{name}=\"")).unwrap_or_else(|| panic!("{name}: {of}")).1;
        value.split('"').next().unwrap().replace("&amp;", "&")
    };
    let hidden = form.split("<input type=\"hidden\"").skip(1);
    let field = |part: &str| (attribute(part, "name"), attribute(part, "value"));
    (attribute(form, "action"), hidden.map(field).collect())
}

/// Submits that form, with further fields.
async fn submit_last(console: &ConsoleClient, page: &str, further: &[(&str, &str)]) -> Answer {
    let (to, hidden) = last_form(page);
    let fields: Vec<_> = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    console.send_form(&to, &[&fields[..], further].concat()).await
}

/// The value of a hidden field of a page.
fn hidden(page: &str, name: &str) -> String {
    let after =
        page.split_once(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("{name}: {page}")).1;
    after.split('"').next().unwrap().replace("&amp;", "&")
}
