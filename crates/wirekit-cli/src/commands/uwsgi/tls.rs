//! uwsgi inside TLS, as uWSGI's `--suwsgi-socket` takes it.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};

use super::stream::Trust;

/// The longest record's content.
const MAX_PIECE_LEN: usize = 1 << 14;

/// A connection whose handshake is done.
#[derive(Debug)]
pub(super) struct Session {
    stream: TcpStream,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    connection: ClientConnection,
    /// What came and was not decrypted yet.
    unread: Vec<u8>,
}

impl Session {
    pub(super) fn start(stream: TcpStream, host: &str, trust: &Trust) -> io::Result<Self> {
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let config = Arc::new(config(trust)?);
        let mut connection = ClientConnection::new(config, name).map_err(io::Error::other)?;
        while connection.is_handshaking() {
            connection.complete_io(&mut &stream)?;
        }
        let state = State {
            connection,
            unread: Vec::new(),
        };
        Ok(Self {
            stream,
            state: Mutex::new(state),
        })
    }

    pub(super) const fn stream(&self) -> &TcpStream {
        &self.stream
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads once. Nobody waits with the lock held: a server may stop to take what we send until we take its answer.
    pub(super) fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(len) = self.state().decrypt(buffer)? {
                return Ok(len);
            }
            let mut piece = [0; MAX_PIECE_LEN];
            let len = (&self.stream).read(&mut piece)?;
            let mut state = self.state();
            if len == 0 {
                state.connection.read_tls(&mut io::empty())?;
            }
            let piece = piece.get(..len).unwrap_or_default();
            state.unread.extend_from_slice(piece);
        }
    }

    /// Writes once, one record.
    pub(super) fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        let mut records = Vec::new();
        let mut state = self.state();
        let piece = bytes.get(..MAX_PIECE_LEN).unwrap_or(bytes);
        let len = state.connection.writer().write(piece)?;
        while state.connection.wants_write() {
            state.connection.write_tls(&mut records)?;
        }
        drop(state);
        (&self.stream).write_all(&records)?;
        Ok(len)
    }
}

impl State {
    /// What can be read without more from the server; `None` if nothing can.
    fn decrypt(&mut self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        loop {
            match self.connection.reader().read(buffer) {
                // uWSGI ends without the alert that RFC 8446 section 6.1 asks for, so nothing tells its end from a cut.
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(Some(0)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                answer => return answer.map(Some),
            }
            if self.unread.is_empty() {
                return Ok(None);
            }
            let used = self.connection.read_tls(&mut &self.unread[..])?;
            self.unread.drain(..used);
            let processed = self.connection.process_new_packets();
            processed.map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
        }
    }
}

fn config(trust: &Trust) -> io::Result<ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier: Arc<dyn ServerCertVerifier> = match trust {
        Trust::Anybody => Arc::new(Anybody(Arc::clone(&provider))),
        trust => {
            let roots = Arc::new(roots(trust)?);
            let verifier =
                WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider));
            verifier.build().map_err(io::Error::other)?
        }
    };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?;
    Ok(config
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth())
}

/// Who may vouch for the server.
fn roots(trust: &Trust) -> io::Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    if let Trust::File(path) = trust {
        let wrong = |reason: &dyn core::fmt::Display| {
            io::Error::other(format!("--cacert {}: {reason}", path.display()))
        };
        for certificate in CertificateDer::pem_file_iter(path).map_err(|error| wrong(&error))? {
            let certificate = certificate.map_err(|error| wrong(&error))?;
            roots.add(certificate).map_err(|error| wrong(&error))?;
        }
        if roots.is_empty() {
            return Err(wrong(&"no certificate"));
        }
    } else {
        // Those that cannot be read vouch for nobody.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if roots.is_empty() {
            let text = "this machine has no certificates to trust; --cacert names some";
            return Err(io::Error::other(text));
        }
    }
    Ok(roots)
}

/// Takes every certificate, but only from who has its key.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
