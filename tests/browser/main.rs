//! The pages for people, in a real browser.

mod action_run;
mod console;
mod ends;
mod events;
mod invitation;
mod keyboard;
mod layout;
mod mails;
mod much_data;
mod new_token;
mod passkeys;
mod pickup;
mod pickup_lost;
mod readers;
mod reference;
mod roles;
mod scanner;
mod scene;
mod sign_in_provider;
mod times;
mod token_list;
mod usage;
