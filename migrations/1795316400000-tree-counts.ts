import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What `accuracy_score` is the quotient of, so that it grows by what is new instead of being counted over. */
export class TreeCounts1795316400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table decision_trees
        add column good_count integer not null default 0,
        add column judged_count integer not null default 0;
      drop index routing_analytics_judged_of_tree;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create index routing_analytics_judged_of_tree on routing_analytics (decision_tree_used, went_well)
        where decision_tree_used is not null and went_well is not null;
      alter table decision_trees drop column good_count, drop column judged_count;
    `);
  }
}
