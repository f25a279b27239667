import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Models of how like decisions turn out by their data, and the counts that say when there is enough to train one. */
export class DecisionModels1795394359849 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table decision_evidence (
        evidence_id uuid primary key,
        workflow_id uuid not null,
        decided_by varchar(50) not null,
        decided_by_id varchar(100) not null,
        used varchar(100),
        target_step_id varchar(100),
        labelled_cases integer not null default 0,
        good_cases integer not null default 0,
        trained_at_cases integer not null default 0
      );
      create unique index decision_evidence_like on decision_evidence
        (workflow_id, decided_by, decided_by_id, used, target_step_id) nulls not distinct;
      insert into decision_evidence (evidence_id, workflow_id, decided_by, decided_by_id, used, target_step_id,
        labelled_cases, good_cases)
      select gen_random_uuid(), workflow_id, decided_by, decided_by_id,
        case decided_by when 'table' then decision_table_used else decision_tree_used end, target_step_id,
        count(*), count(*) filter (where went_well)
      from routing_analytics
      where went_well is not null and decided_by is not null and routing_action <> 'reject'
      group by 2, 3, 4, 5, 6;

      create table decision_models (
        model_id uuid primary key,
        workflow_id uuid not null,
        decided_by varchar(50) not null,
        decided_by_id varchar(100) not null,
        used varchar(100),
        target_step_id varchar(100),
        version_number integer not null,
        is_current boolean not null default true,
        is_better boolean not null,
        cases_trained integer not null,
        cases_held_out integer not null,
        first_decision_at timestamptz not null,
        last_decision_at timestamptz not null,
        model jsonb not null,
        calibration jsonb not null,
        created_at timestamptz not null default now()
      );
      create index decision_models_like on decision_models
        (workflow_id, decided_by, decided_by_id, used, target_step_id) where is_current;
      create index decision_models_by_workflow on decision_models (workflow_id, model_id);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table decision_models, decision_evidence');
  }
}
