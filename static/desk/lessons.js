// What a call or a webhook is for, in a sentence: the wire log is there to learn from. No DOM.

const CALLS = [
  ["POST", /\/v1\/Channels$/, "Opens a Flex channel for the chat"],
  ["POST", /\/v2\/WebChats$/, "Opens a webchat for the chat"],
  ["GET", /\/ParticipantConversations$/, "Looks whether the chat is open already"],
  ["POST", /\/Conversations$/, "Makes a conversation for the chat"],
  ["POST", /\/Interactions$/, "Asks TaskRouter for an agent"],
  ["POST", /\/Interactions\/KD\w+\/Channels\/UO\w+$/, "Ends the interaction, and the agent's task with it"],
  ["GET", /\/Conversations\/CH\w+$/, "Reads the conversation"],
  ["POST", /\/Conversations\/CH\w+$/, "Changes the conversation"],
  ["GET", /\/Participants$/, "Looks who is in the conversation"],
  ["POST", /\/Participants$/, "Lets the visitor into the conversation"],
  ["GET", /\/Webhooks$/, "Looks which webhooks the channel has"],
  ["POST", /\/Webhooks$/, "Asks for webhooks from the channel"],
  ["POST", /\/Messages$/, "Posts the visitor's words"],
  ["GET", /\/Messages$/, "Reads the channel's messages"],
  ["GET", /\/Members$/, "Looks who is in the channel"],
  ["GET", /\/Workers$/, "Asks for the agent's name"],
  ["GET", /\/Tasks$/, "Looks for the chat's task"],
  ["GET", /\/Tasks\/WT\w+$/, "Reads the agent's task"],
  ["POST", /\/Tasks\/WT\w+$/, "Moves the agent's task on"],
  ["GET", /\/Channels\/CH\w+$/, "Reads the channel"],
  ["POST", /\/Channels\/CH\w+$/, "Changes the channel"],
  ["DELETE", /\/Channels\/CH\w+$/, "Removes the channel"],
];
const EVENTS = {
  onMediaMessageSent: "A file was sent",
  onMessageUpdated: "A message was changed",
  onMessageRemoved: "A message was removed",
  onMemberAdded: "Somebody joined the channel",
  onMemberUpdated: "Somebody has read further",
  onMemberRemoved: "Somebody left the channel",
  onChannelUpdated: "The channel was changed",
  onChannelDestroyed: "The channel was removed",
  onParticipantAdded: "Somebody joined the conversation",
  onParticipantUpdated: "Somebody has read further",
  onParticipantRemoved: "Somebody left the conversation",
  onConversationUpdated: "The conversation was changed",
  onConversationRemoved: "The conversation was removed",
  onConversationStateUpdated: "The conversation changed its state",
};

/** @param {any} entry of the wire log @returns {string} */
export function lesson(entry) {
  if (isEnd(entry)) return entry.kind === "rest" ? "Marks the chat as ended" : "The chat has ended";
  if (entry.kind === "webhook") return news(entry.fields);
  const call = CALLS.find(([method, path]) => method === entry.method && path.test(entry.path));
  return call?.[2] ?? "A call to Twilio";
}

/** @param {any} entry @returns {string} method and route, with the sids cut short; a webhook's event too */
export function route(entry) {
  if (entry.kind === "webhook") return `${entry.method} ${new URL(entry.url).pathname} · ${entry.fields.EventType}`;
  const path = entry.path.replace(/\b([A-Z]{2})[0-9a-f]{32}\b/g, "$1…").replace(/^\/v[12]\/Services\/IS…/, "…");
  return `${entry.method} ${path}`;
}

/** @param {any} entry @param {string} sid of a channel @returns {boolean} whether it is about this channel */
export function concerns(entry, sid) {
  if (entry.kind === "webhook") return (entry.fields.ChannelSid ?? entry.fields.ConversationSid) === sid;
  return entry.path.includes(sid) || JSON.stringify([entry.params, entry.response ?? null]).includes(sid);
}

function news({ EventType, Source }) {
  const words = EventType === "onMessageSent" || EventType === "onMessageAdded";
  if (words && Source === "SDK") return "The agent wrote a message";
  return words ? "A message was posted by REST" : (EVENTS[EventType] ?? "Something happened");
}

/** A chat ends by an attribute of its channel, or by a conversation's state. */
function isEnd(entry) {
  if (entry.kind === "webhook" && entry.fields.EventType === "onConversationStateUpdated") return entry.fields.StateTo === "closed";
  const attributes = entry.kind === "rest" ? entry.method === "POST" && entry.params.Attributes : entry.fields.Attributes;
  const about = entry.kind === "rest" ? /\/Channels\/CH\w+$/.test(entry.path) : entry.fields.EventType === "onChannelUpdated";
  return about && /"status"\s*:\s*"INACTIVE"/.test(attributes || "");
}
