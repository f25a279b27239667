import type { CompiledDefinition } from '#engine/definition';

import { evolve } from './evolve.js';
import type { AutomaticDecision, InstanceEvent } from './events.js';
import type { Facts } from './facts.js';
import type { InstanceState } from './types.js';

/** A decision on its way: every event is applied at once, so that what follows is decided on the state it leaves. */
export class Progress {
  readonly events: InstanceEvent[] = [];
  readonly decisions: AutomaticDecision[] = [];

  constructor(
    readonly definition: CompiledDefinition,
    public state: InstanceState,
    readonly facts: Facts,
  ) {}

  emit(event: InstanceEvent): void {
    this.events.push(event);
    this.state = evolve(this.state, event);
  }
}
