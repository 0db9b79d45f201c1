//! Quantities that differ from request to request: a fixed one, or drawn.
//!
//! In files `"20ms"`, `{ exponential = "20ms" }`, `{ lognormal = { p50 = "20ms", p99 = "400ms" } }` or
//! `{ empirical = [["10ms", 0.9], ["2s", 0.1]] }`; the same with sizes.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, DeserializeOwned, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::draw::{self, BEYOND, Draw, inverse_normal};
use crate::seed::Seed;
use crate::time::Span;
use crate::units::{ByteRate, Bytes};

/// The standard normal deviate of the 99th percentile.
const Z99: f64 = 2.326_347_874_040_840_8;

/// What can be drawn: a length of time, a size or a rate.
pub trait Quantity:
    Copy + PartialOrd + Default + fmt::Display + FromStr<Err = String> + Serialize + DeserializeOwned
{
    /// What a file must write, for messages.
    const WHAT: &'static str;
    /// The amount in the unit that is drawn: microseconds, bytes, bytes per second.
    fn amount(self) -> f64;
    /// The quantity nearest to an amount, which is not negative: whole microseconds, whole bytes.
    fn nearest(amount: f64) -> Self;
}

impl Quantity for Span {
    const WHAT: &'static str = "a duration such as \"250ms\"";

    fn amount(self) -> f64 {
        self.as_ns() as f64 / 1e3
    }

    fn nearest(amount: f64) -> Span {
        Span::from_us((amount + 0.5).floor() as u64)
    }
}

impl Quantity for Bytes {
    const WHAT: &'static str = "a size such as \"64KiB\"";

    fn amount(self) -> f64 {
        self.0 as f64
    }

    fn nearest(amount: f64) -> Bytes {
        Bytes((amount + 0.5).floor() as u64)
    }
}

impl Quantity for ByteRate {
    const WHAT: &'static str = "a rate such as \"40KiB/s\"";

    fn amount(self) -> f64 {
        self.0 as f64
    }

    fn nearest(amount: f64) -> ByteRate {
        ByteRate((amount + 0.5).floor() as u64)
    }
}

/// A quantity, the same for all requests or drawn for each.
#[derive(Clone, PartialEq, Debug)]
pub enum Distribution<Q> {
    /// Always this.
    Fixed(Q),
    /// With this mean, as waiting times of independent events have it.
    Exponential(Q),
    /// Its logarithm is normal: what durations and sizes in the wild come nearest to.
    Lognormal {
        /// The median. More than zero.
        p50: Q,
        /// The 99th percentile. Not less than the median.
        p99: Q,
    },
    /// One of these. Shares are positive and come to 1.
    Empirical(Vec<Share<Q>>),
}

/// One value of an empirical distribution and its share of requests: `["10ms", 0.9]`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Share<Q> {
    /// The value.
    pub value: Q,
    /// The share of requests that get it, more than 0 and at most 1.
    pub share: f64,
}

impl<Q: Quantity> Distribution<Q> {
    /// What a request gets. A fixed quantity stays as it was written, to the nanosecond.
    pub fn draw(&self, seed: Seed, what: Draw, request_id: u64) -> Q {
        match self {
            Distribution::Fixed(value) => *value,
            drawn => drawn.quantile(draw::uniform(seed, what, request_id)),
        }
    }

    /// What is not exceeded with probability `p` (0 to 1, both excluded).
    pub fn quantile(&self, p: f64) -> Q {
        match self {
            Distribution::Fixed(value) => *value,
            Distribution::Exponential(mean) => Q::nearest(-(1.0 - p).ln() * mean.amount()),
            Distribution::Lognormal { p50, .. } => {
                Q::nearest(p50.amount() * (self.sigma() * inverse_normal(p)).exp())
            }
            Distribution::Empirical(shares) => {
                let mut below = 0.0;
                let reached = shares.iter().find(|one| {
                    below += one.share;
                    p < below
                });
                reached
                    .or(shares.last())
                    .map_or_else(Q::default, |one| one.value)
            }
        }
    }

    /// The mean over all requests.
    pub fn mean(&self) -> Q {
        match self {
            Distribution::Fixed(value) | Distribution::Exponential(value) => *value,
            Distribution::Lognormal { p50, .. } => {
                let sigma = self.sigma();
                Q::nearest(p50.amount() * (sigma * sigma / 2.0).exp())
            }
            Distribution::Empirical(shares) => Q::nearest(
                shares
                    .iter()
                    .map(|one| one.share * one.value.amount())
                    .sum(),
            ),
        }
    }

    /// The most that any request can get.
    pub fn most(&self) -> Q {
        match self {
            Distribution::Empirical(shares) => {
                let values = shares.iter().map(|one| one.value);
                values.fold(
                    Q::default(),
                    |most, value| {
                        if value > most { value } else { most }
                    },
                )
            }
            other => other.quantile(1.0 - BEYOND),
        }
    }

    /// Whether every request gets nothing at all.
    pub fn is_nothing(&self) -> bool {
        self.most() == Q::default()
    }

