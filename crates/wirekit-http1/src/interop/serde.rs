//! Serialization by `serde`: the registries and the configuration both ways, the views one way.
//!
//! Text stays text; a byte string that is not UTF-8 (a field value, a reason phrase) is serialized as bytes.

use core::fmt;

use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeSeq, SerializeStruct, Serializer};

use crate::config::{Limits, Quirks};
use crate::error::{Error, ErrorKind};
use crate::field::{Field, Fields};
use crate::framing::{BodyLength, Framing};
use crate::registry::{Method, StatusCode};
use crate::request::RequestHead;
use crate::response::ResponseHead;
use crate::target::TargetForm;
use crate::version::Version;

/// Bytes as text where they are text.
struct Text<'a>(&'a [u8]);

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match core::str::from_utf8(self.0) {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => serializer.serialize_bytes(self.0),
        }
    }
}

/// Types with an `as_str`.
macro_rules! serialize_as_str {
    ($($type:ty),*) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str((*self).as_str())
            }
        }
    )*};
}

serialize_as_str!(Method<'_>, Version, TargetForm, ErrorKind);

impl<'de> Deserialize<'de> for Method<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = <&str>::deserialize(deserializer)?;
        Method::new(name.as_bytes()).ok_or_else(|| de::Error::custom("a method is a token"))
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Expected;
        impl Visitor<'_> for Expected {
            type Value = Version;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("HTTP/1.0 or HTTP/1.1")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Version, E> {
                match text {
                    "HTTP/1.0" => Ok(Version::HTTP_10),
                    "HTTP/1.1" => Ok(Version::HTTP_11),
                    _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
                }
            }
        }
        deserializer.deserialize_str(Expected)
    }
}

impl Serialize for StatusCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(self.0)
    }
}

impl<'de> Deserialize<'de> for StatusCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = u16::deserialize(deserializer)?;
        match code {
            100..=999 => Ok(Self(code)),
            _ => Err(de::Error::custom("a status code has three digits")),
        }
    }
}

impl Serialize for Field<'_> {
    /// A pair of name and value.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (Text(self.name), Text(self.value)).serialize(serializer)
    }
}

impl Serialize for Fields<'_> {
    /// A sequence of pairs: order, case and repetition are kept.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl Serialize for RequestHead<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut head = serializer.serialize_struct("RequestHead", 4)?;
        head.serialize_field("method", &self.method())?;
        head.serialize_field("target", self.target())?;
        head.serialize_field("version", &self.version())?;
        head.serialize_field("fields", &self.fields())?;
        head.end()
    }
}

impl Serialize for ResponseHead<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut head = serializer.serialize_struct("ResponseHead", 4)?;
        head.serialize_field("version", &self.version())?;
        head.serialize_field("status", &self.status())?;
        head.serialize_field("reason", &Text(self.reason()))?;
        head.serialize_field("fields", &self.fields())?;
        head.end()
    }
}

impl Serialize for Framing {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut framing = serializer.serialize_struct("Framing", 5)?;
        framing.serialize_field("body", &self.body())?;
        framing.serialize_field("content_length", &self.content_length())?;
        framing.serialize_field("keep_alive", &self.keep_alive())?;
        framing.serialize_field("upgrade", &self.upgrade())?;
        framing.serialize_field("expect_continue", &self.expect_continue())?;
        framing.end()
    }
}

impl Serialize for BodyLength {
    /// `"none"`, `"length"`, `"chunked"` or `"until_close"`; [`Framing`] has the number.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Serialize for Error {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut error = serializer.serialize_struct("Error", 4)?;
        error.serialize_field("kind", &self.kind())?;
        error.serialize_field("offset", &self.offset())?;
        error.serialize_field("spec", self.kind().spec())?;
        error.serialize_field("status", &self.kind().status())?;
        error.end()
    }
}

impl Serialize for Quirks {
    /// The names of the quirks in the set.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut names = serializer.serialize_seq(None)?;
        for (name, quirk) in Self::NAMED {
            if self.contains(*quirk) {
                names.serialize_element(name)?;
            }
        }
        names.end()
    }
}

impl<'de> Deserialize<'de> for Quirks {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Expected;
        impl<'de> Visitor<'de> for Expected {
            type Value = Quirks;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of quirks' names")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut names: A) -> Result<Quirks, A::Error> {
                let mut quirks = Quirks::NONE;
                while let Some(Named(quirk)) = names.next_element()? {
                    quirks = quirks.union(quirk);
                }
                Ok(quirks)
            }
        }
        deserializer.deserialize_seq(Expected)
    }
}

/// One quirk by its name.
struct Named(Quirks);

