import type { Closure } from '../run.js';
import { childrenOf } from '../syntax/ast.js';
import type { Node, NodeKind } from '../syntax/ast.js';
import { compileAccess } from './access.js';
import { compileArithmetic } from './arithmetic.js';
import { compileCollections } from './collections.js';
import type { Compiler, NodeCompiler, NodeCompilers } from './compiler.js';
import { anyOf, compileLogic, compileTest } from './logic.js';
import type { Test } from './logic.js';
import { compileLoops } from './loops.js';
import type { StaticScope } from './static-scope.js';

/** Whether `?` stands in it: then it says itself when it holds, and is not compared with the input. */
function mentionsInput(node: Node): boolean {
  return (node.kind === 'name' && node.name === '?') || childrenOf(node).some(mentionsInput);
}

function condition(value: Closure): Test {
  return (run, scope) => {
    const answer = value(run, scope);
    return typeof answer === 'boolean' ? answer : null;
  };
}

const compileUnaryTests: NodeCompilers<'unaryTests'> = {
  unaryTests({ tests, negated }, scope, compiler) {
    if (tests.length === 0) return () => true;
    const test = anyOf(
      tests.map((node) => {
        const value = compiler.compile(node, scope);
        return mentionsInput(node) ? condition(value) : compileTest(node, value);
      }),
    );
    return (run, at) => {
      const answer = test(run, at, run.input);
      return answer === null ? null : answer !== negated;
    };
  },
};

const COMPILERS: NodeCompilers<NodeKind> = {
  ...compileAccess,
  ...compileArithmetic,
  ...compileCollections,
  ...compileLogic,
  ...compileLoops,
  ...compileUnaryTests,
};

/** Sees each closure as it is made; `explain` wraps them to record what they give. */
export type Wrap = (node: Node, closure: Closure) => Closure;

/** The closure of a whole tree. */
export function compileTree(root: Node, wrap?: Wrap): Closure {
  const compiler: Compiler = {
    compile(node: Node, scope: StaticScope | null): Closure {
      const closure = (COMPILERS[node.kind] as NodeCompiler<NodeKind>)(node, scope, compiler);
      return wrap ? wrap(node, closure) : closure;
    },
  };
  return compiler.compile(root, null);
}
