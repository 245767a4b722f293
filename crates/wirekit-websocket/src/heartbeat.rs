use core::time::Duration;

/// When to ping, and when to give up: RFC 6455 section 5.5.2 lets a ping be "a keepalive" and "a means to verify
/// that the remote endpoint is still responsive", and leaves the times to the endpoint.
///
/// It has no clock: every call takes the time since some moment of the caller's choice, the same for all calls.
///
/// ```
/// use core::time::Duration;
/// use wirekit_websocket::{Beat, Heartbeat};
///
/// let second = Duration::from_secs(1);
/// let mut heartbeat = Heartbeat::new(30 * second, 10 * second, Duration::ZERO);
/// assert_eq!(heartbeat.poll(second), Beat::Wait { until: 30 * second });
///
/// let Beat::Ping { body } = heartbeat.poll(30 * second) else { panic!() };
/// // conn.send_ping(&body, key, &mut out)?;
/// assert_eq!(heartbeat.poll(31 * second), Beat::Wait { until: 40 * second });
///
/// // On Event::Pong(body):
/// assert_eq!(heartbeat.pong(32 * second, &body), Some(2 * second));
/// assert_eq!(heartbeat.poll(33 * second), Beat::Wait { until: 62 * second });
/// assert_eq!(heartbeat.poll(62 * second), Beat::Ping { body: [0, 0, 0, 2] });
/// assert_eq!(heartbeat.poll(72 * second), Beat::Expired);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heartbeat {
    interval: Duration,
    timeout: Duration,
    heard: Duration,
    pinged: Option<Duration>,
    count: u32,
}

/// What is to be done now: RFC 6455 sections 5.5.2 and 5.5.3. The example of [`Heartbeat`] meets each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Beat {
    /// Nothing before this time.
    Wait {
        /// When to ask again.
        until: Duration,
    },
    /// Send a ping with this body.
    Ping {
        /// A count, so that the pong in answer can be distinguished from others.
        body: [u8; 4],
    },
    /// The peer has not answered in time: the transport can be closed.
    Expired,
}

impl Heartbeat {
    /// Pings after `interval` without a byte from the peer, and expires `timeout` after a ping without one.
    pub const fn new(interval: Duration, timeout: Duration, now: Duration) -> Self {
        Self {
            interval,
            timeout,
            heard: now,
            pinged: None,
            count: 0,
        }
    }

    /// Bytes have arrived, whatever they are: the peer is there.
    pub const fn heard(&mut self, now: Duration) {
        self.heard = now;
        self.pinged = None;
    }

    /// A pong has arrived. Returns the time since the ping that it answers, if it answers the last one.
    pub fn pong(&mut self, now: Duration, body: &[u8]) -> Option<Duration> {
        let answers = body == self.count.to_be_bytes();
        let elapsed = self
            .pinged
            .filter(|_| answers)
            .map(|pinged| now.saturating_sub(pinged));
        self.heard(now);
        elapsed
    }

    /// Says what is to be done. A returned ping counts as sent.
    pub fn poll(&mut self, now: Duration) -> Beat {
        match self.pinged {
            None => {
                let until = self.heard.saturating_add(self.interval);
                if now < until {
                    return Beat::Wait { until };
                }
                self.pinged = Some(now);
                self.count = self.count.wrapping_add(1);
                Beat::Ping {
                    body: self.count.to_be_bytes(),
                }
            }
            Some(pinged) => {
                let until = pinged.saturating_add(self.timeout);
                if now < until {
                    Beat::Wait { until }
                } else {
                    Beat::Expired
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn any_byte_puts_the_ping_off() {
        let mut heartbeat = Heartbeat::new(10 * SECOND, 5 * SECOND, Duration::ZERO);
        heartbeat.heard(9 * SECOND);
        assert_eq!(
            heartbeat.poll(10 * SECOND),
            Beat::Wait { until: 19 * SECOND }
        );
        assert_eq!(
            heartbeat.poll(20 * SECOND),
            Beat::Ping { body: [0, 0, 0, 1] }
        );
        heartbeat.heard(24 * SECOND);
        assert_eq!(
            heartbeat.poll(25 * SECOND),
            Beat::Wait { until: 34 * SECOND }
        );
    }

    #[test]
    fn only_the_last_ping_is_timed() {
        let mut heartbeat = Heartbeat::new(SECOND, SECOND, Duration::ZERO);
        assert_eq!(heartbeat.pong(SECOND, b"unasked"), None);
        let beat = heartbeat.poll(3 * SECOND);
        assert_eq!(beat, Beat::Ping { body: [0, 0, 0, 1] });
        assert_eq!(heartbeat.pong(3 * SECOND, b"another"), None);
        // An unasked pong is a sign of life, and the answer that comes after it is not timed.
        assert_eq!(heartbeat.pong(3 * SECOND, &[0, 0, 0, 1]), None);
    }

    #[test]
    fn a_ping_that_nobody_answers_expires() {
        let mut heartbeat = Heartbeat::new(10 * SECOND, 5 * SECOND, Duration::ZERO);
        let ping = Beat::Ping { body: [0, 0, 0, 1] };
        assert_eq!(heartbeat.poll(10 * SECOND), ping);
        let wait = Beat::Wait { until: 15 * SECOND };
        assert_eq!(heartbeat.poll(14 * SECOND), wait);
        assert_eq!(heartbeat.poll(15 * SECOND), Beat::Expired);
    }

    #[test]
    fn times_at_the_end_of_the_clock_do_not_overflow() {
        let mut heartbeat = Heartbeat::new(Duration::MAX, Duration::MAX, Duration::MAX);
        assert_eq!(
            heartbeat.poll(Duration::ZERO),
            Beat::Wait {
                until: Duration::MAX
            }
        );
        assert_eq!(
            heartbeat.poll(Duration::MAX),
            Beat::Ping { body: [0, 0, 0, 1] }
        );
        assert_eq!(
            heartbeat.pong(Duration::ZERO, &[0, 0, 0, 1]),
            Some(Duration::ZERO)
        );
    }
}
