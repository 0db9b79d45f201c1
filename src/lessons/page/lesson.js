// A lesson that is played: predictions that are locked before the run, the reveal beside them, knobs over a grid of runs, questions. Nothing is asked of
// any server: every answer is in the page. Progress is kept by the browser, where it keeps anything, and in files.

const SVG = 'http://www.w3.org/2000/svg';
const [WIDTH, HEIGHT] = [640, 72];
const STEPS = ['story', 'predict', 'run', 'reveal', 'fix', 'quiz'];

const data = JSON.parse(document.getElementById('data').textContent);
const find = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const step = (name) => document.getElementById(`step-${name}`);

/** A message with its blanks filled in. */
function say(message, blanks = {}) {
  let text = data.words[message] ?? message;
  for (const [name, value] of Object.entries(blanks)) text = text.replaceAll(`{${name}}`, String(value));
  return text;
}

/** An element with attributes and children; texts become text and never markup. */
function make(name, attributes = {}, ...children) {
  const element = name === 'svg' || name === 'path' ? document.createElementNS(SVG, name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children.filter((child) => child !== null));
  return element;
}

const trimmed = (value) => String(Number(value.toPrecision(3)));

// Progress: what was guessed, whether it is locked, how far one has come, where the knobs stand, what was answered.

const KEPT = `slowlab.lesson.${data.name}.${document.documentElement.lang}`;
const fresh = () => ({ lesson: data.name, at: 0, guesses: data.truths.map(() => null), locked: false, knobs: null, quiz: data.quiz.map(() => null) });
let progress = fresh();

function keep() {
  try {
    localStorage.setItem(KEPT, JSON.stringify(progress));
  } catch {
    // A page from a disk may have no storage; a file can still be saved.
  }
}

/** What was kept, if it is the progress of this lesson. */
function read(text) {
  try {
    const kept = JSON.parse(text);
    const fits = kept && kept.lesson === data.name && Array.isArray(kept.guesses) && kept.guesses.length === data.truths.length
      && Array.isArray(kept.quiz) && kept.quiz.length === data.quiz.length && Number.isInteger(kept.at);
    return fits ? { ...fresh(), ...kept, at: Math.max(0, Math.min(kept.at, STEPS.length - 1)) } : null;
  } catch {
    return null;
  }
}

function kept() {
  try {
    return read(localStorage.getItem(KEPT) ?? '');
  } catch {
    return null;
  }
}

// Curves.

function outline(values, most, isArea) {
  const width = WIDTH / Math.max(values.length, 1);
  const y = (value) => (HEIGHT - Math.min(value / (most || 1), 1) * (HEIGHT - 4)).toFixed(1);
  const along = values.map((value, index) => `L${(width * index).toFixed(1)} ${y(value)}L${(width * (index + 1)).toFixed(1)} ${y(value)}`).join('');
  return isArea ? `M0 ${HEIGHT}${along}L${WIDTH} ${HEIGHT}Z` : `M0 ${y(values[0] ?? 0)}${along}`;
}

/** Straight lines between the points of a curve that was drawn or is beside one. */
function polyline(values, most) {
  const width = WIDTH / (values.length - 1);
  return values.map((value, index) => `${index ? 'L' : 'M'}${(width * index).toFixed(1)} ${(HEIGHT - Math.min(value / most, 1) * (HEIGHT - 4)).toFixed(1)}`).join('');
}

function drawing(...paths) {
  const svg = make('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' });
  svg.append(...paths.map(([name, d]) => make('path', { class: name, d })));
  return svg;
}

function axis(end) {
  return make('p', { class: 'axis' }, make('span', {}, '0 s'), make('span', {}, `${trimmed(end)} s`));
}

/** The most of the curve that the lesson looks at; bytes in their unit, as in the picture above. */
function highest(values) {
  let most = Math.max(0, ...values);
  if (data.look_at !== 'proxy-bytes' || most < 1024) return trimmed(most);
  const units = ['KiB', 'MiB', 'GiB'];
  let unit = -1;
  while (most >= 1024 && unit < units.length - 1) {
    most /= 1024;
    unit += 1;
  }
  return `${trimmed(most)} ${units[unit]}`;
}

