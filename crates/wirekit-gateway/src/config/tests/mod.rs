use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::*;

/// A folder with the files that the rows name.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("www")).unwrap();
    for (name, mode) in [
        ("secret", 0o600),
        ("short", 0o600),
        ("open", 0o644),
        ("cert.pem", 0o644),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, "x".repeat(32)).unwrap();
        if name == "short" {
            fs::write(&path, "secret\n").unwrap();
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    }
    folder
}

fn problems(text: &str) -> Vec<String> {
    let folder = folder();
    let file = folder.path().join("gateway.toml");
    let prefix = format!("{}/", folder.path().display());
    match Config::parse(text, &file) {
        Ok(_) => Vec::new(),
        Err(problems) => problems
            .iter()
            .map(|problem| problem.to_string().replace(&prefix, ""))
            .collect(),
    }
}

/// A site and an upstream that have nothing wrong, for rows about other tables.
const REST: &str = "[[site]]\n[[site.location]]\npath = '/'\nroot = 'www'\n";

#[test]
fn what_is_wrong_is_named_with_its_place_and_what_is_allowed() {
    let rows: &[(&str, &str)] = &[
        (
            "worker = 2",
            "1:1: worker: is unknown; did you mean workers?",
        ),
        (
            "workers = 0",
            "1:11: workers: 0 is wrong; allowed is at least 1",
        ),
        (
            "workers = 'two'",
            "1:11: workers: \"two\" is wrong; allowed is a whole number from 0 to 65535",
        ),
        ("workers = -1", "1:11: workers: -1 is wrong"),
        (
            "shutdown_timeout = '30'",
            "1:20: shutdown_timeout: \"30\" is wrong; allowed is a whole number with ms, s, m, h or d",
        ),
        (
            "listen = 80",
            "1:10: listen: is not an array of tables; write [[listen]]",
        ),
        (
            "[[listen]]",
            "1:1: listen[0].address: is missing; allowed is an address with a port",
        ),
        (
            "[[listen]]\naddress = 'localhost:80'",
            "2:11: listen[0].address: \"localhost:80\" is wrong",
        ),
        (
            "[[listen]]\naddress = '[::]:80'\n[[listen]]\naddress = '[::]:80'",
            "4:11: listen[1].address: [::]:80 is there twice",
        ),
        (
            "[[listen]]\naddress = '[::]:80'\nproxy_protocol = true",
            "3:18: listen[0].proxy_protocol: closes every connection, as no peer is trusted; allowed beside [trust] proxies",
        ),
        (
            "[trust]\nproxies = ['unix:']\n[[listen]]\naddress = '[::]:80'\nproxy_protocol = true",
            "5:18: listen[0].proxy_protocol: closes every connection, as no peer is trusted",
        ),
        (
            "[trust]\nproxies = ['::/0']\n[[listen]]\naddress = 'unix:a'\nproxy_protocol = true",
            "5:18: listen[0].proxy_protocol: closes every connection, as no peer by a unix socket is trusted; allowed beside \"unix:\"",
        ),
        (
            "[[listen]]\naddress = '[::]:80'\ntls = ['a']",
            "3:7: listen[0].tls: there is no [certificate.a]; the file has none",
        ),
        (
            "[[listen]]\naddress = '[::]:80'\ntls = []",
            "3:7: listen[0].tls: names no certificate",
        ),
        (
            "[[listen]]\naddress = '[::]:80'\npassthrough = { '*' = 'db' }",
            "3:23: passthrough.*: there is no [upstream.db]",
        ),
        (
            "[certificate.a]\nchain = 'cert.pem'",
            "1:14: certificate.a.key: is missing; allowed is chain with key, or acme",
        ),
        (
            "[certificate.a]\nacme = 'none'",
            "2:8: certificate.a.acme: there is no [acme.none]",
        ),
        (
            "[certificate.a]\nchain = 'cert.pem'\nkey = 'none.key'",
            "3:7: certificate.a.key: none.key: No such file or directory (os error 2); allowed is a PEM file",
        ),
        (
            "[certificate.a]\nchain = 'cert.pem'\nkey = 'secret'",
            "1:14: certificate.a: is not used",
        ),
        (
            "[trust]\nproxies = ['10.0.0.0/33']",
            "2:11: trust.proxies: \"10.0.0.0/33\" is wrong; allowed is an array, each of whose elements is a network such as \"10.0.0.0/8\", one address, or \"unix:\"",
        ),
        (
            "[trust]\nproxies = ['unix:/run/a.sock']",
            "2:11: trust.proxies: \"unix:/run/a.sock\" is wrong",
        ),
        (
            "[[site]]\n[[site.location]]\npath = '/'\nroot = 'www'\nsendfile_above = '17 MiB'",
            "5:18: site[0].location[0].sendfile_above: is out of range; allowed is from 0 B to 16 MiB",
        ),
        (
            "[limits]\nhead = '2 MiB'",
            "2:8: limits.head: is out of range; allowed is from 1 KiB to 1 MiB",
        ),
        (
            "[limits]\nbody = 1048576",
            "2:8: limits.body: 1048576 is wrong; allowed is a whole number with B, KiB",
        ),
        (
            "[limits]\nhead_timeout = '0s'",
            "2:16: limits.head_timeout: a time of zero is wrong",
        ),
        (
            "[log]\naccess = 'none/access.log'",
            "2:10: log.access: none/access.log cannot be made",
        ),
        (
            "[log]\nformat = 'xml'",
            "2:10: log.format: \"xml\" is wrong; allowed is \"combined\", \"json\"",
        ),
        (
            "[control]\ntoken_file = 'secret'",
            "1:1: control.address: is missing",
        ),
        (
            "[control]\naddress = '127.0.0.1:9000'\ntoken_file = 'open'",
            "3:14: control.token_file: open has mode 0644; allowed is a file of mode 0600",
        ),
        (
            "[upstream.app]\nprotocol = 'fastcgi'",
            "2:12: upstream.app.protocol: \"fastcgi\" is wrong; allowed is \"uwsgi\", \"http1\", \"tcp\"",
        ),
        (
            "[upstream.app]\nprotocol = 'uwsgi'",
            "1:11: upstream.app.server: is missing; allowed is at least one server",
        ),
        (
            "[upstream]\napp = 3",
            "2:7: upstream.app: 3 is wrong; allowed is a table",
        ),
        ("a = ", "1:5: "),
        ("a = 1\na = 2", "2:1: duplicate key"),
    ];
    for (text, expected) in rows {
        let found = problems(&format!("{text}\n{REST}"));
        assert!(
            found.iter().any(|line| line
                .strip_prefix("gateway.toml:")
                .is_some_and(|line| line.starts_with(expected))),
            "{text:?}\nexpected {expected}\nfound {found:#?}"
        );
    }
}

