//! What the printer tells about itself.

use std::time::Duration;

use super::{
    super::ipp::{Group, Value, group, operation},
    DocumentPrinterSim,
};

impl DocumentPrinterSim {
    pub(super) fn printer_attributes(&self, now: Duration) -> Group {
        let keyword = |it: &str| Value::Keyword(it.into());
        let state = if self.is_stopped() {
            5
        } else if self.jobs.current().is_some() {
            4
        } else {
            3
        };
        let mut operations = vec![
            operation::PRINT_JOB,
            operation::CANCEL_JOB,
            operation::GET_JOB_ATTRIBUTES,
            operation::GET_PRINTER_ATTRIBUTES,
        ];
        if !self.has("only_print_job") {
            operations.extend([operation::CREATE_JOB, operation::SEND_DOCUMENT]);
        }
        let format = if self.has("no_pdf") { "image/pwg-raster" } else { "application/pdf" };
        let supply = format!(
            "index=1;class=supplyThatIsConsumed;type=toner;unit=percent;maxcapacity=100;level={};\
             colorantname=black;",
            self.toner_percent
        );
        let octets = |text: String| Value::Other(0x30, text.into_bytes());
        self.fixed_attributes(now)
            .with("printer-make-and-model", Value::Text("Hall24 simulated printer".into()))
            .with("printer-state", Value::Enum(state))
            .with_all("printer-state-reasons", self.reasons().into_iter().map(keyword).collect())
            .with("printer-is-accepting-jobs", Value::Boolean(!self.has("rejects_jobs")))
            .with_all(
                "operations-supported",
                operations.into_iter().map(|it| Value::Enum(it.into())).collect(),
            )
            .with("document-format-supported", Value::MimeType(format.into()))
            .with_all(
                "media-supported",
                vec![keyword("iso_a4_210x297mm"), keyword("iso_a5_148x210mm")],
            )
            .with("printer-supply", octets(supply))
    }

    /// What every printer has to tell (RFC 8011 §5.4).
    fn fixed_attributes(&self, now: Duration) -> Group {
        let text = |it: &str| Value::Text(it.into());
        let keyword = |it: &str| Value::Keyword(it.into());
        let uri = |it: &str| Value::Uri(it.into());
        let up_s = i32::try_from(now.as_secs()).unwrap_or(i32::MAX).saturating_add(1);
        Group::new(group::PRINTER)
            .with("charset-configured", Value::Charset("utf-8".into()))
            .with("charset-supported", Value::Charset("utf-8".into()))
            .with("compression-supported", keyword("none"))
            .with("document-format-default", Value::MimeType("application/pdf".into()))
            .with("generated-natural-language-supported", Value::Language("en".into()))
            .with_all("ipp-versions-supported", vec![keyword("1.1"), keyword("2.0")])
            .with("natural-language-configured", Value::Language("en".into()))
            .with("pdl-override-supported", keyword("attempted"))
            .with("printer-info", text("Simulated printer"))
            .with("printer-location", text("Self-service area"))
            .with("printer-more-info", uri("http://localhost/"))
            .with("printer-name", Value::Name("hall24".into()))
            .with("printer-up-time", Value::Integer(up_s))
            .with("printer-uri-supported", uri("ipp://localhost/ipp/print"))
            .with("queued-job-count", Value::Integer(self.jobs.waiting()))
            .with("uri-authentication-supported", keyword("none"))
            .with("uri-security-supported", keyword("none"))
    }
}
