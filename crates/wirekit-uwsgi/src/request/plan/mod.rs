use super::class::{Class, SeenNames, options};
use super::meta::Forwarded;
use super::prefix::check_own;
use super::{Body, Builder, MAX_FIELDS, Names, Uploads};
use crate::field::breaks_lines;
use crate::packet::{mangle, vars_len};
use crate::sink::Sink;
use crate::{EncodeError, MAX_BLOCK_LEN, Transport};

/// What each field becomes, and what the whole block takes: the first of two passes, which decides everything that
/// can fail.
pub(super) struct Plan {
    pub(super) size: usize,
    actions: [Action; MAX_FIELDS],
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Action {
    Skip,
    /// `CONTENT_TYPE`.
    ContentType,
    /// `HTTP_` and its name.
    Alone,
    /// The first of several, joined with `, `.
    List,
    /// The first of several, joined with `; `.
    Cookies,
}

impl Plan {
    pub(super) fn of(request: &Builder<'_>) -> Result<Self, EncodeError> {
        let Builder {
            prefix,
            meta,
            fields,
            names,
            peer,
            ..
        } = *request;
        meta.check()?;
        let has_body = meta.body != Body::Length(0);
        if has_body && matches!(peer.transport, Transport::Persistent) {
            return Err(EncodeError::BodyOnPersistent);
        }
        if matches!((meta.body, peer.uploads), (Body::Chunked, Uploads::Length)) {
            return Err(EncodeError::LengthRequired);
        }
        if fields.len() > MAX_FIELDS {
            return Err(EncodeError::TooManyFields {
                count: fields.len(),
                max: MAX_FIELDS,
            });
        }
        let mut size = prefix.as_bytes().len();
        let own = request.vars;
        for (at, var) in own.iter().enumerate() {
            check_own(var)?;
            let mut earlier = own.get(..at).unwrap_or_default().iter();
            if prefix.has(var.key) || earlier.any(|other| other.key == var.key) {
                return Err(EncodeError::ReservedKey);
            }
        }
        size = size.saturating_add(vars_len(own)?);
        let mut vars = prefix.count() + own.len();
        meta.each(&prefix, &mut |key, value| {
            size = size
                .saturating_add(4 + key.len())
                .saturating_add(value.len());
            vars += 1;
        });

        let mut actions = [Action::Skip; MAX_FIELDS];
        let mut seen = SeenNames::new();
        let options = options(fields)?;
        for (at, field) in fields.iter().enumerate() {
            if breaks_lines(field.value) {
                return Err(EncodeError::InvalidValue { field: at });
            }
            let class = Class::of(field);
            let first = match class {
                Class::Unsafe => None,
                _ => seen.first(field.name, fields.get(..at).unwrap_or_default()),
            };
            if first.is_some()
                && matches!(class, Class::Single | Class::ContentType | Class::Framing)
            {
                return Err(EncodeError::RepeatedField { field: at });
            }
            let action = match class {
                Class::Unsafe if matches!(names, Names::Refuse) => {
                    return Err(EncodeError::InvalidName { field: at });
                }
                Class::Unsafe
                | Class::Framing
                | Class::Connection
                | Class::Upgrade
                | Class::HopByHop => continue,
                Class::Forwarded if !matches!(meta.forwarded, Forwarded::Pass) => continue,
                _ if options
                    .as_ref()
                    .is_some_and(|options| !options.is_end_to_end(field.name)) =>
                {
                    continue;
                }
                Class::ContentType => Action::ContentType,
                Class::Cookie => Action::Cookies,
                Class::Ordinary | Class::Single | Class::Forwarded => Action::List,
            };
            let value = field.value.len();
            if let Some(earlier) = first.and_then(|first| actions.get_mut(first)) {
                *earlier = action;
                // Both separators have two bytes.
                size = size.saturating_add(2).saturating_add(value);
                continue;
            }
            let key = if action == Action::ContentType {
                "CONTENT_TYPE".len()
            } else {
                mangle::key_len(field.name)
            };
            size = size
                .saturating_add(4)
                .saturating_add(key)
                .saturating_add(value);
            vars += 1;
            if let Some(slot) = actions.get_mut(at) {
                *slot = if action == Action::ContentType {
                    action
                } else {
                    Action::Alone
                };
            }
        }
        if vars > peer.max_vars {
            return Err(EncodeError::TooManyVars {
                count: vars,
                max: peer.max_vars,
            });
        }
        let max = peer.max_size.min(MAX_BLOCK_LEN);
        if size > max {
            return Err(EncodeError::SizeTooLarge { size, max });
        }
        Ok(Self { size, actions })
    }

    pub(super) fn write(&self, request: &Builder<'_>, out: &mut impl Sink) {
        out.put(request.prefix.as_bytes());
        for var in request.vars {
            out.put_var(var.key, var.value);
        }
        request.meta.write(&request.prefix, out);
        for (at, (field, action)) in request.fields.iter().zip(&self.actions).enumerate() {
            let separator = match action {
                Action::Skip => continue,
                Action::ContentType => {
                    out.put_var(b"CONTENT_TYPE", field.value);
                    continue;
                }
                Action::Alone => {
                    out.put_name(field.name);
                    out.put_value(field.value);
                    continue;
                }
                Action::List => b", ",
                Action::Cookies => b"; ",
            };
            let same = request
                .fields
                .get(at..)
                .unwrap_or_default()
                .iter()
                .filter(|later| later.name.eq_ignore_ascii_case(field.name));
            out.put_name(field.name);
            out.put_len(
                same.clone()
                    .map(|field| field.value.len() + 2)
                    .sum::<usize>()
                    .saturating_sub(2),
            );
            for (number, field) in same.enumerate() {
                if number > 0 {
                    out.put(separator);
                }
                out.put(field.value);
            }
        }
    }
}

#[cfg(test)]
mod tests;
