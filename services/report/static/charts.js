/* ECharts options that share one theme, read from the design tokens. A builder is pure: (data, theme) -> option.
   The page's policy forbids inline styles, so tooltips use classes only. */
(function (root) {
  "use strict";
  const locale = document.documentElement.lang || "en-GB";
  const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const tenths = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const compact = new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 });
  const escapes = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  const escape = (text) => String(text).replace(/[&<>"]/g, (character) => escapes[character]);
  const axisCount = (value) => (value >= 10000 ? compact : whole).format(value);

  function theme() {
    const styles = getComputedStyle(document.documentElement);
    const token = (name) => styles.getPropertyValue("--" + name).trim();
    return {
      still: matchMedia("(prefers-reduced-motion: reduce)").matches,
      font: token("font"), surface: token("surface"), ink: token("ink"), ink2: token("ink-2"), ink3: token("ink-3"),
      line2: token("line-2"), grid: token("grid"), axis: token("axis"), accent: token("accent"),
      women: token("women"), men: token("men"),
    };
  }

  const base = (t) => ({
    animation: !t.still, animationDuration: 260, animationDurationUpdate: 220, animationEasing: "cubicOut",
    textStyle: { fontFamily: t.font, fontSize: 12, color: t.ink3 },
    tooltip: {
      confine: true, transitionDuration: 0, backgroundColor: t.surface, borderColor: t.line2, borderWidth: 1,
      padding: [9, 12], className: "ft-tip", textStyle: { color: t.ink, fontSize: 12.5, fontFamily: t.font },
    },
  });
  const row = (key, name, value) =>
    `<dt><svg viewBox="0 0 10 10"><rect class="${key}" width="10" height="10" rx="3"/></svg></dt><dt>${escape(name)}</dt><dd>${value}</dd>`;

  /* Visitors by hour of the day. */
  function hours(data, t) {
    const option = base(t);
    Object.assign(option.tooltip, {
      trigger: "axis", axisPointer: { type: "shadow", shadowStyle: { color: t.grid, opacity: 0.6 } },
      formatter: (points) => `<h4>${escape(points[0].name)} to ${escape(points[0].name.slice(0, 3))}59</h4><dl>${row("mc", "Visitors", whole.format(points[0].value))}</dl>`,
    });
    return Object.assign(option, {
      grid: { left: 46, right: 8, top: 14, bottom: 24 },
      xAxis: {
        type: "category", data: data.labels, axisTick: { show: false }, axisLine: { lineStyle: { color: t.axis } },
        axisLabel: { color: t.ink3, fontSize: 11.5, formatter: (label) => label.slice(0, 2), hideOverlap: true },
      },
      yAxis: {
        type: "value", min: 0, minInterval: 1, splitNumber: 4, axisLabel: { color: t.ink3, fontSize: 11.5, formatter: axisCount },
        splitLine: { lineStyle: { color: t.grid } },
      },
      series: [{ type: "bar", data: data.values, barWidth: "64%", barMaxWidth: 44, itemStyle: { color: t.accent, borderRadius: [3, 3, 0, 0] } }],
    });
  }

  /* Age by gender. The two halves leave a fixed gutter for the age labels, whatever the width. */
  function pyramid(data, t, width) {
    const option = base(t);
    const most = Math.max(...data.women, ...data.men);
    const interval = most > 30 ? 20 : most > 15 ? 10 : 5;
    const max = Math.max(interval, Math.ceil(most / interval) * interval);
    const centre = width / 2;
    const wing = (name, index, values, color, radius) => ({
      name, type: "bar", xAxisIndex: index, yAxisIndex: index * 2, data: values, barWidth: "66%", barMaxWidth: 22,
      itemStyle: { color, borderRadius: radius }, emphasis: { disabled: true },
    });
    const measure = (index, inverse) => ({
      type: "value", gridIndex: index, inverse, min: 0, max, interval,
      axisLabel: { color: t.ink3, fontSize: 11.5, formatter: (value) => value + (value ? "%" : "") }, splitLine: { lineStyle: { color: t.grid } },
    });
    const bare = { axisTick: { show: false }, axisLine: { show: false } };
    const numbers = (index, side, values) => ({
      type: "category", gridIndex: index, position: side, data: values.map((value) => tenths.format(value)), ...bare,
      axisLabel: { interval: 0, color: t.ink, fontSize: 12, fontWeight: 500, margin: 34, align: side },
    });
    Object.assign(option.tooltip, {
      trigger: "item",
      formatter: (point) => `<h4>Age ${escape(data.bands[point.dataIndex])}</h4><dl>${row("mw", "Women", tenths.format(data.women[point.dataIndex]) + "%")}${row("mm", "Men", tenths.format(data.men[point.dataIndex]) + "%")}</dl>`,
    });
    return Object.assign(option, {
      grid: [{ left: 42, right: centre + 30, top: 6, bottom: 22 }, { left: centre + 30, right: 42, top: 6, bottom: 22 }],
      xAxis: [measure(0, true), measure(1, false)],
      yAxis: [
        numbers(0, "left", data.women),
        { type: "category", gridIndex: 1, data: data.bands, position: "left", ...bare, axisLabel: { align: "center", margin: 30, color: t.ink2, fontSize: 12, interval: 0 } },
        numbers(1, "right", data.men),
      ],
      series: [wing("Women", 0, data.women, t.women, [3, 0, 0, 3]), wing("Men", 1, data.men, t.men, [0, 3, 3, 0])],
    });
  }

  const builders = { hours, pyramid };

  function draw(element, data) {
    if (!element.clientWidth) return;
    const chart = root.echarts.getInstanceByDom(element) || root.echarts.init(element, null, { renderer: "canvas" });
    chart.resize();
    chart.setOption(builders[element.dataset.chart](data, theme(), element.clientWidth), { notMerge: true });
  }

  root.facetallyCharts = { draw };
})(window);
