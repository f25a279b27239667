import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Moves are counted as they are made, so that reading how far they are costs nothing; with what a roll-back takes back. */
export class ChangeProgress1795855312606 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table runtime_modifications
        add column instances_moved_back integer not null default 0,
        add column instances_left_out integer not null default 0,
        add column instances_failed integer not null default 0,
        add column taken_back_effects jsonb;
      create index modification_moves_failed on modification_moves (modification_id, moved_at)
        where outcome = 'failed';

      update runtime_modifications m set
        instances_moved = v.moved, instances_moved_back = v.moved_back, instances_left_out = v.left_out,
        instances_failed = v.failed
      from (
        select modification_id, tenant_id,
          count(*) filter (where round = 1 and outcome = 'moved') as moved,
          count(*) filter (where direction = 'back' and outcome = 'moved') as moved_back,
          count(*) filter (where outcome = 'left') as left_out,
          count(*) filter (where outcome = 'failed') as failed
        from modification_moves group by modification_id, tenant_id) v
      where v.modification_id = m.modification_id and v.tenant_id = m.tenant_id;`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop index modification_moves_failed;
      alter table runtime_modifications
        drop column instances_moved_back, drop column instances_left_out, drop column instances_failed,
        drop column taken_back_effects;`);
  }
}
