import { type Fault, pointerTo } from '#engine/errors';

import { asserted } from './assertions.js';
import { CheckBudget, fail, Spent } from './check-budget.js';
import { isObject } from './json-values.js';
import { LIMITS, type SchemaNode } from './types.js';

/** What schemas have looked at, for `unevaluatedProperties` and `unevaluatedItems`. */
interface Seen {
  properties: Set<string>;
  items: Set<number>;
}

/**
 * Everything that is wrong with a value, by its place; as many faults as one answer lists. Takes bounded time whatever the
 * schema and the value are: beyond it, the value is refused.
 * @param at the value's own place
 * @param tracks whether one of the schemas has `unevaluated…`
 */
export function check(node: SchemaNode, value: unknown, at: string, tracks: boolean): Fault[] {
  const faults: Fault[] = [];
  try {
    new Check(tracks).value(node, value, at, faults, undefined);
  } catch (error) {
    if (!(error instanceof Spent)) throw error;
    faults.push({ pointer: at, code: 'too_much_to_check', message: error.message });
  }
  return faults;
}

class Check {
  private readonly budget = new CheckBudget();
  private depth = 0;

  constructor(private readonly tracks: boolean) {}

  /**
   * @param faults where they are put; null: whether there is one is all that is asked
   * @param seen what is added to where the value fits
   */
  value(
    node: SchemaNode,
    value: unknown,
    at: string,
    faults: Fault[] | null,
    seen: Seen | undefined,
  ): boolean {
    this.budget.spend(1);
    if (node.always !== undefined) {
      return (
        node.always || fail(faults, at, 'not_allowed', 'Nothing may stand here; leave it out.')
      );
    }
    this.depth += 1;
    if (this.depth > LIMITS.check_depth) {
      throw new Spent('This is nested too deeply to be checked by the form; make it flatter.');
    }
    const own = this.tracks ? newSeen() : undefined;
    const fits = this.keywords(node, value, at, faults, own);
    this.depth -= 1;
    if (fits && own && seen) merge(seen, own);
    return fits;
  }

  /** In the order in which faults are best read; what only asks whether there is one stops at the first. */
  private keywords(
    node: SchemaNode,
    value: unknown,
    at: string,
    faults: Fault[] | null,
    seen: Seen | undefined,
  ): boolean {
    let fits = asserted(node, value, at, faults, this.budget);
    if (!fits && !faults) return false;
    fits = this.inPlace(node, value, at, faults, seen) && fits;
    if (!fits && !faults) return false;
    fits = this.conditional(node, value, at, faults, seen) && fits;
    if (!fits && !faults) return false;
    if (Array.isArray(value)) return this.items(node, value, at, faults, seen) && fits;
    if (isObject(value)) return this.properties(node, value, at, faults, seen) && fits;
    return fits;
  }

  private inPlace(
    { ref, all_of = [], any_of, one_of, not }: SchemaNode,
    value: unknown,
    at: string,
    faults: Fault[] | null,
    seen: Seen | undefined,
  ): boolean {
    let fits = true;
    for (const node of ref ? [ref, ...all_of] : all_of) {
      fits = this.value(node, value, at, faults, seen) && fits;
      if (!fits && !faults) return false;
    }
    if (any_of) {
      let some = false;
      for (const node of any_of) {
        if (some && !this.tracks) break;
        some = this.value(node, value, at, null, seen) || some;
      }
      if (!some) fits = fail(faults, at, 'any_of', 'This is none of what may stand here.');
    }
    if (one_of) {
      const fitting = one_of.filter((node) => this.value(node, value, at, null, seen)).length;
      if (fitting !== 1) {
        const message =
          fitting === 0
            ? 'This is none of what may stand here.'
            : `This is ${fitting} of the things that may stand here at once; it must be one.`;
        fits = fail(faults, at, 'one_of', message);
      }
    }
    if (not && this.value(not, value, at, null, undefined)) {
      fits = fail(faults, at, 'not', 'This is what may not stand here.');
    }
    return fits;
  }

  private conditional(
    node: SchemaNode,
    value: unknown,
    at: string,
    faults: Fault[] | null,
    seen: Seen | undefined,
  ): boolean {
    let fits = true;
    if (node.if) {
      const chosen = this.value(node.if, value, at, null, seen) ? node.then : node.else;
      if (chosen) fits = this.value(chosen, value, at, faults, seen);
    }
    if (!isObject(value)) return fits;
    for (const [name, dependent] of node.dependent_schemas ?? []) {
      if (!fits && !faults) return false;
      if (Object.hasOwn(value, name)) fits = this.value(dependent, value, at, faults, seen) && fits;
    }
    return fits;
  }

