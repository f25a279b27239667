import type { Handler } from '#engine/graph';

import type { BreakerTarget } from './breakers.queries.js';

/** As long as an id; of a longer host its end, which says whose it is. */
const LONGEST = 100;

/** The host that a handler calls; null of one that calls nobody. */
export function targetOf(handler: Handler): BreakerTarget | null {
  const url = urlOf(handler);
  if (url === undefined || !URL.canParse(url)) return null;
  const name = new URL(url).host.replace(/[[\]]/g, '').slice(-LONGEST);
  return name === '' ? null : { kind: 'host', name };
}

function urlOf(handler: Handler): string | undefined {
  switch (handler.type) {
    case 'http':
    case 'graphql':
      return handler.url;
    case 'notification':
      return handler.channel === 'webhook' ? handler.to : undefined;
    case 'delay':
    case 'gather':
    case 'worker':
      return undefined;
  }
}