impl<'de> Deserialize<'de> for Named {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Expected;
        impl Visitor<'_> for Expected {
            type Value = Named;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a quirk's name")
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<Named, E> {
                Quirks::from_name(name)
                    .map(Named)
                    .ok_or_else(|| E::invalid_value(de::Unexpected::Str(name), &self))
            }
        }
        deserializer.deserialize_str(Expected)
    }
}

/// The limits as a table of numbers; one that is not named keeps its default.
macro_rules! limits {
    ($($name:ident),*) => {
        impl Serialize for Limits {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                const NAMES: &[&str] = &[$(stringify!($name)),*];
                let mut limits = serializer.serialize_struct("Limits", NAMES.len())?;
                $(limits.serialize_field(stringify!($name), &self.$name)?;)*
                limits.end()
            }
        }

        impl<'de> Deserialize<'de> for Limits {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                #[derive(serde::Deserialize)]
                #[serde(rename = "Limits", deny_unknown_fields)]
                struct Given {
                    $(#[serde(default)] $name: Option<usize>,)*
                }
                let given = Given::deserialize(deserializer)?;
                let mut limits = Limits::DEFAULT;
                $(limits.$name = given.$name.unwrap_or(limits.$name);)*
                Ok(limits)
            }
        }
    };
}

limits!(
    max_head_len,
    max_fields,
    max_target_len,
    max_chunk_extensions_len,
    max_trailers_len
);

#[cfg(test)]
mod tests {
    extern crate std;

    use crate::{FieldTable, Limits, Method, Quirks, RequestHead, StatusCode, Version};

    #[test]
    fn heads_are_objects() {
        let mut table = FieldTable::new();
        let wire = b"GET / HTTP/1.1\r\nHost: a\r\nX: caf\xe9\r\n\r\n";
        let (head, _) = RequestHead::parse(wire, &mut table).unwrap().unwrap();
        assert_eq!(
            serde_json::to_string(&head).unwrap(),
            r#"{"method":"GET","target":"/","version":"HTTP/1.1","fields":[["Host","a"],["X",[99,97,102,233]]]}"#
        );
        assert_eq!(
            serde_json::to_string(&head.framing(Quirks::NONE).unwrap()).unwrap(),
            r#"{"body":"none","content_length":null,"keep_alive":true,"upgrade":false,"expect_continue":false}"#
        );
    }

    #[test]
    fn configuration_comes_back() {
        let quirks = Quirks::BARE_LF.union(Quirks::MISSING_HOST);
        let text = serde_json::to_string(&quirks).unwrap();
        assert_eq!(text, r#"["bare_lf","missing_host"]"#);
        assert_eq!(serde_json::from_str::<Quirks>(&text).unwrap(), quirks);
        assert!(serde_json::from_str::<Quirks>(r#"["lenient"]"#).is_err());
        let limits: Limits = serde_json::from_str(r#"{"max_fields":7}"#).unwrap();
        assert_eq!(limits, Limits::DEFAULT.max_fields(7));
        let text = serde_json::to_string(&limits).unwrap();
        assert_eq!(serde_json::from_str::<Limits>(&text).unwrap(), limits);
        assert!(serde_json::from_str::<Limits>(r#"{"max_header":7}"#).is_err());
    }

    #[test]
    fn registries_come_back_and_refuse() {
        assert_eq!(
            serde_json::from_str::<Method<'_>>("\"BREW\"")
                .unwrap()
                .as_bytes(),
            b"BREW"
        );
        assert!(serde_json::from_str::<Method<'_>>("\"a b\"").is_err());
        assert_eq!(
            serde_json::from_str::<StatusCode>("404").unwrap(),
            StatusCode(404)
        );
        assert!(serde_json::from_str::<StatusCode>("99").is_err());
        for version in [Version::HTTP_10, Version::HTTP_11] {
            let text = serde_json::to_string(&version).unwrap();
            assert_eq!(serde_json::from_str::<Version>(&text).unwrap(), version);
        }
        assert!(serde_json::from_str::<Version>("\"HTTP/2.0\"").is_err());
    }

    #[test]
    fn a_refusal_says_what_is_expected() {
        let version = serde_json::from_str::<Version>("11").unwrap_err();
        let quirks = serde_json::from_str::<Quirks>("\"bare_lf\"").unwrap_err();
        let quirk = serde_json::from_str::<Quirks>("[\"lenient\"]").unwrap_err();
        for (error, expected) in [
            (version, "expected HTTP/1.0 or HTTP/1.1 "),
            (quirks, "expected a list of quirks' names "),
            (quirk, "expected a quirk's name "),
        ] {
            let error = std::string::ToString::to_string(&error);
            assert!(error.contains(expected), "{error}");
        }
    }
}
