// The panel that tells one request's journey.

import { span, worker } from 'slowlab/format.js';
import { journey } from 'slowlab/journey.js';

/** An element with its class and what is in it: text, or elements. */
export function element(document, name, className = '', ...content) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...content);
  return made;
}

function laneName(lane, say) {
  if (lane.startsWith('worker ')) return say('worker', { worker: worker(Number(lane.slice('worker '.length))) });
  return say(lane === 'queue' ? 'queue-lane' : lane);
}

function drawBars(document, found, group, say) {
  const grid = element(document, 'div', `bars ${group?.class ?? 'unknown'}`);
  for (const lane of new Set(found.bars.map((one) => one.lane))) {
    const track = element(document, 'div', 'track');
    for (const one of found.bars.filter((other) => other.lane === lane)) {
      const piece = element(document, 'i', `bar ${one.kind}`);
      piece.style.left = `${(one.from / found.end) * 100}%`;
      if (one.kind !== 'end') piece.style.width = `${((one.to - one.from) / found.end) * 100}%`;
      if (one.text && (one.to - one.from) / found.end > 0.12) piece.append(element(document, 'span', '', one.text));
      track.append(piece);
    }
    grid.append(element(document, 'b', '', laneName(lane, say)), track);
  }
  grid.setAttribute('aria-hidden', 'true');
  return grid;
}

/** Shows a request's journey, or that the page does not carry it, and gives it the focus; `onClose` is told when it is closed. */
export function show(panel, variant, request, say, onClose) {
  const document = panel.ownerDocument;
  const close = element(document, 'button', '', say('close'));
  close.addEventListener('click', onClose);
  panel.hidden = false;
  panel.tabIndex = -1;
  if (!request) {
    panel.replaceChildren(close, element(document, 'p', '', say('not-carried')));
    return;
  }
  const group = variant.groups[request.group];
  const found = journey(variant, request, say);
  const title = say('journey', { id: request.id, group: group?.name ?? '?', variant: variant.name });
  const closed = request.client[4] ?? found.end;
  const ended = say('ended', { kind: request.said, span: span(closed), by: request.by.replaceAll('_', ' ') });
  const list = element(document, 'ol');
  for (const step of found.steps) {
    list.append(element(document, 'li', '', element(document, 'b', '', span(step.at)), ` ${step.text}`));
  }
  panel.replaceChildren(
    close,
    element(document, 'h2', '', title),
    element(document, 'p', '', ended),
    drawBars(document, found, group, say),
    list,
  );
}

/** Takes the panel away. */
export function hide(panel) {
  panel.hidden = true;
  panel.replaceChildren();
}
