// Every bundled scenario's report: what must hold whatever a run shows.

import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { launch, reportOf, scenarios, withPage } from './browser.js';

/** Pixels of a projector's first screen. */
const FIRST_SCREEN = 720;
/** Pages that a printed report may have, less than. */
const PAGES = 8;
/** Bytes that a report may have, less than. */
const BYTES = 3 * 1024 * 1024;
/** Telephones and paper: of every third report, of all of them by night (`scripts/browser --nightly`). */
const SAMPLE = process.env.SLOWLAB_NIGHTLY ? 1 : 3;

/** Text of charts that is smaller than 16 px, and text of anything that sticks out of the page. */
function smallText() {
  const charts = '.label, .label span, .total, .axis span, .caption span, .legend, .up span, .names span, .across span, .level span, .pane h3 *, .readout p';
  return [...document.querySelectorAll(charts)]
    .filter((one) => one.textContent.trim() && one.getClientRects().length)
    .filter((one) => parseFloat(getComputedStyle(one).fontSize) < 16)
    .map((one) => `${one.className}: ${one.textContent}`);
}

/** Names of tracks that have no room. */
function cutNames() {
  return [...document.querySelectorAll('.first-screen .label')]
    .filter((one) => one.clientWidth > 0 && one.scrollWidth > one.clientWidth)
    .map((one) => one.textContent);
}

describe('every report', () => {
  let browser;
  before(async () => { browser = await launch(); });
  after(() => browser.close());

  test('there are reports', () => assert.ok(scenarios().length >= 25, `only ${scenarios().length}`));

  for (const [place, scenario] of scenarios().entries()) {
    test(`${scenario}: sentence and picture are on the first screen, legible, without a complaint`, async () => {
      await withPage(browser, scenario, {}, async (page) => {
        assert.ok((await page.locator('h1').innerText()).length > 10);
        const end = await page.locator('.first-screen').evaluate((one) => one.getBoundingClientRect().bottom);
        assert.ok(end <= FIRST_SCREEN, `the picture ends at ${end} px`);
        assert.deepEqual(await page.evaluate(smallText), []);
        assert.deepEqual(await page.evaluate(cutNames), []);
        assert.deepEqual(page.complaints, []);
      });
      assert.ok(statSync(reportOf(scenario)).size < BYTES);
    });

    if (place % SAMPLE > 0) continue;

    test(`${scenario}: fits a telephone`, async () => {
      await withPage(browser, scenario, { viewport: { width: 400, height: 800 } }, async (page) => {
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(wide <= 400, `${wide} px wide`);
        const plot = await page.locator('.first-screen .plot').first().boundingBox();
        assert.ok(plot.width > 300, `a plot is ${plot.width} px wide`);
      });
    });

    test(`${scenario}: prints whole, on few pages`, async () => {
      await withPage(browser, scenario, {}, async (page) => {
        const pdf = await page.pdf({ format: 'A4', preferCSSPageSize: true });
        const pages = pdf.toString('latin1').match(/\/Type\s*\/Page\b/g).length;
        assert.ok(pages < PAGES, `${pages} pages`);
        await page.setViewportSize({ width: 702, height: 1030 });
        await page.emulateMedia({ media: 'print' });
        const cut = await page.evaluate(() => [...document.querySelectorAll('main, .scroll, pre, .total, h3')]
          .filter((one) => one.scrollWidth > one.clientWidth + 1)
          .map((one) => `${one.className || one.tagName}: ${one.textContent.slice(0, 60)}`));
        assert.deepEqual(cut, []);
      });
    });
  }
});
