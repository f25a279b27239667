import type { Closure } from '../run.js';
import type { Node, NodeKind } from '../syntax/ast.js';
import { compileAccess } from './access.js';
import { compileArithmetic } from './arithmetic.js';
import { compileCollections } from './collections.js';
import type { Compiler, NodeCompiler, NodeCompilers } from './compiler.js';
import { anyOf, compileLogic, compileTest } from './logic.js';
import { compileLoops } from './loops.js';
import type { StaticScope } from './static-scope.js';

const compileUnaryTests: NodeCompilers<'unaryTests'> = {
  unaryTests({ tests, negated }, scope, compiler) {
    if (tests.length === 0) return () => true;
    const test = anyOf(tests.map((node) => compileTest(node, compiler.compile(node, scope))));
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
