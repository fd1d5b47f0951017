//! `kiosk clock`: the office's time for a machine that reaches no time server, as halls' networks
//! often let nothing through but the office.
//!
//! Where the clock is wrong, certificates seem to be of yesterday or of tomorrow. Here and in an
//! enrolment, and nowhere else, the office's certificate is taken whatever its dates say: the hall's
//! authority has signed it, and nothing is asked but the time.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use reqwest::Client;
use rustix::time::{ClockId, Timespec, clock_settime};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};
use serde::Deserialize;
use serde_json::json;
use wire::API;

use crate::cli::Failure;
use crate::config::{Config, OfficeConfig};
use crate::pem;

const ANSWER_LIMIT: Duration = Duration::from_secs(10);
/// A clock that is nearer than this is left alone.
const NEAR: SignedDuration = SignedDuration::from_secs(2);

#[derive(Args)]
pub(crate) struct ClockArguments {
    /// The kiosk's configuration.
    #[arg(long)]
    config: PathBuf,
    /// Set this machine's clock by it, if it is off by more than two seconds.
    #[arg(long)]
    set: bool,
    /// Answer as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Deserialize)]
struct Time {
    now: Timestamp,
}

pub(crate) fn run(arguments: ClockArguments) -> Result<(), Failure> {
    let config = Config::load(&arguments.config)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(crate::start::StartError::from)?;
    let now = runtime.block_on(office_time(&config.office)).map_err(|error| {
        let message = format!("failed to ask {} for the time: {error}", config.office.url);
        Failure::not_well("office", message, "check network, address and certificates")
    })?;
    let off = Timestamp::now().duration_since(now);
    let set = arguments.set && off.abs() > NEAR;
    if set {
        let seconds = Timespec { tv_sec: now.as_second(), tv_nsec: now.subsec_nanosecond().into() };
        clock_settime(ClockId::Realtime, seconds).map_err(|error| {
            let message = format!("failed to set the clock: {error}");
            Failure::not_well("clock", message, "run it with the capability CAP_SYS_TIME")
        })?;
        tracing::warn!(%now, off_s = off.as_secs(), "the clock was set by the office's");
    }
    if arguments.json {
        console::say(json!({ "office": now, "off_ms": off.as_millis() as i64, "set": set }));
    } else {
        let done = if set { ", and was set" } else { "" };
        console::say(format_args!("the office has {now}; this clock was {off:#} ahead{done}"));
    }
    Ok(())
}

/// What the office's clock says.
async fn office_time(office: &OfficeConfig) -> Result<Timestamp, String> {
    let said = |error: &dyn std::fmt::Display| error.to_string();
    let client = client(office)?;
    let answer = client.get(format!("{}{API}/time", office.url)).send().await;
    let answer = answer.and_then(reqwest::Response::error_for_status);
    let text = answer.map_err(|error| said(&error))?.text().await.map_err(|error| said(&error))?;
    let time: Time = serde_json::from_str(&text).map_err(|error| said(&error))?;
    Ok(time.now)
}

/// Takes the office's certificate whatever its dates say.
pub(crate) fn client(office: &OfficeConfig) -> Result<Client, String> {
    let tls = tls(office).map_err(|error| error.to_string())?;
    let client = Client::builder().tls_backend_preconfigured(tls).timeout(ANSWER_LIMIT).build();
    client.map_err(|error| error.to_string())
}

fn tls(office: &OfficeConfig) -> Result<ClientConfig, Error> {
    let wrong = |error: &dyn std::fmt::Display| Error::General(error.to_string());
    let provider = Arc::new(ring::default_provider());
    let mut roots = RootCertStore::empty();
    for certificate in pem::certificates(&office.authority).map_err(|error| wrong(&error))? {
        roots.add(certificate)?;
    }
    let inner = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let verifier = AnyDate(inner.build().map_err(|error| wrong(&error))?);
    let chain = pem::certificates(&office.certificate).map_err(|error| wrong(&error))?;
    let key =
        PrivateKeyDer::from_pem_slice(office.key.as_bytes()).map_err(|error| wrong(&error))?;
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_client_auth_cert(chain, key)
}

/// Checks everything but the dates: a certificate counts as looked at while it was valid.
#[derive(Debug)]
struct AnyDate(Arc<WebPkiServerVerifier>);

impl ServerCertVerifier for AnyDate {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let mut at = now;
        // The leaf's dates may move it once, those of the authority once more.
        for _ in 0..3 {
            let verified = self.0.verify_server_cert(
                end_entity,
                intermediates,
                server_name,
                ocsp_response,
                at,
            );
            at = match verified {
                Err(Error::InvalidCertificate(CertificateError::NotValidYetContext {
                    not_before,
                    ..
                })) => not_before,
                Err(Error::InvalidCertificate(CertificateError::ExpiredContext {
                    not_after,
                    ..
                })) => not_after,
                other => return other,
            };
        }
        self.0.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, at)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};

    use super::*;

    struct Made {
        authority: CertificateDer<'static>,
        leaf: CertificateDer<'static>,
    }

    /// An authority and a certificate for “office” that is valid in one year only.
    fn made(year: i32) -> Made {
        let valid = |mut params: CertificateParams| {
            params.not_before = date_time_ymd(year, 1, 1);
            params.not_after = date_time_ymd(year, 12, 31);
            params
        };
        let mut params = CertificateParams::new(vec![]).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let (params, key) = (valid(params), KeyPair::generate().expect("a key"));
        let authority = params.self_signed(&key).expect("a certificate").der().clone();
        let issuer = Issuer::new(params, key);
        let params = valid(CertificateParams::new(vec!["office".into()]).expect("parameters"));
        let leaf = params.signed_by(&KeyPair::generate().expect("a key"), &issuer);
        Made { authority, leaf: leaf.expect("a certificate").der().clone() }
    }

    fn verify(trusted: &Made, shown: &Made, name: &'static str) -> Result<(), Error> {
        let mut roots = RootCertStore::empty();
        roots.add(trusted.authority.clone()).expect("an authority");
        let provider = Arc::new(ring::default_provider());
        let inner = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
        let verifier = AnyDate(inner.build().expect("a verifier"));
        let name = ServerName::try_from(name).expect("a name");
        let now = UnixTime::since_unix_epoch(Duration::from_secs(1_795_000_000));
        verifier.verify_server_cert(&shown.leaf, &[], &name, &[], now).map(|_| ())
    }

    #[test]
    fn dates_do_not_matter_and_everything_else_does() {
        for year in [1990, 2020, 2026, 2040] {
            let made = made(year);
            assert_eq!(verify(&made, &made, "office"), Ok(()), "{year}");
            assert!(verify(&made, &made, "other").is_err(), "{year}: another name");
        }
        let (ours, theirs) = (made(2020), made(2020));
        assert!(verify(&ours, &theirs, "office").is_err(), "another authority");
    }
}
