// A server of the binary under test, on a port of its own, with nothing but loopback to talk to.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

export const BINARY = path.resolve(process.env.SLOWLAB ?? 'target/debug/slowlab');

/** Starts one; `end` asks it to leave, waits until it has, and says how long that took. */
export async function serve(...named) {
  const out = mkdtempSync(path.join(tmpdir(), 'slowlab-serve-'));
  const child = spawn(BINARY, ['serve', '--port', '0', '--lang', 'en', '--out', out, ...named], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const [line] = await Promise.race([
    new Promise((resolve) => createInterface({ input: child.stdout }).once('line', (one) => resolve([one]))),
    ended.then((code) => { throw new Error(`the server ended with ${code}`); }),
  ]);
  const base = line.match(/http:\/\/127\.0\.0\.1:\d+/)[0];
  return {
    base,
    out,
    pid: child.pid,
    async end() {
      const began = performance.now();
      child.kill('SIGINT');
      await ended;
      rmSync(out, { recursive: true, force: true });
      return performance.now() - began;
    },
  };
}

/** One request as nobody's browser would send it; resolves to its status and text. */
export function send(base, address, { method = 'GET', headers = {}, body = '' } = {}) {
  const { hostname, port } = new URL(base);
  return new Promise((resolve, reject) => {
    const request = http.request({ agent: false, hostname, port, path: address, method, headers: { host: `${hostname}:${port}`, ...headers } }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (piece) => { text += piece; });
      // Also of a stream that is cut.
      response.on('error', () => {});
      response.on('close', () => resolve({ status: response.statusCode, text, headers: response.headers }));
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** The token that pages of this server have. */
export async function tokenOf(base) {
  const page = await send(base, '/whatif');
  return page.text.match(/slowlab-token" content="([0-9a-f]+)"/)[1];
}

/** What a page of ours sends with a question. */
export async function ours(base) {
  return { origin: base, 'x-slowlab-token': await tokenOf(base), 'content-type': 'application/json' };
}
