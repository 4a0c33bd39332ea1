//! Offers: shares, invitations and sign-ins. Each is a link and a code in a mail, and each is redeemed once.
//!
//! This module has their common steps. [`send`] checks whether an offer can be made, charges for its mail, stores it,
//! mails it, and withdraws it if the mail fails. [`redeem`] counts the attempts at its code, locks it, and redeems it
//! under the condition that nobody has before. [`availability`] checks whether it can be redeemed now, and [`close`]
//! ends one that was not. The differences stay in `share`, `manage/invite` and `console/operation/sign_in_ask`.

pub mod availability;
pub mod close;
pub mod redeem;
pub mod send;
