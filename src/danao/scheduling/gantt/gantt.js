"use strict";
(() => {
  const ROW_OF = 0, START = 1, END = 2, NAME = 3, ORDER = 4, KIND = 5, COLOUR = 6, CRITICAL = 7, LATE = 8, WHY = 9, FACTS = 10;
  const LABELLED = 600, NARROWEST = 30, CLOSEST = 5, DRAGGED = 4;
  const data = JSON.parse(document.getElementById("data").textContent);
  const [first, last] = data.span;
  const whole = last - first;
  const finest = whole / 5000;
  const view = { from: first, span: whole };
  const tip = document.querySelector(".tip");
  const said = document.querySelector(".said");
  const found = document.querySelector(".found");
  const search = document.querySelector("input");
  const unit = data.unit ? " " + data.unit : "";
  const told = (value) => value.toLocaleString("en", { maximumFractionDigits: 6 });

  const charts = data.charts.map((chart, at) => chartOf(chart, document.querySelectorAll("section")[at]));

  function chartOf(chart, section) {
    const plot = section.querySelector(".plot");
    const all = plot.querySelector(".all");
    const lanes = chart.rows.map(() => []);
    chart.bars.forEach((bar, number) => lanes[bar[ROW_OF]].push(number));
    for (const lane of lanes) lane.sort((a, b) => chart.bars[a][START] - chart.bars[b][START] || a - b);
    const path = chart.bars.map((bar, number) => number).filter((number) => chart.bars[number][CRITICAL]);
    path.sort((a, b) => chart.bars[a][START] - chart.bars[b][START] || a - b);
    return {
      ...chart, section, plot, all, lanes, path,
      rects: [...all.children], svgs: [...plot.querySelectorAll("svg")],
      axis: plot.querySelector(".axis"), labels: plot.querySelector(".labels"), on: -1,
    };
  }

  // The view: one for all charts, so that before and after stay above each other.

  let asked = false;
  function show(from, span) {
    view.span = Math.min(Math.max(span, finest), whole);
    view.from = Math.min(Math.max(from, first), last - view.span);
    if (!asked) {
      asked = true;
      requestAnimationFrame(() => { asked = false; charts.forEach(draw); });
    }
  }

  function zoom(factor, around) {
    const span = Math.min(Math.max(view.span * factor, finest), whole);
    show(around - (around - view.from) * (span / view.span), span);
  }

  function draw(chart) {
    for (const svg of chart.svgs) {
      const height = svg.getAttribute("height");
      svg.setAttribute("viewBox", `${view.from} 0 ${view.span} ${height}`);
    }
    const width = chart.plot.clientWidth;
    chart.axis.replaceChildren(...ticks(width).map((time) => placed("span", told(time), time)));
    label(chart, width);
  }

  function ticks(width) {
    const most = Math.max(2, Math.floor(width / 110));
    const power = 10 ** Math.floor(Math.log10(view.span / most));
    const step = [1, 2, 2.5, 5, 10].map((factor) => power * factor).find((size) => size >= view.span / most) || power * 10;
    const times = [];
    for (let number = Math.ceil(view.from / step); number * step <= view.from + 0.98 * view.span; number++) {
      times.push(Math.round(number * step * 1e9) / 1e9);
    }
    return times;
  }

  function placed(kind, text, time) {
    const element = document.createElement(kind);
    element.textContent = text;
    element.style.left = `${(100 * (time - view.from)) / view.span}%`;
    return element;
  }

  function label(chart, width) {
    const pixels = width / view.span, end = view.from + view.span, labels = [];
    let shown = 0;
    for (const lane of chart.lanes) {
      for (let at = before(chart, lane, view.from); at < lane.length; at++) {
        const bar = chart.bars[lane[at]];
        if (bar[START] >= end) break;
        if (bar[END] <= view.from) continue;
        shown++;
        const from = Math.max(bar[START], view.from), wide = (Math.min(bar[END], end) - from) * pixels;
        if (bar[KIND] !== "work" || wide < NARROWEST || labels.length >= LABELLED) continue;
        const text = placed("span", bar[NAME], from);
        text.style.top = `${bar[ROW_OF] * data.row + 3}px`;
        text.style.width = `${wide}px`;
        text.style.color = data.inks[bar[COLOUR]];
        labels.push(text);
      }
    }
    chart.labels.replaceChildren(...labels);
    chart.all.classList.toggle("dense", shown * 3 > width * Math.min(chart.lanes.length, 12));
  }

  // Which bar: by row and time, so that narrow bars can be met too.

  function before(chart, lane, time) {
    let low = 0, high = lane.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (chart.bars[lane[middle]][START] < time) low = middle + 1; else high = middle;
    }
    return Math.max(low - 2, 0);
  }

  function timeAt(chart, x) {
    const box = chart.plot.getBoundingClientRect();
    return view.from + ((x - box.left) / box.width) * view.span;
  }

  function barAt(chart, x, y) {
    const row = Math.floor((y - chart.svgs[0].getBoundingClientRect().top) / data.row);
    if (row < 0 || row >= chart.lanes.length) return -1;
    return nearest(chart, row, timeAt(chart, x), (CLOSEST * view.span) / chart.plot.clientWidth);
  }

  function nearest(chart, row, time, reach) {
    let best = -1, away = reach;
    const lane = chart.lanes[row];
    for (let at = before(chart, lane, time - reach); at < lane.length; at++) {
      const bar = chart.bars[lane[at]];
      if (bar[START] > time + reach) break;
      const gap = Math.max(bar[START] - time, time - bar[END], 0);
      if (gap < away || (gap === 0 && best < 0)) { best = lane[at]; away = gap; }
    }
    return best;
  }

  // What is told of a bar, and of the band below.

  function facts(bar) {
    const rows = [
      [bar[KIND] === "setup" ? "setup" : "runs", `${told(bar[START])} to ${told(bar[END])}${unit}`],
      ["takes", told(bar[END] - bar[START]) + unit],
      ["order", bar[ORDER]],
      ...bar[FACTS],
      ["held by", bar[WHY]],
      ["critical", bar[CRITICAL] ? "yes" : ""],
    ];
    return rows.filter(([, value]) => value !== "");
  }

  function describe(title, rows, x, y) {
    const head = document.createElement("strong");
    head.textContent = title;
    tip.replaceChildren(head, grid([], rows));
    tip.hidden = false;
    tip.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - tip.offsetWidth - 8))}px`;
    tip.style.top = `${y + 18 + tip.offsetHeight > innerHeight ? Math.max(4, y - tip.offsetHeight - 12) : y + 18}px`;
  }

  function grid(heads, rows) {
    const table = document.createElement("table");
    if (heads.length) cells(table.createTHead().insertRow(), heads, "th");
    const body = table.createTBody();
    for (const row of rows) {
      const line = body.insertRow();
      cells(line, row.slice(0, 1), "th");
      cells(line, row.slice(1), "td");
    }
    return table;
  }

  function cells(line, texts, kind) {
    for (const text of texts) {
      const cell = document.createElement(kind);
      if (kind === "th") cell.scope = line.parentNode.tagName === "THEAD" ? "col" : "row";
      cell.textContent = text;
      line.append(cell);
    }
  }

  function level(steps, time) {
    let value = 0;
    for (const [from, amount] of steps) { if (from > time) break; value = amount; }
    return value;
  }

  function ofBand(chart, time) {
    const rows = [[chart.band.name, `${told(level(chart.band.power, time))} ${chart.band.unit}`]];
    const window = chart.band.prices.find(([from, to]) => from <= time && time < to);
    if (window) rows.push(["price", `${told(window[2])} ${chart.band.priceUnit}`]);
    return rows;
  }

  function mark(chart, number) {
    for (const other of charts) {
      if (other.on >= 0) other.rects[other.on].classList.remove("on");
      other.on = -1;
    }
    chart.on = number;
    if (number >= 0) chart.rects[number].classList.add("on");
  }

  function select(chart, number) {
    mark(chart, number);
    const bar = chart.bars[number];
    const middle = (bar[START] + bar[END]) / 2;
    if (bar[END] <= view.from || bar[START] >= view.from + view.span) {
      show(middle - view.span / 2, view.span);
      charts.forEach(draw);
    }
    const box = chart.plot.getBoundingClientRect();
    const x = box.left + ((Math.max(bar[START], view.from) - view.from) / view.span) * box.width;
    const y = chart.svgs[0].getBoundingClientRect().top + bar[ROW_OF] * data.row;
    describe(bar[NAME], facts(bar), x, y);
    said.textContent = [bar[NAME], chart.rows[bar[ROW_OF]], ...facts(bar).map((fact) => fact.join(" "))].join(", ");
  }

  // Following orders, by a click or by name, through all charts.

  function follow(matches, words) {
    for (const chart of charts) {
      chart.all.classList.toggle("follow", matches !== null);
      chart.rects.forEach((rect, number) => rect.classList.toggle("same", matches !== null && matches(chart.bars[number])));
    }
    found.textContent = words;
  }

  function followOrder(order) {
    if (!order) return letGo();
    follow((bar) => bar[ORDER] === order, `following ${order}`);
  }

  function letGo() {
    search.value = "";
    follow(null, "");
  }

  search.addEventListener("input", () => {
    const wanted = search.value.trim().toLowerCase();
    if (!wanted) return follow(null, "");
    const matches = (bar) => bar[ORDER].toLowerCase().includes(wanted) || bar[NAME].toLowerCase().includes(wanted);
    const number = new Set(charts.flatMap((chart) => chart.bars.filter(matches).map((bar) => bar[ORDER]))).size;
    follow(matches, number === 1 ? "1 order" : `${number} orders`);
  });

  // Buttons, pointer, wheel, keys.

  const middle = () => view.from + view.span / 2;
  const actions = {
    in: () => zoom(0.5, middle()),
    out: () => zoom(2, middle()),
    left: () => show(view.from - view.span / 4, view.span),
    right: () => show(view.from + view.span / 4, view.span),
    fit: () => show(first, whole),
    critical: (button) => {
      const only = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(only));
      for (const chart of charts) chart.all.classList.toggle("only", only);
    },
  };
  for (const button of document.querySelectorAll("button")) {
    button.addEventListener("click", () => actions[button.dataset.do](button));
  }

  function moved(chart, event) {
    const number = barAt(chart, event.clientX, event.clientY);
    if (number !== chart.on) mark(chart, number);
    if (number >= 0) return describe(chart.bars[number][NAME], facts(chart.bars[number]), event.clientX, event.clientY);
    const band = chart.band && chart.svgs[1].getBoundingClientRect();
    if (band && event.clientY >= band.top && event.clientY < band.bottom) {
      const time = timeAt(chart, event.clientX);
      return describe(told(Math.round(time * 100) / 100) + unit, ofBand(chart, time), event.clientX, event.clientY);
    }
    tip.hidden = true;
  }

  function onKey(chart, event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const keys = {
      "+": actions.in, "=": actions.in, "-": actions.out, "0": actions.fit, Escape: () => { letGo(); tip.hidden = true; },
      Enter: () => chart.on >= 0 && followOrder(chart.bars[chart.on][ORDER]),
      c: () => step(chart, chart.path, 1), C: () => step(chart, chart.path, -1),
    };
    const arrows = {
      ArrowLeft: () => inRow(chart, -1), ArrowRight: () => inRow(chart, 1),
      ArrowUp: () => toRow(chart, -1), ArrowDown: () => toRow(chart, 1),
      Home: () => toEnd(chart, 0), End: () => toEnd(chart, -1),
    };
    const pans = { ArrowLeft: actions.left, ArrowRight: actions.right };
    const act = (event.shiftKey && pans[event.key]) || arrows[event.key] || keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  function step(chart, numbers, by) {
    if (!numbers.length) return;
    const at = numbers.indexOf(chart.on);
    const next = at < 0 ? (by > 0 ? 0 : numbers.length - 1) : Math.min(Math.max(at + by, 0), numbers.length - 1);
    select(chart, numbers[next]);
  }

  const laneOf = (chart) => (chart.on < 0 ? chart.lanes.find((lane) => lane.length) || [] : chart.lanes[chart.bars[chart.on][ROW_OF]]);
  const inRow = (chart, by) => step(chart, laneOf(chart), chart.on < 0 ? 1 : by);

  function toEnd(chart, at) {
    const lane = laneOf(chart);
    if (lane.length) select(chart, lane.at(at));
  }

  function toRow(chart, by) {
    if (chart.on < 0) return inRow(chart, 1);
    const bar = chart.bars[chart.on];
    for (let row = bar[ROW_OF] + by; row >= 0 && row < chart.lanes.length; row += by) {
      if (chart.lanes[row].length) return select(chart, nearest(chart, row, bar[START], Infinity));
    }
  }

  for (const chart of charts) {
    let held = null;
    chart.plot.addEventListener("pointerdown", (event) => {
      if (event.button === 0) held = { x: event.clientX, from: view.from, far: false };
    });
    chart.plot.addEventListener("pointermove", (event) => {
      if (held && (event.buttons & 1) === 0) held = null;
      if (!held) return moved(chart, event);
      const away = event.clientX - held.x;
      if (!held.far && Math.abs(away) < DRAGGED) return;
      if (!held.far) { held.far = true; chart.plot.setPointerCapture(event.pointerId); tip.hidden = true; }
      show(held.from - (away / chart.plot.clientWidth) * view.span, view.span);
    });
    chart.plot.addEventListener("pointerup", (event) => {
      const click = held && !held.far;
      held = null;
      if (!click) return;
      const number = barAt(chart, event.clientX, event.clientY);
      if (number >= 0) followOrder(chart.bars[number][ORDER]); else letGo();
    });
    chart.plot.addEventListener("pointercancel", () => { held = null; });
    chart.plot.addEventListener("pointerleave", () => { tip.hidden = true; mark(chart, -1); });
    chart.plot.addEventListener("wheel", (event) => {
      if (event.ctrlKey || event.metaKey) {
        zoom(Math.exp(event.deltaY * 0.004), timeAt(chart, event.clientX));
      } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        show(view.from + ((event.deltaX || event.deltaY) / chart.plot.clientWidth) * view.span, view.span);
      } else {
        return;
      }
      event.preventDefault();
      tip.hidden = true;
    }, { passive: false });
    chart.plot.addEventListener("keydown", (event) => onKey(chart, event));
    chart.plot.addEventListener("blur", () => { tip.hidden = true; });
    const table = chart.section.querySelector("details");
    table.hidden = false;
    table.addEventListener("toggle", () => {
      if (!table.open || table.querySelector("table")) return;
      const heads = ["operation", "order", "row", "start", "end", "kind", "critical", "late", "held by"];
      table.append(grid(heads, chart.bars.map((bar) => [
        bar[NAME], bar[ORDER], chart.rows[bar[ROW_OF]], told(bar[START]), told(bar[END]), bar[KIND],
        bar[CRITICAL] ? "yes" : "", bar[LATE] ? "yes" : "", bar[WHY],
      ])));
    });
  }

  addEventListener("resize", () => charts.forEach(draw));
  document.querySelector(".tools").hidden = false;
  document.querySelector(".help").hidden = false;
  charts.forEach(draw);
})();
