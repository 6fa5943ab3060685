// @ts-check
/** "Your data": what is kept, item by item, who read it, what it helped, and how to change that. */

import { button, element, words } from "./dom.js";
import { call } from "./identity.js";

/** @typedef {{ category: string, label: string, items: number, times_used: number, idle: boolean }} Total */

export class YourData {
  /**
   * @param {{ choices: import("./choices.js").Choices, token: () => Promise<string>,
   *   tell: (words: string) => void }} parts
   */
  constructor({ choices, token, tell }) {
    this.#choices = choices;
    this.#token = token;
    this.#tell = tell;
  }

  #choices;
  #token;
  #tell;

  async show() {
    const [data, facts, history, log, preferences] = await Promise.all([
      this.#get("/v1/me/data?limit=1"),
      this.#get("/v1/me/facts?limit=50"),
      this.#get("/v1/me/history?limit=20"),
      this.#get("/v1/me/access-log?limit=20"),
      this.#get("/v1/me/preferences"),
    ]);
    this.#choices.sheet(
      "Your data",
      [
        this.#totals(data.overview),
        this.#facts(facts.facts),
        this.#history(history),
        readers(log.entries),
        this.#asking(preferences.why_questions),
      ],
      [
        button("Download all", () => this.#do(() => this.#download())),
        button("What we may use", () => this.#do(() => this.#choices.showAll())),
        button("Close", () => this.#choices.close()),
      ],
    );
  }

  /** @param {{ categories: Total[] } | null} overview */
  #totals(overview) {
    const list = element("ul", { class: "own-list" });
    for (const total of overview?.categories || []) {
      const used = total.idle ? "never used" : `used ${total.times_used} times`;
      list.append(line(total.label, `${total.items} kept, ${used}`));
    }
    return section("What is kept", list, "Nothing is kept about you.");
  }

  /** @param {any[]} facts */
  #facts(facts) {
    const list = element("ul", { class: "own-list" });
    for (const fact of facts) {
      const paused = fact.state === "paused";
      const change = { state: paused ? "active" : "paused" };
      list.append(
        line(
          fact.text,
          `${fact.state}, until ${day(fact.expires_at)}, used ${fact.times_used} times`,
          button(paused ? "Use again" : "Stop using", () => this.#change("PATCH", `/v1/me/facts/${fact.id}`, change)),
          button("Delete", () => this.#change("DELETE", `/v1/me/facts/${fact.id}`)),
        ),
      );
    }
    return section("Reasons you confirmed", list, "None is kept.");
  }

  /** @param {{ items: any[], cursor: string | null }} page */
  #history(page) {
    const list = element("ul", { class: "own-list" });
    for (const item of page.items) {
      list.append(
        line(
          item.label,
          `${words(item.category)}, ${day(item.time)}`,
          button("Delete", () => this.#change("DELETE", `/v1/me/history/${item.id}`)),
        ),
      );
    }
    const made = section("Your history, newest first", list, "Nothing is kept.");
    if (page.cursor) made.append(element("p", { text: "Older entries are in the download." }));
    return made;
  }

  /** @param {string} preference */
  #asking(preference) {
    const silent = preference === "never";
    const why_questions = silent ? "ask" : "never";
    const list = element(
      "ul",
      { class: "own-list" },
      line(
        silent ? "You are never asked why." : "You may be asked why, once a conversation at most.",
        "",
        button(silent ? "Ask again" : "Never ask me why", () => this.#change("PUT", "/v1/me/preferences", { why_questions })),
      ),
    );
    return section("Why-questions", list, "");
  }

  /** @param {string} method @param {string} path @param {unknown} [body] */
  #change(method, path, body) {
    return this.#do(async () => {
      await call(path, { method, token: await this.#token(), body });
      await this.show();
    });
  }

  async #download() {
    const headers = { Authorization: `Bearer ${await this.#token()}` };
    const answer = await fetch("/v1/me/export", { headers, credentials: "omit" });
    if (!answer.ok) throw new Error("The download could not be made. Please try again.");
    const address = URL.createObjectURL(await answer.blob());
    const link = element("a", { href: address, download: "your-data.zip" });
    link.click();
    URL.revokeObjectURL(address);
  }

  /** @param {string} path @returns {Promise<any>} */
  async #get(path) {
    return call(path, { token: await this.#token() });
  }

  /** @param {() => Promise<unknown>} work */
  async #do(work) {
    try {
      await work();
    } catch (error) {
      this.#choices.close();
      this.#tell(error instanceof Error ? error.message : "That did not work.");
    }
  }
}

/** @param {any[]} entries */
function readers(entries) {
  const list = element("ul", { class: "own-list" });
  for (const entry of entries) {
    const what = entry.categories.map(words).join(", ");
    list.append(line(`${words(entry.role)}: ${words(entry.purpose)}`, `${day(entry.at)}, ${entry.items} of ${what}`));
  }
  return section("Who read it, newest first", list, "Nobody has.");
}

/** @param {string} title @param {HTMLElement} list @param {string} none */
function section(title, list, none) {
  const content = list.childElementCount > 0 ? list : element("p", { text: none });
  return element("section", { class: "purpose" }, element("h3", { text: title }), content);
}

/** @param {string} main @param {string} small @param {HTMLElement[]} buttons */
function line(main, small, ...buttons) {
  const text = element("span", { dir: "auto" }, main, small ? element("small", { text: small }) : null);
  return element("li", { class: "category" }, text, element("span", { class: "own-do" }, ...buttons));
}

/** @param {string} moment */
function day(moment) {
  return new Date(moment).toLocaleDateString(undefined, { dateStyle: "medium" });
}
