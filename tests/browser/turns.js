// How long a turn of a knob takes until its picture and its sentence are drawn: every slider of every scenario that the sim plays, through its whole range, in
// Chromium. With --parts, where that time goes. With --trials, how long it takes from there until the cliff is under the slider and the cures are ranked, at each slider's
// two ends. For scripts/turns; it judges nothing.

import { launch } from './browser.js';
import { serve } from './serving.js';

/** Turns every slider of the page to each of its values, and notes what each turn took in milliseconds: all of it, and its parts. Runs in the page. */
async function turnAll() {
  const moment = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
  const painted = () => new Promise((resolve) => { requestAnimationFrame(() => setTimeout(resolve)); });
  const trouble = document.getElementById('trouble');
  const drawn = () => performance.getEntriesByName('what-if').length;
  const asked = { at: 0, answered: 0 };
  const { fetch } = window;
  window.fetch = async (address, options) => {
    const at = performance.now();
    const answer = await fetch(address, options);
    if (address === '/api/simulate') Object.assign(asked, { at, answered: performance.now() });
    return answer;
  };
  const times = { turns: [], asking: [], server: [], script: [], painting: [] };
  const to = async (input, value) => {
    const before = drawn();
    const began = performance.now();
    input.value = String(value);
    input.dispatchEvent(new Event('input', { bubbles: true }));
    while (drawn() === before && trouble.hidden) await moment(1);
    await painted();
    const ended = performance.now();
    const refused = !trouble.hidden;
    trouble.hidden = true;
    if (refused) return null;
    const shown = performance.getEntriesByName('what-if').at(-1);
    const stations = [began, asked.at, asked.answered, shown.startTime + shown.duration, ended];
    return [ended - began, ...stations.slice(1).map((at, place) => at - stations[place])];
  };
  for (const input of document.querySelectorAll('.knob input[type=range]')) {
    const own = input.value;
    for (let value = Number(input.min); value <= Number(input.max); value += 1) {
      const took = await to(input, value);
      if (took !== null) Object.values(times).forEach((all, place) => all.push(took[place]));
      await moment(16);
    }
    await to(input, own);
  }
  return times;
}

/** Turns every slider to its first and to its last value, and waits for the cliff and the cures each time: milliseconds of both. Runs in the page. */
async function tryAll() {
  const moment = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
  const trouble = document.getElementById('trouble');
  const last = (name) => performance.getEntriesByName(name).at(-1);
  const times = { cliff: [], cures: [] };
  for (const input of document.querySelectorAll('.knob input[type=range]')) {
    const own = input.value;
    for (const value of [input.min, input.max]) {
      for (const name of Object.keys(times)) performance.clearMeasures(name);
      input.value = value;
      input.dispatchEvent(new Event('input', { bubbles: true }));
      await moment(30);
      const began = performance.now();
      while (trouble.hidden && !(last('cliff') && last('cures')) && performance.now() - began < 20_000) await moment(5);
      for (const [name, all] of Object.entries(times)) if (trouble.hidden) all.push(last(name)?.duration ?? 20_000);
      trouble.hidden = true;
    }
    input.value = own;
    input.dispatchEvent(new Event('input', { bubbles: true }));
    await moment(100);
  }
  return times;
}

const share = (sorted, of) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * of))];
const line = (name, times) => {
  const sorted = [...times].sort((a, b) => a - b);
  console.log(`${name.padEnd(42)} ${String(sorted.length).padStart(6)} turns  p50 ${share(sorted, 0.5).toFixed(0)} ms  p99 ${share(sorted, 0.99).toFixed(0)} ms  most ${sorted.at(-1).toFixed(0)} ms`);
};

const server = await serve();
const browser = await launch();
const [trials, parts] = ['--trials', '--parts'].map((one) => process.argv.includes(one));
const wanted = process.argv.slice(2).filter((one) => !one.startsWith('--'));
try {
  const cards = await (await fetch(`${server.base}/api/scenarios`)).json();
  const names = cards.filter((card) => !card.only_sockets).map((card) => card.name).filter((name) => !wanted.length || wanted.includes(name));
  const all = {};
  for (const name of names) {
    const page = await (await browser.newContext({ viewport: { width: 1280, height: 720 } })).newPage();
    await page.goto(`${server.base}/whatif?scenario=${name}`);
    await page.waitForFunction(() => document.body.dataset.harm);
    // Nobody turns a knob of a page that is still coming up: it is at rest, its cures listed.
    await page.waitForLoadState('networkidle');
    const times = await page.evaluate(trials ? tryAll : turnAll);
    for (const [what, found] of Object.entries(times)) {
      if (!found.length || !(trials || parts || what === 'turns')) continue;
      line(`${name} ${what}`, found);
      (all[what] ??= []).push(...found);
    }
    await page.context().close();
  }
  for (const [what, found] of Object.entries(all)) line(`all ${what}`, found);
} finally {
  await browser.close();
  await server.end();
}
