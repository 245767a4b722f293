//! nginx, Apache, lighttpd and uwsgi-tools as the clients of our decoder, behind which the example server prints what
//! it got.

use std::fs;
use std::process::Command;

use super::http::ask;
use super::process::{free_port, start};
use super::start_server;
use crate::program::Program;

const FIELDS: &[&str] = &["X-A: 1", "Accept: */*", "Connection: close"];

/// The variables without what differs from run to run: the folder, the client's port, versions, the caller's `PATH`.
fn steady(vars: &[&str], folder: &str) -> Vec<String> {
    let steady = |var: &&str| {
        let (key, value) = var.split_once('=').expect("a key and a value");
        let value = match key {
            "REMOTE_PORT" => {
                assert!(value.parse::<u16>().is_ok_and(|port| port > 0), "{var}");
                "N".into()
            }
            "SERVER_SOFTWARE" => value.split('/').next().unwrap_or_default().into(),
            "PATH" => {
                assert_eq!(value, std::env::var("PATH").unwrap_or_default());
                "P".into()
            }
            _ => value.replace(folder, "/folder"),
        };
        format!("{key}={value}")
    };
    vars.iter().map(steady).collect()
}

/// The variables and the body that the server prints.
fn printed(text: &str) -> (Vec<&str>, &str) {
    let (vars, body) = text
        .split_once("\n\n")
        .expect("variables, an empty line, the body");
    (vars.lines().collect(), body)
}

fn nginx(upstream: u16) -> (Program, u16, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let (port, path) = (free_port(), folder.path().display());
    let configuration = format!(
        "daemon off; master_process off; pid {path}/pid; error_log {path}/error.log;
         events {{ worker_connections 64; }}
         http {{
           access_log off; client_max_body_size 20m;
           client_body_temp_path {path}; proxy_temp_path {path}; fastcgi_temp_path {path};
           uwsgi_temp_path {path}; scgi_temp_path {path};
           server {{
             listen 127.0.0.1:{port};
             location / {{
               uwsgi_pass 127.0.0.1:{upstream};
               uwsgi_param REQUEST_METHOD $request_method;
               uwsgi_param REQUEST_URI $request_uri;
               uwsgi_param PATH_INFO $document_uri;
               uwsgi_param QUERY_STRING $query_string;
               uwsgi_param CONTENT_LENGTH $content_length;
               uwsgi_param SERVER_PROTOCOL $server_protocol;
               uwsgi_param SERVER_NAME $server_name;
               uwsgi_param SERVER_PORT $server_port;
             }}
           }}
         }}"
    );
    fs::write(folder.path().join("nginx.conf"), configuration).expect("a file");
    let mut command = Command::new("nginx");
    command
        .arg("-p")
        .arg(folder.path())
        .args(["-c", "nginx.conf"]);
    (start(&mut command, port), port, folder)
}

#[test]
fn nginx_is_read_exactly() {
    let (_nginx, port, _folder) = nginx(start_server());
    let response = ask(port, "GET /a%20b?q=1", FIELDS, b"");
    assert_eq!(response.status, 200);
    let text = response.text();
    let expected = [
        "REQUEST_METHOD=GET",
        "REQUEST_URI=/a%20b?q=1",
        "PATH_INFO=/a b",
        "QUERY_STRING=q=1",
        "CONTENT_LENGTH=",
        "SERVER_PROTOCOL=HTTP/1.1",
        "SERVER_NAME=",
        &format!("SERVER_PORT={port}"),
        "HTTP_HOST=a.example",
        "HTTP_X_A=1",
        "HTTP_ACCEPT=*/*",
        "HTTP_CONNECTION=close",
    ];
    assert_eq!(printed(&text), (expected.to_vec(), ""));

    let response = ask(port, "POST /b", &["Connection: close"], b"hello");
    let text = response.text();
    let (vars, body) = printed(&text);
    let expected = [
        "REQUEST_METHOD=POST",
        "REQUEST_URI=/b",
        "PATH_INFO=/b",
        "QUERY_STRING=",
        "CONTENT_LENGTH=5",
        "SERVER_PROTOCOL=HTTP/1.1",
        "SERVER_NAME=",
        &format!("SERVER_PORT={port}"),
        "HTTP_HOST=a.example",
        "HTTP_CONTENT_LENGTH=5",
        "HTTP_CONNECTION=close",
    ];
    assert_eq!(vars, expected);
    assert_eq!(body, "hello");

    let large: Vec<u8> = (0..10 << 20)
        .map(|at: usize| b'a' + (at % 23).to_le_bytes()[0])
        .collect();
    let response = ask(port, "POST /b", &["Connection: close"], &large);
    assert!(
        response.body.ends_with(&large),
        "{} bytes came back",
        response.body.len()
    );
}

