//! Random values for fuzzing: every one is what its type allows, so that encoding it is the thing under test.

use arbitrary::{Arbitrary, Result, Unstructured};

use crate::config::{Limits, Quirks};
use crate::field::Field;
use crate::framing::BodyLength;
use crate::registry::{Method, StatusCode};
use crate::target::TargetForm;
use crate::version::Version;

impl<'a> Arbitrary<'a> for Method<'a> {
    /// A registered method, or else any token of the bytes.
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let registered = *u.choose(Method::REGISTERED)?;
        if u.arbitrary()? {
            return Ok(registered);
        }
        Ok(Method::new(u.arbitrary()?).unwrap_or(registered))
    }
}

impl<'a> Arbitrary<'a> for Field<'a> {
    /// Any bytes: most such fields cannot be encoded.
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(Self {
            name: u.arbitrary()?,
            value: u.arbitrary()?,
        })
    }
}

impl<'a> Arbitrary<'a> for StatusCode {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(Self(u.int_in_range(100..=999)?))
    }
}

impl<'a> Arbitrary<'a> for Version {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(*u.choose(&[Self::HTTP_10, Self::HTTP_11])?)
    }
}

impl<'a> Arbitrary<'a> for TargetForm {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(*u.choose(&[
            Self::Origin,
            Self::Absolute,
            Self::Authority,
            Self::Asterisk,
        ])?)
    }
}

impl<'a> Arbitrary<'a> for BodyLength {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let length = Self::Length(u.arbitrary()?);
        Ok(*u.choose(&[Self::None, length, Self::Chunked, Self::UntilClose])?)
    }
}

impl<'a> Arbitrary<'a> for Quirks {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let bits: u32 = u.arbitrary()?;
        let chosen = Self::NAMED
            .iter()
            .enumerate()
            .filter(|(index, _)| bits >> index & 1 == 1);
        Ok(chosen.fold(Self::NONE, |set, (_, &(_, quirk))| set.union(quirk)))
    }
}

impl<'a> Arbitrary<'a> for Limits {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let mut number = || u.int_in_range(0..=usize::from(u16::MAX));
        Ok(Self::DEFAULT
            .max_head_len(number()?)
            .max_fields(number()?)
            .max_target_len(number()?)
            .max_chunk_extensions_len(number()?)
            .max_trailers_len(number()?))
    }
}

#[cfg(test)]
mod tests {
    use arbitrary::{Arbitrary, Unstructured};

    use crate::{Method, Quirks};

    #[test]
    fn methods_are_tokens_and_quirks_are_known() {
        for seed in 0..=u8::MAX {
            let bytes = [seed; 64].map(|byte: u8| byte.wrapping_mul(31) ^ seed);
            let mut u = Unstructured::new(&bytes);
            let method = Method::arbitrary(&mut u).unwrap();
            assert!(Method::new(method.as_bytes()).is_some());
            let quirks = Quirks::arbitrary(&mut u).unwrap();
            let known = Quirks::NAMED
                .iter()
                .fold(Quirks::NONE, |all, (_, quirk)| all.union(*quirk));
            assert!(known.contains(quirks));
        }
    }
}
