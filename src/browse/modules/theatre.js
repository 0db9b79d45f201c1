// The stack as tanks and pipes at one instant: a tank for each place where bytes wait, the accept queue, a lane for each worker, a counter for each group. What
// it shows is what the tracks below show, at the cursor.

import { bytes, count, instant, span } from 'slowlab/format.js';
import { element } from 'slowlab/panel.js';
import { LASTS, FROM, GROUP, LANE, REQUEST, WAITING, endOf, failed, sampleAt, stateAt } from 'slowlab/series.js';

/** Workers that are drawn one by one. */
const MOST_LANES = 48;
/** Clients that are drawn one by one. */
const MOST_DOTS = 60;
/** Failures whose journeys are offered. */
const MOST_FAILURES = 8;

/** The most that was ever in each tank. */
export function capacities(variant) {
  return variant.bands.map((_, place) => variant.bytes.reduce((most, [, held]) => Math.max(most, held[place] ?? 0), 0));
}

/** What goes through a pipe is what went through it during the last so many microseconds. */
const LOOKS_BACK_US = 250_000;

/** Bytes a second through each pipe, towards the clients; the first one leads to them. What has come through a pipe is what has come out at its end and what waits behind it. */
export function flows(variant, us) {
  const passed = (at) => {
    let sum = sampleAt(variant.delivered ?? [], at)?.[1] ?? 0;
    const held = sampleAt(variant.bytes, at)?.[1] ?? [];
    return variant.bands.map((_, place) => {
      const through = sum;
      sum += held[place] ?? 0;
      return through;
    });
  };
  const before = passed(us - LOOKS_BACK_US);
  return passed(us).map((now, pipe) => Math.max(0, now - before[pipe]) * (1e6 / LOOKS_BACK_US));
}

/** What goes on at an instant, for whoever draws it. */
export function scene(variant, us) {
  const held = sampleAt(variant.bytes, us)?.[1] ?? [];
  const most = capacities(variant);
  const lanes = variant.lanes.map(([worker, slot], lane) => {
    const taken = variant.segments.find((one) => one[LANE] === lane && one[FROM] <= us && us < one[FROM] + one[LASTS]);
    return { worker, slot, taken, since: taken ? us - taken[FROM] : 0 };
  });
  const open = variant.requests.filter((one) => one.at_us + (one.client[0] ?? 0) <= us && endOf(one) > us);
  const over = variant.requests.filter((one) => endOf(one) <= us);
  const failures = over.filter(failed).sort((a, b) => endOf(b) - endOf(a));
  return {
    tanks: variant.bands.map((name, place) => ({ name, held: held[place] ?? 0, most: most[place], share: most[place] ? (held[place] ?? 0) / most[place] : 0 })),
    flows: flows(variant, us),
    lanes,
    queue: stateAt(variant, us).queue ?? 0,
    groups: variant.groups.map((group, place) => ({
      ...group,
      open: open.filter((one) => one.group === place).length,
      done: over.filter((one) => one.group === place && !failed(one)).length,
      failed: over.filter((one) => one.group === place && failed(one)).length,
    })),
    failures,
  };
}

/** How thick a stream is drawn, from 0 to 1: 1 KiB/s is the least that is seen and 1 GiB/s fills the pipe. */
function thickness(rate) {
  return Math.min(1, Math.max(0.15, Math.log2(Math.max(1, rate / 1024)) / 20));
}

