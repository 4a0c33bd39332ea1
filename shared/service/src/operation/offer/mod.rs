//! Offers: a share, an invitation and a sign-in. Each is a link and a code that are mailed, and each is redeemed once.
//!
//! What they have in common is here. [`send`] looks whether an offer can be made, charges for its mail, stores it, mails
//! it, and withdraws it when the mail is refused. [`redeem`] counts the attempts at its code, locks it, and stores what is
//! taken under the condition that nobody took it before. [`availability`] says whether it can be redeemed now, and [`close`]
//! ends one that was not. What differs stays with its operation: `share`, `manage/invite` and `console/operation/sign_in_ask`.

pub mod availability;
pub mod close;
pub mod redeem;
pub mod send;
