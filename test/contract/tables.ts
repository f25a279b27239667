/** The tables and columns that reports and BI queries read: "The tables" of the wire contract, word for word. */
export const CONTRACT_TABLES: Record<string, string> = {
  workflow_definitions:
    'workflow_id, workflow_name, workflow_description, category, version, is_active, global_timeout_hours, retry_configuration, notification_escalation, created_at, updated_at, created_by',
  step_configurations:
    'step_config_id, workflow_id, step_id, step_name, step_type, order_sequence, required_roles, estimated_duration_minutes, auto_escalation_hours, conditions, form_schema, notification_settings, created_at',
  routing_rules:
    'rule_id, workflow_id, condition_expression, target_step_id, priority, description, is_active, created_at',
  approval_hierarchies:
    'hierarchy_id, workflow_id, level, role_required, department_required, minimum_level, parallel_approval, bypass_conditions, created_at',
  routing_conditions:
    'condition_id, workflow_id, rule_id, condition_expression, condition_type, evaluation_context, last_evaluated, evaluation_count, success_rate, created_at',
  business_rules:
    'rule_id, workflow_id, rule_name, rule_category, condition_expression, target_action, target_step_id, priority, is_active, success_count, failure_count, last_used, created_at, metadata',
  decision_trees:
    'tree_id, workflow_id, tree_name, root_node_id, tree_structure, is_active, usage_count, accuracy_score, created_at',
  routing_analytics:
    'analytics_id, request_id, workflow_id, workflow_instance_id, routing_action, target_step_id, confidence_score, execution_time_ms, rules_evaluated, decision_tree_used, context_data, routing_timestamp',
  parallel_executions:
    'execution_id, workflow_id, workflow_instance_id, total_tasks, tasks_completed, tasks_failed, tasks_running, overall_status, execution_progress_percentage, start_time, estimated_completion_time, actual_completion_time, load_balancing_config, performance_metrics, created_at',
  task_executions:
    'task_execution_id, execution_id, task_id, task_name, task_type, status, worker_id, priority, start_time, end_time, execution_time_seconds, retry_count, max_retry_attempts, error_message, input_data, output_data, resource_usage, dependencies, created_at',
  synchronization_points:
    'sync_point_id, execution_id, sync_id, sync_name, sync_type, required_tasks, minimum_completion_percentage, current_completion_percentage, status, completed_tasks, failed_tasks, timeout_time, completion_time, created_at',
  thread_management:
    'worker_id, execution_id, worker_type, status, current_task_id, tasks_completed, total_execution_time_seconds, cpu_usage_percentage, memory_usage_mb, last_heartbeat, created_at',
  workflow_performance:
    'performance_id, workflow_id, workflow_name, execution_date, total_executions, successful_executions, failed_executions, avg_execution_time_minutes, min_execution_time_minutes, max_execution_time_minutes, avg_steps_completed, resource_utilization, peak_usage_hours, created_at',
  bottleneck_analysis:
    'bottleneck_id, workflow_id, step_id, step_name, analysis_date, avg_processing_time_minutes, failure_rate_percentage, queue_time_minutes, resource_contention_score, optimization_potential_score, bottleneck_severity, analysis_metadata, created_at',
  optimization_suggestions:
    'suggestion_id, workflow_id, category, priority, title, description, estimated_impact_percentage, implementation_effort, estimated_roi, success_probability, implementation_steps, status, created_at, applied_at',
  analytics_results:
    'analysis_id, analysis_type, analysis_timestamp, workflows_analyzed, analysis_results, analysis_metadata, created_at',
  runtime_modifications:
    'modification_id, request_id, workflow_id, modification_type, status, requested_by, reason, emergency_change, approval_override, modification_details, impact_analysis, rollback_strategy, snapshot_id, execution_timestamp, rollback_timestamp, monitoring_active, created_at',
  change_requests:
    'change_request_id, modification_id, workflow_id, change_type, impact_level, approval_status, approved_by, approval_timestamp, approval_comments, scheduled_execution_time, auto_rollback_conditions, created_at',
  dynamic_routing:
    'routing_id, workflow_id, modification_id, routing_rule_id, condition_expression, target_step_id, priority, is_active, is_temporary, expiry_time, created_at',
  rollback_snapshots:
    'snapshot_id, workflow_id, modification_id, snapshot_type, workflow_definition, step_configurations, routing_rules, approval_hierarchies, created_at, is_valid',
};
