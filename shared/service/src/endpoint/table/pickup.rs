//! Endpoints of the pick-up of a share.

use crate::{
    endpoint::row::{Endpoint, get, group, post},
    function::Function,
    operation::pickup,
};
use jeton_api::pickup::{PickUp, PickUpBody};

/// The pick-up of a share.
pub static PICKUP: &[Endpoint] = &group(
    Function::Pickup,
    [
        get("/pickup/{share}", "The pick-up page: behind the link of a share")
            .open(&pickup::page)
            .file("text/html"),
        post("/pickup/{share}", "Pick up a share: without the code, it is only shown")
            .open(&pickup::pick_up)
            .page()
            .replays(&pickup::replay)
            .takes::<PickUp>()
            .ok::<PickUpBody>()
            .errors(&[403, 404, 409, 410]),
        get("/pickup/-/pickup.js", "The script of the pick-up page")
            .open(&pickup::script)
            .file("text/javascript"),
        get("/pickup/-/pickup.css", "The style of the pick-up page").open(&pickup::style).file("text/css"),
    ],
);
