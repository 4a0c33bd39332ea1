//! `/console/…`: the pages for members.

mod access;
mod again;
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
mod tokens;
mod unreadable_passkeys;
mod usage;
mod with_passkeys;
mod with_provider;

/// The value of a hidden field of a page.
fn hidden(page: &str, name: &str) -> String {
    let after =
        page.split_once(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("{name}: {page}")).1;
    after.split('"').next().unwrap().replace("&amp;", "&")
}
