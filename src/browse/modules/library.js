// The library: search as one types, tags that search, cards that play on a click.

import { rich } from 'slowlab/ask.js';
import { told } from 'slowlab/controls.js';
import { count, instant, speaker } from 'slowlab/format.js';
import { element } from 'slowlab/panel.js';
import { advance } from 'slowlab/player.js';
import { simulated } from 'slowlab/simulated.js';
import { scene } from 'slowlab/theatre.js';

const data = JSON.parse(document.getElementById('data').textContent);
const say = speaker(data.words);
const search = document.getElementById('search');
const cards = [...document.querySelectorAll('.card')];

function look() {
  const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const card of cards) {
    const fits = wanted.every((word) => card.dataset.find.includes(word));
    card.hidden = !fits;
    shown += fits;
  }
  document.querySelector('.none').hidden = shown > 0;
  document.getElementById('found').value = wanted.length ? say('browse-found', { count: shown }) : '';
  const address = new URL(window.location.href);
  if (search.value) address.searchParams.set('q', search.value);
  else address.searchParams.delete('q');
  window.history.replaceState(null, '', address);
}

/** A run takes so long to watch, however long it was. */
const WATCHED_MS = 5000;

/** The set-up of a card, playing: lanes of workers, the accept queue, and what becomes of each group. */
function draw(box, variant, us) {
  if (variant.stages) return box.replaceChildren(element(document, 'div', 'told', element(document, 'span', 'faint', instant(us)), element(document, 'span', '', told(variant, us, say))));
  const now = scene(variant, us);
  const most = Math.max(1, ...variant.queue.map((one) => one[1]));
  const lanes = element(document, 'div', 'lanes', ...now.lanes.slice(0, 32).map(({ taken }) => {
    const group = taken && variant.groups[taken[4]];
    return element(document, 'i', `${group?.class ?? ''} ${taken ? (taken[3] ? 'waits' : 'works') : ''}`);
  }));
  const level = element(document, 'i');
  level.style.width = `${(now.queue / most) * 100}%`;
  const said = now.groups.map((group) => element(document, 'span', '', `${group.name} ✓ ${count(group.done)}`, group.failed ? element(document, 'em', '', ` × ${count(group.failed)}`) : ''));
  return box.replaceChildren(lanes, element(document, 'div', 'queue', level), element(document, 'div', 'told', element(document, 'span', 'faint', instant(us)), ...said));
}

async function play(card) {
  const box = card.querySelector('.play');
  const mini = element(document, 'div', 'mini');
  box.replaceChildren(mini);
  let recorded = null;
  try {
    const answer = await simulated(document, { name: card.dataset.name, lang: data.lang });
    const payload = await answer.series();
    const [variant] = payload.variants;
    const calm = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
    const speed = payload.end_us / 1000 / WATCHED_MS;
    let us = 0;
    let last = performance.now();
    await new Promise((resolve) => {
      const frame = (now) => {
        // With motion reduced it goes by a step every second.
        if (!calm || now - last >= 1000) {
          const next = advance(us, now - last, speed, payload.end_us);
          last = now;
          us = next.us;
          draw(mini, variant, us);
          if (next.over) return resolve();
        }
        return window.requestAnimationFrame(frame);
      };
      window.requestAnimationFrame(frame);
    });
    mini.append(element(document, 'p', 'sentence', ...rich(document, answer.sentence)));
    recorded = answer.recorded;
    if (recorded) mini.append(element(document, 'p', 'faint', recorded.told));
  } catch (error) {
    mini.replaceChildren(element(document, 'p', 'note', error.message));
  }
  const again = element(document, 'button', '', say(recorded ? 'browse-play-recorded' : 'browse-play'));
  again.type = 'button';
  again.addEventListener('click', () => play(card));
  box.append(again);
}

for (const card of cards) card.querySelector('.play button')?.addEventListener('click', () => play(card));
search.addEventListener('input', look);
for (const tag of document.querySelectorAll('.tag')) {
  tag.addEventListener('click', () => {
    search.value = tag.dataset.tag.replaceAll('`', '');
    look();
    search.focus();
  });
}
look();
