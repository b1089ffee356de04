// SPDX-License-Identifier: Apache-2.0
// An issuer that nobody here wrote: npm oidc-provider on a free loopback port. It makes the discovery document, the key
// set and the tokens; this file only gives it keys and clients.
//   node issuer.mjs FOLDER                           FOLDER: where oidc-provider is installed
// Prints `issuer ready url=http://127.0.0.1:PORT`, then obeys lines on standard input and answers each with one line:
//   rotate       new keys; the old ones are withdrawn at once
//   rotate keep  new keys; the last ones stay published beside them
//   down, up     closes the port; opens it again
//   slow MS      how long the key set takes from now on, in milliseconds
//   fetches      how often the key set was fetched
// Ends with the end of standard input.
import { generateKeyPair } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import readline from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const folder = process.argv[2];
if (!folder) {
  console.error('issuer: name the folder in which oidc-provider is installed');
  process.exit(2);
}
console.info = console.error;  // notices of the provider: standard output is for our lines
const { resolve } = createRequire(path.join(path.resolve(folder), 'package.json'));
const { default: Provider } = await import(pathToFileURL(resolve('oidc-provider')));

// What the tokens of a client look like. By default oidc-provider writes typ at+jwt (RFC 9068).
const kinds = {
  rs256: { alg: 'RS256', typ: 'JWT', seconds: 300 },
  ps256: { alg: 'PS256', typ: 'JWT', seconds: 300 },
  es256: { alg: 'ES256', typ: 'JWT', seconds: 300 },
  eddsa: { alg: 'EdDSA', typ: 'JWT', seconds: 300 },
  brief: { alg: 'ES256', typ: 'JWT', seconds: 2 },
  rfc9068: { alg: 'ES256', seconds: 300 },
};

const clients = Object.keys(kinds).map((kind) => ({
  client_id: kind,
  client_secret: `secret of ${kind}, for this test alone`,
  grant_types: ['client_credentials'],
  redirect_uris: [],
  response_types: [],
  token_endpoint_auth_method: 'client_secret_post',
}));

const generate = promisify(generateKeyPair);
async function makeKeys() {
  const pairs = await Promise.all([
    generate('rsa', { modulusLength: 2048 }),
    generate('ec', { namedCurve: 'P-256' }),
    generate('ed25519'),
  ]);
  // No kid: the provider names each key by its RFC 7638 thumbprint.
  return pairs.map(({ privateKey }) => ({ ...privateKey.export({ format: 'jwk' }), use: 'sig' }));
}

function makeProvider(url, keys) {
  return new Provider(url, {
    clients,
    jwks: { keys },
    cookies: { keys: ['no browser comes here'] },
    scopes: ['callbacks'],
    ttl: { ClientCredentials: (context, token) => token.resourceServer?.accessTokenTTL ?? 300 },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo(context, resource, client) {
          const { alg, seconds } = kinds[client.clientId];
          return {
            scope: 'callbacks', audience: resource, accessTokenFormat: 'jwt', accessTokenTTL: seconds, jwt: { sign: { alg } },
          };
        },
      },
    },
    formats: {
      customizers: {
        jwt(context, token, made) {
          const { typ } = kinds[token.clientId];
          if (typ) made.header = { typ };
        },
      },
    },
  });
}

let handle;  // the provider of now
let fetches = 0;
let slowness = 0;
const server = http.createServer(async (request, response) => {
  if (request.url === '/jwks') {
    fetches += 1;
    await setTimeout(slowness);
  }
  handle(request, response);
});
server.keepAliveTimeout = 1000;

async function open(port) {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
}
await open(0);
const { port } = server.address();
const url = `http://127.0.0.1:${port}`;

let keys = await makeKeys();
handle = makeProvider(url, keys).callback();
let next = makeKeys();  // ahead of time: a rotation takes no longer than its command

async function obey(line) {
  const [command, argument] = line.split(' ');
  switch (command) {
    case 'rotate': {
      const fresh = await next;
      next = makeKeys();
      // The first that fits signs.
      handle = makeProvider(url, argument === 'keep' ? [...fresh, ...keys] : fresh).callback();
      keys = fresh;
      return 'rotated';
    }
    case 'down': {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      return 'down';
    }
    case 'up':
      await open(port);
      return 'up';
    case 'slow':
      slowness = Number(argument);
      return 'slow';
    case 'fetches':
      return `fetches=${fetches}`;
    default:
      return `does not know '${line}'`;
  }
}

console.log(`issuer ready url=${url}`);
for await (const line of readline.createInterface({ input: process.stdin })) {
  console.log(`issuer ${await obey(line.trim())}`);
}
process.exit(0);
