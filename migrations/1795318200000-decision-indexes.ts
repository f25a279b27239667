import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Instances by when they ended, for those who learn from outcomes; versions of a rule by its id. */
export class DecisionIndexes1795318200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create index workflow_instances_by_end on workflow_instances (ended_at) where ended_at is not null;
      create unique index business_rules_versions on business_rules (rule_id, workflow_id, version_number)
        nulls not distinct;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index workflow_instances_by_end, business_rules_versions');
  }
}
