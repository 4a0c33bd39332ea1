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
