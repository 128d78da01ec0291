// A custom chat for Flex as a reader of Twilio's article of 2020 would write it: one channel for everybody, nothing kept,
// nothing awaited, every word to every page. Listens on $PORT; $TWILIO stands for Twilio's address.
import express from "express";
import { createServer } from "node:http";
import { Server } from "socket.io";

const { PORT, TWILIO, ACCOUNT, TOKEN, SERVICE } = process.env;
const authorization = `Basic ${Buffer.from(`${ACCOUNT}:${TOKEN}`).toString("base64")}`;

const app = express();
const http = createServer(app);
const io = new Server(http, { cors: { origin: "*" } });

function post(path, fields, headers = {}) {
  return fetch(TWILIO + path, { method: "POST", headers: { authorization, ...headers }, body: new URLSearchParams(fields) });
}

let channel;
async function open() {
  const answer = await post("/v1/Channels", { Target: "socket.io", Identity: "visitor", ChatUserFriendlyName: "Visitor" });
  channel ??= (await answer.json()).sid;
}

io.on("connection", (socket) => {
  socket.on("chat message", async (text) => {
    io.emit("chat message", text);
    if (!channel) await open();
    await post(
      `/v2/Services/${SERVICE}/Channels/${channel}/Messages`,
      { Body: text, From: "visitor" },
      { "X-Twilio-Webhook-Enabled": "true" },
    );
  });
});

app.use(express.urlencoded({ extended: false }));
app.post("/new-message", (request, response) => {
  if (request.body.Source === "SDK") io.emit("chat message", request.body.Body);
  response.sendStatus(200);
});

http.listen(Number(PORT), "127.0.0.1");
