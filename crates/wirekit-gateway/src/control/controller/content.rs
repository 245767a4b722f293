//! What a request carries: JSON, read by the rules of a configuration.

use serde_json::{Map, Value};
use wirekit::http::accept::MediaType;

use super::query::step;
use super::request::{JSON, Request};
use crate::config;
use crate::control::view::problem::Member;
use crate::control::view::{Fault, Problem};

/// RFC 7396.
pub(crate) const MERGE_PATCH: &str = "application/merge-patch+json";

/// A type that names the version, without it the same.
const VERSIONED: &str = "application/vnd.wirekit.v1+json";

/// What a configuration is written in.
pub(crate) const TOML: &str = "application/toml";

/// The content is of one of these types; JSON may name its version.
///
/// # Errors
///
/// [`Fault::UnsupportedMediaType`].
pub(crate) fn check_type(request: &Request, allowed: &[&str]) -> Result<(), Problem> {
    let mut lines = request.lines("content-type");
    let given = match (lines.next(), lines.next()) {
        (Some(line), None) => MediaType::parse(line).ok(),
        _ => None,
    };
    let is = |name: &str| {
        given.is_some_and(|given| {
            let (type_name, subtype) = name.split_once('/').unwrap_or((name, ""));
            given.type_name.eq_ignore_ascii_case(type_name)
                && given.subtype.eq_ignore_ascii_case(subtype)
        })
    };
    if allowed.iter().any(|name| is(name)) || (allowed.contains(&JSON) && is(VERSIONED)) {
        return Ok(());
    }
    let names = allowed.join(", ");
    let problem = Problem::new(Fault::UnsupportedMediaType, format!("allowed is {names}"));
    let field = if request.method == "PATCH" {
        "Accept-Patch"
    } else {
        "Accept"
    };
    Err(problem.with_field(field, names))
}

/// The content as JSON.
///
/// # Errors
///
/// [`Fault::Invalid`].
pub(crate) fn json(request: &Request) -> Result<Value, Problem> {
    serde_json::from_slice(&request.content)
        .map_err(|error| Problem::new(Fault::Invalid, format!("the content is no JSON: {error}")))
}

/// The content as an object.
///
/// # Errors
///
/// [`Fault::Invalid`].
pub(crate) fn object(value: Value) -> Result<Map<String, Value>, Problem> {
    match value {
        Value::Object(object) => Ok(object),
        _ => Err(wrong([member("", "is no object")])),
    }
}

/// Members that are wrong.
pub(crate) fn wrong(members: impl IntoIterator<Item = Member>) -> Problem {
    let problem = Problem::new(Fault::Invalid, "members of the content are wrong");
    problem.with_members(members)
}

/// A member that is wrong.
pub(crate) fn member(pointer: impl Into<String>, detail: impl Into<String>) -> Member {
    Member {
        pointer: pointer.into(),
        detail: detail.into(),
        place: None,
    }
}

/// What `target` is once it was patched (RFC 7396 section 2).
pub(crate) fn merge(target: Value, patch: Value) -> Value {
    let Value::Object(patch) = patch else {
        return patch;
    };
    let mut target = match target {
        Value::Object(target) => target,
        _ => Map::new(),
    };
    for (name, value) in patch {
        if value.is_null() {
            target.remove(&name);
        } else {
            let member = target.get_mut(&name).map(Value::take);
            target.insert(name, merge(member.unwrap_or_default(), value));
        }
    }
    target.into()
}

/// Takes out a member that says what the path says already.
///
/// # Errors
///
/// [`Fault::Invalid`] where it says another.
pub(crate) fn take_name(
    object: &mut Map<String, Value>,
    key: &str,
    name: &str,
) -> Result<(), Problem> {
    match object.remove(key) {
        None => Ok(()),
        Some(Value::String(given)) if given == name => Ok(()),
        Some(_) => Err(wrong([member(
            step(key),
            format!("is not the one of the path; allowed is {name:?}, or none"),
        )])),
    }
}

/// An object as a configuration would have it. What JSON has and a configuration has not is wrong.
///
/// # Errors
///
/// [`Fault::Invalid`].
pub(crate) fn toml(object: &Map<String, Value>) -> Result<String, Problem> {
    let (mut text, mut members) = (String::new(), Vec::new());
    for (name, value) in object {
        quote(name, &mut text);
        text.push('=');
        write(value, &step(name), &mut text, &mut members);
        text.push('\n');
    }
    match members.is_empty() {
        true => Ok(text),
        false => Err(wrong(members)),
    }
}

