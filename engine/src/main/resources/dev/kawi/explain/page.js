'use strict';
// The page draws itself from the data element. Texts of tokens are untrusted: they only ever become text nodes.

const data = JSON.parse(document.getElementById('data').textContent);
const root = document.documentElement;
const numPositions = data.embeddings.length;
const numLayers = data.layers.length;
const attention = data.layers.map(unpackLayer);
const state = {
  layer: Math.floor(numLayers / 2), head: 0, choice: 0, skipFirst: false, hover: null,
  position: data.choices.length ? data.choices[0].position : numPositions - 1,
};

// ---- small tools

const $ = (id) => document.getElementById(id);
const L = (en, zh) => (root.dataset.lang === 'zh' ? zh : en);
const number = (n) => n.toLocaleString(L('en-US', 'zh-CN'));
const clamp = (x, low, high) => Math.max(low, Math.min(high, x));

function percent(p) {
  if (p >= 0.9995) return '100%';
  if (p >= 0.0995) return (100 * p).toFixed(1) + '%';
  if (p >= 0.00995) return (100 * p).toFixed(2) + '%';
  return p >= 0.00001 ? (100 * p).toFixed(3) + '%' : '<0.001%';
}

function fill(parent, ...children) { parent.replaceChildren(...children.flat().filter((c) => c !== null)); return parent; }

function el(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children.flat().filter((c) => c !== null));
  return node;
}

function svg(tag, attributes, ...children) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function onActivate(node, action) { node.addEventListener('click', action); return node; }

// ---- tokens as text

const hue = (id) => Math.round((id * 137.508) % 360);