#[test]
fn what_is_wrong_with_a_site_is_named() {
    let rows: &[(&str, &str)] = &[
        (
            "",
            "1:1: site: is missing; allowed is at least one [[site]]",
        ),
        ("[[site]]", "1:1: site[0].location: is missing"),
        ("[[site]]\nhosts = []", "2:9: site[0].hosts: names no host"),
        (
            "[[site]]\nhosts = ['a.example:80']",
            "2:9: site[0].hosts: \"a.example:80\" is no host; allowed is a name without a port",
        ),
        (
            "[[site]]\nhosts = ['a']\n[[site]]\nhosts = ['A']",
            "4:9: site[1].hosts: \"a\" is there twice",
        ),
        (
            "[[site]]\nhsts = \"a\\nb\"",
            "2:8: site[0].hsts: \"a\\nb\" is no field value",
        ),
        (
            "[[site]]\n[[site.location]]\nroot = 'www'",
            "2:1: site[0].location[0].path: is missing",
        ),
        (
            "[[site]]\n[[site.location]]\npath = 'a'\nroot = 'www'",
            "3:8: site[0].location[0].path: \"a\" does not begin with a slash",
        ),
        (
            "[[site]]\n[[site.location]]\npath = '/a/../b'\nroot = 'www'",
            "3:8: site[0].location[0].path: \"/a/../b\" has an empty or a dot segment",
        ),
        (
            "[[site]]\n[[site.location]]\npath = '/'",
            "2:1: site[0].location[0].path: does nothing; allowed is one of upstream, root and redirect",
        ),
        (
            "[[site]]\n[[site.location]]\npath = '/'\nroot = 'www'\nupstream = 'a'",
            "2:1: site[0].location[0].path: has upstream and root",
        ),
        (
            "[[site]]\n[[site.location]]\npath = '/'\nroot = 'none'",
            "4:8: site[0].location[0].root: none is no folder",
        ),
        (
            "[[site]]\n[[site.location]]\npath = '/a'\nroot = 'www'\nalias = true",
            "5:9: site[0].location[0].alias: \"/a\" does not end with a slash",
        ),
        (
            "[[site]]\n[[site.location]]\npath = '/'\nroot = 'www'\nindex = ['a/b']",
            "5:9: site[0].location[0].index: \"a/b\" is no file's name",
        ),
        (
            "[[site]]\n[[site.location]]\npath = '/'\nroot = 'www'\nparams = {}",
            "5:1: site[0].location[0].params: is unknown",
        ),
        (
            "[[site]]\n[[site.location]]\npath = '/'\nupstream = 'none'",
            "4:12: site[0].location[0].upstream: there is no [upstream.none]",
        ),
        (
            "[[site]]\n[[site.location]]\npath = '/'\nredirect = { status = 200, to = '/' }",
            "4:23: site[0].location[0].redirect.status: 200 is no redirection",
        ),
        (
            "[[site]]\n[[site.location]]\npath = '/'\nredirect = { to = '$hst' }",
            "4:19: site[0].location[0].redirect.to: $hst is no variable; allowed is text with $remote_address",
        ),
    ];
    for (text, expected) in rows {
        let found = problems(text);
        assert!(
            found.iter().any(|line| line
                .strip_prefix("gateway.toml:")
                .is_some_and(|line| line.starts_with(expected))),
            "{text:?}\nexpected {expected}\nfound {found:#?}"
        );
    }
}

