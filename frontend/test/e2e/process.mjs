// One member's program: the real headless binary, with a data folder and a home of its own.

import { spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const startLimit = 60_000 // ms, generous: a build machine may be busy
const address = /http:\/\/127\.0\.0\.1:\d+\/#token=\S+/

/** The folder for logs and for pictures of what failed. */
export const keep = process.env.TONGZHOU_E2E_OUT ?? join(tmpdir(), 'tongzhou-e2e')

function binary() {
  const path = process.env.TONGZHOU_BIN
  if (!path) throw new Error('TONGZHOU_BIN is not set: run "go run ./build test", or set it to a headless build')
  return path
}

/** A program of one member, which can be ended in any way and started again with the same data. */
export class Program {
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #child
  #home = ''

  /**
   * @param {string} name of the member, for logs
   * @param {{ staffNo: string, passphrase: string }} unlock what opens its data for commands that run without a page
   */
  constructor(name, unlock) {
    this.name = name
    this.unlock = unlock
  }

  get data() {
    return join(this.#home, 'data')
  }

  /** Starts it and returns the address it prints. */
  async start() {
    if (this.#child) throw new Error(`${this.name} is running`)
    if (!this.#home) this.#home = await mkdtemp(join(tmpdir(), 'tongzhou-e2e-'))
    await mkdir(keep, { recursive: true })
    const log = createWriteStream(join(keep, `${this.name}.log`), { flags: 'a' })
    const child = spawn(binary(), ['serve', '--data', this.data, '--listen', '127.0.0.1:0'], {
      env: { ...process.env, HOME: this.#home, USERPROFILE: this.#home },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    child.stderr.pipe(log, { end: false })
    child.stdout.pipe(log, { end: false })
    return await new Promise((resolve, reject) => {
      const fail = (/** @type {Error} */ error) => {
        clearTimeout(late)
        reject(error)
      }
      const late = setTimeout(() => fail(new Error(`${this.name} printed no address in ${startLimit} ms`)), startLimit)
      child.once('error', fail)
      child.once('exit', (code, signal) => fail(new Error(`${this.name} ended at start: ${code ?? signal}, see ${keep}`)))
      createInterface({ input: child.stdout }).on('line', (line) => {
        const found = address.exec(line)
        if (!found) return
        clearTimeout(late)
        resolve(found[0])
      })
    })
  }

  /** Ends it as a person would: it has time to finish. */
  async stop() {
    const status = await this.#end('SIGTERM')
    if (status !== 0 && process.platform !== 'win32') throw new Error(`${this.name} ended with ${status}, not with 0`)
  }

  /** Ends it like a power cut: kill -9, in the middle of whatever it does. */
  async kill() {
    await this.#end('SIGKILL')
  }

  /** @param {NodeJS.Signals} signal */
  async #end(signal) {
    const child = this.#child
    if (!child) return 0
    this.#child = undefined
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode ?? child.signalCode
    const ended = new Promise((resolve) => child.once('exit', (code, by) => resolve(code ?? by)))
    child.kill(signal)
    return await ended
  }

  /** Rebuilds everything from the ops and compares; throws with what differs. The program must not run. */
  async verify() {
    await this.run('verify', '--data', this.data)
  }

  /** What another command of the binary needs in its environment. */
  #env() {
    const { staffNo, passphrase } = this.unlock
    return { ...process.env, HOME: this.#home, USERPROFILE: this.#home, TONGZHOU_STAFF_NO: staffNo, TONGZHOU_PASSPHRASE: passphrase }
  }

  /**
   * Runs another command of the binary and returns what it prints.
   * @param {string[]} args
   */
  async run(...args) {
    const child = spawn(binary(), args, {
      env: this.#env(),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let text = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (text += part))
    const code = await new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', resolve)
    })
    if (code !== 0) throw new Error(`${this.name}: ${args[0]} ended with ${code}:\n${text}`)
    return text
  }

  /** Ends it and removes what it wrote. */
  async remove() {
    await this.kill()
    if (this.#home) await rm(this.#home, { recursive: true, force: true, maxRetries: 5 })
  }
}
