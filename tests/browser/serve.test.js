// What somebody does in front of `slowlab serve`: finds a scenario, turns its knobs, has it confirmed on real sockets, watches the theatre, asks about a site.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { launch } from './browser.js';
import { BINARY, ours, send, serve } from './serving.js';

const run = promisify(execFile);
const knob = (page, key) => page.locator(`.knob[data-key="${key}"]`);
const settled = (page) => page.waitForFunction(() => document.querySelector('#pane .plot'));

/** What the program itself says of the same file and settings. */
async function byProgram(server, name, set) {
  const sets = set.flatMap((one) => ['--set', one]);
  const { stdout } = await run(BINARY, ['run', name, '--engine', 'sim', '--variant', 'baseline', '--json', '--quiet', '--lang', 'en', '--out', server.out, ...sets]).catch((error) => error);
  return JSON.parse(stdout);
}

describe('somebody at the pages', () => {
  let browser;
  let server;
  before(async () => {
    browser = await launch();
    server = await serve();
  });
  after(async () => {
    await browser.close();
    await server.end();
  });
  const at = (name, address, options, body) => test(name, async () => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 720 }, ...options });
    const page = await context.newPage();
    const complaints = [];
    // That a question is refused is said on the page.
    page.on('console', (message) => ['error', 'warning'].includes(message.type()) && !message.text().includes('422') && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => {
      if (!request.url().startsWith(server.base) && !request.url().startsWith('data:')) complaints.push(`asked for ${request.url()}`);
    });
    try {
      await page.goto(server.base + address);
      await body(page);
      assert.deepEqual(complaints, []);
    } finally {
      await context.close();
    }
  });

  at('finds a scenario by a line of a log, and plays it before it gives the answer', '/library', {}, async (page) => {
    const shown = () => page.locator('.card:visible').count();
    const all = await shown();
    assert.ok(all > 40, `${all}`);
    await page.getByRole('searchbox').fill('upstream timed out');
    const few = await shown();
    assert.ok(few > 0 && few < all / 2, `${few}`);
    await page.getByRole('searchbox').fill('worker-starvation');
    const card = page.locator('.card[data-name="worker-starvation"]');
    assert.equal(await card.locator('.sentence').count(), 0);
    await card.getByRole('button', { name: 'Play it' }).click();
    await card.locator('.mini .sentence').waitFor();
    assert.match(await card.locator('.sentence').innerText(), /504/);
    await card.getByRole('link', { name: /Can four slow readers/ }).click();
    await settled(page);
    assert.match(await page.locator('#sentence').innerText(), /visitors/);
  });

  at('turns a knob: picture, sentence and numbers change, and are those of the program', '/whatif?scenario=worker-starvation', {}, async (page) => {
    await settled(page);
    const picture = () => page.locator('#pane .plot.lanes svg').first().innerHTML();
    const before = await picture();
    const lanes = await page.locator('#pane .lane-names span').count();
    const slider = knob(page, 'backend.workers').locator('input');
    // Read here on its way to the page: what the page lets go, or has not read to its end yet, has no body that could be asked for.
    let said = null;
    await page.route('**/api/simulate', async (route) => {
      try {
        const response = await route.fetch();
        const text = await response.text();
        if ((route.request().postData() ?? '').includes('backend.workers=8')) said = JSON.parse(text.split('\n', 1)[0]);
        await route.fulfill({ response, body: text });
      } catch {
        // Passed on the way: the page wants it no longer.
      }
    });
    const box = await slider.boundingBox();
    // By mouse, all the way, then by keys: each value on the way may be asked for, the last one must be.
    await page.mouse.move(box.x + box.width * 0.25, box.y + 10);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.9, box.y + 10, { steps: 12 });
    await page.mouse.up();
    while (await knob(page, 'backend.workers').locator('output').innerText() !== '8') {
      const now = Number(await knob(page, 'backend.workers').locator('output').innerText());
      await slider.press(now > 8 ? 'ArrowLeft' : 'ArrowRight');
    }
    await page.waitForFunction(() => document.querySelectorAll('#pane .lane-names span').length === 8);
    assert.equal(lanes, 4);
    assert.notEqual(await picture(), before);
    assert.ok(await page.locator('#pane .ghost').count() >= 4);
    const program = await byProgram(server, 'worker-starvation', ['backend.workers=8']);
    assert.deepEqual(said.summary.variants, program.variants);
    const [requests, ok] = await page.locator('#groups tbody tr').filter({ hasText: 'visitors' }).locator('td').evaluateAll((cells) => cells.slice(0, 2).map((cell) => cell.firstChild.textContent.trim()));
    const visitors = program.variants[0].groups.find((group) => group.name === 'visitors');
    assert.equal(requests, String(visitors.requests));
    assert.equal(ok, String(visitors.complete));
    await page.waitForURL(/set=backend\.workers%3D8/);
    // Where it turns, and back as it was.
    await knob(page, 'backend.workers').locator('.cliff i.fails').first().waitFor();
    assert.match(await knob(page, 'backend.workers').locator('.edge').innerText(), /between 4 and 5/);
    await page.getByRole('button', { name: 'As in the file' }).click();
    await page.waitForFunction(() => document.querySelectorAll('#pane .lane-names span').length === 4);
    await page.locator('#cures li').first().waitFor();
    assert.match(await page.locator('#cures li').first().innerText(), /cures it.*proxy_buffering/s);
    await page.getByRole('button', { name: 'buffered', exact: true }).click();
    await page.getByRole('button', { name: 'Copy as a change' }).click();
    await page.locator('#diff').getByText('proxy_buffering on').waitFor();
    assert.match(await page.locator('#diff').innerText(), /-\s+proxy_buffering off;\n\+\s+proxy_buffering on;/);
  });

  at('has it confirmed on real sockets, sees it live, and opens its report', '/whatif?scenario=healthy&set=backend.workers%3D3', {}, async (page) => {
    await settled(page);
    await page.getByRole('button', { name: 'Confirm on real sockets' }).click();
    const now = page.locator('#live-now');
    await now.getByText(/workers taken/).waitFor();
    const first = await now.innerText();
    await page.waitForFunction((text) => document.getElementById('live-now').textContent !== text, first);
    assert.match(await now.innerText(), /of 3 workers/);
    const link = page.locator('#live-end a');
    await link.waitFor();
    await link.click();
    await page.waitForURL(/\/live\/[0-9a-f]{32}\/report/);
    assert.match(await page.title(), /healthy \(lab\)/);
  });

  at('watches the theatre, by keys alone, and follows a failed request', '/theatre?scenario=worker-starvation', { reducedMotion: 'reduce' }, async (page) => {
    await page.locator('.tank').first().waitFor();
    const levels = () => page.locator('.level').evaluateAll((all) => all.map((one) => one.style.height));
    const empty = await levels();
    await page.locator('#stage').focus();
    for (let step = 0; step < 40; step += 1) await page.keyboard.press('ArrowRight');
    assert.notDeepEqual(await levels(), empty);
    assert.equal(await page.locator('.seat.waits').count(), 4);
    // Each pipe but those of empty places says how much goes through it; the first one leads to the clients.
    assert.match(await page.locator('.pipe small').first().innerText(), /\d.*B\/s/);
    await page.locator('.miss').first().click();
    assert.match(await page.locator('#journey').innerText(), /504/);
    await page.keyboard.press('Escape');
    assert.ok(await page.locator('#journey').isHidden());
  });

  at('asks about a site of its own, and is asked back what cannot be told', '/site?lang=ko', {}, async (page) => {
    await page.locator('#nginx').fill('events {}\nhttp { server { listen 80; location / { proxy_pass http://unix:/run/gunicorn.sock; proxy_buffering off; } } }');
    await page.locator('#gunicorn').fill('gunicorn --workers $SOME --bind unix:/run/gunicorn.sock app:app');
    await page.locator('#site button[type=submit]').click();
    await page.getByRole('heading', { name: '먼저 답해야 할 것' }).waitFor();
    assert.match(await page.locator('#answer').innerText(), /workers/);
    assert.match(await page.locator('h1').innerText(), /내 사이트/);
    await page.locator('#nginx').fill('http { server {');
    await page.locator('#site button[type=submit]').click();
    await page.locator('#trouble').waitFor();
    assert.match(await page.locator('#trouble').innerText(), /nginx\.conf/);
    assert.doesNotMatch(await page.locator('#trouble').innerText(), /tmp/);
  });

  at('shows what only real sockets play, and says so', '/library', {}, async (page) => {
    const card = page.locator('.card[data-name="pipeline-brake"]');
    assert.match(await card.innerText(), /does not play/);
    assert.equal(await card.getByRole('button', { name: 'Play it' }).count(), 0);
  });
});

