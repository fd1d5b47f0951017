//! The PEM files with which kiosk and office know each other, checked before anything starts.

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{Error, InconsistentKeys, RootCertStore};

/// Why a PEM file cannot be used, and what to put there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PemError {
    #[error("expected a certificate (-----BEGIN CERTIFICATE-----); {WRITE_AGAIN}")]
    NoCertificate,
    #[error("expected a private key (-----BEGIN PRIVATE KEY-----); {WRITE_AGAIN}")]
    NoKey,
    #[error("what stands there as a certificate is none; {WRITE_AGAIN}")]
    Certificate,
    #[error("what stands there as a private key cannot be used; {WRITE_AGAIN}")]
    Key,
    #[error("the key does not belong to the certificate; {WRITE_AGAIN}")]
    OtherKey,
}

const WRITE_AGAIN: &str = "put the file there that `office enrol` wrote for this kiosk";

/// The certificates of a file, the kiosk's own first.
pub(crate) fn certificates(text: &str) -> Result<Vec<CertificateDer<'static>>, PemError> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
    all.ok().filter(|it| !it.is_empty()).ok_or(PemError::NoCertificate)
}

/// Whether an office's certificate can be checked against what a file holds.
pub(crate) fn check_authority(text: &str) -> Result<(), PemError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(text)? {
        roots.add(certificate).map_err(|_| PemError::Certificate)?;
    }
    Ok(())
}

/// Whether a file holds the private key of a certificate.
pub(crate) fn check_key(text: &str, chain: Vec<CertificateDer<'static>>) -> Result<(), PemError> {
    let key = PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|_| PemError::NoKey)?;
    match CertifiedKey::from_der(chain, key, &ring::default_provider()) {
        Ok(_) => Ok(()),
        Err(Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => Err(PemError::OtherKey),
        Err(Error::InvalidCertificate(_)) => Err(PemError::Certificate),
        Err(_) => Err(PemError::Key),
    }
}
