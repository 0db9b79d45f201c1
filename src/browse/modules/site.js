// A visitor's own site: what is pasted or dropped is asked about, and the answer is shown as `slowlab site --html` writes it.

import { ask } from 'slowlab/ask.js';
import { speaker } from 'slowlab/format.js';

const data = JSON.parse(document.getElementById('data').textContent);
const say = speaker(data.words);
const at = (id) => document.getElementById(id);

/** A file that is dropped on a text takes its place. */
function takes(text) {
  text.addEventListener('dragover', (event) => event.preventDefault());
  text.addEventListener('drop', async (event) => {
    const [file] = event.dataTransfer.files;
    if (!file) return;
    event.preventDefault();
    text.value = await file.text();
    const kind = [...at('kind').options].find((option) => option.value === file.name);
    if (text.id === 'gunicorn' && kind) at('kind').value = file.name;
  });
}
takes(at('nginx'));
takes(at('gunicorn'));

at('site').addEventListener('submit', async (event) => {
  event.preventDefault();
  at('trouble').hidden = true;
  at('took').value = say('browse-site-asking');
  const began = performance.now();
  const cpus = Number.parseInt(at('cpus').value, 10);
  const question = {
    nginx: at('nginx').value,
    gunicorn: at('gunicorn').value,
    kind: at('kind').value,
    cpus: Number.isFinite(cpus) ? cpus : null,
    largest: at('largest').value || null,
    slow: at('slow').value || null,
    lang: data.lang,
  };
  try {
    const told = await ask(document, '/api/site', question);
    const drawn = new DOMParser().parseFromString(told.html, 'text/html');
    const nodes = [...drawn.querySelector('main').childNodes];
    at('answer').replaceChildren(...nodes.map((node) => document.importNode(node, true)));
    at('took').value = say('browse-site-took', { seconds: ((performance.now() - began) / 1000).toFixed(1) });
  } catch (error) {
    at('took').value = '';
    at('trouble').textContent = error.message;
    at('trouble').hidden = false;
  }
});
