// Numbers as the report writes them, and sentences with their arguments filled in.

/** Three significant digits. */
export function significant(value) {
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** Microseconds as `8 us`, `5.20 ms`, `3.00 s`, `2 min 5 s`. */
export function span(us) {
  const whole = Math.round(Math.abs(us));
  const sign = us < 0 ? '−' : '';
  if (whole === 0) return '0 ms';
  if (whole < 10) return `${sign}${whole} us`;
  if (whole < 999_500) return `${sign}${significant(whole / 1e3)} ms`;
  if (whole < 59_950_000) return `${sign}${significant(whole / 1e6)} s`;
  const seconds = Math.round(whole / 1e6);
  const rest = seconds % 60;
  return `${sign}${Math.floor(seconds / 60)} min${rest ? ` ${rest} s` : ''}`;
}

/** An instant in seconds, to the millisecond: `2.310 s`. */
export function instant(us) {
  return `${(us / 1e6).toFixed(3)} s`;
}

/** `400 B`, `36.0 KiB`, `1.23 MiB`. */
export function bytes(count) {
  const units = ['KiB', 'MiB', 'GiB'];
  if (count < 1024) return `${count} B`;
  let value = count / 1024;
  let unit = 0;
  while (value >= 1023.5 && unit + 1 < units.length) {
    value /= 1024;
    unit += 1;
  }
  return `${significant(value)} ${units[unit]}`;
}

/** Thin groups of three from five digits on: `12 345`. */
export function count(number) {
  const plain = String(number);
  return plain.length < 5 ? plain : plain.replace(/\B(?=(\d{3})+$)/g, '\u00a0');
}

/** A worker by its age; one of another instance than the first as `2/1`: the first worker of the second. */
export function worker(age) {
  return age > 1e6 ? `${Math.floor(age / 1e6) + 1}/${age % 1e6}` : String(age);
}

/** A speaker of the words that the page carries: `say('queue', { count: 3 })`. */
export function speaker(words) {
  return (name, values = {}) =>
    (words[name] ?? name).replace(/\{(\w+)\}/g, (whole, key) => (key in values ? String(values[key]) : whole));
}
