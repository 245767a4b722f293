use core::net::IpAddr;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How many connections each client address has, over all workers.
#[derive(Clone, Debug)]
pub(super) struct Clients {
    counts: Arc<Mutex<HashMap<IpAddr, u32>>>,
    /// Zero for no limit.
    max: u32,
}

/// One connection of an address, counted until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    clients: Clients,
    address: IpAddr,
}

impl Clients {
    pub(super) fn new(max: u32) -> Self {
        Self {
            counts: Arc::default(),
            max,
        }
    }

    /// The same connections, with another limit for new ones.
    pub(super) fn with_max(&self, max: u32) -> Self {
        Self {
            counts: self.counts.clone(),
            max,
        }
    }

    /// Counts one more connection of an address; an error where it has as many as it may.
    ///
    /// Connections by unix sockets have no address, and without a limit nothing is counted.
    pub(super) fn enter(&self, address: Option<IpAddr>) -> Result<Option<Place>, ()> {
        let Some(address) = address.filter(|_| self.max > 0) else {
            return Ok(None);
        };
        let address = address.to_canonical();
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(address).or_default();
        if *count >= self.max {
            return Err(());
        }
        *count += 1;
        Ok(Some(Place {
            clients: self.clone(),
            address,
        }))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let counts = &self.clients.counts;
        let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_as_many_connections_as_it_may() {
        let clients = Clients::new(2);
        let (a, b) = (
            Some(IpAddr::from([192, 0, 2, 1])),
            Some(IpAddr::from([192, 0, 2, 2])),
        );
        let first = clients.enter(a);
        let second = clients.enter(a);
        assert!(first.is_ok() && second.is_ok() && clients.enter(a).is_err());
        assert!(clients.enter(b).is_ok() && clients.enter(None).is_ok());
        drop(first);
        assert!(clients.enter(a).is_ok());
        drop(second);
        assert!(
            clients.counts.lock().unwrap().is_empty(),
            "nothing is held for an address without connections"
        );
    }
}
