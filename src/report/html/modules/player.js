// How far a played run gets: pure, so that a clock is somebody else's business.

/** Speeds to choose from: seconds of the run per second of the viewer. */
export const SPEEDS = [0.25, 0.5, 1, 2, 4];

/** Where playing goes on from: the beginning, if the run is at its end. */
export function origin(us, endUs) {
  return us === null || us >= endUs ? 0 : us;
}

/** The instant after `elapsedMs` of the viewer's time, and whether that is the end. */
export function advance(us, elapsedMs, speed, endUs) {
  const next = us + Math.max(elapsedMs, 0) * 1000 * speed;
  return next >= endUs ? { us: endUs, over: true } : { us: next, over: false };
}
