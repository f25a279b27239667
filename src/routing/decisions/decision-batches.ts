import { Injectable } from '@nestjs/common';

import { DomainError } from '#engine/errors';
import { decidingSentence } from '#engine/routing';
import { Database, type Tx, unawaited } from '#persistence';
import {
  BUSY,
  changeOf,
  type Given,
  InstanceRuntime,
  loadDuties,
  recordPeople,
  refusalOf,
} from '#runtime';

import { type Case, Decider } from './decider.js';
import { DecisionMaterial, type Material, type Question } from './decision-material.js';
import { answerOf, answerOfRecorded, type DecidedQuestion, recordOf } from './decision-views.js';
import type { RouteResponse } from './decisions.dto.js';
import { insertDecisions } from './decisions.queries.js';
import { GroupCommit, type Outcome } from '../group-commit.js';

type Decided = Case & { decided: DecidedQuestion };

/**
 * Carries decisions out: questions that arrive together share a transaction (group commit). On a known instance two
 * round trips: all is read under lock by the first and written by the second, with its commit.
 */
@Injectable()
export class DecisionBatches {
  private readonly commits: GroupCommit<Question, RouteResponse>;

  constructor(
    database: Database,
    private readonly material: DecisionMaterial,
    private readonly decider: Decider,
    private readonly instances: InstanceRuntime,
  ) {
    this.commits = new GroupCommit(database, (...asked) => this.together(...asked));
  }

  /** Resolves when it is committed. @throws ValidationError; DomainError step_not_current, instance_not_running */
  carryOut(question: Question): Promise<RouteResponse> {
    return this.commits.carryOut(question);
  }

  private async together(
    tx: Tx,
    questions: readonly Question[],
    hold: 'wait' | 'skip_locked',
  ): Promise<Outcome<RouteResponse>[]> {
    const carried = new Map<Question, Outcome<RouteResponse>>();
    const materials = await this.material.load(tx, questions, hold);
    const open = questions.flatMap((question, place) => {
      const material = materials[place] ?? BUSY;
      const known = isMaterial(material) ? knownAnswer(question, material) : material;
      if (known) carried.set(question, known);
      return known || !isMaterial(material) ? [] : [{ ...material, question }];
    });
    const decided = await this.decider.decide(tx, open);
    await loadDuties(tx, decided.map(given));
    const moved = decided.filter((each) => {
      const refusal = refusalOf(() => moveOn(each));
      if (refusal) carried.set(each.question, refusal);
      return !refusal;
    });
    for (const written of await this.write(tx, moved)) {
      recordPeople(tx, given(written));
      const { question, move } = written;
      carried.set(question, { answer: answerOf(written.decided, changeOf(move)) });
    }
    return questions.map((question) => carried.get(question) ?? BUSY);
  }

  /** @returns what was written: not those whose instance somebody else has mentioned first */
  private async write(tx: Tx, moved: readonly Decided[]): Promise<Decided[]> {
    const known = moved.filter(({ is_new }) => !is_new);
    const mentioned = moved.filter(({ is_new }) => is_new);
    await this.instances.write(
      tx,
      known.map(({ move }) => move),
    );
    const stored = await this.instances.store(
      tx,
      mentioned.map(({ move }) => move),
    );
    const written = [...known, ...mentioned.filter(({ move }) => stored.has(move))];
    if (written.length > 0) {
      unawaited(tx, insertDecisions(tx, [JSON.stringify(written.map(recordRow))]));
    }
    return written;
  }
}

function isMaterial(material: Material | DomainError | typeof BUSY): material is Material {
  return material !== BUSY && !(material instanceof DomainError);
}

/** What there is to say without deciding. */
function knownAnswer(
  { request }: Question,
  { same, move }: Material,
): Outcome<RouteResponse> | undefined {
  if (same && !request.force_evaluation) {
    return { answer: answerOfRecorded(same), unchanged: true };
  }
  const { current_step_id } = request.context;
  const { status, current } = move.state;
  if (status !== 'running' || current?.step_id === current_step_id) return undefined;
  return new DomainError(
    'step_not_current',
    `The instance stands at ${current?.step_id ?? 'no step'}, not at ${current_step_id}; read it and ask again.`,
    { step_id: current_step_id, current_step_id: current?.step_id ?? null },
  );
}

/** @throws DomainError the engine's refusal */
function moveOn(each: Decided): void {
  const { move, command, actor } = given(each);
  move.instance.correlation_id = each.question.correlation_id;
  move.act(command, actor);
}

function given({ question, move, decided }: Decided): Given {
  const { decision, decision_id, held } = decided;
  const command = {
    type: 'route',
    action: decision.action,
    from_step_id: question.request.context.current_step_id,
    target_step_id: decision.target_step_id,
    decision_id,
    branches: decision.decided_by === 'tree' ? decision.tree?.branches : undefined,
    reason: decidingSentence(decision),
    held,
  } as const;
  return { move, command, actor: question.actor };
}

function recordRow({ question, move, decided }: Decided): object {
  return {
    ...recordOf(decided, changeOf(move)),
    question_hash: question.hash,
    instance_sequence: move.instance.last_sequence + move.acted.length,
    correlation_id: question.correlation_id,
  };
}
