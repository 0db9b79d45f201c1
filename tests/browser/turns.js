// How long a turn of a knob takes until its picture and its sentence are drawn: every slider of every scenario that the sim plays, through its whole range, in
// Chromium. For scripts/turns; it judges nothing.

import { launch } from './browser.js';
import { serve } from './serving.js';

/** Turns every slider of the page to each of its values, and notes what each turn took in milliseconds. Runs in the page. */
async function turnAll() {
  const moment = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
  const painted = () => new Promise((resolve) => { requestAnimationFrame(() => setTimeout(resolve)); });
  const trouble = document.getElementById('trouble');
  const drawn = () => performance.getEntriesByName('what-if').length;
  const times = [];
  const to = async (input, value) => {
    const before = drawn();
    const began = performance.now();
    input.value = String(value);
    input.dispatchEvent(new Event('input', { bubbles: true }));
    while (drawn() === before && trouble.hidden) await moment(1);
    await painted();
    const refused = !trouble.hidden;
    trouble.hidden = true;
    return refused ? null : performance.now() - began;
  };
  for (const input of document.querySelectorAll('.knob input[type=range]')) {
    const own = input.value;
    for (let value = Number(input.min); value <= Number(input.max); value += 1) {
      const took = await to(input, value);
      if (took !== null) times.push(took);
      await moment(16);
    }
    await to(input, own);
  }
  return times;
}

const share = (sorted, of) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * of))];
const line = (name, times) => {
  const sorted = [...times].sort((a, b) => a - b);
  console.log(`${name.padEnd(34)} ${String(sorted.length).padStart(6)} turns  p50 ${share(sorted, 0.5).toFixed(0)} ms  p99 ${share(sorted, 0.99).toFixed(0)} ms  most ${sorted.at(-1).toFixed(0)} ms`);
};

const server = await serve();
const browser = await launch();
const wanted = process.argv.slice(2);
try {
  const cards = await (await fetch(`${server.base}/api/scenarios`)).json();
  const names = cards.filter((card) => !card.only_sockets).map((card) => card.name).filter((name) => !wanted.length || wanted.includes(name));
  const all = [];
  for (const name of names) {
    const page = await (await browser.newContext({ viewport: { width: 1280, height: 720 } })).newPage();
    await page.goto(`${server.base}/whatif?scenario=${name}`);
    await page.waitForFunction(() => document.body.dataset.harm);
    const times = await page.evaluate(turnAll);
    if (times.length) line(name, times);
    all.push(...times);
    await page.context().close();
  }
  line('all', all);
} finally {
  await browser.close();
  await server.end();
}
