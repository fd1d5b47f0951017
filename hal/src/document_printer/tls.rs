//! `ipps`: TLS with a printer whose certificate is known.
//!
//! Printers sign their certificates themselves and for names that nobody resolves. What can be
//! checked is that it is the same printer as ever: the certificate's fingerprint is a setting.

use std::{io, sync::Arc};

use rustls::{
    ClientConfig, DigitallySignedStruct, Error, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use tokio_rustls::TlsConnector;

use crate::port::Port;

/// Speaks TLS over an open port with the printer that has this certificate.
pub(super) async fn connect(
    port: Box<dyn Port>,
    fingerprint: [u8; 32],
) -> io::Result<Box<dyn Port>> {
    let provider = Arc::new(ring::default_provider());
    let pinned = Pinned { fingerprint, provider: Arc::clone(&provider) };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(pinned))
        .with_no_client_auth();
    // The name is not checked; the certificate is.
    let name = ServerName::try_from("printer.invalid").map_err(io::Error::other)?;
    let stream = TlsConnector::from(Arc::new(config)).connect(name, port).await?;
    Ok(Box::new(stream))
}

#[derive(Debug)]
struct Pinned {
    fingerprint: [u8; 32],
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let seen = ::ring::digest::digest(&::ring::digest::SHA256, end_entity);
        if seen.as_ref() == self.fingerprint {
            return Ok(ServerCertVerified::assertion());
        }
        let seen = crate::hex::encode(seen.as_ref());
        Err(Error::General(format!("the printer's certificate is another one: SHA-256 {seen}")))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
