import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a worker has in hand is looked up, not searched for among what all have: several times a second where many work. */
export class LeasesByWorker1795862730000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop index task_executions_leases;
      create index task_executions_leases on task_executions (worker_id, lock_expires_at) where status = 'running';`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop index task_executions_leases;
      create index task_executions_leases on task_executions (lock_expires_at) where status = 'running';`);
  }
}
