import { Injectable } from '@nestjs/common';

import type { CompiledDefinition } from '#engine/definition';
import { DomainError, type Fault, ValidationError } from '#engine/errors';
import type { RoutingOverride } from '#engine/instance';
import type { CompiledTree, DecisionRule } from '#engine/routing';
import type { CompiledTable } from '#engine/table';
import type { Tx } from '#persistence';
import {
  BUSY,
  DefinitionStore,
  type Hold,
  type InstanceMove,
  InstanceMoves,
  type InstanceName,
  nameOf,
  routingOverride,
  type StartFacts,
  type StartRequest,
} from '#runtime';

import { compiledTable, compiledTree } from '../compiled-versions.js';
import { questionFaults } from './decision-input.js';
import {
  type DecisionTableRow,
  findActiveTable,
} from '../decision-tables/decision-tables.queries.js';
import { type DecisionTreeRow, findActiveTree } from '../decision-trees/decision-trees.queries.js';
import type { RouteRequest } from './decisions.dto.js';
import { type DecisionRow, findSameDecisions, readActiveRules } from './decisions.queries.js';
import { StoredRules } from '../rules/stored-rules.js';

/** What is asked, with what belongs to its own request. */
export interface Question {
  request: RouteRequest;
  /** Of all that is asked: two with the same hash ask the same. */
  hash: string;
  actor: string;
  correlation_id: string | null;
}

/** What a question names and what is to be considered, read. */
export interface Material {
  /** The instance as it is or, new, as it stands when it is mentioned for the first time. */
  move: InstanceMove;
  is_new: boolean;
  stored: readonly DecisionRule[];
  overrides: readonly RoutingOverride[];
  /** The answer already given to this question about the instance as it is; null: it is new. */
  same: DecisionRow | null;
  tree: CompiledTree | null;
  table: CompiledTable | null;
  table_version: number | null;
}

type Refused = DomainError | typeof BUSY;

/** All that was read for some questions. */
interface Read {
  /** By instance. */
  moves: ReadonlyMap<string, InstanceMove>;
  starts: ReadonlyMap<string, StartFacts>;
  /** By workflow. */
  rules: ReadonlyMap<string, readonly DecisionRule[]>;
  trees: ReadonlyMap<string, DecisionTreeRow>;
  tables: ReadonlyMap<string, DecisionTableRow>;
}

type Found = Omit<Material, 'move' | 'is_new'> & { move: InstanceMove | undefined };

/** Reads what routing decisions rest on. */
@Injectable()
export class DecisionMaterial {
  constructor(
    private readonly definitions: DefinitionStore,
    private readonly moves: InstanceMoves,
    private readonly rules: StoredRules,
  ) {}

  /**
   * Of each question, in their order, its material, or why there is none (a ValidationError with everything that it
   * names wrongly), or BUSY: somebody else, or an earlier question, has its instance. One round trip, where nothing is
   * new to this process.
   */
  async load(tx: Tx, questions: readonly Question[], hold: Hold): Promise<(Material | Refused)[]> {
    const names = questions.map(({ request }) => instanceOf(request));
    const workflows = names.map(({ workflow_id }) => workflow_id);
    const instances = names.map(({ workflow_instance_id }) => workflow_instance_id);
    const hashes = questions.map(({ hash }) => hash);
    const [held, starts, rules, same, trees, tables] = await Promise.all([
      this.moves.named(tx, names, hold),
      this.moves.startFacts(tx, workflows),
      readActiveRules(tx, [[...new Set(workflows)]]),
      findSameDecisions(tx, [workflows, instances, hashes]),
      eachOf(questions, 'decision_tree_id', async (id) => (await findActiveTree(tx, [id]))[0]),
      eachOf(questions, 'decision_table_id', async (id) => (await findActiveTable(tx, [id]))[0]),
    ]);
    const [moves, ...stored] = await Promise.all([
      this.moves.of(tx, held.rows),
      ...rules.map(async ({ workflow_id, stored_ids }) => {
        return [workflow_id, await this.rules.of(tx, stored_ids)] as const;
      }),
    ]);
    const read: Read = {
      moves: new Map(moves.map((move) => [nameOf(move.instance), move])),
      starts,
      rules: new Map(stored),
      trees,
      tables,
    };
    const answered = new Map(same.map((row) => [row.place - 1, row]));
    const busy = new Set(held.busy.map(nameOf));
    const found = await Promise.all(
      questions.map(async ({ request }, place) => {
        const name = nameOf(instanceOf(request));
        if (busy.has(name)) return BUSY;
        busy.add(name);
        return orRefusal(this.find(tx, request, read, answered.get(place) ?? null));
      }),
    );
    return this.begun(tx, questions, found, starts);
  }

