"use strict";
// Data and texts are read as JSON and shown as text nodes; nothing of them is ever parsed as HTML.
// `state` holds what is filtered and chosen and is kept in the address after #, so that a view can
// be sent to others. Families are buttons in columns of organisations; the lines of descent are
// drawn over them for the card under the pointer or the chosen one, or all of them where asked.
const byId = id => document.getElementById(id);
const data = JSON.parse(byId("data").textContent);
const texts = JSON.parse(byId("texts").textContent);
const GB = 1e9;
const MEMORIES = [2, 4, 8, 16, 24, 32, 48, 64, 96, 128, 256];
const FIELDS = ["q", "org", "speaks", "licence", "memory"];
const start = { q: "", org: "", speaks: "", licence: "", memory: "", kind: "", runs: "", family: "", lang: "" };
const state = { ...start };
const families = new Map(data.families.map(f => [f.id, f]));
const chips = new Map();
let hovered = "";

// Small helpers.

function text(key, ...values) {
  const template = texts[state.lang][key];
  return values.reduce((t, value, i) => t.replace(`{${i}}`, () => value), template);
}

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value);
  }
  element.append(...children.filter(child => child !== null));
  return element;
}

function link(label, url) {
  return url.startsWith("https://")
    ? make("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, label)
    : document.createTextNode(label);
}

const dot = kind => make("span", { class: "dot", style: `--kind: var(--${kind})` });

function billions(parameters) {
  const value = parameters / 1e9;
  return String(Number(value.toFixed(value < 0.01 ? 3 : value < 0.1 ? 2 : 1))) + "B";
}

function sizes(family) {
  const all = family.models.map(m => m.parameters).filter(Boolean).sort((a, b) => a - b);
  if (!all.length) return "";
  const [least, most] = [billions(all[0]), billions(all[all.length - 1])];
  return least === most ? least : `${least.slice(0, -1)}–${most}`;
}

const bytes = n => (n < 9.95 * GB ? (n / GB).toFixed(1) : Math.round(n / GB)) + " GB";
const kindsOf = family => data.kinds.filter(kind => family.models.some(m => m.kind === kind));
const licenceOf = (family, model) => model.licence || family.licence || "";
const languagesOf = (family, model) => (model.languages.length ? model.languages : family.languages);
const runs = (family, model) => data.runs.includes(model.architecture || family.architecture);
const memoryOf = (model, quantization) =>
  model.parameters * quantization.bytesPerParameter + data.overheadBytes;

// The best quantization for the memory that was chosen, the smallest without a choice.
function quantizationOf(model) {
  const fitting = data.quantizations.filter(q => memoryOf(model, q) <= Number(state.memory) * GB);
  return fitting[0] || data.quantizations[data.quantizations.length - 1];
}

// Filters.

function matches(family, model) {
  const words = state.q.toLowerCase().split(/\s+/).filter(Boolean);
  const where = [family.name, family.group, family.organisation, model.name].join(" ").toLowerCase();
  const smallest = data.quantizations[data.quantizations.length - 1];
  return words.every(word => where.includes(word))
    && (!state.kind || model.kind === state.kind)
    && (!state.org || family.organisation === state.org)
    && (!state.speaks || languagesOf(family, model).includes(state.speaks))
    && (!state.licence || licenceOf(family, model) === state.licence)
    && (!state.runs || runs(family, model))
    && (!state.memory
      || (model.parameters && memoryOf(model, smallest) <= Number(state.memory) * GB));
}

const isFiltered = () => [...FIELDS, "kind", "runs"].some(name => state[name]);
const matching = family => family.models.filter(model => matches(family, model));

function filter() {
  let familyCount = 0;
  let modelCount = 0;
  for (const family of data.families) {
    const models = matching(family).length;
    const shown = models > 0 || !isFiltered();
    chips.get(family.id).parentElement.hidden = !shown;
    familyCount += shown ? 1 : 0;
    modelCount += models;
  }
  for (const section of byId("organisations").children) {
    section.hidden = [...section.querySelectorAll("li")].every(item => item.hidden);
  }
  byId("count").textContent = text("count", familyCount, modelCount);
  showDataSets();
  byId("nothing").hidden = familyCount > 0 || !byId("data-sets").hidden;
  byId("kinds").querySelectorAll("button").forEach(button =>
    button.setAttribute("aria-pressed", String(button.dataset.kind === state.kind)));
  remember();
  draw();
}

function remember() {
  const parameters = new URLSearchParams(Object.entries(state).filter(([, value]) => value));
  history.replaceState(null, "", "#" + parameters);
}

function recall() {
  const parameters = new URLSearchParams(location.hash.slice(1));
  for (const name of Object.keys(start)) state[name] = parameters.get(name) || "";
  if (!texts[state.lang]) state.lang = navigator.language.startsWith("zh") ? "zh" : "en";
  if (!families.has(state.family)) state.family = "";
  if (!data.kinds.includes(state.kind)) state.kind = "";
}

// The map.

function common(values) {
  const counts = new Map();
  values.filter(Boolean).forEach(value => counts.set(value, (counts.get(value) || 0) + 1));
  return [...counts].sort((a, b) => b[1] - a[1]).map(([value]) => value);
}

function chip(family) {
  const models = family.models.length;
  const button = make("button", {
    type: "button", class: "family", "aria-controls": "panel", "aria-expanded": "false",
    onclick: () => choose(state.family === family.id ? "" : family.id),
    onmouseenter: () => hover(family.id), onmouseleave: () => hover(""),
    onfocus: () => hover(family.id), onblur: () => hover(""),
  }, make("b", {}, family.name),
  make("small", {}, ...kindsOf(family).map(dot),
    [sizes(family), models > 1 ? `×${models}` : ""].filter(Boolean).join(" ")));
  chips.set(family.id, button);
  return make("li", {}, button);
}

function build() {
  for (const name of common(data.families.map(f => f.organisation))) {
    const own = data.families.filter(f => f.organisation === name);
    byId("organisations").append(make("section", { class: "organisation" },
      make("h2", {}, name), make("ul", {}, ...own.map(chip))));
  }
}

// Data sets are found by words, organisation, language and licence; what is asked of models only
// hides them all.
function matchesDataSet(set) {
  const words = state.q.toLowerCase().split(/\s+/).filter(Boolean);
  const where = [set.name, set.organisation || "", set.kind].join(" ").toLowerCase();
  return !state.kind && !state.memory && !state.runs
    && words.every(word => where.includes(word))
    && (!state.org || set.organisation === state.org)
    && (!state.speaks || set.languages.includes(state.speaks))
    && (!state.licence || set.licence === state.licence);
}

function showDataSets() {
  const sets = data.dataSets.filter(matchesDataSet);
  byId("data-sets").hidden = sets.length === 0;
  byId("data-sets").querySelector("ul").replaceChildren(...sets.map(dataSetCard));
}

function dataSetCard(set) {
  const facts = [set.organisation, set.kind, set.size, languageNames(set.languages), set.licence];
  return make("li", { class: "model" },
    make("h3", {}, set.name),
    make("p", { class: "soft" }, facts.filter(Boolean).join(" · ")),
    set.note ? make("p", {}, set.note) : null,
    make("div", { class: "links" },
      set.huggingface
        ? link(`Hugging Face: ${set.huggingface}`, `https://huggingface.co/datasets/${set.huggingface}`) : null,
      set.modelscope
        ? link(`ModelScope: ${set.modelscope}`, `https://modelscope.cn/datasets/${set.modelscope}`) : null,
      ...[set.source, ...set.alsoSeen].map(page => link(page, page))));
}

// Families that a family was tuned from, directly or not (or, turned around, those tuned from it).
function kin(id, from, to) {
  const found = new Set([id]);
  for (let size = 0; size !== found.size;) {
    size = found.size;
    data.edges.filter(e => found.has(e[from])).forEach(e => found.add(e[to]));
  }
  return found;
}

function draw() {
  const focus = hovered || state.family;
  const above = focus ? kin(focus, "to", "from") : new Set();
  const below = focus ? kin(focus, "from", "to") : new Set();
  chips.forEach((button, id) =>
    button.classList.toggle("kin", id !== focus && (above.has(id) || below.has(id))));
  const curves = byId("curves");
  curves.replaceChildren();
  curves.classList.toggle("chosen", Boolean(focus));
  const all = byId("lines").checked && innerWidth > 900;
  const origin = byId("map").getBoundingClientRect();
  for (const edge of data.edges) {
    const isKin = (above.has(edge.from) && above.has(edge.to))
      || (below.has(edge.from) && below.has(edge.to));
    const [a, b] = [chips.get(edge.from), chips.get(edge.to)].map(c => c.getBoundingClientRect());
    if ((isKin || all) && a.width && b.width) curves.append(curve(a, b, origin, isKin));
  }
}

// From the side of a box to the nearer side of another one.
function curve(a, b, origin, isKin) {
  const right = b.left + b.width / 2 > a.left + a.width / 2;
  const column = Math.abs(a.left - b.left) < 60;
  const x1 = (right ? a.right : a.left) - origin.left;
  const x2 = (right !== column ? b.left : b.right) - origin.left;
  const [y1, y2] = [a, b].map(box => box.top + box.height / 2 - origin.top);
  const bend = (column ? 40 : Math.max(30, Math.abs(x2 - x1) / 2)) * (right ? 1 : -1);
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 + (column ? bend : -bend)} ${y2} ${x2} ${y2}`);
  if (isKin) path.setAttribute("class", "kin");
  return path;
}

function hover(id) {
  hovered = id;
  draw();
}

// The panel.

function choose(id) {
  const before = state.family;
  state.family = id;
  hovered = "";
  show();
  remember();
  if (id) {
    chips.get(id).scrollIntoView({ block: "nearest" });
    byId("panel-title").focus({ preventScroll: true });
  } else chips.get(before)?.focus();
}

function show() {
  chips.forEach((button, id) => button.setAttribute("aria-expanded", String(id === state.family)));
  const panel = byId("panel");
  panel.hidden = !state.family;
  panel.replaceChildren();
  if (state.family) panel.append(...about(families.get(state.family)));
  panel.scrollTop = 0;
  draw();
}

function languageNames(codes) {
  const named = new Intl.DisplayNames([state.lang], { type: "language" });
  return codes.map(code => named.of(code)).join(state.lang === "zh" ? "、" : ", ");
}

function about(family) {
  const facts = [
    ["organisation", family.organisation],
    ["licence", [family.licence, family.licenceNote].filter(Boolean).join("; ")],
    ["sizes", sizes(family)],
    ["context", family.context ? text("tokens", family.context.toLocaleString(state.lang)) : ""],
    ["languages", languageNames(family.languages)],
    ["architecture", family.architecture || ""],
  ];
  return [
    make("div", { class: "head" },
      make("h2", { id: "panel-title", tabindex: "-1" }, family.name),
      make("button", { type: "button", class: "close", onclick: () => choose("") }, text("close"))),
    make("dl", {}, ...facts.flatMap(([key, value]) =>
      [make("dt", {}, text(key)), make("dd", {}, value || text("notSaid"))])),
    make("p", { class: "soft" }, text(family.models.some(m => runs(family, m)) ? "runs" : "runsNot")),
    family.note ? make("p", {}, family.note) : null,
    ...relatives("tunedFrom", data.edges.filter(e => e.to === family.id).map(e => e.from)),
    ...relatives("tunedInto", data.edges.filter(e => e.from === family.id).map(e => e.to)),
    make("h3", {}, text("models")),
    ...family.models.map(model => modelCard(family, model)),
    make("h3", {}, text("sources")),
    ...[family.source, ...family.alsoSeen].map(page => make("p", { class: "links" }, link(page, page))),
  ].filter(node => node !== null);
}

function relatives(key, ids) {
  const buttons = ids.map(id => make("button",
    { type: "button", class: "family", onclick: () => choose(id) }, families.get(id).name));
  return buttons.length
    ? [make("h3", {}, text(key)), make("div", { class: "kin-list" }, ...buttons)] : [];
}

function modelCard(family, model) {
  const quantization = quantizationOf(model);
  const facts = [
    model.parameters ? text("parameters", billions(model.parameters)) : "",
    model.parameters ? text("memory", bytes(memoryOf(model, quantization)), quantization.name) : "",
    model.context ? text("tokens", model.context.toLocaleString(state.lang)) : "",
    model.licence || "",
    model.tunedFrom ? text("from", model.tunedFrom) : "",
  ].filter(Boolean).join(" · ");
  const links = [
    model.huggingface ? link(`Hugging Face: ${model.huggingface}`, `https://huggingface.co/${model.huggingface}`) : null,
    model.modelscope ? link(`ModelScope: ${model.modelscope}`, `https://modelscope.cn/models/${model.modelscope}`) : null,
    model.gguf ? link(`GGUF: ${model.gguf}`, `https://huggingface.co/${model.gguf}`) : null,
  ];
  const repository = model.gguf || model.modelscope || model.huggingface;
  return make("div", { class: matches(family, model) ? "model" : "model off" },
    make("h4", {}, model.name,
      make("span", { style: `--kind: var(--${model.kind})` }, text(`kind.${model.kind}`))),
    make("p", { class: "soft" }, facts),
    model.note ? make("p", {}, model.note) : null,
    make("div", { class: "links" }, ...links),
    repository ? command(`kawi pull ${repository}${model.gguf ? ":" + quantization.name : ""}`) : null);
}

