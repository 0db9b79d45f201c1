// What the tests have in common: Debian's Chromium without a network, pages that note every complaint, the reports that scripts/browser made.

import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

/** The folder of reports: one folder per scenario. */
export const REPORTS = path.resolve(process.env.SLOWLAB_REPORTS ?? 'target/browser');
const PROGRAM = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Every scenario that has a report, by name. */
export function scenarios() {
  return readdirSync(REPORTS).filter((name) => existsSync(reportOf(name))).sort();
}

export function reportOf(scenario) {
  return path.join(REPORTS, scenario, 'latest', 'report.html');
}

export function launch() {
  return chromium.launch({ executablePath: PROGRAM, args: ['--no-sandbox', '--disable-gpu'] });
}

/** Runs `body` with any file as a page and closes it, whatever happens. */
export async function withFile(browser, file, options, body) {
  const page = await openFile(browser, file, options);
  try {
    return await body(page);
  } finally {
    await page.context().close();
  }
}

/** Opens a report from disk. `page.complaints` has errors, warnings of the policy, and addresses that were asked for outside of the file. */
export function open(browser, scenario, options = {}) {
  return openFile(browser, reportOf(scenario), options);
}

async function openFile(browser, file, { hash = '', ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 }, offline: true, ...options });
  const page = await context.newPage();
  page.complaints = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) page.complaints.push(message.text());
  });
  page.on('pageerror', (error) => page.complaints.push(String(error)));
  page.on('request', (request) => {
    if (!/^(file|data):/.test(request.url())) page.complaints.push(`asked for ${request.url()}`);
  });
  await page.goto(pathToFileURL(file).href + hash);
  await page.evaluate(() => document.fonts.ready);
  return page;
}

/** Runs `body` with a page and closes it, whatever happens. */
export async function withPage(browser, scenario, options, body) {
  const page = await open(browser, scenario, options);
  try {
    return await body(page);
  } finally {
    await page.context().close();
  }
}