/** The curve that the lesson looks at, as it was and as it is with these values. */
function compared(series) {
  const [before, after] = [data.series.curves[data.look_at], series.curves[data.look_at]];
  const length = Math.max(before.length, after.length);
  const long = (values) => [...values, ...Array(length - values.length).fill(0)];
  const most = Math.max(1, ...before, ...after);
  const label = say(`lesson-curve-${data.look_at}`);
  return make('figure', { class: 'curve' },
    make('figcaption', {}, `${label} `, make('small', {}, `${say('lesson-before')} ${highest(before)} · ${say('lesson-after')} ${highest(after)}`)),
    drawing(['line', outline(long(after), most, true)], ['ghost', outline(long(before), most, false)]),
    axis(length * series.step_s));
}

// Predictions.

const questions = all('.question').map((element, index) => ({
  element,
  index,
  kind: element.dataset.kind,
  low: Number(element.dataset.low),
  high: Number(element.dataset.high),
  unit: element.dataset.unit,
}));

const withUnit = (question, value) => `${trimmed(value)} ${question.unit}`.trim();

function guess(question, value) {
  if (progress.locked) return;
  progress.guesses[question.index] = value;
  keep();
  ready();
}

function ready() {
  const button = find('.on button', step('predict'));
  const open = progress.guesses.some((one) => one === null);
  button.disabled = open && !progress.locked;
  button.title = button.disabled ? say('lesson-lock-first') : '';
}

function choice(question) {
  for (const input of all('input', question.element)) {
    input.checked = progress.guesses[question.index] === Number(input.value);
    input.addEventListener('change', () => guess(question, Number(input.value)));
  }
}

function number(question) {
  const [low, high] = [question.low, question.high];
  const whole = Number.isInteger(low) && Number.isInteger(high) && high - low > 8;
  const id = `guess-${question.index}`;
  const input = make('input', { type: 'range', id, min: low, max: high, step: whole ? 1 : (high - low) / 100, 'aria-label': find('legend', question.element).textContent });
  const output = make('output', { for: id }, '?');
  const given = progress.guesses[question.index];
  input.value = given ?? (low + high) / 2;
  if (given !== null) output.textContent = withUnit(question, given);
  input.addEventListener('input', () => {
    output.textContent = withUnit(question, Number(input.value));
    guess(question, Number(input.value));
  });
  // A guess may be just where the slider stands.
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') input.dispatchEvent(new Event('input'));
  });
  find('fieldset', question.element).append(make('div', { class: 'slider' }, input, output,
    make('p', { class: 'axis' }, make('span', {}, withUnit(question, low)), make('span', {}, withUnit(question, high)))));
}

/** Nine points: dragged on the chart, or set one by one from the keyboard. */
function line(question) {
  const count = data.truths[question.index].line.length;
  const values = progress.guesses[question.index] ?? Array(count).fill(0);
  const path = make('path', { class: 'guess' });
  const svg = drawing();
  svg.append(path);
  const draw = () => path.setAttribute('d', polyline(values, question.high));
  const inputs = values.map((value, index) => {
    const input = make('input', { type: 'range', min: 0, max: question.high, step: question.high / 40, value, 'aria-label': `${trimmed((data.span_s * index) / (count - 1))} s` });
    input.addEventListener('input', () => {
      values[index] = Number(input.value);
      draw();
      guess(question, [...values]);
    });
    return input;
  });
  const drag = (event) => {
    if (event.buttons === 0 && event.type === 'pointermove') return;
    const box = svg.getBoundingClientRect();
    const index = Math.round(((event.clientX - box.left) / box.width) * (count - 1));
    const share = 1 - (event.clientY - box.top) / box.height;
    if (progress.locked || !(index in values)) return;
    inputs[index].value = Math.max(0, Math.min(1, share)) * question.high;
    inputs[index].dispatchEvent(new Event('input'));
  };
  svg.addEventListener('pointerdown', drag);
  svg.addEventListener('pointermove', drag);
  draw();
  find('fieldset', question.element).append(make('div', { class: 'drawing' },
    make('p', { class: 'axis' }, make('span', {}, withUnit(question, question.high))), svg, axis(data.span_s),
    make('div', { class: 'points' }, ...inputs.map((input, index) => make('label', {}, input, `${trimmed((data.span_s * index) / (count - 1))} s`)))));
}

// The reveal.

function graded(off) {
  if (off <= data.within[0]) return 'right';
  return off <= data.within[1] ? 'close' : 'far';
}

