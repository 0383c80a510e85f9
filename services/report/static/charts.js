/* ECharts options that share one theme, read from the design tokens. A builder is pure: (data, theme, view) -> option, where data is
   what pages/charts.py made, and view says width, chosen measure and words. null is never drawn as zero: it is a gap, or hatched.
   The page's policy forbids inline styles, so tooltips use classes only. */
(function (root) {
  "use strict";
  const locale = document.documentElement.lang || "en-GB";
  const MINUS = "\u2212";
  const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const tenths = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const compact = new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 });
  const percentSign = locale.startsWith("en") ? "%" : "\u00a0%";
  const signed = (value, format) => (value > 0 ? "+" : value < 0 ? MINUS : "\u00b1") + format.format(Math.abs(value));
  const formats = {
    count: (value) => whole.format(value),
    percent: (value) => tenths.format(value) + percentSign,
    index: (value) => signed(Math.round(value), whole),
    years: (value) => whole.format(value),
  };
  const axisFormats = {
    count: (value) => (Math.abs(value) >= 10000 ? compact : whole).format(value),
    percent: (value) => whole.format(value) + percentSign,
    index: (value) => signed(value, whole),
    years: (value) => whole.format(value),
  };
  const escapes = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  const escape = (text) => String(text).replace(/[&<>"]/g, (character) => escapes[character]);

  function theme() {
    const styles = getComputedStyle(document.documentElement);
    const token = (name) => styles.getPropertyValue("--" + name).trim();
    const t = { still: matchMedia("(prefers-reduced-motion: reduce)").matches, font: token("font") };
    for (const name of ["surface", "ink", "ink-2", "ink-3", "line", "line-2", "accent", "accent-line", "area", "grid", "axis", "prev", "hatch", "hatch-bg", "women", "men", "unknown"])
      t[name.replace(/-(\w)/g, (all, letter) => letter.toUpperCase())] = token(name);
    t.moods = [1, 2, 3, 4, 5, 6, 7].map((i) => token("mood-" + i)).concat(t.unknown);
    t.series = [1, 2, 3, 4, 5, 6].map((i) => token("series-" + i));
    t.hatchFill = hatch(t.hatch, t.hatchBg);
    return t;
  }
  /* The one texture of the product: "we do not know". */
  function hatch(line, ground) {
    const ratio = Math.max(1, Math.round(devicePixelRatio || 1)), size = 7 * ratio;
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = size;
    const pen = canvas.getContext("2d");
    pen.fillStyle = ground;
    pen.fillRect(0, 0, size, size);
    pen.strokeStyle = line;
    pen.lineWidth = ratio;
    for (const offset of [-size, 0, size]) { pen.beginPath(); pen.moveTo(offset - ratio, size + ratio); pen.lineTo(offset + size + ratio, -ratio); pen.stroke(); }
    return { image: canvas, repeat: "repeat", scaleX: 1 / ratio, scaleY: 1 / ratio };
  }

  /* ---- what builders have in common --------------------------------------- */
  const base = (t) => ({
    animation: !t.still, animationDuration: 0, animationDurationUpdate: 220, animationEasing: "cubicOut",
    textStyle: { fontFamily: t.font, fontSize: 12, color: t.ink3 },
    tooltip: {
      trigger: "axis", confine: true, transitionDuration: 0, backgroundColor: t.surface, borderColor: t.line2, borderWidth: 1,
      padding: [9, 12], className: "ft-tip", textStyle: { color: t.ink, fontSize: 12.5, fontFamily: t.font },
      axisPointer: { type: "line", snap: true, lineStyle: { color: t.ink3, width: 1, type: "solid" } },
    },
  });
  const row = (key, name, value, note) =>
    `<dt><svg viewBox="0 0 10 10"><rect class="${key}" width="10" height="10" rx="3"/></svg></dt><dt>${escape(name)}</dt><dd>${value}${note ? ` <span class="muted">${note}</span>` : ""}</dd>`;
  const pairs = (values) => values.map((value, i) => [i, value === null || value === undefined ? "-" : value]);
  // Steps are numbered; each has room on both sides, so that a gap covers the whole of it.
  const xSteps = (data, t, more) => Object.assign({
    type: "value", min: -0.5, max: data.labels.length - 0.5, splitLine: { show: false }, axisLine: { lineStyle: { color: t.axis }, onZero: false },
    axisTick: { show: true, length: 4, customValues: data.ticks.map(([i]) => i), lineStyle: { color: t.axis } },
    axisLabel: {
      color: t.ink3, fontSize: 11.5, margin: 9, hideOverlap: true, customValues: data.ticks.map(([i]) => i), alignMaxLabel: data.ticks.some(([i]) => i > data.labels.length * 0.93) ? "right" : null,
      formatter: (value) => (data.ticks.find(([i]) => i === value) || ["", ""])[1],
    },
    axisPointer: { label: { show: false } },
  }, more);
  const yValues = (t, format, more) => Object.assign({
    type: "value", splitNumber: 4, axisLabel: { color: t.ink3, fontSize: 11.5, formatter: format, margin: 10 },
    splitLine: { lineStyle: { color: t.grid } }, axisLine: { show: false }, axisTick: { show: false }, axisPointer: { show: false },
  }, more);
  const gapAreas = (gaps, t) => ({
    silent: true, itemStyle: { color: t.hatchFill }, label: { show: false }, animation: false,
    data: (gaps || []).map(([first, last]) => [{ xAxis: first - 0.5 }, { xAxis: last + 0.5 }]),
  });
  const stepOf = (points, data) => Math.max(0, Math.min(data.labels.length - 1, Math.round(points[0].axisValue)));
  const lonely = (values) => values.map((value, i) => value !== null && (values[i - 1] ?? null) === null && (values[i + 1] ?? null) === null ? [i, value] : null).filter(Boolean);

  /* ---- 1. measures over time, with another period, gaps and partial steps --- */
  function time(data, t, view) {
    const id = view.chosen || data.first, metric = data.metrics[id], format = formats[metric.format];
    const narrow = view.width < 560, isCoverage = id === "coverage", strip = !isCoverage && data.coverage.some((part) => part !== null);
    const partial = isCoverage ? {} : data.partial;
    // A partial step is a hollow ring, and the line does not run through it: it is a floor, not a value.
    const line = metric.now.map((value, i) => (i in partial ? null : value));
    const rings = Object.keys(partial).map(Number).filter((i) => metric.now[i] !== null).map((i) => [i, metric.now[i]]);
    const left = narrow ? 46 : strip ? 62 : 52;
    const option = base(t);
    const axis = { min: metric.zero ? 0 : null, scale: !metric.zero, minInterval: metric.format === "percent" ? null : 1, max: isCoverage ? 100 : null, interval: isCoverage ? 25 : null };
    option.tooltip.formatter = (points) => {
      const i = stepOf(points, data), now = metric.now[i], before = metric.before[i] ?? null;
      const growth = metric.format === "count" && now !== null && before && !(i in partial) ? signed((now / before - 1) * 100, tenths) + percentSign : "";
      const note = data.notes[i] || (partial[i] ?? "");
      return `<h4>${escape(data.labels[i])}</h4><dl>${row("mc", metric.name, now === null ? view.words.none : format(now))}` +
        (before === null ? "" : row("mp", data.labelsBefore[i] || "", format(before), growth)) +
        (strip && data.coverage[i] !== null ? row("mz", view.words.coverage, formats.percent(data.coverage[i])) : "") + `</dl>${note ? `<p>${escape(note)}</p>` : ""}`;
    };
    const bars = (name, color, part) => ({
      name, type: "bar", stack: "coverage", silent: true, xAxisIndex: 1, yAxisIndex: 1, barWidth: data.labels.length > 120 ? "100%" : "90%", barCategoryGap: 0, animation: false,
      data: pairs(data.coverage.map((value) => (value === null ? null : part(value)))), itemStyle: { color }, emphasis: { disabled: true },
    });
    return Object.assign(option, {
      grid: [{ left, right: 12, top: 14, bottom: strip ? 50 : 26, outerBoundsMode: "none" }, { left, right: 12, height: 11, bottom: 4, outerBoundsMode: "none" }],
      title: strip && !narrow ? { text: view.words.coverage, left: 0, bottom: 3, padding: 0, textStyle: { color: t.ink3, fontSize: 11, fontWeight: 400 } } : undefined,
      axisPointer: { link: [{ xAxisIndex: "all" }] },
      xAxis: [xSteps(data, t), xSteps(data, t, { gridIndex: 1, show: false })],
      yAxis: [yValues(t, axisFormats[metric.format], axis), { type: "value", gridIndex: 1, min: 0, max: 100, show: false, axisPointer: { show: false } }],
      series: [
        { name: "before", type: "line", data: pairs(metric.before), symbol: "none", silent: true, z: 2, lineStyle: { color: t.prev, width: 1.4, type: [4, 4] } },
        {
          name: "now", type: "line", data: pairs(line), symbol: "circle", symbolSize: 6, showSymbol: false, connectNulls: false, z: 4, lineStyle: { color: t.accent, width: 2.2, join: "round" },
          itemStyle: { color: t.accent, borderColor: t.surface, borderWidth: 1.5 }, areaStyle: metric.zero && !isCoverage ? { color: t.area } : null, emphasis: { scale: 1.3 }, markArea: gapAreas(data.gaps, t),
        },
        { name: "alone", type: "scatter", data: lonely(line), z: 5, symbolSize: 6, silent: true, itemStyle: { color: t.accent, opacity: 1 } },
        { name: "partial", type: "scatter", data: rings, z: 5, symbolSize: 8, silent: true, itemStyle: { color: t.surface, borderColor: t.accent, borderWidth: 1.8, opacity: 1 } },
        ...(strip ? [bars("seen", t.accentLine, (value) => value), bars("missing", t.hatchFill, (value) => 100 - value)] : []),
      ],
    });
  }

  /* ---- 2. several places or periods over time ------------------------------ */
  function compare(data, t, view) {
    const id = view.chosen || data.first, metric = data.metrics[id], format = formats[metric.format];
    const option = base(t), dashes = ["solid", [7, 3], [2, 3], [9, 3, 2, 3], "solid", [4, 4]];
    option.tooltip.formatter = (points) => {
      const i = stepOf(points, data), same = data.dates.every((dates) => dates[i] === undefined || dates[i] === data.labels[i]);
      return `<h4>${escape(data.labels[i])}</h4><dl>${data.names.map((name, k) => row("s" + (k + 1), name, (metric.lines[k][i] ?? null) === null ? view.words.none : format(metric.lines[k][i]), same ? "" : escape(data.dates[k][i] || ""))).join("")}</dl>`;
    };
    return Object.assign(option, {
      grid: { left: view.width < 560 ? 46 : 52, right: 12, top: 14, bottom: 26, outerBoundsMode: "none" },
      xAxis: xSteps(data, t),
      yAxis: yValues(t, axisFormats[metric.format], { min: metric.zero ? 0 : null, scale: !metric.zero, max: id === "coverage" ? 100 : null, minInterval: metric.format === "percent" ? null : 1 }),
      series: data.names.flatMap((name, k) => [
        { name, type: "line", data: pairs(metric.lines[k]), symbol: "circle", symbolSize: 6, showSymbol: false, z: 10 - k, lineStyle: { color: t.series[k], width: 2, type: dashes[k] }, itemStyle: { color: t.series[k], borderColor: t.surface, borderWidth: 1.5 } },
        { name: name + " alone", type: "scatter", data: lonely(metric.lines[k]), symbolSize: 6, silent: true, itemStyle: { color: t.series[k], opacity: 1 } },
      ]),
    });
  }

  /* ---- 3. age by gender ----------------------------------------------------- */
  function pyramid(data, t, view) {
    const option = base(t), bands = data.bands, before = data.before || { women: [], men: [] };
    const most = Math.max(1, ...[data.women, data.men, before.women, before.men].flat().filter((value) => value !== null));
    const interval = [1, 2, 5, 10, 20, 50].find((size) => most / size <= 4) || 50, max = Math.ceil(most / interval) * interval;
    const cells = (values, color) => values.map((value) => (value === null ? { value: max * 0.045, itemStyle: { color: t.hatchFill, borderColor: t.axis, borderWidth: 1 } } : { value, itemStyle: { color } }));
    const wing = (name, index, values, color, radius) => ({
      name, type: "bar", xAxisIndex: index, yAxisIndex: index * 2, data: cells(values, color), barWidth: "66%", barMaxWidth: 22, z: 3, itemStyle: { borderRadius: radius }, emphasis: { disabled: true },
    });
    const ticks = (name, index, values) => ({
      name, type: "scatter", xAxisIndex: index, yAxisIndex: index * 2, silent: true, z: 5, symbol: "rect", symbolSize: [3, view.width < 480 ? 18 : 21],
      data: values.map((value, i) => (value === null || !value ? null : [value, i])).filter(Boolean), itemStyle: { color: t.ink, borderColor: t.surface, borderWidth: 1 },
    });
    const measure = (index, inverse) => ({
      type: "value", gridIndex: index, inverse, min: 0, max, interval, splitLine: { lineStyle: { color: t.grid } }, axisPointer: { show: false },
      axisLabel: { color: t.ink3, fontSize: 11.5, hideOverlap: true, formatter: (value) => value + (value ? percentSign.trim() : "") },
    });
    const bare = { axisTick: { show: false }, axisLine: { show: false } };
    // Numbers stand in a column at the outer edge, so that bars, ticks and numbers never collide; a wing that a filter leaves out has none.
    const numbers = (index, side, values) => ({
      type: "category", gridIndex: index, position: side, data: values.map((value) => (value === null ? view.words.few : values.some((one) => one !== 0) ? tenths.format(value) : "")), ...bare,
      axisLabel: { interval: 0, color: t.ink, fontSize: 12, fontWeight: 500, margin: 36, align: side },
    });
    Object.assign(option.tooltip, {
      trigger: "item",
      formatter: (point) => {
        const i = point.dataIndex;
        const one = (key, name, values, earlier) => row(key, name, values[i] === null ? view.words.hidden : formats.percent(values[i]), values[i] === null || (earlier[i] ?? null) === null ? "" : signed(values[i] - earlier[i], tenths));
        return `<h4>${escape(view.words.age.replace("{}", bands[i]))}</h4><dl>${one("mw", data.names[0], data.women, before.women)}${one("mm", data.names[1], data.men, before.men)}</dl>`;
      },
    });
    // The two halves leave a fixed gutter for the age labels, whatever the width.
    const centre = view.width / 2;
    return Object.assign(option, {
      grid: [{ left: 44, right: centre + 30, top: 6, bottom: 24, outerBoundsMode: "none" }, { left: centre + 30, right: 44, top: 6, bottom: 24, outerBoundsMode: "none" }],
      xAxis: [measure(0, true), measure(1, false)],
      yAxis: [
        numbers(0, "left", data.women),
        { type: "category", gridIndex: 1, data: bands, position: "left", ...bare, axisLabel: { align: "center", margin: 30, color: t.ink2, fontSize: 12, interval: 0 } },
        numbers(1, "right", data.men),
      ],
      series: [wing(data.names[0], 0, data.women, t.women, [3, 0, 0, 3]), wing(data.names[1], 1, data.men, t.men, [0, 3, 3, 0]), ticks("women before", 0, before.women), ticks("men before", 1, before.men)],
    });
  }

  /* ---- 4. mood: the index above, shares below, one pointer ------------------ */
  function mood(data, t, view) {
    const option = base(t), left = 46, colors = t.moods.concat([t.hatchFill]);
    // The happiest lies on top. Where some moods are hidden, bars: an area would invent what lies between.
    const order = data.names.map((name, k) => k).reverse().filter((k) => data.shares[k].some((share) => share));
    const share = (k, first) => Object.assign(
      { name: data.names[k], stack: "mood", xAxisIndex: 1, yAxisIndex: 1, data: pairs(data.shares[k]), itemStyle: { color: colors[k] }, emphasis: { disabled: true }, markArea: first ? gapAreas(data.gaps, t) : undefined },
      data.someHidden || data.labels.length < 3 ? { type: "bar", barWidth: data.labels.length > 60 ? "100%" : "88%" } : { type: "line", symbol: "none", lineStyle: { width: 1, color: t.surface }, areaStyle: { color: colors[k], opacity: 1 } },
    );
    option.tooltip.formatter = (points) => {
      const i = stepOf(points, data);
      if (data.shares[0][i] === null) return `<h4>${escape(data.labels[i])}</h4>${escape(view.words.none)}`;
      const rows = data.names.map((name, k) => (data.shares[k][i] ? row("m" + (k + 1), name, formats.percent(data.shares[k][i])) : "")).join("");
      return `<h4>${escape(data.labels[i])}</h4><dl>${row("mi", view.words.mood, data.index[i] === null ? view.words.hidden : formats.index(data.index[i]))}${rows}</dl>`;
    };
    const hasIndex = data.index.some((value) => value !== null);
    return Object.assign(option, {
      axisPointer: { link: [{ xAxisIndex: "all" }] },
      grid: [{ left, right: 12, top: 12, height: hasIndex ? "25%" : 0, show: false, outerBoundsMode: "none" }, { left, right: 12, top: hasIndex ? "37%" : 12, bottom: 26, outerBoundsMode: "none" }],
      xAxis: [xSteps(data, t, { show: hasIndex, axisLabel: { show: false }, axisTick: { show: false }, axisLine: { show: false } }), xSteps(data, t, { gridIndex: 1 })],
      yAxis: [
        yValues(t, axisFormats.index, { show: hasIndex, gridIndex: 0, scale: true, splitNumber: 2, minInterval: 5 }),
        yValues(t, axisFormats.percent, { gridIndex: 1, min: 0, max: 100, interval: 25, splitLine: { show: false } }),
      ],
      series: [
        { name: "before", type: "line", data: pairs(data.before), symbol: "none", silent: true, lineStyle: { color: t.prev, width: 1.4, type: [4, 4] } },
        { name: "index", type: "line", data: pairs(data.index), showSymbol: false, symbol: "circle", symbolSize: 6, lineStyle: { color: t.ink, width: 1.8 }, itemStyle: { color: t.ink, borderColor: t.surface, borderWidth: 1.5 }, markArea: gapAreas(data.gaps, t) },
        { name: "alone", type: "scatter", data: lonely(data.index), symbolSize: 5, silent: true, itemStyle: { color: t.ink, opacity: 1 } },
        ...order.map((k, n) => share(k, n === 0)),
      ],
    });
  }

  /* ---- 5. bars of one measure, such as photos by hour ------------------------ */
  function bars(data, t, view) {
    const option = base(t), most = Math.max(1, ...data.values.filter((value) => value !== null));
    Object.assign(option.tooltip, {
      axisPointer: { type: "shadow", shadowStyle: { color: t.grid, opacity: 0.6 } },
      formatter: (points) => `<h4>${escape(data.labels[points[0].dataIndex])}</h4><dl>${row("mc", data.name, data.values[points[0].dataIndex] === null ? view.words.none : whole.format(data.values[points[0].dataIndex]))}</dl>`,
    });
    return Object.assign(option, {
      grid: { left: 42, right: 16, top: 12, bottom: 24, outerBoundsMode: "none" },
      xAxis: { type: "category", data: data.labels, axisTick: { show: false }, axisLine: { lineStyle: { color: t.axis } }, axisLabel: { color: t.ink3, fontSize: 11.5, hideOverlap: true } },
      yAxis: yValues(t, axisFormats.count, { min: 0, minInterval: 1, splitNumber: 3 }),
      series: [{ name: data.name, type: "bar", barWidth: "70%", barMaxWidth: 44, data: data.values.map((value) => (value === null ? { value: most, itemStyle: { color: t.hatchFill } } : value)), itemStyle: { color: t.accent, borderRadius: [2, 2, 0, 0] } }],
    });
  }

  const builders = { time, compare, pyramid, mood, bars };

  function draw(element, data, words, chosen) {
    if (!element.clientWidth) return;
    const chart = root.echarts.getInstanceByDom(element) || root.echarts.init(element, null, { renderer: "canvas" });
    chart.resize();
    chart.setOption(builders[element.dataset.chart](data, theme(), { width: element.clientWidth, words, chosen }), { notMerge: true });
  }

  root.facetallyCharts = { draw, builders, theme };
})(window);
