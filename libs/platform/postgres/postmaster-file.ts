import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { codeOf } from './binaries.js';

/** What a running server writes into `postmaster.pid` of its data directory. */
export interface PostmasterFile {
  pid: number;
  data_directory: string;
  port: number;
}

/** The first four lines are pid, data directory, start time, port (PostgreSQL, miscadmin.h LOCK_FILE_LINE_*). */
export function parsePostmasterFile(content: string): PostmasterFile | undefined {
  const [pid, data_directory, , port] = content.split('\n');
  const parsed = { pid: Number(pid), data_directory: data_directory ?? '', port: Number(port) };
  const usable = Number.isInteger(parsed.pid) && parsed.pid > 0 && Number.isInteger(parsed.port);
  return usable ? parsed : undefined;
}

/**
 * Whether a command line is that of the server of this data directory. A pid alone proves nothing:
 * after a restart of the machine or container another program often has it.
 */
export function isPostmasterOf(commandLine: string, dataDirectory: string): boolean {
  return `${commandLine.replaceAll('\0', ' ')} `.includes(`/bin/postgres -D ${dataDirectory} `);
}

export async function readPostmasterFile(
  dataDirectory: string,
): Promise<PostmasterFile | undefined> {
  try {
    return parsePostmasterFile(await readFile(join(dataDirectory, 'postmaster.pid'), 'utf8'));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** The live server of the data directory, if there is one. */
export async function findPostmaster(dataDirectory: string): Promise<PostmasterFile | undefined> {
  const file = await readPostmasterFile(dataDirectory);
  if (file === undefined || !isAlive(file.pid)) return undefined;
  return isPostmasterOf(await commandLineOf(file.pid), dataDirectory) ? file : undefined;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

async function commandLineOf(pid: number): Promise<string> {
  try {
    return await readFile(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    // no /proc (macOS), or the process has just ended, which ps then says by failing
    const listed = promisify(execFile)('ps', ['-ww', '-o', 'command=', '-p', String(pid)]);
    return listed.then(({ stdout }) => stdout.trim()).catch(() => '');
  }
}
