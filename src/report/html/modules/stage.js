// The pictures on the page: a cursor through all of them, what lies under the pointer, a stretch of time to look at closer.

import { bytes, span, worker } from 'slowlab/format.js';
import { element } from 'slowlab/panel.js';
import { placeOf, shareAt, ticks } from 'slowlab/scale.js';
import { FROM, GROUP, LASTS, REQUEST, WAITING, byId, endOf, nearest, sampleAt, segmentAt } from 'slowlab/series.js';

/** Pixels around a mark within which it is meant. */
const NEAR_PX = 9;
/** Pixels from which on a drag is one. */
const DRAG_PX = 8;

/** Which of so many lanes is so many pixels from the top: they may be of several heights. */
function laneAt(plot, y, many) {
  const { tops, lanes } = plot.dataset;
  return tops ? tops.split(' ').findLastIndex((top) => Number(top) <= y) : Math.floor(y / (lanes / many));
}

/** What lies under the pointer in a plot: a request, if there is one, and words about it. */
function under(data, variant, plot, us, share, usPerPx, say) {
  if (plot.classList.contains('lanes')) {
    const lane = laneAt(plot, share * plot.clientHeight, variant.lanes.length);
    const found = segmentAt(variant, lane, us);
    if (!found) return null;
    const group = variant.groups[found[GROUP]]?.name ?? '?';
    const whose = { worker: worker(variant.lanes[lane]?.[0]), group, span: span(found[LASTS]) };
    const doing = say(found[WAITING] ? 'waits' : 'at-work');
    const request = found[REQUEST] === null ? undefined : byId(variant, found[REQUEST]);
    return { request, text: `${say('lane', whose)}, ${doing}` };
  }
  if (plot.classList.contains('bytes')) {
    const held = sampleAt(variant.bytes, us)?.[1] ?? [];
    const parts = variant.bands.map((name, place) => [name, held[place] ?? 0]).filter(([, many]) => many > 0);
    // As they lie on one another: the topmost first.
    return parts.length ? { text: parts.reverse().map(([name, many]) => `${name}: ${bytes(many)}`).join(' · ') } : null;
  }
  const within = NEAR_PX * usPerPx;
  const row = plot.dataset.row;
  const request = row !== undefined
    ? nearest(variant, us, within, (one) => one.row === Number(row))
    : plot.classList.contains('latency') && nearLatency(data, variant, plot, us, share, within);
  if (!request) return null;
  const group = variant.groups[request.group]?.name ?? '?';
  const name = say('request', { id: request.id, group });
  return { request, text: `${name}: ${request.said}, ${span(endOf(request) - request.at_us)}` };
}

/** The request whose point in the picture of latencies lies nearest. */
function nearLatency(data, variant, plot, us, share, within) {
  const [low, high] = data.latency;
  const near = (one) => {
    const lasts = endOf(one) - one.at_us;
    const up = Math.log(Math.max(lasts, low) / low) / Math.log(high / low);
    return Math.abs((1 - up - share) * plot.clientHeight) <= NEAR_PX;
  };
  return nearest(variant, us, within, near);
}

/** Makes a part of the page answer to the pointer. `act` is told what is wanted; returns how to draw what is shown. */
export function enliven(root, data, say, act) {
  const document = root.ownerDocument;
  const panes = [...root.querySelectorAll('.pane')].map((pane) => ({
    variant: data.variants[Number(pane.dataset.variant)],
    place: Number(pane.dataset.variant),
    over: pane.querySelector('.over .wide'),
    axis: pane.querySelector('.axis .wide'),
    plots: [...pane.querySelectorAll('.plot:not(.axis)')],
  }));
  const tip = document.querySelector('.tip') ?? element(document, 'div', 'tip');
  tip.hidden = true;
  document.body.append(tip);
  for (const pane of panes) {
    pane.marks = ['future', 'span', 'cursor'].map((name) => element(document, 'i', name));
    for (const mark of pane.marks) mark.hidden = true;
    pane.over.append(...pane.marks);
    for (const plot of pane.plots) listen(pane, plot);
  }

  function listen(pane, plot) {
    let down = null;
    const look = (event) => {
      const box = plot.getBoundingClientRect();
      const place = (event.clientX - box.left) / box.width;
      const share = shareAt(act.view(), place);
      const usPerPx = data.end_us / act.view().zoom / box.width;
      const us = share * data.end_us;
      return { share, us, found: under(data, pane.variant, plot, us, (event.clientY - box.top) / box.height, usPerPx, say) };
    };
    plot.addEventListener('pointermove', (event) => {
      const { share, us, found } = look(event);
      act.point(us, pane.place);
      plot.style.cursor = found?.request ? 'pointer' : '';
      tell(found && (found.request ? `${found.text}. ${say('click')}` : found.text), event);
      if (down && Math.abs(event.clientX - down.x) > DRAG_PX) act.mark(down.share, share);
    });
    plot.addEventListener('pointerdown', (event) => {
      down = { x: event.clientX, share: look(event).share };
    });
    plot.addEventListener('pointerup', (event) => {
      const { share, us, found } = look(event);
      const dragged = down && Math.abs(event.clientX - down.x) > DRAG_PX;
      if (dragged) act.closer(down.share, share);
      else act.pick(us, pane.place, found?.request?.id ?? null);
      down = null;
    });
    plot.addEventListener('dblclick', () => act.whole());
    plot.addEventListener('pointerleave', () => {
      down = null;
      act.mark(null, null);
      tell(null);
    });
    plot.addEventListener('wheel', (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      act.zoomAt(event.deltaY < 0 ? 1.4 : 1 / 1.4, look(event).share);
    }, { passive: false });
  }

  function tell(text, event) {
    tip.hidden = !text;
    if (!text) return;
    tip.replaceChildren(text);
    const { clientWidth, scrollLeft, scrollTop } = document.documentElement;
    const left = Math.min(event.clientX + 14, clientWidth - tip.offsetWidth - 6);
    tip.style.left = `${Math.max(left, 6) + scrollLeft}px`;
    const above = event.clientY - tip.offsetHeight - 12;
    tip.style.top = `${(above > 0 ? above : event.clientY + 16) + scrollTop}px`;
  }

  /** Writes the axis anew for what is shown. */
  function axes(view) {
    const marks = ticks(view, data.end_us, 6);
    for (const pane of panes) {
      pane.axis.replaceChildren(...marks.map((one) => {
        const label = element(document, 'span', '', one.text);
        label.style.left = `${one.share * 100}%`;
        return label;
      }));
      for (const line of pane.over.querySelectorAll('.line')) line.remove();
      pane.over.prepend(...marks.map((one) => {
        const line = element(document, 'i', 'line');
        line.style.left = `${one.share * 100}%`;
        return line;
      }));
    }
  }

  return {
    axes,
    /** `us` is the cursor's instant or `null`; `stretch` two shares or `null`, in the panes of one variant or of all. */
    draw({ us, playing, stretch, place }) {
      for (const pane of panes) {
        const [future, marked, cursor] = pane.marks;
        cursor.hidden = us === null;
        future.hidden = us === null || !playing;
        marked.hidden = !stretch || (place !== null && place !== pane.place);
        if (stretch) {
          marked.style.left = `${stretch[0] * 100}%`;
          marked.style.width = `${(stretch[1] - stretch[0]) * 100}%`;
        }
      }
    },
    /** Whether an instant is in sight. */
    shows: (view, us) => {
      const at = placeOf(view, us / data.end_us);
      return at >= 0 && at <= 1;
    },
  };
}
