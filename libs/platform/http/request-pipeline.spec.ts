import { ApplicationConfig } from '@nestjs/core';
import { RequestPipeline } from './request-pipeline.js';

const additions: Record<string, (nest: ApplicationConfig) => void> = {
  guard: (nest) => nest.addGlobalGuard({ canActivate: () => false }),
  pipe: (nest) => nest.addGlobalPipe({ transform: () => undefined }),
  interceptor: (nest) =>
    nest.addGlobalInterceptor({ intercept: (_context, next) => next.handle() }),
  'guard of requests': (nest) => nest.addGlobalRequestGuard({} as never),
  'pipe of requests': (nest) => nest.addGlobalRequestPipe({} as never),
  'interceptor of requests': (nest) => nest.addGlobalRequestInterceptor({} as never),
};

describe('RequestPipeline', () => {
  it.each(Object.keys(additions))(
    'does not let the application start with a global %s of Nest, which no request would pass',
    (kind) => {
      const nest = new ApplicationConfig();
      additions[kind]!(nest);
      const unused = {} as never;
      const pipeline = new RequestPipeline(unused, unused, nest, unused, unused);
      expect(() => pipeline.onModuleInit()).toThrow('make them hooks of RequestPipeline');
    },
  );
});
