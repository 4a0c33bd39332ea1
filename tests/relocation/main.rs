//! A project moves from store to store by `jeton export` and `jeton import`.

mod closing;
mod file;
mod house;
mod journey;
mod resumed;
