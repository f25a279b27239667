import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Whether a synchronization point was missed, which its status does not say: under `continue_partial` it is `reached`
 * all the same. Of those that are there it is told by what completed; of a condition, by whether all did.
 */
export class MissedPoints1795878480000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table synchronization_points add column missed boolean not null default false, no force row level security;
      update synchronization_points set missed = true
      where status in ('failed', 'timed_out')
         or status = 'reached' and failure_strategy = 'continue_partial'
            and current_completion_percentage < case
              when sync_type in ('join', 'partial_completion') then minimum_completion_percentage else 100 end;
      alter table synchronization_points force row level security;`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table synchronization_points drop column missed');
  }
}