function command(line) {
  const button = make("button", {
    type: "button", class: "copy", "aria-label": text("copyOf", line), onclick: () => copy(line, button),
  }, text("copy"));
  return make("div", { class: "command" }, make("code", {}, line), button);
}

async function copy(line, button) {
  try {
    await navigator.clipboard.writeText(line);
  } catch {
    const area = make("textarea", { readonly: "" });
    area.value = line;
    button.after(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  button.textContent = text("copied");
  byId("count").textContent = `${text("copied")}: ${line}`;
  setTimeout(() => { button.textContent = text("copy"); }, 1500);
}

// Language, controls, keys.

function options(id, values) {
  byId(id).replaceChildren(make("option", { value: "" }, text("any")),
    ...values.map(([value, label]) => make("option", { value }, label)));
  if (values.every(([value]) => value !== state[id])) state[id] = "";
  byId(id).value = state[id];
}

function speak() {
  document.documentElement.lang = state.lang;
  document.title = `Kawi: ${text("title")}`;
  document.querySelectorAll("[data-text]").forEach(e => { e.textContent = text(e.dataset.text); });
  byId("language").textContent = text("other");
  byId("language").lang = state.lang === "en" ? "zh" : "en";
  byId("q").placeholder = text("searchHint");
  const same = values => values.map(value => [value, value]);
  const named = new Intl.DisplayNames([state.lang], { type: "language" });
  const models = data.families.flatMap(f => f.models.map(m => [f, m]));
  options("org", same(common(data.families.map(f => f.organisation))));
  options("licence", same(common(models.map(([f, m]) => licenceOf(f, m)))));
  options("speaks", common(models.flatMap(([f, m]) => languagesOf(f, m))).map(code => [code, named.of(code)]));
  options("memory", MEMORIES.map(size => [String(size), `${size} GB`]));
  byId("kinds").setAttribute("aria-label", text("kind"));
  byId("kinds").replaceChildren(...data.kinds.map(kind => make("button", {
    type: "button", "data-kind": kind,
    onclick: () => { state.kind = state.kind === kind ? "" : kind; filter(); },
  }, dot(kind), text(`kind.${kind}`))));
  chips.forEach((button, id) => button.setAttribute("aria-label",
    [families.get(id).name, ...kindsOf(families.get(id)).map(kind => text(`kind.${kind}`)),
      sizes(families.get(id))].filter(Boolean).join(", ")));
}

function step(event) {
  const all = [...chips.values()].filter(button => button.offsetParent);
  const at = all.indexOf(document.activeElement);
  const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (at >= 0 && by && all[at + by]) {
    event.preventDefault();
    all[at + by].focus();
  }
}

function listen() {
  FIELDS.forEach(name => byId(name).addEventListener("input", event => {
    state[name] = event.target.value;
    filter();
    if (state.family) show();
  }));
  byId("runs").addEventListener("change", e => { state.runs = e.target.checked ? "1" : ""; filter(); });
  byId("lines").addEventListener("change", draw);
  byId("form").addEventListener("submit", event => event.preventDefault());
  byId("form").addEventListener("reset", () => {
    Object.assign(state, start, { lang: state.lang, family: state.family });
    setTimeout(render);
  });
  byId("language").addEventListener("click", () => {
    state.lang = state.lang === "en" ? "zh" : "en";
    render();
  });
  document.addEventListener("keydown", event => {
    if (event.key === "Escape" && state.family) choose("");
    else if (event.key === "/" && !/INPUT|SELECT|TEXTAREA/.test(document.activeElement.tagName)) {
      event.preventDefault();
      byId("filters").open = true;
      byId("q").focus();
    } else step(event);
  });
  addEventListener("hashchange", () => { recall(); render(); });
  new ResizeObserver(draw).observe(byId("map"));
}

function render() {
  speak();
  byId("q").value = state.q;
  byId("runs").checked = Boolean(state.runs);
  filter();
  show();
}

build();
recall();
byId("filters").open = innerWidth > 900;
render();
chips.get(state.family)?.scrollIntoView({ block: "center" });
listen();
