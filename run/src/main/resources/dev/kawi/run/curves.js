"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const chinese = navigator.language.toLowerCase().startsWith("zh");
  const words = chinese
    ? { step: "步", smoothed: "平滑", done: "完成", failed: "失败", running: "运行中", paused: "已暂停",
        queued: "排队中", cancelled: "已取消", interrupted: "已中断" }
    : { step: "step", smoothed: "smoothed" };
  const colors = ["#0072b2", "#d55e00", "#009e73", "#cc79a7"];
  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const short = (value) => {
    if (value == null) return "-";
    const size = Math.abs(value);
    return value !== 0 && (size < 1e-3 || size >= 1e7) ? value.toExponential(2) : String(+value.toFixed(4));
  };
  const show = (value) => typeof value === "number" ? short(value) : typeof value === "string" ? value : JSON.stringify(value);

  document.documentElement.lang = chinese ? "zh" : "en";
  document.title = `${data.command} · Kawi`;
  document.getElementById("command").textContent = data.command;
  document.getElementById("facts").textContent = [
    data.id,
    new Date(data.created).toLocaleString(),
    words[data.state] || data.state,
    ...Object.entries(data.summary).map(([name, value]) => `${name} ${show(value)}`),
  ].join(" · ");

  const charts = [];
  const draw = (panel) => {
    const section = document.createElement("section");
    const title = document.createElement("h2");
    title.textContent = panel.name;
    section.append(title);
    document.getElementById("panels").append(section);
    const axis = { stroke: color("--ink"), grid: { stroke: color("--grid"), width: 1 }, ticks: { stroke: color("--grid") } };
    const names = [...new Set(panel.lines.map((line) => line.name))];
    const series = panel.lines.map((line) => {
      const base = colors[names.indexOf(line.name) % colors.length];
      return {
        label: line.kind === "smooth" ? `${line.name}, ${words.smoothed} ${data.smoothing}` : line.name,
        stroke: line.kind === "pale" ? base + "80" : base,
        width: line.kind === "pale" ? 1 : 2,
        points: { show: line.steps.length < 20, fill: base },
        value: (chart, value) => short(value),
      };
    });
    const options = {
      width: Math.max(280, section.clientWidth),
      height: 320,
      scales: { x: { time: false } },
      series: [{ label: words.step }, ...series],
      axes: [axis, { ...axis, size: 70, values: (chart, ticks) => ticks.map(short) }],
      cursor: { sync: { key: "steps" } },
    };
    const values = uPlot.join(panel.lines.map((line) => [line.steps, line.values]));
    charts.push([section, new uPlot(options, values, section)]);
  };
  const drawAll = () => {
    charts.splice(0).forEach(([section, chart]) => { chart.destroy(); section.remove(); });
    data.panels.forEach(draw);
  };
  drawAll();
  addEventListener("resize", () => charts.forEach(([section, chart]) =>
    chart.setSize({ width: Math.max(280, section.clientWidth), height: 320 })));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
})();
