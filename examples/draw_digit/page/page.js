// Asks the server about every change of the drawing, one question at a time, and shows its answers.

import { Drawing } from "./canvas.js";
import { empty, showGradient, showImage } from "./pictures.js";

const MOST_UNITS = 100; // hidden units that are shown
const QUIET = 600; // milliseconds without a change before the result is read out

const element = (id) => document.getElementById(id);
const percent = (p) => `${(100 * p).toFixed(1)}\u00a0%`;
const drawing = new Drawing(element("drawing"), element("pen"));
const rows = Array.from({ length: 10 }, (_, digit) => addRow(digit));

// ------------------------------------------------------------------------------------------------------ questions

let since; // when the first change happened that is not answered yet
let asking = false;

async function ask(event) {
  since ??= event.timeStamp;
  if (asking) return;
  asking = true;
  while (since !== undefined) {
    const start = since;
    since = undefined;
    await answer(start);
  }
  asking = false;
}

async function answer(start) {
  const pixels = drawing.pixels();
  if (!pixels.some((ink) => ink > 0)) return showNothing();
  const chosen = document.querySelector("input[name=class]:checked").value;
  let found;
  try {
    found = await question(pixels, chosen);
  } catch (error) {
    return showFailure(error.message);
  }
  show(found);
  await painted();
  showTime(performance.now() - start, found.milliseconds);
}

async function question(pixels, chosen) {
  const request = { method: "POST", headers: { "Content-Type": "application/octet-stream" }, body: pixels };
  const response = await fetch(chosen ? `predict?class=${chosen}` : "predict", request).catch(() => {
    throw new Error("The server does not answer. Is it still running?");
  });
  const found = await response.json();
  if (!response.ok) throw new Error(found.error);
  return found;
}

// Resolves when the browser has painted what was changed.
function painted() {
  return new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
}

// -------------------------------------------------------------------------------------------------------- answers

function show(found) {
  const p = found.probabilities;
  result(`${found.prediction} · ${percent(p[found.prediction])}`);
  rows.forEach(({ label, bar, number }, digit) => {
    bar.style.width = `${100 * p[digit]}%`;
    number.textContent = percent(p[digit]);
    label.classList.toggle("first", digit === found.prediction);
  });
  showImage(element("input"), found.input);
  element("input").setAttribute("aria-label", "The drawing as the network sees it, white on black");
  showHidden(found.hidden);

  const largest = showGradient(element("gradient"), found.gradient, found.input).toPrecision(2);
  element("gradient").setAttribute("aria-label", `Gradient for ${found.class}, from −${largest} to +${largest}`);
  element("gradient-class").textContent = found.class;
  element("lowest").textContent = `−${largest}`;
  element("highest").textContent = `+${largest}`;
  speak(`${found.prediction}, ${percent(p[found.prediction])}`);
}

function showHidden(hidden) {
  const list = element("hidden");
  const shown = hidden.slice(0, MOST_UNITS);
  while (list.children.length < shown.length) addUnit(list);
  const largest = Math.max(...shown, Number.MIN_VALUE);
  shown.forEach((activation, i) => {
    list.children[i].querySelector(".bar > span").style.width = `${(100 * activation) / largest}%`;
    list.children[i].querySelector(".number").textContent = activation.toFixed(2);
  });
  element("hidden-count").textContent =
    hidden.length > shown.length ? `The first ${shown.length} of ${hidden.length} units. ` : "";
}

function showNothing() {
  result("–");
  for (const { label, bar, number } of rows) {
    bar.style.width = 0;
    number.textContent = "–";
    label.classList.remove("first");
  }
  element("hidden").replaceChildren();
  element("gradient-class").textContent = "digit";
  element("lowest").textContent = "−";
  element("highest").textContent = "+";
  for (const id of ["input", "gradient"]) {
    empty(element(id));
    element(id).setAttribute("aria-label", `No ${id} yet`);
  }
  element("time").textContent = "";
  speak("The drawing area is empty");
}

function showFailure(message) {
  result(message, true);
  speak(message);
}

function result(text, failed = false) {
  element("result").textContent = text;
  element("result").classList.toggle("failed", failed);
}

function showTime(total, server) {
  element("time").textContent =
    `Answered and painted ${total.toFixed(0)} ms after the stroke; the server took ${server.toFixed(1)} ms of them.`;
  document.dispatchEvent(new CustomEvent("answered", { detail: { total, server } }));
}

let speaking;

function speak(text) {
  clearTimeout(speaking);
  speaking = setTimeout(() => (element("status").textContent = text), QUIET);
}

// ------------------------------------------------------------------------------------------------ parts of the page

function addRow(digit) {
  const label = document.createElement("label");
  label.innerHTML = `<input type="radio" name="class" value="${digit}"><span>${digit}</span>
    <span class="bar"><span></span></span><span class="number">–</span>`;
  element("classes").append(label);
  const [radio, bar, number] = ["input", ".bar > span", ".number"].map((part) => label.querySelector(part));
  return { label, radio, bar, number };
}

function addUnit(list) {
  const unit = document.createElement("li");
  unit.innerHTML = `<span class="unit">${list.children.length + 1}</span>
    <span class="bar"><span></span></span><span class="number"></span>`;
  list.append(unit);
}

element("drawing").addEventListener("input", ask);
element("classes").addEventListener("change", ask);
element("clear").addEventListener("click", () => drawing.clear());
element("drawing").addEventListener("keydown", (event) => {
  if (/^[0-9]$/.test(event.key) && !event.ctrlKey && !event.altKey && !event.metaKey) {
    rows[event.key].radio.checked = true; // a click would take the focus away from the drawing
    ask(event);
  }
});
