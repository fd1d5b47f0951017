//! The hall's own certificate authority, and who stands at the other end of a TLS connection.
//!
//! A kiosk proves itself with a certificate whose common name is its id. The handshake refuses
//! certificates of any other authority; a client without a certificate gets through the handshake
//! and is refused by the routes that need one, so that it can be told what to do.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::WebPkiClientVerifier,
};
use wire::KioskId;

/// Browsers refuse server certificates that last longer.
const CERTIFICATE_DAYS: i64 = 397;
const AUTHORITY_DAYS: i64 = 3652;

/// Why certificates could not be made or used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("failed to make a certificate: {0}")]
    Make(#[from] rcgen::Error),
    #[error("failed to read the {what}: {because}; give a PEM file")]
    Read { what: &'static str, because: String },
    #[error("failed to set up TLS: {0}")]
    Setup(String),
}

/// A certificate (or chain) with its private key, both PEM.
#[derive(Clone)]
pub struct Identity {
    pub certificate_pem: String,
    pub key_pem: String,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity")
    }
}

/// What the kiosk listener needs: its own identity and the authority of its clients.
#[derive(Clone, Debug)]
pub struct ServerTls {
    pub identity: Identity,
    pub client_ca_pem: String,
}

/// A certificate authority that the office makes for a hall.
pub struct DemoAuthority {
    issuer: Issuer<'static, KeyPair>,
    certificate_pem: String,
    key_pem: String,
}

impl std::fmt::Debug for DemoAuthority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DemoAuthority")
    }
}

impl DemoAuthority {
    /// Makes a new authority that is valid for ten years from `now`.
    pub fn new(now: Timestamp) -> Result<Self, TlsError> {
        let mut params = CertificateParams::new(Vec::new())?;
        name(&mut params, "Hall24 authority");
        valid(&mut params, now, AUTHORITY_DAYS);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate()?;
        let certificate_pem = params.self_signed(&key)?.pem();
        let key_pem = key.serialize_pem();
        Ok(Self { issuer: Issuer::new(params, key), certificate_pem, key_pem })
    }

    /// Takes up an authority that was made earlier.
    pub fn from_pem(certificate_pem: &str, key_pem: &str) -> Result<Self, TlsError> {
        let issuer = Issuer::from_ca_cert_pem(certificate_pem, KeyPair::from_pem(key_pem)?)?;
        Ok(Self {
            issuer,
            certificate_pem: certificate_pem.to_owned(),
            key_pem: key_pem.to_owned(),
        })
    }

    /// The authority's certificate: what clients and the server trust.
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// The authority's private key. Whoever has it can enrol kiosks.
    pub fn key_pem(&self) -> &str {
        &self.key_pem
    }

    /// A certificate for a server under these DNS names and IP addresses.
    pub fn server_identity(&self, names: &[&str], now: Timestamp) -> Result<Identity, TlsError> {
        let names: Vec<String> = names.iter().map(|it| (*it).to_owned()).collect();
        let mut params = CertificateParams::new(names)?;
        name(&mut params, "Hall24 office");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        self.issue(params, now, CERTIFICATE_DAYS)
    }

    /// A client certificate whose common name is the kiosk's id. It lasts as long as the authority: a
    /// kiosk is shut out by taking back its enrolment, and none stops by night because a year is over.
    pub fn kiosk_identity(&self, kiosk: &KioskId, now: Timestamp) -> Result<Identity, TlsError> {
        let mut params = CertificateParams::new(Vec::new())?;
        name(&mut params, kiosk.as_str());
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.issue(params, now, AUTHORITY_DAYS)
    }

    /// Server side for this authority: an identity under `names` that takes its kiosks.
    pub fn server_tls(&self, names: &[&str], now: Timestamp) -> Result<ServerTls, TlsError> {
        Ok(ServerTls {
            identity: self.server_identity(names, now)?,
            client_ca_pem: self.certificate_pem.clone(),
        })
    }

    fn issue(
        &self,
        mut params: CertificateParams,
        now: Timestamp,
        days: i64,
    ) -> Result<Identity, TlsError> {
        valid(&mut params, now, days);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok(Identity { certificate_pem: certificate.pem(), key_pem: key.serialize_pem() })
    }
}

fn name(params: &mut CertificateParams, common_name: &str) {
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common_name);
}

/// From the day before, because clocks of new machines differ.
fn valid(params: &mut CertificateParams, now: Timestamp, days: i64) {
    let date = |at: Timestamp| {
        let date = jiff::tz::TimeZone::UTC.to_datetime(at).date();
        let year = i32::from(date.year());
        rcgen::date_time_ymd(year, date.month().unsigned_abs(), date.day().unsigned_abs())
    };
    let shifted = |days: i64| now.checked_add(SignedDuration::from_hours(24 * days)).unwrap_or(now);
    params.not_before = date(shifted(-1));
    params.not_after = date(shifted(days));
}

/// The rustls side of [`ServerTls`].
pub(crate) fn server_config(tls: &ServerTls) -> Result<Arc<ServerConfig>, TlsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    for certificate in certificates("client authority", &tls.client_ca_pem)? {
        roots.add(certificate).map_err(|it| TlsError::Setup(it.to_string()))?;
    }
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .allow_unauthenticated()
            .build()
            .map_err(|it| TlsError::Setup(it.to_string()))?;
    let chain = certificates("server certificate", &tls.identity.certificate_pem)?;
    let key = PrivateKeyDer::from_pem_slice(tls.identity.key_pem.as_bytes())
        .map_err(|it| TlsError::Read { what: "server key", because: it.to_string() })?;
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|it| TlsError::Setup(it.to_string()))?
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, key)
        .map_err(|it| TlsError::Setup(it.to_string()))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn certificates(what: &'static str, pem: &str) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let found: Vec<_> = CertificateDer::pem_slice_iter(pem.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|it| TlsError::Read { what, because: it.to_string() })?;
    if found.is_empty() {
        return Err(TlsError::Read { what, because: "it holds no certificate".to_owned() });
    }
    Ok(found)
}

/// The kiosk that a verified client certificate names.
pub(crate) fn kiosk_of(certificate: &CertificateDer<'_>) -> Option<KioskId> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate).ok()?;
    let mut names = parsed.subject().iter_common_name();
    let id = KioskId::from(names.next()?.as_str().ok()?);
    // Two names could be read differently by two readers.
    names.next().is_none().then_some(id)
}