// Makes visible what would not be seen, or would reorder its surroundings.
function visible(text) {
  if (text === '') return '∅';
  return text.replace(/^ +| +$/g, (s) => '·'.repeat(s.length)).replace(/\r/g, '␍').replace(/\n/g, '↵').replace(/\t/g, '⇥')
    .replace(/[\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
      (c) => 'U+' + c.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0'));
}

function chip(token, kind) {
  const shown = visible(token.text);
  const node = el('span', 'chip ' + (kind || ''));
  const dots = /^·+/.exec(shown);
  if (dots) node.append(el('span', 'ws', dots[0]));
  node.append(shown.slice(dots ? dots[0].length : 0));
  node.style.setProperty('--h', hue(token.id));
  node.title = JSON.stringify(token.text) + '  id ' + token.id;
  return node;
}

const chipAt = (i) => chip(data.tokens[i], data.tokens[i].role === 'CONTROL' ? 'control' : '');
const label = (i) => visible(data.tokens[i].text);

// ---- colours of heat

const SCALES = {
  light: [[250, 248, 243], [205, 217, 232], [120, 152, 196], [52, 84, 146], [22, 36, 78]],
  dark: [[26, 31, 41], [40, 58, 96], [72, 112, 176], [170, 178, 170], [255, 206, 128]],
};
const theme = () => (root.dataset.theme === 'dark' ? 'dark' : 'light');

function heat(x) {
  const scale = SCALES[theme()];
  const at = clamp(x, 0, 1) * (scale.length - 1);
  const low = Math.min(Math.floor(at), scale.length - 2);
  return scale[low].map((c, i) => Math.round(c + (scale[low + 1][i] - c) * (at - low)));
}
const css = (rgb) => 'rgb(' + rgb.join(',') + ')';
const inkOn = (rgb) => (rgb[0] * 0.3 + rgb[1] * 0.59 + rgb[2] * 0.11 > 140 ? '#14181f' : '#ffffff');
// Small weights have to be seen beside large ones.
const shade = (weight) => Math.sqrt(weight);

// ---- attention

function unpackLayer(layer) {
  const bytes = atob(layer.attention);
  const weights = new Float32Array(bytes.length / 2);
  for (let i = 0; i < weights.length; i++) weights[i] = (bytes.charCodeAt(2 * i) | (bytes.charCodeAt(2 * i + 1) << 8)) / 65535;
  return weights;
}

// The weight of a query for a key; without the first token, what remains is scaled to the same sum.
function weight(layer, head, query, key) {
  const row = (head * numPositions + query) * numPositions;
  const value = attention[layer][row + key];
  if (!state.skipFirst) return value;
  const rest = 1 - attention[layer][row];
  return key === 0 || rest < 0.001 ? 0 : value / rest;
}

function paintSmall(canvas, layer, head) {
  canvas.width = canvas.height = numPositions;
  const context = canvas.getContext('2d');
  const image = context.createImageData(numPositions, numPositions);
  for (let q = 0; q < numPositions; q++) {
    for (let k = 0; k < numPositions; k++) {
      const rgb = k > q && weight(layer, head, q, k) === 0 ? null : heat(shade(weight(layer, head, q, k)));
      if (rgb) image.data.set([...rgb, 255], 4 * (q * numPositions + k));
    }
  }
  context.putImageData(image, 0, 0);
}

function drawGrid() {
  const numHeads = Math.max(0, ...data.layers.map((l) => l.numHeads));
  const grid = $('grid');
  const size = clamp(Math.floor((grid.clientWidth - 46) / Math.max(1, numHeads)) - 7, 40, 96);
  grid.style.setProperty('--map', size + 'px');
  const names = el('div', 'layer heads', el('span', ''));
  for (let h = 0; h < numHeads; h++) names.append(el('b', '', 'H' + h));
  const rows = data.layers.map((layer, l) => {
    const row = el('div', 'layer', el('span', '', 'L' + l));
    for (let h = 0; h < layer.numHeads; h++) {
      const canvas = el('canvas', '');
      const button = el('button', 'map' + (l === state.layer && h === state.head ? ' here' : ''), canvas);
      button.type = 'button';
      button.title = L('layer ', '层 ') + l + L(', head ', '，头 ') + h;
      button.dataset.at = l + ':' + h;
      onActivate(button, () => selectHead(l, h));
      paintSmall(canvas, l, h);
      row.append(button);
    }
    return row;
  });
  fill(grid, names, rows);
  const stops = Array.from({ length: 11 }, (_, i) => css(heat(shade(i / 10))));
  $('legend').style.background = 'linear-gradient(to right, ' + stops.join(', ') + ')';
}

function selectHead(layer, head) {
  state.layer = layer;
  state.head = head;
  document.querySelectorAll('.map').forEach((m) => m.classList.toggle('here', m.dataset.at === layer + ':' + head));
  drawLarge();
}

function moveHead(by) {
  let layer = state.layer;
  let head = state.head + by;
  if (head < 0) { layer = (layer + numLayers - 1) % numLayers; head = data.layers[layer].numHeads - 1; }
  if (head >= data.layers[layer].numHeads) { layer = (layer + 1) % numLayers; head = 0; }
  selectHead(layer, head);
}

const large = { cell: 0, left: 0, top: 0 };

function drawLarge() {
  if (!numLayers) return;
  const style = getComputedStyle(root);
  const longest = Math.max(...data.tokens.slice(0, numPositions).map((_, i) => Math.min(label(i).length, 12)));
  const room = $('large').parentElement.clientWidth - 8;
  const marginFor = (font) => (font < 7 ? 10 : Math.round(longest * font * 0.62) + 12);
  const fontFor = (cell) => clamp(cell - 3, 0, 13);
  large.cell = clamp(Math.floor((room - 10) / numPositions), 5, 40);
  while (large.cell > 5 && large.cell * numPositions + marginFor(fontFor(large.cell)) > room) large.cell--;
  const font = fontFor(large.cell);
  const margin = marginFor(font);
  large.left = large.top = margin;
  const size = large.cell * numPositions;
  const canvas = $('large');
  const ratio = window.devicePixelRatio || 1;
  canvas.width = (size + margin + 2) * ratio;
  canvas.height = (size + margin + 2) * ratio;
  canvas.style.width = size + margin + 2 + 'px';
  const g = canvas.getContext('2d');
  g.scale(ratio, ratio);
  for (let q = 0; q < numPositions; q++) {
    for (let k = 0; k < numPositions; k++) {
      const w = weight(state.layer, state.head, q, k);
      if (k > q && w === 0) continue;
      g.fillStyle = css(heat(shade(w)));
      g.fillRect(margin + k * large.cell, margin + q * large.cell, large.cell - (large.cell > 8 ? 1 : 0), large.cell - (large.cell > 8 ? 1 : 0));
    }
  }
  if (font >= 7) {
    g.font = font + 'px ' + style.getPropertyValue('--mono');
    g.textBaseline = 'middle';
    for (let i = 0; i < numPositions; i++) {
      const text = label(i).length > 12 ? label(i).slice(0, 11) + '…' : label(i);
      const middle = margin + (i + 0.5) * large.cell;
      const focused = i === state.position;
      g.fillStyle = style.getPropertyValue(focused ? '--soga' : '--soft');
      g.textAlign = 'right';
      g.fillText(text, margin - 6, middle);
      g.save();
      g.translate(middle, margin - 6);
      g.rotate(-Math.PI / 2);
      g.textAlign = 'left';
      g.fillText(text, 0, 0);
      g.restore();
    }
  }
  g.strokeStyle = style.getPropertyValue('--soga');
  g.lineWidth = 2;
  if (state.position < numPositions) g.strokeRect(margin - 1, margin + state.position * large.cell - 1, (state.position + 1) * large.cell + 1, large.cell + 1);
  if (state.hover) g.strokeRect(margin + state.hover.key * large.cell - 1, margin + state.hover.query * large.cell - 1, large.cell + 1, large.cell + 1);
  $('large-title').textContent = L('Layer ', '第 ') + state.layer + L(', head ', ' 层，第 ') + state.head + L('', ' 个头');
  drawHabits();
  drawRow();
}

// On the average over all queries: where a head looks.
function drawHabits() {
  let self = 0, previous = 0, first = 0;
  for (let q = 1; q < numPositions; q++) {
    self += weight(state.layer, state.head, q, q);
    previous += q > 1 ? weight(state.layer, state.head, q, q - 1) : 0;
    first += weight(state.layer, state.head, q, 0);
  }
  const mean = (sum, n) => percent(n > 0 ? sum / n : 0);
  const n = numPositions - 1;
  const item = (name, value) => el('span', '', name + ' ', el('b', '', value));
  fill($('habits'), el('span', '', L('looks at', '看向')), item(L('itself', '自己'), mean(self, n)), item(L('the token before', '前一个'), mean(previous, n - 1)), item(L('the first', '第一个'), mean(first, n)));
}

function drawRow() {
  const q = Math.min(state.position, numPositions - 1);
  const keys = Array.from({ length: numPositions }, (_, k) => [k, weight(state.layer, state.head, q, k)]).filter((e) => e[1] > 0.005).sort((a, b) => b[1] - a[1]).slice(0, 6);
  fill($('row'), chipAt(q), el('span', '', L('looks at', '看向')), keys.map(([k, w]) => el('span', 'item', chipAt(k), percent(w))));
}

function cellAt(event) {
  const box = $('large').getBoundingClientRect();
  const key = Math.floor((event.clientX - box.left - large.left) / large.cell);
  const query = Math.floor((event.clientY - box.top - large.top) / large.cell);
  return key >= 0 && query >= 0 && key < numPositions && query < numPositions ? { key, query } : null;
}

function hoverLarge(event) {
  const cell = cellAt(event);
  const same = cell && state.hover && cell.key === state.hover.key && cell.query === state.hover.query;
  state.hover = cell;
  if (!same) drawLarge();
  const tip = $('tooltip');
  tip.hidden = !cell;
  if (!cell) return;
  tip.textContent = label(cell.query) + ' → ' + label(cell.key) + '   ' + percent(weight(state.layer, state.head, cell.query, cell.key));
  const box = $('large').parentElement.getBoundingClientRect();
  const x = event.clientX - box.left;
  tip.style.left = clamp(x + 14, 0, Math.max(0, box.width - tip.offsetWidth)) + 'px';
  tip.style.top = event.clientY - box.top + 18 + 'px';
}

// ---- the steps

function drawHero() {
  const generated = data.tokens.filter((t) => t.role === 'GENERATED').map((t) => t.text).join('');
  fill($('story'), el('span', 'given', data.text || '∅'), el('span', 'made', generated));
  const numHeads = numLayers ? data.layers[0].numHeads : 0;
  const vocabSize = data.choices.length ? data.choices[0].vocabSize : 0;
  const fact = (name, value, code) => el('div', '', el('dt', '', name), el('dd', code ? 'code' : '', value));
  fill($('facts'),
    fact(L('Model', '模型'), data.model), fact(L('Architecture', '架构'), data.architecture),
    fact(L('Layers × heads', '层 × 头'), numLayers + ' × ' + numHeads),
    vocabSize ? fact(L('Vocabulary', '词表'), number(vocabSize)) : null,
    fact(L('Seed', '种子'), data.seed), fact(L('Sampling', '采样'), data.samplers, true));
  const last = data.choices[0];
  const names = [[L('Tokens', '词元'), number(data.tokens.length)], [L('Embeddings', '嵌入'), number(numPositions) + L(' vectors', ' 个向量')],
    [L('Layers', '层'), numLayers + ' × ' + numHeads + L(' heads', ' 个头')], ['Logits', vocabSize ? number(vocabSize) + L(' scores', ' 个分数') : '–'],
    [L('Sampling', '采样'), last ? L('picks ', '选中 ') + visible(last.chosen.text) : '–'], [L('The loop', '循环'), L('+', '+') + data.choices.length + L(' tokens', ' 个词元')]];
  fill($('pipeline'), names.map(([name, value], i) => {
    const link = el('a', '', el('em', '', i + 1 + '. ' + name), el('small', '', value));
    link.href = '#step-' + (i + 1);
    return el('li', '', link);
  }));
  fill($('nav'), names.map(([name], i) => {
    const link = el('a', '', el('i', '', String(i + 1)), name);
    link.href = '#step-' + (i + 1);
    return link;
  }));
}

function drawTokens() {
  fill($('tokens'), data.tokens.map((token, i) => {
    const span = token.byteStart === token.byteEnd ? '–' : token.byteStart + '…' + token.byteEnd;
    const node = el('button', 'token ' + token.role.toLowerCase() + (i === state.position ? ' here' : ''), chipAt(i), el('small', 'id', String(token.id)), el('small', '', span));
    node.type = 'button';
    return onActivate(node, () => selectPosition(i));
  }));
}

function drawEmbeddings() {
  const longest = Math.max(...data.embeddings.map((e) => e.norm), 1e-9);
  const heads = [L('token', '词元'), L('length', '长度'), L('nearest in direction', '方向最相近')].map((t) => el('span', 'head', t));
  const rows = data.embeddings.flatMap((embedding, i) => {
    const bar = el('i', '');
    bar.style.width = 70 * embedding.norm / longest + '%';
    bar.style.setProperty('--h', hue(data.tokens[i].id));
    const near = el('div', 'near', embedding.nearest.map((n) => el('span', '', chip(n, 'plain'), ' ' + n.score.toFixed(2))));
    const name = onActivate(chipAt(i), () => selectPosition(i));
    return [el('span', '', name), el('div', 'norm', bar, embedding.norm.toPrecision(3)), near];
  });
  fill($('embeddings'), heads, rows);
}

function drawNorms() {
  const width = 1120, height = 300, left = 56, right = 16, top = 12, bottom = 30;
  const series = Array.from({ length: numPositions }, (_, i) => [data.embeddings[i].norm, ...data.layers.map((l) => l.residualNorms[i])]);
  const positive = series.flat().filter((v) => v > 0);
  const low = Math.log(Math.min(...positive, 1)), high = Math.log(Math.max(...positive, 1.01));
  const x = (l) => left + (width - left - right) * l / Math.max(1, numLayers);
  const y = (v) => height - bottom - (height - top - bottom) * (Math.log(Math.max(v, 1e-9)) - low) / (high - low || 1);
  const chart = svg('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img' });
  for (const tick of ticks(Math.exp(low), Math.exp(high))) {
    chart.append(svg('line', { class: 'axis', x1: left, x2: width - right, y1: y(tick), y2: y(tick) }), svg('text', { x: left - 8, y: y(tick) + 4, 'text-anchor': 'end' }, String(tick)));
  }
  const every = Math.ceil(numLayers / 16);
  for (let l = 0; l <= numLayers; l++) {
    if (l % every === 0 || l === numLayers) chart.append(svg('text', { x: x(l), y: height - 8, 'text-anchor': l === 0 ? 'start' : l === numLayers ? 'end' : 'middle' }, l === 0 ? L('embedding', '嵌入') : 'L' + (l - 1)));
  }
  const order = series.map((_, i) => i).sort((a, b) => (a === state.position) - (b === state.position));
  for (const i of order) {
    const path = svg('path', { class: 'line' + (i === state.position ? ' here' : ''), d: series[i].map((v, l) => (l ? 'L' : 'M') + x(l).toFixed(1) + ' ' + y(v).toFixed(1)).join('') });
    path.style.setProperty('--h', hue(data.tokens[i].id));
    path.append(svg('title', {}, label(i)));
    path.addEventListener('click', () => selectPosition(i));
    chart.append(path);
    if (i === state.position) series[i].forEach((v, l) => chart.append(svg('circle', { cx: x(l), cy: y(v), r: 3.2 })));
  }
  const mine = series[state.position];
  $('norm-readout').textContent = mine ? label(state.position) + ':  ' + mine[0].toPrecision(3) + ' → ' + mine[numLayers].toPrecision(3) : '';
  fill($('norms'), chart);
}

function ticks(low, high) {
  const found = [];
  for (let e = Math.floor(Math.log10(low)); e <= Math.ceil(Math.log10(high)); e++) for (const m of [1, 2, 5]) found.push(Number((m * 10 ** e).toPrecision(3)));
  return found.filter((t) => t >= low * 0.999 && t <= high * 1.001);
}

function drawLens() {
  const head = el('tr', '', el('th', '', L('after', '之后')));
  for (let i = 0; i < numPositions; i++) head.append(el('th', i === state.position ? 'here' : '', chipAt(i)));
  const rows = data.layers.map((layer, l) => {
    const row = el('tr', '', el('th', '', l === numLayers - 1 ? 'L' + l + L(' (last)', '（末层）') : 'L' + l));
    layer.guesses.forEach((guesses, i) => {
      const best = guesses[0];
      const cell = el('td', '', best ? visible(best.text) : '');
      if (best) {
        const rgb = heat(best.score);
        cell.style.background = css(rgb);
        cell.style.color = inkOn(rgb);
        cell.title = guesses.map((g) => visible(g.text) + '  ' + percent(g.score)).join('\n');
        if (i + 1 < data.tokens.length && data.tokens[i + 1].id === best.id) cell.className = 'right';
      }
      row.append(onActivate(cell, () => selectPosition(i)));
    });
    return row;
  });
  const truth = el('tr', 'truth', el('th', '', L('came next', '真正的下一个')));
  for (let i = 0; i < numPositions; i++) truth.append(el('td', '', i + 1 < data.tokens.length ? label(i + 1) : ''));
  fill($('lens'), el('thead', '', head), el('tbody', '', rows, truth));
}

function drawTabs() {
  document.querySelectorAll('[data-choices]').forEach((tabs) => {
    fill(tabs, data.choices.map((choice, c) => {
      const button = el('button', c === state.choice ? 'here' : '', el('small', '', String(c + 1)), visible(choice.chosen.text));
      button.type = 'button';
      return onActivate(button, () => selectChoice(c));
    }));
    tabs.hidden = data.choices.length < 2;
  });
}

function drawLogits() {
  const choice = data.choices[state.choice];
  if (!choice) return fill($('logits'), el('p', 'caption', L('Nothing was generated.', '没有生成词元。')));
  const highest = Math.max(...choice.candidates.map((c) => c.probability), 1e-9);
  const heads = [L('candidate', '候选'), '', L('logit', 'logit'), L('probability', '概率')].map((t, i) => el('span', i === 2 ? 'head logit' : 'head', t));
  const rows = choice.candidates.flatMap((c) => {
    const bar = el('i', c.id === choice.chosen.id ? 'chosen' : '');
    bar.style.width = 100 * c.probability / highest + '%';
    return [chip(c), el('div', 'track', bar), el('span', 'n soft logit', c.logit.toFixed(2)), el('span', 'n', percent(c.probability))];
  });
  const shown = choice.candidates.reduce((sum, c) => sum + c.probability, 0);
  const rest = choice.vocabSize - choice.candidates.length;
  const caption = rest > 0 ? L(`The other ${number(rest)} tokens share ${percent(Math.max(0, 1 - shown))}.`, `其余 ${number(rest)} 个词元一共占 ${percent(Math.max(0, 1 - shown))}。`) : '';
  return fill($('logits'), heads, rows, el('p', 'caption', caption));
}

const ABOUT = {
  'penalties': ['makes tokens that already occurred less likely', '降低已经出现过的词元的概率'],
  'dry': ['makes it hard to continue a repeated phrase', '让重复的语句难以继续'],
  'top-n-sigma': ['keeps scores near the best one', '只留分数接近最高分的'],
  'top-k': ['keeps the k most likely', '只留最可能的 k 个'],
  'typical': ['keeps what is about as surprising as expected', '只留意外程度正常的'],
  'top-p': ['keeps the most likely that together reach p', '从最可能的数起，留到合计达到 p'],
  'min-p': ['drops what is less than p times as likely as the best', '去掉概率不到最高者 p 倍的'],
  'xtc': ['sometimes drops the obvious choices', '偶尔去掉最明显的选择'],
  'temperature': ['below 1 sharpens, above 1 flattens the probabilities', '小于 1 使概率更尖，大于 1 更平'],
  'mirostat-v2': ['aims at a steady surprise', '让意外程度保持平稳'],
  'logit-bias': ['adds what the user asked for', '加上用户要求的偏置'],
  'greedy': ['keeps only the best', '只留最好的'],
};

function drawFunnel() {
  const choice = data.choices[state.choice];
  if (!choice) return fill($('funnel'), el('p', 'caption', L('Nothing was generated.', '没有生成词元。')));
  const rows = choice.filters.map((filter) => filterRow(filter, choice));
  return fill($('funnel'), rows, drawnRow(choice));
}

function filterRow(filter, choice) {
  const about = ABOUT[filter.name];
  const name = el('div', '', el('h4', '', filter.name, ' ', el('span', '', filter.parameters)), about ? el('p', '', L(about[0], about[1])) : null);
  const counts = filter.before === filter.after ? L(`${number(filter.after)}, reshaped`, `${number(filter.after)} 个，概率已变`) : `${number(filter.before)} → ${number(filter.after)}`;
  const item = (c, kind) => el('span', 'item ' + kind, chip(c, kind === 'gone' ? 'plain' : ''), percent(c.probability));
  const kept = el('div', 'shelf', filter.remaining.slice(0, 8).map((c) => item(c, '')));
  const gone = el('div', 'shelf', filter.removed.slice(0, 8).map((c) => item(c, 'gone')));
  return el('div', 'filter', name, el('div', '', pipe(filter.before, filter.after, choice.vocabSize, counts), kept, filter.removed.length ? gone : null));
}

// A piece of the funnel: its width is the logarithm of how many are left.
function pipe(before, after, vocabSize, text) {
  const width = (n) => 6 + 94 * Math.log(n) / Math.max(1e-9, Math.log(vocabSize));
  const a = width(before) / 2, b = width(after) / 2;
  const shape = svg('svg', { viewBox: '0 0 100 30', preserveAspectRatio: 'none' }, svg('path', { d: `M${50 - a} 0H${50 + a}C${50 + a} 18 ${50 + b} 12 ${50 + b} 30H${50 - b}C${50 - b} 12 ${50 - a} 18 ${50 - a} 0Z` }));
  return el('div', 'pipe', shape, el('b', '', text));
}

function drawnRow(choice) {
  const last = choice.filters.length ? choice.filters[choice.filters.length - 1].remaining : choice.candidates;
  const won = choice.chosen;
  const parts = last.some((c) => c.id === won.id) ? last : [...last, won];
  const shown = parts.reduce((sum, c) => sum + c.probability, 0);
  const rest = el('span', 'rest', '…');
  rest.style.flex = Math.max(0, 1 - shown) + ' 0 0';
  rest.title = L('all others', '其余的') + '  ' + percent(Math.max(0, 1 - shown));
  const wheel = el('div', 'wheel', parts.map((c) => {
    const part = el('span', c.id === won.id ? 'won' : '', visible(c.text));
    part.style.flex = Math.max(c.probability, 0.0005) + ' 0 0';
    part.style.setProperty('--h', hue(c.id));
    part.title = visible(c.text) + '  ' + percent(c.probability);
    return part;
  }), shown < 0.999 ? rest : null);
  const name = el('div', '', el('h4', '', L('draw', '抽取'), ' ', el('span', '', 'seed=' + data.seed)), el('p', '', L('chance points at one place of this bar', '随机数指向这条带子上的一处')));
  return el('div', 'filter', name, el('div', '', wheel, el('span', 'item won', chip(won, 'plain'), percent(won.probability))));
}

function drawLoop() {
  $('loop-title').textContent = L(`${data.choices.length} tokens, one after the other`, `一个接一个，共 ${data.choices.length} 个词元`);
  fill($('loop'), data.choices.map((choice, c) => {
    const text = data.tokens.slice(0, choice.position + 1).filter((t) => t.role !== 'CONTROL').map((t) => t.text).join('').slice(-160);
    const soFar = el('span', 'so-far', el('bdi', '', visible(text)));
    const node = el('li', c === state.choice ? 'here' : '', el('span', 'n', String(c + 1)), soFar, chip(choice.chosen), el('span', 'n', percent(choice.chosen.probability)));
    return onActivate(node, () => selectChoice(c));
  }));
  $('play').textContent = playing ? L('❚❚ pause', '❚❚ 暂停') : L('▶ play', '▶ 播放');
  $('play').hidden = data.choices.length < 2;
}

let playing = null;

function togglePlay() {
  if (playing) { clearInterval(playing); playing = null; } else {
    playing = setInterval(() => selectChoice((state.choice + 1) % data.choices.length), 1200);
  }
  drawLoop();
}

// ---- what follows a click

function selectPosition(position) {
  state.position = position;
  drawTokens(); drawLarge(); drawNorms(); drawLens();
}

function selectChoice(choice) {
  state.choice = choice;
  state.position = data.choices[choice].position;
  drawTabs(); drawLogits(); drawFunnel(); drawLoop();
  drawTokens(); drawLarge(); drawNorms(); drawLens();
}

function drawAll() {
  document.title = 'Kawi explain: ' + data.model;
  drawHero(); drawTokens(); drawEmbeddings(); drawGrid(); drawLarge(); drawNorms(); drawLens(); drawTabs(); drawLogits(); drawFunnel(); drawLoop();
}

function setTheme(name) { root.dataset.theme = name; }

setTheme(window.matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
$('theme').addEventListener('click', () => { setTheme(theme() === 'dark' ? 'light' : 'dark'); drawAll(); });
$('language').addEventListener('click', () => { root.dataset.lang = root.lang = L('zh', 'en'); drawAll(); });
$('skip-first').addEventListener('change', (event) => { state.skipFirst = event.target.checked; drawGrid(); drawLarge(); });
$('previous-head').addEventListener('click', () => moveHead(-1));
$('next-head').addEventListener('click', () => moveHead(1));
$('large').addEventListener('pointermove', hoverLarge);
$('large').addEventListener('pointerleave', () => { state.hover = null; $('tooltip').hidden = true; drawLarge(); });
$('large').addEventListener('click', (event) => { const cell = cellAt(event); if (cell) selectPosition(cell.query); });
$('large').addEventListener('keydown', (event) => { if (event.key === 'ArrowLeft') moveHead(-1); if (event.key === 'ArrowRight') moveHead(1); });
$('play').addEventListener('click', togglePlay);
document.querySelectorAll('.step').forEach((step) => new IntersectionObserver((entries) => {
  if (entries.some((e) => e.isIntersecting)) document.querySelectorAll('nav a').forEach((a) => a.classList.toggle('here', a.getAttribute('href') === '#' + step.id));
}, { rootMargin: '-25% 0px -70% 0px' }).observe(step));
drawAll();
