// What if: turns knobs, has the newest setting simulated, and shows what comes of it beside what the file does.

import { ask, newest, parts, put, rich } from 'slowlab/ask.js';
import { speaker } from 'slowlab/format.js';
import { follow } from 'slowlab/live.js';
import { start } from 'slowlab/page.js';
import { element } from 'slowlab/panel.js';
import { simulated } from 'slowlab/simulated.js';
import { calmly, clear, list, strip } from 'slowlab/trials.js';
import { address, placeOf, plain, settings, turn, turnedOf } from 'slowlab/turned.js';

const data = JSON.parse(document.getElementById('data').textContent);
const say = speaker(data.words);
const byKey = new Map(data.knobs.map((knob) => [knob.key, knob]));
const page = crypto.randomUUID();
const at = (id) => document.getElementById(id);
const state = { turned: turnedOf(window.location.search), toml: '', serial: 0, row: null, addressDue: 0, since: 0 };
/** The picture: what is shown, the one that answers to a pointer, how to go on with another one, and whether somebody has put a cursor into it or looks closer. */
const picture = { shown: null, answering: null, alive: null, watched: false, due: 0 };
/** It answers to a pointer once nobody has turned a knob for so long, or somebody comes near: reading what it needs for that takes as long as drawing it. */
const CALM_MS = 60;

/** Shows where each knob stands. */
function stand() {
  for (const row of document.querySelectorAll('.knob')) {
    const knob = byKey.get(row.dataset.key);
    const value = state.turned.has(knob.key) ? plain(state.turned.get(knob.key)) : knob.values[knob.at];
    const input = row.querySelector('input, select');
    const place = placeOf(knob, value);
    if (input.type === 'range') {
      if (place >= 0) input.value = String(place);
      input.setAttribute('aria-valuetext', knob.shown[place] ?? value);
    } else if (input.type === 'checkbox') input.checked = value === 'on';
    else if (place >= 0) input.selectedIndex = place;
    const output = row.querySelector('output');
    if (output) output.value = knob.shown[place] ?? value;
    row.classList.toggle('turned', state.turned.has(knob.key));
  }
  for (const button of document.querySelectorAll('[data-preset]')) {
    const set = data.presets.find((one) => one.name === button.dataset.preset)?.set ?? {};
    const same = Object.keys(set).length === state.turned.size && Object.entries(set).every(([key, value]) => plain(state.turned.get(key) ?? '') === plain(value));
    button.setAttribute('aria-pressed', String(same));
  }
  // Browsers take few changes of an address in a second, and each takes as long as the picture's layout.
  window.clearTimeout(state.addressDue);
  state.addressDue = window.setTimeout(remember, 250);
}

/** Writes the settings into the address if it does not have them yet, so that it can be passed on and comes back after a look elsewhere. */
function remember() {
  if (!state.addressDue) return;
  window.clearTimeout(state.addressDue);
  state.addressDue = 0;
  window.history.replaceState(null, '', address('/whatif', { name: data.name, lang: data.lang, turned: state.turned }));
}
window.addEventListener('pagehide', remember);

/** Puts what the server drew where it belongs; behind it stands what the file does if a knob is turned. */
function draw(answer, isTurned) {
  for (const [name, nodes] of parts(document, answer.html)) if (at(name)) put(at(name), nodes);
  put(at('sentence'), rich(document, answer.sentence));
  document.body.dataset.harm = answer.harm;
  document.querySelector('.place .engine').textContent = answer.recorded ? 'lab' : 'sim';
  // Nothing is tried of what cannot be simulated, and nothing stands behind it or behind the file itself; a pipeline has no groups.
  document.querySelector('.cures').hidden = Boolean(answer.recorded);
  document.querySelector('.key-was').hidden = Boolean(answer.recorded) || !isTurned;
  at('groups').hidden = answer.summary.variants.every((variant) => variant.groups.length === 0);
  at('asked').hidden = false;
  put(at('expectations'), answer.expectations.map((one) => {
    const row = element(document, 'p', one.held ? 'held-row' : 'failed-row');
    row.append(element(document, 'strong', '', one.held ? '✓ ' : '✗ '), one.claim, ' ', element(document, 'code', '', one.that));
    row.title = one.measured;
    return row;
  }));
  at('toml').textContent = answer.toml;
  state.toml = answer.toml;
  picture.shown?.leave();
  picture.shown = answer;
}

/** Makes the picture that is shown answer to whoever points at it, if it does not yet. */
async function enliven() {
  window.clearTimeout(picture.due);
  const { shown } = picture;
  const series = await shown?.series();
  // Meanwhile another one may have come, or it was asked twice.
  if (shown === picture.shown && shown !== picture.answering) answerWith(shown, series);
}

function answerWith(shown, series) {
  picture.answering = shown;
  if (!series) return;
  if (picture.alive) picture.alive.renew(series);
  else picture.alive = start(document, series, ({ us, view }) => { picture.watched = us !== null || view.zoom > 1; });
}
for (const near of ['pointerover', 'focusin']) at('picture').addEventListener(near, enliven, { capture: true });

