import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whether a question has been answered since its instance changed is one row, however many the instance has. */
export class RepeatedQuestions1795395032525 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop index routing_analytics_of_instance;
      create index routing_analytics_of_instance on routing_analytics (instance_id, instance_sequence)
        where instance_id is not null;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop index routing_analytics_of_instance;
      create index routing_analytics_of_instance on routing_analytics (instance_id) where instance_id is not null;
    `);
  }
}
