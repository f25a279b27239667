import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The least confidence that a workflow asks for, and what people chose where a decision had less. */
export class Choices1795391245104 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table workflow_definitions add column minimum_confidence double precision;

      alter table routing_analytics
        add column person_choice varchar(50) constraint routing_analytics_person_choice_check
          check (person_choice in ('pending', 'confirmed', 'changed')),
        add column chosen_target_step_id varchar(100),
        add column chosen_by text,
        add column choice_comment text,
        add column chosen_at timestamptz;
      create index routing_analytics_awaiting on routing_analytics (decision_id) where person_choice = 'pending';
      create index routing_analytics_chosen on routing_analytics (chosen_at)
        where went_well is null and chosen_at is not null;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop index routing_analytics_awaiting, routing_analytics_chosen;
      alter table routing_analytics
        drop column person_choice,
        drop column chosen_target_step_id,
        drop column chosen_by,
        drop column choice_comment,
        drop column chosen_at;
      alter table workflow_definitions drop column minimum_confidence;
    `);
  }
}
