import {
  compileDefinition,
  type CompiledDefinition,
  type WorkflowDefinition,
} from '#engine/definition';
import { DomainError } from '#engine/errors';
import {
  decide,
  DEFAULT_MAX_STEP_ENTRIES,
  type InstanceState,
  NEW_INSTANCE,
} from '#engine/instance';
import { checkPositions, type Finding } from '#engine/soundness';

import type { InstanceFateView } from './migration.dto.js';
import { type Migration, MigrationPlan, type OpenInstance } from './migration-plan.js';

/** A running instance, and how many others are where it is. */
export interface PositionSample extends OpenInstance {
  instances: number;
  total_entries: number;
}

export interface Rehearsal {
  /** Instances that begin the work at their step anew, by the step that they stand at. */
  redone: { step_id: string; instances: number }[];
  /** Positions that cannot be moved, or may fail after it, in words. */
  risks: string[];
  /** Positions from which no way would lead to the end, and now one does. */
  stranded: Finding[];
}

type Rehearsed = Omit<InstanceFateView, 'workflow_instance_id' | 'version_number' | 'step_id'> & {
  /** After the move. */
  state: InstanceState | null;
};

const STAYS = { to_step_id: null, anew: false, state: null };

/** Moves instances by the engine itself, and writes nothing. */
export class MigrationRehearsal {
  private readonly compiled: CompiledDefinition;
  private readonly plan: MigrationPlan;
  private readonly checked = new Map<string, Finding[]>();

  /** @param versions the definitions that the instances run on, by version number */
  constructor(
    private readonly versions: ReadonlyMap<number, WorkflowDefinition>,
    private readonly after: WorkflowDefinition,
    migration: Migration,
    private readonly now: number,
  ) {
    const to = { version_number: 0, definition: after };
    this.compiled = compileDefinition({ workflow_id: '', version_number: 0 }, after);
    this.plan = new MigrationPlan(to, migration, '');
  }

  /** One of each position: what begins anew, what is refused, and from where no way leads to the end. */
  all(samples: readonly PositionSample[]): Rehearsal {
    const redone = new Map<string, number>();
    const risks: string[] = [];
    const stranded: Finding[] = [];
    for (const sample of samples) {
      const { current_step: current, instances } = sample;
      if (!current) continue;
      const rehearsed = this.one(sample);
      const { fate, anew, what_happens } = rehearsed;
      const who = describe(sample, current.step_id);
      if (fate === 'refused') risks.push(`${who} cannot be moved: ${what_happens}`);
      if (anew) redone.set(current.step_id, (redone.get(current.step_id) ?? 0) + instances);
      const [finding] = this.findingsAfter(rehearsed);
      if (!finding) continue;
      const message = `${who}: ${finding.message}`;
      if (this.strands(sample, rehearsed)) stranded.push({ ...finding, message });
      else risks.push(message);
    }
    return {
      redone: [...redone].map(([step_id, instances]) => ({ step_id, instances })),
      risks,
      stranded,
    };
  }

  /** Why an instance must not be moved: it could no longer come to its end, and can where it is. Null: it may be. */
  strandedBy(instance: Omit<PositionSample, 'instances'>): Finding | null {
    const rehearsed = this.one(instance);
    return this.strands(instance, rehearsed) ? (this.findingsAfter(rehearsed)[0] ?? null) : null;
  }

  private strands(instance: Omit<PositionSample, 'instances'>, rehearsed: Rehearsed): boolean {
    return (
      this.findingsAfter(rehearsed).some(isError) &&
      !this.findings(instance.version_number, stateOf(instance)).some(isError)
    );
  }

  private findingsAfter({ state }: Rehearsed): Finding[] {
    return state?.status === 'running' ? this.findings(null, state) : [];
  }

  /** Many instances are in few positions: each is explored once. @param version null: the new one */
  private findings(version: number | null, state: InstanceState): Finding[] {
    const key = positionKey(version, state);
    const definition = version === null ? this.after : this.versionOf(version);
    const known = this.checked.get(key) ?? checkPositions(definition, [state]).findings;
    this.checked.set(key, known);
    return known;
  }

  private versionOf(version_number: number): WorkflowDefinition {
    const version = this.versions.get(version_number);
    if (!version) throw new Error(`Version ${version_number} was not read.`);
    return version;
  }

  one(instance: Omit<PositionSample, 'instances'>): Rehearsed {
    const from = this.versionOf(instance.version_number);
    try {
      const move = this.plan.moveOf(instance, from, this.now);
      switch (move.kind) {
        case 'leave':
          return { ...STAYS, fate: 'stays', what_happens: 'The filter does not let it through.' };
        case 'wait': {
          const what_happens = `It finishes ${String(instance.current_step?.step_id)} first, and is moved then.`;
          return { ...STAYS, fate: 'waits', what_happens };
        }
        case 'move':
      }
      const decision = decide(this.compiled, stateOf(instance), move.command, {
        now: this.now,
        newId: () => '',
        overrides: [],
        trees: new Map(),
        max_step_entries: DEFAULT_MAX_STEP_ENTRIES,
        certainty: null,
      });
      if ('rejection' in decision) throw decision.rejection;
      return moved(instance, decision.state);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      return { ...STAYS, fate: 'refused', what_happens: error.message };
    }
  }
}

function moved({ current_step: before }: OpenInstance, state: InstanceState): Rehearsed {
  const { current } = state;
  if (!current) {
    const what_happens = 'It completes: nothing is left for it to do.';
    return { fate: 'completes', to_step_id: null, anew: false, state, what_happens };
  }
  const { step_id } = current;
  const anew = before !== null && before.step_execution_id !== current.step_execution_id;
  const enters =
    before?.step_id === step_id
      ? `It begins the work at ${step_id} anew.`
      : `It leaves ${String(before?.step_id)} and enters ${step_id}.`;
  const what_happens = anew ? enters : `It goes on at ${step_id}.`;
  return { fate: 'moves', to_step_id: step_id, anew, state, what_happens };
}

function stateOf(instance: Omit<PositionSample, 'instances'>): InstanceState {
  const { data, current_step: current, step_entries, total_entries } = instance;
  return { ...NEW_INSTANCE, status: 'running', data, current, step_entries, total_entries };
}

/** All of an instance that decides how it can go on, whatever its data. */
export function positionKey(
  version: number | null,
  { current, step_entries }: Pick<InstanceState, 'current' | 'step_entries'>,
): string {
  const entered = Object.keys(step_entries).filter((step_id) => (step_entries[step_id] ?? 0) > 0);
  const levels = current?.levels?.map(({ level, status }) => [level, status]);
  const { awaiting, step_id } = current ?? {};
  return JSON.stringify([version, step_id, levels, awaiting?.step_ended, entered.toSorted()]);
}

function isError({ severity }: Finding): boolean {
  return severity === 'error';
}

function describe({ instances, workflow_instance_id }: PositionSample, stepId: string): string {
  return instances === 1
    ? `The instance ${workflow_instance_id} at ${stepId}`
    : `${instances} instances at ${stepId}, such as ${workflow_instance_id}`;
}
