import { Scope } from '../run.js';
import type { Closure } from '../run.js';
import { makeRange } from '../values/make-range.js';
import { EqualityTest } from '../values/range.js';
import { isOfType, typeOfNode } from '../values/types.js';
import { newContext } from '../values/value.js';
import { costOf } from './compiler.js';
import type { NodeCompilers } from './compiler.js';
import { UserFunction } from './functions.js';
import { bind, bindNext } from './static-scope.js';

export const compileCollections: NodeCompilers<
  'list' | 'context' | 'range' | 'function' | 'instanceOf' | 'equalityTest'
> = {
  list(node, scope, compiler) {
    const items = node.items.map((item) => compiler.compile(item, scope));
    return (run, at) => items.map((item) => item(run, at));
  },

  context(node, scope, compiler) {
    const inner = bind([], scope);
    const entries = node.entries.map(({ key, value }): [string, Closure] => {
      // Only a function sees its own name: `{a: a}` takes the outer a.
      if (value.kind === 'function') bindNext(inner, key);
      const closure = compiler.compile(value, inner);
      if (value.kind !== 'function') bindNext(inner, key);
      return [key, closure];
    });
    const twice = inner.indexes.size < inner.bound;
    return (run, parent) => {
      if (twice) return run.warn('wrong_arguments', 'a context has each key once', node.start);
      const context = newContext();
      const at = new Scope([], parent);
      for (const [key, value] of entries) {
        const made = value(run, at);
        context[key] = made;
        at.values.push(made);
      }
      return context;
    };
  },

  range(node, scope, compiler) {
    const { low: l, high: h, lowClosed, highClosed, start } = node;
    const low = l ? compiler.compile(l, scope) : null;
    const high = h ? compiler.compile(h, scope) : null;
    return (run, at) => {
      const from = low ? low(run, at) : null;
      const to = high ? high(run, at) : null;
      if ((low && from === null) || (high && to === null)) {
        return run.warn('wrong_type', 'an end of the range is null', start);
      }
      const range = makeRange(from, to, lowClosed, highClosed);
      return range ?? run.warn('wrong_type', 'the ends of the range have no order', start);
    };
  },

  function(node, scope, compiler) {
    const names = node.parameters.map(({ name }) => name);
    const signature = {
      names,
      types: node.parameters.map(({ type }) => (type ? typeOfNode(type) : null)),
      body: compiler.compile(node.body, bind(names, scope)),
      height: node.body.height,
      cost: costOf(node.body),
    };
    if (node.external) {
      return (run) => run.warn('not_a_function', 'external functions are not run', node.start);
    }
    return (_run, at) => new UserFunction(signature, at);
  },

  instanceOf(node, scope, compiler) {
    const operand = compiler.compile(node.operand, scope);
    const type = typeOfNode(node.type);
    return (run, at) => {
      const value = operand(run, at);
      if (type.kind === 'unknown')
        return run.warn('unknown_name', 'the type is not declared', node.start);
      return isOfType(value, type, run);
    };
  },

  equalityTest(node, scope, compiler) {
    const operand = compiler.compile(node.operand, scope);
    const { negated } = node;
    return (run, at) => new EqualityTest(operand(run, at), negated);
  },
};
