//! Times as RFC 3339 has them.

use std::time::SystemTime;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// `2026-11-29T12:00:00.123Z`
pub(crate) fn text(time: SystemTime) -> String {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    let millis = since.map_or(0, |since| since.subsec_millis());
    // "Sun, 29 Nov 2026 12:00:00 GMT"
    let date = httpdate::fmt_http_date(time);
    let mut words = date.split(' ').skip(1);
    let mut word = || words.next().unwrap_or_default();
    let (day, month, year, clock) = (word(), word(), word(), word());
    let month = MONTHS.iter().position(|name| *name == month).unwrap_or(0) + 1;
    format!("{year}-{month:02}-{day}T{clock}.{millis:03}Z")
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::time::Duration;

    #[test]
    fn a_time_is_written_as_rfc_3339_section_5_6_says() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_millis(784_111_777_042);
        assert_eq!(text(time), "1994-11-06T08:49:37.042Z");
    }
}
