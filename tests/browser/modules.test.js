// The page's modules that know no document: formats, scale, series, journeys, addresses, playing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address, placeOf as placeOfValue, settings, turn, turnedOf } from '../../src/browse/modules/turned.js';
import { newest } from '../../src/browse/modules/ask.js';
import { format, parse } from '../../src/report/html/modules/address.js';
import { bytes, count, span, speaker } from '../../src/report/html/modules/format.js';
import { journey } from '../../src/report/html/modules/journey.js';
import { advance, origin } from '../../src/report/html/modules/player.js';
import { WHOLE, between, following, placeOf, shareAt, ticks, zoomed } from '../../src/report/html/modules/scale.js';
import { failureFrom, nearest, opened, sampleAt, stateAt } from '../../src/report/html/modules/series.js';

test('numbers read as in the report', () => {
  const spans = [[0, '0 ms'], [8, '8 us'], [850, '0.85 ms'], [43_210, '43.2 ms'], [999_700, '1.00 s'], [60_000_000, '1 min'], [125_000_000, '2 min 5 s'], [-5_200, '−5.20 ms']];
  for (const [us, text] of spans) assert.equal(span(us), text);
  assert.equal(bytes(400), '400 B');
  assert.equal(bytes(36 * 1024), '36.0 KiB');
  assert.equal(bytes(3 << 20), '3.00 MiB');
  assert.equal(count(1234), '1234');
  assert.equal(count(1_234_567), '1\u00a0234\u00a0567');
});

test('words take their arguments and keep what they are not given', () => {
  const say = speaker({ queue: '{count} in the accept queue', both: '{a} {a} {b}' });
  assert.equal(say('queue', { count: 3 }), '3 in the accept queue');
  assert.equal(say('both', { a: 1 }), '1 1 {b}');
  assert.equal(say('nobody'), 'nobody');
});

test('an address is read as it was written', () => {
  const said = { variant: 'two tiers & more', us: 2_310_000, request: 17 };
  assert.deepEqual(parse(format(said)), said);
  assert.deepEqual(parse('#t=2.5'), { variant: null, us: 2_500_000, request: null });
  assert.equal(parse('#expectations'), null);
  assert.equal(parse(''), null);
  assert.deepEqual(parse('#t=-1&req=x'), { variant: null, us: null, request: null });
});

test('looking closer keeps the place that is looked at', () => {
  const near = zoomed(WHOLE, 4, 0.5);
  assert.equal(near.zoom, 4);
  assert.ok(Math.abs(placeOf(near, 0.5) - 0.5) < 1e-9);
  assert.ok(Math.abs(shareAt(near, placeOf(near, 0.4)) - 0.4) < 1e-9);
  assert.deepEqual(zoomed(near, 0.01, 0.5), WHOLE);
  assert.equal(zoomed(WHOLE, 1e9, 0.99).zoom, 50);
  assert.deepEqual(between(0.6, 0.2), { zoom: 2.5, pan: 0.2 });
  assert.equal(between(0.9, 0.9).zoom, 50);
  const moved = following(near, 0.9);
  assert.ok(placeOf(moved, 0.9) <= 1 && placeOf(moved, 0.9) >= 0);
  assert.equal(following(near, 0.5), near);
});

test('ticks are round, few, and tell as many digits as they differ in', () => {
  const whole = ticks(WHOLE, 4_600_000, 6).map((one) => one.text);
  assert.deepEqual(whole, ['0', '1', '2', '3', '4']);
  const near = ticks({ zoom: 50, pan: 0.5 }, 4_600_000, 6).map((one) => one.text);
  assert.ok(near.length >= 3 && near.length <= 7, `${near}`);
  assert.equal(new Set(near).size, near.length, `${near}`);
});

