// Prints every entry and exit of a segment, as it happens.
// node examples/demo/subscribe.mjs [address] KEY
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const [address, key] = process.argv.length > 3 ? process.argv.slice(2) : ['http://127.0.0.1:4000', process.argv[2]];
const client = createClient({
  url: `${address.replace(/^http/, 'ws').replace(/\/$/, '')}/graphql`,
  webSocketImpl: WebSocket,
  connectionParams: { authorization: `Bearer ${key}` },
});
const query = `subscription {
  segmentQualificationChanged {
    segmentId status at cause { kind reference }
    profile { id segments { segment { id } } decisions(placements: [{ placement: "home-hero" }]) { offer { id } } }
  }
}`;

process.on('SIGINT', () => void client.dispose());
console.log('Listening. Ctrl-C ends it.');
for await (const { data, errors } of client.iterate({ query })) {
  console.log(JSON.stringify(errors ?? data.segmentQualificationChanged));
}
