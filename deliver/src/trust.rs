//! Whom we believe to be who they say: the system's authorities, or those of a file.

use std::path::Path;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

/// Authorities of our own; none: the system's.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trust {
    pub(crate) own: Option<Vec<CertificateDer<'static>>>,
}

impl Trust {
    /// The system's authorities, or only those of a PEM file.
    pub(crate) fn read(file: Option<&Path>) -> Result<Self, String> {
        let Some(file) = file else { return Ok(Self::default()) };
        let fault = |why: &str| format!("certificates = {:?}: {why}", file.display());
        let read = CertificateDer::pem_file_iter(file).map_err(|error| fault(&error.to_string()))?;
        let own: Vec<_> = read.collect::<Result<_, _>>().map_err(|error| fault(&error.to_string()))?;
        if own.is_empty() {
            return Err(fault("no certificate stands in it"));
        }
        Ok(Self { own: Some(own) })
    }

    /// For connections that we make ourselves.
    pub(crate) fn client_config(&self) -> Result<Arc<ClientConfig>, String> {
        let mut roots = RootCertStore::empty();
        let (added, _) = match &self.own {
            Some(own) => roots.add_parsable_certificates(own.iter().cloned()),
            None => roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs),
        };
        if added == 0 {
            return Err(
                "no authority is known to this machine: certificates = \"FILE\" names some".to_owned()
            );
        }
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?;
        Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
    }
}
