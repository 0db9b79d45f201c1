"""What differs from request to request, drawn by arithmetic.

A draw is a function of the run's seed, of what is drawn and of the request's id, so that a request takes the same time here, in
slowlab's own workers and in its simulation. slowlab's tests compare the numbers with those of its own arithmetic.
"""

import math

# What is drawn.
WAIT = 1
CPU = 2
RESPONSE = 3

# No draw is among the lowest or the highest of a million.
BEYOND = 1e-6
# The standard normal deviate of the 99th percentile.
Z99 = 2.3263478740408408
MASK = (1 << 64) - 1


def mix(x):
    """One step of SplitMix64, as a function."""
    x = (x + 0x9E3779B97F4A7C15) & MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
    return x ^ (x >> 31)


def uniform(seed, what, request):
    """Uniform in [BEYOND, 1 - BEYOND]."""
    bits = mix(mix(mix(seed) ^ what) ^ request)
    return min(max((bits >> 11) * 2.0**-53, BEYOND), 1.0 - BEYOND)


A = (-3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2, 1.38357751867269e2, -3.066479806614716e1, 2.506628277459239)
B = (-5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1, -1.328068155288572e1, 1.0)
C = (-7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734, 4.374664141464968, 2.938163982698783)
D = (7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416, 1.0)
TAIL = 0.02425


def horner(coefficients, x):
    """A polynomial, its highest coefficient first."""
    total = 0.0
    for coefficient in coefficients:
        total = total * x + coefficient
    return total


def inverse_normal(p):
    """The standard normal deviate that is not exceeded with probability `p`: Acklam's approximation."""
    if p < TAIL:
        q = math.sqrt(-2.0 * math.log(p))
        return horner(C, q) / horner(D, q)
    if p > 1.0 - TAIL:
        q = math.sqrt(-2.0 * math.log(1.0 - p))
        return -horner(C, q) / horner(D, q)
    q = p - 0.5
    r = q * q
    return horner(A, r) * q / horner(B, r)


def draw(quantity, seed, what, request):
    """A number as it is; or of ("exponential", mean), ("lognormal", p50, p99) or ("empirical", [(value, share), ...]) what a request gets."""
    if not isinstance(quantity, tuple):
        return quantity
    p = uniform(seed, what, request)
    shape = quantity[0]
    if shape == "exponential":
        return math.floor(-math.log(1.0 - p) * quantity[1] + 0.5)
    if shape == "lognormal":
        sigma = math.log(quantity[2] / quantity[1]) / Z99
        return math.floor(quantity[1] * math.exp(sigma * inverse_normal(p)) + 0.5)
    below = 0.0
    for value, share in quantity[1]:
        below += share
        if p < below:
            return value
    return quantity[1][-1][0]