  private items(
    node: SchemaNode,
    value: readonly unknown[],
    at: string,
    faults: Fault[] | null,
    seen: Seen | undefined,
  ): boolean {
    const { prefix_items = [], items, contains, unevaluated_items } = node;
    let fits = true;
    for (const [index, item] of value.entries()) {
      if (!fits && !faults) return false;
      const child = index < prefix_items.length ? prefix_items[index] : items;
      if (!child) continue;
      fits = this.value(child, item, pointerTo(at, index), faults, undefined) && fits;
      seen?.items.add(index);
    }
    if (contains) fits = this.contained(node, value, at, faults, seen) && fits;
    if (!unevaluated_items || !seen) return fits;
    for (const [index, item] of value.entries()) {
      if (seen.items.has(index)) continue;
      fits = this.value(unevaluated_items, item, pointerTo(at, index), faults, undefined) && fits;
      seen.items.add(index);
    }
    return fits;
  }

  private contained(
    { contains, min_contains: least = 1, max_contains: most = Infinity }: SchemaNode,
    value: readonly unknown[],
    at: string,
    faults: Fault[] | null,
    seen: Seen | undefined,
  ): boolean {
    let found = 0;
    for (const [index, item] of value.entries()) {
      if (!contains || !this.value(contains, item, at, null, undefined)) continue;
      found += 1;
      seen?.items.add(index);
    }
    if (found < least) {
      return fail(faults, at, 'contains', `Of the items, ${least} or more must be as it asks for.`);
    }
    if (found > most) {
      return fail(faults, at, 'max_contains', `Of the items, ${most} or fewer may be such.`);
    }
    return true;
  }

  private properties(
    node: SchemaNode,
    value: Record<string, unknown>,
    at: string,
    faults: Fault[] | null,
    seen: Seen | undefined,
  ): boolean {
    const { properties, pattern_properties = [], unevaluated_properties } = node;
    let fits = this.required(node, value, at, faults);
    for (const [name, field] of Object.entries(value)) {
      if (!fits && !faults) return false;
      const place = pointerTo(at, name);
      const named = properties?.get(name);
      const matching = pattern_properties.filter(({ pattern }) =>
        this.budget.matches(pattern, name),
      );
      const children = [...(named ? [named] : []), ...matching.map((each) => each.node)];
      if (children.length === 0 && node.additional_properties) {
        children.push(node.additional_properties);
      }
      for (const child of children) {
        fits = this.value(child, field, place, faults, undefined) && fits;
      }
      if (children.length > 0) seen?.properties.add(name);
      if (node.property_names && !this.value(node.property_names, name, place, null, undefined)) {
        fits = fail(faults, place, 'property_names', 'A field may not have this name.');
      }
    }
    if (!unevaluated_properties || !seen) return fits;
    for (const [name, field] of Object.entries(value)) {
      if (seen.properties.has(name)) continue;
      const place = pointerTo(at, name);
      fits = this.value(unevaluated_properties, field, place, faults, undefined) && fits;
      seen.properties.add(name);
    }
    return fits;
  }

  private required(
    { required = [], dependent_required, properties }: SchemaNode,
    value: Record<string, unknown>,
    at: string,
    faults: Fault[] | null,
  ): boolean {
    this.budget.spend(required.length >> 4);
    let fits = true;
    const need = (name: string, why: string): void => {
      if (Object.hasOwn(value, name)) return;
      const title = properties?.get(name)?.title ?? name;
      fits = fail(faults, pointerTo(at, name), 'required', `${title} is required${why}.`);
    };
    for (const name of required) need(name, '');
    for (const [name, needed] of dependent_required ?? []) {
      this.budget.spend(needed.length >> 4);
      if (!Object.hasOwn(value, name)) continue;
      for (const other of needed) need(other, ` where ${name} is given`);
    }
    return fits;
  }
}

function newSeen(): Seen {
  return { properties: new Set(), items: new Set() };
}

function merge(into: Seen, from: Seen): void {
  for (const name of from.properties) into.properties.add(name);
  for (const index of from.items) into.items.add(index);
}
