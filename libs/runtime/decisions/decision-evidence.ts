import { Injectable } from '@nestjs/common';

import type { CompiledDefinition } from '#engine/definition';
import type { Certainty, DecidedMove } from '#engine/instance';
import {
  type CompiledTree,
  type Confidence,
  confidenceByModel,
  confidenceFrom,
  type DecisionData,
  modelInput,
  targetOf,
} from '#engine/routing';
import type { Tx } from '#persistence';
import { AppConfig } from '#platform/config';

import type { OutcomeRow } from './like-outcomes.queries.js';
import { type LikeKey, NO_OUTCOMES, OutcomeCounter } from './outcome-counts.js';

/** How certain a decision is on such data: a model of like decisions looks at them. */
export type ConfidenceOn = (data: DecisionData) => Confidence;

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

  /** Of like decisions. */
  async of(tx: Tx, key: LikeKey): Promise<ConfidenceOn> {
    const outcomes = await this.outcomes.of(tx, key);
    return (data) => this.confidenceOf(outcomes, data);
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
      confidenceIn: (move, data) =>
        this.confidenceOf(known.get(nameOf(move)) ?? NO_OUTCOMES, {
          ...NO_CONTEXT,
          workflow_data: data,
        }),
    };
  }

  private confidenceOf(outcomes: OutcomeRow, data: DecisionData): Confidence {
    const { model } = outcomes;
    if (!model || !this.config.settings.ml_prediction_enabled) {
      return confidenceFrom(outcomes, this.minimumCases);
    }
    return { ...confidenceByModel(model, modelInput(data)), model_id: model.model_id };
  }
}

const NO_CONTEXT = { instance_data: {}, user_context: {}, system_context: {} };

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
