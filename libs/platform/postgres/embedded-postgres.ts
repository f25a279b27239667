import type { ChildProcess } from 'node:child_process';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { codeOf, EmbeddedPostgresError } from './binaries.js';
import {
  freePort,
  initialise,
  isInitialised,
  lastLinesOf,
  spawnServer,
  stopServer,
  SUPERUSER,
  waitUntil,
} from './cluster.js';
import {
  makeCredentials,
  readCredentials,
  rememberCredentials,
  type Credentials,
} from './credentials.js';
import { place, type Placement } from './placement.js';
import { findPostmaster } from './postmaster-file.js';

const DATABASE = 'workflows';
/** Held by the process that owns the server, for as long as it lives. */
const OWNER_LOCK = 7_246_113_902;
const START_TIMEOUT_MS = 60_000;
/** A start fails for a while when another process starts the same server, or a killed one's children still end. */
const MAX_ATTEMPTS = 10;
const RESTART_PAUSE_MS = 500;
const STOP_TIMEOUT_MS = 20_000;
/** SQLSTATE cannot_connect_now: starting, recovering or shutting down. */
const NOT_NOW = '57P03';
const WRONG_PASSWORD = '28P01';

export interface EmbeddedOptions {
  data_dir: string;
  note: (sentence: string) => void;
  warn: (sentence: string) => void;
}

/**
 * The PostgreSQL that the process starts for itself. It survives what the process does not: a
 * server left behind is taken over, one that ended is started again on its data.
 */
export class EmbeddedPostgres {
  private keeper: ChildProcess | undefined;
  private owner: pg.Client | undefined;
  private stopping = false;

  private constructor(
    private readonly options: EmbeddedOptions,
    private readonly placement: Placement,
    private readonly credentials: Credentials,
  ) {}

  /**
   * @throws EmbeddedPostgresError, also when another process works on the same DATA_DIR
   */
  static async start(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
    const placement = await place(options.data_dir, options.note);
    const file = join(options.data_dir, 'postgres.json');
    const known = await readCredentials(file);
    const initialised = await isInitialised(placement.cluster);
    if (initialised && known === undefined) {
      throw new EmbeddedPostgresError(
        `${file} is missing; it holds the password of the database beside it. Restore it, or remove ${join(options.data_dir, 'postgres')} to begin with an empty database.`,
      );
    }
    const credentials = known ?? (await makeCredentials(file));
    if (!initialised) {
      options.note(`The database is made in ${placement.cluster}.`);
      await initialise(placement, credentials.password);
    }
    const server = new EmbeddedPostgres(options, placement, credentials);
    await server.own();
    await rememberCredentials(file, credentials);
    return server;
  }

  /** The address of the server that another process runs for the same `data_dir`; undefined where none runs. */
  static async running(data_dir: string): Promise<string | undefined> {
    const credentials = await readCredentials(join(data_dir, 'postgres.json'));
    const cluster = await realpath(join(data_dir, 'postgres')).catch(() => undefined);
    if (credentials === undefined || cluster === undefined) return undefined;
    const server = await findPostmaster(cluster);
    return server && addressOf({ ...credentials, port: server.port }, DATABASE);
  }

  get url(): string {
    return this.urlOf(DATABASE);
  }

  /** Ends the server. Connections that are still open are cut. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.owner?.end();
    if (!(await stopServer(this.placement.cluster, STOP_TIMEOUT_MS))) {
      this.options.warn('PostgreSQL has not ended within 20 s; it ends by itself once it is done.');
    }
  }

  private urlOf(database: string): string {
    return addressOf(this.credentials, database);
  }

  /** Sees to it that the server runs and that we are the one process that it runs for. */
  private async own(): Promise<void> {
    const owner = await this.connect();
    const { rows } = await owner.query<{ held: boolean }>(
      'select pg_try_advisory_lock($1) as held',
      [OWNER_LOCK],
    );
    if (rows[0]?.held !== true) {
      const other = await ownerOf(owner);
      await owner.end();
      throw new EmbeddedPostgresError(
        `Another process of this service${other} uses the data in ${this.options.data_dir}. Stop it first, or start this one with another DATA_DIR and PORT.`,
      );
    }
    await createDatabase(owner);
    this.owner = owner;
    owner.once('end', () => {
      if (!this.stopping) void this.revive();
    });
  }

  /** The server went away under us (killed, out of memory): the service waits for it, so it is started again. */
  private async revive(): Promise<void> {
    this.options.warn('PostgreSQL has ended unexpectedly; it is started again.');
    try {
      await this.own();
      this.options.note('PostgreSQL is back.');
    } catch (error) {
      this.options.warn(`PostgreSQL could not be started again: ${String(error)}`);
      if (!this.stopping) setTimeout(() => void this.revive(), 5_000).unref();
    }
  }

  /** Connects to the server, starting it whenever none runs, until it answers. */
  private async connect(): Promise<pg.Client> {
    let client: pg.Client | undefined;
    let attempts = 0;
    const logFile = join(this.options.data_dir, 'postgres.log');
    await waitUntil(async () => {
      const running = await findPostmaster(this.placement.cluster);
      if (running !== undefined) {
        this.credentials.port = running.port;
        client = await this.tryConnect();
      } else if (!this.isStarting()) {
        if (attempts++ > 0) await pause(RESTART_PAUSE_MS);
        const port = await this.choosePort();
        this.keeper = await spawnServer(this.placement, port, logFile);
      }
      return client !== undefined || attempts > MAX_ATTEMPTS;
    }, START_TIMEOUT_MS);
    if (client !== undefined) return client;
    const said = await lastLinesOf(logFile);
    throw new EmbeddedPostgresError(`PostgreSQL does not start. The end of ${logFile}:\n${said}`);
  }

  /** Once it has run, the pools of this process know its port, so it keeps it. */
  private async choosePort(): Promise<number> {
    const { port } = this.credentials;
    const chosen = this.owner !== undefined && port !== undefined ? port : await freePort(port);
    this.credentials.port = chosen;
    return chosen;
  }

  private isStarting(): boolean {
    return (
      this.keeper !== undefined && this.keeper.exitCode === null && this.keeper.signalCode === null
    );
  }

  private async tryConnect(): Promise<pg.Client | undefined> {
    const client = new pg.Client({
      connectionString: this.urlOf('postgres'),
      application_name: `complex-workflows owner ${process.pid}`,
      keepAlive: true,
    });
    client.on('error', () => undefined); // followed by "end", which own() watches
    try {
      await client.connect();
      return client;
    } catch (error) {
      const code = codeOf(error);
      if (code === 'ECONNREFUSED' || code === 'ECONNRESET' || code === NOT_NOW) return undefined;
      if (code !== WRONG_PASSWORD) throw error;
      throw new EmbeddedPostgresError(
        'PostgreSQL does not accept the password in postgres.json of DATA_DIR. Restore the file that belongs to this data.',
        { cause: error },
      );
    }
  }
}

function addressOf({ password, port }: Credentials, database: string): string {
  return `postgresql://${SUPERUSER}:${password}@127.0.0.1:${port}/${database}`;
}

async function ownerOf(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ application_name: string }>(
    `select application_name from pg_stat_activity where application_name like 'complex-workflows owner %' and pid <> pg_backend_pid()`,
  );
  const pid = rows[0]?.application_name.split(' ').at(-1);
  return pid === undefined ? '' : ` (pid ${pid})`;
}

async function createDatabase(client: pg.Client): Promise<void> {
  const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [
    DATABASE,
  ]);
  if (rowCount === 0) await client.query(`create database ${DATABASE}`);
}
