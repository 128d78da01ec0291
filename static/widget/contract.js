// The contract with the page that hosts `<flex-chat>`, as data: the element is made from it, and README's tables are held to
// it by a test. `what` is left out of what browsers load.

/**
 * @typedef {object} Attribute
 * @property {string} name also a property of the element, in camelCase
 * @property {"text" | "flag" | "choice" | "json"} kind as `json` the property takes the value itself
 * @property {readonly string[]} [choices] the first is the usual
 * @property {string} [usual]
 * @property {string} what
 */

/** @type {readonly Attribute[]} */
export const ATTRIBUTES = [
  { name: "open", kind: "flag", what: "Whether the panel is open; set and taken away as the visitor opens and closes it" },
  { name: "lang", kind: "text", usual: "the page's", what: "The language: `en`, `es`, `de`, `fr`, `pt`, `ar` or `ja`; of others the page brings the `words`" },
  { name: "theme", kind: "choice", choices: ["auto", "light", "dark"], what: "`auto` is what the visitor's system says" },
  { name: "accent", kind: "text", usual: "`#0f6a5b`", what: "A CSS colour; what stands on it becomes black or white" },
  { name: "corner", kind: "choice", choices: ["end", "start"], what: "Where the launcher stands, in the direction of the page's writing" },
  { name: "size", kind: "choice", choices: ["medium", "small", "large"], what: "Of the launcher" },
  { name: "launcher-text", kind: "text", usual: "none", what: "Beside the launcher's icon" },
  { name: "heading", kind: "text", usual: "`Chat with us`", what: "Above the chat while no agent is there" },
  { name: "greeting", kind: "text", usual: "`Hello! How can we help you?`", what: "Before the first message" },
  { name: "sound", kind: "flag", what: "Whether an agent's message sounds, until the visitor says otherwise" },
  { name: "fields", kind: "json", usual: "none", what: "The form before the chat, as a list; see below" },
  { name: "words", kind: "json", usual: "none", what: "Your own words in place of ours, by the keys of `static/widget/words/en.js`" },
  { name: "server", kind: "text", usual: "where `widget.js` came from", what: "The origin of this server" },
];

export const PROPERTIES = [
  { name: "identity", what: "A text, or a function that gives one or promises it: a short-lived token in which your server says who the visitor is" },
  { name: "unread", what: "How many messages the visitor has not seen; read only" },
];

export const METHODS = [
  { name: "show()", what: "Opens the panel. Promises whether it could be loaded" },
  { name: "hide()", what: "Closes the panel" },
  { name: "say(text)", what: "Says something in the visitor's name. Promises whether it is kept; from then on it is not lost" },
  { name: "end()", what: "Ends the chat. Promises whether there was one and it is over" },
  { name: "forget()", what: "For a logout, or a shared computer: this browser forgets the visitor, and what was not sent; the chat goes on at Flex. Promises whether the server knows; if not, only this browser has forgotten" },
  { name: "setContext(context)", what: "An object of texts that is told to the agent when the next chat opens, beside page, title, referrer, language and time zone" },
];

export const EVENTS = [
  { name: "flex-chat-opened", detail: "none", what: "A chat was opened from this tab: its first message has come to the server" },
  { name: "flex-chat-message", detail: "`{mine, author, name, text, at}`", what: "Something was said; in one tab only, however many are open" },
  { name: "flex-chat-ended", detail: "`{by}`: `visitor`, `flex` or `house`", what: "The chat has ended" },
  { name: "flex-chat-unread", detail: "`{unread}`", what: "There are more or fewer unread messages" },
  { name: "flex-chat-problem", detail: "`{code, message}`: `not_loaded`, `unreachable`, `bad_identity`, `bad_attribute`, `bad_ask`", what: "What you should know, and the visitor cannot mend" },
];

export const STYLES = [
  { name: "--flex-chat-accent", usual: "the attribute's", what: "The accent colour" },
  { name: "--flex-chat-font", usual: "`system-ui, sans-serif`", what: "The font family" },
  { name: "--flex-chat-inset", usual: "`20px`", what: "The distance from the window's edges" },
  { name: "--flex-chat-radius", usual: "`18px`", what: "The panel's corners" },
  { name: "--flex-chat-width", usual: "`400px`", what: "The panel's width" },
  { name: "--flex-chat-height", usual: "`680px`", what: "The panel's height" },
  { name: "--flex-chat-z", usual: "`2147483000`", what: "How high it stands above the page" },
];

export const PARTS = [
  ...["launcher", "launcher-text", "badge", "panel", "head", "menu", "form", "field", "log", "greeting", "message", "mine"],
  ...["theirs", "composer", "send", "button", "ending", "sure"],
];

export const STORAGE = [
  { name: "flex-chat:visitor", what: "The visitor's token; the chat's id; the name and the form's answers until the chat opens" },
  { name: "flex-chat:unsent:…", what: "What a tab has not yet sent" },
  { name: "flex-chat:read", what: "How far the chat was read" },
  { name: "flex-chat:heard", what: "How far new messages were announced" },
  { name: "flex-chat:live", what: "That the next page should fetch the chat without being asked" },
  { name: "flex-chat:sound", what: "Whether the visitor wants to hear something" },
  { name: "flex-chat:notify", what: "Whether the visitor wants the system's notifications" },
  { name: "flex-chat:draft", what: "What stands in the typing box; for its tab only" },
];
