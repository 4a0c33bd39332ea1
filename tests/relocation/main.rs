//! A project moves from store to store by `jeton export` and `jeton import`. A table is created, with credentials of all kinds.

mod closing;
mod credentials;
mod doctor;
mod file;
mod house;
mod journey;
mod restored_table;
mod resumed;
mod table;
