// Bare socket.io that echoes. Listens on $PORT.
import { Server } from "socket.io";

const io = new Server(Number(process.env.PORT), { cors: { origin: "*" } });
io.on("connection", (socket) => socket.on("m", (payload) => socket.emit("m", payload)));
