import { Injectable } from '@nestjs/common';

import type { CompiledDefinition } from '#engine/definition';
import type { Certainty, DecidedMove } from '#engine/instance';
import { type CompiledTree, type Confidence, confidenceFrom, targetOf } from '#engine/routing';
import type { Tx } from '#persistence';
import { AppConfig } from '#platform/config';

import { type LikeKey, OutcomeCounter } from './outcome-counts.js';

/** How certain decisions are, from what became of like ones. */
@Injectable()
export class DecisionEvidence {
  constructor(
    private readonly outcomes: OutcomeCounter,
    private readonly config: AppConfig,
  ) {}

  /** Like decisions that have to have an outcome before there is a confidence. */
  get minimumCases(): number {
    return this.config.settings.ml_min_evidence;
  }

  async confidence(tx: Tx, key: LikeKey): Promise<Confidence> {
    return confidenceFrom(await this.outcomes.of(tx, key), this.minimumCases);
  }

  /** Of the moves that rules and trees of a definition decide by themselves. Null: it asks for no minimum. */
  async certainty(
    tx: Tx,
    definition: CompiledDefinition,
    trees: ReadonlyMap<string, CompiledTree>,
  ): Promise<Certainty | null> {
    const minimum = definition.definition.minimum_confidence;
    if (minimum === null) return null;
    const moves = [...movesOfRules(definition), ...[...trees.values()].flatMap(movesOfTree)];
    const counts = await this.outcomes.ofMoves(tx, definition.workflow_id, moves);
    const known = new Map(moves.map((move, index) => [nameOf(move), counts[index]]));
    return {
      minimum,
      confidenceIn: (move) =>
        confidenceFrom(known.get(nameOf(move)) ?? { good: 0, total: 0 }, this.minimumCases),
    };
  }
}

function movesOfRules({ rules }: CompiledDefinition): DecidedMove[] {
  return rules.map(({ rule_id, target_step_id }) => ({
    decided_by: 'rule',
    decided_by_id: rule_id,
    tree_id: null,
    target_step_id,
  }));
}

function movesOfTree({ tree_id, nodes }: CompiledTree): DecidedMove[] {
  return [...nodes.values()].flatMap((node) => {
    const target_step_id = targetOf(node);
    return target_step_id === null
      ? []
      : [{ decided_by: 'tree' as const, decided_by_id: node.node_id, tree_id, target_step_id }];
  });
}

function nameOf({ decided_by, decided_by_id, tree_id, target_step_id }: DecidedMove): string {
  return JSON.stringify([decided_by, decided_by_id, tree_id, target_step_id]);
}
