import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What work depends on, whether it answers, and the tasks that wait for it. */
export class CircuitBreakers1795395285882 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table circuit_breakers (
        kind varchar(50) not null constraint circuit_breakers_kind_check check (kind in ('host', 'task_type')),
        name varchar(100) not null,
        state varchar(50) not null default 'closed'
          constraint circuit_breakers_state_check check (state in ('closed', 'open', 'half_open')),
        breaker jsonb not null,
        updated_at timestamptz not null default now(),
        primary key (kind, name)
      );
      create index circuit_breakers_not_closed on circuit_breakers (kind, name) where state <> 'closed';

      create table circuit_breaker_events (
        event_id bigint generated always as identity primary key,
        kind varchar(50) not null,
        name varchar(100) not null,
        from_state varchar(50) not null,
        to_state varchar(50) not null,
        calls integer not null,
        failures integer not null,
        actor text not null,
        occurred_at timestamptz not null default now(),
        foreign key (kind, name) references circuit_breakers
      );
      create index circuit_breaker_events_of_target on circuit_breaker_events (kind, name, event_id);

      alter table task_executions add column parked_on varchar(100);
      create index task_executions_parked on task_executions (parked_on)
        where parked_on is not null and status in ('ready', 'retrying');
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop table circuit_breaker_events, circuit_breakers;
      alter table task_executions drop column parked_on;
    `);
  }
}
