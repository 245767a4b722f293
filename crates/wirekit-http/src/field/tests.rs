use super::*;
use std::format;

#[test]
fn every_name_is_found_in_any_case() {
    for &name in Name::ALL {
        let text = name.as_str();
        for spelling in [
            text.into(),
            text.to_ascii_lowercase(),
            text.to_ascii_uppercase(),
        ] {
            assert_eq!(Name::of(spelling.as_bytes()), Some(name), "{spelling}");
        }
        for other in [
            format!("{text}x"),
            format!("-{text}"),
            text.replace('-', "_"),
            text.replace('-', "\r"),
        ] {
            let known = Name::ALL
                .iter()
                .any(|name| name.as_str().eq_ignore_ascii_case(&other));
            assert_eq!(Name::of(other.as_bytes()).is_some(), known, "{other}");
        }
    }
    for (row, text) in Name::ALL.iter().map(|name| (*name, name.as_str())) {
        for at in 0..text.len() {
            for byte in 0..=u8::MAX {
                let mut other = text.as_bytes().to_vec();
                other[at] = byte;
                let is_same = other.eq_ignore_ascii_case(text.as_bytes());
                assert_eq!(
                    is_spelled(text.as_bytes(), &other),
                    is_same,
                    "{byte:#x} in {text}"
                );
                assert!(!is_same || Name::of(&other) == Some(row));
            }
        }
    }
    assert_eq!(Name::of(b""), None);
    assert_eq!(Name::of(&[b'a'; 300]), None);
}

#[test]
fn names_hardly_share_places() {
    let alone = Name::ALL
        .iter()
        .filter(|name| at_place(place(name.as_str().as_bytes()).unwrap()) == Some(**name))
        .count();
    assert!(
        alone * 8 >= Name::ALL.len() * 7,
        "{alone} of {}: other factors",
        Name::ALL.len()
    );
}

#[test]
fn no_field_has_both_one_value_and_a_list() {
    for name in Name::ALL {
        let shapes = [Classes::SINGLETON, Classes::LIST, Classes::UNJOINABLE];
        let count = shapes
            .iter()
            .filter(|shape| name.classes().contains(**shape))
            .count();
        assert!(count == 1 || (count == 0 && name.classes().contains(Classes::FORWARDED)));
    }
}

#[test]
fn classes_are_those_of_the_sections() {
    let all = |names: &[&str], class: Classes| {
        for name in names {
            assert!(
                Classes::of(name.as_bytes()).contains(class),
                "{name}: {class:?}"
            );
        }
    };
    // RFC 9110 section 7.6.1
    all(
        &[
            "Connection",
            "Proxy-Connection",
            "Keep-Alive",
            "TE",
            "Transfer-Encoding",
            "Upgrade",
        ],
        Classes::CONNECTION,
    );
    // Section 13.1
    all(
        &[
            "If-Match",
            "If-None-Match",
            "If-Modified-Since",
            "If-Unmodified-Since",
            "If-Range",
        ],
        Classes::PRECONDITION,
    );
    // Section 11.7, and what others have made of it
    all(
        &["Proxy-Authorization", "proxy-authenticate", "PROXY-Status"],
        Classes::PROXY,
    );
    all(&["X-Forwarded-Anything", "Forwarded"], Classes::FORWARDED);
    // Section 6.5.1, and 8.8.3 and 14.3: "MAY send the ETag field in a trailer section"
    for (name, is_refused) in [
        ("Content-Length", true),
        ("Host", true),
        ("Authorization", true),
        ("Range", true),
        ("Location", true),
        ("Content-Type", true),
        ("Connection", true),
        ("ETag", false),
        ("Accept-Ranges", false),
        ("Server-Timing", false),
    ] {
        let refused = Classes::of(name.as_bytes()).intersects(Classes::NOT_IN_TRAILERS);
        assert_eq!(refused, is_refused, "{name}");
    }
}

#[test]
fn classes_say_their_names() {
    assert_eq!(
        format!("{:?}", Classes::of(b"te")),
        "Classes(request_modifier|connection|list)"
    );
    assert!(!Name::CacheControl.is_connection_option() && Name::Te.is_connection_option());
}
