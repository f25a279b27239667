import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which process carries out the request of an Idempotency-Key, and the whole of its answer. */
export class KeyHolders1795391620443 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'alter table idempotency_keys add column holder bigint, add column response_etag text',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'alter table idempotency_keys drop column response_etag, drop column holder',
    );
  }
}
