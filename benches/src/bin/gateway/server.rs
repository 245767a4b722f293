//! Processes that serve, and what they cost.

use core::time::Duration;
use std::fs;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use tempfile::TempDir;

use crate::Failure;
use crate::backend::{self, Kind};

/// Configurations by name.
const CONFIGURATIONS: &[(&str, &str)] = &[
    ("debian.conf", include_str!("../../../gateway/debian.conf")),
    ("cache.conf", include_str!("../../../gateway/cache.conf")),
    ("tuned.conf", include_str!("../../../gateway/tuned.conf")),
    ("log.conf", include_str!("../../../gateway/log.conf")),
    ("proxy.conf", include_str!("../../../gateway/proxy.conf")),
    ("files.toml", include_str!("../../../gateway/files.toml")),
    ("opened.toml", include_str!("../../../gateway/opened.toml")),
    ("log.toml", include_str!("../../../gateway/log.toml")),
    ("proxy.toml", include_str!("../../../gateway/proxy.toml")),
    ("plane.toml", include_str!("../../../gateway/plane.toml")),
    ("tls.conf", include_str!("../../../gateway/tls.conf")),
    ("tls.toml", include_str!("../../../gateway/tls.toml")),
    (
        "preread.conf",
        include_str!("../../../gateway/preread.conf"),
    ),
    (
        "preread.toml",
        include_str!("../../../gateway/preread.toml"),
    ),
];

const APPLICATION: &str = include_str!("../../../gateway/application.py");

/// What the control address of `plane.toml` wants to be told.
pub(crate) const TOKEN: &str = "bench";

/// Where everything lies, and the servers behind.
pub(crate) struct Folder {
    folder: TempDir,
    gateway: PathBuf,
    /// What stands for a port in a configuration.
    ports: Vec<(&'static str, u16)>,
    application: u16,
    /// The same application behind gunicorn.
    gunicorn: u16,
    /// The server of TLS behind those that pass it through.
    behind: u16,
    /// Where the gateway of `plane.toml` is watched.
    control: u16,
}

impl Folder {
    pub(crate) fn new(gateway: Option<PathBuf>) -> Result<Self, Failure> {
        let gateway = match gateway {
            Some(gateway) => gateway,
            None => std::env::current_exe()?.with_file_name("wirekit-gateway"),
        };
        if !gateway.is_file() {
            let build = "cargo build --release -p wirekit-gateway";
            return Err(format!("{} is not there: {build}", gateway.display()).into());
        }
        let folder = tempfile::tempdir()?;
        // nginx's workers are another user.
        fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755))?;
        fs::create_dir(folder.path().join("www"))?;
        fs::write(folder.path().join("www/12.txt"), "hello world\n")?;
        fs::write(
            folder.path().join("www/100k.txt"),
            "0123456789".repeat(10_000),
        )?;
        fs::write(
            folder.path().join("www/1m.txt"),
            "0123456789".repeat(100_000),
        )?;
        write_certificate(folder.path())?;
        write_secret(&folder.path().join("control.token"), TOKEN)?;
        fs::write(folder.path().join("application.py"), APPLICATION)?;
        backend::unix(Kind::Close, &folder.path().join("close.sock"))?;
        backend::unix(Kind::Keep, &folder.path().join("keep.sock"))?;
        let (application, gunicorn) = (free_port()?, free_port()?);
        let (behind, control) = (free_port()?, free_port()?);
        let ports = vec![
            ("%CLOSE%", backend::tcp(Kind::Close)?),
            ("%KEEP%", backend::tcp(Kind::Keep)?),
            ("%HTTP%", backend::tcp(Kind::Http)?),
            ("%WEBSOCKET%", backend::tcp(Kind::WebSocket)?),
            ("%UWSGI%", application),
            ("%GUNICORN%", gunicorn),
            ("%BEHIND%", behind),
            ("%CONTROL%", control),
        ];
        Ok(Self {
            folder,
            gateway,
            ports,
            application,
            gunicorn,
            behind,
            control,
        })
    }

    pub(crate) const fn control(&self) -> u16 {
        self.control
    }

    /// The certificate of the server, which is its own authority.
    pub(crate) fn certificate(&self) -> io::Result<Vec<u8>> {
        fs::read(self.path().join("cert.pem"))
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a configuration for a server on that port.
    fn configure(&self, name: &str, port: u16) -> Result<PathBuf, Failure> {
        let known = CONFIGURATIONS.iter().find(|(known, _)| *known == name);
        let (_, text) = known.ok_or("no such configuration")?;
        let mut text = text
            .replace("%FOLDER%", &self.path().display().to_string())
            .replace("%NAME%", &format!("{name}-{port}"))
            .replace("%PORT%", &port.to_string());
        for (word, port) in &self.ports {
            text = text.replace(word, &port.to_string());
        }
        let file = self.path().join(format!("{port}-{name}"));
        fs::write(&file, text)?;
        Ok(file)
    }
}

/// A certificate on P-256, with which both sign.
fn write_certificate(folder: &Path) -> Result<(), Failure> {
    let made = rcgen::generate_simple_self_signed(["a.example".to_owned()])?;
    fs::write(folder.join("cert.pem"), made.cert.pem())?;
    write_secret(&folder.join("key.pem"), &made.signing_key.serialize_pem())?;
    Ok(())
}

