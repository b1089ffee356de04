// SPDX-License-Identifier: Apache-2.0
// Lets npm standardwebhooks verify hand-overs: one JSON object for each line of standard input
// {"secret", "now" (seconds), "headers", "body"}, one for each line of standard output {"verified"} or {"error"}.
//     node verify_webhooks.mjs FOLDER      FOLDER holds node_modules
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const { Webhook, WebhookVerificationError } = createRequire(process.argv[2] + "/package.json")("standardwebhooks");

for await (const line of createInterface({ input: process.stdin })) {
  const { secret, now, headers, body } = JSON.parse(line);
  Date.now = () => now * 1000; // the only clock that the package reads
  let result;
  try {
    result = { verified: new Webhook(secret).verify(body, headers) };
  } catch (error) {
    if (!(error instanceof WebhookVerificationError)) throw error;
    result = { error: error.message };
  }
  console.log(JSON.stringify(result));
}
