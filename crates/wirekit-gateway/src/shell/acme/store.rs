use std::fs::{self, DirBuilder};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

use instant_acme::AccountCredentials;
use tempfile::NamedTempFile;

use crate::config::Authority;
use crate::shell::tls::Loaded;

/// The folder of an authority, of mode 0700: the account, certificates and keys, each of mode 0600.
pub(in crate::shell) struct Store {
    folder: PathBuf,
}

impl Store {
    /// Nothing is made yet. Each directory has a folder of its own: what a staging server gives is for no browser.
    pub(in crate::shell) fn new(authority: &Authority) -> Self {
        let name = authority.directory.split("://").last().unwrap_or_default();
        let name: String = name
            .chars()
            .map(|letter| match letter {
                'a'..='z' | 'A'..='Z' | '0'..='9' | '.' => letter,
                _ => '-',
            })
            .collect();
        Self {
            folder: authority.storage.join(name.trim_matches('.')),
        }
    }

    /// A certificate that was stored, if it can be used.
    pub(in crate::shell) fn load(&self, name: &str) -> Option<Loaded> {
        let [chain, key] = self.files(name);
        Loaded::read(&chain, &key).ok()
    }

    /// Where the chain and the key of a certificate are, once it was ordered.
    pub(in crate::shell) fn files(&self, name: &str) -> [PathBuf; 2] {
        ["pem", "key"].map(|end| self.path(name, end))
    }

    /// Stores a certificate: it is the one from now on.
    pub(super) fn save(&self, name: &str, chain: &str, key: &str) -> io::Result<Loaded> {
        // Between the two renames they do not fit, and are ordered anew if the program ends there.
        self.write(self.path(name, "key"), key.as_bytes())?;
        self.write(self.path(name, "pem"), chain.as_bytes())?;
        Loaded::read(&self.path(name, "pem"), &self.path(name, "key"))
            .map_err(|fault| io::Error::other(fault.to_string()))
    }

    pub(super) fn account(&self) -> Option<AccountCredentials> {
        let text = fs::read(self.path("account", "json")).ok()?;
        serde_json::from_slice(&text).ok()
    }

    pub(super) fn save_account(&self, account: &AccountCredentials) -> io::Result<()> {
        let text = serde_json::to_vec_pretty(account)?;
        self.write(self.path("account", "json"), &text)
    }

    /// Names of the configuration are no paths.
    fn path(&self, name: &str, end: &str) -> PathBuf {
        let name: String = name
            .chars()
            .map(|letter| if letter == '/' { '-' } else { letter })
            .collect();
        self.folder.join(format!("{name}.{end}"))
    }

    fn write(&self, path: PathBuf, bytes: &[u8]) -> io::Result<()> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.folder)?;
        // A file of this kind has mode 0600, and another name until all of it is on the disk.
        let mut file = NamedTempFile::new_in(&self.folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    }
}
