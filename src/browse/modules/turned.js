// Which knobs are not where the file has them, and how an address says so. Knows no document.

/** `key=value` of each knob that is turned, in the knobs' order, and what is set beside them. */
export function settings(turned) {
  return [...turned].map(([key, value]) => `${key}=${value}`);
}

/** The address of a page with these settings. */
export function address(path, { name, lang, turned }) {
  const said = new URLSearchParams({ lang, scenario: name });
  for (const one of settings(turned)) said.append('set', one);
  return `${path}?${said}`;
}

/** The settings that an address has: key and value. The first `=` parts them, since no key has one. */
export function turnedOf(search) {
  const said = new URLSearchParams(search).getAll('set');
  const pairs = said.map((one) => [one.slice(0, one.indexOf('=')), one.slice(one.indexOf('=') + 1)]);
  return new Map(pairs.filter(([key]) => key !== ''));
}

/** A value as a knob has it: without TOML's quotes, `true` and `false` as switches say them. */
export function plain(value) {
  const bare = value.replace(/^"(.*)"$/, '$1');
  return { true: 'on', false: 'off' }[bare] ?? bare;
}

/** Where a value stands among a knob's; nowhere is `-1`. */
export function placeOf(knob, value) {
  return knob.values.indexOf(plain(value));
}

/** The same knobs with one turned to a value; what the file has anyway is not set. */
export function turn(turned, knob, value) {
  const next = new Map(turned);
  if (plain(value) === knob.values[knob.at]) next.delete(knob.key);
  else next.set(knob.key, value);
  return next;
}
