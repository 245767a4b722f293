//! Certificates by ACME.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::authority::Authority;
use crate::gateway::Gateway;
use crate::program::{PATIENCE, Program, free_address, output};
/// Let's Encrypt's own small authority, which believes that every name is at 127.0.0.1.
#[test]
fn an_authority_gives_certificates_for_names_that_are_ours() {
    let folder = TempDir::new().expect("a folder");
    let authority = Authority::new(folder.path());
    authority.issue("pebble", &["localhost"]);
    let [directory, management, dns, control, tls] = [(); 5].map(|()| free_address());
    let plain = free_address();
    let settings = serde_json::json!({"pebble": {
        "listenAddress": directory.to_string(),
        "managementListenAddress": management.to_string(),
        "certificate": "pebble.pem",
        "privateKey": "pebble.key",
        "httpPort": plain.port(),
        "tlsPort": tls.port(),
    }});
    fs::write(folder.path().join("pebble.json"), settings.to_string()).expect("a file");
    let names = Command::new("pebble-challtestsrv")
        .args(["-defaultIPv4", "127.0.0.1", "-defaultIPv6", ""])
        .args([
            "-dns01",
            &dns.to_string(),
            "-management",
            &control.to_string(),
        ])
        .args(["-http01", "", "-https01", "", "-tlsalpn01", ""])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let _names = Program::new(names.expect("the command pebble-challtestsrv"), control);
    let mut pebble = Command::new("pebble");
    pebble
        .args(["-config", "pebble.json", "-dnsserver", &dns.to_string()])
        .env("PEBBLE_VA_NOSLEEP", "1")
        .env("PEBBLE_WFE_NONCEREJECT", "20")
        .stderr(Stdio::null())
        .current_dir(folder.path());
    let _pebble = Program::that_listens(&mut pebble, directory);
    let acme = |name: &str, challenge: &str| {
        format!(
            "[acme.{name}]\ndirectory = 'https://localhost:{}/dir'\nca = 'ca.pem'\nstorage = '{name}'\nchallenge = '{challenge}'\n",
            directory.port()
        )
    };
    let gateway = Gateway::start_in(
        folder,
        &format!(
            "[[listen]]\naddress = '{plain}'\n[[listen]]\naddress = '{tls}'\ntls = ['a', 'b']\n\
             [certificate.a]\nnames = ['a.example', 'b.example']\nacme = 'http'\n\
             [certificate.b]\nnames = ['c.example']\nacme = 'alpn'\n{}{}\
             [[site]]\nredirect_https = true\n[[site.location]]\npath = '/'\nroot = '.'\n",
            acme("http", "http-01"),
            acme("alpn", "tls-alpn-01"),
        ),
    );
    let url = format!("https://localhost:{}/roots/0", management.port());
    let ca = gateway.folder().join("ca.pem").display().to_string();
    let root = output("curl", &["-sS", "--cacert", &ca, &url]);
    let roots = gateway.folder().join("roots.pem");
    fs::write(&roots, root).expect("a file");
    for host in ["a.example", "b.example", "c.example"] {
        let url = format!("https://{host}:{}/pebble.json", tls.port());
        let leads = format!("{host}:{}:127.0.0.1", tls.port());
        let patience = PATIENCE.as_secs().to_string();
        // No certificate is there before the authority has asked.
        let status = output(
            "curl",
            &[
                "-s",
                "-o",
                "/dev/null",
                "-w",
                "%{http_code}",
                "--cacert",
                &roots.display().to_string(),
                "--resolve",
                &leads,
                "--retry-all-errors",
                "--retry",
                "1000",
                "--retry-delay",
                "1",
                "--retry-max-time",
                &patience,
                &url,
            ],
        );
        assert!(
            status.ends_with(b"200"),
            "{host}: {}",
            String::from_utf8_lossy(&status)
        );
    }
    for name in ["http", "alpn"] {
        let folder = gateway.folder().join(name);
        assert_eq!(mode(&folder), 0o700);
        let folder = fs::read_dir(folder)
            .expect("a folder")
            .next()
            .expect("a directory's");
        let folder = folder.expect("a folder").path();
        let files = fs::read_dir(folder).expect("a folder");
        let modes: Vec<u32> = files
            .map(|file| mode(&file.expect("a file").path()))
            .collect();
        assert_eq!(modes, [0o600; 3]);
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path)
        .expect("it is there")
        .permissions()
        .mode()
        & 0o777
}
