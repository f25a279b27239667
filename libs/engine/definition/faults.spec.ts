import fc from 'fast-check';

import {
  newDefinition,
  newLevel,
  newRule,
  newStep,
} from '../../../test/factories/definition.factory.js';
import { compileDefinition } from './compiled.js';
import { definitionFaults } from './faults.js';
import { estimatedSetupMinutes, setupCounts } from './setup.js';
import type { WorkflowDefinition } from './types.js';
import { definitionWarnings } from './warnings.js';

const found = (definition: WorkflowDefinition): [string, string][] =>
  definitionFaults(definition).map(({ pointer, code }) => [pointer, code]);

describe('definitionFaults', () => {
  it('finds nothing in a sound definition', () => {
    expect(found(newDefinition())).toEqual([]);
  });

  it('finds fields that belong to another type of step, and what is wrong inside them', () => {
    const definition = newDefinition({
      steps: [
        newStep({ step_id: 'a', order_sequence: 1, handler: { type: 'delay', duration_ms: -1 } }),
        newStep({ step_id: 'b', order_sequence: 2, decision_tree_id: 't' }),
        newStep({ step_id: 'c', order_sequence: 3, conditions: { expression: 7 } }),
      ],
    });
    expect(found(definition)).toEqual([
      ['/steps/0/handler', 'misplaced_field'],
      ['/steps/0/handler/duration_ms', 'out_of_range'],
      ['/steps/1/decision_tree_id', 'misplaced_field'],
      ['/steps/2/conditions/expression', 'is_text'],
    ]);
  });

  it('finds sources and targets that are no step', () => {
    const routing_rules = [newRule({ target_step_id: 'x', source_step_id: 'y' })];
    expect(found(newDefinition({ routing_rules }))).toEqual([
      ['/routing_rules/0/target_step_id', 'unknown_step'],
      ['/routing_rules/0/source_step_id', 'unknown_step'],
    ]);
  });

  it('says where an expression does not parse, once', () => {
    const [fault] = definitionFaults(
      newDefinition({ approval_hierarchies: [newLevel({ level: 1, bypass_conditions: ['a >'] })] }),
    );
    expect(fault?.message.match(/line 1/g)).toHaveLength(1);
  });

  it('lets pass exactly what compiles', () => {
    const expression = fc.constantFrom('true', 'a > 1', 'a >', '(', 'x in [1..2]', "b = 'c'", '');
    fc.assert(
      fc.property(fc.array(expression, { maxLength: 4 }), (sources) => {
        const definition = newDefinition({
          routing_rules: sources.map((condition_expression, i) =>
            newRule({ rule_id: `r${i}`, target_step_id: 'request', condition_expression }),
          ),
        });
        const key = { workflow_id: 'w', version_number: 1 };
        if (found(definition).length === 0) compileDefinition(key, definition);
        else expect(() => compileDefinition(key, definition)).toThrow();
      }),
    );
  });
});

describe('definitionWarnings', () => {
  it('tells where an instance would wait for somebody, and what never applies', () => {
    const definition = newDefinition({
      steps: [
        newStep({ step_id: 'a', order_sequence: 5, step_type: 'automated' }),
        newStep({ step_id: 'b', order_sequence: 1, step_type: 'approval' }),
        newStep({ step_id: 'c', order_sequence: 3, step_type: 'parallel' }),
        newStep({ step_id: 'd', order_sequence: 4, step_type: 'conditional' }),
      ],
      routing_rules: [newRule({ target_step_id: 'b', source_step_id: 'a' })],
    });
    const codes = (which: WorkflowDefinition) => definitionWarnings(which).map(({ code }) => code);
    expect(codes(definition)).toEqual([
      'needs_worker',
      'anybody_may_approve',
      'needs_execution',
      'decides_nothing',
    ]);
    const backwards = { ...definition, routing_rules: [newRule({ target_step_id: 'b' })] };
    expect(codes(backwards)).toContain('rarely_applies');
  });
});

describe('estimatedSetupMinutes', () => {
  it('counts what people have to set up', () => {
    const definition = newDefinition({
      steps: [
        newStep({ step_id: 'a', order_sequence: 1, required_roles: ['x', 'y'] }),
        newStep({ step_id: 'b', order_sequence: 2, step_type: 'automated' }),
        newStep({
          step_id: 'c',
          order_sequence: 3,
          step_type: 'automated',
          handler: { type: 'http', method: 'GET', url: 'https://example.com' },
          form_schema: { fields: [] },
        }),
      ],
      approval_hierarchies: [newLevel({ level: 1, role_required: 'x' })],
    });
    expect(setupCounts(definition)).toEqual({ review: 1, role: 2, worker: 1, call: 1, form: 1 });
    expect(estimatedSetupMinutes(definition)).toBe(10 + 2 * 5 + 30 + 10 + 5);
  });
});
