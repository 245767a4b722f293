//! Which connections are shown.

use core::net::IpAddr;
use std::rc::Rc;

use super::application::Application;
use super::connection::Connection;
use super::depth::Depth;
use super::exchange::Exchange;
use super::subject::Subject;
use super::tale::{Tale, What};
use crate::arguments::Moment;
use crate::inspect::capture::Time;

/// Which connections to keep: all that is asked for must hold.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// One of these numbers; none is all.
    pub(crate) connections: Rc<[u64]>,
    pub(crate) port: Option<u16>,
    pub(crate) address: Option<IpAddr>,
    pub(crate) protocol: Option<Protocol>,
    /// A Host, a server name, or a name of an address, in small letters.
    pub(crate) host: Option<Rc<str>>,
    /// In a message.
    pub(crate) text: Option<Rc<[u8]>>,
    /// Of exchanges alone.
    pub(crate) status: Option<Statuses>,
}

impl Filter {
    /// Whether it keeps every connection.
    pub(crate) fn is_empty(&self) -> bool {
        self.connections.is_empty()
            && self.port.is_none()
            && self.address.is_none()
            && self.protocol.is_none()
            && self.host.is_none()
            && self.text.is_none()
    }

    /// What a view has to look at for it.
    pub(crate) const fn needs(&self) -> Depth {
        match (&self.host, &self.text, self.protocol) {
            (None, None, Some(Protocol::Application(_))) => Depth::Streams,
            (None, None, _) => Depth::Packets,
            _ => Depth::Messages,
        }
    }

    /// Whether it keeps an exchange of which this, which happened last, is a part. Each says itself whom it is for, but where the address has the name.
    pub(crate) fn keeps_tale(&self, connection: &Connection, tale: &Tale) -> bool {
        let is_host = self.host.as_deref().is_none_or(|host| {
            let names = [&connection.names.client, &connection.names.server];
            let mut subject = Subject::default();
            if let What::Message { event, .. } = &tale.what {
                subject.take(event.message());
            }
            names.into_iter().flatten().any(|name| **name == *host) || subject.names(host)
        });
        is_host && (self.text.is_none() || connection.says_text())
    }

    /// Whether it keeps an exchange, by its status and by what its messages said.
    pub(crate) fn keeps(&self, exchange: &Exchange) -> bool {
        let is_said = self.host.is_none() && self.text.is_none() || exchange.is_kept;
        let is_status = match self.status {
            None => true,
            Some(wanted) => exchange.status.is_some_and(|status| wanted.hold(status)),
        };
        is_said && is_status
    }
}

/// One status, or all of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Statuses {
    One(u16),
    /// By its first digit.
    Class(u16),
}

impl Statuses {
    /// `404` or `4xx`.
    pub(crate) fn named(text: &str) -> Option<Self> {
        let digits = text.strip_suffix("xx").unwrap_or(text);
        let number = digits.parse().ok()?;
        match (digits.len(), text.len(), number) {
            (1, 3, 1..=9) => Some(Self::Class(number)),
            (3, 3, 100..=999) => Some(Self::One(number)),
            _ => None,
        }
    }

    const fn hold(self, status: u16) -> bool {
        match self {
            Self::One(wanted) => status == wanted,
            Self::Class(digit) => status / 100 == digit,
        }
    }
}

/// What part of a capture's time is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moments {
    pub(crate) since: Option<Moment>,
    pub(crate) until: Option<Moment>,
}

impl Moments {
    pub(crate) const fn are_all(self) -> bool {
        self.since.is_none() && self.until.is_none()
    }

    /// The span of a capture whose first packet has this time.
    pub(crate) fn of(self, start: Time) -> Span {
        let from_start = |moment| match moment {
            Moment::FromStart(span) => i64::try_from(span.as_nanos()).unwrap_or(i64::MAX),
            Moment::At(time) => Time::from_duration(time).since(start),
        };
        Span {
            since: self.since.map_or(Span::ALL.since, from_start),
            until: self.until.map_or(Span::ALL.until, from_start),
        }
    }
}

/// A span of time, in nanoseconds from the capture's first packet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) since: i64,
    pub(crate) until: i64,
}

impl Span {
    /// All of it, also where the capture's clock went back.
    pub(crate) const ALL: Self = Self {
        since: i64::MIN,
        until: i64::MAX,
    };

    pub(crate) const fn holds(self, at: i64) -> bool {
        self.since <= at && at <= self.until
    }

    /// Whether something that lasted so long falls into it in part.
    pub(crate) const fn meets(self, first: i64, last: i64) -> bool {
        self.since <= last && first <= self.until
    }
}

/// A protocol that connections are kept by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Tcp,
    Udp,
    Application(Application),
}
