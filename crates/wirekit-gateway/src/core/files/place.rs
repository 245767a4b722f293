use std::path::{Path, PathBuf};

use crate::config::Static;

/// Where a path leads below a location's root.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// A file, relative to the root.
    File(PathBuf),
    /// A folder, relative to the root, in which the index is looked for.
    Folder(PathBuf),
}

/// Where a path in its normal form leads; none where it must not be looked for: a name with a dot in front is no file of a
/// site, but for `/.well-known/` (RFC 8615), which is there to be read.
///
/// Neither `..` nor an empty segment is left in a normal form. What the file system makes of the result, such as symbolic
/// links, is the opener's to bound.
pub fn place(files: &Static, location: &str, path: &[u8]) -> Option<Place> {
    let path = core::str::from_utf8(path).ok()?;
    let below = if files.alias {
        path.strip_prefix(location)?
    } else {
        path
    };
    let below = below.strip_prefix('/').unwrap_or(below);
    let segments = |path| str::as_bytes(path).split(|byte| *byte == b'/');
    let hidden = |segment: &[u8]| segment.starts_with(b".");
    let is_well_known = |path: &str| path.starts_with("/.well-known/");
    match segments(path).skip(1).position(hidden) {
        None => {}
        Some(0) if is_well_known(path) && !segments(path).skip(2).any(hidden) => {}
        Some(_) => return None,
    }
    // A segment that only looks harmless to the one who wrote the normal form is none of a file's.
    let is_plain = !below.starts_with('/')
        && !segments(below).any(|segment| matches!(segment, b"." | b".."))
        && !below.as_bytes().contains(&0);
    if !is_plain {
        return None;
    }
    let relative = Path::new(below);
    if below.is_empty() && !path.ends_with('/') {
        // An exact alias: the root itself would be the file, and it is a folder.
        return None;
    }
    Some(if path.ends_with('/') {
        Place::Folder(relative.to_owned())
    } else {
        Place::File(relative.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Action, Config};

    fn files(alias: bool) -> Static {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().display();
        let text = format!(
            "[[site]]\n[[site.location]]\npath = '/static/'\nroot = '{root}'\nalias = {alias}\n"
        );
        let config = Config::parse(&text, Path::new("gateway.toml")).unwrap();
        match config.sites[0].locations[0].action.clone() {
            Action::Static(files) => files,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_path_leads_below_the_root() {
        let file = |path: &str| Some(Place::File(PathBuf::from(path)));
        let folder = |path: &str| Some(Place::Folder(PathBuf::from(path)));
        let rows = [
            ("/static/a.css", false, file("static/a.css")),
            ("/static/a.css", true, file("a.css")),
            ("/static/b/a.css", true, file("b/a.css")),
            ("/static/", false, folder("static/")),
            ("/static/", true, folder("")),
            ("/static/b/", true, folder("b/")),
            ("/static/a b", true, file("a b")),
            ("/static/a\\b", true, file("a\\b")),
            // Hidden files, and the one folder that is meant to be read.
            ("/static/.git/config", true, None),
            ("/static/.env", true, None),
            ("/static/b/.htaccess", true, None),
            (
                "/.well-known/acme-challenge/x",
                false,
                file(".well-known/acme-challenge/x"),
            ),
            ("/.well-known/.git", false, None),
            ("/.well-known", false, None),
            ("/static/.well-known/x", true, None),
            ("/static/a..b", true, file("a..b")),
            // What no normal form has.
            ("/static/../a", true, None),
            ("/static/./a", true, None),
        ];
        for (path, alias, expected) in rows {
            assert_eq!(
                place(&files(alias), "/static/", path.as_bytes()),
                expected,
                "{path} {alias}"
            );
        }
        assert_eq!(place(&files(false), "/static/", b"/static/\xff"), None);
        assert_eq!(place(&files(true), "/static/", b"/static/a\0b"), None);
    }
}
