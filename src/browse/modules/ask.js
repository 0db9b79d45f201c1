// Asks the server: what runs something is a POST with the token of this page, and what comes back in trouble is said in the server's words.

/** Resolves to what the server answers; rejects with an `Error` whose message can be shown, and whose `status` is HTTP's. */
export async function ask(document, address, question, signal) {
  const answer = await asked(document, address, question, signal);
  return answer.json();
}

/** The same before anything of the answer is read. */
export async function asked(document, address, question, signal) {
  const token = document.querySelector('meta[name="slowlab-token"]').content;
  const answer = await document.defaultView.fetch(address, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-slowlab-token': token },
    body: JSON.stringify(question),
    signal,
  });
  if (answer.ok) return answer;
  const error = new Error((await answer.json()).error);
  error.status = answer.status;
  throw error;
}

/** The parts of what the server drew, by name; who puts them into a document adopts them. It is made of text that the server escaped, and no script in it would run. */
export function parts(document, html) {
  const drawn = new document.defaultView.DOMParser().parseFromString(html, 'text/html');
  const all = new Map();
  for (const part of drawn.querySelectorAll('[data-part]')) {
    if (!part.classList.contains('knob')) all.set(part.dataset.part, [...part.childNodes]);
  }
  return all;
}

/** Puts nodes into a place, unless what is there is the same: that need not be laid out and painted again. */
export function put(place, nodes) {
  const old = place.childNodes;
  if (old.length !== nodes.length || nodes.some((node, at) => !node.isEqualNode(old[at]))) place.replaceChildren(...nodes);
}

/** What stands between backticks is code. */
export function rich(document, text) {
  return text.split('`').map((piece, place) => {
    if (place % 2 === 0) return document.createTextNode(piece);
    const code = document.createElement('code');
    code.textContent = piece;
    return code;
  });
}

/** What is under way for so long is let go for what is newer; the server stops it. */
const PATIENCE_MS = 60;
/** But where nothing was shown for so long, what begins then is let through, however long it takes. */
const SHOWN_MS = 500;

/**
 * Has `work` done for the newest of what comes in, one at a time: what came in meanwhile and is not the newest is let go, and so is slow work that is under way.
 * `work` gets it, how many came before, and a signal that says that it is let go.
 */
export function newest(work) {
  let due = null;
  let busy = null;
  let serial = 0;
  let shown = performance.now();
  async function go() {
    while (due) {
      const [what] = due;
      due = null;
      serial += 1;
      busy = { began: performance.now(), control: new AbortController() };
      const { signal } = busy.control;
      await work(what, serial, signal);
      if (!signal.aborted) shown = performance.now();
    }
    busy = null;
  }
  /** Lets go what is under way if something newer waits, it has had its time, and something was shown shortly before it began. */
  function hurry() {
    if (!due || !busy || busy.began - shown > SHOWN_MS) return;
    const left = busy.began + PATIENCE_MS - performance.now();
    if (left <= 0) busy.control.abort();
    else setTimeout(hurry, left);
  }
  return (what) => {
    due = [what];
    if (busy) hurry();
    else go();
  };
}
