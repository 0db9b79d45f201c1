//! What fields say about the scheme (`_apply_header_policy`, `secure_scheme_headers`), which WSGI and asgi have in common.

use super::Refused;

/// The fields that say it, and what a secure one says.
const SECURE: [(&str, &[u8]); 3] = [
    ("x-forwarded-protocol", b"ssl"),
    ("x-forwarded-proto", b"https"),
    ("x-forwarded-ssl", b"on"),
];

/// Whether the request came by HTTPS, as far as fields have said it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Scheme(Option<bool>);

impl Scheme {
    /// A field, which may be any.
    ///
    /// # Errors
    /// It contradicts one before.
    pub(super) fn hear(&mut self, name: &[u8], value: &[u8]) -> Result<(), Refused> {
        let mut fields = SECURE.iter();
        let Some((_, secure)) = fields.find(|of| name.eq_ignore_ascii_case(of.0.as_bytes())) else {
            return Ok(());
        };
        let says = value == *secure;
        match self.0.replace(says) {
            Some(before) if before != says => Err(Refused::bad("Contradictory scheme headers")),
            _ => Ok(()),
        }
    }
}