/** Builds the stage in a box; returns how to show an instant. `pick` is told which request's journey is wanted. */
export function build(box, data, say, pick) {
  const document = box.ownerDocument;
  const variant = data.variants.at(-1);
  const most = Math.max(1, ...variant.queue.map((one) => one[1]));
  const tallest = capacities(variant);
  const clock = element(document, 'p', 'clock');
  const clients = element(document, 'div', 'crowd');
  const tanks = element(document, 'div', 'tanks');
  const queue = element(document, 'div', 'tank queue-tank');
  const workers = element(document, 'div', 'bench');
  const misses = element(document, 'div', 'misses');
  box.replaceChildren(clock, element(document, 'div', 'line-up', clients, tanks), workers, misses);
  const drawn = variant.bands.map((name, place) => {
    const rate = element(document, 'small');
    const stream = element(document, 'i', `stream ${variant.band_classes[place]}`);
    const pipe = element(document, 'div', 'pipe', stream, rate);
    pipe.title = say('flow');
    tanks.append(pipe);
    const level = element(document, 'i', `level ${variant.band_classes[place]}`);
    const amount = element(document, 'b');
    const tank = element(document, 'div', 'tank', element(document, 'div', 'vessel', level), amount, element(document, 'span', '', name));
    tank.title = say('held', { bytes: bytes(tallest[place]) });
    tanks.append(tank);
    return { level, amount, tank, stream, rate };
  });
  const level = element(document, 'i', 'level queue-level');
  const waits = element(document, 'b');
  queue.append(element(document, 'div', 'vessel', level), waits, element(document, 'span', '', say('queue-lane')));
  tanks.append(queue);
  const crowds = variant.groups.map((group) => {
    const dots = element(document, 'span', 'dots');
    const told = element(document, 'span', 'told');
    clients.append(element(document, 'div', `group ${group.class}`, element(document, 'strong', '', group.name), dots, told));
    return { dots, told };
  });
  const seats = variant.lanes.slice(0, MOST_LANES).map(() => {
    const told = element(document, 'span');
    const seat = element(document, 'div', 'seat', told);
    workers.append(seat);
    return { seat, told };
  });

  function seatsAt(lanes) {
    seats.forEach(({ seat, told }, place) => {
      const { worker, taken, since } = lanes[place];
      const group = taken && variant.groups[taken[GROUP]];
      seat.className = `seat ${group?.class ?? ''} ${taken ? (taken[WAITING] ? 'waits' : 'works') : ''}`;
      told.textContent = taken ? `${group?.name ?? '?'} ${span(since)}` : say('worker', { worker: worker > 1e6 ? worker % 1e6 : worker });
      seat.onclick = taken && taken[REQUEST] !== null ? () => pick(taken[REQUEST]) : null;
    });
  }

  function failuresAt(all) {
    const last = all.slice(0, MOST_FAILURES);
    const key = last.map((one) => one.id).join();
    if (misses.dataset.shown === key) return;
    misses.dataset.shown = key;
    misses.replaceChildren(...last.map((one) => {
      const button = element(document, 'button', 'miss', `× ${variant.groups[one.group]?.name ?? '?'} ${one.id}: ${one.said}`);
      button.type = 'button';
      button.addEventListener('click', () => pick(one.id));
      return button;
    }));
  }

  return (us) => {
    const now = scene(variant, us);
    clock.textContent = instant(us);
    now.tanks.forEach(({ held, share }, place) => {
      drawn[place].level.style.height = `${share * 100}%`;
      drawn[place].amount.textContent = bytes(held);
      drawn[place].tank.classList.toggle('full', share > 0.97);
    });
    now.flows.forEach((rate, pipe) => {
      drawn[pipe].stream.style.setProperty('--thickness', thickness(rate));
      // It runs as time does on the stage: not at all in a pause.
      drawn[pipe].stream.style.setProperty('--shift', `${-((us / 25_000) % 18)}px`);
      drawn[pipe].stream.classList.toggle('flows', rate > 0);
      drawn[pipe].rate.textContent = rate > 0 ? say('rate', { bytes: bytes(Math.round(rate)) }) : '';
    });
    level.style.height = `${(now.queue / most) * 100}%`;
    waits.textContent = count(now.queue);
    seatsAt(now.lanes);
    now.groups.forEach((group, place) => {
      crowds[place].dots.replaceChildren(...Array.from({ length: Math.min(group.open, MOST_DOTS) }, () => element(document, 'i')));
      crowds[place].told.replaceChildren(`${count(group.open)} · ✓ ${count(group.done)}`, group.failed ? element(document, 'em', '', ` × ${count(group.failed)}`) : '');
    });
    failuresAt(now.failures);
    return now;
  };
}