#[test]
fn apache_is_read_exactly() {
    let folder = tempfile::tempdir().expect("a folder");
    let (port, path, upstream) = (free_port(), folder.path().display(), start_server());
    let modules = "/usr/lib/apache2/modules";
    let configuration = format!(
        "ServerRoot {path}\nPidFile {path}/pid\nErrorLog {path}/error.log\nServerName a.example\nListen 127.0.0.1:{port}\n\
         LoadModule mpm_event_module {modules}/mod_mpm_event.so\nLoadModule authz_core_module {modules}/mod_authz_core.so\n\
         LoadModule proxy_module {modules}/mod_proxy.so\nLoadModule proxy_uwsgi_module {modules}/mod_proxy_uwsgi.so\n\
         DefaultRuntimeDir {path}\nStartServers 1\nProxyPass / uwsgi://127.0.0.1:{upstream}/\n"
    );
    fs::write(folder.path().join("apache.conf"), configuration).expect("a file");
    let mut command = Command::new("apache2");
    command
        // Apache passes it on, and cargo sets it for some tests.
        .env_remove("LD_LIBRARY_PATH")
        .arg("-f")
        .arg(folder.path().join("apache.conf"))
        .arg("-DFOREGROUND");
    let _apache = start(&mut command, port);

    let response = ask(port, "POST /a%20b?q=1", FIELDS, b"hello");
    assert_eq!(response.status, 200, "{}", response.text());
    let text = response.text();
    let (vars, body) = printed(&text);
    let expected = [
        "PATH_INFO=/a b",
        "HTTP_HOST=a.example",
        "CONTENT_LENGTH=5",
        "HTTP_X_A=1",
        "HTTP_ACCEPT=*/*",
        "HTTP_CONNECTION=close",
        "PATH=P",
        "SERVER_SIGNATURE=",
        "SERVER_SOFTWARE=Apache",
        "SERVER_NAME=a.example",
        "SERVER_ADDR=127.0.0.1",
        "SERVER_PORT=80",
        "REMOTE_ADDR=127.0.0.1",
        "DOCUMENT_ROOT=/var/www/html",
        "REQUEST_SCHEME=http",
        "CONTEXT_PREFIX=",
        "CONTEXT_DOCUMENT_ROOT=/var/www/html",
        "SERVER_ADMIN=[no address given]",
        &format!("SCRIPT_FILENAME=proxy:uwsgi://127.0.0.1:{upstream}/a b"),
        "REMOTE_PORT=N",
        "GATEWAY_INTERFACE=CGI/1.1",
        "SERVER_PROTOCOL=HTTP/1.1",
        "REQUEST_METHOD=POST",
        "QUERY_STRING=q=1",
        "REQUEST_URI=/a%20b?q=1",
        "SCRIPT_NAME=",
    ];
    assert_eq!(steady(&vars, &path.to_string()), expected);
    assert_eq!(body, "hello");
}

#[test]
fn lighttpd_is_read_exactly() {
    let folder = tempfile::tempdir().expect("a folder");
    let (port, path, upstream) = (free_port(), folder.path().display(), start_server());
    let configuration = format!(
        "server.document-root = \"{path}\"\nserver.port = {port}\nserver.bind = \"127.0.0.1\"\n\
         server.modules = (\"mod_scgi\")\nscgi.protocol = \"uwsgi\"\n\
         scgi.server = (\"/\" => ((\"host\" => \"127.0.0.1\", \"port\" => {upstream}, \"check-local\" => \"disable\", \"fix-root-scriptname\" => \"enable\")))\n"
    );
    fs::write(folder.path().join("lighttpd.conf"), configuration).expect("a file");
    let mut command = Command::new("lighttpd");
    command
        .arg("-D")
        .arg("-f")
        .arg(folder.path().join("lighttpd.conf"));
    let _lighttpd = start(&mut command, port);

    let response = ask(port, "POST /a%20b?q=1", FIELDS, b"hello");
    assert_eq!(response.status, 200, "{}", response.text());
    let text = response.text();
    let (vars, body) = printed(&text);
    let expected = [
        "CONTENT_LENGTH=5",
        "QUERY_STRING=q=1",
        "REQUEST_URI=/a%20b?q=1",
        "REDIRECT_STATUS=200",
        "SCRIPT_NAME=",
        "PATH_INFO=/a b",
        "PATH_TRANSLATED=/folder/a b",
        "SCRIPT_FILENAME=/folder/",
        "DOCUMENT_ROOT=/folder",
        "REQUEST_METHOD=POST",
        "SERVER_PROTOCOL=HTTP/1.1",
        "SERVER_SOFTWARE=lighttpd",
        "GATEWAY_INTERFACE=CGI/1.1",
        "REQUEST_SCHEME=http",
        &format!("SERVER_PORT={port}"),
        "SERVER_ADDR=127.0.0.1",
        "SERVER_NAME=a.example",
        "REMOTE_ADDR=127.0.0.1",
        "REMOTE_PORT=N",
        "HTTP_HOST=a.example",
        "HTTP_CONTENT_LENGTH=5",
        "HTTP_X_A=1",
        "HTTP_ACCEPT=*/*",
        "HTTP_CONNECTION=close",
    ];
    assert_eq!(steady(&vars, &path.to_string()), expected);
    assert_eq!(body, "hello");
}

#[test]
fn uwsgi_curl_is_read_exactly() {
    let upstream = start_server();
    let mut command = Command::new("uwsgi_curl");
    command
        .arg(format!("127.0.0.1:{upstream}"))
        .arg("http://a.example/a?q=1");
    let output = command.output().expect("uwsgi-tools must be installed");
    let text = String::from_utf8_lossy(&output.stdout);
    let expected = [
        "SERVER_PROTOCOL=HTTP/1.1",
        "PATH_INFO=/a",
        "REQUEST_METHOD=GET",
        "REQUEST_URI=/a?q=1",
        "QUERY_STRING=q=1",
        "HTTP_HOST=a.example",
        "SERVER_NAME=a.example",
        &format!("SERVER_PORT={upstream}"),
    ];
    let printed: Vec<&str> = text
        .lines()
        .skip_while(|line| !line.is_empty())
        .skip(1)
        .take_while(|line| !line.is_empty())
        .collect();
    assert_eq!(printed, expected);
}
