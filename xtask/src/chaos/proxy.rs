//! A way between two programs on which the connections can be cut, held up and slowed down.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::Outcome;

/// How much is passed on at once.
const PART: usize = 16_384;

/// What happens to what is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gate {
    /// It is passed on.
    Open,
    /// The connection is broken.
    Cut,
    /// It waits.
    Stalled,
    /// It is passed on so much later.
    Slow(Duration),
}

/// A listening address, and where its connections lead.
pub(crate) struct Proxy {
    pub(crate) address: String,
    way: Arc<Way>,
}

struct Way {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    gate: Gate,
    target: String,
    /// Both ends of each connection.
    connections: Vec<(TcpStream, TcpStream)>,
}

impl Proxy {
    /// A way to an address, open. Its threads end with the program.
    pub(crate) fn to(target: &str) -> Outcome<Self> {
        let failed = |error: std::io::Error| format!("no proxy: {error}");
        let listener = TcpListener::bind("127.0.0.1:0").map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?.to_string();
        let state = State { gate: Gate::Open, target: target.to_owned(), connections: Vec::new() };
        let way = Arc::new(Way { state: Mutex::new(state), changed: Condvar::new() });
        let accepting = way.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // Whoever cannot be connected loses its connection.
                let _ = accepting.connect(client);
            }
        });
        Ok(Self { address, way })
    }

    /// Opens or closes it, for connections that are there and for new ones.
    pub(crate) fn set(&self, gate: Gate) {
        let mut state = self.way.lock();
        state.gate = gate;
        if gate == Gate::Cut {
            state.connections.drain(..).for_each(|(client, server)| break_both(&client, &server));
        }
        self.way.changed.notify_all();
    }

    /// Leads new connections elsewhere.
    pub(crate) fn lead_to(&self, target: &str) {
        self.way.lock().target = target.to_owned();
    }
}

impl Way {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn connect(self: &Arc<Self>, client: TcpStream) -> std::io::Result<()> {
        let target = {
            let state = self.lock();
            if state.gate == Gate::Cut {
                return Ok(());
            }
            state.target.clone()
        };
        let server = TcpStream::connect(target)?;
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        let mut state = self.lock();
        state.connections.retain(|(client, _)| client.peer_addr().is_ok());
        state.connections.push((client.try_clone()?, server.try_clone()?));
        drop(state);
        for (from, to) in [(client.try_clone()?, server.try_clone()?), (server, client)] {
            let way = self.clone();
            std::thread::spawn(move || way.pass(from, to));
        }
        Ok(())
    }

    fn pass(&self, mut from: TcpStream, mut to: TcpStream) {
        let mut part = vec![0; PART];
        while let Ok(length @ 1..) = from.read(&mut part) {
            if !self.may_pass() || to.write_all(&part[..length]).is_err() {
                break;
            }
        }
        break_both(&from, &to);
    }

    /// Waits as long as the gate says; whether the connection goes on.
    fn may_pass(&self) -> bool {
        let mut state = self.lock();
        loop {
            match state.gate {
                Gate::Open => return true,
                Gate::Cut => return false,
                Gate::Stalled => state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Gate::Slow(by) => {
                    drop(state);
                    std::thread::sleep(by);
                    return true;
                }
            }
        }
    }
}

fn break_both(client: &TcpStream, server: &TcpStream) {
    // One that is broken already is what is wanted.
    let _ = client.shutdown(Shutdown::Both);
    let _ = server.shutdown(Shutdown::Both);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_passes_waits_or_is_lost_as_the_gate_says() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let proxy = Proxy::to(&listener.local_addr().expect("an address").to_string()).expect("a proxy");
        let mut client = TcpStream::connect(&proxy.address).expect("connected");
        let (mut server, _) = listener.accept().expect("a connection");
        let mut read = [0; 3];
        client.write_all(b"one").expect("sent");
        server.read_exact(&mut read).expect("passed on");
        proxy.set(Gate::Stalled);
        client.write_all(b"two").expect("sent");
        server.set_read_timeout(Some(Duration::from_millis(200))).expect("set");
        assert!(server.read(&mut read).is_err(), "it waits");
        proxy.set(Gate::Slow(Duration::from_millis(1)));
        server.set_read_timeout(None).expect("set");
        server.read_exact(&mut read).expect("late");
        assert_eq!(&read, b"two");
        proxy.set(Gate::Cut);
        assert_eq!(client.read(&mut read).expect("the end"), 0);
        let mut refused = TcpStream::connect(&proxy.address).expect("accepted");
        assert!(matches!(refused.read(&mut read), Ok(0) | Err(_)), "and closed");
    }
}