const simulate = newest(async ({ turned, since }, serial, signal) => {
  try {
    const question = { name: data.name, set: settings(turned), lang: data.lang, page, serial };
    const answer = await simulated(document, question, signal);
    // A cursor stands at the same instant in the new picture, and what is read out is what was so there.
    const series = picture.watched ? await answer.series() : null;
    draw(answer, turned.size > 0);
    if (series) answerWith(answer, series);
    at('trouble').replaceChildren(...rich(document, answer.recorded ? `${answer.recorded.told} ${answer.recorded.why}` : ''));
    at('trouble').hidden = !answer.recorded;
    const lasted = performance.now() - since;
    performance.measure('what-if', { start: since, end: since + lasted, detail: { sentence: answer.sentence, serial } });
    at('took').textContent = answer.recorded ? '' : say('browse-computed', { ms: Math.round(lasted) });
    // Only once nobody turns any more: these are many runs.
    if (turned === state.turned && !answer.recorded) {
      help.begin();
      if (state.row) along.begin(state.row, byKey.get(state.row.dataset.key));
    }
  } catch (error) {
    // Somebody has turned on.
    if (signal.aborted) return;
    at('trouble').replaceChildren(...rich(document, error.message));
    at('trouble').hidden = false;
  }
  window.clearTimeout(picture.due);
  picture.due = window.setTimeout(enliven, CALM_MS);
});

/** The question that the page's settings are; of one `kind` only the newest counts. */
function question(kind) {
  state.serial += 1;
  return { name: data.name, set: settings(state.turned), lang: data.lang, page: `${page}-${kind}`, serial: state.serial };
}

/** Notes how long something took since somebody moved, for scripts/turns. */
function took(what) {
  performance.measure(what, { start: state.since, end: performance.now() });
}

const along = calmly(window, 120, async (signal, row, knob) => {
  const cliff = await ask(document, '/api/cliff', { question: question('cliff'), key: knob.key, values: knob.values }, signal);
  strip(row, knob, cliff, say);
  took('cliff');
});
const help = calmly(window, 350, async (signal) => {
  list(document, await ask(document, '/api/cures', question('cures'), signal), say, (pairs, since) => {
    const next = new Map(state.turned);
    for (const [key, value] of pairs) next.set(key, value);
    set(next, since);
  });
  took('cures');
});

/** Sets the knobs and has it simulated. `since` is the instant at which somebody moved. */
function set(turned, since) {
  state.turned = turned;
  state.since = since;
  stand();
  clear(document);
  at('diff').hidden = true;
  help.stop();
  along.stop();
  window.clearTimeout(picture.due);
  simulate({ turned, since });
}

at('knobs').addEventListener('input', (event) => {
  const row = event.target.closest('.knob');
  const knob = row && byKey.get(row.dataset.key);
  if (!knob) return;
  const input = event.target;
  const value = { range: () => knob.values[Number(input.value)], checkbox: () => (input.checked ? 'on' : 'off') }[input.type]?.() ?? input.value;
  state.row = input.type === 'range' ? row : null;
  set(turn(state.turned, knob, value), event.timeStamp);
});
at('knobs').addEventListener('focusin', (event) => {
  const row = event.target.closest('.knob');
  if (!row || event.target.type !== 'range') return;
  state.row = row;
  state.since = event.timeStamp;
  along.begin(row, byKey.get(row.dataset.key));
});
at('knobs').addEventListener('submit', (event) => event.preventDefault());
for (const button of document.querySelectorAll('[data-preset]')) {
  button.addEventListener('click', (event) => {
    const preset = data.presets.find((one) => one.name === button.dataset.preset);
    set(new Map(Object.entries(preset?.set ?? {})), event.timeStamp);
  });
}

async function copy(text) {
  await navigator.clipboard.writeText(text);
  at('copied').value = say('browse-copied');
}
at('copy-toml').addEventListener('click', () => copy(state.toml));
at('copy-diff').addEventListener('click', async () => {
  try {
    const { diff } = await ask(document, '/api/change', question('change'));
    at('diff').textContent = diff || say('browse-nothing-changed');
    at('diff').hidden = false;
    if (diff) await copy(diff);
  } catch (error) {
    at('diff').textContent = error.message;
    at('diff').hidden = false;
  }
});
at('confirm').addEventListener('click', async () => {
  at('confirm').disabled = true;
  try {
    const series = await picture.shown?.series();
    const classes = series?.variants.at(-1).groups.map((group) => group.class) ?? [];
    const begun = await ask(document, '/api/confirm', question('confirm'));
    const over = follow(document, begun, say, classes);
    at('live').scrollIntoView({ block: 'nearest' });
    await over;
  } catch (error) {
    at('live').hidden = false;
    at('live-end').textContent = error.message;
  }
  at('confirm').disabled = false;
});
at('copy-link').addEventListener('click', () => {
  remember();
  return copy(window.location.href);
});

set(state.turned, performance.now());
