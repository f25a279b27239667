import { setImmediate as letOthersRun } from 'node:timers/promises';

import { Injectable } from '@nestjs/common';

import {
  type Confidence,
  type Decision,
  decideRouting,
  isTooUncertain,
  reasoning,
} from '#engine/routing';
import { newId, type Tx } from '#persistence';
import { type ConfidenceOn, DecisionEvidence } from '#runtime';

import { decisionInput } from './decision-input.js';
import type { Material, Question } from './decision-material.js';
import { type DecidedQuestion, decidedById, usedBy } from './decision-views.js';

/** One decision may take tens of milliseconds at its limits; other requests need not wait for all of them. */
const TURN_MS = 10;
const NEVER_JUDGED: Confidence = {
  score: null,
  basis: null,
  interval: null,
  cases: 0,
  reason: 'a rejection ends the instance, so nothing later can tell whether it was right',
};

/** A question with its material. */
export interface Case extends Material {
  question: Question;
}

interface Taken {
  decision: Decision;
  execution_time_ms: number;
  /** What `now()` was: epoch milliseconds. */
  now: number;
}

/** Decides where instances go, and says how certain that is. */
@Injectable()
export class Decider {
  constructor(private readonly evidence: DecisionEvidence) {}

  /** Of each case, in their order. One round trip where like decisions have to be counted, else none. */
  async decide<Asked extends Case>(
    tx: Tx,
    cases: readonly Asked[],
  ): Promise<(Asked & { decided: DecidedQuestion })[]> {
    const taken: (Asked & Taken)[] = [];
    let turn = performance.now();
    for (const each of cases) {
      taken.push({ ...each, ...takenOn(each) });
      if (performance.now() - turn < TURN_MS) continue;
      await letOthersRun();
      turn = performance.now();
    }
    const confidenceIn = this.confidences(tx);
    return Promise.all(
      taken.map(async (each) => {
        const confidence = await confidenceIn(each);
        return { ...each, decided: this.decidedQuestion(each, confidence) };
      }),
    );
  }

  /** What became of like decisions is asked for once. */
  private confidences(tx: Tx): (taken: Case & Taken) => Promise<Confidence> {
    const asked = new Map<string, Promise<ConfidenceOn>>();
    return async ({ question: { request }, decision, move }) => {
      if (decision.action === 'reject') return NEVER_JUDGED;
      const like: Parameters<DecisionEvidence['of']>[1] = [
        request.workflow_id,
        decision.decided_by,
        decidedById(decision, request),
        usedBy(decision),
        decision.target_step_id,
      ];
      const name = JSON.stringify(like);
      const evidence = asked.get(name) ?? this.evidence.of(tx, like);
      asked.set(name, evidence);
      const { workflow_data, user_context, system_context } = request.context;
      const instance_data = move.state.data;
      return (await evidence)({ instance_data, workflow_data, user_context, system_context });
    };
  }

  private decidedQuestion(
    { question, move, table_version, ...taken }: Case & Taken,
    confidence: Confidence,
  ): DecidedQuestion {
    const { version_number, definition } = move.definition;
    const { minimum_confidence } = definition;
    const { decision, execution_time_ms, now } = taken;
    return {
      request: question.request,
      request_id: newId(),
      decision_id: newId(),
      version_number,
      table_version,
      decision,
      confidence,
      minimum_cases: this.evidence.minimumCases,
      minimum_confidence,
      held: isTooUncertain(confidence, minimum_confidence),
      reasoning: reasoning(decision, confidence, minimum_confidence),
      execution_time_ms,
      now,
      instance_data: move.state.data,
      timestamp: new Date(),
    };
  }
}

function takenOn({ question: { request }, move, ...material }: Case): Taken {
  const { timestamp } = request.context;
  const now = timestamp ? Date.parse(timestamp) : Date.now();
  const { definition, state: instance } = move;
  const input = decisionInput({ ...material, request, definition, instance, now });
  const started = performance.now();
  const decision = decideRouting(input);
  return { decision, execution_time_ms: performance.now() - started, now };
}
