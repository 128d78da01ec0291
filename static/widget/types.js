// What the three parts of the widget are to one another, as types: the element (contract with the page), the talk (what is
// said, without DOM) and the panel (what is seen). Nothing here runs.

/**
 * A field of the form before the chat.
 * @typedef {object} Field
 * @property {string} name key in the context told to the agent; `name` is the visitor's name
 * @property {"text" | "email" | "select" | "textarea" | "checkbox"} type
 * @property {string} label
 * @property {boolean} [required]
 * @property {string} [pattern] a regular expression the whole value must match
 * @property {string} [hint] shown below the field; said when the pattern does not match
 * @property {string[]} [options] of a select
 * @property {string} [link] of a checkbox: where its label leads, opened in a new tab
 * @property {string} [value] to begin with
 */

/**
 * What the page wants, read from attributes and properties; a new value after every change.
 * @typedef {object} Wishes
 * @property {string} server origin of the middleware
 * @property {string} language a BCP 47 tag: the element's, else the page's, else the browser's
 * @property {Record<string, string>} words the page's own, in place of ours
 * @property {"light" | "dark" | "auto"} theme
 * @property {string} heading of the panel; "" for ours
 * @property {string} greeting shown before the first message; "" for ours
 * @property {Field[]} fields of the form; none: no form
 * @property {boolean} sound whether an agent's message sounds, while the visitor has not said otherwise
 */

/**
 * @typedef {"sending" | "trying" | "held" | "sent" | "failed" | "refused"} State `trying`: longer than usual; `held`: waits
 *   for a new chat; `failed`: Flex did not take it; `refused`: our server never will
 *
 * @typedef {object} Utterance
 * @property {"message"} kind
 * @property {string} key the same for the same message, however it changes
 * @property {boolean} mine
 * @property {"visitor" | "agent" | "bot"} author
 * @property {string | null} name of an agent or a bot; null: not known
 * @property {string} text
 * @property {number} at milliseconds since the epoch
 * @property {State} state
 * @property {string | null} refusal why it was refused
 * @property {null | "reworded" | "withdrawn"} edited
 *
 * @typedef {object} Note
 * @property {"joined" | "left" | "system"} kind an agent came or went; or Flex itself says something
 * @property {string} key
 * @property {string | null} name of the agent
 * @property {string} text of `system`, else ""
 * @property {number | null} at null: not known
 *
 * @typedef {Utterance | Note} Item
 */

/**
 * What there is to show; a new value after every change.
 * @typedef {object} View
 * @property {"online" | "connecting" | "offline"} line `offline`: the browser says so, or nothing answers for some seconds
 * @property {"new" | "open" | "ended"} phase `new`: nothing was said yet
 * @property {boolean} endable whether the server knows the chat, and it is open
 * @property {"visitor" | "flex" | "house" | null} endedBy
 * @property {{name: string | null} | null} agent who is there now
 * @property {readonly Item[]} items top to bottom
 * @property {boolean} ready whether the chat so far is here (false: still being fetched)
 * @property {number} unread messages from the other side that were not seen in any tab
 * @property {string | null} firstUnread key of the first of those when the panel was last opened: the divider stands before it
 */

/**
 * The visitor's chat in this tab. Fires `change` after every change of `view`, and `heard` (CustomEvent, detail: Utterance) in
 * exactly one tab of the browser for each new message of the other side.
 * @typedef {object} Talking
 * @property {View} view
 * @property {(text: string) => void} say never lost: kept until the server has it
 * @property {(key: string) => void} again send a failed message once more
 * @property {(key: string) => void} discard take a refused or held message back
 * @property {() => Promise<boolean>} end whether the server has ended the chat
 * @property {() => void} renew leave the ended chat and begin anew
 * @property {(about: {name?: string, context?: Record<string, string>}) => void} introduce told to the agent when the chat opens
 * @property {(looking: boolean) => void} looking whether the visitor sees the newest messages now
 * @property {(speakers: {you: string, agent: string, bot: string}) => string} transcript what was said, as text; whoever has no
 *   name is called so
 */

export {};
