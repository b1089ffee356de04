// SPDX-License-Identifier: Apache-2.0
// An application of the forwarding test, on Node's own HTTP server; mirror.cpp says what it answers.
import { createServer } from "node:http";

const server = createServer({ maxHeaderSize: 1 << 17 }, (request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    const fields = [];
    for (let at = 0; at < request.rawHeaders.length; at += 2) fields.push(request.rawHeaders.slice(at, at + 2));
    const head = JSON.stringify({ method: request.method, target: request.url, fields });
    const answer = Buffer.concat([Buffer.from(head + "\n"), ...parts]);
    response.writeHead(200, { "Content-Type": "application/octet-stream", "Content-Length": answer.length });
    response.end(answer);
  });
});
server.listen(0, "127.0.0.1", () => console.log(`ready listen=127.0.0.1:${server.address().port}`));
process.on("SIGTERM", () => process.exit(0));
