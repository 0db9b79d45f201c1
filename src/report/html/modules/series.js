// What a variant's series say at an instant, and which request lies near a place. Reads the page's data and nothing else.

/** Places of a segment's fields. */
export const LANE = 0;
export const FROM = 1;
export const LASTS = 2;
export const WAITING = 3;
export const GROUP = 4;
export const REQUEST = 5;

/** The data of a page with names for what comes as lists of values (`journeys.rs` writes them), and each request with the word for its end; of nothing it is nothing. */
export function opened(data) {
  if (!data) return null;
  const hop = ([tier, attempt, at, status, timer]) => ({ tier, attempt, at, status, timer });
  const hold = ([worker, at, send_blocked, ended]) => ({ worker, at, send_blocked, ended });
  const request = ([[id, row, group, at_us], [kind, by, received], client, hops, holds]) => (
    { id, row, group, at_us, kind, by, received, client, hops: hops.map(hop), holds: holds.map(hold), said: data.kinds[kind] ?? kind }
  );
  return { ...data, variants: data.variants.map((variant) => ({ ...variant, requests: variant.requests.map(request) })) };
}

/** The last sample at or before an instant; `undefined` before the first. Samples are in order. */
export function sampleAt(samples, us) {
  let low = 0;
  let high = samples.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (samples[middle][0] <= us) low = middle + 1;
    else high = middle;
  }
  return samples[low - 1];
}

/** When a request was over for its client; the end of time if it never was. */
export function endOf(request) {
  const closed = request.client[4] ?? request.client[3];
  return closed === null || closed === undefined ? Infinity : request.at_us + closed;
}

/** Whether a request failed. */
export function failed(request) {
  return request.kind !== 'ok';
}

/** The stretch of a lane at an instant. */
export function segmentAt(variant, lane, us) {
  return variant.segments.find(
    (one) => one[LANE] === lane && one[FROM] <= us && us < one[FROM] + one[LASTS],
  );
}

/** Everything that a variant was doing at an instant. `busy` is `null` where lanes were too many to be carried. */
export function stateAt(variant, us) {
  const taken = variant.segments.filter((one) => one[FROM] <= us && us < one[FROM] + one[LASTS]);
  const byGroup = new Map();
  for (const one of taken) byGroup.set(one[GROUP], (byGroup.get(one[GROUP]) ?? 0) + 1);
  const begun = variant.requests.filter((one) => one.at_us + (one.client[0] ?? 0) <= us);
  return {
    busy: variant.segments.length ? taken.length : null,
    waiting: taken.filter((one) => one[WAITING]).length,
    byGroup,
    queue: sampleAt(variant.queue, us)?.[1] ?? null,
    bytes: sampleAt(variant.bytes, us)?.[1].reduce((sum, one) => sum + one, 0) ?? null,
    open: begun.filter((one) => endOf(one) > us).length,
    failed: begun.filter((one) => failed(one) && endOf(one) <= us).length,
  };
}

/** The request that lies nearest to an instant among those that `fits` says, at most `within` away. */
export function nearest(variant, us, within, fits) {
  let best;
  let distance = within;
  for (const one of variant.requests) {
    const away = Math.abs(one.at_us - us);
    if (away <= distance && fits(one)) {
      best = one;
      distance = away;
    }
  }
  return best;
}

/** The next failed request after an instant (`direction` 1) or before it (−1), by intended start. */
export function failureFrom(variant, us, direction) {
  let best;
  for (const one of variant.requests) {
    const ahead = (one.at_us - us) * direction;
    if (failed(one) && one.row !== null && ahead > 0 && (!best || ahead < (best.at_us - us) * direction)) best = one;
  }
  return best;
}

/** A request by its id. */
export function byId(variant, id) {
  return variant.requests.find((one) => one.id === id);
}
