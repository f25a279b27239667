import { Injectable } from '@nestjs/common';
import { STEP_TYPES } from '#engine/definition';
import { FUNCTION_NAMES } from '#engine/expression';
import {
  FAILURE_STRATEGIES,
  HANDLER_TYPES,
  LOAD_BALANCING_STRATEGIES,
  SYNCHRONIZATION_FAILURE_STRATEGIES,
  SYNCHRONIZATION_TYPES,
  TASK_TYPES,
} from '#engine/graph';
import { CONDITION_TYPES, NODE_TYPES, ROUTING_ACTIONS } from '#engine/routing';
import { HIT_POLICIES } from '#engine/table';
import { CapabilityCatalog } from '#platform/capabilities';
import { AppConfig } from '#platform/config';
import { BODY_LIMIT_BYTES, MAX_DEPTH, RouteTable } from '#platform/http';
import type { CapabilitiesAnswer } from './operations.dto.js';
import { packageVersion } from './package-version.js';

/** What this very process can do: its registered routes, the engine's own lists, and what modules tell the catalog. */
@Injectable()
export class CapabilitiesService {
  constructor(
    private readonly config: AppConfig,
    private readonly routes: RouteTable,
    private readonly catalog: CapabilityCatalog,
  ) {}

  read(): CapabilitiesAnswer {
    const { role, queue, auth, settings } = this.config;
    return {
      service: 'complex-workflows',
      version: packageVersion(),
      role,
      queue_backend: queue.backend,
      authentication: !auth.required ? 'none' : auth.jwt ? 'api_key_or_jwt' : 'api_key',
      operations: this.operations(),
      step_types: [...STEP_TYPES],
      task_types: [...TASK_TYPES],
      handler_types: [...HANDLER_TYPES],
      synchronization_types: [...SYNCHRONIZATION_TYPES],
      synchronization_failure_strategies: [...SYNCHRONIZATION_FAILURE_STRATEGIES],
      failure_strategies: [...FAILURE_STRATEGIES],
      load_balancing_strategies: [...LOAD_BALANCING_STRATEGIES],
      rule_condition_types: [...CONDITION_TYPES],
      routing_actions: [...ROUTING_ACTIONS],
      decision_tree_node_types: [...NODE_TYPES],
      decision_table_hit_policies: [...HIT_POLICIES],
      expression_functions: [...FUNCTION_NAMES],
      modules: this.catalog.read(),
      settings: { ...settings },
      limits: { body_bytes: BODY_LIMIT_BYTES, nesting_levels: MAX_DEPTH, page_items: 200 },
    };
  }

  private operations(): { method: string; path: string }[] {
    return this.routes
      .all()
      .filter(({ method }) => method !== 'HEAD' && method !== 'OPTIONS')
      .map(({ method, path }) => ({ method, path: path.replace(/:(\w+)/g, '{$1}') }))
      .sort((a, b) => a.path.localeCompare(b.path) || a.method.localeCompare(b.method));
  }
}
