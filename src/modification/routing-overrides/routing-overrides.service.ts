import { Injectable } from '@nestjs/common';

import { approvalsBetween, type StepDefinition } from '#engine/definition';
import { DomainError, type Fault, ValidationError } from '#engine/errors';
import { expressionFaults } from '#engine/expression';
import { Database, newId, type Tx } from '#persistence';
import { decodeCursor, keepBody, type Page, pageOf } from '#platform/http';
import { DefinitionStore } from '#runtime';

import { DefinitionsService } from '../../definitions/definitions.service.js';
import { findModification } from '../modification.queries.js';
import {
  type ListOverridesQuery,
  OverrideView,
  type StoreOverrideRequest,
} from './routing-overrides.dto.js';
import {
  deleteOverride,
  findOverride,
  insertOverride,
  listOverrides,
} from './routing-overrides.queries.js';

const LONGEST_ID = 100;

/** Temporary routes of a workflow, tried before its own rules, without a new version. */
@Injectable()
export class RoutingOverrides {
  constructor(
    private readonly database: Database,
    private readonly definitions: DefinitionsService,
    private readonly store: DefinitionStore,
  ) {}

  /** @throws ValidationError; DomainError workflow_not_found, override_passes_approval, rule_exists */
  async create(request: StoreOverrideRequest): Promise<OverrideView> {
    const { workflow_id } = request;
    const routing_rule_id =
      request.routing_rule_id ?? `override_to_${request.target_step_id}`.slice(0, LONGEST_ID);
    return this.database.transaction(async (tx) => {
      await this.definitions.lock(tx, workflow_id);
      const { steps } = await this.store.load(tx, workflow_id);
      const faults = await this.faults(tx, request, steps);
      if (faults.length > 0) throw new ValidationError(faults);
      refusePassing(steps, request);
      const [known] = await findOverride(tx, [workflow_id, routing_rule_id]);
      if (known) {
        throw new DomainError(
          'rule_exists',
          `The workflow has an active override ${routing_rule_id}; delete it first, or choose another id.`,
          { routing_rule_id, routing_id: known.routing_id },
        );
      }
      const [row] = await insertOverride(tx, [
        newId(),
        workflow_id,
        request.modification_id,
        routing_rule_id,
        request.condition_expression,
        request.target_step_id,
        request.source_step_id,
        request.priority,
        request.expiry_time === null ? null : new Date(request.expiry_time),
      ]);
      if (!row) throw new Error(`override ${routing_rule_id} was not inserted`);
      return keepBody(tx, OverrideView.of(row));
    });
  }

  async list(query: ListOverridesQuery): Promise<Page<OverrideView>> {
    const { workflow_id, is_active, limit, cursor } = query;
    const [before] = cursor === undefined ? [null] : decodeCursor(cursor, ['uuid']);
    const filter = [workflow_id ?? null, is_active ?? null, before] as const;
    const rows = await listOverrides(this.database.read, [...filter, limit + 1]);
    return pageOf(
      rows,
      limit,
      (row) => [row.routing_id],
      (row) => OverrideView.of(row),
    );
  }

  /** It holds no more; the row stays. @throws DomainError rule_not_found */
  async delete(routing_id: string): Promise<OverrideView> {
    return this.database.transaction(async (tx) => {
      const [row] = await deleteOverride(tx, [routing_id]);
      if (row) return keepBody(tx, OverrideView.of(row));
      throw new DomainError('rule_not_found', `There is no active override ${routing_id}.`, {
        routing_id,
      });
    });
  }

  private async faults(
    tx: Tx,
    request: StoreOverrideRequest,
    steps: readonly StepDefinition[],
  ): Promise<Fault[]> {
    const known = new Set(steps.map(({ step_id }) => step_id));
    const { source_step_id, target_step_id, expiry_time, modification_id } = request;
    const faults = expressionFaults(request.condition_expression, '/condition_expression');
    for (const [field, value] of Object.entries({ target_step_id, source_step_id })) {
      if (value === null || known.has(value)) continue;
      const message = `${JSON.stringify(value)} is no step of the workflow's current version.`;
      faults.push({ pointer: `/${field}`, code: 'unknown_step', message });
    }
    if (expiry_time !== null && Date.parse(expiry_time) <= Date.now()) {
      const message = 'It would have expired already; name a time to come.';
      faults.push({ pointer: '/expiry_time', code: 'expired', message });
    }
    if (modification_id !== null) {
      const [found] = await findModification(tx, [modification_id]);
      if (found?.workflow_id !== request.workflow_id.toLowerCase()) {
        const message = `The workflow has no modification ${modification_id}.`;
        faults.push({ pointer: '/modification_id', code: 'modification_not_found', message });
      }
    }
    return faults;
  }
}

/**
 * An approval is not got around by an override, which one person makes. To another approval it may lead: then somebody
 * is asked all the same.
 * @throws DomainError override_passes_approval
 */
function refusePassing(
  steps: readonly StepDefinition[],
  { source_step_id, target_step_id }: StoreOverrideRequest,
): void {
  const [approval] = approvalsBetween(steps, source_step_id, target_step_id);
  const target = steps.find(({ step_id }) => step_id === target_step_id);
  if (approval === undefined || target?.step_type === 'approval') return;
  throw new DomainError(
    'override_passes_approval',
    `It would pass over the approval ${approval}. Change the routing with POST /dynamic/modify (update_routing), which somebody else approves, or lead to an approval.`,
    { step_id: approval },
  );
}