#[test]
fn what_is_wrong_with_an_upstream_is_named() {
    let rows: &[(&str, &str)] = &[
        ("puwsgi = 1", "3:10: upstream.app.puwsgi: "),
        (
            "packet = '64 KiB'",
            "3:10: upstream.app.packet: is out of range; allowed is from 256 B to 65535 B",
        ),
        (
            "hash_key = '$host'",
            "3:12: upstream.app.hash_key: has no effect",
        ),
        (
            "balance = 'hash'\nhash_key = 'a'",
            "4:12: upstream.app.hash_key: is the same for every request",
        ),
        (
            "balance = 'random'",
            "3:11: upstream.app.balance: \"random\" is wrong; allowed is \"round_robin\"",
        ),
        (
            "connect_timeout = '0ms'",
            "3:19: upstream.app.connect_timeout: a time of zero is wrong",
        ),
        (
            "affinity = {}",
            "3:12: upstream.app.affinity.cookie: one of cookie and learn is to say which",
        ),
        (
            "affinity = { cookie = 'a b', key_file = 'secret' }",
            "3:23: upstream.app.affinity.cookie: \"a b\" is no cookie's name",
        ),
        (
            "affinity = { cookie = 'a', key_file = 'open' }",
            "3:39: upstream.app.affinity.key_file: open has mode 0644",
        ),
        (
            "affinity = { cookie = 'a', key_file = 'short' }",
            "3:39: upstream.app.affinity.key_file: short has a key of 6 bytes in line 1; allowed is a key of at least 32 bytes a line",
        ),
        (
            "affinity = { cookie = 'a', key_file = 'secret', path = 'a;b' }",
            "3:56: upstream.app.affinity.path: \"a;b\" is no path of a cookie",
        ),
        (
            "affinity = { cookie = 'a' }",
            "3:12: upstream.app.affinity.key_file: is missing",
        ),
        (
            "affinity = { learn = 'a', store = 'mysql://' }",
            "3:35: upstream.app.affinity.store: \"mysql://\" is no store's URL",
        ),
        (
            "health = { path = 'up' }",
            "3:19: upstream.app.health.path: \"up\" is no path",
        ),
        (
            "health = { host = 'a b' }",
            "3:19: upstream.app.health.host: \"a b\" is no host",
        ),
        (
            "balance = 'ip_hash'\n[[upstream.app.server]]\nid = 'b'\naddress = '127.0.0.1:1'\nslow_start = '1s'",
            "7:14: upstream.app.server[0].slow_start: has no effect; allowed is balance = \"round_robin\"",
        ),
        (
            "[[upstream.app.server]]\nid = 'b'\naddress = '127.0.0.1:1'\ndrain_timeout = '0s'",
            "6:17: upstream.app.server[0].drain_timeout: a time of zero is wrong",
        ),
        (
            "health = { rise = 0 }",
            "3:19: upstream.app.health.rise: 0 is wrong",
        ),
        (
            "health = { status = [100] }",
            "3:21: upstream.app.health.status: is wrong",
        ),
        (
            "[[upstream.app.server]]\nid = 'b'\naddress = '127.0.0.1:1'\nweight = 0",
            "6:10: upstream.app.server[0].weight: 0 is wrong",
        ),
        (
            "[[upstream.app.server]]\nid = 'b'\naddress = '127.0.0.1:1'\nweight = 1001",
            "6:10: upstream.app.server[0].weight: 1001 is wrong; allowed is 1 to 1000",
        ),
        (
            "[[upstream.app.server]]\nid = 'a b'\naddress = '127.0.0.1:1'",
            "4:6: upstream.app.server[0].id: \"a b\" is no id",
        ),
        (
            "[[upstream.app.server]]\nid = 'a'\naddress = 'unix:a'\n[[upstream.app.server]]\nid = 'a'\naddress = 'unix:a'",
            "7:6: upstream.app.server[1].id: \"a\" is there twice",
        ),
        (
            "[[upstream.app.server]]\nid = 'a'\naddress = 'unix:a'\n[[upstream.app.server]]\nid = 'b'\naddress = 'unix:a'",
            "8:11: upstream.app.server[1].address: unix:a is there twice",
        ),
        (
            "[[upstream.app.server]]\nid = 'a'\naddress = 'unix:a'\nstate = 'backup'",
            "1:11: upstream.app.server: all servers are backup",
        ),
    ];
    for (text, expected) in rows {
        let found = problems(&format!(
            "[upstream.app]\nprotocol = 'uwsgi'\n{text}\n{REST}"
        ));
        assert!(
            found.iter().any(|line| line
                .strip_prefix("gateway.toml:")
                .is_some_and(|line| line.starts_with(expected))),
            "{text:?}\nexpected {expected}\nfound {found:#?}"
        );
    }
}

