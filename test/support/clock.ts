import pg from 'pg';

import type { Service } from './service.js';

/**
 * The database's clock, from which the service takes every time that matters to instances, in a spec's hands: an own
 * `now()` that PostgreSQL finds before its own. It runs on by itself from wherever it is set.
 */
export class DatabaseClock {
  private constructor(private readonly client: pg.Client) {}

  /** Restarts the service, so that all its sessions see this clock. */
  static async of(service: Service): Promise<DatabaseClock> {
    const client = new pg.Client({ connectionString: service.databaseUrl });
    await client.connect();
    await client.query(`
      create schema clock;
      create table clock.shift (shifted_by interval not null);
      insert into clock.shift values ('0');
      create function clock.now() returns timestamptz language sql stable as
        'select pg_catalog.now() + shifted_by from clock.shift';
      grant usage on schema clock to public;
      grant select on clock.shift to public;
      do $$ begin
        execute format('alter database %I set search_path = public, clock, pg_catalog', current_database());
      end $$;`);
    await service.restart();
    return new DatabaseClock(client);
  }

  /** @param instant ISO 8601 */
  async set(instant: string): Promise<void> {
    await this.client.query(
      'update clock.shift set shifted_by = $1::timestamptz - pg_catalog.now()',
      [instant],
    );
  }

  async stop(): Promise<void> {
    await this.client.end();
  }
}
