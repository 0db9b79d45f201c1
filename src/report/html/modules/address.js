// What the part of an address after `#` says: which variant, which instant, which request.

/** `{ variant, us, request }`; what is not said is `null`. `null` for an address that says none of it. */
export function parse(hash) {
  const said = new URLSearchParams(hash.replace(/^#/, ''));
  if (!['variant', 't', 'req'].some((key) => said.has(key))) return null;
  const number = (key) => {
    const value = said.get(key);
    return value !== null && value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : null;
  };
  const seconds = number('t');
  return {
    variant: said.get('variant'),
    us: seconds === null || seconds < 0 ? null : Math.round(seconds * 1e6),
    request: number('req'),
  };
}

/** The same the other way. */
export function format({ variant, us, request }) {
  const said = new URLSearchParams();
  if (variant !== null && variant !== undefined) said.set('variant', variant);
  if (us !== null && us !== undefined) said.set('t', (us / 1e6).toFixed(3));
  if (request !== null && request !== undefined) said.set('req', String(request));
  return `#${said}`;
}
