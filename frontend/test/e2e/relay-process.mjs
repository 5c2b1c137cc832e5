// A spare machine's relay: the same headless binary, with a data folder of its own.

import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { keep } from './process.mjs';

const startLimit = 60_000; // ms
const link = /tongzhou:relay\?[\w-]+/;

/** A relay, which can be ended and started again with what it keeps. */
export class RelayProgram {
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #child;
  #home = '';

  get data() {
    return join(this.#home, 'relay');
  }

  /** Starts it for the first time and returns the link that it prints. */
  async start() {
    this.#home = await mkdtemp(join(tmpdir(), 'tongzhou-e2e-relay-'));
    await mkdir(keep, { recursive: true });
    const log = createWriteStream(join(keep, 'relay.log'), { flags: 'a' });
    const child = spawn(process.env.TONGZHOU_BIN ?? '', ['relay', '--data', this.data, '--listen', '/ip4/127.0.0.1/tcp/0'], {
      env: { ...process.env, HOME: this.#home, USERPROFILE: this.#home },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    child.stderr.pipe(log, { end: false });
    child.stdout.pipe(log, { end: false });
    return await new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`the relay printed no link in ${startLimit} ms`)), startLimit);
      child.once('error', reject);
      child.once('exit', (code, signal) => reject(new Error(`the relay ended at start: ${code ?? signal}, see ${keep}`)));
      createInterface({ input: child.stdout }).on('line', (line) => {
        const found = link.exec(line);
        if (!found) return;
        clearTimeout(late);
        resolve(found[0]);
      });
    });
  }

  /** Everything that lies on its disk, file by file. */
  async disk() {
    const files = await readdir(this.data);
    return await Promise.all(files.map(async (name) => ({ name, bytes: await readFile(join(this.data, name)) })));
  }

  /** Ends it and removes what it wrote. */
  async remove() {
    const child = this.#child;
    this.#child = undefined;
    if (child && child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
    }
    if (this.#home) await rm(this.#home, { recursive: true, force: true, maxRetries: 5 });
  }
}
