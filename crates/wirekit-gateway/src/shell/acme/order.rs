use core::time::Duration;
use std::sync::Arc;

use instant_acme::{
    Account, AuthorizationStatus, ChallengeHandle, ChallengeType, Error, Identifier, NewAccount,
    NewOrder, OrderStatus, RetryPolicy,
};
use rcgen::{CertificateParams, CustomExtension, KeyPair};
use rustls::sign::CertifiedKey;

use super::Store;
use crate::config::{Authority, Config, Prove, Security};
use crate::shell::tls::{Loaded, Tls};

/// How long an authority may take to look, and to sign.
const PATIENCE: RetryPolicy = RetryPolicy::new()
    .initial_delay(Duration::from_millis(250))
    .backoff(1.5)
    .timeout(Duration::from_secs(120));

/// How it is shown that a name is ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    /// RFC 8555 section 8.3: by a request on port 80.
    Http01,
    /// RFC 8737: by a handshake on port 443.
    TlsAlpn01,
}

impl Challenge {
    /// What the configuration says, or else what its listeners can do.
    pub(super) fn of(config: &Config, authority: &Authority) -> Self {
        let mut listeners = config.listeners.iter();
        match authority.challenge {
            Some(Prove::Http01) => Self::Http01,
            Some(Prove::TlsAlpn01) => Self::TlsAlpn01,
            None if listeners.any(|listener| listener.security == Security::Plain) => Self::Http01,
            None => Self::TlsAlpn01,
        }
    }
}

/// What an order needs.
pub(super) struct Ordering<'a> {
    pub(super) authority: &'a Authority,
    pub(super) challenge: Challenge,
    pub(super) store: &'a Store,
    pub(super) tls: &'a Tls,
}

/// What is shown to an authority, until it has looked.
enum Shown {
    Token(String),
    Name(String),
}

impl Ordering<'_> {
    /// A new certificate, which is stored.
    pub(super) async fn order(&self, name: &str, names: &[String]) -> Result<Loaded, Error> {
        let account = self.account().await?;
        let identifiers: Vec<Identifier> = names.iter().cloned().map(Identifier::Dns).collect();
        let mut order = account.new_order(&NewOrder::new(&identifiers)).await?;
        let mut shown = Vec::new();
        let proved = self.prove(&mut order, &mut shown).await;
        for shown in shown {
            match shown {
                Shown::Token(token) => self.tls.challenges().remove(&token),
                Shown::Name(name) => self.tls.answers().remove(&name),
            }
        }
        proved?;
        let key = order.finalize().await?;
        let chain = order.poll_certificate(&PATIENCE).await?;
        let saved = self.store.save(name, &chain, &key);
        saved.map_err(|error| Error::Other(Box::new(error)))
    }

    async fn account(&self) -> Result<Account, Error> {
        let builder = match &self.authority.ca {
            Some(file) => Account::builder_with_root(file)?,
            None => Account::builder()?,
        };
        if let Some(known) = self.store.account() {
            return builder.from_credentials(known).await;
        }
        let contact: Vec<&str> = self.authority.contact.iter().map(String::as_str).collect();
        let new = NewAccount {
            contact: &contact,
            terms_of_service_agreed: true,
            only_return_existing: false,
        };
        let directory = self.authority.directory.clone();
        let (account, credentials) = builder.create(&new, directory, None).await?;
        let saved = self.store.save_account(&credentials);
        saved.map_err(|error| Error::Other(Box::new(error)))?;
        Ok(account)
    }

    /// Shows for each name that it is ours, and waits until the authority has looked.
    async fn prove(
        &self,
        order: &mut instant_acme::Order,
        shown: &mut Vec<Shown>,
    ) -> Result<(), Error> {
        let mut authorizations = order.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let mut authorization = authorization?;
            if authorization.status == AuthorizationStatus::Valid {
                continue;
            }
            let wanted = match self.challenge {
                Challenge::Http01 => ChallengeType::Http01,
                Challenge::TlsAlpn01 => ChallengeType::TlsAlpn01,
            };
            let challenge = authorization.challenge(wanted);
            let mut challenge =
                challenge.ok_or(Error::Str("the authority does not offer the challenge"))?;
            shown.push(self.show(&challenge)?);
            challenge.set_ready().await?;
        }
        match order.poll_ready(&PATIENCE).await? {
            OrderStatus::Ready | OrderStatus::Valid => Ok(()),
            _ => Err(self.why(order).await),
        }
    }

    /// What the authority says was wrong.
    async fn why(&self, order: &mut instant_acme::Order) -> Error {
        let mut authorizations = order.authorizations();
        while let Some(Ok(authorization)) = authorizations.next().await {
            let mut challenges = authorization.challenges.iter();
            if let Some(problem) = challenges.find_map(|challenge| challenge.error.clone()) {
                return Error::Api(problem);
            }
        }
        Error::Str("the authority did not find that the names are ours")
    }

    fn show(&self, challenge: &ChallengeHandle<'_>) -> Result<Shown, Error> {
        let authorization = challenge.key_authorization();
        match self.challenge {
            Challenge::Http01 => {
                let token = challenge.token.clone();
                self.tls.challenges().put(&token, authorization.as_str());
                Ok(Shown::Token(token))
            }
            Challenge::TlsAlpn01 => {
                let name = challenge.identifier().to_string();
                let key = answer(&name, authorization.digest().as_ref())
                    .map_err(|error| Error::Other(Box::new(std::io::Error::other(error))))?;
                self.tls.answers().put(&name, key);
                Ok(Shown::Name(name))
            }
        }
    }
}

/// The certificate that answers in a handshake: RFC 8737 section 3.
fn answer(name: &str, digest: &[u8]) -> Result<Arc<CertifiedKey>, String> {
    let params = CertificateParams::new([name.to_owned()]);
    let mut params = params.map_err(|error| error.to_string())?;
    params.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
    let key = KeyPair::generate().map_err(|error| error.to_string())?;
    let chain = params
        .self_signed(&key)
        .map_err(|error| error.to_string())?;
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(key.serialize_der());
    let provider = rustls::crypto::ring::default_provider();
    let key = provider.key_provider.load_private_key(key.into());
    let key = key.map_err(|error| error.to_string())?;
    Ok(Arc::new(CertifiedKey::new(vec![chain.into()], key)))
}
