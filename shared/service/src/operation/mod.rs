//! The operations of Jeton: one file for each function, and the steps that several of them share.

pub mod advice;
pub mod bounced;
pub mod component_token;
pub mod create;
pub mod delete;
pub mod denied_call;
pub mod detail;
pub mod event_scan;
pub mod events;
pub mod expiry_notice;
pub mod expiry_sweep;
pub mod index;
pub mod leaked;
pub mod list;
pub mod manage;
pub mod members;
pub mod offer;
pub mod pickup;
mod plain_question;
mod question_event;
pub mod refresh;
pub mod seal;
pub mod sealing;

pub mod setup;
pub mod share;
pub mod share_end;
pub mod share_sender;
pub mod sharers;
pub mod shares;
pub mod swept;
pub mod target;
pub mod update;
pub mod verify;
mod verify_answer;
