const { createHmac } = require('node:crypto');
const { createServer } = require('node:http');
const { ApolloGateway, RemoteGraphQLDataSource } = require('@apollo/gateway');
const { ApolloServer, HeaderMap } = require('@apollo/server');

/** Signs calls as the measured subgraphs ask for it. */
function sign(secret) {
  const nowMs = Date.now();
  const context = {
    ...{ sandbox: 'default', scope: 'admin', requestId: String(nowMs), operation: 'query' },
    ...{ nowMs, deadlineAtMs: nowMs + 10_000 },
  };
  const body = Buffer.from(JSON.stringify({ issuedAtMs: nowMs, context })).toString('base64url');
  return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`;
}

/** Apollo Gateway in Apollo Server on node:http, over the subgraphs at `urls`. */
async function start({ supergraphSdl, urls, secret }) {
  const gateway = new ApolloGateway({
    supergraphSdl,
    buildService: ({ name }) =>
      new (class extends RemoteGraphQLDataSource {
        willSendRequest({ request }) {
          request.http.headers.set('x-attune-context', sign(secret));
        }
      })({ url: urls[name] }),
  });
  const apollo = new ApolloServer({ gateway, nodeEnv: 'production' });
  await apollo.start();
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const headers = new HeaderMap();
    for (const [name, value] of Object.entries(request.headers)) headers.set(name, String(value));
    const answer = await apollo.executeHTTPGraphQLRequest({
      httpGraphQLRequest: { method: 'POST', headers, search: '', body: JSON.parse(Buffer.concat(chunks).toString()) },
      context: async () => ({}),
    });
    const { string: body } = answer.body;
    const length = { 'content-length': Buffer.byteLength(body) };
    response.writeHead(answer.status ?? 200, { ...Object.fromEntries(answer.headers), ...length });
    response.end(body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}/graphql` };
}

process.on('message', (message) => {
  if (message === 'cpu') process.send(process.cpuUsage());
  else start(message).then((ready) => process.send(ready));
});
