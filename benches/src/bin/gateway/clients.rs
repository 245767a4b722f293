//! How a server is connected to.

use std::sync::Arc;

use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, HandshakeKind, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::Failure;
use crate::row::Through;

/// A connection.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Makes connections to a server.
pub(crate) struct Clients {
    port: u16,
    through: Through,
    config: ClientConfig,
}

/// One client, with the tickets that it got.
pub(crate) struct Client {
    port: u16,
    through: Through,
    tls: TlsConnector,
    has_ticket: bool,
}

impl Clients {
    /// Clients that believe this certificate.
    pub(crate) fn new(port: u16, through: Through, certificate: &[u8]) -> Result<Self, Failure> {
        // The same work for either server: one suite and one group.
        let mut provider = rustls::crypto::ring::default_provider();
        let suite = rustls::crypto::ring::cipher_suite::TLS13_AES_128_GCM_SHA256;
        provider.cipher_suites = vec![suite];
        provider.kx_groups = vec![rustls::crypto::ring::kx_group::X25519];
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(certificate)?)?;
        let mut config = ClientConfig::builder_with_provider(Arc::new(provider))
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            port,
            through,
            config,
        })
    }

    pub(crate) fn one(&self) -> Client {
        let mut config = self.config.clone();
        config.resumption = match self.through {
            Through::Resumption => Resumption::in_memory_sessions(8),
            _ => Resumption::disabled(),
        };
        Client {
            port: self.port,
            through: self.through,
            tls: TlsConnector::from(Arc::new(config)),
            has_ticket: false,
        }
    }
}

impl Client {
    /// Whether each request has a connection of its own.
    pub(crate) const fn is_new(&self) -> bool {
        self.through.is_new()
    }

    pub(crate) async fn connect(&mut self) -> Result<Box<dyn Stream>, Failure> {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).await?;
        stream.set_nodelay(true)?;
        if self.through == Through::Tcp {
            return Ok(Box::new(stream));
        }
        let name = ServerName::try_from("a.example")?;
        let stream = self.tls.connect(name, stream).await?;
        let (_, connection) = stream.get_ref();
        let expected = match (self.through, self.has_ticket) {
            (Through::Resumption, true) => HandshakeKind::Resumed,
            _ => HandshakeKind::Full,
        };
        let kind = connection.handshake_kind();
        if kind != Some(expected) {
            return Err(format!("the handshake is {kind:?}, not {expected:?}").into());
        }
        self.has_ticket = true;
        Ok(Box::new(stream))
    }
}
