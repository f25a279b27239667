import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a modification moves, instance by instance, and what of it is still to be moved. */
export class ModificationMoves1795320000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table runtime_modifications
        add column step_mapping jsonb not null default '{}',
        add column definition_diff jsonb not null default '{}',
        add column move_status varchar(50) constraint runtime_modifications_move_status_check
          check (move_status in ('in_progress', 'completed')),
        add column rolled_back_by text,
        add column rollback_scheduled_at timestamptz;
      create index runtime_modifications_by_time on runtime_modifications (created_at, modification_id);
      create index runtime_modifications_moving on runtime_modifications (modification_id)
        where move_status = 'in_progress';

      create table modification_moves (
        modification_id varchar(100) not null references runtime_modifications,
        direction varchar(50) not null
          constraint modification_moves_direction_check check (direction in ('forward', 'back', 'bypass')),
        instance_id uuid not null references workflow_instances,
        from_version integer not null,
        to_version integer not null,
        from_step_id varchar(100),
        to_step_id varchar(100),
        sequence integer,
        elapsed_ms double precision,
        error_message text,
        moved_at timestamptz not null default now(),
        primary key (modification_id, direction, instance_id)
      );
      create index modification_moves_of_instance on modification_moves (instance_id);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop table modification_moves;
      drop index runtime_modifications_by_time, runtime_modifications_moving;
      alter table runtime_modifications
        drop column step_mapping, drop column definition_diff, drop column move_status,
        drop column rolled_back_by, drop column rollback_scheduled_at;
    `);
  }
}