/** How near a guess is: the rule of the terminal. */
function grade(question, guessed, truth) {
  if (truth.choice !== undefined) return guessed === truth.choice ? 'right' : 'far';
  if (truth.number !== undefined) {
    const scale = Math.max(Math.abs(truth.number.value), Math.abs(question.high - question.low) / 20);
    return graded(Math.abs(guessed - truth.number.value) / scale);
  }
  const scale = Math.max(...truth.line, Number.MIN_VALUE);
  const off = truth.line.reduce((sum, value, index) => sum + Math.abs(value - guessed[index]), 0);
  const how = graded(off / truth.line.length / scale);
  // Who draws nothing is not close to a curve that stays low for long.
  return how === 'close' && off >= truth.line.reduce((sum, value) => sum + Math.abs(value), 0) ? 'far' : how;
}

function side(who, what) {
  return make('div', {}, make('small', {}, say(who)), what);
}

function beside(question) {
  const [guessed, truth] = [progress.guesses[question.index], data.truths[question.index]];
  const how = grade(question, guessed, truth);
  const options = all('.option', question.element).map((option) => option.textContent.trim());
  let [mine, its] = [null, null];
  if (truth.choice !== undefined) {
    [mine, its] = [options[guessed], options[truth.choice]].map((text) => make('span', {}, text));
  } else if (truth.number !== undefined) {
    [mine, its] = [withUnit(question, guessed), truth.number.text].map((text) => make('strong', {}, text));
  } else {
    [mine, its] = [guessed, truth.line].map((values, index) => drawing([index ? 'line' : 'guess', polyline(values, question.high)]));
  }
  return make('div', { class: 'one' }, make('p', {}, find('legend', question.element).textContent),
    make('div', { class: 'sides' }, side('lesson-you', mine), side('lesson-simulated', its)),
    make('span', { class: `grade ${how}` }, say(`lesson-${how}`)));
}

function reveal() {
  find('#beside').replaceChildren(...questions.map(beside));
}

const near = () => questions.filter((question) => progress.guesses[question.index] !== null
  && grade(question, progress.guesses[question.index], data.truths[question.index]) !== 'far').length;

// The repair.

const now = () => data.knobs.map(([, values, value]) => values.indexOf(value));
const turned = () => data.knobs.filter(([, values, value], index) => values[progress.knobs[index]] !== value).length;

function knobs() {
  progress.knobs ??= now();
  const labels = all('.ways table.still tr').map((row) => find('td', row).textContent);
  find('#knobs').replaceChildren(...data.knobs.map(([key, values, value], index) => {
    const id = `knob-${index}`;
    const input = make('input', { type: 'range', id, min: 0, max: values.length - 1, step: 1, value: progress.knobs[index] });
    const output = make('output', { for: id });
    const knob = make('div', { class: 'knob' }, make('label', { for: id }, labels[index], make('small', {}, key)), output, input);
    const show = () => {
      const set = values[progress.knobs[index]];
      output.textContent = set;
      input.setAttribute('aria-valuetext', set);
      knob.classList.toggle('turned', set !== value);
    };
    input.addEventListener('input', () => {
      progress.knobs[index] = Number(input.value);
      show();
      attempt();
      keep();
    });
    show();
    return knob;
  }));
  attempt();
}

function attempt() {
  const place = find('#attempt');
  const asked = turned();
  if (asked === 0) return place.replaceChildren();
  const tried = data.attempts[progress.knobs.join(',')];
  if (!tried) {
    const text = asked > data.most ? say('lesson-too-many-knobs', { asked, most: data.most }) : say('lesson-unplayable');
    return place.replaceChildren(make('p', { class: 'holds-not' }, text));
  }
  const verdict = tried.holds ? 'lesson-holds' : 'lesson-holds-not';
  const prices = tried.prices.map(([label, text]) => make('tr', {}, make('td', { class: 'number' }, text), make('th', { scope: 'row' }, label)));
  return place.replaceChildren(
    make('p', { class: tried.holds ? 'holds' : 'holds-not' }, make('b', {}, say(verdict, { measured: tried.measured }))),
    tried.says === null ? '' : make('p', {}, tried.says),
    compared(tried.series),
    make('table', {}, ...prices));
}

// The questions.

