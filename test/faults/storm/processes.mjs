import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const LOG_TAIL = 4_000;

/** A process of the storm: killed, frozen and started again on the same settings. */
export class StormProcess {
  /** Ends that nobody has caused. */
  crashes = [];
  #child;
  #log = '';

  constructor(name, args, env) {
    this.name = name;
    this.args = args;
    this.env = env;
  }

  start() {
    const child = spawn(process.execPath, this.args, {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, TMPDIR: process.env.TMPDIR, ...this.env },
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        this.#log = (this.#log + text).slice(-LOG_TAIL);
      });
    }
    this.#child = child;
    child.once('exit', (code, signal) => {
      if (this.#child !== child) return;
      this.crashes.push({ name: this.name, code, signal, log: this.#log });
      this.start();
    });
  }

  /** SIGKILL, and after a while a new process. */
  async kill(restart_after_ms) {
    const child = this.#child;
    this.#child = undefined;
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    await pause(restart_after_ms);
    this.start();
  }

  /** As a machine that stops for so long and then goes on, not knowing that it did. */
  async freeze(milliseconds) {
    const child = this.#child;
    child.kill('SIGSTOP');
    await pause(milliseconds);
    child.kill('SIGCONT');
  }

  async stop() {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}

/** A process of the service. */
export const serviceProcess = (name, env, shift_ms = 0) =>
  new StormProcess(
    name,
    [
      ...(shift_ms === 0 ? [] : ['--import', './test/faults/storm/shifted-clock.mjs']),
      'dist/src/main.js',
    ],
    { ...env, LOG_LEVEL: 'error', ...(shift_ms !== 0 && { CLOCK_SHIFT_MS: String(shift_ms) }) },
  );
