//! Switches of a scenario file: what serde takes where one is not set, and which are left out where they say nothing new.

/// The default of a switch that is on.
pub(super) const fn on() -> bool {
    true
}

/// Whether it says what an unset one that is on says.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over references"
)]
pub(super) const fn is_on(value: &bool) -> bool {
    *value
}

/// Whether it says what an unset one that is off says.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over references"
)]
pub(super) const fn is_off(value: &bool) -> bool {
    !*value
}
