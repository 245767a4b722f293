//! Certificates, made by the command openssl.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

/// An authority in `ca.pem`, and a certificate of it for each name, with its key.
pub(super) struct Authority<'f> {
    pub(super) folder: &'f Path,
}

impl<'f> Authority<'f> {
    pub(super) fn new(folder: &'f Path) -> Self {
        let authority = Self { folder };
        let key = key("ca");
        authority.openssl(
            &[
                &["req", "-x509", "-days", "90", "-out", "ca.pem"],
                &as_text(&key)[..],
            ]
            .concat(),
        );
        authority
    }

    pub(super) fn issue(&self, name: &str, names: &[&str]) {
        let [request, chain, extensions] = ["csr", "pem", "ext"].map(|end| format!("{name}.{end}"));
        self.openssl(&[&["req", "-out", &request], &as_text(&key(name))[..]].concat());
        let names: Vec<String> = names.iter().map(|name| format!("DNS:{name}")).collect();
        let names = format!("subjectAltName={}", names.join(","));
        fs::write(self.folder.join(&extensions), names).expect("a file");
        let by = [
            "-CA",
            "ca.pem",
            "-CAkey",
            "ca.key",
            "-CAcreateserial",
            "-days",
            "90",
        ];
        let of = [
            "x509",
            "-req",
            "-in",
            &request,
            "-out",
            &chain,
            "-extfile",
            &extensions,
        ];
        self.openssl(&[&of[..], &by].concat());
        let mode = fs::Permissions::from_mode(0o600);
        fs::set_permissions(self.folder.join(format!("{name}.key")), mode).expect("a key");
    }

    pub(super) fn openssl(&self, arguments: &[&str]) {
        let mut command = Command::new("openssl");
        let made = command.args(arguments).current_dir(self.folder).output();
        let made = made.expect("the command openssl");
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
    }
}

/// A new key on P-256 for a certificate of that name.
fn key(name: &str) -> Vec<String> {
    let words = format!(
        "-nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -keyout {name}.key -subj /CN={name}"
    );
    words.split(' ').map(str::to_owned).collect()
}

fn as_text(words: &[String]) -> Vec<&str> {
    words.iter().map(String::as_str).collect()
}
