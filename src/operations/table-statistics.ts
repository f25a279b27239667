import { Injectable } from '@nestjs/common';

import { Sweeper } from '#jobs';
import { Database, statement } from '#persistence';

/**
 * Tables of which ten times as much has changed as there was when PostgreSQL last looked at them. Its own daemon comes
 * once a minute; until then a plan made for a nearly empty table is kept, and may read an index of a whole workflow to
 * find one instance (measured on 800 instances: 2 ms a look-up, where it takes 10 µs). Not sooner: it takes 30 ms a
 * table, and every connection plans anew.
 */
const findGrown = statement<{ name: string }>(
  'find_grown_tables',
  `select s.relid::regclass::text as name
   from pg_stat_user_tables s join pg_class c on c.oid = s.relid
   where s.schemaname = current_schema() and s.n_mod_since_analyze > greatest(500, 10 * c.reltuples)`,
);

/** Lets PostgreSQL look at what has grown fast, so that its plans fit. */
@Injectable()
export class TableStatistics {
  constructor(
    private readonly database: Database,
    sweeper: Sweeper,
  ) {
    sweeper.register('table_statistics', () => this.renew(), 'service');
  }

  private async renew(): Promise<void> {
    for (const { name } of await findGrown(this.database.read, [])) {
      await this.database.transaction(async (tx) => {
        // a table is its owner's to analyze
        await tx.query('set local role none');
        // the name is PostgreSQL's own, quoted where it has to be
        await tx.query(`analyze ${name}`);
      });
    }
  }
}
