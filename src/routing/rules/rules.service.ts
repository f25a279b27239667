import { Injectable } from '@nestjs/common';

import { DomainError, ValidationError } from '#engine/errors';
import { Database, newId, type Tx } from '#persistence';
import {
  decodeCursor,
  etagOf,
  keepTagged,
  type Page,
  pageOf,
  requireIfMatch,
} from '#platform/http';
import { DefinitionStore } from '#runtime';

import { targetFaults } from '../decisions/decision-input.js';
import { stepsOf, unlessTaken } from '../routing.errors.js';
import {
  type ListRulesQuery,
  type ReplaceRuleRequest,
  RuleView,
  type StoreRuleRequest,
} from './rules.dto.js';
import {
  deactivateRule,
  findRule,
  insertRule,
  listRules,
  lockRule,
  type RuleRow,
} from './rules.queries.js';

/** A stored rule: `workflow_id` null is the one for all workflows. */
export interface RuleKey {
  rule_id: string;
  workflow_id: string | null;
}

interface Tagged {
  view: RuleView;
  etag: string;
}

/** Stored business rules. A rule is never changed: a replacement is its next version. */
@Injectable()
export class RulesService {
  constructor(
    private readonly database: Database,
    private readonly definitions: DefinitionStore,
  ) {}

  /** @throws DomainError rule_exists; ValidationError */
  async store({ rule_id, workflow_id, ...rule }: StoreRuleRequest): Promise<Tagged> {
    const key = { rule_id, workflow_id };
    return this.database.transaction(async (tx) => {
      await this.checkTarget(tx, key, rule);
      await lockRule(tx, [rule_id, workflow_id]);
      const [known] = await findRule(tx, [rule_id, workflow_id]);
      if (known?.is_active) throw exists(key);
      return keepTagged(tx, await this.insert(tx, key, rule));
    });
  }

  /** @throws DomainError rule_not_found, precondition_failed; ValidationError */
  async replace(
    key: RuleKey,
    rule: ReplaceRuleRequest,
    ifMatch: string | undefined,
  ): Promise<Tagged> {
    return this.database.transaction(async (tx) => {
      await lockRule(tx, [key.rule_id, key.workflow_id]);
      requireIfMatch(ifMatch, etag(await this.row(tx, key)));
      await this.checkTarget(tx, key, rule);
      await deactivateRule(tx, [key.rule_id, key.workflow_id]);
      return keepTagged(tx, await this.insert(tx, key, rule));
    });
  }

  /** @throws DomainError rule_not_found (also when it is not active already), precondition_failed */
  async deactivate(key: RuleKey, ifMatch: string | undefined): Promise<Tagged> {
    return this.database.transaction(async (tx) => {
      await lockRule(tx, [key.rule_id, key.workflow_id]);
      requireIfMatch(ifMatch, etag(await this.row(tx, key)));
      const [row] = await deactivateRule(tx, [key.rule_id, key.workflow_id]);
      if (!row) throw notFound(key, 'There is no active rule');
      return keepTagged(tx, tagged(row));
    });
  }

  /** @throws DomainError rule_not_found */
  async read(key: RuleKey): Promise<Tagged> {
    return tagged(await this.row(this.database.read, key));
  }

  async list({ workflow_id, is_active, limit, cursor }: ListRulesQuery): Promise<Page<RuleView>> {
    const [after] = cursor === undefined ? [null] : decodeCursor(cursor, ['uuid']);
    const filter = [after, workflow_id ?? null, is_active ?? null] as const;
    const rows = await listRules(this.database.read, [...filter, limit + 1]);
    return pageOf(
      rows,
      limit,
      (row) => [row.business_rule_id],
      (row) => RuleView.of(row),
    );
  }

  private async row(tx: Tx, key: RuleKey): Promise<RuleRow> {
    const [row] = await findRule(tx, [key.rule_id, key.workflow_id]);
    if (!row) throw notFound(key, 'There is no rule');
    return row;
  }

  private async insert(tx: Tx, key: RuleKey, rule: ReplaceRuleRequest): Promise<Tagged> {
    const values = [key.rule_id, key.workflow_id, newId(), JSON.stringify(rule)] as const;
    const [row] = await unlessTaken(() => insertRule(tx, [...values]), exists(key));
    if (!row) throw new Error(`rule ${key.rule_id} was not inserted`);
    return tagged(row);
  }

  private async checkTarget(tx: Tx, key: RuleKey, rule: ReplaceRuleRequest): Promise<void> {
    const steps = await stepsOf(this.definitions, tx, key.workflow_id);
    const faults = targetFaults(rule, '', (stepId) => steps?.has(stepId) ?? true);
    if (faults.length > 0) throw new ValidationError(faults);
  }
}

function tagged(row: RuleRow): Tagged {
  return { view: RuleView.of(row), etag: etag(row) };
}

function etag({ business_rule_id, is_active }: RuleRow): string {
  return etagOf(business_rule_id, is_active);
}

function exists(key: RuleKey): DomainError {
  return new DomainError(
    'rule_exists',
    `There is an active rule ${key.rule_id} already; replace it by PUT, or give this one another rule_id.`,
    { ...key },
  );
}

function notFound(key: RuleKey, what: string): DomainError {
  const whose =
    key.workflow_id === null
      ? 'for all workflows; name its workflow_id, if it has one'
      : 'of this workflow';
  return new DomainError('rule_not_found', `${what} ${key.rule_id} ${whose}.`, { ...key });
}