  /** With the instances that are mentioned for the first time, each standing where it is said to stand. */
  private async begun(
    tx: Tx,
    questions: readonly Question[],
    found: readonly (Found | Refused)[],
    starts: Read['starts'],
  ): Promise<(Material | Refused)[]> {
    const isNew = (each: (typeof found)[number] | undefined): boolean =>
      typeof each === 'object' && !(each instanceof DomainError) && !each.move;
    const mentions = questions.filter((_, place) => isNew(found[place]));
    const begun = await this.moves.begin(tx, mentions.map(startOf), starts);
    const moves = new Map(mentions.map((question, index) => [question, begun[index]]));
    return questions.map((question, place) => {
      const each = found[place] ?? BUSY;
      if (each === BUSY || each instanceof DomainError) return each;
      const move = each.move ?? moves.get(question) ?? BUSY;
      if (move === BUSY || move instanceof DomainError) return move;
      return { ...each, move, is_new: !each.move };
    });
  }

  /** @throws ValidationError with everything that the question names wrongly */
  private async find(
    tx: Tx,
    request: RouteRequest,
    read: Read,
    same: DecisionRow | null,
  ): Promise<Found> {
    const move = read.moves.get(nameOf(instanceOf(request)));
    const faults: Fault[] = [];
    const tree = namedIn(read.trees, request, 'tree', faults);
    const table = namedIn(read.tables, request, 'table', faults);
    const definition = move?.definition ?? (await this.definition(tx, request, read, faults));
    if (definition) faults.push(...questionFaults(request, definition));
    if (faults.length > 0) throw new ValidationError(faults);
    return {
      move,
      stored: read.rules.get(request.workflow_id) ?? [],
      overrides: read.starts.get(request.workflow_id)?.overrides.map(routingOverride) ?? [],
      same,
      tree: tree && compiledTree(tree),
      table: table && compiledTable(table),
      table_version: table && table.version_number,
    };
  }

  /** The version that a new instance starts with. */
  private async definition(
    tx: Tx,
    { workflow_id }: RouteRequest,
    { starts }: Read,
    faults: Fault[],
  ): Promise<CompiledDefinition | undefined> {
    const current = starts.get(workflow_id);
    if (current?.is_active === false) {
      const message = 'The workflow is not active, so no new instance of it can be routed.';
      faults.push({ pointer: '/workflow_id', code: 'workflow_inactive', message });
    }
    try {
      return await this.definitions.load(tx, workflow_id, current?.version_number);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      faults.push({ pointer: '/workflow_id', code: String(error.code), message: error.message });
      return undefined;
    }
  }
}

function instanceOf({ workflow_id, context }: RouteRequest): InstanceName {
  return { workflow_id, workflow_instance_id: context.workflow_instance_id };
}

function startOf({ request, actor, correlation_id }: Question): StartRequest {
  const { current_step_id: at_step_id, workflow_data: data } = request.context;
  return { ...instanceOf(request), data, at_step_id, actor, correlation_id };
}

/** What these questions name, each once. */
async function eachOf<Row>(
  questions: readonly Question[],
  field: 'decision_tree_id' | 'decision_table_id',
  find: (id: string) => Promise<Row | undefined>,
): Promise<ReadonlyMap<string, Row>> {
  const ids = new Set(questions.flatMap(({ request }) => request[field] ?? []));
  const rows = await Promise.all([...ids].map(async (id) => [id, await find(id)] as const));
  return new Map(rows.flatMap(([id, row]) => (row === undefined ? [] : [[id, row] as const])));
}

/** What the question names, and its workflow may use. */
function namedIn<Row extends { workflow_id: string | null }>(
  rows: ReadonlyMap<string, Row>,
  { workflow_id, ...request }: RouteRequest,
  kind: 'tree' | 'table',
  faults: Fault[],
): Row | null {
  const field = `decision_${kind}_id` as const;
  const id = request[field];
  if (id === null) return null;
  const row = rows.get(id);
  if (row && (row.workflow_id === null || row.workflow_id === workflow_id)) return row;
  faults.push({
    pointer: `/${field}`,
    code: `decision_${kind}_not_found`,
    message: `There is no active decision ${kind} ${JSON.stringify(id)} for this workflow; store it first.`,
  });
  return null;
}

async function orRefusal<T>(found: Promise<T>): Promise<T | DomainError> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof DomainError) return error as DomainError;
    throw error;
  }
}
