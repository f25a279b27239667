import type { MigrationInterface, QueryRunner } from 'typeorm';

/** All tables. Their columns are described at the entities in `libs/persistence`. */
export class InitialSchema1795305600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(DEFINITIONS);
    await runner.query(INSTANCES);
    await runner.query(ROUTING);
    await runner.query(EXECUTIONS);
    await runner.query(ANALYTICS);
    await runner.query(MODIFICATIONS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop table modification_observations, rollback_snapshots, dynamic_routing, change_requests,
        runtime_modifications,
        analytics_results, optimization_suggestions, bottleneck_analysis, workflow_performance,
        execution_events, thread_management, synchronization_points, task_dependencies, task_executions,
        parallel_executions,
        routing_analytics, decision_trees, business_rules, routing_conditions,
        idempotency_keys, timers, approval_votes, instance_events, step_executions, workflow_instances,
        approval_hierarchies, routing_rules, step_configurations, workflow_definitions;
      drop function refuse_change_of_history();
    `);
  }
}

const DEFINITIONS = `
  create table workflow_definitions (
    workflow_id uuid not null,
    version_number integer not null,
    version varchar(100) not null,
    workflow_name varchar(100) not null,
    workflow_description text not null default '',
    category varchar(50) not null,
    is_active boolean not null default true,
    global_timeout_hours double precision not null,
    retry_configuration jsonb not null default '{}',
    notification_escalation jsonb not null default '{}',
    modification_id varchar(100),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    created_by text not null,
    primary key (workflow_id, version_number),
    unique (workflow_id, version)
  );
  create unique index workflow_definitions_active on workflow_definitions (workflow_id) where is_active;
  create unique index workflow_definitions_active_name on workflow_definitions (lower(workflow_name)) where is_active;

  create table step_configurations (
    step_config_id uuid primary key,
    workflow_id uuid not null,
    version_number integer not null,
    step_id varchar(100) not null,
    step_name text not null,
    step_type varchar(50) not null
      check (step_type in ('user_task', 'approval', 'automated', 'conditional', 'parallel')),
    order_sequence integer not null,
    required_roles jsonb not null default '[]',
    estimated_duration_minutes double precision not null,
    auto_escalation_hours double precision,
    conditions jsonb not null default '{}',
    form_schema jsonb not null default '{}',
    notification_settings jsonb not null default '{}',
    handler jsonb,
    parallel jsonb,
    decision_tree_id varchar(100),
    created_at timestamptz not null default now(),
    foreign key (workflow_id, version_number) references workflow_definitions,
    unique (workflow_id, version_number, step_id),
    constraint step_configurations_order_key unique (workflow_id, version_number, order_sequence)
  );

  create table routing_rules (
    workflow_id uuid not null,
    version_number integer not null,
    rule_id varchar(100) not null,
    condition_expression text not null,
    target_step_id varchar(100) not null,
    source_step_id varchar(100),
    priority integer not null default 100,
    description text not null default '',
    is_active boolean not null default true,
    created_at timestamptz not null default now(),
    primary key (workflow_id, version_number, rule_id),
    foreign key (workflow_id, version_number) references workflow_definitions
  );

  create table approval_hierarchies (
    hierarchy_id uuid primary key,
    workflow_id uuid not null,
    version_number integer not null,
    level integer not null,
    role_required text not null,
    department_required text,
    minimum_level integer not null default 1,
    parallel_approval boolean not null default false,
    bypass_conditions jsonb not null default '[]',
    created_at timestamptz not null default now(),
    foreign key (workflow_id, version_number) references workflow_definitions,
    unique (workflow_id, version_number, level)
  );
`;

const INSTANCES = `
  create table workflow_instances (
    instance_id uuid primary key,
    workflow_id uuid not null,
    version_number integer not null,
    workflow_instance_id varchar(100) not null,
    status varchar(50) not null
      check (status in ('running', 'suspended', 'completed', 'failed', 'cancelled', 'timed_out')),
    outcome varchar(50),
    data jsonb not null default '{}',
    current_step_id varchar(100),
    current_step jsonb,
    step_entries jsonb not null default '{}',
    total_entries integer not null default 0,
    last_sequence integer not null default 0,
    started_by text not null,
    suspended_at timestamptz,
    end_reason text,
    due_at timestamptz,
    started_at timestamptz not null,
    ended_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    foreign key (workflow_id, version_number) references workflow_definitions,
    unique (workflow_id, workflow_instance_id)
  );
  create index workflow_instances_by_workflow on workflow_instances (workflow_id, instance_id);
  create index workflow_instances_by_workflow_status on workflow_instances (workflow_id, status, instance_id);
  create index workflow_instances_by_status on workflow_instances (status, instance_id);
  create index workflow_instances_open on workflow_instances (workflow_id, version_number, current_step_id)
    where status in ('running', 'suspended');
  create index workflow_instances_due on workflow_instances (due_at) where status in ('running', 'suspended');
  create index workflow_instances_by_start on workflow_instances (workflow_id, started_at);

  create table step_executions (
    step_execution_id uuid primary key,
    instance_id uuid not null references workflow_instances,
    workflow_id uuid not null,
    version_number integer not null,
    step_id varchar(100) not null,
    step_name text not null,
    step_type varchar(50) not null,
    entry integer not null,
    status varchar(50) not null
      check (status in ('ready', 'running', 'waiting', 'completed', 'failed', 'skipped', 'cancelled')),
    outcome varchar(50),
    output jsonb,
    error_message text,
    completed_by text,
    required_roles jsonb not null default '[]',
    approval_state jsonb,
    due_at timestamptz,
    escalated_at timestamptz,
    entered_at timestamptz not null,
    started_at timestamptz,
    ended_at timestamptz,
    unique (instance_id, step_id, entry)
  );
  create index step_executions_by_entry on step_executions (workflow_id, entered_at);
  create index step_executions_open on step_executions (instance_id) where status in ('ready', 'running', 'waiting');

  create table instance_events (
    instance_id uuid not null references workflow_instances,
    sequence integer not null,
    workflow_id uuid not null,
    event_type varchar(50) not null,
    step_id varchar(100),
    payload jsonb not null default '{}',
    actor text not null,
    correlation_id text,
    occurred_at timestamptz not null,
    primary key (instance_id, sequence)
  );
  create function refuse_change_of_history() returns trigger language plpgsql as $$
  begin
    raise exception '% is append-only: % refused', tg_table_name, tg_op using errcode = 'restrict_violation';
  end $$;
  create trigger instance_events_append_only before update or delete on instance_events
    for each statement execute function refuse_change_of_history();

  create table approval_votes (
    vote_id uuid primary key,
    step_execution_id uuid not null references step_executions,
    instance_id uuid not null,
    level integer,
    decision varchar(50) not null check (decision in ('approved', 'rejected')),
    decided_by text not null,
    comment text,
    user_context jsonb not null default '{}',
    decided_at timestamptz not null default now()
  );
  create unique index approval_votes_once on approval_votes (step_execution_id, coalesce(level, 0), decided_by);

  create table timers (
    timer_id uuid primary key,
    kind varchar(50) not null,
    due_at timestamptz not null,
    instance_id uuid,
    step_execution_id uuid,
    execution_id varchar(100),
    payload jsonb not null default '{}',
    created_at timestamptz not null default now()
  );
  create index timers_due on timers (due_at);
  create index timers_of_instance on timers (instance_id) where instance_id is not null;
  create index timers_of_execution on timers (execution_id) where execution_id is not null;

  create table idempotency_keys (
    principal varchar(200) not null,
    idempotency_key varchar(255) not null,
    method varchar(50) not null,
    path text not null,
    request_hash text not null,
    state varchar(50) not null check (state in ('in_progress', 'applied', 'answered')),
    response_status integer,
    response_body jsonb,
    locked_until timestamptz not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    primary key (principal, idempotency_key)
  );
  create index idempotency_keys_expiry on idempotency_keys (expires_at);
`;

const ROUTING = `
  create table routing_conditions (
    condition_id uuid primary key,
    workflow_id uuid not null,
    rule_id varchar(100) not null,
    condition_expression text not null,
    condition_type varchar(50) not null,
    evaluation_context jsonb not null default '{}',
    last_evaluated timestamptz,
    evaluation_count integer not null default 0,
    success_rate double precision,
    created_at timestamptz not null default now(),
    unique (workflow_id, rule_id, condition_type)
  );

  create table business_rules (
    business_rule_id uuid primary key,
    rule_id varchar(100) not null,
    version_number integer not null default 1,
    workflow_id uuid,
    rule_name text not null,
    rule_category varchar(50),
    condition_type varchar(50) not null,
    condition_expression text not null,
    target_action varchar(50) not null,
    target_step_id varchar(100),
    priority integer not null default 100,
    is_active boolean not null default true,
    success_count integer not null default 0,
    failure_count integer not null default 0,
    last_used timestamptz,
    created_at timestamptz not null default now(),
    metadata jsonb not null default '{}'
  );
  create unique index business_rules_active
    on business_rules (coalesce(workflow_id, '00000000-0000-0000-0000-000000000000'), rule_id) where is_active;
  create index business_rules_by_priority on business_rules (workflow_id, priority) where is_active;

  create table decision_trees (
    tree_id varchar(100) not null,
    version_number integer not null,
    workflow_id uuid,
    tree_name text not null,
    root_node_id varchar(100) not null,
    tree_structure jsonb not null,
    is_active boolean not null default true,
    usage_count integer not null default 0,
    accuracy_score double precision,
    created_at timestamptz not null default now(),
    primary key (tree_id, version_number)
  );
  create unique index decision_trees_active on decision_trees (tree_id) where is_active;

  create table routing_analytics (
    analytics_id uuid primary key,
    decision_id uuid not null unique,
    request_id uuid not null,
    workflow_id uuid not null,
    version_number integer,
    instance_id uuid,
    workflow_instance_id varchar(100) not null,
    current_step_id varchar(100),
    routing_action varchar(50) not null,
    target_step_id varchar(100),
    confidence_score double precision,
    confidence_cases integer not null default 0,
    execution_time_ms double precision not null,
    rules_evaluated jsonb not null default '[]',
    applied_rules jsonb not null default '[]',
    reasoning jsonb not null default '[]',
    alternative_paths jsonb not null default '[]',
    decision_tree_used varchar(100),
    context_data jsonb not null default '{}',
    evaluation jsonb not null default '{}',
    correlation_id text,
    routing_timestamp timestamptz not null default now()
  );
  create index routing_analytics_by_time on routing_analytics (workflow_id, routing_timestamp);
  create index routing_analytics_of_instance on routing_analytics (instance_id) where instance_id is not null;
`;

const EXECUTIONS = `
  create table parallel_executions (
    execution_id varchar(100) primary key,
    workflow_id uuid not null,
    version_number integer,
    workflow_instance_id varchar(100) not null,
    instance_id uuid,
    step_execution_id uuid,
    step_id varchar(100),
    total_tasks integer not null,
    tasks_completed integer not null default 0,
    tasks_failed integer not null default 0,
    tasks_running integer not null default 0,
    overall_status varchar(50) not null
      check (overall_status in ('initializing', 'running', 'completed', 'partially_completed', 'failed', 'cancelled', 'timed_out')),
    execution_progress_percentage double precision not null default 0,
    start_time timestamptz,
    estimated_completion_time timestamptz,
    actual_completion_time timestamptz,
    load_balancing_config jsonb not null default '{}',
    performance_metrics jsonb not null default '{}',
    failure_strategy varchar(50) not null,
    max_concurrent_tasks integer not null,
    global_timeout_minutes double precision not null,
    timeout_at timestamptz,
    monitoring_interval_seconds double precision not null,
    retry_round integer not null default 0,
    synchronization_failed boolean not null default false,
    end_reason text,
    output jsonb,
    instance_notified_at timestamptz,
    correlation_id text,
    created_at timestamptz not null default now()
  );
  create index parallel_executions_by_workflow on parallel_executions (workflow_id, execution_id);
  create index parallel_executions_of_instance on parallel_executions (instance_id) where instance_id is not null;
  create index parallel_executions_of_step on parallel_executions (step_execution_id) where step_execution_id is not null;
  create index parallel_executions_open on parallel_executions (timeout_at)
    where overall_status in ('initializing', 'running');
  create index parallel_executions_unnotified on parallel_executions (actual_completion_time)
    where step_execution_id is not null and actual_completion_time is not null and instance_notified_at is null;

  create table task_executions (
    task_execution_id uuid primary key,
    execution_id varchar(100) not null references parallel_executions on delete cascade,
    workflow_id uuid not null,
    step_id varchar(100) not null,
    task_id varchar(100) not null,
    task_name text not null,
    task_type varchar(100) not null,
    ordinal integer not null,
    status varchar(50) not null
      check (status in ('pending', 'ready', 'running', 'retrying', 'completed', 'failed', 'cancelled', 'skipped')),
    handler jsonb not null,
    handler_kind varchar(50) not null check (handler_kind in ('builtin', 'worker')),
    worker_id varchar(100),
    priority integer not null default 100,
    dependencies jsonb not null default '[]',
    unmet_dependencies integer not null default 0,
    released_at timestamptz,
    available_at timestamptz not null default now(),
    lock_token uuid,
    lock_expires_at timestamptz,
    timeout_minutes double precision not null,
    timeout_at timestamptz,
    estimated_duration_minutes double precision not null,
    resource_requirements jsonb not null default '{}',
    attempt integer not null default 0,
    retry_count integer not null default 0,
    max_retry_attempts integer not null default 3,
    error_message text,
    last_error jsonb,
    error_retryable boolean,
    input_data jsonb not null default '{}',
    output_data jsonb,
    resource_usage jsonb not null default '{}',
    start_time timestamptz,
    end_time timestamptz,
    execution_time_seconds double precision,
    correlation_id text,
    created_at timestamptz not null default now(),
    unique (execution_id, task_id)
  );
  create index task_executions_claimable on task_executions (handler_kind, priority desc, available_at, task_execution_id)
    where status in ('ready', 'retrying') and released_at is not null;
  create index task_executions_leases on task_executions (lock_expires_at) where status = 'running';

  create table task_dependencies (
    task_execution_id uuid not null,
    depends_on uuid not null,
    execution_id varchar(100) not null references parallel_executions on delete cascade,
    primary key (task_execution_id, depends_on)
  );
  create index task_dependencies_dependents on task_dependencies (depends_on);

  create table synchronization_points (
    sync_point_id uuid primary key,
    execution_id varchar(100) not null references parallel_executions on delete cascade,
    sync_id varchar(100) not null,
    sync_name text not null,
    sync_type varchar(50) not null,
    required_tasks jsonb not null,
    minimum_completion_percentage double precision not null default 100,
    current_completion_percentage double precision not null default 0,
    status varchar(50) not null check (status in ('waiting', 'reached', 'failed', 'timed_out')),
    completed_tasks jsonb not null default '[]',
    failed_tasks jsonb not null default '[]',
    timeout_minutes double precision not null,
    failure_strategy varchar(50) not null,
    condition_expression text,
    timeout_time timestamptz,
    completion_time timestamptz,
    created_at timestamptz not null default now(),
    unique (execution_id, sync_id)
  );
  create index synchronization_points_waiting on synchronization_points (timeout_time) where status = 'waiting';

  create table thread_management (
    worker_id varchar(100) primary key,
    execution_id varchar(100),
    worker_type varchar(50) not null,
    status varchar(50) not null check (status in ('idle', 'busy', 'offline')),
    current_task_id varchar(100),
    tasks_completed integer not null default 0,
    total_execution_time_seconds double precision not null default 0,
    cpu_usage_percentage double precision,
    memory_usage_mb double precision,
    last_heartbeat timestamptz not null default now(),
    created_at timestamptz not null default now()
  );
  create index thread_management_heartbeat on thread_management (last_heartbeat);

  create table execution_events (
    event_id bigint generated always as identity primary key,
    execution_id varchar(100) not null references parallel_executions on delete cascade,
    event_type varchar(50) not null,
    task_id varchar(100),
    payload jsonb not null default '{}',
    occurred_at timestamptz not null default now()
  );
  create index execution_events_in_order on execution_events (execution_id, event_id);
`;

const ANALYTICS = `
  create table workflow_performance (
    performance_id uuid primary key,
    workflow_id uuid not null,
    workflow_name varchar(100) not null,
    execution_date timestamptz not null,
    total_executions integer not null,
    successful_executions integer not null,
    failed_executions integer not null,
    avg_execution_time_minutes double precision,
    min_execution_time_minutes double precision,
    max_execution_time_minutes double precision,
    avg_steps_completed double precision,
    resource_utilization jsonb not null default '{}',
    peak_usage_hours jsonb not null default '[]',
    created_at timestamptz not null default now(),
    unique (workflow_id, execution_date)
  );

  create table bottleneck_analysis (
    bottleneck_id uuid primary key,
    workflow_id uuid not null,
    step_id varchar(100) not null,
    step_name text not null,
    analysis_date timestamptz not null,
    avg_processing_time_minutes double precision,
    failure_rate_percentage double precision,
    queue_time_minutes double precision,
    resource_contention_score double precision,
    optimization_potential_score double precision,
    bottleneck_severity varchar(50),
    analysis_metadata jsonb not null default '{}',
    created_at timestamptz not null default now(),
    unique (workflow_id, step_id, analysis_date)
  );

  create table optimization_suggestions (
    suggestion_id uuid primary key,
    workflow_id uuid not null,
    category varchar(50) not null,
    priority varchar(50) not null,
    title text not null,
    description text not null,
    estimated_impact_percentage double precision,
    implementation_effort varchar(50) not null,
    estimated_roi double precision,
    success_probability double precision,
    implementation_steps jsonb not null default '[]',
    status varchar(50) not null default 'open' check (status in ('open', 'accepted', 'applied', 'dismissed')),
    created_at timestamptz not null default now(),
    applied_at timestamptz
  );
  create index optimization_suggestions_by_workflow on optimization_suggestions (workflow_id, created_at);

  create table analytics_results (
    analysis_id uuid primary key,
    analysis_type varchar(50) not null,
    analysis_timestamp timestamptz not null default now(),
    workflows_analyzed integer not null,
    analysis_results jsonb not null,
    analysis_metadata jsonb not null default '{}',
    created_at timestamptz not null default now()
  );
  create index analytics_results_by_time on analytics_results (analysis_type, analysis_timestamp);
`;

const MODIFICATIONS = `
  create table runtime_modifications (
    modification_id varchar(100) primary key,
    request_id uuid not null,
    workflow_id uuid not null,
    modification_type varchar(50) not null,
    status varchar(50) not null
      check (status in ('pending_analysis', 'pending_approval', 'approved', 'applied', 'failed', 'rejected', 'rolled_back')),
    approval_status varchar(50) not null
      check (approval_status in ('not_required', 'pending', 'approved', 'rejected')),
    requested_by text not null,
    reason text not null,
    emergency_change boolean not null default false,
    approval_override boolean not null default false,
    modification_details jsonb not null,
    impact_analysis jsonb,
    from_version integer not null,
    to_version integer,
    apply_to varchar(50) not null default 'new_instances',
    instances_moved integer not null default 0,
    applied_by text,
    error_message text,
    snapshot_id uuid,
    execution_timestamp timestamptz,
    rollback_strategy varchar(50) not null,
    rollback_status varchar(50) check (rollback_status in ('scheduled', 'in_progress', 'completed', 'failed')),
    rollback_reason text,
    rollback_timestamp timestamptz,
    monitoring_active boolean not null default false,
    monitoring_duration_minutes double precision not null default 30,
    monitoring_until timestamptz,
    auto_rollback_conditions jsonb not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
  );
  create index runtime_modifications_by_workflow on runtime_modifications (workflow_id, created_at);
  create index runtime_modifications_monitored on runtime_modifications (monitoring_until) where monitoring_active;

  create table change_requests (
    change_request_id uuid primary key,
    modification_id varchar(100) not null references runtime_modifications,
    workflow_id uuid not null,
    change_type varchar(50) not null,
    impact_level varchar(50),
    approval_status varchar(50) not null
      check (approval_status in ('not_required', 'pending', 'approved', 'rejected')),
    requested_by text not null,
    approved_by text,
    approval_timestamp timestamptz,
    approval_comments text,
    scheduled_execution_time timestamptz,
    auto_rollback_conditions jsonb not null default '{}',
    created_at timestamptz not null default now()
  );
  create index change_requests_of_modification on change_requests (modification_id);

  create table dynamic_routing (
    routing_id uuid primary key,
    workflow_id uuid not null,
    modification_id varchar(100),
    routing_rule_id varchar(100) not null,
    condition_expression text not null,
    target_step_id varchar(100) not null,
    source_step_id varchar(100),
    priority integer not null default 100,
    is_active boolean not null default true,
    is_temporary boolean not null default true,
    expiry_time timestamptz,
    created_at timestamptz not null default now()
  );
  create index dynamic_routing_active on dynamic_routing (workflow_id, priority) where is_active;

  create table rollback_snapshots (
    snapshot_id uuid primary key,
    workflow_id uuid not null,
    modification_id varchar(100) not null references runtime_modifications,
    snapshot_type varchar(50) not null,
    workflow_definition jsonb not null,
    step_configurations jsonb not null default '[]',
    routing_rules jsonb not null default '[]',
    approval_hierarchies jsonb not null default '[]',
    created_at timestamptz not null default now(),
    is_valid boolean not null default true
  );
  create index rollback_snapshots_of_modification on rollback_snapshots (modification_id);

  create table modification_observations (
    observation_id uuid primary key,
    modification_id varchar(100) not null references runtime_modifications,
    observed_at timestamptz not null default now(),
    metrics jsonb not null,
    breached jsonb not null default '[]'
  );
  create index modification_observations_of_modification on modification_observations (modification_id, observed_at);
`;
