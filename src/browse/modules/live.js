// A run on real sockets while it lasts: what the server says of it, as it says it, and its report at the end.

import { count, span } from 'slowlab/format.js';
import { element } from 'slowlab/panel.js';

/** Shows a run in a box of the page. `classes` are the groups' colours by their place. Resolves when it is over. */
export function follow(document, begun, say, classes) {
  const at = (id) => document.getElementById(id);
  at('live').hidden = false;
  at('live-lead').textContent = say('browse-confirm-lead', { seconds: begun.seconds.toFixed(1) });
  at('live-end').replaceChildren();
  at('live-groups').replaceChildren();
  at('live-lanes').replaceChildren();
  at('live-now').textContent = '';
  const source = new document.defaultView.EventSource(begun.events);
  return new Promise((resolve) => {
    const over = (...said) => {
      source.close();
      at('live-progress').value = 1;
      at('live-end').replaceChildren(...said);
      resolve();
    };
    source.addEventListener('look', (event) => look(document, JSON.parse(event.data), say, classes));
    source.addEventListener('done', (event) => {
      const link = element(document, 'a', '', say('browse-confirm-report'));
      link.href = event.data;
      over(link);
    });
    source.addEventListener('failed', (event) => over(say('browse-confirm-failed', { why: event.data })));
    source.addEventListener('error', () => {
      if (source.readyState === 2) over(say('browse-confirm-failed', { why: '…' }));
    });
  });
}

function look(document, seen, say, classes) {
  const at = (id) => document.getElementById(id);
  at('live-progress').value = Math.min(seen.elapsed_us / Math.max(seen.duration_us, 1), 1);
  at('live-now').textContent = say('browse-confirm-now', {
    elapsed: (seen.elapsed_us / 1e6).toFixed(1),
    duration: (seen.duration_us / 1e6).toFixed(1),
    busy: seen.busy,
    slots: seen.slots ?? '∞',
    queue: count(seen.queue),
  });
  at('live-lanes').replaceChildren(...seen.lanes.slice(0, 64).map((lane) => {
    const box = element(document, 'i', `lane ${lane.group === null ? '' : classes[lane.group] ?? ''} ${lane.state}`);
    box.classList.toggle('busy', lane.group !== null);
    return box;
  }));
  at('live-groups').replaceChildren(...seen.groups.map((group) => {
    const kinds = Object.entries(group.kinds).map(([kind, many]) => `${count(many)} × ${kind}`).join(', ');
    const row = element(document, 'li', group.failed ? 'bad' : '', say('browse-confirm-group', { name: group.name, finished: count(group.finished), failed: count(group.failed) }));
    row.append([kinds, group.p99_us === null ? '' : `p99 ${span(group.p99_us)}`].filter(Boolean).map((one) => ` · ${one}`).join(''));
    return row;
  }));
}
