// The report of a pipeline: stages in place of a stack, played on real pipes by scripts/browser.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launch, withPage } from './browser.js';

const PIPELINE = 'pipeline-brake';
const pane = (page, name) => page.locator('.first-screen .pane').filter({ hasText: name });
const cursor = (page) => page.evaluate(() => Number(document.documentElement.style.getPropertyValue('--t')));

describe('a pipeline', () => {
  let browser;
  before(async () => { browser = await launch(); });
  after(() => browser.close());
  const at = (name, options, body) => test(name, () => withPage(browser, PIPELINE, options, async (page) => {
    await body(page);
    assert.deepEqual(page.complaints, []);
  }));

  at('says which stage is the brake and shows it at work', {}, async (page) => {
    assert.match(await page.locator('h1').innerText(), /Stage 2 of 3, slow, is the brake/);
    const names = await pane(page, 'baseline').locator('.track-name').allInnerTexts();
    assert.deepEqual(names.filter((name) => name !== 'pipe'), ['read', 'slow', 'pick']);
    assert.equal(names.filter((name) => name === 'pipe').length, 2);
    const shares = await pane(page, 'baseline').locator('.total').allInnerTexts();
    const [before, brake, behind] = shares.filter((text) => /%/.test(text)).map((text) => parseInt(text, 10));
    assert.ok(brake > 60 && brake > 2 * before && brake > 2 * behind, `${shares}`);
    for (const foreign of ['accept queue', 'worker', 'visitors']) {
      assert.ok(!(await page.locator('.first-screen').innerText()).includes(foreign), foreign);
    }
  });

  at('is gone through from the keyboard, and says at each instant what was found', {}, async (page) => {
    await page.locator('#picture').focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    assert.ok(Math.abs(await cursor(page) - 0.02) < 0.001);
    assert.match(await page.locator('.readout').innerText(), /baseline/);
    await page.keyboard.press('+');
    assert.equal(await page.evaluate(() => document.documentElement.style.getPropertyValue('--zoom')), '2');
    await page.keyboard.press(' ');
    await page.getByRole('button', { name: 'Pause' }).waitFor();
  });

  at('is read in the dark, by its own colours', { colorScheme: 'dark' }, async (page) => {
    const tints = await pane(page, 'baseline').locator('.stage-lane path')
      .evaluateAll((all) => [...new Set(all.map((one) => getComputedStyle(one).fill))]);
    assert.equal(tints.length, 3, `${tints}`);
    const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    assert.ok(!tints.includes(ground), `${tints} on ${ground}`);
  });

  at('fits a telephone', { viewport: { width: 400, height: 800 } }, async (page) => {
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= 400);
  });

  at('needs no script', { javaScriptEnabled: false }, async (page) => {
    assert.match(await page.locator('h1').innerText(), /is the brake/);
    assert.ok(await pane(page, 'baseline').locator('.stage-lane path').count() >= 6);
  });
});
