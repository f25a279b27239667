import { setImmediate as endOfTurn } from 'node:timers/promises';
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { AmbientValue } from '#platform/ambient';
import { sendTogether } from './send-together.js';

const AT_ONCE = 3;
const caller = new AmbientValue<string>();

describe('sendTogether', () => {
  let server: FastifyInstance;
  let address: string;
  let replies: FastifyReply[];
  let callers: (string | undefined)[];
  let allHaveCome: Promise<void>;
  let answerAll: () => void;

  beforeEach(async () => {
    replies = [];
    callers = [];
    let haveCome!: () => void;
    allHaveCome = new Promise((resolve) => (haveCome = resolve));
    const answered = new Promise<void>((resolve) => (answerAll = resolve));
    server = Fastify();
    server.addHook('preValidation', (_request, _reply, done) => caller.run('somebody', done));
    sendTogether(server);
    server.addHook('onResponse', (_request, _reply, done) => {
      callers.push(caller.get());
      done();
    });
    server.get('/waiting/:id', async (request, reply) => {
      if (replies.push(reply) === AT_ONCE) haveCome();
      await answered;
      return request.params;
    });
    server.get('/failing', () => Promise.reject(new Error('no')));
    server.get('/unwritable', (_request, reply) => {
      reply.header('x-name', 'a\nb');
      return Promise.resolve({});
    });
    address = await server.listen({ host: '127.0.0.1', port: 0 });
  });

  afterEach(() => server.close());

  const ask = async (path: string): Promise<unknown> => (await fetch(`${address}${path}`)).json();

  it('sends what one turn of the event loop has answered at its end, in nobody’s name', async () => {
    const asked = Promise.all(['1', '2', '3'].map((id) => ask(`/waiting/${id}`)));
    await allHaveCome;
    answerAll();
    for (let microtask = 0; microtask < 50; microtask += 1) await Promise.resolve();
    expect(replies.map(({ raw }) => raw.headersSent)).toEqual([false, false, false]);
    await endOfTurn();
    expect(replies.map(({ raw }) => raw.headersSent)).toEqual([true, true, true]);
    expect(await asked).toEqual([{ id: '1' }, { id: '2' }, { id: '3' }]);
    expect(callers).toEqual([undefined, undefined, undefined]);
  });

  it('sends errors like all else', async () => {
    expect(await ask('/failing')).toMatchObject({ statusCode: 500, message: 'no' });
  });

  it('closes the connection of an answer that cannot be written, and sends the others', async () => {
    const [unwritable, failing] = await Promise.allSettled([ask('/unwritable'), ask('/failing')]);
    expect(unwritable.status).toBe('rejected');
    expect(failing).toMatchObject({ value: { statusCode: 500 } });
  });
});
