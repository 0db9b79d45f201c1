// The library: search as one types, tags that search, cards that play on a click.

import { speaker } from 'slowlab/format.js';

const data = JSON.parse(document.getElementById('data').textContent);
const say = speaker(data.words);
const search = document.getElementById('search');
const cards = [...document.querySelectorAll('.card')];

function look() {
  const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const card of cards) {
    const fits = wanted.every((word) => card.dataset.find.includes(word));
    card.hidden = !fits;
    shown += fits;
  }
  document.querySelector('.none').hidden = shown > 0;
  document.getElementById('found').value = wanted.length ? say('browse-found', { count: shown }) : '';
  const address = new URL(window.location.href);
  if (search.value) address.searchParams.set('q', search.value);
  else address.searchParams.delete('q');
  window.history.replaceState(null, '', address);
}

search.addEventListener('input', look);
for (const tag of document.querySelectorAll('.tag')) {
  tag.addEventListener('click', () => {
    search.value = tag.dataset.tag.replaceAll('`', '');
    look();
    search.focus();
  });
}
look();
