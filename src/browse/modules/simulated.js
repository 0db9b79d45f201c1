// A simulated run, as the server answers it: what is said of it and its picture on one line, and on another one its series, which are still made when the first is there.

import { asked } from 'slowlab/ask.js';
import { opened } from 'slowlab/series.js';

/**
 * What comes of a question. `series` reads the second line: it is most of the answer, and of no use for a picture that another one follows at once. `leave` says that nobody
 * will ask for it.
 */
export async function simulated(document, question, signal) {
  const answer = await asked(document, '/api/simulate', question, signal);
  const reader = answer.body.getReader();
  const decoder = new TextDecoder();
  let left = false;
  /** The next piece of text; `null` behind the last. */
  const next = async () => {
    const { done, value } = await reader.read();
    return done ? null : decoder.decode(value, { stream: true });
  };
  let first = '';
  let rest = '';
  for (let piece = await next(); piece !== null; piece = await next()) {
    const end = piece.indexOf('\n');
    first += end < 0 ? piece : piece.slice(0, end);
    if (end < 0) continue;
    rest = piece.slice(end + 1);
    break;
  }
  let read = null;
  const readOn = async () => {
    for (let piece = await next(); piece !== null; piece = await next()) rest += piece;
    return left ? null : opened(JSON.parse(rest));
  };
  return {
    ...JSON.parse(first),
    series: () => (read ??= readOn()),
    leave: () => {
      left = true;
      reader.cancel();
    },
  };
}
