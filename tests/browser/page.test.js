// What a reader does with a report: looks, points, plays, clicks, types, prints, turns the light off.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launch, withPage } from './browser.js';

/** An outage with 504s, a cure, and three more variants. */
const OUTAGE = 'worker-starvation';
const KOREAN = 'korean';

const sick = (page) => page.locator('.first-screen .pane').first();
const plot = (page, kind) => sick(page).locator(`.plot.${kind}`).first();
const cursor = (page) => page.evaluate(() => Number(document.documentElement.style.getPropertyValue('--t')));
const failures = (page) => sick(page).locator('.plot.row').filter({ has: page.locator('svg.marks use') }).first();

/** Where the place of a mark is on the screen. */
const middleOf = (mark) => mark.evaluate((one) => {
  const box = one.getBoundingClientRect();
  return { x: box.left + box.width / 2, y: box.top + box.height / 2 };
});

describe('a reader', () => {
  let browser;
  before(async () => { browser = await launch(); });
  after(() => browser.close());
  const at = (name, scenario, options, body) => test(name, () => withPage(browser, scenario, options, async (page) => {
    await body(page);
    assert.deepEqual(page.complaints, []);
  }));

  at('moves one cursor through all pictures', OUTAGE, {}, async (page) => {
    const box = await plot(page, 'lanes').boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    assert.ok(Math.abs(await cursor(page) - 0.5) < 0.01);
    const places = await page.locator('.cursor:visible').evaluateAll((all) => all.map((one) => {
      const plots = one.closest('.over').getBoundingClientRect();
      return (one.getBoundingClientRect().left - plots.left) / plots.width;
    }));
    assert.ok(places.length >= 5, `${places.length} cursors`);
    for (const place of places) assert.ok(Math.abs(place - 0.5) < 0.02, `${places}`);
    const readout = await page.locator('.readout').innerText();
    assert.match(readout, /4 of 4 workers taken/);
    assert.match(await page.locator('.tip').innerText(), /worker \d, held by slow for/);
  });

  at('looks closer and sees the whole again', OUTAGE, {}, async (page) => {
    const labels = () => sick(page).locator('.axis span').allInnerTexts();
    const whole = await labels();
    const box = await plot(page, 'lanes').boundingBox();
    await page.mouse.move(box.x + box.width * 0.3, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, box.y + 20, { steps: 5 });
    await page.mouse.up();
    const zoom = await page.evaluate(() => Number(document.documentElement.style.getPropertyValue('--zoom')));
    assert.ok(zoom > 4 && zoom < 6, `${zoom}`);
    const near = await labels();
    assert.notDeepEqual(near, whole);
    assert.ok(near.length >= 3 && near.length <= 8, `${near}`);
    await page.getByRole('button', { name: 'Whole time' }).click();
    const again = await page.evaluate(() => document.documentElement.style.getPropertyValue('--zoom'));
    assert.equal(again, '1');
    await page.getByRole('button', { name: 'Closer' }).click();
    assert.equal(await page.evaluate(() => document.documentElement.style.getPropertyValue('--zoom')), '2');
  });

  at('plays it to the end', OUTAGE, {}, async (page) => {
    await page.getByLabel('Speed').selectOption('4');
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await page.waitForFunction(() => Number(document.documentElement.style.getPropertyValue('--t')) > 0.1);
    assert.ok(await page.locator('.future:visible').count() > 0, 'what is to come is veiled');
    await page.getByRole('button', { name: 'Pause' }).click();
    const stopped = await cursor(page);
    assert.ok(stopped < 1);
    await page.getByLabel('Instant').fill('950');
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await page.waitForFunction(() => Number(document.documentElement.style.getPropertyValue('--t')) === 1);
    await page.getByRole('button', { name: 'Play', exact: true }).waitFor();
  });

  at('clicks a failed request and reads its journey', OUTAGE, {}, async (page) => {
    const row = failures(page);
    const { x, y } = await middleOf(row.locator('use').nth(5));
    await page.mouse.move(x, y);
    assert.match(await page.locator('.tip').innerText(), /request \d+ of visitors: 504/);
    await page.mouse.click(x, y);
    const told = await page.locator('#journey').innerText();
    for (const part of ['The journey of request', 'proxy_read_timeout is up', 'accept queue', 'Ended as 504']) {
      assert.ok(told.includes(part), `no “${part}” in\n${told}`);
    }
    assert.ok(await page.locator('#journey .bar').count() >= 4);
    assert.ok(await page.locator('.span:visible').count() >= 1, 'the picture shows its stretch');
    await page.waitForFunction(() => location.hash.includes('req='));
    await page.getByRole('button', { name: 'Close', exact: true }).click();
    assert.ok(await page.locator('#journey').isHidden());
  });

  at('does all of it from the keyboard', OUTAGE, {}, async (page) => {
    for (let tabs = 0; tabs < 12; tabs += 1) {
      await page.keyboard.press('Tab');
      if (await page.evaluate(() => document.activeElement.classList.contains('stage'))) break;
    }
    assert.ok(await page.evaluate(() => document.activeElement.id === 'picture'), 'the picture can be reached');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    assert.ok(Math.abs(await cursor(page) - 0.02) < 0.001);
    await page.keyboard.press('n');
    const first = await cursor(page);
    await page.keyboard.press('n');
    assert.ok(await cursor(page) > first);
    await page.keyboard.press('+');
    assert.equal(await page.evaluate(() => document.documentElement.style.getPropertyValue('--zoom')), '2');
    await page.keyboard.press('Enter');
    assert.match(await page.locator('#journey').innerText(), /Ended as 504/);
    await page.keyboard.press('Escape');
    assert.ok(await page.locator('#journey').isHidden());
    assert.ok(await page.evaluate(() => document.activeElement.id === 'picture'), 'the focus comes back');
    await page.keyboard.press(' ');
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    await page.keyboard.press(' ');
  });

  at('follows a link to an instant', OUTAGE, { hash: '#variant=baseline&t=2.3' }, async (page) => {
    assert.match(await page.locator('.readout').innerText(), /2\.300 s/);
    const moment = page.locator('.moment[href*="req="]').first();
    await moment.click();
    // The browser tells the page of a new hash when it finds the time.
    await page.locator('#journey').filter({ hasText: 'The journey of request' }).waitFor();
  });

  at('turns the light off', OUTAGE, { colorScheme: 'dark' }, async (page) => {
    const luminance = (color) => {
      const [r, g, b] = color.match(/[\d.]+/g).map(Number).map((value) => value / 255)
        .map((share) => (share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const contrast = (one, other) => {
      const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
      return (high + 0.05) / (low + 0.05);
    };
    const colors = await page.evaluate(() => {
      const of = (selector, property) => getComputedStyle(document.querySelector(selector))[property];
      return {
        paper: of('body', 'backgroundColor'),
        ink: of('body', 'color'),
        faint: of('.axis span', 'color'),
        lane: of('.ground', 'fill'),
        bad: of('.total.bad', 'color'),
        cross: of('#cross', 'stroke'),
        ok: of('.stroke', 'stroke'),
      };
    });
    assert.ok(luminance(colors.paper) < 0.02 && luminance(colors.lane) < 0.05, 'charts are dark, too');
    for (const name of ['ink', 'faint', 'bad']) assert.ok(contrast(colors[name], colors.paper) >= 4.5, name);
    for (const name of ['cross', 'ok']) assert.ok(contrast(colors[name], colors.paper) >= 3, name);
  });

  at('unfolds more pictures: where the time went, endings over time', OUTAGE, {}, async (page) => {
    assert.ok(await page.locator('#further .split').first().isHidden(), 'folded at first');
    await page.locator('#further summary').click();
    const splits = page.locator('#further .split');
    assert.ok(await splits.count() >= 4);
    const bar = await splits.first().locator('.bar').boundingBox();
    assert.ok(bar.width > 300 && bar.height > 15, JSON.stringify(bar));
    const pieces = await page.locator('#further .split .piece').evaluateAll((all) => new Set(all.map((one) => getComputedStyle(one).fill)).size);
    assert.ok(pieces >= 3, `${pieces} colours`);
    const ends = page.locator('#further .small').first();
    assert.match(await ends.locator('h3').innerText(), /504/);
    assert.ok(await ends.locator('.piece').count() >= 2);
    const small = await page.evaluate(() => [...document.querySelectorAll('#further .chip, #further .label span, #further .axis span, #further .split > *')]
      .filter((one) => one.textContent.trim() && parseFloat(getComputedStyle(one).fontSize) < 16).map((one) => one.textContent));
    assert.deepEqual(small, []);
  });

  at('prints it with folds open and light paper', OUTAGE, { colorScheme: 'dark' }, async (page) => {
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    assert.ok(await page.locator('#expectations table').isVisible(), 'expectations are unfolded');
    assert.ok(await page.locator('pre').last().isVisible(), 'so is the scenario');
    assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), 'rgb(255, 255, 255)');
    const ink = await page.evaluate(() => getComputedStyle(document.body).color);
    assert.equal(ink, 'rgb(31, 38, 46)', 'and the ink is dark');
    assert.ok(await page.locator('.controls').isHidden());
  });

  test('reads it without scripts', () => withPage(browser, OUTAGE, { javaScriptEnabled: false }, async (page) => {
    assert.ok(await page.locator('h1').isVisible());
    assert.ok(await page.locator('.controls').isHidden(), 'what would not work is not there');
    assert.ok(await sick(page).locator('.axis span').count() >= 4);
    assert.ok((await sick(page).locator('.total.bad').first().innerText()).includes('504'));
    assert.ok(await page.locator('clipPath').count() >= 4);
    await page.locator('#expectations summary').click();
    assert.ok(await page.locator('#expectations table').isVisible());
  }));

  at('reads Korean without a missing glyph, in the embedded font', KOREAN, {}, async (page) => {
    const session = await page.context().newCDPSession(page);
    await session.send('DOM.enable');
    await session.send('CSS.enable');
    const { root } = await session.send('DOM.getDocument');
    for (const selector of ['.question', '.pane.cure h3', '.legend', 'h1']) {
      const { nodeId } = await session.send('DOM.querySelector', { nodeId: root.nodeId, selector });
      const { fonts } = await session.send('CSS.getPlatformFontsForNode', { nodeId });
      assert.ok(fonts.length > 0, selector);
      for (const font of fonts) assert.ok(font.isCustomFont, `${selector}: ${font.glyphCount} glyphs of ${font.familyName}`);
    }
  });
});
