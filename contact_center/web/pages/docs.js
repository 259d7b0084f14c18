// The page to try the API: reads openapi.json, builds a form per route, sends it.
"use strict";
const routes = document.getElementById("routes");
const token = document.getElementById("token");
let csrf = "";

function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function sample(schema, all, depth = 0) {
  if (!schema || depth > 6) return null;
  if (schema.$ref) return sample(all[schema.$ref.split("/").pop()], all, depth + 1);
  if (schema.default !== undefined) return schema.default;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  const one = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (one) return sample(one[0], all, depth + 1);
  if (schema.type === "object") {
    const wanted = Object.entries(schema.properties ?? {});
    return Object.fromEntries(wanted.map(([key, value]) => [key, sample(value, all, depth + 1)]));
  }
  return { array: [], integer: 0, number: 0, boolean: false, string: "" }[schema.type] ?? null;
}

async function send(method, path, operation, form, output) {
  const query = new URLSearchParams();
  let address = path;
  for (const parameter of operation.parameters) {
    const value = form.elements[parameter.name].value.trim();
    if (parameter.in === "path") address = address.replace(`{${parameter.name}}`, encodeURIComponent(value));
    else if (value) query.set(parameter.name, value);
  }
  const headers = {};
  if (token.value) headers.Authorization = `Bearer ${token.value}`;
  else if (method !== "get" && csrf) headers["X-CSRF-Token"] = csrf;
  if (form.elements.version?.value) headers["If-Match"] = `"${form.elements.version.value}"`;
  const body = form.elements.body?.value;
  if (body) headers["Content-Type"] = "application/json";
  output.textContent = "…";
  try {
    const answer = await fetch(address + (query.size ? `?${query}` : ""), { method: method.toUpperCase(), headers, body });
    const text = await answer.text();
    let shown = text;
    try { shown = JSON.stringify(JSON.parse(text), null, 2); } catch { /* not JSON: show it as it came */ }
    output.textContent = `${answer.status} ${answer.statusText}\n${shown}`;
    if (path.endsWith("/auth/sign-in") && answer.ok) csrf = JSON.parse(text).csrf;
  } catch (error) {
    output.textContent = String(error);
  }
}

function show(method, path, operation, all) {
  const form = make("form");
  for (const parameter of operation.parameters) {
    const field = make("input", { name: parameter.name, ...(parameter.required ? { required: "" } : {}) });
    form.append(make("label", {}, `${parameter.name}${parameter.required ? " *" : ""}`, field));
  }
  if (method === "patch") form.append(make("label", {}, "If-Match (version)", make("input", { name: "version" })));
  const schema = operation.requestBody?.content["application/json"].schema;
  if (schema) {
    const area = make("textarea", { name: "body", spellcheck: "false" });
    area.value = JSON.stringify(sample(schema, all), null, 2);
    form.append(make("label", {}, "body", area));
  }
  const output = make("pre", { tabindex: "0", "aria-label": "answer" });
  form.append(make("div", {}, make("button", {}, "Send")), output);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(method, path, operation, form, output);
  });
  return make("details", { "data-text": `${method} ${path} ${operation.summary}`.toLowerCase() },
    make("summary", {}, make("b", {}, method.toUpperCase()), make("code", {}, path),
      make("span", {}, operation.summary), make("em", {}, operation["x-permission"])), form);
}

async function start() {
  const answer = await fetch("/api/v1/openapi.json");
  const document_ = await answer.json();
  const groups = new Map();
  for (const [path, methods] of Object.entries(document_.paths))
    for (const [method, operation] of Object.entries(methods)) {
      const tag = operation.tags[0];
      if (!groups.has(tag)) groups.set(tag, make("section", {}, make("h2", {}, tag)));
      groups.get(tag).append(show(method, path, operation, document_.components.schemas));
    }
  routes.append(...groups.values());
  const me = await fetch("/api/v1/me");
  if (me.ok) csrf = (await me.json()).csrf;
}

document.getElementById("find").addEventListener("input", (event) => {
  const text = event.target.value.toLowerCase();
  for (const entry of routes.querySelectorAll("details")) entry.hidden = !entry.dataset.text.includes(text);
  for (const group of routes.children) group.hidden = !group.querySelector("details:not([hidden])");
});
start();
