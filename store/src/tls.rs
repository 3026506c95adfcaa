//! Where the connection to the database crosses a network, it is encrypted: what the URL says of it.
//!
//! | `sslmode` | encrypted | the server's certificate |
//! |---|---|---|
//! | not named, loopback | no | |
//! | not named, elsewhere | yes | of an authority, and of that name |
//! | `disable`, `prefer` | `prefer`: where the server can | not looked at |
//! | `require` | yes | of an authority of `sslrootcert` where that is given, else not looked at |
//! | `verify-ca` | yes | of an authority |
//! | `verify-full` | yes | of an authority, and of that name |
//!
//! Authorities are those of the PEM file `sslrootcert`, else the system's.

use std::fmt;
use std::fs::File;
use std::io::BufReader;
use std::net::IpAddr;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Why a connection cannot be made safe, in a sentence that says what to do.
#[derive(Debug)]
pub struct TlsError(String);

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DATABASE_URL: {}", self.0)
    }
}

impl std::error::Error for TlsError {}

/// What a URL says of TLS, and the URL without it: the driver knows less.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Wishes {
    mode: Option<Mode>,
    root: Option<String>,
    private_network: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Disable,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

impl Wishes {
    /// Takes `sslmode`, `sslrootcert` and `private_network` out of the URL.
    pub(crate) fn take(url: &str) -> Result<(Self, String), TlsError> {
        let mut wishes = Self::default();
        let Some((base, query)) = url.split_once('?') else { return Ok((wishes, url.to_owned())) };
        let mut rest = Vec::new();
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            match parameter.split_once('=').unwrap_or((parameter, "")) {
                ("sslmode", mode) => wishes.mode = Some(Mode::parse(mode)?),
                ("sslrootcert", file) => wishes.root = Some(file.replace("%2F", "/").replace("%20", " ")),
                ("private_network", "true") => wishes.private_network = true,
                ("private_network", other) => {
                    return Err(TlsError(format!("private_network is {other:?}: expected true")));
                }
                _ => rest.push(parameter),
            }
        }
        let rest = if rest.is_empty() { base.to_owned() } else { format!("{base}?{}", rest.join("&")) };
        Ok((wishes, rest))
    }

    /// Sets what the driver must know, and returns how it connects.
    pub(crate) fn apply(&self, config: &mut Config) -> Result<MakeRustlsConnect, TlsError> {
        // An address in the URL is where the connection goes, whatever host stands beside it.
        let far_host =
            config.get_hosts().iter().find(|host| !is_loopback(host)).map(|host| Name(host).to_string());
        let far_address = config.get_hostaddrs().iter().find(|address| !address.is_loopback());
        let far = far_host.or_else(|| far_address.map(ToString::to_string));
        let mode = match (self.mode, &far) {
            (Some(Mode::Disable | Mode::Prefer), Some(far)) if !self.private_network => {
                return Err(TlsError(format!(
                    "the connection to {far} would be open to who listens, bills and passwords with it: say \
                     sslmode=verify-full (sslrootcert=FILE names an authority of your own), or \
                     private_network=true if the network is your own"
                )));
            }
            (Some(mode), _) => mode,
            (None, Some(_)) if !self.private_network => Mode::VerifyFull,
            (None, _) => Mode::Disable,
        };
        config.ssl_mode(match mode {
            Mode::Disable => SslMode::Disable,
            Mode::Prefer => SslMode::Prefer,
            Mode::Require | Mode::VerifyCa | Mode::VerifyFull => SslMode::Require,
        });
        Ok(MakeRustlsConnect::new(self.client_config(mode)?))
    }

    fn client_config(&self, mode: Mode) -> Result<ClientConfig, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let trust = match (mode, &self.root) {
            (Mode::Disable | Mode::Prefer, _) | (Mode::Require, None) => Trust::Anyone,
            (Mode::Require | Mode::VerifyCa, _) => Trust::AnyName(self.verifier(&provider)?),
            (Mode::VerifyFull, _) => Trust::Named(self.verifier(&provider)?),
        };
        let builder = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| TlsError(error.to_string()))?;
        let verifier = Arc::new(Verifier { trust, provider });
        Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
    }

    fn verifier(&self, provider: &Arc<CryptoProvider>) -> Result<Arc<WebPkiServerVerifier>, TlsError> {
        let mut roots = RootCertStore::empty();
        match &self.root {
            Some(file) => {
                let unreadable = |error: &dyn fmt::Display| TlsError(format!("sslrootcert={file}: {error}"));
                let open = File::open(file).map_err(|error| unreadable(&error))?;
                for certificate in CertificateDer::pem_reader_iter(BufReader::new(open)) {
                    let certificate = certificate.map_err(|error| unreadable(&error))?;
                    roots.add(certificate).map_err(|error| unreadable(&error))?;
                }
                if roots.is_empty() {
                    return Err(unreadable(&"there is no certificate in it"));
                }
            }
            None => {
                let (added, _) =
                    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
                if added == 0 {
                    return Err(TlsError(
                        "this system has no list of authorities: name a file of them in sslrootcert=FILE"
                            .to_owned(),
                    ));
                }
            }
        }
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
            .build()
            .map_err(|error| TlsError(error.to_string()))
    }
}

