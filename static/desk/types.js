// What the desk is told and what it shows, as types. Nothing here runs.

/**
 * @typedef {{sid: string, index: number, from: string, kind: "customer" | "agent" | "bot" | "system", body: string, date_created: string,
 *   edited: boolean, media: {filename: string} | null}} Message
 * @typedef {{kind: "joined" | "left" | "ended", who: string | null, at: string}} Moment
 * @typedef {{sid: string, service: string, friendly_name: string | null, status: "ACTIVE" | "INACTIVE", agent_inside: boolean,
 *   next_index: number, messages: Message[], moments: Moment[]}} Channel
 * @typedef {"pending" | "reserved" | "assigned" | "wrapping" | "completed" | "canceled"} Status
 * @typedef {{sid: string, status: Status, channel_sid: string | null, name: string | null, attributes: Record<string, any>,
 *   context: Record<string, string>, reason: string | null, date_created: string, date_updated: string}} Task
 * @typedef {{sid: string, name: string, available: boolean}} Activity
 * @typedef {{identity: string, name: string, activity: string, available: boolean}} Me
 * @typedef {{agent: Me, activities: Activity[], tasks: Task[], channels: Record<string, Channel>}} State
 */

/**
 * @typedef {{fault: string, chance: number, route: string, count: number | null, seconds: [number, number], status: number,
 *   retry_after: number | null, copies: [number, number]}} Rule
 * @typedef {{on: boolean, preset: string | null, rules: (Rule & {made: number})[], made: Record<string, number>}} Mischief
 */

/**
 * @typedef {[string, string][]} Pairs
 * @typedef {{n: number, kind: "rest", at: string, method: string, path: string, query: Pairs, form: Pairs, headers: Record<string, string>,
 *   answered: Record<string, string>, params: Record<string, any>, status: number | null, response: any, ms: number, fault: string | null}} Call
 * @typedef {{n: number, kind: "webhook", at: string, method: string, url: string, fields: Record<string, string>, token: string,
 *   headers: Record<string, string>, status: number | null, response: string | null, attempt: number, ms: number,
 *   error: string | null, fault: string | null}} Hook
 * @typedef {Call | Hook} Entry
 */

/**
 * A call, or all deliveries of one webhook: the newest of them is the one that is shown.
 * @typedef {{key: string, entry: Entry, all: Entry[]}} Line
 *
 * @typedef {{way: "all" | "rest" | "webhook", mine: boolean, failed: boolean, text: string}} Filter
 */

/**
 * @typedef {"calls" | "story" | "mischief"} Tab
 * @typedef {"tasks" | "chats" | "panel"} Pane what a narrow window shows
 *
 * @typedef {object} Model everything there is to show
 * @property {State} state
 * @property {Mischief} mischief
 * @property {string | null} wanted the preset that was chosen and is not in force yet
 * @property {boolean} connected
 * @property {boolean} known whether anything was told yet
 * @property {string} complaint what went wrong with the last deed
 * @property {string} said for a screen reader: what has just happened elsewhere
 * @property {number} now
 * @property {string[]} open the tasks whose chats are open, by sid
 * @property {string} active the task whose chat is in hand, or ""
 * @property {number} columns how many chats fit beside one another
 * @property {Record<string, number>} seen by task, the index of the newest message that was looked at
 * @property {Record<string, string>} drafts by task
 * @property {string[]} told the tasks whose "about" is unfolded
 * @property {string} replies the task whose canned replies are shown, or ""
 * @property {Record<string, string>} voices by task, as whom the agent speaks
 * @property {{task: string, sid: string} | null} editing a message that is being reworded
 * @property {boolean} alerts
 * @property {Tab} tab
 * @property {Pane} pane
 * @property {boolean} wide whether the panel at the side is shown
 * @property {Filter} filter
 * @property {Line[]} lines
 * @property {number} held how many entries came during the pause
 * @property {boolean} paused
 * @property {string[]} unfolded keys of lines
 * @property {string} copied key of the line that was just copied
 */

/**
 * What the views let a person do.
 * @typedef {object} Deeds
 * @property {(change: Partial<Model>) => void} set
 * @property {(sid: string) => void} choose open a task's chat and take it in hand
 * @property {(sid: string) => void} touch take a chat that is open in hand
 * @property {(sid: string) => void} shut close a chat's column
 * @property {(sid: string, deed: "accept" | "decline" | "take" | "end" | "complete") => void} move
 * @property {(task: Task, text: string) => Promise<boolean>} say
 * @property {(task: Task, text: string) => void} draft
 * @property {(task: Task, message: Message, text: string) => void} reword
 * @property {(task: Task, message: Message) => void} withdraw
 * @property {(activity: string) => void} work
 * @property {(rules: Rule[] | string) => void} befall rules, or the name of a preset
 * @property {() => void} pause
 * @property {() => void} clear
 * @property {(line: Line) => void} copy
 */

export {};