    /// The standard deviation of the logarithm.
    pub(super) fn sigma(&self) -> f64 {
        match self {
            Distribution::Lognormal { p50, p99 } => (p99.amount() / p50.amount()).ln() / Z99,
            _ => 0.0,
        }
    }
}

impl<Q: Quantity> Default for Distribution<Q> {
    fn default() -> Distribution<Q> {
        Distribution::Fixed(Q::default())
    }
}

impl<Q: Quantity> From<Q> for Distribution<Q> {
    fn from(value: Q) -> Distribution<Q> {
        Distribution::Fixed(value)
    }
}

/// For people: `20ms`, or `20ms on average (exponential)`.
impl<Q: Quantity> fmt::Display for Distribution<Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Distribution::Fixed(value) => write!(f, "{value}"),
            Distribution::Exponential(mean) => write!(f, "{mean} on average (exponential)"),
            Distribution::Lognormal { p50, p99 } => write!(f, "p50 {p50}, p99 {p99} (lognormal)"),
            Distribution::Empirical(shares) => write!(f, "one of {} values", shares.len()),
        }
    }
}

impl<Q: Quantity> Serialize for Distribution<Q> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const NAME: &str = "Distribution";
        match self {
            Distribution::Fixed(value) => value.serialize(serializer),
            Distribution::Exponential(mean) => {
                serializer.serialize_newtype_variant(NAME, 0, "exponential", mean)
            }
            Distribution::Lognormal { p50, p99 } => {
                let body = Percentiles {
                    p50: *p50,
                    p99: *p99,
                };
                serializer.serialize_newtype_variant(NAME, 1, "lognormal", &body)
            }
            Distribution::Empirical(shares) => {
                serializer.serialize_newtype_variant(NAME, 2, "empirical", shares)
            }
        }
    }
}

impl<Q: JsonSchema> JsonSchema for Distribution<Q> {
    fn schema_name() -> Cow<'static, str> {
        format!("DistributionOf{}", Q::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<Q>();
        let percentiles = generator.subschema_for::<Percentiles<Q>>();
        let share = json_schema!({ "type": "array", "prefixItems": [one, { "type": "number" }], "items": false });
        let shape = |name: &str, body: Schema| json_schema!({ "type": "object", "properties": { name: body }, "required": [name], "additionalProperties": false });
        json_schema!({ "anyOf": [
            one,
            shape("exponential", one.clone()),
            shape("lognormal", percentiles),
            shape("empirical", json_schema!({ "type": "array", "items": share })),
        ]})
    }
}

impl<Q: Serialize> Serialize for Share<Q> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (&self.value, self.share).serialize(serializer)
    }
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Percentiles<Q> {
    p50: Q,
    p99: Q,
}

/// The tags of a drawn quantity. Read as keys, so that a misspelt one is marked where it stands.
#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "kebab-case")]
enum Shape {
    Exponential,
    Lognormal,
    Empirical,
}

/// A string is a fixed quantity, a table is one of the shapes: by hand, since serde's `untagged` would lose the place of a mistake.
impl<'de, Q: Quantity> Deserialize<'de> for Distribution<Q> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Distribution<Q>, D::Error> {
        deserializer.deserialize_any(Reader(PhantomData))
    }
}

struct Reader<Q>(PhantomData<Q>);

impl<'de, Q: Quantity> Visitor<'de> for Reader<Q> {
    type Value = Distribution<Q>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (a string with a unit)", Q::WHAT)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Distribution<Q>, E> {
        text.parse().map(Distribution::Fixed).map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Distribution<Q>, A::Error> {
        let one = "exactly one of `exponential`, `lognormal` and `empirical`";
        let distribution = match map.next_key::<Shape>()? {
            None => return Err(de::Error::invalid_length(0, &one)),
            Some(Shape::Exponential) => Distribution::Exponential(map.next_value()?),
            Some(Shape::Lognormal) => {
                let Percentiles { p50, p99 } = map.next_value()?;
                Distribution::Lognormal { p50, p99 }
            }
            Some(Shape::Empirical) => Distribution::Empirical(map.next_value()?),
        };
        match map.next_key::<Shape>()? {
            None => Ok(distribution),
            Some(_) => Err(de::Error::invalid_length(2, &one)),
        }
    }
}

impl<'de, Q: Quantity> Deserialize<'de> for Share<Q> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Share<Q>, D::Error> {
        deserializer.deserialize_any(ShareReader(PhantomData))
    }
}

struct ShareReader<Q>(PhantomData<Q>);

impl<'de, Q: Quantity> Visitor<'de> for ShareReader<Q> {
    type Value = Share<Q>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a value and its share of requests, as in [\"10ms\", 0.9]"
        )
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Share<Q>, A::Error> {
        let value: Q = items
            .next_element()?
            .ok_or_else(|| de::Error::invalid_type(Unexpected::Seq, &self))?;
        let share: f64 = items
            .next_element()?
            .ok_or_else(|| de::Error::invalid_type(Unexpected::Seq, &self))?;
        match items.next_element::<de::IgnoredAny>()? {
            None => Ok(Share { value, share }),
            Some(_) => Err(de::Error::invalid_type(Unexpected::Seq, &self)),
        }
    }
}
