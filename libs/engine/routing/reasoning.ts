import { type Confidence, isTooUncertain } from './confidence.js';
import type { Decision } from './decision.js';
import type { TriedRule } from './rules.js';
import type { TableRoute } from './table-route.js';
import type { PathNode, TreeDecision } from './tree.js';
import type { RoutingAction, RuleOrigin } from './types.js';

/** More rules than this that failed to hold are counted, not told one by one. */
const MOST_TOLD = 10;

const ORIGIN: Record<RuleOrigin, string> = {
  request: 'Rule sent along',
  stored: 'Stored rule',
  override: 'Temporary routing',
  workflow: 'Routing rule',
};

const ACTION: Record<RoutingAction, string> = {
  route_to_step: 'routes',
  escalate: 'escalates',
  auto_approve: 'approves automatically',
  reject: 'rejects',
  parallel_process: 'starts parallel work',
};

/** The one sentence that says what decided. */
export function decidingSentence(decision: Decision): string {
  if (decision.decided_by === 'sequence') return sequenceSentence(decision);
  if (decision.decided_by === 'tree' && decision.tree) return leafSentence(decision.tree);
  if (decision.decided_by === 'table' && decision.table) return tableSentence(decision.table);
  return decision.rules.winner ? winnerSentence(decision.rules.winner) : '';
}

/** The decision in sentences, in the order in which it came about. @param confidence null: nobody asked */
export function reasoning(
  decision: Decision,
  confidence: Confidence | null,
  minimum_confidence: number | null = null,
): string[] {
  return [
    ...(decision.tree ? treeSentences(decision.tree) : []),
    ...(decision.table ? tableSentences(decision.table) : []),
    ...(decision.decided_by === 'tree' || decision.decided_by === 'table'
      ? []
      : ruleSentences(decision)),
    ...(decision.decided_by === 'sequence' ? [sequenceSentence(decision)] : []),
    ...(confidence ? certaintySentences(confidence, minimum_confidence) : []),
  ];
}

function treeSentences(tree: TreeDecision): string[] {
  const steps = tree.path.flatMap((node) => nodeSentence(node));
  if (tree.undecided_because !== null) {
    return [...steps, `Decision tree ${tree.tree_id} does not decide: ${tree.undecided_because}.`];
  }
  return [...steps, leafSentence(tree)];
}

function leafSentence(tree: TreeDecision): string {
  const branches =
    tree.branches.length > 0
      ? ` with the branches ${tree.branches.map((branch) => branch.target_step_id ?? branch.node_id).join(', ')}`
      : '';
  return `Node ${tree.leaf_node_id} of decision tree ${tree.tree_id} ${acts(tree.action, tree.target_step_id)}${branches}.`;
}

function tableSentences(table: TableRoute): string[] {
  const values = table.inputs.map(({ label, value }) => `${label} is ${JSON.stringify(value)}`);
  return [
    ...(values.length > 0 ? [`For decision table ${table.table_id}, ${values.join(', ')}.`] : []),
    table.undecided_because === null
      ? tableSentence(table)
      : `Decision table ${table.table_id} does not decide: ${table.undecided_because}.`,
  ];
}

function tableSentence(table: TableRoute): string {
  const what = table.rule_id === null ? 'No rule matches, so the default' : `Rule ${table.rule_id}`;
  const rest = table.matched_rules.slice(1);
  const also =
    rest.length > 0
      ? `; ${rest.join(', ')} ${rest.length === 1 ? 'matches' : 'match'} as well`
      : '';
  return `${what} of decision table ${table.table_id} ${acts(table.action, table.target_step_id)}${also}.`;
}

function nodeSentence(node: PathNode): string[] {
  if (node.node_type !== 'condition') return [];
  const was =
    node.value === null ? `could not be told${because(node.warnings)}` : `is ${node.value}`;
  const next =
    node.next_node_id === null ? 'and no node follows' : `so node ${node.next_node_id} follows`;
  return [`At node ${node.node_id}, "${node.condition_expression}" ${was}, ${next}.`];
}

function ruleSentences({ rules }: Decision): string[] {
  const { winner, alternatives, tried } = rules;
  const before = winner ? tried.slice(0, tried.indexOf(winner)) : tried;
  const told = before
    .slice(0, MOST_TOLD)
    .map(
      (rule) =>
        `${named(rule)} does not apply: ${rule.reason ?? `"${rule.condition_expression}" is false`}.`,
    );
  const more = before.length - told.length;
  return [
    ...told,
    ...(more > 0 ? [`${more} more ${more === 1 ? 'rule does' : 'rules do'} not apply.`] : []),
    ...(winner ? [winnerSentence(winner)] : []),
    ...(alternatives.length > 0
      ? [
          `${alternatives.map((rule) => rule.rule_id).join(', ')} would apply as well, but ${alternatives.length === 1 ? 'is' : 'are'} tried later.`,
        ]
      : []),
  ];
}

function winnerSentence(rule: TriedRule): string {
  return `${named(rule)} applies: "${rule.condition_expression}" is true, so it ${acts(rule.action, rule.target_step_id)}.`;
}

function sequenceSentence({ rules, target_step_id }: Decision): string {
  const since = rules.tried.length === 0 ? 'There is no rule to apply' : 'No rule applies';
  return target_step_id === null
    ? `${since}, and no step follows: the workflow ends here.`
    : `${since}, so the next step in order follows: ${target_step_id}.`;
}

/** What the confidence is, and what it rests on. */
function confidenceSentence({ score, basis, interval, cases, reason }: Confidence): string {
  if (score === null || interval === null) return `The confidence is unknown: ${reason}.`;
  const range = `95 % interval ${percent(interval.low)} to ${percent(interval.high)}`;
  return basis === 'model'
    ? `By a model of ${cases} like decisions and their data, ${percent(score)} go well where the data are such (${range}).`
    : `Of ${cases} like decisions, ${percent(score)} went well (${range}).`;
}

/** How certain a decision is, and whether that is too little for the workflow. */
export function certaintySentences(confidence: Confidence, minimum: number | null): string[] {
  return [
    confidenceSentence(confidence),
    ...(minimum !== null && isTooUncertain(confidence, minimum)
      ? [
          `That is below ${percent(minimum)}, the least that the workflow asks for, so a person chooses.`,
        ]
      : []),
  ];
}

function percent(share: number): string {
  return `${Math.round(share * 1_000) / 10} %`;
}

function named(rule: TriedRule): string {
  return `${ORIGIN[rule.origin]} ${rule.rule_id} (priority ${rule.priority})`;
}

function acts(action: RoutingAction | null, target: string | null): string {
  const what = action === null ? 'decides nothing' : ACTION[action];
  return target === null ? what : `${what} to ${target}`;
}

function because(warnings: readonly string[]): string {
  return warnings.length > 0 ? ` (${warnings.join('; ')})` : '';
}
