// A simulated run, as the server answers it: what is said of it and its picture on one line, its series on another.

import { told } from 'slowlab/ask.js';
import { opened } from 'slowlab/series.js';

/** What comes of a question. `series` reads the second line: it is most of the answer, and of no use for a picture that another one follows at once. */
export async function simulated(document, question, signal) {
  const text = await told(document, '/api/simulate', question, signal);
  const end = text.indexOf('\n');
  return { ...JSON.parse(text.slice(0, end)), series: () => opened(JSON.parse(text.slice(end + 1))) };
}
