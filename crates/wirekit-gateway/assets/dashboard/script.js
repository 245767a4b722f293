
"use strict";
(() => {
  const KEPT = 300; // samples of a plot, one a second
  const ROWS = 50; // servers on a page
  const API = "/api/v1";
  const find = (id) => document.getElementById(id);

  let token = sessionStorage.getItem("token");
  let socket = null;
  let pause = 1; // seconds until the next attempt
  let before = null; // the message before this one
  let page = 0;
  let shown = ""; // the keys of the rows that are there
  let failed = -1;
  let failuresDue = false;
  const servers = new Map();
  const samples = [];
  const open = new Set(); // references of stories that are open

  /** An element with attributes and children. Text stays text, whatever it says. */
  const make = (name, attributes = {}, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (key === "click") element.addEventListener("click", value);
      else element.setAttribute(key, value);
    }
    element.append(...children.map((child) => (child instanceof Node ? child : String(child ?? ""))));
    return element;
  };
  /** Control characters and those that turn the direction of text would hide what is there. */
  const plain = (text) =>
    String(text ?? "").replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
      (char) => "\\u{" + char.codePointAt(0).toString(16) + "}");
  const put = (element, text) => {
    if (element.textContent !== text) element.textContent = text;
  };
  const say = (text) => {
    put(find("said"), plain(text));
    clearTimeout(say.timer);
    say.timer = setTimeout(() => put(find("said"), ""), 10000);
  };
  const status = (text, kind) => {
    put(find("status"), text);
    find("status").className = kind;
  };

  // The API

  const ask = async (method, path, body, tag) => {
    const headers = { Authorization: "Bearer " + token };
    if (body !== undefined) headers["Content-Type"] = "application/merge-patch+json";
    if (tag) headers["If-Match"] = tag;
    const init = { method, headers, cache: "no-store", credentials: "omit", redirect: "error" };
    if (body !== undefined) init.body = JSON.stringify(body);
    const answer = await fetch(path, init);
    let json = null;
    try {
      json = await answer.json();
    } catch { /* there is no content */ }
    return { status: answer.status, tag: answer.headers.get("ETag"), json };
  };
  const serverPath = (server) =>
    `${API}/upstreams/${encodeURIComponent(server.upstream)}/servers/${encodeURIComponent(server.id)}`;

  // What is told

  const askToken = (why) => {
    if (why) put(find("ask-why"), why);
    status("waits for the token", "");
    if (!find("ask").open) find("ask").showModal();
    find("token").focus();
  };
  find("ask").addEventListener("close", () => {
    token = find("token").value.trim();
    find("token").value = "";
    if (!token) return askToken();
    sessionStorage.setItem("token", token);
    connect();
  });
  find("forget").addEventListener("click", () => {
    sessionStorage.removeItem("token");
    location.reload();
  });

  const connect = () => {
    status("connects", "");
    const scheme = location.protocol === "https:" ? "wss://" : "ws://";
    const mine = (socket = new WebSocket(scheme + location.host + "/live"));
    let isLive = false;
    mine.onopen = () => mine.send(JSON.stringify({ token }));
    mine.onmessage = ({ data }) => {
      if (!isLive) {
        [isLive, pause, before] = [true, 1, null];
        servers.clear();
        find("forget").hidden = false;
      }
      receive(JSON.parse(data));
    };
    mine.onclose = ({ code }) => {
      if (socket !== mine) return;
      if (code === 4401) {
        sessionStorage.removeItem("token");
        return askToken("The gateway has another token. It stands in the file that [control] token_file names.");
      }
      cutOff(code === 4429 ? 60 : pause);
      pause = Math.min(pause * 2, 30);
    };
  };
  const cutOff = (seconds) => {
    const end = Date.now() + seconds * 1000 * (0.75 + Math.random() / 2);
    const count = () => {
      const left = Math.ceil((end - Date.now()) / 1000);
      if (left <= 0) return connect();
      status(`cut off; what is here is old; tries again in ${left} s`, "cut");
      setTimeout(count, 250);
    };
    count();
  };

  const receive = (now) => {
    status(now.draining ? "live; the gateway stops" : "live", now.draining ? "cut" : "live");
    for (const server of now.servers) servers.set(JSON.stringify([server.upstream, server.id]), server);
    for (const key of now.gone) servers.delete(JSON.stringify(key));
    if (before && now.requests.total >= before.requests.total) note(now);
    before = now;
    numbers(now);
    showServers();
    upstreams(now.upstreams);
    if (now.requests.failed !== failed) {
      failed = now.requests.failed;
      failuresDue = true;
    }
    if (failuresDue) failures();
  };

  /** What happened since the message before. */
  const note = (now) => {
    const seconds = Math.max(now.seconds - before.seconds, 0.001);
    const counts = now.latency.counts.map((count, at) => count - before.latency.counts[at]);
    samples.push({
      rate: (now.requests.total - before.requests.total) / seconds,
      bad: (now.requests.failed - before.requests.failed) / seconds,
      half: quantile(counts, now.latency.bounds_us, 0.5),
      most: quantile(counts, now.latency.bounds_us, 0.99),
    });
    if (samples.length > KEPT) samples.shift();
    plot("rate", ["rate", "bad"], (value) => value.toFixed(value < 10 ? 1 : 0));
    plot("time", ["half", "most"], time);
  };
  /** The upper bound of the bucket that so much of all lies in. */
  const quantile = (counts, bounds, part) => {
    const all = counts.reduce((sum, count) => sum + count, 0);
    if (all === 0) return null;
    let sum = 0;
    const at = counts.findIndex((count) => (sum += count) >= all * part);
    return (bounds[Math.min(at, bounds.length - 1)] ?? 0) / 1e6;
  };
  const time = (seconds) => (seconds < 1 ? `${+(seconds * 1000).toFixed(2)} ms` : `${seconds} s`);
  const duration = (seconds) => (seconds === null ? "-" : `≤ ${time(seconds)}`);

  const plot = (id, keys, text) => {
    const values = samples.flatMap((sample) => keys.map((key) => sample[key] ?? 0));
    const max = Math.max(...values, 0);
    const svg = find(id);
    keys.forEach((key, at) => {
      let line = svg.children[at];
      if (!line) {
        line = document.createElementNS("http://www.w3.org/2000/svg", "polyline");
        line.setAttribute("class", at === 0 ? "all" : "bad");
        svg.append(line);
      }
      const start = KEPT - samples.length;
      const points = samples.map((sample, x) =>
        `${start + x},${(97 - (max > 0 ? ((sample[key] ?? 0) / max) * 94 : 0)).toFixed(1)}`);
      line.setAttribute("points", points.join(" "));
    });
    put(find(id + "-max"), "at most " + text(max));
  };

  const numbers = (now) => {
    const last = samples.at(-1);
    const all = [
      ["Requests a second", last ? last.rate.toFixed(last.rate < 10 ? 1 : 0) : "-"],
      ["Half took", last ? duration(last.half) : "-"],
      ["Requests", now.requests.total.toLocaleString("en")],
      ["Failed", now.requests.failed.toLocaleString("en")],
      ["Connections", now.connections.toLocaleString("en")],
      ["Servers", servers.size.toLocaleString("en")],
    ];
    const list = find("numbers");
    all.forEach(([name, value], at) => {
      if (!list.children[at]) list.append(make("div", {}, make("dt", {}, name), make("dd")));
      put(list.children[at].lastChild, value);
    });
  };

  // Servers

  const kind = (server) => (server.failing || server.well === false ? "failing" : server.state);
  const stateText = (server) => {
    // One that is out by its state is not to be had, and has not failed.
    const fails = server.failing && ["up", "backup"].includes(server.state);
    const more = [fails ? "fails" : "", server.well === false ? "is not well" : ""];
    return [server.state, ...more].filter(Boolean).join(", ");
  };
  const wanted = () => {
    const words = find("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
    const has = (server) => {
      const text = `${server.upstream} ${server.id} ${server.address} ${stateText(server)}`.toLowerCase();
      return words.every((word) => text.includes(word));
    };
    return [...servers.entries()].filter(([, server]) => has(server))
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  };
  const showServers = () => {
    const all = wanted();
    const pages = Math.max(Math.ceil(all.length / ROWS), 1);
    page = Math.min(page, pages - 1);
    const rows = all.slice(page * ROWS, (page + 1) * ROWS);
    const body = find("servers");
    const keys = JSON.stringify(rows.map(([key]) => key));
    if (keys !== shown) {
      // Who is on a button stays on it.
      const held = body.contains(document.activeElement) ? document.activeElement.dataset.name : null;
      body.replaceChildren(...rows.map(([key]) => row(key)));
      if (held) [...body.querySelectorAll("button")].find((button) => button.dataset.name === held)?.focus();
      shown = keys;
    }
    rows.forEach(([, server], at) => fill(body.children[at], server));
    put(find("page"), `page ${page + 1} of ${pages}, ${all.length} ${all.length === 1 ? "server" : "servers"}`);
    find("previous").disabled = page === 0;
    find("next").disabled = page + 1 >= pages;
    find("no-servers").hidden = all.length > 0;
  };
  const isOpen = (button) => button.getAttribute("aria-disabled") !== "true";
  const row = (key) => {
    const button = (what) => {
      const name = `${what} ${key}`;
      const element = make("button", { type: "button", click: () => isOpen(element) && change(servers.get(key), what) }, what);
      element.dataset.name = name;
      return element;
    };
    const actions = ["Up", "Drain", "Down", "Weight"].flatMap((what) => [button(what), " "]);
    return make("tr", {},
      make("td"), make("td"), make("td"), make("td", { class: "number" }), make("td", { class: "number" }),
      make("td", { class: "wide" }), make("td", { class: "actions" }, ...actions));
  };
  const fill = (row, server) => {
    const cells = row.children;
    const texts = [server.upstream, server.id, stateText(server), server.active, server.weight, server.address];
    texts.forEach((text, at) => put(cells[at], plain(text)));
    cells[2].className = "tight " + kind(server);
    for (const button of cells[6].querySelectorAll("button")) {
      // Disabled for who looks and listens, and not for the focus, which would be lost by the click that made it so.
      button.setAttribute("aria-disabled", String(button.textContent.toLowerCase() === server.state));
      button.setAttribute("aria-label", `${button.textContent} ${plain(server.id)} of ${plain(server.upstream)}`);
    }
  };
  const turn = (by) => {
    page = Math.max(page + by, 0);
    showServers();
  };
  find("previous").addEventListener("click", () => turn(-1));
  find("next").addEventListener("click", () => turn(1));
  find("filter").addEventListener("input", () => {
    page = 0;
    showServers();
  });
  document.addEventListener("keydown", (event) => {
    const types = event.target.matches("input, textarea");
    if (event.key === "/" && !types && !document.querySelector("dialog[open]")) {
      event.preventDefault();
      find("filter").focus();
    }
    if (event.key === "Escape") say("");
  });

  const WHAT = {
    Up: { body: { state: "up" }, text: "It gets requests." },
    Drain: { body: { state: "drain" }, text: "It gets no new users; those that it has stay until they are done." },
    Down: { body: { state: "down" }, text: "It gets no requests from now on." },
    Weight: { body: null, text: "How much it gets in relation to the others." },
  };
  /** Asks, and changes what is still as it was when it was asked about. */
  const change = async (server, what) => {
    try {
      const found = await ask("GET", serverPath(server));
      if (found.status !== 200) return say(refusal(found));
      const now = found.json;
      const { text } = WHAT[what];
      const names = `${plain(server.id)} of ${plain(server.upstream)}`;
      put(find("confirm-title"), `${what}: ${names}`);
      put(find("confirm-text"), `${text} It is ${now.state} with weight ${now.weight} at ${plain(now.address)}, and has ${server.active} requests.`);
      put(find("yes"), what);
      find("confirm-number").hidden = what !== "Weight";
      find("weight").value = now.weight;
      find("weight").disabled = what !== "Weight";
      const dialog = find("confirm");
      dialog.returnValue = "no";
      const closed = new Promise((done) => dialog.addEventListener("close", done, { once: true }));
      dialog.showModal();
      await closed;
      if (dialog.returnValue !== "yes") return;
      const body = WHAT[what].body ?? { weight: Number(find("weight").value) };
      const answer = await ask("PATCH", serverPath(server), body, found.tag);
      if (answer.status === 412) return say(`Somebody else changed ${names} meanwhile: look at it again.`);
      if (answer.status !== 200) return say(refusal(answer));
      say(`${names} is ${answer.json.state} with weight ${answer.json.weight}.`);
    } catch (error) {
      say(`The gateway does not answer: ${error.message}`);
    }
  };
  const refusal = ({ status, json }) => `${status}: ${json?.detail ?? json?.reason ?? "refused"}`;

  // Failures

  const failures = async () => {
    if (failures.runs) return;
    failures.runs = true;
    failuresDue = false;
    try {
      const answer = await ask("GET", `${API}/requests?limit=50`);
      if (answer.status === 200) showFailures(answer.json.items);
    } catch {
      failuresDue = true;
    }
    setTimeout(() => (failures.runs = false), 2000);
  };
  const showFailures = (items) => {
    const body = find("failures");
    const held = body.contains(document.activeElement) ? document.activeElement.dataset.reference : null;
    const known = new Map();
    for (const row of body.children) known.set(row.dataset.reference, [...(known.get(row.dataset.reference) ?? []), row]);
    body.replaceChildren(...items.flatMap((item) => known.get(item.reference) ?? failure(item)));
    if (held) [...body.querySelectorAll("button")].find((button) => button.dataset.reference === held)?.focus();
    find("no-failures").hidden = items.length > 0;
  };
  const failure = (item) => {
    const server = [item.upstream, item.server].filter(Boolean).join("/");
    const told = make("tr", { hidden: "" }, make("td", { colspan: "6" }));
    const button = make("button", { type: "button", "aria-expanded": "false" }, "Show");
    button.dataset.reference = item.reference;
    button.title = `what happened to ${item.reference}`;
    const turn = (isOpen) => {
      told.hidden = !isOpen;
      button.setAttribute("aria-expanded", String(isOpen));
      put(button, isOpen ? "Hide" : "Show");
      if (isOpen && !told.firstChild.firstChild) told.firstChild.append(story(item));
      open[isOpen ? "add" : "delete"](item.reference);
    };
    button.addEventListener("click", () => turn(told.hidden));
    if (open.has(item.reference)) turn(true);
    const request = `${item.method ?? ""} ${item.host ?? ""}${item.path ?? ""}${item.has_query ? "?…" : ""}`;
    const row = make("tr", {},
      make("td", { class: "tight narrow" }, new Date(item.time).toLocaleTimeString()),
      make("td", { class: "number" }, item.status ?? "-"),
      make("td", { class: "tight" }, plain(item.reason)),
      make("td", {}, plain(request)),
      make("td", { class: "wide" }, plain(server)),
      make("td", { class: "tight" }, button));
    row.dataset.reference = told.dataset.reference = item.reference;
    return [row, told];
  };
  const story = (item) => {
    const list = make("dl");
    const line = (name, value) => {
      if (value !== undefined && value !== null) list.append(make("dt", {}, name), make("dd", {}, plain(value)));
    };
    line("reference", item.reference);
    line("time", item.time);
    line("why", item.text);
    line("phase", item.phase);
    line("client", item.remote);
    line("site", item.site);
    line("location", item.location);
    line("took", `${item.seconds.whole} s`);
    line("waited", item.seconds.wait && `${item.seconds.wait} s`);
    line("trace", item.trace);
    item.tries.forEach((attempt, at) => line(`try ${at + 1}`,
      `${attempt.server} at ${attempt.address}: ${attempt.reason} in ${attempt.phase}, after ${attempt.seconds.whole} s`));
    return list;
  };

  // Lists

  const table = (details, keys, items) => {
    const [head, body] = [details.querySelector("thead"), details.querySelector("tbody")];
    const text = JSON.stringify([keys, items]);
    if (details.dataset.text === text) return;
    details.dataset.text = text;
    head.replaceChildren(make("tr", {}, ...keys.map((key) => make("th", { scope: "col" }, key.replaceAll("_", " ")))));
    const cell = (value) => (Array.isArray(value) ? value.join(", ") : value ?? "-");
    body.replaceChildren(...items.map((item) =>
      make("tr", {}, ...keys.map((key) => make("td", {}, plain(cell(item[key])))))));
  };
  const upstreams = (items) => {
    if (find("upstreams").open) table(find("upstreams"), ["name", "protocol", "balance", "waiting", "idle"], items);
  };
  find("upstreams").addEventListener("toggle", () => before && upstreams(before.upstreams));

  const COLUMNS = {
    sessions: ["id", "upstream", "server", "used"],
    connections: ["id", "remote", "listener", "protocol", "activity", "requests", "upstream", "server", "since"],
    certificates: ["name", "names", "source", "issuer", "not_after", "persisted"],
  };
  const load = async (name) => {
    const details = find(name);
    if (!details.open || !token) return;
    try {
      const answer = await ask("GET", `${API}/${name}?limit=200`);
      const items = answer.json?.items ?? [];
      if (answer.status === 200) table(details, COLUMNS[name], items);
      const total = answer.json?.total ?? items.length;
      put(details.lastElementChild, answer.status === 200
        ? (total > items.length ? `${items.length} of ${total}` : items.length === 0 ? "None." : "")
        : refusal(answer));
    } catch { /* the status says that it is cut off */ }
  };
  for (const name of Object.keys(COLUMNS)) {
    find(name).addEventListener("toggle", () => load(name));
    setInterval(() => load(name), 5000);
  }

  token ? connect() : askToken();
})();
