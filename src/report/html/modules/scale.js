// The part of the time axis that is shown: how far it is enlarged, and where it begins. Shares of the whole axis run from 0 to 1.

/** The whole axis. */
export const WHOLE = Object.freeze({ zoom: 1, pan: 0 });

/** The largest enlargement: shapes are drawn fine enough for it. */
export const CLOSEST = 50;

function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}

function within(zoom, pan) {
  const near = clamp(zoom, 1, CLOSEST);
  return { zoom: near, pan: clamp(pan, 0, 1 - 1 / near) };
}

/** Closer (`factor` above 1) or wider, with one share of the axis staying where it is. */
export function zoomed(view, factor, around) {
  const zoom = clamp(view.zoom * factor, 1, CLOSEST);
  const place = placeOf(view, around);
  return within(zoom, around - place / zoom);
}

/** From one share to another, in either order. */
export function between(one, other) {
  const from = Math.min(one, other);
  const wide = Math.max(Math.abs(one - other), 1 / CLOSEST);
  return within(1 / wide, from);
}

/** Moved just so far that a share is shown. */
export function following(view, share) {
  const shown = 1 / view.zoom;
  if (share < view.pan) return within(view.zoom, share - shown * 0.1);
  if (share > view.pan + shown) return within(view.zoom, share - shown * 0.9);
  return view;
}

/** The share of the axis at a place of the plot, which runs from 0 to 1, too. */
export function shareAt(view, place) {
  return clamp(view.pan + place / view.zoom, 0, 1);
}

/** Where a share lies in the plot; outside of 0 to 1 if it is not shown. */
export function placeOf(view, share) {
  return (share - view.pan) * view.zoom;
}

/** Round instants in what is shown: at most `most`, in steps of 1, 2 or 5, with their labels in seconds. */
export function ticks(view, endUs, most) {
  const from = view.pan * endUs;
  const to = from + endUs / view.zoom;
  const rough = Math.max((to - from) / most, 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= rough * 0.999_999);
  const digits = Math.max(0, 6 - Math.floor(Math.log10(step) + 1e-9));
  const found = [];
  for (let index = Math.ceil(from / step - 1e-9); index * step <= to - (to - from) * 0.03; index += 1) {
    const us = index * step;
    found.push({ share: us / endUs, text: (us / 1e6).toFixed(digits) });
  }
  return found;
}