impl Mode {
    fn parse(text: &str) -> Result<Self, TlsError> {
        Ok(match text {
            "disable" => Self::Disable,
            "allow" | "prefer" => Self::Prefer,
            "require" => Self::Require,
            "verify-ca" => Self::VerifyCa,
            "verify-full" => Self::VerifyFull,
            _ => {
                return Err(TlsError(format!(
                    "sslmode is {text:?}: expected disable, prefer, require, verify-ca or verify-full"
                )));
            }
        })
    }
}

/// Whose certificate is taken.
#[derive(Debug)]
enum Trust {
    Anyone,
    AnyName(Arc<WebPkiServerVerifier>),
    Named(Arc<WebPkiServerVerifier>),
}

/// What PostgreSQL's `sslmode` means, which is less than what a browser asks for.
#[derive(Debug)]
struct Verifier {
    trust: Trust,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verify = |verifier: &WebPkiServerVerifier| {
            verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
        };
        match &self.trust {
            Trust::Anyone => Ok(ServerCertVerified::assertion()),
            Trust::Named(verifier) => verify(verifier),
            // The chain is looked at before the name.
            Trust::AnyName(verifier) => match verify(verifier) {
                Err(Error::InvalidCertificate(
                    CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
                )) => Ok(ServerCertVerified::assertion()),
                answer => answer,
            },
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

fn is_loopback(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        Host::Unix(_) => true,
    }
}

/// A host, for messages.
struct Name<'a>(&'a Host);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Host::Tcp(name) => f.write_str(name),
            Host::Unix(path) => path.display().fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(url: &str) -> Result<SslMode, String> {
        let (wishes, url) = Wishes::take(url).map_err(|error| error.to_string())?;
        let mut config: Config = url.parse().unwrap();
        wishes.apply(&mut config).map_err(|error| error.to_string())?;
        Ok(config.get_ssl_mode())
    }

    #[test]
    fn loopback_is_plain_unless_the_url_says_otherwise() {
        for host in ["localhost", "127.0.0.1", "127.0.0.2", "[::1]"] {
            assert_eq!(mode(&format!("postgres://u:p@{host}:1/d")), Ok(SslMode::Disable), "{host}");
        }
        assert_eq!(mode("postgres://u:p@localhost/d?sslmode=require"), Ok(SslMode::Require));
    }

    #[test]
    fn a_network_is_crossed_encrypted_or_it_is_the_utilitys_own() {
        let refused = mode("postgres://u:secret@db.example/d?sslmode=disable").unwrap_err();
        assert!(refused.contains("verify-full") && refused.contains("db.example"), "{refused}");
        assert!(!refused.contains("secret"));
        assert!(mode("postgres://u:p@10.0.0.5/d?sslmode=prefer").is_err());
        assert_eq!(mode("postgres://u:p@10.0.0.5/d?sslmode=require"), Ok(SslMode::Require));
        let own = "postgres://u:p@10.0.0.5/d?private_network=true";
        assert_eq!(mode(own), Ok(SslMode::Disable));
        // The address is where the connection goes.
        assert!(
            mode("postgres://u:p@localhost/d?sslmode=disable&hostaddr=10.0.0.5")
                .unwrap_err()
                .contains("10.0.0.5")
        );
        // One far host among several is enough.
        assert!(mode("postgres://u:p@localhost:1,db.example:2/d?sslmode=disable").is_err());
    }

    #[test]
    fn what_is_misspelt_or_missing_is_named() {
        assert!(mode("postgres://localhost/d?sslmode=on").unwrap_err().contains("verify-full"));
        let missing = "postgres://db.example/d?sslmode=verify-full&sslrootcert=/no/such/file";
        assert!(mode(missing).unwrap_err().contains("/no/such/file"));
    }

    #[test]
    fn the_rest_of_the_url_stays() {
        let (_, url) = Wishes::take("postgres://h/d?sslmode=require&application_name=x").unwrap();
        assert_eq!(url, "postgres://h/d?application_name=x");
    }
}
