//! Why a user is on another server, as a record says: each cause is true.

use wirekit_gateway::config::Affinity;
use wirekit_gateway::core::affinity::{Answer, Cause, Placement};

use super::super::fate::Fates;
use super::{Ended, Says, Users, affinity};

impl Users {
    /// No user is on another server without a cause, and each cause is true.
    pub(in super::super) fn check(&mut self, ended: &Ended<'_>, fates: &Fates) {
        let servers = &ended.rules.config().upstreams[ended.upstream].servers;
        let mut servers = servers.iter().filter(|server| server.id == ended.server);
        let began = ended.course.began;
        let is_down = servers.any(|server| fates.is_down(&server.address, began));
        assert!(!is_down || ended.is_past, "a user of a server that is down");
        let affinity = affinity(ended.rules.config(), ended.upstream);
        match affinity.expect("an upstream that keeps users") {
            Affinity::Learn { .. } => self.check_learnt(ended, fates),
            Affinity::Cookie { .. } => check_cookie(ended, fates),
            other => panic!("{other:?}"),
        }
    }

    fn check_learnt(&mut self, ended: &Ended<'_>, fates: &Fates) {
        let (course, placement) = (ended.course, ended.placement);
        let user = match ended.says {
            Says::User(user) => *user,
            Says::TooMany => return assert_eq!(placement, Placement::Moved(Cause::Duplicated)),
            _ => return assert_eq!(placement, Placement::New, "a request without a session"),
        };
        let homes = self.allowed(user, course.began.turn);
        let is_home = |server: &str| homes.iter().any(|home| home.server == server);
        match placement {
            Placement::New => panic!("a user with a session is new"),
            Placement::Kept => {
                assert!(
                    is_home(ended.server),
                    "user {user} stays on {}, and has {homes:?}",
                    ended.server
                );
                let is_late = self.unreported[user].is_some_and(|at| at < course.began.turn);
                assert!(
                    !is_late,
                    "user {user} was moved by another gateway, and nobody says so"
                );
            }
            Placement::Moved(Cause::Elsewhere) => {
                let mut homes = self.homes[user].iter();
                assert!(homes.any(|home| home.is_elsewhere), "nobody moved them");
                let left = self.moved_elsewhere[user].checked_sub(1);
                self.moved_elsewhere[user] = left.expect("a move that was reported before");
            }
            Placement::Moved(cause) => {
                let mut homes = homes.iter();
                let is_true = homes.any(|home| is_true(cause, &home.server, ended, fates));
                assert!(is_true, "user {user} moves from {homes:?}: {cause:?}");
            }
            Placement::Hashed(cause) => {
                assert!(
                    !self.is_known(user, course.began.turn),
                    "user {user} is put by a hash ({cause:?}), and has {homes:?}"
                );
                let is_said = match cause {
                    Cause::UnknownSession => course.found == Some(Answer::Unknown),
                    cause => {
                        course.found == Some(Answer::Failed(cause)) || ended.failed.contains(&cause)
                    }
                };
                assert!(is_said, "{cause:?} of a store that said {:?}", course.found);
                if fates.is_quiet() && !ended.is_past {
                    let hashed = &mut self.hashed[user];
                    let hashed = hashed.get_or_insert_with(|| ended.server.to_owned());
                    assert_eq!(hashed, ended.server, "another gateway puts them there");
                }
            }
            other => panic!("{other:?}"),
        }
    }
}

fn check_cookie(ended: &Ended<'_>, fates: &Fates) {
    let placement = ended.placement;
    let expected = match ended.says {
        Says::Server(home) | Says::Old(home) => {
            return match placement {
                Placement::Kept => {
                    assert_eq!(*home, ended.server, "another server than the cookie's")
                }
                Placement::Moved(cause) => {
                    let is_true = is_true(cause, home, ended, fates);
                    assert!(is_true, "a user moves from {home}: {cause:?}");
                }
                other => panic!("{other:?} of a user of {home}"),
            };
        }
        Says::Forged => Placement::Moved(Cause::Forged),
        Says::Expired => Placement::Moved(Cause::Expired),
        Says::TooMany => Placement::Moved(Cause::Duplicated),
        Says::Nothing | Says::User(_) => Placement::New,
    };
    assert_eq!(placement, expected, "{:?}", ended.says);
}

/// Whether a user of a server had to leave it for this cause, at some time of the exchange.
fn is_true(cause: Cause, home: &str, ended: &Ended<'_>, fates: &Fates) -> bool {
    let servers = &ended.rules.config().upstreams[ended.upstream].servers;
    let server = servers.iter().find(|server| server.id == home);
    let Some(server) = server else {
        return cause == Cause::ServerGone;
    };
    let (began, now) = (ended.course.began, ended.now);
    match cause {
        // What such rules know of a server that is down nobody changes any more.
        Cause::ServerDown if ended.is_past => true,
        Cause::ServerDown => fates.was_down(&server.address, began, now),
        Cause::ServerFull => {
            let max = server.max_connections;
            max > 0 && fates.was_full(&server.address, began)
        }
        Cause::ServerFailed => ended.course.tried.iter().any(|tried| tried == home),
        _ => false,
    }
}
