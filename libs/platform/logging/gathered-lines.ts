import { type DestinationStream, pino } from 'pino';

const NEEDS_METADATA: unique symbol = Symbol.for('pino.metadata') as never;
const URGENT = pino.levels.values.warn ?? 0;

/**
 * Writes the lines of one turn of the event loop together: a system call each costs more than all else about a line.
 * A warning or worse is written at once, with all that came before it, and nothing is left when the process ends.
 */
export class GatheredLines implements DestinationStream {
  /** For pino, which then says of each line how urgent it is. */
  readonly [NEEDS_METADATA] = true;
  lastLevel = 0;
  private waiting = '';

  constructor(private readonly output: DestinationStream) {
    process.once('exit', () => this.flush());
  }

  write(line: string): void {
    const isFirst = this.waiting === '';
    this.waiting += line;
    if (this.lastLevel >= URGENT) this.flush();
    else if (isFirst) setImmediate(() => this.flush());
  }

  private flush(): void {
    const lines = this.waiting;
    if (lines === '') return;
    this.waiting = '';
    this.output.write(lines);
  }
}
