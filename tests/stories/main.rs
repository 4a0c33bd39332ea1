//! The stories of the product's manual, told through HTTP.

mod first_token;
