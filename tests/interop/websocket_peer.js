// The npm package ws at the other end: `client URL` sends to an echo server, `server` lets an echo client answer.
"use strict";
const { once } = require("node:events");
const WebSocket = require("ws");

// Text and bytes around every length at which a header or a window changes.
function messages() {
  const all = ["", "grüße, 世界 \u{1f600}", "x".repeat(125), "y".repeat(126), "z".repeat(65535), "ä".repeat(40000)];
  for (const length of [0, 1, 127, 65536, 1 << 20]) {
    all.push(Buffer.from(Uint8Array.from({ length }, (_, index) => (index * index) % 251)));
  }
  return all;
}

// Sends every message whole, then in fragments, and checks what comes back.
async function exchange(socket) {
  for (const message of messages()) {
    for (const fragmented of [false, true]) {
      if (fragmented) {
        const middle = message.length >> 1;
        socket.send(message.slice(0, middle), { fin: false, binary: typeof message !== "string" });
        socket.ping("between");
        socket.send(message.slice(middle), { fin: true, binary: typeof message !== "string" });
      } else {
        socket.send(message);
      }
      const [data, isBinary] = await once(socket, "message");
      const expected = Buffer.from(message);
      if (isBinary !== (typeof message !== "string") || !data.equals(expected)) {
        throw new Error(`${expected.length} bytes came back as ${data.length}`);
      }
    }
  }
  socket.close(1000, "done");
  const [code] = await once(socket, "close");
  if (code !== 1000) throw new Error(`closed with ${code}`);
}

const COMPRESSIONS = [
  false,
  {},
  { serverNoContextTakeover: true, clientNoContextTakeover: true },
  { serverMaxWindowBits: 9, clientMaxWindowBits: 10 },
  { threshold: 100, serverMaxWindowBits: 12 },
];

async function client(url) {
  for (const perMessageDeflate of COMPRESSIONS) {
    const socket = new WebSocket(url, { perMessageDeflate });
    await once(socket, "open");
    const wanted = perMessageDeflate ? "permessage-deflate" : "";
    if (socket.extensions !== wanted) throw new Error(`extensions: ${socket.extensions}`);
    await exchange(socket);
  }
  console.log("good");
}

function server() {
  let which = 0;
  const servers = COMPRESSIONS.map((perMessageDeflate) => new WebSocket.Server({ noServer: true, perMessageDeflate }));
  const http = require("node:http").createServer();
  http.on("upgrade", (request, socket, head) => {
    const chosen = servers[which++ % servers.length];
    chosen.handleUpgrade(request, socket, head, (peer) => {
      exchange(peer).catch((error) => {
        console.error(error);
        process.exit(1);
      });
    });
  });
  http.listen(0, "127.0.0.1", () => console.log(`listening on 127.0.0.1:${http.address().port}`));
}

const [, , role, url] = process.argv;
if (role === "client") {
  client(url).catch((error) => {
    console.error(error);
    process.exit(1);
  });
} else {
  server();
}
