//! The trace that a request belongs to: W3C Trace Context, level 1.

use core::fmt;

/// A `traceparent` (W3C Trace Context section 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Trace {
    /// The whole trace.
    pub trace_id: u128,
    /// Who passed the request on.
    pub parent_id: u64,
    /// `01`: the caller may have recorded it.
    pub flags: u8,
}

/// What a request says of its trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// Nothing.
    Nothing,
    /// What is none: "the vendor creates a new traceparent header and deletes the tracestate" (section 4.1).
    Wrong,
    /// This.
    Trace(Trace),
}

impl Said {
    /// By all values of the field.
    pub(crate) fn of<'v>(mut values: impl Iterator<Item = &'v [u8]>) -> Self {
        match (values.next(), values.next()) {
            (None, _) => Self::Nothing,
            (Some(value), None) => Trace::parse(value).map_or(Self::Wrong, Self::Trace),
            (Some(_), Some(_)) => Self::Wrong,
        }
    }
}

impl Trace {
    /// A trace that begins here; the bytes are to be random.
    pub(crate) fn of_random(trace_id: [u8; 16], parent_id: [u8; 8]) -> Self {
        // "All bytes as zero is considered an invalid value" for either (section 3.2.2).
        Self {
            trace_id: u128::from_be_bytes(trace_id).max(1),
            parent_id: u64::from_be_bytes(parent_id).max(1),
            flags: 1,
        }
    }

    /// A value of the field; `None` where it is to be treated as missing.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let version = hexadecimal(value.get(..2)?)?;
        let (trace_id, parent_id) = (value.get(3..35)?, value.get(36..52)?);
        let flags = value.get(53..55)?;
        let has_dashes = [2, 35, 52].iter().all(|at| value.get(*at) == Some(&b'-'));
        // Section 3.2.4: what a later version adds stands behind another dash.
        let ends = match version {
            0 => value.len() == 55,
            0xff => false,
            _ => value.get(55).is_none_or(|byte| *byte == b'-'),
        };
        let trace = Self {
            trace_id: hexadecimal(trace_id)?,
            parent_id: u64::try_from(hexadecimal(parent_id)?).ok()?,
            flags: u8::try_from(hexadecimal(flags)?).ok()?,
        };
        (has_dashes && ends && trace.trace_id != 0 && trace.parent_id != 0).then_some(trace)
    }

    /// The trace's id, as traces are looked up by it.
    pub fn trace_id(&self) -> String {
        format!("{:032x}", self.trace_id)
    }
}

impl fmt::Display for Trace {
    /// The field's value, in version 0.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (trace_id, parent_id, flags) = (self.trace_id, self.parent_id, self.flags);
        write!(f, "00-{trace_id:032x}-{parent_id:016x}-{flags:02x}")
    }
}

/// Lowercase digits alone (section 3.2.2).
fn hexadecimal(digits: &[u8]) -> Option<u128> {
    digits.iter().try_fold(0, |number: u128, digit| {
        let digit = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        Some(number << 4 | u128::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_traceparent_is_read_as_section_3_2_says() {
        let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let trace = Trace::parse(good.as_bytes()).unwrap();
        assert_eq!(trace.to_string(), good);
        assert_eq!(trace.trace_id(), "0af7651916cd43dd8448eb211c80319c");
        let rows = [
            (
                "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                true,
            ),
            (
                "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
                true,
            ),
            (
                "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01more",
                false,
            ),
            (
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
                false,
            ),
            (
                "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                false,
            ),
            (
                "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                false,
            ),
            (
                "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                false,
            ),
            (
                "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                false,
            ),
            (
                "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                false,
            ),
            (
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0",
                false,
            ),
            (
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0g",
                false,
            ),
            ("", false),
        ];
        for (value, is_right) in rows {
            assert_eq!(
                Trace::parse(value.as_bytes()).is_some(),
                is_right,
                "{value}"
            );
        }
        let twice = [good.as_bytes(), good.as_bytes()];
        assert_eq!(Said::of(twice.into_iter()), Said::Wrong);
        assert_eq!(Said::of([].into_iter()), Said::Nothing);
    }
}
