import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How instances are moved, what each was before, and moves in rounds: there, back, there again. */
export class ModificationRounds1795395046085 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table runtime_modifications
        add column migration jsonb not null default '{}',
        add column move_round integer not null default 0,
        add column moving_since timestamptz,
        drop constraint runtime_modifications_move_status_check,
        add constraint runtime_modifications_move_status_check
          check (move_status in ('in_progress', 'paused', 'completed'));
      alter table modification_moves
        add column round integer not null default 1,
        add column outcome varchar(50) not null default 'moved'
          constraint modification_moves_outcome_check check (outcome in ('moved', 'left', 'failed')),
        add column snapshot jsonb;
      update modification_moves set outcome = 'failed' where error_message is not null;
      update modification_moves set round = 2 where direction = 'back';
      update runtime_modifications m set move_round = case when exists (
          select from modification_moves v where v.modification_id = m.modification_id and v.round = 2) then 2 else 1 end
      where move_status is not null;
      alter table modification_moves
        alter column round drop default,
        alter column outcome drop default,
        drop constraint modification_moves_pkey,
        add primary key (modification_id, round, instance_id);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      delete from modification_moves where round > 2 or outcome = 'left';
      alter table modification_moves
        drop constraint modification_moves_pkey,
        drop column round, drop column outcome, drop column snapshot,
        add primary key (modification_id, direction, instance_id);
      update runtime_modifications set move_status = 'in_progress' where move_status = 'paused';
      alter table runtime_modifications
        drop constraint runtime_modifications_move_status_check,
        add constraint runtime_modifications_move_status_check
          check (move_status in ('in_progress', 'completed')),
        drop column migration, drop column move_round, drop column moving_since;
    `);
  }
}
