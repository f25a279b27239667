import { type Command, type Duties, type Holding, isOfPeople } from '#engine/instance';
import { newId, statement, type Tx, unawaited } from '#persistence';

import type { InstanceMove } from './instance-move.js';

interface DutiesRow extends Duties {
  instance_id: string;
  holding: Holding;
}

/** The key of somebody, or else what they are called. */
const KEY = (name: string): string => `coalesce(person_key(${name}), ${name})`;
const HELD_BY = (who: 'assignee' | 'owner'): string =>
  `case when held.assignment is not null then ${KEY(`held.assignment ->> '${who}'`)} end`;

/**
 * After the lock on the instances: nobody else acts on them then. Of one that is not written yet, the requesters are
 * those of its start.
 */
const readDuties = statement<
  DutiesRow,
  [
    instance_ids: readonly string[],
    actors: readonly string[],
    behalf: readonly (string | null)[],
    /** To whom the step is to be given. */
    targets: readonly (string | null)[],
    requesters: readonly (string | null)[],
  ]
>(
  'read_duties',
  `select a.instance_id, person_key(a.actor) as actor, person_key(a.behalf) as behalf, r.requesters,
     array(
       select m.person_id::text from people p join people m on m.person_id = p.manager_id and m.active
       where p.person_id::text = any(r.requesters)) as managers,
     coalesce((
       select jsonb_object_agg(s.step_id, s.people)
       from (
         select step_id, jsonb_agg(person_key) as people from step_acts
         where instance_id = a.instance_id group by step_id) s), '{}') as acted,
     coalesce((
       select jsonb_agg(jsonb_build_object('level', v.level, 'person', k.person))
       from approval_votes v cross join lateral (values (v.person_key), (v.behalf_key)) as k (person)
       where v.step_execution_id = (w.current_step ->> 'step_execution_id')::uuid and k.person is not null), '[]')
       as voted,
     jsonb_build_object(
       'actor', ${KEY('a.actor')},
       'assignee', ${HELD_BY('assignee')},
       'owner', ${HELD_BY('owner')},
       'target', case when a.target is not null then
         jsonb_build_object('key', ${KEY('a.target')}, 'person', person_key(a.target)) end,
       'managed', case when a.target is null then '[]' else coalesce((
         select jsonb_agg(p.person_id::text)
         from people p join people m on m.person_id = p.manager_id and m.active
         where p.person_id::text in (person_key(a.target), person_key(held.assignment ->> 'assignee'))
           and m.person_id::text = person_key(a.actor)), '[]') end) as holding
   from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[])
     as a (instance_id, actor, behalf, target, requester)
   left join workflow_instances w using (instance_id)
   cross join lateral (select w.current_step -> 'assignment' as assignment) held
   cross join lateral (
     select case
       when w.instance_id is not null then requesters_of(w.instance_id)
       else array_remove(array[person_key(a.actor), person_key(a.requester)], null) end as requesters) r`,
);

const insertVote = statement<
  never,
  [
    vote_id: string,
    step_execution_id: string,
    instance_id: string,
    level: number,
    decision: string,
    decided_by: string,
    comment: string,
    user_context: string,
    on_behalf_of: string | null,
  ]
>(
  'insert_vote',
  `insert into approval_votes
     (vote_id, step_execution_id, instance_id, level, decision, decided_by, comment, user_context, on_behalf_of)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
);

const insertActs = statement<
  never,
  [instance_id: string, step_id: string, apart_from: string, people: readonly string[]]
>(
  'insert_step_acts',
  `insert into step_acts (instance_id, step_id, apart_from, person_key)
   select $1, $2, $3, person from unnest($4::text[]) as p (person)
   on conflict (instance_id, step_id, person_key) do nothing`,
);

/** A command that somebody gives to an instance. */
export interface Given {
  move: InstanceMove;
  command: Command;
  actor: string;
}

/** Lets moves know what people may do to them; those whose commands do not depend on it cost nothing. */
export async function loadDuties(tx: Tx, given: readonly Given[]): Promise<void> {
  const asked = given.filter(({ move, command }) =>
    isOfPeople(move.definition, move.state, command),
  );
  if (asked.length === 0) return;
  const rows = await readDuties(tx, [
    asked.map(({ move }) => move.instance.instance_id),
    asked.map(({ actor }) => actor),
    asked.map(({ command }) => behalfOf(command)),
    asked.map(({ command }) => targetOf(command)),
    asked.map(({ move }) => requesterIn(move)),
  ]);
  const found = new Map(rows.map((row) => [row.instance_id, row]));
  for (const { move } of asked) {
    const row = found.get(move.instance.instance_id);
    if (!row) continue;
    const { instance_id: _, holding, ...duties } = row;
    move.duties = duties;
    move.holding = holding;
  }
}

/** What people did is kept beside its events, where the database itself refuses what must not be. */
export function recordPeople(tx: Tx, given: Given): void {
  const { move, command } = given;
  const { instance, events, duties, definition } = move;
  if (command.type === 'decide_approval') {
    const { approver, comment } = command;
    for (const event of events) {
      if (event.type !== 'approval_decided') continue;
      const vote = insertVote(tx, [
        newId(),
        event.step_execution_id,
        instance.instance_id,
        event.level,
        event.decision,
        approver.id,
        comment,
        JSON.stringify({ ...approver }),
        approver.on_behalf_of ?? null,
      ]);
      unawaited(tx, vote);
    }
  }
  const step_id = actedOn(given);
  if (step_id === undefined) return;
  const apart = definition.apartFrom(step_id);
  const people = [duties?.actor, duties?.behalf].filter((person) => typeof person === 'string');
  if (apart.length === 0 || people.length === 0) return;
  unawaited(tx, insertActs(tx, [instance.instance_id, step_id, JSON.stringify(apart), people]));
}

/**
 * The step that somebody has ended, or helped to end, by this command: what they wrote for another to send does, too.
 */
function actedOn({ command, move }: Given): string | undefined {
  switch (command.type) {
    case 'decide_approval':
    case 'complete_step':
    case 'save_form_data':
    case 'bypass_step':
      return command.step_id;
    case 'hand_back':
      return move.holding?.assignee === move.holding?.actor ? command.step_id : undefined;
    case 'reopen':
      return command.output === null ? undefined : command.step_id;
    case 'route':
      // escalated in place or held, it goes on
      return move.events.some(({ type }) => type === 'step_completed')
        ? command.from_step_id
        : undefined;
    case 'choose':
      return move.before.current?.step_id;
    default:
      return undefined;
  }
}

function requesterIn({ before, state }: InstanceMove): string | null {
  const requester = before.status === null ? state.data['requester'] : null;
  return typeof requester === 'string' ? requester : null;
}

function behalfOf(command: Command): string | null {
  if ('approver' in command) return command.approver.on_behalf_of ?? null;
  return 'person' in command ? (command.person.on_behalf_of ?? null) : null;
}

function targetOf(command: Command): string | null {
  if (command.type === 'assign') return command.assignee.id;
  return command.type === 'delegate' ? command.delegate.id : null;
}
