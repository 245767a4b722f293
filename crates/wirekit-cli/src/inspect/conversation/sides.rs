//! Something that each end of a connection has one of.

use wirekit::tcp::track::Side;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sides<T> {
    pub(crate) client: T,
    pub(crate) server: T,
}

impl<T> Sides<T> {
    pub(crate) const fn of(&self, side: Side) -> &T {
        match side {
            Side::Client => &self.client,
            Side::Server => &self.server,
        }
    }

    pub(crate) const fn of_mut(&mut self, side: Side) -> &mut T {
        match side {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        }
    }

    pub(crate) fn map<U>(self, change: impl Fn(T) -> U) -> Sides<U> {
        Sides {
            client: change(self.client),
            server: change(self.server),
        }
    }
}
