// What a call or a webhook is for, in a sentence, and why it is made: the wire log is there to learn from. No DOM.

/** @typedef {import("./types.js").Entry} Entry @typedef {import("./types.js").Call} Call @typedef {import("./types.js").Hook} Hook */
/** @typedef {[string, string]} Lesson what happens, and why */

/** @type {[string, RegExp, string, string][]} */
const CALLS = [
  ["POST", /\/v1\/Channels$/, "Opens a Flex channel for the chat", "The Flex Flow says where the chat goes. A target of its own keeps every visitor in a channel of their own."],
  ["POST", /\/v2\/WebChats$/, "Opens a webchat for the chat", "Twilio makes a conversation with the visitor in it, and sends it where the address says: here, to a Studio flow."],
  ["GET", /\/ParticipantConversations$/, "Looks whether the chat is open already", "An earlier try may have worked although its answer was lost."],
  ["POST", /\/Conversations$/, "Makes a conversation for the chat", "The chat's home at Twilio, until it is closed."],
  ["POST", /\/Interactions$/, "Asks TaskRouter for an agent", "An Interaction makes the task that appears here, and lets the agent in who accepts it."],
  ["POST", /\/Interactions\/KD\w+\/Channels\/UO\w+$/, "Ends the interaction, and the agent's task with it", "So a visitor ends a chat: the agent leaves, the conversation is closed, the task is completed."],
  ["GET", /\/Conversations\/CH\w+$/, "Reads the conversation", "To know whether it is still open."],
  ["POST", /\/Conversations\/CH\w+$/, "Changes the conversation", "Its state, its attributes or its timers."],
  ["GET", /\/Participants$/, "Looks who is in the conversation", "An agent may have joined or left while a webhook was lost."],
  ["POST", /\/Participants$/, "Lets the visitor into the conversation", "Whoever takes part is known to Flex as the customer."],
  ["GET", /\/Webhooks$/, "Looks which webhooks the channel has", "So that none is hung twice: there is room for five."],
  ["POST", /\/Webhooks$/, "Asks for webhooks from the channel", "From now on Twilio tells the middleware what happens in this chat, and only in this one."],
  ["POST", /\/Messages$/, "Posts the visitor's words", "With our own id in Attributes, by which the message is recognised when it comes back."],
  ["GET", /\/Messages$/, "Reads the channel's messages", "A look at Twilio's own list: whatever a lost webhook did not tell is found here."],
  ["GET", /\/Messages\/IM\w+$/, "Reads one message", "To see what it says now."],
  ["GET", /\/Members$/, "Looks who is in the channel", "An agent may have joined or left while a webhook was lost."],
  ["GET", /\/Workers$/, "Asks for the agent's name", "Webhooks name an agent by their identity only; the visitor shall read a name."],
  ["GET", /\/Tasks$/, "Looks for the chat's task", "By the channel's sid in the task's attributes."],
  ["GET", /\/Tasks\/WT\w+$/, "Reads the agent's task", "To see how far the agent has come."],
  ["POST", /\/Tasks\/WT\w+$/, "Moves the agent's task on", "The visitor has left: the agent wraps up, and an offer nobody accepted is taken back."],
  ["GET", /\/Channels\/CH\w+$/, "Reads the channel", "Its attributes say whether the chat is still ACTIVE."],
  ["POST", /\/Channels\/CH\w+$/, "Changes the channel", "Its attributes hold the chat's state."],
  ["DELETE", /\/Channels\/CH\w+$/, "Removes the channel", "Nothing of the chat stays at Twilio."],
];

/** @type {Record<string, Lesson>} */
const EVENTS = {
  onMediaMessageSent: ["A file was sent", "The webhook tells its name and type; the file itself stays at Twilio."],
  onMessageUpdated: ["A message was changed", "Its new words come with the same MessageSid."],
  onMessageRemoved: ["A message was removed", "Its place, the Index, stays empty."],
  onMemberAdded: ["Somebody joined the channel", "The agent has accepted the task: Flex lets them into the channel."],
  onMemberUpdated: ["Somebody has read further", "Their read position has moved."],
  onMemberRemoved: ["Somebody left the channel", "With the end of the chat the agent leaves."],
  onChannelUpdated: ["The channel was changed", "Its attributes come along, as JSON in a text."],
  onChannelDestroyed: ["The channel was removed", "It is gone, with all that was said."],
  onParticipantAdded: ["Somebody joined the conversation", "The agent has accepted the task: the Interaction lets them in."],
  onParticipantUpdated: ["Somebody has read further", "Their read position has moved."],
  onParticipantRemoved: ["Somebody left the conversation", "With the end of the interaction the agent leaves."],
  onConversationUpdated: ["The conversation was changed", "Its attributes come along, as JSON in a text."],
  onConversationRemoved: ["The conversation was removed", "It is gone, with all that was said."],
  onConversationStateUpdated: ["The conversation changed its state", "From active to inactive and back; closed is final."],
};
const SPOKEN = new Set(["onMessageSent", "onMessageAdded"]);