describe('somebody who should not', () => {
  let server;
  before(async () => { server = await serve(); });
  after(() => server.end());
  const simulate = (headers, body = '{"name":"healthy"}') => send(server.base, '/api/simulate', { method: 'POST', headers, body });

  test('is refused, in words', async () => {
    const good = await ours(server.base);
    const foreign = await send(server.base, '/library', { headers: { host: 'evil.example' } });
    assert.equal(foreign.status, 421);
    assert.match(foreign.text, /127\.0\.0\.1 and localhost only/);
    assert.equal((await send(server.base, '/library', { headers: { origin: 'http://evil.example' } })).status, 403);
    assert.equal((await simulate({ ...good, origin: 'http://evil.example' })).status, 403);
    const { origin, ...without } = good;
    assert.equal((await simulate(without)).status, 403, origin);
    const stale = await simulate({ ...good, 'x-slowlab-token': '0'.repeat(32) });
    assert.equal(stale.status, 403);
    assert.match(stale.text, /Load it again/);
    assert.equal((await send(server.base, '/library', { method: 'DELETE' })).status, 405);
    assert.equal((await simulate(good)).status, 200);
  });

  test('gets no file by any path', async () => {
    for (const address of ['/assets/../../etc/passwd', '/assets/%2e%2e%2f%2e%2e%2fetc%2fpasswd', '/recorded/..%2f..%2fetc', '/recorded/%2fetc%2fpasswd', '/run/0', '/run/..', '/live/x/report']) {
      const { status, text } = await send(server.base, address);
      assert.ok(status === 404 || status === 400, `${address}: ${status}`);
      assert.doesNotMatch(text, /root:/);
    }
    const good = await ours(server.base);
    const file = await simulate(good, '{"name":"/etc/passwd"}');
    assert.equal(file.status, 404);
  });

  test('asks for too much', async () => {
    const good = await ours(server.base);
    const large = await simulate({ ...good, 'content-length': String(100 << 20), expect: '' }, 'x').catch((error) => ({ status: 413, text: String(error) }));
    assert.equal(large.status, 413);
    const hour = await simulate(good, '{"name":"healthy","set":["duration=1h"]}');
    assert.equal(hour.status, 422);
    assert.match(hour.text, /1h/);
    const storm = await simulate(good, '{"name":"healthy","set":["clients.visitors.rate=1000000/s"]}');
    assert.equal(storm.status, 422);
    const many = await Promise.all(Array.from({ length: 1000 }, () => simulate(good)));
    const by = (status) => many.filter((one) => one.status === status).length;
    assert.equal(by(200) + by(503), 1000);
    assert.ok(by(200) > 0 && by(503) > 0, `${by(200)} answered`);
    assert.equal((await simulate(good)).status, 200);
  });

  test('Ctrl-C ends all of it within a second, a stream, a run on real sockets and dozens of what-ifs included', async () => {
    const other = await serve();
    const good = await ours(other.base);
    const begun = await send(other.base, '/api/confirm', { method: 'POST', headers: good, body: '{"name":"worker-starvation"}' });
    const stream = send(other.base, JSON.parse(begun.text).events).catch(() => null);
    const again = await send(other.base, '/api/confirm', { method: 'POST', headers: good, body: '{"name":"healthy"}' });
    assert.equal(again.status, 409);
    const body = JSON.stringify({ name: 'vanished-client', set: ['clients.visitors.rate=6/s'] });
    const load = ['simulate', 'cures'].flatMap((what) => Array.from({ length: 40 }, () => send(other.base, `/api/${what}`, { method: 'POST', headers: good, body }).catch(() => null)));
    assert.equal((await send(other.base, '/library')).status, 200);
    const took = await other.end();
    await Promise.all([stream, ...load]);
    assert.ok(took < 1500, `${took} ms`);
    const left = await run('pgrep', ['-P', String(other.pid)]).catch(() => ({ stdout: '' }));
    assert.equal(left.stdout, '');
  });
});
