// Every handout that there is, written at once, and each opened from a disk with no network: it is played, turned and small. Only with --nightly: computing twenty grids
// of runs takes minutes in a debug build. Two pages are always tested, in lessons.test.js.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { launch, withFile } from './browser.js';
import { BINARY } from './serving.js';

const run = promisify(execFile);
const nightly = process.env.SLOWLAB_NIGHTLY ? {} : { skip: 'only with --nightly' };
const MOST = 5 * 1024 * 1024;

/** Some answer to everything that is asked, step by step, to the last question. */
async function playAnyhow(page) {
  const on = (step) => page.locator(`#step-${step} .on button`).click();
  await on('story');
  for (const question of await page.locator('.question').all()) {
    const choices = question.locator('input[type="radio"]');
    if (await choices.count()) await choices.first().check();
    for (const slider of await question.locator('input[type="range"]').all()) await slider.press('ArrowRight');
  }
  for (const step of ['predict', 'run', 'reveal', 'fix']) await on(step);
  for (const question of await page.locator('.quiz').all()) await question.locator('input').first().check();
}

describe('handouts, all of them', nightly, () => {
  let browser;
  let folder;
  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'slowlab-handouts-'));
    await run(BINARY, ['handout', 'all', '--to', folder], { maxBuffer: MOST });
    browser = await launch();
  });
  after(async () => {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('are ten lessons in two languages, each under 5 MiB', () => {
    const pages = readdirSync(folder);
    assert.equal(pages.length, 20, pages.join(' '));
    for (const page of pages) assert.ok(statSync(path.join(folder, page)).size < MOST, page);
  });

  test('are each played from a disk without a network: lanes to look at, knobs that answer', async () => {
    for (const name of readdirSync(folder)) {
      await withFile(browser, path.join(folder, name), { offline: true }, async (page) => {
        await playAnyhow(page);
        assert.ok(await page.locator('#beside .one').count() >= 1, name);
        assert.ok(await page.locator('#lanes figure').first().isVisible(), name);
        assert.notEqual(await page.locator('#done').textContent(), '', name);
        const knob = page.locator('#knob-0');
        const before = await knob.inputValue();
        await knob.press(before === '0' ? 'ArrowRight' : 'ArrowLeft');
        assert.match(await page.locator('#attempt').innerText(), /\S/, name);
        assert.deepEqual(page.complaints, [], name);
      });
    }
  });
});
