import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a decision rested on, in columns by which like decisions are found; and the order of rules as written. */
export class Decisions1795309200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table routing_rules add column position integer not null default 0;

      alter table routing_analytics
        add column decided_by varchar(50),
        add column decided_by_id varchar(100),
        add column question_hash varchar(100),
        add column instance_sequence integer;
      create index routing_analytics_like_decisions on routing_analytics
        (workflow_id, decided_by, decided_by_id, target_step_id, routing_timestamp);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop index routing_analytics_like_decisions;
      alter table routing_analytics
        drop column decided_by,
        drop column decided_by_id,
        drop column question_hash,
        drop column instance_sequence;
      alter table routing_rules drop column position;
    `);
  }
}
