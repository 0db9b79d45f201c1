//! Chance by arithmetic: a number in (0, 1) from a seed, a purpose and a request's id.
//!
//! No state and no stream: the draws of one request are the same whatever other requests there are, and in whatever order they come.
//! Each step is plain 64-bit arithmetic or one operation on a double, so that Python computes the very same numbers.

use crate::seed::Seed;

/// Ours: no draw is among the lowest or the highest of a million, so that a single request never outlasts a run, and so that the
/// largest response is known beforehand.
pub const BEYOND: f64 = 1e-6;

/// SplitMix64's increment: 2^64 over the golden ratio.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
/// 2^-53: the distance of the doubles that [`uniform`] draws.
const STEP: f64 = 1.0 / 9_007_199_254_740_992.0;

/// What is drawn. Each has numbers of its own, so that a long wait says nothing about the size of the response.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u64)]
pub enum Draw {
    /// `wait`
    Wait = 1,
    /// `cpu`
    Cpu = 2,
    /// `response`
    Response = 3,
}

/// One step of SplitMix64 (Steele, Lea and Flood 2014), as a function.
const fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(GOLDEN);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// Uniform in `[BEYOND, 1 - BEYOND]`.
pub(super) fn uniform(seed: Seed, what: Draw, request_id: u64) -> f64 {
    let bits = mix(mix(mix(seed.0) ^ what as u64) ^ request_id);
    // The shift leaves 53 bits, which a double holds exactly.
    let drawn = (bits >> 11) as f64 * STEP;
    drawn.clamp(BEYOND, 1.0 - BEYOND)
}

/// Where the tails of [`inverse_normal`] begin.
const TAIL: f64 = 0.02425;
const A: [f64; 6] = [
    -3.969683028665376e1,
    2.209460984245205e2,
    -2.759285104469687e2,
    1.38357751867269e2,
    -3.066479806614716e1,
    2.506628277459239,
];
const B: [f64; 6] = [
    -5.447609879822406e1,
    1.615858368580409e2,
    -1.556989798598866e2,
    6.680131188771972e1,
    -1.328068155288572e1,
    1.0,
];
const C: [f64; 6] = [
    -7.784894002430293e-3,
    -3.223964580411365e-1,
    -2.400758277161838,
    -2.549732539343734,
    4.374664141464968,
    2.938163982698783,
];
const D: [f64; 5] = [
    7.784695709041462e-3,
    3.224671290700398e-1,
    2.445134137142996,
    3.754408661907416,
    1.0,
];

/// The standard normal deviate that is not exceeded with probability `p` (0 to 1, both excluded): P. J. Acklam's rational
/// approximation, with a relative error below 1.15e-9.
pub fn inverse_normal(p: f64) -> f64 {
    assert!(
        p > 0.0 && p < 1.0,
        "a probability has no deviate at its ends"
    );
    if p < TAIL {
        let q = (-2.0 * p.ln()).sqrt();
        return horner(&C, q) / horner(&D, q);
    }
    if p > 1.0 - TAIL {
        let q = (-2.0 * (1.0 - p).ln()).sqrt();
        return -horner(&C, q) / horner(&D, q);
    }
    let q = p - 0.5;
    let r = q * q;
    horner(&A, r) * q / horner(&B, r)
}

/// A polynomial, its highest coefficient first. Multiplied and added in two roundings, as Python does: no fused operation.
fn horner(coefficients: &[f64], x: f64) -> f64 {
    coefficients
        .iter()
        .fold(0.0, |sum, coefficient| sum * x + coefficient)
}