function quiz() {
  all('.quiz').forEach((element, index) => {
    const [right, because] = data.quiz[index];
    const options = all('.option', element);
    const show = (picked) => {
      options.forEach((option, place) => {
        option.classList.toggle('right', place + 1 === right);
        option.classList.toggle('wrong', place + 1 === picked && picked !== right);
      });
      const text = picked === right ? say('lesson-quiz-right') : say('lesson-quiz-wrong', { right: options[right - 1].textContent.trim() });
      find('.verdict', element).replaceChildren(make('b', {}, text), because);
      done();
    };
    for (const input of all('input', element)) {
      input.checked = progress.quiz[index] === Number(input.value);
      input.addEventListener('change', () => {
        // The first answer counts.
        progress.quiz[index] ??= Number(input.value);
        keep();
        show(Number(input.value));
      });
    }
    if (progress.quiz[index] !== null) show(progress.quiz[index]);
  });
}

function done() {
  if (progress.quiz.some((one) => one === null)) return;
  const explained = progress.quiz.filter((one, index) => one === data.quiz[index][0]).length;
  find('#done').textContent = say('lesson-done', { near: near(), asked: questions.length, explained, questions: data.quiz.length });
}

// From step to step.

function show(isMoved) {
  const presents = document.body.classList.contains('presents');
  STEPS.forEach((name, index) => {
    const section = step(name);
    section.hidden = index > progress.at || (presents && index !== progress.at);
    const on = find('.on', section);
    on.hidden = index !== progress.at || index === STEPS.length - 1;
    find('button', on).textContent = name === 'predict' ? say('lesson-lock') : say('lesson-go-on');
  });
  if (progress.at >= STEPS.indexOf('reveal') && progress.locked) reveal();
  ready();
  if (isMoved) {
    const heading = find('h2', step(STEPS[progress.at]));
    heading.focus();
    heading.scrollIntoView({ block: 'start' });
  }
}

function lock() {
  progress.locked = true;
  for (const question of questions) find('fieldset', question.element).disabled = true;
}

function go(by) {
  if (by > 0 && STEPS[progress.at] === 'predict') {
    if (progress.guesses.some((one) => one === null)) return;
    lock();
  }
  progress.at = Math.max(0, Math.min(STEPS.length - 1, progress.at + by));
  keep();
  show(true);
}

// What teachers and those who come back need.

function toggled(button, change) {
  button?.addEventListener('click', () => {
    const on = change();
    button.setAttribute('aria-expanded', String(on));
  });
}

function teach() {
  const notes = all('.note');
  const on = notes[0].hidden;
  notes.forEach((note) => { note.hidden = !on; });
  return on;
}

function present() {
  const on = document.body.classList.toggle('presents');
  show(true);
  return on;
}

function save() {
  const address = `data:application/json,${encodeURIComponent(JSON.stringify(progress))}`;
  make('a', { href: address, download: `${data.name}.json` }).click();
}

async function load(input) {
  const trouble = find('#trouble');
  const found = read(await input.files[0].text());
  trouble.hidden = found !== null;
  trouble.textContent = found === null ? say('lesson-progress-other') : '';
  if (found !== null) {
    progress = found;
    keep();
    location.reload();
  }
}

function keys(event) {
  const isTyping = event.target instanceof HTMLInputElement;
  if (!document.body.classList.contains('presents') || isTyping || event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === 'PageDown' || event.key === 'ArrowRight') go(1);
  else if (event.key === 'PageUp' || event.key === 'ArrowLeft') go(-1);
  else return;
  event.preventDefault();
}

function start() {
  progress = kept() ?? progress;
  all('.still').forEach((element) => { element.hidden = true; });
  const kinds = { choice, number, line };
  for (const question of questions) kinds[question.kind](question);
  if (progress.locked) lock();
  knobs();
  quiz();
  all('.on button').forEach((button) => button.addEventListener('click', () => go(1)));
  toggled(find('#present'), present);
  toggled(find('#teach'), teach);
  find('#save').addEventListener('click', save);
  find('#load').addEventListener('change', (event) => load(event.target));
  find('#anew').addEventListener('click', () => {
    progress = fresh();
    keep();
    location.reload();
  });
  document.addEventListener('keydown', keys);
  find('#tools').hidden = false;
  show(false);
}

start();
