// @ts-check
/**
 * Who is chatting, and a fresh token for them. In the demo the page plays the company's own backend;
 * otherwise whoever chats is a visitor, registered at the first message and not before.
 */

const RENEWAL = "assistant.renewal";

/** @typedef {{ id: string, name: string, story: string }} DemoCustomer */

/** An answer that was a problem; `code` is one of those that /docs lists. */
export class Problem extends Error {
  /** @param {{ code?: string, detail?: string, title?: string }} members */
  constructor(members) {
    super(members.detail || members.title || "The service did not answer.");
    this.code = members.code || "internal";
  }
}

/**
 * @param {string} path
 * @param {{ method?: string, token?: string, body?: unknown }} [options]
 * @returns {Promise<any>}
 */
export async function call(path, { method = "GET", token, body } = {}) {
  /** @type {Record<string, string>} */
  const headers = {};
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const response = await fetch(path, {
    method,
    headers,
    credentials: "omit",
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const answer = response.status === 204 ? null : await response.json();
  if (!response.ok) throw new Problem(answer || {});
  return answer;
}

/** A customer of the demo. */
export class DemoIdentity {
  /** @param {DemoCustomer} customer */
  constructor(customer) {
    this.customer = customer;
    this.isVisitor = false;
  }

  /** @returns {Promise<string>} */
  async token() {
    const body = { customer: this.customer.id };
    return (await call("/demo/token", { method: "POST", body })).token;
  }
}

/** Somebody without a token of the company. Nothing is stored before they write. */
export class VisitorIdentity {
  constructor() {
    this.isVisitor = true;
  }

  /** @returns {boolean} whether this browser has chatted before; call after an interaction only */
  get isKnown() {
    return localStorage.getItem(RENEWAL) !== null;
  }

  /** @returns {Promise<string>} */
  async token() {
    const renewal = localStorage.getItem(RENEWAL);
    try {
      return await this.#visit(renewal ? { renewal } : {});
    } catch (error) {
      if (!renewal || !(error instanceof Problem) || error.code !== "not_authenticated") throw error;
      localStorage.removeItem(RENEWAL);
      return this.#visit({});
    }
  }

  /** @param {{ renewal?: string }} body */
  async #visit(body) {
    const visit = await call("/v1/visitors", { method: "POST", body });
    localStorage.setItem(RENEWAL, visit.renewal);
    return visit.token;
  }
}
