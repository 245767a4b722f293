//! The exchange of a connection, while there is one.

use core::ops::{Deref, DerefMut};

use wirekit::bridge::{Config, Exchange};

use super::Rules;

/// An exchange that is there from the first byte of a request to the end of its response: an idle connection holds none.
#[derive(Debug)]
pub(super) struct CurrentExchange(Option<Box<Exchange>>);

/// What is there while there is none.
static IDLE: Exchange = Exchange::new(Config::DEFAULT);

impl CurrentExchange {
    pub(super) const NONE: Self = Self(None);

    /// Begins one by these rules, if there is none.
    pub(super) fn begin(&mut self, rules: &Rules) {
        let config = || Config::DEFAULT.client(rules.http1());
        self.0
            .get_or_insert_with(|| Box::new(Exchange::new(config())));
    }

    /// Nothing of a request was received: the next one may have other rules.
    pub(super) fn end(&mut self) {
        self.0 = None;
    }
}

impl Deref for CurrentExchange {
    type Target = Exchange;

    fn deref(&self) -> &Exchange {
        self.0.as_deref().unwrap_or(&IDLE)
    }
}

impl DerefMut for CurrentExchange {
    fn deref_mut(&mut self) -> &mut Exchange {
        self.0.get_or_insert_with(|| Box::new(IDLE.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Session;

    #[test]
    fn an_idle_connection_holds_no_exchange() {
        assert!(size_of::<Session>() <= 384, "{}", size_of::<Session>());
    }
}