const VARIANT = {
  name: 'baseline',
  slots: 2,
  proxied: true,
  groups: [{ name: 'slow', class: 'slow-0' }, { name: 'visitors', class: 'healthy-0' }],
  lanes: [[1, 0], [2, 0]],
  segments: [[0, 1000, 9000, 0, 0, 1], [0, 10_000, 90_000, 1, 0, 1], [1, 2000, 500, 0, 1, 2]],
  queue: [[0, 0], [5000, 3], [50_000, 0]],
  bands: ['proxy: temp file', 'proxy: memory'],
  bytes: [[0, [0, 0]], [5000, [100, 20]]],
  requests: [
    { id: 1, row: null, group: 0, at_us: 500, kind: 'ok', by: 'completion', client: [0, 10, 20_000, 120_000, 120_000], received: 5, holds: [] },
    { id: 2, row: 0, group: 1, at_us: 1500, kind: 'ok', by: 'completion', client: [0, 10, 900, 950, 950], received: 5 },
    {
      id: 3, row: 1, group: 1, at_us: 4000, kind: '504', by: 'proxy_read_timeout',
      client: [0, 100, 30_000, 30_000, 30_000], received: 160,
      hops: [{ tier: 'proxy', attempt: 1, at: [150, 200, null, 29_900], status: 504, timer: 'proxy_read_timeout' }],
      holds: [{ worker: 1, at: [96_000, 96_000, 96_010, 96_010, 101_000, 101_500], send_blocked: 300, ended: 'released' }],
    },
  ],
};

test('an instant is told from every series', () => {
  const state = stateAt(VARIANT, 20_000);
  assert.equal(state.busy, 1);
  assert.equal(state.waiting, 1);
  assert.deepEqual([...state.byGroup], [[0, 1]]);
  assert.equal(state.queue, 3);
  assert.equal(state.bytes, 120);
  assert.equal(state.open, 2);
  assert.equal(state.failed, 0);
  assert.equal(stateAt(VARIANT, 40_000).failed, 1);
  assert.equal(stateAt({ ...VARIANT, segments: [] }, 0).busy, null);
  assert.equal(sampleAt([], 5), undefined);
  assert.equal(sampleAt(VARIANT.queue, -1), undefined);
  assert.deepEqual(sampleAt(VARIANT.queue, 5000), [5000, 3]);
});

test('requests that come as lists of values get names', () => {
  const hop = ['proxy', 1, [150, 200, null, 29_900], 504, 'proxy_read_timeout'];
  const hold = [1, [96_000, 96_000, 96_010, 96_010, 101_000, 101_500], 300, 'released'];
  const lists = [[[3, 1, 1, 4000], ['504', 'proxy_read_timeout', 160], [0, 100, 30_000, 30_000, 30_000], [hop], [hold]]];
  const data = opened({ kinds: { refused: 'turned away' }, variants: [{ name: 'baseline', requests: lists }] });
  const [{ requests: [found], name }] = data.variants;
  assert.deepEqual([name, found], ['baseline', { ...VARIANT.requests[2], said: '504' }]);
  const lost = [[9, 1, 1, 0], ['refused', 'upstream', 0], [60_000, null, null, null, 60_500], [], []];
  assert.equal(opened({ kinds: { refused: 'turned away' }, variants: [{ requests: [lost] }] }).variants[0].requests[0].said, 'turned away');
});

test('the nearest request is found, and the next failure', () => {
  assert.equal(nearest(VARIANT, 1400, 200, (one) => one.row === 0).id, 2);
  assert.equal(nearest(VARIANT, 1400, 50, (one) => one.row === 0), undefined);
  assert.equal(failureFrom(VARIANT, -1, 1).id, 3);
  assert.equal(failureFrom(VARIANT, 4000, 1), undefined);
  assert.equal(failureFrom(VARIANT, 9000, -1).id, 3);
});

