// The theatre's page: one simulated run, played on tanks and pipes, with the tracks below at the same instant.

import { parts, rich } from 'slowlab/ask.js';
import { speaker } from 'slowlab/format.js';
import { start } from 'slowlab/page.js';
import { simulated } from 'slowlab/simulated.js';
import { address, settings, turnedOf } from 'slowlab/turned.js';
import { build } from 'slowlab/theatre.js';

const data = JSON.parse(document.getElementById('data').textContent);
const say = speaker(data.words);
const at = (id) => document.getElementById(id);
const turned = turnedOf(window.location.search);
let show = null;
let alive = null;

at('turn').href = address('/whatif', { name: data.name, lang: data.lang, turned });
try {
  const answer = await simulated(document, { name: data.name, set: settings(turned), lang: data.lang });
  for (const [name, nodes] of parts(document, answer.html)) at(name)?.replaceChildren(...nodes);
  at('sentence-text').replaceChildren(...rich(document, answer.sentence));
  if (answer.recorded) {
    document.querySelector('.place .engine').textContent = 'lab';
    at('trouble').replaceChildren(...rich(document, `${answer.recorded.told} ${answer.recorded.why}`));
    at('trouble').hidden = false;
  }
  const payload = await answer.series();
  alive = start(document, payload, ({ us }) => show?.(us ?? 0));
  show = build(at('theatre'), payload, say, (request) => alive.tell(request));
  show(0);
  at('stage').focus({ preventScroll: true });
} catch (error) {
  at('trouble').replaceChildren(...rich(document, error.message));
  at('trouble').hidden = false;
}
