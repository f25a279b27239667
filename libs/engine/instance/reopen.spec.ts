import { newCompiledDefinition, newRule } from '../../../test/factories/definition.factory.js';
import { newFacts } from '../../../test/factories/facts.factory.js';
import { decide } from './decide.js';
import { effectsOf } from './effects.js';
import { NEW_INSTANCE } from './evolve.js';
import type { Command } from './commands.js';
import type { InstanceState } from './types.js';

describe('an instance that has failed', () => {
  const definition = newCompiledDefinition([
    { step_id: 'work', step_type: 'automated' },
    { step_id: 'check', step_type: 'user_task' },
  ]);
  const given = newFacts();
  function accepted(state: InstanceState, command: Command) {
    const decision = decide(definition, state, command, given);
    if ('rejection' in decision) throw decision.rejection;
    return decision;
  }
  const started = (): InstanceState => accepted(NEW_INSTANCE, { type: 'start', data: {} }).state;
  const failed = (): InstanceState => {
    const state = started();
    return accepted(state, {
      type: 'execution_ended',
      step_execution_id: state.current?.step_execution_id ?? '',
      execution_id: 'e',
      succeeded: false,
      output: { tasks: {} },
      error: 'connection refused',
    }).state;
  };
  const reopen = (output: Record<string, unknown> | null): Command => ({
    type: 'reopen',
    step_id: 'work',
    output,
    reason: 'mended',
  });

  it('enters the failed step anew, whose work starts again', () => {
    const decision = accepted(failed(), reopen(null));
    expect(decision.state).toMatchObject({
      status: 'running',
      end_reason: null,
      current: { step_id: 'work', entry: 2 },
    });
    expect(effectsOf(definition, decision.events)).toMatchObject([{ type: 'start_execution' }]);
  });

  it('goes on behind the step with an output given by hand', () => {
    const decision = accepted(failed(), reopen({ checked: true }));
    expect(decision.state).toMatchObject({
      status: 'running',
      data: { checked: true },
      current: { step_id: 'check' },
    });
    expect(effectsOf(definition, decision.events)).toEqual([]);
  });

  it('gets its whole limit of step entries again', () => {
    const looping = newCompiledDefinition(
      [{ step_id: 'work', step_type: 'conditional' }, { step_id: 'done' }],
      { routing_rules: [newRule({ source_step_id: 'work', target_step_id: 'work' })] },
    );
    const limited = newFacts({ max_step_entries: 50 });
    const first = decide(looping, NEW_INSTANCE, { type: 'start', data: {} }, limited);
    if ('rejection' in first) throw first.rejection;
    expect(first.events.at(-2)).toMatchObject({ type: 'incident_raised', step_id: 'work' });
    expect(decide(looping, first.state, reopen(null), limited)).toMatchObject({
      state: { status: 'failed', total_entries: 50, step_entries: { work: 100 } },
    });
  });

  it('is the only one that can be opened again', () => {
    expect(decide(definition, started(), reopen(null), given)).toMatchObject({
      rejection: { code: 'instance_not_failed' },
    });
  });
});
