//! What is said of a call that changes something if nobody knows whether it was carried out.

use jeton_client::Change;

/// What to do then.
pub fn what_to_do(change: Change) -> &'static str {
    match change {
        Change::Secret => {
            "Look at the list or the events of what it changes before you repeat it. If it was done, the secret in its answer is lost: \
             refresh the token by another one that may, or ask for another share if a copy that was picked up has refreshed itself."
        }
        Change::ManageSecret => {
            "Look at `jeton manage-token list` before you repeat it. If it was done, the secret in its answer is lost: refresh the token \
             by another manage token, or make one on the server by `jeton init manage-token`."
        }
        Change::Share => "Look at the pending shares before you repeat it: each time sends a mail.",
        Change::ShareWithCode => {
            "Look at the pending shares before you repeat it: each time sends a mail. If it was done, the code in its answer is lost: send \
             the share again."
        }
        Change::Invitation => {
            "Look at the invitations and the members of the project before you repeat it: each time sends a mail."
        }
        Change::State => {
            "It can be repeated as it is: it sets the same state. The events of what it changes say whether it was done."
        }
        Change::Deletion => {
            "It can be repeated as it is: `not found` then says that it was done, or an invalid token if it deletes itself."
        }
        Change::ShareWithdrawal => {
            "It can be repeated as it is: `not found` then says that it was withdrawn, or picked up before: look at the copies of the \
             token."
        }
        Change::InvitationWithdrawal => {
            "It can be repeated as it is: `not found` then says that it was withdrawn, or accepted before: look at the members of the \
             project."
        }
        Change::Creation => "Look at `jeton manage-token events` before you repeat it: it may do it twice.",
    }
}
