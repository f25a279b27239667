import { randomBytes } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { codeOf } from './binaries.js';

/** The server's random password, and the port it had last (so that it keeps it while that is free). */
export interface Credentials {
  password: string;
  port?: number;
}

export async function readCredentials(file: string): Promise<Credentials | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Credentials;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Makes them once: of two processes that start at the same time, both get what the first one wrote. */
export async function makeCredentials(file: string): Promise<Credentials> {
  const made = await written(file, { password: randomBytes(24).toString('hex') });
  try {
    await link(made, file);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  } finally {
    await rm(made);
  }
  return JSON.parse(await readFile(file, 'utf8')) as Credentials;
}

export async function rememberCredentials(file: string, credentials: Credentials): Promise<void> {
  await rename(await written(file, credentials), file);
}

/** Readable for ourselves alone; whole before it gets its name. */
async function written(file: string, credentials: Credentials): Promise<string> {
  const partial = `${file}.${process.pid}`;
  await writeFile(partial, JSON.stringify(credentials), { mode: 0o600 });
  return partial;
}