/** @param {Entry} entry @returns {string} what happens, in a few words */
export const lesson = (entry) => learn(entry)[0];

/** @param {Entry} entry @returns {string} why, in a sentence */
export const why = (entry) => learn(entry)[1];

/** @param {Entry} entry @returns {boolean} whether it did what it was for */
export const good = (entry) => entry.status !== null && entry.status >= 200 && entry.status < 400;

/** @param {Entry} entry @returns {string} method and route, with the sids cut short; a webhook's event too */
export function route(entry) {
  if (entry.kind === "webhook") return `${entry.method} ${pathOf(entry)} · ${entry.fields.EventType}`;
  const path = entry.path.replace(/\b([A-Z]{2})[0-9a-f]{32}\b/g, "$1…").replace(/^\/v[12]\/Services\/IS…/, "…");
  return `${entry.method} ${path}`;
}

/** @param {Hook} entry @returns {string} where it goes at the middleware */
export const pathOf = (entry) => new URL(entry.url).pathname;

/** @param {Entry} entry @param {string} sid of a channel @returns {boolean} whether it is about this channel */
export function concerns(entry, sid) {
  if (entry.kind === "webhook") return (entry.fields.ChannelSid ?? entry.fields.ConversationSid) === sid;
  return entry.path.includes(sid) || JSON.stringify([entry.params, entry.response ?? null]).includes(sid);
}

/** @param {Entry} entry @returns {boolean} whether somebody's words are in it */
export const isWord = (entry) =>
  entry.kind === "webhook" ? SPOKEN.has(entry.fields.EventType ?? "") : entry.method === "POST" && /\/Messages$/.test(entry.path);

/** A chat ends by an attribute of its channel, or by a conversation's state.
 * @param {Entry} entry @returns {boolean} */
export function isEnd(entry) {
  if (entry.kind === "webhook" && entry.fields.EventType === "onConversationStateUpdated") return entry.fields.StateTo === "closed";
  const attributes = entry.kind === "rest" ? entry.method === "POST" && entry.params.Attributes : entry.fields.Attributes;
  const about = entry.kind === "rest" ? /\/Channels\/CH\w+$/.test(entry.path) : entry.fields.EventType === "onChannelUpdated";
  return about && /"status"\s*:\s*"INACTIVE"/.test(attributes || "");
}

/** @param {Entry} entry @returns {Lesson} */
function learn(entry) {
  if (isEnd(entry)) return ending(entry);
  if (entry.kind === "webhook") return news(entry);
  const call = CALLS.find(([method, path]) => method === entry.method && path.test(entry.path));
  return call ? [call[2], call[3]] : ["A call to Twilio", ""];
}

/** @param {Entry} entry @returns {Lesson} */
function ending(entry) {
  if (entry.kind === "rest") return ["Marks the chat as ended", "A channel has no state of its own: by its attribute status it is INACTIVE."];
  const how = entry.fields.EventType === "onChannelUpdated" ? "The channel's attribute status is INACTIVE now" : "The conversation is closed now, which is final";
  return ["The chat has ended", `${how}: the middleware tells the visitor.`];
}

/** @param {Hook} entry @returns {Lesson} */
function news({ fields }) {
  const type = fields.EventType ?? "";
  if (!SPOKEN.has(type)) return EVENTS[type] ?? ["Something happened", ""];
  if (fields.Source === "SDK") return ["The agent wrote a message", "It came through Flex's SDK, so it is told to the middleware, which tells the visitor."];
  return ["A message was posted by REST", "An echo of the visitor's own words, which settles their delivery; or a bot's, which the visitor shall see."];
}
