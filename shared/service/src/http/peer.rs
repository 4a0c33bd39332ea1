//! The connection that a request came by.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use crate::limits::{answers::Connection, throttle::source};

/// The connection of a request, and its other end. What each request would have to work out of the address is worked out
/// once.
#[derive(Debug, Clone)]
pub struct Peer(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    address: SocketAddr,
    ip: IpAddr,
    text: Box<str>,
    source: Option<IpAddr>,
    connection: Connection,
}

impl Peer {
    /// A connection from this address, without a task that could be told anything.
    pub fn new(address: SocketAddr) -> Self {
        Self::on(address, Connection::default())
    }

    /// This connection from this address.
    pub fn on(address: SocketAddr, connection: Connection) -> Self {
        let ip = address.ip().to_canonical();
        let text = ip.to_string().into_boxed_str();
        let source = source(&text);
        Self(Arc::new(Parts { address, ip, text, source, connection }))
    }

    /// Its address with the port.
    pub fn address(&self) -> SocketAddr {
        self.0.address
    }

    /// Its address.
    pub fn ip(&self) -> IpAddr {
        self.0.ip
    }

    /// Its address as text.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// The source that its wrong tokens count for; `None` for this machine.
    pub fn source(&self) -> Option<IpAddr> {
        self.0.source
    }

    /// The connection, which is closed to cut off a slow answer.
    pub fn connection(&self) -> &Connection {
        &self.0.connection
    }
}
