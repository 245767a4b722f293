//! What is found before anything is served.

use std::os::unix::fs::PermissionsExt;

use super::*;

/// Each configuration of the README is one that starts.
#[test]
fn the_readme_has_configurations_that_are_right() {
    let readme = include_str!("../../README.md");
    let blocks = readme.split("```toml\n").skip(1);
    let examples: Vec<&str> = blocks.filter_map(|rest| rest.split("```").next()).collect();
    assert!(examples.len() >= 4);
    for example in examples {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("gateway.toml"), example).unwrap();
        let token = folder.path().join("control.token");
        fs::write(&token, "secret").unwrap();
        fs::set_permissions(&token, fs::Permissions::from_mode(0o600)).unwrap();
        for name in ["shop", "default", "staff", "ca"] {
            let names = ["shop.example", "*.shop.example"].map(str::to_owned);
            let made = rcgen::generate_simple_self_signed(names).unwrap();
            let key = folder.path().join(format!("{name}.key"));
            fs::write(folder.path().join(format!("{name}.pem")), made.cert.pem()).unwrap();
            fs::write(&key, made.signing_key.serialize_pem()).unwrap();
            fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        }
        let output = Command::new(PROGRAM)
            .args(["--check", "--config", "gateway.toml"])
            .current_dir(folder.path())
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{example}: {text}");
    }
}

#[test]
fn check_and_explain_bind_nothing() {
    let right = "[[listen]]\naddress = '127.0.0.1:1'\n[[site]]\n[[site.location]]\npath = '/'\nroot = '.'\n";
    assert_eq!(check(&["--check"], right).status.code(), Some(0));
    let output = check(&["--check"], "workers = 0\n");
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(
        text.starts_with("gateway.toml:1:1: site: is missing"),
        "{text}"
    );
    assert!(
        text.contains("gateway.toml:1:11: workers: 0 is wrong; allowed is at least 1\n"),
        "{text}"
    );
    let output = check(&["explain", "-H", "Host: a", "GET", "/.env"], right);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("\"status\":404,\"reason\":\"not_found\""),
        "{text}"
    );
    assert_eq!(check(&["--nothing"], right).status.code(), Some(2));
}

#[test]
fn an_address_that_another_gateway_has_is_no_start() {
    let text = "workers = 2\n[[listen]]\naddress = 'ADDRESS'\n[log]\naccess = ''\n[[site]]\n[[site.location]]\npath = '/'\nroot = '.'\n";
    let gateway = Gateway::start(text);
    let output = check(&[], &text.replace("ADDRESS", &gateway.address));
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(
        text.starts_with(&format!("{}: ", gateway.address)),
        "{text}"
    );
}
