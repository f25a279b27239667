import { Injectable, Logger } from '@nestjs/common';

import { type Arm, type CanaryVerdict, judgeCanary, progressAfter } from '#engine/canary';
import { Jobs } from '#jobs';
import { afterCommit, type CanaryArm, Database, type Tx } from '#persistence';

import { DefinitionsService } from '../../definitions/definitions.service.js';
import {
  endTrial,
  findTrial,
  readArms,
  readClock,
  readStepMinutes,
  saveCanary,
} from './canary.queries.js';
import { type Canary, percentageOf, underTrial } from './canary-state.js';
import {
  findModification,
  lockModification,
  type ModificationRow,
} from '../modification.queries.js';

const MS_A_MINUTE = 60_000;

/** Tries changes on a share of the running instances, compares those with the others, and widens the share or stops. */
@Injectable()
export class Canaries {
  private readonly logger = new Logger(Canaries.name);

  constructor(
    private readonly database: Database,
    private readonly definitions: DefinitionsService,
    private readonly jobs: Jobs,
  ) {}

  /** @throws DomainError modification_not_applicable, while another change of the workflow is tried */
  async requireNone(tx: Tx, workflow_id: string): Promise<void> {
    const [trial] = await findTrial(tx, [workflow_id]);
    if (trial) throw underTrial(trial.modification_id, workflow_id);
  }

  /** Begins with the first stage. */
  async begin(tx: Tx, { modification_id }: ModificationRow, canary: Canary): Promise<void> {
    const began = await this.stageOf(tx, { ...canary, status: 'running' });
    await saveCanary(tx, [modification_id, JSON.stringify(began), percentageOf(began)]);
  }

  /** With a roll-back: the instances that were moved return. */
  async stop(tx: Tx, { modification_id, canary }: ModificationRow): Promise<void> {
    const stopped = JSON.stringify({ ...canary, status: 'stopped' });
    await saveCanary(tx, [modification_id, stopped, null]);
  }

  /** Looks at a canary, and takes it further where it may be. @returns why it is to be stopped; null: it is not */
  look(modification_id: string): Promise<string | null> {
    return this.database.transaction(async (tx) => {
      const [found] = await findModification(tx, [modification_id]);
      if (found?.canary?.status !== 'running') return null;
      await this.definitions.lock(tx, found.workflow_id);
      const [row] = await lockModification(tx, [modification_id]);
      if (row?.canary?.status !== 'running' || row.move_status !== 'in_progress') return null;
      return this.judge(tx, row, row.canary);
    });
  }

  private async judge(tx: Tx, row: ModificationRow, canary: Canary): Promise<string | null> {
    const { modification_id, workflow_id, from_version } = row;
    const current = await this.definitions.readDefinition(tx, workflow_id);
    if (current.version_number !== from_version) {
      return `Version ${current.version_number} has become current, which it does not start from.`;
    }
    const arms = await armsOf(tx, modification_id);
    const [clock] = await readClock(tx, []);
    const since = Date.parse(canary.stage_began_at ?? '');
    const minutes = ((clock?.now.getTime() ?? NaN) - since) / MS_A_MINUTE;
    const verdict = judgeCanary(canary, canary, arms, minutes);
    if (verdict.go === 'wait') return null;
    const { evidence } = verdict;
    const next: Canary = {
      ...canary,
      ...progressAfter(canary, verdict, arms.canary),
      evidence: evidence.length > 0 ? evidence : canary.evidence,
    };
    await this.carryOn(tx, row, next, verdict.go);
    return verdict.go === 'stop' ? `The canary is worse: ${verdict.reason}` : null;
  }

  private async carryOn(
    tx: Tx,
    { modification_id, workflow_id, to_version }: ModificationRow,
    canary: Canary,
    go: Exclude<CanaryVerdict['go'], 'wait'>,
  ): Promise<void> {
    if (go === 'all' && to_version !== null) {
      await this.definitions.setCurrentVersion(tx, workflow_id, to_version);
      const completed: Canary = { ...canary, status: 'completed' };
      await endTrial(tx, [modification_id, JSON.stringify(completed)]);
    } else {
      const stage = go === 'wider' ? await this.stageOf(tx, canary) : canary;
      await saveCanary(tx, [modification_id, JSON.stringify(stage), percentageOf(stage)]);
    }
    if (go === 'on') return;
    this.logger.log(`The canary of ${modification_id} goes on: ${go}.`);
    afterCommit(tx, () => this.jobs.enqueue('modification.move', { modification_id }));
  }

  private async stageOf(tx: Tx, canary: Canary): Promise<Canary> {
    const [clock] = await readClock(tx, []);
    return { ...canary, stage_began_at: clock?.now.toISOString() ?? null };
  }
}

async function armsOf(tx: Tx, modification_id: string): Promise<Record<CanaryArm, Arm>> {
  const counts = await readArms(tx, [modification_id]);
  const times = await readStepMinutes(tx, [modification_id]);
  const armOf = (arm: CanaryArm): Arm => ({
    ...(counts.find((counted) => counted.arm === arm) ?? EMPTY),
    step_minutes: Object.fromEntries(
      times.filter((of) => of.arm === arm).map(({ step_id, minutes }) => [step_id, minutes]),
    ),
  });
  return { canary: armOf('canary'), control: armOf('control') };
}

const EMPTY = { instances: 0, ended: 0, failed: 0, missed: 0, missable: 0 };
