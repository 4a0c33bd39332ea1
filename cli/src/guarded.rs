//! A signal that ends the program while a call that changes something is on its way.

use jeton_client::Client;

use crate::{at_signal::AtSignal, change::what_to_do};

/// A client whose calls that change something say so if a signal ends the program before their answer. Of some, their command has more to say.
pub fn guarded(client: Client) -> Client {
    client.on_change(|change| {
        AtSignal::unless_told(format!(
            "the call on its way may have been carried out. {}",
            what_to_do(change)
        ))
    })
}
