import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Decision tables with their versions, decisions by them, and backtests of decisions. */
export class DecisionTables1795323600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table decision_tables (
        table_id varchar(100) not null,
        version_number integer not null,
        workflow_id uuid,
        table_name text not null,
        hit_policy varchar(50) not null constraint decision_tables_hit_policy_check
          check (hit_policy in ('unique', 'any', 'priority', 'first', 'collect', 'rule_order', 'output_order')),
        aggregation varchar(50) constraint decision_tables_aggregation_check
          check (aggregation in ('sum', 'min', 'max', 'count')),
        inputs jsonb not null,
        outputs jsonb not null,
        rules jsonb not null,
        metadata jsonb not null default '{}',
        is_active boolean not null default true,
        created_at timestamptz not null default now(),
        primary key (table_id, version_number)
      );
      create unique index decision_tables_active on decision_tables (table_id) where is_active;

      alter table routing_analytics add column decision_table_used varchar(100);

      create table backtests (
        backtest_id uuid primary key,
        workflow_id uuid not null,
        status varchar(50) not null default 'pending' constraint backtests_status_check
          check (status in ('pending', 'running', 'completed', 'failed')),
        candidate jsonb not null,
        period_start timestamptz not null,
        period_end timestamptz not null,
        decisions_total integer not null default 0,
        decisions_read integer not null default 0,
        decisions_changed integer not null default 0,
        decisions_undecidable integer not null default 0,
        next_after timestamptz,
        next_after_id uuid,
        matrix jsonb not null default '[]',
        changes jsonb not null default '[]',
        error_message text,
        requested_by text not null,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        ended_at timestamptz
      );
      create index backtests_open on backtests (updated_at) where status in ('pending', 'running');
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop table backtests;
      alter table routing_analytics drop column decision_table_used;
      drop table decision_tables;
    `);
  }
}
