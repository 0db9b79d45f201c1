// What other values would do: the strip under a slider, and the list of changes that would help.

import { count } from 'slowlab/format.js';
import { element } from 'slowlab/panel.js';
import { plain } from 'slowlab/turned.js';

/** From here on clients who behave feel it, as the server ranks harm; and from here on they fail. */
const FELT = 4;
const FAILED = 6;

/** How a harm is shown: well, felt, failed, or not playable. */
export function level(harm) {
  if (!harm) return 'unplayable';
  if (harm.rank >= FAILED) return 'fails';
  return harm.rank >= FELT ? 'waits' : 'well';
}

/** Draws where along a knob clients are harmed. */
export function strip(row, knob, cliff, say) {
  const document = row.ownerDocument;
  const box = row.querySelector('.cliff');
  box.replaceChildren(...cliff.harm.map((harm, place) => {
    const piece = element(document, 'i', level(harm));
    piece.title = `${knob.shown[place]}: ${harm ? count(harm.size) : '–'}`;
    return piece;
  }));
  box.title = say('browse-cliff');
  box.hidden = false;
  const edge = row.querySelector('.edge');
  edge.textContent = cliff.edges.map(([low, high]) => say('browse-cliff-between', { low, high })).join(' · ');
  edge.hidden = cliff.edges.length === 0;
}

/** Takes all strips away: they were of other settings. */
export function clear(document) {
  for (const box of document.querySelectorAll('.cliff, .edge')) box.hidden = true;
}

/** Lists what would help; `choose` gets the settings of the one that is clicked. */
export function list(document, found, say, choose) {
  const note = document.getElementById('cures-note');
  const none = found.before.rank === 0 ? say('browse-cures-none') : say('browse-cures-nothing', { tried: found.tried });
  note.textContent = found.cures.length ? say('browse-cures-tried', { tried: found.tried }) : none;
  document.getElementById('cures').replaceChildren(...found.cures.map((cure) => {
    const row = element(document, 'li', cure.cures ? 'cured' : '');
    const button = element(document, 'button', '', cure.set.map(([key, value]) => `${key} = ${plain(value)}`).join(', '));
    button.type = 'button';
    button.addEventListener('click', (event) => choose(cure.set, event.timeStamp));
    const same = cure.left.rank === found.before.rank;
    const left = same ? say('browse-cure-left', { left: count(cure.left.size), before: count(found.before.size) }) : say('browse-cure-milder');
    row.append(
      element(document, 'span', `word ${cure.cures ? 'held' : 'undecided'}`, cure.cures ? say('browse-cure-gone') : left),
      ' ',
      button,
      ' ',
      element(document, 'span', 'faint', cure.price),
    );
    return row;
  }));
}

/** Asks a while after the last call, and lets what was asked before go; `stop` lets all of it go. `work` gets a signal that says so. */
export function calmly(window, delay, work) {
  let due = 0;
  let asked = null;
  const stop = () => {
    window.clearTimeout(due);
    asked?.abort();
  };
  const begin = (...about) => {
    stop();
    due = window.setTimeout(async () => {
      asked = new AbortController();
      const { signal } = asked;
      try {
        await work(signal, ...about);
      } catch (error) {
        // What nobody wants any more is no trouble; what is refused was said of the settings themselves.
        if (error.name !== 'AbortError' && !error.status) throw error;
      }
    }, delay);
  };
  return { begin, stop };
}
