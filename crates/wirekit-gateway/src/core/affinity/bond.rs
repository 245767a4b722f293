use super::{Affinity, Cause, Placement, Route};
use crate::config;
use crate::core::balance::{Balancer, Instant, Tries, Wanted};

/// Where the user of a request belongs, and where they are put.
#[derive(Clone, Debug)]
pub(crate) struct Bond {
    /// The servers that they may belong to, the first that can be had before the others.
    routes: Vec<Route>,
    /// What is wrong with what the request says, where it says something and that is no route.
    wrong: Option<Cause>,
    placement: Option<Placement>,
}

impl Bond {
    /// What the lines of a request's `Cookie` fields say.
    pub(crate) fn of<'a>(
        affinity: &Affinity,
        lines: impl Iterator<Item = &'a [u8]>,
        unix_time: u64,
    ) -> Self {
        let Affinity::Cookie(cookie) = affinity;
        let (routes, wrong) = match cookie.routes(lines, unix_time) {
            Ok(routes) => (routes, None),
            Err(cause) => (Vec::new(), Some(cause)),
        };
        Self {
            routes,
            wrong,
            placement: None,
        }
    }

    /// How the request came to its server, once it has one.
    pub(crate) const fn placement(&self) -> Option<Placement> {
        self.placement
    }

    /// The server for the request: the user's own, draining or not, or another one by the upstream's method.
    pub(crate) fn choose(
        &mut self,
        upstream: &config::Upstream,
        balancer: &mut Balancer,
        now: Instant,
        wanted: Wanted<'_>,
        tries: &mut Tries,
    ) -> Option<usize> {
        if tries.count() > 0 {
            let chosen = balancer.choose(now, wanted, tries)?;
            if self.placement == Some(Placement::Kept) {
                self.placement = Some(Placement::Moved(Cause::ServerFailed));
            }
            return Some(chosen);
        }
        let mut cause = self.wrong;
        for route in &self.routes {
            let mut servers = upstream.servers.iter();
            let kept = match servers.position(|server| server.id == route.server) {
                Some(at) => balancer.keep(at, now, tries).map(|()| at),
                None => Err(Cause::ServerGone),
            };
            match kept {
                Ok(at) => {
                    self.placement = Some(cause.map_or(Placement::Kept, Placement::Moved));
                    return Some(at);
                }
                Err(why) => cause = cause.or(Some(why)),
            }
        }
        let chosen = balancer.choose(now, wanted, tries)?;
        self.placement = Some(cause.map_or(Placement::New, Placement::Moved));
        Some(chosen)
    }

    /// The value of `Set-Cookie` that the answer of this server brings; none where the user has it already.
    pub(crate) fn set_cookie(
        &self,
        affinity: &Affinity,
        server: &str,
        unix_time: u64,
        is_secure: bool,
    ) -> Option<String> {
        let Affinity::Cookie(cookie) = affinity;
        let has_it = self.placement == Some(Placement::Kept)
            && self
                .routes
                .first()
                .is_some_and(|route| !cookie.is_due(route, unix_time));
        (!has_it).then(|| cookie.set(server, unix_time, is_secure))
    }
}
