// @ts-check
/**
 * The chat socket that stays: hello, resume, renewal of the token, reconnecting with patience.
 *
 * Events: `frame` (detail: a frame of the server), `state` (detail: "connecting" | "open" |
 * "waiting" | "closed"). It keeps no messages; the conversation knows which turns want an answer.
 */

const FIRST_WAIT = 500;
const LONGEST_WAIT = 15_000;
const PING_EVERY = 25_000;
const PONG_WITHIN = 8_000;
const EXPIRED = 4401;

/** @typedef {{ type: string, [member: string]: any }} Frame */

export class ChatConnection extends EventTarget {
  /** @param {{ token: () => Promise<string>, lastSeen: () => number | undefined }} options */
  constructor({ token, lastSeen }) {
    super();
    this.state = "closed";
    this.#token = token;
    this.#lastSeen = lastSeen;
  }

  #token;
  #lastSeen;
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {string | undefined} */
  #conversation;
  #wanted = false;
  #failures = 0;
  /** @type {number | undefined} */
  #retry;
  /** @type {number | undefined} */
  #ping;
  /** @type {number | undefined} */
  #pong;

  /** Connect, and stay connected until `close`. */
  open() {
    if (this.#wanted) return;
    this.#wanted = true;
    addEventListener("online", this.#hurry);
    document.addEventListener("visibilitychange", this.#hurry);
    this.#connect();
  }

  /** End for good. */
  close() {
    this.#wanted = false;
    removeEventListener("online", this.#hurry);
    document.removeEventListener("visibilitychange", this.#hurry);
    clearTimeout(this.#retry);
    this.#socket?.close(1000);
    this.#socket = null;
    this.#say("closed");
  }

  /** @param {Frame} frame @returns {boolean} whether it could be sent now */
  send(frame) {
    if (this.state !== "open" || this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  async #connect() {
    this.#say("connecting");
    let token;
    try {
      token = await this.#token();
    } catch (error) {
      this.dispatchEvent(new CustomEvent("refused", { detail: error }));
      this.#later();
      return;
    }
    if (!this.#wanted) return;
    const address = new URL("/v1/chat", location.href);
    address.protocol = address.protocol.replace("http", "ws");
    const socket = new WebSocket(address);
    this.#socket = socket;
    socket.onopen = () => {
      const last_seen = this.#lastSeen();
      const conversation = this.#conversation;
      const gpc = Reflect.get(navigator, "globalPrivacyControl") === true;
      socket.send(JSON.stringify({ type: "hello", token, last_seen, conversation, gpc }));
    };
    socket.onmessage = (event) => this.#receive(socket, event.data);
    socket.onclose = (event) => this.#closed(socket, event.code);
  }

  /** @param {WebSocket} socket @param {string} text */
  #receive(socket, text) {
    if (socket !== this.#socket) return;
    clearTimeout(this.#pong);
    const frame = /** @type {Frame} */ (JSON.parse(text));
    if (frame.type === "welcome") {
      this.#conversation = frame.conversation;
      this.#failures = 0;
      this.#keepAlive();
      this.#say("open");
    }
    if (frame.type === "notice" && frame.code === "token_expiring") this.#renew();
    if (frame.type !== "pong") this.dispatchEvent(new CustomEvent("frame", { detail: frame }));
  }

  async #renew() {
    try {
      this.send({ type: "token", token: await this.#token() });
    } catch {
      // The socket closes with 4401 and the next hello fetches another token.
    }
  }

  #keepAlive() {
    clearInterval(this.#ping);
    this.#ping = setInterval(() => {
      if (!this.send({ type: "ping" })) return;
      this.#pong = setTimeout(() => this.#socket?.close(4000), PONG_WITHIN);
    }, PING_EVERY);
  }

  /** @param {WebSocket} socket @param {number} code */
  #closed(socket, code) {
    if (socket !== this.#socket) return;
    clearInterval(this.#ping);
    clearTimeout(this.#pong);
    this.#socket = null;
    if (!this.#wanted) return;
    if (code === EXPIRED && this.#failures === 0) this.#failures = 1;
    this.#later();
  }

  #later() {
    if (!this.#wanted) return;
    this.#say("waiting");
    const longest = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#failures++);
    this.#retry = setTimeout(() => this.#connect(), longest * (0.5 + Math.random() / 2));
  }

  /** Back online or looked at again: no reason to wait any longer. */
  #hurry = () => {
    if (this.state !== "waiting" || document.hidden) return;
    clearTimeout(this.#retry);
    this.#connect();
  };

  /** @param {string} state */
  #say(state) {
    this.state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: state }));
  }
}