#[test]
fn parameters_are_variables_that_the_request_does_not_bring() {
    let rows: &[(&str, &str, &str)] = &[
        (
            "uwsgi",
            "lower = ''",
            "lower: \"lower\" is no variable's name",
        ),
        (
            "uwsgi",
            "HTTP_HOST = ''",
            "HTTP_HOST: HTTP_HOST comes from the request",
        ),
        (
            "uwsgi",
            "PATH_INFO = ''",
            "PATH_INFO: PATH_INFO comes from the request",
        ),
        ("uwsgi", "A = '$b'", "A: $b is no variable"),
        ("uwsgi", "A = 1", "A: 1 is wrong; allowed is text"),
        (
            "http1",
            "A = ''",
            "params: stands at an upstream without variables",
        ),
    ];
    for (protocol, param, expected) in rows {
        let text = format!(
            "[upstream.a]\nprotocol = '{protocol}'\n[[upstream.a.server]]\nid = 'a'\naddress = 'unix:a'\n[[site]]\n[[site.location]]\npath = '/'\nupstream = 'a'\nparams = {{ {param} }}"
        );
        let found = problems(&text);
        assert!(
            found.iter().any(|line| line.contains(expected)),
            "{param}\nfound {found:#?}"
        );
    }
}

#[test]
fn all_mistakes_are_named_in_one_run_in_the_order_of_the_file() {
    let found = problems("workers = 0\n[[listen]]\naddress = 1\n[log]\nlevel = 'all'\nfile = ''\n");
    let places: Vec<&str> = found
        .iter()
        .filter_map(|line| line.strip_prefix("gateway.toml:")?.split(": ").next())
        .collect();
    assert_eq!(places, ["1:1", "1:11", "3:11", "5:9", "6:1"], "{found:#?}");
}

#[test]
fn every_key_has_a_default() {
    let folder = folder();
    let config = Config::parse(REST, &folder.path().join("gateway.toml")).unwrap();
    assert_eq!(config.workers, None);
    assert_eq!(config.limits, Limits::DEFAULT);
    assert_eq!(config.log, Log::DEFAULT);
    let [listener] = &*config.listeners else {
        panic!()
    };
    assert_eq!(listener.address.to_string(), "127.0.0.1:8080");
    let [site] = &*config.sites else { panic!() };
    assert_eq!(site.hosts, ["*"]);
    let [location] = &*site.locations else {
        panic!()
    };
    assert_eq!(
        (location.line, location.exact, location.body),
        (2, false, None)
    );
    let Action::Static(files) = &location.action else {
        panic!()
    };
    assert_eq!(files.index, ["index.html"]);
    assert_eq!(*files.root, folder.path().join("www"));
}

/// The example of the contract, with files that are there.
#[test]
fn every_key_of_the_contract_is_known() {
    let folder = folder();
    let text = include_str!("every-key.toml");
    let config = Config::parse(text, &folder.path().join("gateway.toml"));
    let config = config.unwrap_or_else(|problems| panic!("{problems:#?}"));
    assert_eq!(config.listeners.len(), 4);
    let app = config
        .upstreams
        .iter()
        .find(|upstream| upstream.name == "app")
        .unwrap();
    assert!(matches!(
        app.affinity,
        Some(Affinity::Cookie { max_age: None, .. })
    ));
    assert_eq!(
        app.servers[0].address,
        Address::Unix(Path::new("/run/app-a.sock").to_owned())
    );
}

#[test]
fn the_built_in_configuration_is_right() {
    let config = Config::builtin().unwrap();
    assert!(config.file.is_none() && config.listeners.len() == 1);
}
