// A whole lesson, by keyboard alone: from the server in both languages, and as a handout from a disk with no network.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { launch, withFile } from './browser.js';
import { BINARY, serve } from './serving.js';

const run = promisify(execFile);
const NAME = '02-four-slow-readers';
/** The same in both languages: what the simulator says, and how it is said that everything was right. */
const DONE = { en: 'Predictions right or close: 3 of 3. Explained: 3 of 3.', ko: '맞거나 비슷한 예측: 3개 중 3개. 설명: 3개 중 3개.' };

/** Presses Tab until something that fits has the focus. */
async function tabTo(page, selector) {
  for (let presses = 0; presses < 60; presses += 1) {
    if (await page.evaluate((wanted) => document.activeElement.matches(wanted), selector)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`nobody comes to ${selector} by Tab`);
}

async function press(page, key, times = 1) {
  for (let count = 0; count < times; count += 1) await page.keyboard.press(key);
}

/** From the ticket to the last question. */
async function play(page, language) {
  assert.equal(await page.locator('#step-reveal').isVisible(), false);
  await tabTo(page, '#step-story .on button');
  await press(page, 'Enter');
  assert.equal(await page.locator('#step-predict .on button').isDisabled(), true);
  await tabTo(page, '#step-predict input[type="radio"]');
  await press(page, 'ArrowDown');
  await tabTo(page, '#guess-1');
  await press(page, 'ArrowRight', 20);
  for (let point = 0; point < 9; point += 1) {
    await press(page, 'Tab');
    await press(page, 'ArrowRight', point < 8 ? point * 5 : 0);
  }
  await tabTo(page, '#step-predict .on button');
  await press(page, 'Enter');
  // Locked: no input takes anything any more.
  assert.equal(await page.locator('#step-predict input:enabled').count(), 0);
  await tabTo(page, '#step-run .on button');
  await press(page, 'Enter');
  const beside = page.locator('#beside .one');
  assert.equal(await beside.count(), 3);
  assert.match(await beside.nth(1).textContent(), /110.*115/s);
  await tabTo(page, '#step-reveal .on button');
  await press(page, 'Enter');
  await tabTo(page, '#knob-2');
  await press(page, 'End');
  assert.equal(await page.locator('#attempt .holds-not').count(), 1);
  await press(page, 'ArrowLeft', 2);
  assert.equal(await page.locator('#attempt').textContent(), '');
  await page.keyboard.down('Shift');
  await press(page, 'Tab', 2);
  await page.keyboard.up('Shift');
  await press(page, 'ArrowRight');
  assert.equal(await page.locator('#attempt .holds').count(), 1);
  await tabTo(page, '#step-fix .on button');
  await press(page, 'Enter');
  for (let question = 0; question < 3; question += 1) {
    await tabTo(page, `input[name="quiz-${question}"]`);
    await press(page, 'ArrowDown');
  }
  assert.equal(await page.locator('#done').textContent(), DONE[language]);
}

describe('a lesson', () => {
  let browser;
  let server;
  let handouts;
  before(async () => {
    handouts = mkdtempSync(path.join(tmpdir(), 'slowlab-handout-'));
    for (const language of ['en', 'ko']) await run(BINARY, ['handout', '2', '--lang', language, '--to', path.join(handouts, `${NAME}.${language}.html`)]);
    browser = await launch();
    server = await serve();
  });
  after(async () => {
    await browser.close();
    await server.end();
    rmSync(handouts, { recursive: true, force: true });
  });

  for (const language of ['en', 'ko']) {
    test(`is played by keyboard alone (${language}), and found again`, async () => {
      const context = await browser.newContext({ viewport: { width: 1280, height: 720 } });
      const page = await context.newPage();
      const complaints = [];
      page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()));
      page.on('pageerror', (error) => complaints.push(String(error)));
      try {
        await page.goto(`${server.base}/lessons?lang=${language}`);
        assert.equal(await page.locator('.lessons li').count(), 10);
        await page.locator('.lessons a').nth(1).press('Enter');
        await page.waitForSelector('#step-story');
        await play(page, language);
        await page.reload();
        assert.equal(await page.locator('#done').textContent(), DONE[language]);
        const [file] = await Promise.all([page.waitForEvent('download'), page.evaluate(() => document.querySelector('#save').click())]);
        const saved = JSON.parse(readFileSync(await file.path(), 'utf8'));
        assert.equal(saved.lesson, NAME);
        await page.evaluate(() => document.querySelector('#anew').click());
        await page.waitForFunction(() => !document.querySelector('#step-quiz, #none').checkVisibility());
        await page.locator('#load').setInputFiles(await file.path());
        await page.waitForFunction(() => document.querySelector('#done').textContent !== '');
        await page.locator('#teach').press('Enter');
        assert.ok(await page.locator('aside.note').first().isVisible());
        await page.locator('#present').press('Enter');
        assert.equal(await page.locator('.step:visible').count(), 1);
        assert.deepEqual(complaints, []);
      } finally {
        await context.close();
      }
    });
  }

  test('says nothing but words, whatever is turned, in all ten', async () => {
    const page = await (await browser.newContext()).newPage();
    try {
      for (const language of ['en', 'ko']) {
        await page.goto(`${server.base}/lessons?lang=${language}`);
        const lessons = await page.locator('.lessons a').evaluateAll((links) => links.map((link) => link.href));
        assert.equal(lessons.length, 10);
        for (const lesson of lessons) {
          await page.goto(lesson);
          const go = (step) => page.locator(`#step-${step} .on button`).click();
          await go('story');
          // Whatever is guessed: the first choice, a step of each slider.
          await page.locator('#step-predict .question').evaluateAll((questions) => {
            for (const question of questions) question.querySelector('input[type="radio"]')?.click();
            for (const range of document.querySelectorAll('#step-predict input[type="range"]')) {
              range.stepUp();
              range.dispatchEvent(new Event('input', { bubbles: true }));
            }
          });
          for (const step of ['predict', 'run', 'reveal']) await go(step);
          const knobs = page.locator('#step-fix input[type="range"]');
          for (let knob = 0; knob < await knobs.count(); knob += 1) {
            const was = await knobs.nth(knob).inputValue();
            await knobs.nth(knob).press('End');
            if (await knobs.nth(knob).inputValue() === was) await knobs.nth(knob).press('Home');
            await page.waitForFunction(() => document.querySelector('#attempt').textContent !== '');
            const keys = (await page.locator('main').innerText()).match(/\b(lesson|page|browse)-[a-z-]+/g);
            assert.deepEqual(keys, null, `${lesson}, knob ${knob}`);
            await knobs.nth(knob).fill(was);
          }
        }
      }
    } finally {
      await page.context().close();
    }
  });

  test('is played from a disk without a network', async () => {
    const file = path.join(handouts, `${NAME}.en.html`);
    await withFile(browser, file, { viewport: { width: 1280, height: 720 }, offline: true }, async (page) => {
      await play(page, 'en');
      assert.equal(await page.locator('.note').count(), 0);
      assert.deepEqual(page.complaints, []);
    });
  });

  test('can be read without scripts, on a telephone and in the dark', async () => {
    const file = path.join(handouts, `${NAME}.ko.html`);
    const options = { javaScriptEnabled: false, viewport: { width: 400, height: 800 }, colorScheme: 'dark' };
    await withFile(browser, file, options, async (page) => {
      for (const step of ['story', 'predict', 'run', 'reveal', 'fix', 'quiz']) assert.ok(await page.locator(`#step-${step}`).isVisible(), step);
      assert.ok(await page.locator('#step-reveal .curve path').first().isVisible());
      const wide = await page.locator('body').evaluate((body) => body.scrollWidth);
      assert.ok(wide <= 400, `${wide}`);
    });
  });

  test('fits into a mail, and on one sheet of paper', async () => {
    for (const language of ['en', 'ko']) {
      const file = path.join(handouts, `${NAME}.${language}.html`);
      assert.ok(statSync(file).size < 5 * 1024 * 1024);
      await withFile(browser, file, {}, async (page) => {
        const paper = (await page.pdf({ preferCSSPageSize: true })).toString('latin1');
        assert.equal(paper.match(/\/Type\s*\/Page[^s]/g).length, 1, language);
      });
    }
  });
});
