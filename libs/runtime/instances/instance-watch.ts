import { EventEmitter } from 'node:events';
import { Injectable } from '@nestjs/common';

interface Signals {
  ended: [instance_id: string];
}

/** Tells who waits in this process that an instance has ended: after the commit, and never the only record of it. */
@Injectable()
export class InstanceWatch {
  private readonly emitter = new EventEmitter<Signals>().setMaxListeners(0);

  /** @returns ends the listening */
  onEnded(listener: (instance_id: string) => void): () => void {
    this.emitter.on('ended', listener);
    return () => this.emitter.off('ended', listener);
  }

  ended(instance_id: string): void {
    this.emitter.emit('ended', instance_id);
  }
}
