// The bar of controls below the first picture, and what it reads out about the instant under the cursor.

import { bytes, count, instant } from 'slowlab/format.js';
import { element } from 'slowlab/panel.js';
import { SPEEDS } from 'slowlab/player.js';
import { sampleAt, stateAt } from 'slowlab/series.js';

/** Steps of the slider. */
const STEPS = 1000;

/** What a variant was doing at an instant, in words. */
export function told(variant, us, say) {
  if (variant.stages) {
    const doing = ['stage-work', 'stage-read', 'stage-write', 'stage-gone'];
    return variant.stages
      .map(([name, since]) => `${name}: ${say(doing[sampleAt(since, us)?.[1] ?? 3])}`)
      .join(' · ');
  }
  const state = stateAt(variant, us);
  const parts = [];
  if (state.busy !== null) {
    const groups = [...state.byGroup].map(([group, many]) =>
      say('by', { count: many, group: variant.groups[group]?.name ?? '?' }),
    );
    const workers = variant.slots === null ? 'workers-free' : 'workers';
    const taken = say(workers, { busy: state.busy, slots: variant.slots });
    parts.push(groups.length ? `${taken} (${groups.join(', ')})` : taken);
    if (state.waiting) parts.push(say('waiting', { count: state.waiting }));
  }
  if (state.queue !== null) parts.push(say('queue', { count: count(state.queue) }));
  if (state.bytes) parts.push(say('held', { bytes: bytes(state.bytes) }));
  parts.push(say('open', { count: count(state.open) }), say('failed', { count: count(state.failed) }));
  return parts.join(' · ');
}

/** Builds the bar; `act` has a function per control. Returns how to tell it what is shown. */
export function build(bar, variants, say, act) {
  const document = bar.ownerDocument;
  const button = (sign, name, run) => {
    const made = element(document, 'button', '', sign);
    made.type = 'button';
    made.title = say(name);
    made.setAttribute('aria-label', say(name));
    made.addEventListener('click', run);
    return made;
  };
  const play = button('▶', 'play', act.play);
  const slider = element(document, 'input');
  slider.type = 'range';
  slider.min = '0';
  slider.max = String(STEPS);
  slider.setAttribute('aria-label', say('time'));
  slider.addEventListener('input', () => act.seek(Number(slider.value) / STEPS));
  const speed = element(document, 'select');
  speed.setAttribute('aria-label', say('speed'));
  for (const one of SPEEDS) {
    const option = element(document, 'option', '', `${one}×`);
    option.value = String(one);
    option.selected = one === 1;
    speed.append(option);
  }
  speed.addEventListener('change', () => act.speed(Number(speed.value)));
  const readout = element(document, 'div', 'readout');
  const lines = variants.map(() => element(document, 'p'));
  readout.append(...lines);
  // A pipeline has no requests that could fail.
  const asks = variants.some((variant) => !variant.stages);
  const failures = asks
    ? [button('× ◀', 'previous-failure', () => act.failure(-1)), button('× ▷', 'next-failure', () => act.failure(1))]
    : [];
  bar.append(
    play,
    button('◀', 'back', () => act.step(-1)),
    button('▷', 'forward', () => act.step(1)),
    speed,
    slider,
    button('+', 'closer', () => act.zoom(2)),
    button('−', 'wider', () => act.zoom(0.5)),
    button(say('whole'), 'whole', act.whole),
    ...failures,
    readout,
  );
  bar.title = '';
  bar.hidden = false;
  lines[0]?.replaceChildren(say(asks ? 'keys' : 'keys-of-stages'));
  return {
    /** The instant is `null` before anybody chose one. */
    show(us, endUs) {
      if (us === null) return;
      slider.value = String(Math.round((us / endUs) * STEPS));
      const texts = variants.map((variant) => told(variant, us, say));
      slider.setAttribute('aria-valuetext', `${instant(us)}: ${texts[0] ?? ''}`);
      variants.forEach((variant, place) => {
        lines[place].replaceChildren(element(document, 'strong', '', `${variant.name}, ${instant(us)}`), `: ${texts[place]}`);
      });
    },
    playing(yes) {
      play.replaceChildren(yes ? '■' : '▶');
      play.title = say(yes ? 'pause' : 'play');
      play.setAttribute('aria-label', play.title);
    },
  };
}
