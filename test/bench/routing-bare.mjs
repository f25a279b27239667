/** The limit: a Fastify route that parses the question and answers JSON of the same shape and size, and no more. */
import Fastify from 'fastify';

const answer = JSON.parse(process.argv[2]);
const app = Fastify();
app.put('/route', (request) => ({
  ...answer,
  workflow_instance_id: request.body.context.workflow_instance_id,
  timestamp: new Date().toISOString(),
}));
await app.listen({ host: '127.0.0.1', port: 0 });
process.send(app.server.address().port);
process.on('SIGTERM', () => void app.close().then(() => process.exit(0)));
