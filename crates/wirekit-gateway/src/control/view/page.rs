//! The dashboard: one page that loads nothing else.

use std::sync::LazyLock;

use sha2::{Digest, Sha256};

const PAGE: &str = include_str!("../../../assets/dashboard/page.html");
const STYLE: &str = include_str!("../../../assets/dashboard/style.css");
const SCRIPT: &str = include_str!("../../../assets/dashboard/script.js");

/// The page, whole.
pub(crate) static DASHBOARD: LazyLock<String> = LazyLock::new(|| {
    PAGE.replace("/*style*/", STYLE)
        .replace("/*script*/", SCRIPT)
});

/// What it may do (Content Security Policy level 3): its own script and style, named by their digests, and requests to where it
/// came from. No text becomes markup or a script.
pub(crate) static POLICY: LazyLock<String> = LazyLock::new(|| {
    format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
        base64(&Sha256::digest(SCRIPT)),
        base64(&Sha256::digest(STYLE)),
    )
});

/// RFC 4648 section 4.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let number = chunk
            .iter()
            .fold(0, |number: u32, byte| number << 8 | u32::from(*byte));
        let number = number << (8 * (3 - chunk.len()));
        for at in 0..4 {
            let digit = usize::try_from(number >> (18 - 6 * at) & 63).ok();
            let digit = digit.and_then(|digit| DIGITS.get(digit)).copied();
            text.push(match (at <= chunk.len(), digit) {
                (true, Some(digit)) => char::from(digit),
                _ => '=',
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_rfc_4648_section_10() {
        let rows: [(&[u8], &str); 7] = [
            (b"", ""),
            (b"f", "Zg=="),
            (b"fo", "Zm8="),
            (b"foo", "Zm9v"),
            (b"foob", "Zm9vYg=="),
            (b"fooba", "Zm9vYmE="),
            (b"foobar", "Zm9vYmFy"),
        ];
        for (bytes, text) in rows {
            assert_eq!(base64(bytes), text);
        }
    }

    /// A handler in an attribute, or a style in one, would not work under the policy; text as markup is what it is there against.
    #[test]
    fn the_page_does_nothing_that_its_policy_forbids() {
        for forbidden in [
            " onclick=",
            " onload=",
            " style=",
            "src=\"http",
            "href=\"http",
        ] {
            assert!(!PAGE.contains(forbidden), "{forbidden}");
        }
        for forbidden in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
        ] {
            assert!(!SCRIPT.contains(forbidden), "{forbidden}");
        }
        assert!(DASHBOARD.contains(SCRIPT) && DASHBOARD.contains(STYLE));
        for (start, end, text) in [
            ("<script>", "</script>", SCRIPT),
            ("<style>", "</style>", STYLE),
        ] {
            assert!(
                DASHBOARD.contains(&format!("{start}{text}{end}")),
                "{start}"
            );
        }
    }
}