/// What nobody else may read.
fn write_secret(file: &Path, text: &str) -> io::Result<()> {
    fs::write(file, text)?;
    fs::set_permissions(file, PermissionsExt::from_mode(0o600))
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// A server on a port of its own.
pub(crate) struct Server {
    name: &'static str,
    process: Process,
    port: u16,
}

impl Server {
    /// nginx with that configuration.
    pub(crate) fn nginx(folder: &Folder, name: &str) -> Result<Self, Failure> {
        Self::nginx_on(folder, name, free_port()?)
    }

    /// What TLS is passed through to.
    pub(crate) fn behind(folder: &Folder) -> Result<Self, Failure> {
        Self::nginx_on(folder, "tls", folder.behind)
    }

    fn nginx_on(folder: &Folder, name: &str, port: u16) -> Result<Self, Failure> {
        let file = folder.configure(&format!("{name}.conf"), port)?;
        let mut command = Command::new("nginx");
        command
            .args(["-g", "daemon off;", "-p"])
            .arg(folder.path())
            .arg("-c")
            .arg(file);
        Self::start("nginx", command, port)
    }

    /// The gateway with that configuration.
    pub(crate) fn gateway(folder: &Folder, name: &str) -> Result<Self, Failure> {
        let port = free_port()?;
        let file = folder.configure(&format!("{name}.toml"), port)?;
        let mut command = Command::new(&folder.gateway);
        command.arg("--config").arg(file);
        Self::start("the gateway", command, port)
    }

    fn start(name: &'static str, command: Command, port: u16) -> Result<Self, Failure> {
        let process = Process::start(command, port)?;
        Ok(Self {
            name,
            process,
            port,
        })
    }

    pub(crate) const fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    /// The CPU time of all threads of all its processes.
    pub(crate) fn cpu(&self) -> Result<Duration, Failure> {
        let mut nanoseconds = 0;
        for process in self.processes()? {
            for thread in fs::read_dir(format!("/proc/{process}/task"))? {
                let text = fs::read_to_string(thread?.path().join("schedstat"))?;
                nanoseconds += text.split(' ').next().unwrap_or_default().parse::<u64>()?;
            }
        }
        Ok(Duration::from_nanos(nanoseconds))
    }

    /// How many bytes of memory all its processes take.
    pub(crate) fn resident_len(&self) -> Result<u64, Failure> {
        let mut kibibytes = 0;
        for process in self.processes()? {
            let text = fs::read_to_string(format!("/proc/{process}/status"))?;
            let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
            let number = line.and_then(|line| line.split_whitespace().next());
            kibibytes += number.ok_or("no VmRSS")?.parse::<u64>()?;
        }
        Ok(kibibytes * 1024)
    }

    /// Its process and the workers of it.
    fn processes(&self) -> Result<Vec<u32>, Failure> {
        let process = self.process.0.id();
        let text = fs::read_to_string(format!("/proc/{process}/task/{process}/children"))?;
        let children = text.split_whitespace().map(str::parse);
        let mut processes = children.collect::<Result<Vec<u32>, _>>()?;
        processes.push(process);
        Ok(processes)
    }
}

/// An application behind uWSGI, on TCP and on a unix socket, or behind gunicorn.
pub(crate) struct Application(#[expect(dead_code, reason = "ends with this")] Process);

impl Application {
    pub(crate) fn start(folder: &Folder) -> Result<Self, Failure> {
        let file = folder.path().join("application.py");
        let mut command = Command::new("uwsgi");
        command
            .args([
                "--plugin",
                "python3",
                "--master",
                "--processes",
                "2",
                "--disable-logging",
                "--die-on-term",
            ])
            .args([
                "--chmod-socket=666",
                "--socket",
                &format!("127.0.0.1:{}", folder.application),
                "--socket",
            ])
            .arg(folder.path().join("uwsgi.sock"))
            .arg("--wsgi-file")
            .arg(file);
        Process::start(command, folder.application).map(Self)
    }

    /// gunicorn's gthread, which keeps connections of uwsgi: as many threads as there are clients.
    pub(crate) fn start_gunicorn(folder: &Folder) -> Result<Self, Failure> {
        let mut command = Command::new(gunicorn()?);
        let options = "--protocol uwsgi --worker-class gthread --workers 2 --threads 16 --keep-alive 60 --log-level error";
        command
            .args(options.split(' '))
            .args(["--uwsgi-allow-from", "*", "--chdir"])
            .arg(folder.path())
            .args(["--bind", &format!("127.0.0.1:{}", folder.gunicorn)])
            .arg("application:application");
        Process::start(command, folder.gunicorn).map(Self)
    }
}

/// On the path, or where `.ci/run install` puts it.
fn gunicorn() -> Result<PathBuf, Failure> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let home = std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache"));
    let cache = std::env::var_os("XDG_CACHE_HOME").map_or(home, |cache| Some(cache.into()));
    let cached = cache.map(|cache| cache.join("wirekit/python/bin"));
    let mut places = std::env::split_paths(&path).chain(cached);
    let found = places.find_map(|folder| Some(folder.join("gunicorn")).filter(|it| it.is_file()));
    found.ok_or_else(|| "gunicorn is not there: .ci/run install".into())
}

/// A process that ends when this is dropped.
struct Process(Child);

impl Process {
    /// Starts it, and waits until it listens.
    fn start(mut command: Command, port: u16) -> Result<Self, Failure> {
        let program = command.get_program().to_string_lossy().into_owned();
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let mut process = Self(child.map_err(|error| format!("{program}: {error}"))?);
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if let Some(status) = process.0.try_wait()? {
                return Err(format!("{program} ended with {status}").into());
            }
            if start.elapsed() > Duration::from_secs(10) {
                return Err(format!("{program} does not listen").into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(process)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Killed, a master would leave its workers behind.
        let process = self.0.id().to_string();
        let _ = Command::new("kill").arg(process).status();
        let _ = self.0.wait();
    }
}
