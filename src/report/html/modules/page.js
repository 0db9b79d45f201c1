// The page's state, and who hears of it: which stretch of time is shown, where the cursor is, which request's journey is told.

import { format, parse } from 'slowlab/address.js';
import { build } from 'slowlab/controls.js';
import { speaker } from 'slowlab/format.js';
import { hide, show } from 'slowlab/panel.js';
import { advance, origin } from 'slowlab/player.js';
import { WHOLE, between, following, zoomed } from 'slowlab/scale.js';
import { byId, endOf, failureFrom } from 'slowlab/series.js';
import { enliven } from 'slowlab/stage.js';

/**
 * Enlivens a page whose pictures are there, with its data `opened`; `seen` is told of each change of what is shown. Returns how to go on with pictures that took the place of the first ones
 * (`renew`), and how to tell a request's journey (`tell`).
 */
export function start(document, first, seen = () => {}) {
  let data = first;
  const say = speaker(data.words);
  const root = document.documentElement;
  const window = document.defaultView;
  const panel = document.getElementById('journey');
  const state = { view: WHOLE, us: null, place: 0, request: null, drag: null, playing: false, speed: 1 };
  let addressDue = 0;
  let played = null;

  const act = {
    view: () => state.view,
    point: (us, place) => !state.playing && change({ us, place }),
    pick: (us, place, request) => {
      change({ us, place, request: request ?? state.request });
      if (request !== null) journey(true);
    },
    mark: (from, to) => change({ drag: from === null ? null : [Math.min(from, to), Math.max(from, to)] }),
    closer: (from, to) => change({ view: between(from, to), drag: null }),
    zoomAt: (factor, share) => change({ view: zoomed(state.view, factor, share) }),
    zoom: (factor) => act.zoomAt(factor, state.us === null ? 0.5 : state.us / data.end_us),
    whole: () => change({ view: WHOLE }),
    seek: (share) => go(share * data.end_us),
    step: (direction) => go((state.us ?? 0) + (direction * data.end_us) / state.view.zoom / 100),
    failure: (direction) => {
      const variant = data.variants[state.place];
      const from = state.us ?? (direction > 0 ? -1 : data.end_us);
      const found = variant && failureFrom(variant, from, direction);
      if (!found) return;
      go(found.at_us);
      change({ request: found.id });
      if (!panel.hidden) journey(false);
    },
    speed: (speed) => change({ speed }),
    play: () => {
      change({ playing: !state.playing, us: state.playing ? state.us : origin(state.us, data.end_us) });
      controls?.playing(state.playing);
      played = null;
      if (state.playing) window.requestAnimationFrame(frame);
    },
  };

  /** Moves the cursor, and what is shown with it. */
  function go(us) {
    const at = Math.min(Math.max(us, 0), data.end_us);
    change({ us: at, view: following(state.view, at / data.end_us) });
  }

  function frame(now) {
    if (!state.playing) return;
    // With motion reduced, playing goes by a step every half second.
    const calm = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
    if (played !== null && (!calm || now - played >= 500)) {
      const next = advance(state.us, now - played, state.speed, data.end_us);
      played = now;
      go(next.us);
      if (next.over) act.play();
    }
    played ??= now;
    window.requestAnimationFrame(frame);
  }

  /** Tells the chosen request's journey. */
  function journey(focus) {
    const variant = data.variants[state.place];
    if (!variant || state.request === null) return;
    show(panel, variant, byId(variant, state.request), say, close);
    if (focus) {
      panel.focus({ preventScroll: true });
      panel.scrollIntoView({ block: 'nearest' });
    }
    change({});
  }

  function close() {
    hide(panel);
    change({ request: null });
    stages[0]?.root.focus({ preventScroll: true });
  }

  function change(news) {
    const before = state.view;
    Object.assign(state, news);
    root.style.setProperty('--t', (state.us ?? 0) / data.end_us);
    if (before !== state.view) {
      root.style.setProperty('--zoom', state.view.zoom);
      root.style.setProperty('--pan', state.view.pan);
      for (const stage of stages) stage.drawn.axes(state.view);
    }
    const variant = data.variants[state.place];
    const chosen = state.request !== null && variant && byId(variant, state.request);
    const stretch = chosen
      ? [chosen.at_us / data.end_us, Math.min(endOf(chosen) / data.end_us, 1)]
      : null;
    for (const stage of stages) {
      stage.drawn.draw({
        us: state.us,
        playing: state.playing,
        stretch: state.drag ?? stretch,
        place: state.drag ? null : state.place,
      });
    }
    controls?.show(state.us, data.end_us);
    seen(state);
    window.clearTimeout(addressDue);
    addressDue = window.setTimeout(remember, 400);
  }

  /** Writes the address, so that it can be passed on. */
  function remember() {
    if (state.us === null || state.playing) return;
    const said = format({ variant: data.variants[state.place]?.name, us: state.us, request: state.request });
    window.history.replaceState(null, '', said);
  }

  /** Goes where the address says. */
  function obey() {
    const said = parse(window.location.hash);
    if (!said) return;
    const place = data.variants.findIndex((variant) => variant.name === said.variant);
    if (place >= 0) state.place = place;
    const request = byId(data.variants[state.place] ?? { requests: [] }, said.request);
    const us = said.us ?? request?.at_us ?? null;
    if (us !== null) go(us);
    if (said.request !== null) {
      change({ request: said.request });
      journey(false);
    }
    const pane = document.querySelector(`.pane[data-variant="${state.place}"]`);
    pane?.scrollIntoView({ block: 'nearest' });
  }

  const keys = {
    ArrowLeft: () => act.step(-1),
    ArrowRight: () => act.step(1),
    Home: () => go(0),
    End: () => go(data.end_us),
    ' ': act.play,
    '+': () => act.zoom(2),
    '=': () => act.zoom(2),
    '-': () => act.zoom(0.5),
    0: act.whole,
    n: () => act.failure(1),
    p: () => act.failure(-1),
    Enter: () => journey(true),
    Escape: close,
  };

  function heard(event) {
    const own = ['INPUT', 'SELECT', 'BUTTON'].includes(event.target.tagName);
    const ours = keys[event.key];
    if (!ours || event.ctrlKey || event.altKey || event.metaKey) return;
    if (own && event.key !== 'Escape') return;
    event.preventDefault();
    ours();
  }

  const stages = [];
  for (const part of document.querySelectorAll('.stage')) {
    part.classList.add('alive');
    part.tabIndex = 0;
    part.addEventListener('keydown', heard);
    stages.push({ root: part, drawn: enliven(part, data, say, act) });
  }
  panel.addEventListener('keydown', (event) => event.key === 'Escape' && close());
  const bar = document.querySelector('.controls');
  let controls = null;

  /** Builds the bar of controls for what the first screen shows. */
  function bars() {
    const shown = [...document.querySelectorAll('.first-screen .pane')].map((pane) => Number(pane.dataset.variant));
    state.place = shown[0] ?? 0;
    bar?.replaceChildren();
    controls = bar && build(bar, shown.map((place) => data.variants[place]), say, act);
  }
  bars();

  /** Goes on with other data, whose pictures are there: at the same instant and zoom, if that is in it. */
  function renew(next) {
    data = next;
    for (const stage of stages) stage.drawn = enliven(stage.root, data, say, act);
    bars();
    hide(panel);
    for (const stage of stages) if (state.view !== WHOLE) stage.drawn.axes(state.view);
    change({ us: state.us === null ? null : Math.min(state.us, data.end_us), request: null, drag: null });
    controls?.playing(state.playing);
  }

  window.addEventListener('hashchange', obey);
  let folded = [];
  window.addEventListener('beforeprint', () => {
    folded = [...document.querySelectorAll('details:not([open])')];
    for (const one of folded) one.open = true;
  });
  window.addEventListener('afterprint', () => {
    for (const one of folded) one.open = false;
  });
  obey();
  return {
    renew,
    tell: (request) => {
      change({ request });
      journey(true);
    },
  };
}
