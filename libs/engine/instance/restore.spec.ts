import fc from 'fast-check';

import { DATA, definitions } from '../../../test/factories/definition.arbitrary.js';
import { newFacts } from '../../../test/factories/facts.factory.js';
import { compileDefinition, stepMapping, type WorkflowDefinition } from '#engine/definition';
import type { Command } from './commands.js';
import { decide } from './decide.js';
import { NEW_INSTANCE } from './evolve.js';
import type { CurrentStep, InstanceState } from './types.js';

const compiled = (definition: WorkflowDefinition, version_number: number) =>
  compileDefinition({ workflow_id: '', version_number }, definition);

/** Decides with ids that are told apart; a refusal leaves the state as it is. */
function engine() {
  const facts = newFacts({ max_step_entries: 25 });
  return (definition: ReturnType<typeof compiled>, state: InstanceState, command: Command) => {
    const decision = decide(definition, state, command, facts);
    return 'rejection' in decision ? state : decision.state;
  };
}

const approver = { id: 'p', roles: ['role_1'], department: null, management_level: 9 };

function workAt({ step_id, step_type }: CurrentStep, output: object, asks: boolean): Command {
  if (step_type === 'approval' && asks) {
    return { type: 'ask_information', step_id, approver, question: 'Why now?' };
  }
  return step_type === 'approval'
    ? { type: 'decide_approval', step_id, decision: 'approved', approver, comment: '', output: {} }
    : { type: 'complete_step', step_id, output: { ...output } };
}

/** Somebody takes the step, and saves its form. */
const begun = (step_id: string): Command[] => [
  { type: 'claim', step_id, person: approver, vouched: true },
  { type: 'save_form_data', step_id, form_data: { saved: true }, person: approver, vouched: true },
];

const positionOf = ({ status, data, current }: InstanceState): unknown => {
  const { step_execution_id: _, entry: __, ...step } = current ?? {};
  return { status, data, step };
};

describe('an instance that is moved and taken back', () => {
  it('is what it was, whatever the two definitions and wherever it stood', () => {
    fc.assert(
      fc.property(
        definitions,
        definitions,
        fc.array(fc.constantFrom(...DATA), { minLength: 1, maxLength: 6 }),
        fc.boolean(),
        fc.boolean(),
        fc.boolean(),
        fc.boolean(),
        (from, to, [first, ...outputs], enter_anew, asks, begins, suspends) => {
          const act = engine();
          const [before, after] = [compiled(from, 1), compiled(to, 2)];
          let state = act(before, NEW_INSTANCE, { type: 'start', data: { ...first } });
          for (const output of outputs) {
            if (state.current) state = act(before, state, workAt(state.current, output, false));
          }
          if (asks && state.current) state = act(before, state, workAt(state.current, {}, true));
          for (const command of begins ? begun(state.current?.step_id ?? '') : []) {
            state = act(before, state, command);
          }
          if (suspends) state = act(before, state, { type: 'suspend', reason: '' });
          const open = suspends ? 'suspended' : 'running';
          fc.pre(state.status === open);
          const moved = act(after, state, {
            type: 'migrate',
            from_version: 1,
            to_version: 2,
            step_mapping: stepMapping(from, to),
            reason: '',
            data: { added: true },
            enter_anew,
          });
          fc.pre(moved.status === open);
          const { data, current, step_entries } = state;
          const restored = act(before, moved, {
            type: 'restore',
            from_version: 2,
            to_version: 1,
            state: { data, current, step_entries },
            deadlines: { due_at: null, step_due_at: null },
            reason: '',
          });
          expect(positionOf(restored)).toEqual(positionOf(state));
          for (const { step_id } of from.steps) {
            const counts = ({ step_entries }: InstanceState): boolean =>
              (step_entries[step_id] ?? 0) > 0;
            expect(counts(restored)).toBe(counts(state));
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
