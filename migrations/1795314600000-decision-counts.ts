import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Decisions say themselves whether they are counted and how they turned out: a batch that dies loses none, counts none twice. */
export class DecisionCounts1795314600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table routing_analytics
        add column counted boolean not null default false,
        add column went_well boolean;
      create index routing_analytics_uncounted on routing_analytics (routing_timestamp) where not counted;
      create index routing_analytics_unjudged on routing_analytics (instance_id)
        where went_well is null and instance_id is not null;
      create index routing_analytics_judged_of_tree on routing_analytics (decision_tree_used, went_well)
        where decision_tree_used is not null and went_well is not null;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop index routing_analytics_uncounted, routing_analytics_unjudged, routing_analytics_judged_of_tree;
      alter table routing_analytics drop column counted, drop column went_well;
    `);
  }
}
