// The page of `slowlab compare`: no scripts, both runs on the same axes, legible anywhere.

import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { launch, REPORTS, withFile } from './browser.js';

const PAGE = path.join(REPORTS, 'compare.html');

describe('a comparison', () => {
  let browser;
  before(async () => { browser = await launch(); });
  after(() => browser.close());
  const at = (name, options, body) => test(name, () => withFile(browser, PAGE, options, async (page) => {
    await body(page);
    assert.deepEqual(page.complaints, []);
  }));

  at('lays the curves of both runs over one another', {}, async (page) => {
    assert.ok((await page.locator('h1').innerText()).length > 20);
    const names = await page.locator('.pane h3 .name').allInnerTexts();
    for (const name of ['A baseline', 'B baseline', 'A buffered', 'B buffered']) assert.ok(names.includes(name), `${names}`);
    const curves = await page.locator('.percentiles').first().locator('.plot .curve').count();
    assert.ok(curves >= 4, `${curves} curves`);
    const lines = await page.locator('.percentiles').first().locator('.plot .curve')
      .evaluateAll((all) => all.map((one) => getComputedStyle(one).stroke));
    assert.equal(new Set(lines).size, lines.length, 'each has a colour of its own');
    assert.ok(await page.locator('details summary').first().isVisible(), 'the table of all metrics can be opened');
  });

  at('has the same axes on both sides', {}, async (page) => {
    const axes = await page.locator('.pane').evaluateAll((all) => all.map((one) => one.querySelector('.plot.axis').innerText));
    assert.equal(new Set(axes).size, 1, `${axes}`);
  });

  at('fits a telephone', { viewport: { width: 400, height: 800 } }, async (page) => {
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= 400, `${wide} px wide`);
  });

  at('is dark where readers want it dark', { colorScheme: 'dark' }, async (page) => {
    assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), 'rgb(20, 24, 28)');
  });

  at('prints whole', {}, async (page) => {
    await page.setViewportSize({ width: 702, height: 1030 });
    await page.emulateMedia({ media: 'print' });
    assert.ok(await page.locator('details table').first().isVisible(), 'what is folded is printed');
    const cut = await page.evaluate(() => [...document.querySelectorAll('.scroll, .total, h3')]
      .filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.textContent.slice(0, 60)));
    assert.deepEqual(cut, []);
  });

  test('reads without scripts', () => withFile(browser, PAGE, { javaScriptEnabled: false }, async (page) => {
    assert.ok(await page.locator('.pane').count() >= 4);
  }));
});