fn write(value: &Value, pointer: &str, text: &mut String, members: &mut Vec<Member>) {
    match value {
        Value::Null => members.push(member(pointer, "null is wrong; leave it out")),
        // To JSON 1.0 is a whole number too.
        Value::Number(number) => {
            let number = number.to_string();
            *text += number.strip_suffix(".0").unwrap_or(&number);
        }
        Value::Bool(_) => *text += &value.to_string(),
        Value::String(string) => quote(string, text),
        Value::Array(array) => {
            text.push('[');
            for (at, value) in array.iter().enumerate() {
                write(value, &format!("{pointer}/{at}"), text, members);
                text.push(',');
            }
            text.push(']');
        }
        Value::Object(object) => {
            text.push('{');
            for (at, (name, value)) in object.iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                quote(name, text);
                text.push('=');
                write(value, &format!("{pointer}{}", step(name)), text, members);
            }
            text.push('}');
        }
    }
}

fn quote(string: &str, text: &mut String) {
    use core::fmt::Write;

    text.push('"');
    for letter in string.chars() {
        match letter {
            '"' | '\\' => text.extend(['\\', letter]),
            letter if letter.is_control() => {
                let _ = write!(text, "\\u{:04X}", u32::from(letter));
            }
            letter => text.push(letter),
        }
    }
    text.push('"');
}

/// What a configuration's rules say of the content.
pub(crate) fn mistakes(problems: Vec<config::Problem>) -> Problem {
    let problems = problems.into_iter();
    wrong(problems.map(|problem| member(pointer(&problem.key, "servers"), problem.text)))
}

/// `server[0].address` as a pointer, with `servers` for the first name where JSON calls it so.
pub(crate) fn pointer(key: &str, servers: &str) -> String {
    let mut pointer = String::new();
    for (at, name) in key.split('.').enumerate() {
        let (name, index) = match name.split_once('[') {
            Some((name, index)) => (name, Some(index.trim_end_matches(']'))),
            None => (name, None),
        };
        let name = if at == 0 && name == "server" && !servers.is_empty() {
            servers
        } else {
            name
        };
        if !name.is_empty() {
            pointer += &step(name);
        }
        if let Some(index) = index {
            pointer += &step(index);
        }
    }
    pointer
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// RFC 7396 appendix A.
    #[test]
    fn a_merge_patch_does_what_its_rfc_shows() {
        let rows = [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (
                json!({"a": "b"}),
                json!({"b": "c"}),
                json!({"a": "b", "b": "c"}),
            ),
            (json!({"a": "b"}), json!({"a": null}), json!({})),
            (
                json!({"a": "b", "b": "c"}),
                json!({"a": null}),
                json!({"b": "c"}),
            ),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "c"}), json!({"a": ["b"]}), json!({"a": ["b"]})),
            (
                json!({"a": {"b": "c"}}),
                json!({"a": {"b": "d", "c": null}}),
                json!({"a": {"b": "d"}}),
            ),
            (
                json!({"a": [{"b": "c"}]}),
                json!({"a": [1]}),
                json!({"a": [1]}),
            ),
            (json!(["a", "b"]), json!(["c", "d"]), json!(["c", "d"])),
            (json!({"a": "b"}), json!(["c"]), json!(["c"])),
            (json!({"a": "foo"}), json!(null), json!(null)),
            (json!({"a": "foo"}), json!("bar"), json!("bar")),
            (
                json!({"e": null}),
                json!({"a": 1}),
                json!({"e": null, "a": 1}),
            ),
            (
                json!([1, 2]),
                json!({"a": "b", "c": null}),
                json!({"a": "b"}),
            ),
            (
                json!({}),
                json!({"a": {"bb": {"ccc": null}}}),
                json!({"a": {"bb": {}}}),
            ),
        ];
        for (target, patch, expected) in rows {
            assert_eq!(
                merge(target.clone(), patch.clone()),
                expected,
                "{target} {patch}"
            );
        }
    }

    #[test]
    fn a_key_is_a_pointer() {
        let rows = [
            ("", ""),
            ("weight", "/weight"),
            ("server[1].address", "/servers/1/address"),
            ("server", "/servers"),
            ("affinity.cookie", "/affinity/cookie"),
            ("a/b~c", "/a~1b~0c"),
        ];
        for (key, expected) in rows {
            assert_eq!(pointer(key, "servers"), expected, "{key}");
        }
    }

    #[test]
    fn what_is_json_is_the_same_in_toml() {
        let text = "a\"b\\c\nd\u{7f}\u{1}é\u{85}";
        let Value::Object(object) = json!({"a b": text, "n": [1, -2, {"x": true}], "o": {"p": {}}})
        else {
            panic!()
        };
        let written = super::toml(&object).unwrap();
        let table = toml::de::DeTable::parse(&written).unwrap();
        assert_eq!(table.get_ref()["a b"].get_ref().as_str(), Some(text));
        let Value::Object(object) = json!({"a": 706_831.0}) else {
            panic!()
        };
        assert_eq!(super::toml(&object).unwrap(), "\"a\"=706831\n");
        let problem =
            super::toml(&Map::from_iter([("a".to_owned(), json!([{"b": null}]))])).unwrap_err();
        assert_eq!(problem.members[0].pointer, "/a/0/b");
    }
}