test('a journey names the timer, the wait in the queue, and the worker that worked for nobody', () => {
  const say = (name, values = {}) => `${name} ${Object.values(values).join(' ')}`.trim();
  const found = journey(VARIANT, VARIANT.requests[2], say);
  assert.equal(found.end, 101_500);
  const queue = found.bars.find((one) => one.lane === 'queue');
  assert.deepEqual([queue.from, queue.to], [200, 96_000]);
  const kinds = found.bars.filter((one) => one.lane === 'worker 1').map((one) => one.kind);
  assert.deepEqual(kinds, ['wait', 'work', 'wait']);
  const steps = found.steps.map((one) => one.text);
  assert.deepEqual(steps.map((text) => text.split(' ')[0]), [
    'step-began', 'step-connected', 'step-accepted', 'step-upstream', 'step-timer', 'step-first-byte', 'step-last-byte', 'step-ended',
    'step-zombie', 'step-head', 'step-done', 'step-released',
  ]);
  const sorted = [...found.steps].sort((a, b) => a.at - b.at);
  assert.deepEqual(found.steps, sorted);
});

test('a journey of a request that nobody answered has the client alone', () => {
  const lost = { id: 9, row: 1, group: 1, at_us: 0, kind: 'refused', by: 'upstream', client: [60_000, null, null, null, 60_500], received: 0, expected: null, attempt: 1 };
  const found = journey({ ...VARIANT, proxied: false }, lost, (name) => name);
  assert.deepEqual(new Set(found.bars.map((one) => one.lane)), new Set(['client']));
  assert.equal(found.steps[0].text, 'step-late');
});

test('playing goes on from where it was, and ends', () => {
  assert.equal(origin(null, 100), 0);
  assert.equal(origin(100, 100), 0);
  assert.equal(origin(40, 100), 40);
  assert.deepEqual(advance(0, 10, 0.5, 1e6), { us: 5000, over: false });
  assert.deepEqual(advance(999_999, 10, 1, 1e6), { us: 1e6, over: true });
});

test('knobs that are turned stand in the address, and those that are as in the file do not', () => {
  const workers = { key: 'backend.workers', values: ['1', '4', '8'], at: 1 };
  const buffering = { key: 'proxy.proxy_buffering', values: ['on', 'off'], at: 1 };
  const turned = turn(turn(new Map(), workers, '8'), buffering, 'true');
  assert.deepEqual(settings(turned), ['backend.workers=8', 'proxy.proxy_buffering=true']);
  assert.deepEqual(settings(turn(turned, workers, '4')), ['proxy.proxy_buffering=true']);
  assert.equal(placeOfValue(buffering, 'true'), 0);
  assert.equal(placeOfValue(workers, '5'), -1);
  const said = address('/whatif', { name: 'a b&c', lang: 'ko', turned });
  assert.match(said, /scenario=a\+b%26c/);
  assert.deepEqual(turnedOf(said.slice(said.indexOf('?'))), turned);
  assert.deepEqual([...turnedOf('?set=backend.workers%3D8&set=x%3Da%3Db')], [['backend.workers', '8'], ['x', 'a=b']]);
});

test('of what comes in while work is done only the newest is done', async () => {
  const done = [];
  let finish;
  const take = newest(async (what, serial) => {
    done.push([what, serial]);
    await new Promise((resolve) => { finish = resolve; });
  });
  for (const what of ['a', 'b', 'c']) take(what);
  assert.deepEqual(done, [['a', 1]]);
  finish();
  await new Promise((resolve) => { setImmediate(resolve); });
  assert.deepEqual(done, [['a', 1], ['c', 2]]);
});

test('slow work is let go for what is newer, but not for long without anything shown', async () => {
  const wait = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
  const [done, dropped] = [[], []];
  const take = newest(async (what, serial, signal) => {
    await Promise.race([wait(300), new Promise((resolve) => { signal.addEventListener('abort', resolve); })]);
    (signal.aborted ? dropped : done).push(what);
  });
  take('a');
  take('b');
  while (!done.length) await wait(5);
  assert.deepEqual([dropped, done], [['a'], ['b']]);
  // Somebody who never stops sees something now and then.
  for (let what = 0; done.length < 2; what += 1) {
    take(what);
    await wait(10);
  }
  assert.ok(dropped.length > 3, `${dropped.length}`);
});
