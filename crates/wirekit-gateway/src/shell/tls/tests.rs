use core::time::Duration;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::SystemTime;

use rcgen::{CertificateParams, DnType, KeyPair};
use tempfile::TempDir;

use super::{Tls, check};
use crate::config::Config;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Writes a certificate of its own authority, good from `since` to `until`.
fn write(folder: &Path, name: &str, names: &[&str], (since, until): (SystemTime, SystemTime)) {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    (params.not_before, params.not_after) = (since.into(), until.into());
    params.distinguished_name.push(DnType::CommonName, name);
    let key = KeyPair::generate().unwrap();
    let chain = params.self_signed(&key).unwrap();
    fs::write(folder.join(format!("{name}.pem")), chain.pem()).unwrap();
    let file = folder.join(format!("{name}.key"));
    fs::write(&file, key.serialize_pem()).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
}

fn config(folder: &TempDir, certificate: &str) -> Config {
    let text = format!(
        "[[listen]]\naddress = '127.0.0.1:443'\ntls = ['a']\n[certificate.a]\n{certificate}\n[[site]]\n[[site.location]]\npath = '/'\nroot = '.'\n"
    );
    Config::parse(&text, &folder.path().join("gateway.toml")).unwrap()
}

#[test]
fn what_clients_would_not_take_is_found() {
    let folder = TempDir::new().unwrap();
    let now = SystemTime::now();
    let good = (now - DAY, now + DAY * 90);
    write(folder.path(), "good", &["a.example", "*.b.example"], good);
    write(folder.path(), "other", &["a.example"], good);
    write(
        folder.path(),
        "old",
        &["a.example"],
        (now - DAY * 9, now - DAY),
    );
    write(
        folder.path(),
        "young",
        &["a.example"],
        (now + DAY, now + DAY * 9),
    );
    write(
        folder.path(),
        "soon",
        &["a.example"],
        (now - DAY, now + DAY * 13),
    );
    write(folder.path(), "open", &["a.example"], good);
    let open = folder.path().join("open.key");
    fs::set_permissions(&open, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(folder.path().join("text"), "text").unwrap();
    let both = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let torn = both("good.pem") + &both("other.pem");
    fs::write(folder.path().join("torn.pem"), torn).unwrap();
    #[rustfmt::skip]
    let rows = [
        // The certificate, whether the program starts, problems, warnings: each a place and a part of the text.
        ("chain = 'good.pem'\nkey = 'good.key'", true, "", ""),
        ("chain = 'good.pem'\nkey = 'good.key'\nnames = ['a.example', 'c.b.example', '*.b.example']", true, "", ""),
        ("chain = 'good.pem'\nkey = 'good.key'\nnames = ['b.example']", true, "7:9: certificate.a.names: \"b.example\" is not in the certificate", ""),
        ("chain = 'good.pem'\nkey = 'good.key'\nnames = ['d.c.b.example']", true, "7:9: certificate.a.names", ""),
        ("chain = 'good.pem'\nkey = 'other.key'", false, "6:7: certificate.a.key: {}/other.key: is not the key", ""),
        ("chain = 'old.pem'\nkey = 'old.key'", true, "5:9: certificate.a.chain: {}/old.pem: has expired on", ""),
        ("chain = 'young.pem'\nkey = 'young.key'", true, "5:9: certificate.a.chain: {}/young.pem: is not good before", ""),
        ("chain = 'soon.pem'\nkey = 'soon.key'", true, "", "5:9: certificate.a.chain: warning: {}/soon.pem: expires in 13 days"),
        ("chain = 'open.pem'\nkey = 'open.key'", false, "6:7: certificate.a.key: {}/open.key: has mode 0644", ""),
        ("chain = 'good.pem'\nkey = 'good.pem'", false, "6:7: certificate.a.key", ""),
        ("chain = 'good.key'\nkey = 'good.key'", false, "5:9: certificate.a.chain: {}/good.key: has no certificate", ""),
        ("chain = 'text'\nkey = 'good.key'", false, "5:9: certificate.a.chain: {}/text: has no certificate", ""),
        ("chain = 'torn.pem'\nkey = 'good.key'", false, "5:9: certificate.a.chain: {}/torn.pem: CN=", ""),
    ];
    for (certificate, starts, problem, warning) in rows {
        let config = config(&folder, certificate);
        let findings = check(&config, now);
        for (found, expected) in [(findings.problems, problem), (findings.warnings, warning)] {
            let found: Vec<String> = found.iter().map(ToString::to_string).collect();
            let base = folder.path().display().to_string();
            let expected = expected.replace("{}", &base);
            assert_eq!(
                found.len(),
                usize::from(!expected.is_empty()),
                "{certificate}: {found:?}"
            );
            assert!(
                found.iter().all(|found| found.contains(&expected)),
                "{certificate}: {found:?}"
            );
        }
        let loaded = Tls::load(&config, &Tls::default());
        assert_eq!(loaded.is_ok(), starts, "{certificate}: {loaded:?}");
    }
}

#[test]
fn what_was_ordered_before_is_looked_at_too() {
    let folder = TempDir::new().unwrap();
    let now = SystemTime::now();
    let good = (now - DAY, now + DAY * 90);
    let place = "5:8: certificate.a.acme: warning: {}/";
    #[rustfmt::skip]
    let rows = [
        // What is stored, from when to when it is good, and what is said of it.
        ("a.example", good, ""),
        ("a.example", (now - DAY, now + DAY * 13), "a.pem: expires in 13 days"),
        ("a.example", (now - DAY * 9, now - DAY), "a.pem: has expired on"),
        ("b.example", good, "5:8: certificate.a.acme: warning: \"a.example\" is not in the certificate"),
    ];
    let text = "acme = 'ca'\nnames = ['a.example']\n[acme.ca]\ndirectory = 'https://ca.example/dir'\nstorage = 'acme'";
    let config = config(&folder, text);
    let stored = folder.path().join("acme/ca.example-dir");
    assert_eq!(check(&config, now), super::Findings::default());
    fs::create_dir_all(&stored).unwrap();
    let place = place.replace("{}", &stored.display().to_string());
    for (name, time, expected) in rows {
        write(&stored, "a", &[name], time);
        let findings = check(&config, now);
        assert_eq!(findings.problems, [], "it starts all the same");
        let said: String = findings.warnings.iter().map(ToString::to_string).collect();
        let is_said = said.contains(expected) && said.is_empty() == expected.is_empty();
        let is_placed = said.is_empty() || said.contains("\"a.example\"") || said.contains(&place);
        assert!(is_said && is_placed, "{said}");
    }
    // The key of another one.
    write(folder.path(), "other", &["a.example"], good);
    fs::copy(folder.path().join("other.key"), stored.join("a.key")).unwrap();
    let said = check(&config, now).warnings[0].to_string();
    assert!(
        said.contains(&place) && said.contains("a.key: is not the key"),
        "{said}"
    );
}

#[test]
fn tickets_outlive_a_reload_where_the_same_clients_are_believed() {
    let folder = TempDir::new().unwrap();
    let now = SystemTime::now();
    write(folder.path(), "a", &["a.example"], (now - DAY, now + DAY));
    write(folder.path(), "ca", &["ca.example"], (now - DAY, now + DAY));
    let listeners = |more: &str| {
        let text = format!(
            "[[listen]]\naddress = '127.0.0.1:443'\ntls = ['a']\n[[listen]]\naddress = '127.0.0.1:444'\ntls = ['a']\n{more}\n[certificate.a]\nchain = 'a.pem'\nkey = 'a.key'\n[[site]]\n[[site.location]]\npath = '/'\nroot = '.'\n"
        );
        Config::parse(&text, &folder.path().join("gateway.toml")).unwrap()
    };
    let ticket = |tls: &Tls, port: u16| {
        let address = crate::config::Address::Tcp(([127, 0, 0, 1], port).into());
        let server = tls.server(&address).unwrap();
        std::sync::Arc::as_ptr(&server.ticketer).cast::<()>()
    };
    let first = Tls::load(&listeners(""), &Tls::default()).unwrap();
    assert_eq!(ticket(&first, 443), ticket(&first, 444));
    let second = Tls::load(&listeners("client_ca = 'ca.pem'"), &first).unwrap();
    assert_eq!(ticket(&first, 443), ticket(&second, 443));
    assert_ne!(ticket(&first, 444), ticket(&second, 444));
    let optional = "client_ca = 'ca.pem'\nclient_certificate = 'optional'";
    let third = Tls::load(&listeners(optional), &second).unwrap();
    assert_ne!(ticket(&second, 444), ticket(&third, 444));
    assert_eq!(ticket(&second, 443), ticket(&third, 443));
}
