// The journey of one request: a bar for each party on one axis, and what happened, step by step. Instants count from its intended start.

import { bytes, span, worker as named } from 'slowlab/format.js';
import { failed } from 'slowlab/series.js';

/** A bar is there if both of its ends are known, or its second is taken from the end of the journey. */
function bar(lane, kind, from, to, text = '') {
  return from === null || from === undefined ? [] : [{ lane, kind, from, to: Math.max(to ?? from, from), text }];
}

function lastInstant(request) {
  const all = [...request.client, ...(request.hops ?? []).flatMap((hop) => hop.at), ...(request.holds ?? []).flatMap((hold) => hold.at)];
  return Math.max(1, ...all.filter((at) => at !== null && at !== undefined));
}

/** Since when the connection stood in the backend's accept queue: since whoever is before it was connected. */
function queuedFrom(variant, request) {
  const proxies = (request.hops ?? []).filter((hop) => hop.tier === 'proxy');
  const last = proxies[proxies.length - 1];
  if (last) return last.at[1];
  return variant.proxied ? null : request.client[1];
}

function bars(variant, request, end) {
  const closed = request.client[4] ?? end;
  const found = bar('client', 'plain', request.client[0], closed, request.said);
  if (failed(request)) found.push(...bar('client', 'end', closed, closed));
  for (const hop of request.hops ?? []) {
    const until = hop.at[3] ?? closed;
    found.push(...bar(hop.tier, 'plain', hop.at[0], until, hop.attempt > 1 ? `${hop.attempt}: ${hop.status}` : String(hop.status)));
    if (hop.timer) found.push(...bar(hop.tier, 'end', until, until));
  }
  const holds = request.holds ?? [];
  const queued = queuedFrom(variant, request);
  const taken = holds.length ? holds[0].at[0] ?? holds[0].at[1] : null;
  found.push(...bar('queue', 'queue', queued, taken ?? closed));
  for (const hold of holds) {
    const [, began, , read, done, released] = hold.at;
    const over = released ?? end;
    const lane = `worker ${hold.worker}`;
    found.push(...bar(lane, 'wait', began, read ?? over));
    found.push(...bar(lane, 'work', read, done ?? over));
    found.push(...bar(lane, 'wait', done, over));
  }
  return found.filter((one) => one.kind === 'end' || one.to > one.from);
}

function hopSteps(hop, say) {
  const tier = say(hop.tier);
  const [accepted, connected, header, released] = hop.at;
  const over = hop.timer
    ? say('step-timer', { timer: hop.timer, tier, status: hop.status })
    : say(hop.status >= 400 ? 'step-status' : 'step-let-go', { tier, status: hop.status });
  return [
    [accepted, say('step-accepted', { tier })],
    [connected, say('step-upstream', { tier })],
    [header, say('step-header', { tier })],
    [released, over],
  ];
}

function holdSteps(hold, queued, closed, say) {
  const worker = named(hold.worker);
  const [, began, head, , done, released] = hold.at;
  const nobody = closed !== null && began !== null && began > closed;
  const took = began !== null && queued !== null ? began - queued : 0;
  return [
    [began, nobody ? say('step-zombie', { worker }) : say('step-taken', { worker, span: span(Math.max(took, 0)) })],
    [head, say('step-head', { worker })],
    [done, say('step-done')],
    [released, hold.ended === 'killed' ? say('step-killed', { worker }) : say('step-released', { worker, span: span(hold.send_blocked) })],
  ];
}

function steps(variant, request, say) {
  const [began, connected, first, last, closed] = request.client;
  const late = began !== null && began > 50_000;
  const all = [
    [began, say(late ? 'step-late' : 'step-began')],
    [connected, say('step-connected')],
    ...(request.hops ?? []).flatMap((hop) => hopSteps(hop, say)),
    ...(request.holds ?? []).flatMap((hold) => holdSteps(hold, queuedFrom(variant, request), closed, say)),
    [first, say('step-first-byte')],
    [request.received ? last : null, say('step-last-byte', { bytes: bytes(request.received) })],
    [closed, say('step-ended', { kind: request.said })],
  ];
  return all
    .filter(([at]) => at !== null && at !== undefined)
    .map(([at, text], order) => ({ at, text, order }))
    .sort((a, b) => a.at - b.at || a.order - b.order)
    .map(({ at, text }) => ({ at, text }));
}

/** The journey: `end` in microseconds, `bars` by lane, `steps` in order. */
export function journey(variant, request, say) {
  const end = lastInstant(request);
  return { end, bars: bars(variant, request, end), steps: steps(variant, request, say) };
}
