#!/usr/bin/env python3
"""An independent reference for the sampling steps: plain definitions in numpy, in float64.

    python3 sampling_reference.py > ../resources/dev/kawi/sample/sampling_reference.json

Each case has logits, the tokens so far, the step with its parameters, and the expected probability of every token that
remains. Nothing here shares code or algorithm with the Java side (the repetition lengths of DRY are found by comparing
tails directly)."""
import json
import numpy as np

rng = np.random.default_rng(20261123)


def softmax(logits, kept):
    e = np.exp(logits[kept] - logits[kept].max())
    return dict(zip((int(i) for i in kept), e / e.sum()))


def order(logits):
    return np.lexsort((np.arange(len(logits)), -logits))


def probabilities(logits):
    e = np.exp(logits - logits.max())
    return e / e.sum()


def top_p(logits, p, min_keep=1):
    ranked = order(logits)
    total = np.cumsum(probabilities(logits)[ranked])
    n = max(int(np.argmax(total >= p)) + 1, min_keep)
    return logits, ranked[:n]


def min_p(logits, p, min_keep=1):
    ranked = order(logits)
    q = probabilities(logits)[ranked]
    n = max(int((q >= p * q[0]).sum()), min_keep)
    return logits, ranked[:n]


def typical(logits, p, min_keep=1):
    q = probabilities(logits)
    surprise = -np.log(q)
    distance = np.abs(surprise - (q * surprise).sum())
    ranked = np.lexsort((np.arange(len(q)), distance))
    total = np.cumsum(q[ranked])
    n = max(int(np.argmax(total > p)) + 1, min_keep)
    return logits, ranked[:n]


def top_n_sigma(logits, n):
    return logits, np.flatnonzero(logits >= logits.max() - n * logits.std())


def xtc(logits, threshold):
    ranked = order(logits)
    q = probabilities(logits)[ranked]
    over = int((q >= threshold).sum())
    return logits, ranked[max(over - 1, 0):]


def penalties(logits, history, repeat, frequency, presence, last_n):
    out = logits.copy()
    window = history[-last_n:]
    for token in set(window):
        out[token] = out[token] * repeat if out[token] <= 0 else out[token] / repeat
        out[token] -= window.count(token) * frequency + presence
    return out, np.arange(len(out))


def dry(logits, history, multiplier, base, allowed, last_n, breakers):
    window = history[-last_n:]
    reach = len(window)
    for end in range(len(window), 0, -1):
        hit = [b for b in breakers if window[end - 1:end - 1 + len(b)] == b]
        if hit:
            reach = len(window) - (end - 1 + max(len(b) for b in hit))
            break
    out = logits.copy()
    if len(window) <= allowed or reach < allowed:
        return out, np.arange(len(out))
    longest = {}
    for at in range(1, len(window)):  # window[at] would be repeated
        n = 0
        while n < min(at, reach) and window[at - 1 - n] == window[-1 - n]:
            n += 1
        if n >= allowed:
            longest[window[at]] = max(longest.get(window[at], 0), n)
    for token, n in longest.items():
        if [token] not in breakers:
            out[token] -= multiplier * base ** (n - allowed)
    return out, np.arange(len(out))


def mirostat_v2(logits, tau, eta, draws):
    """Draws are given by rank; returns the limit after each."""
    limits, mu = [], 2 * tau
    for rank in draws:
        q = probabilities(logits)
        ranked = order(logits)
        kept = ranked[: max(1, int((-np.log2(q[ranked]) <= mu).sum()))]
        r = probabilities(logits[kept])
        mu -= eta * (-np.log2(r[min(rank, len(kept) - 1)]) - tau)
        limits.append(mu)
    return limits


cases = []


def case(name, parameters, logits, result, history=()):
    out, kept = result
    cases.append({
        "step": name, "parameters": parameters, "history": list(history), "logits": [float(x) for x in logits],
        "expected": {str(k): float(v) for k, v in sorted(softmax(out, np.sort(kept)).items())}})


def logits(n, scale=2.0):
    return np.asarray(rng.normal(0, scale, n), dtype=np.float32).astype(np.float64)


for p, keep in [(0.1, 1), (0.5, 1), (0.9, 1), (0.99, 1), (0.3, 7)]:
    x = logits(40)
    case("top-p", [p, keep], x, top_p(x, p, keep))
    case("min-p", [p / 2, keep], x, min_p(x, p / 2, keep))
    case("typical", [p, keep], x, typical(x, p, keep))
for n in [0.5, 1.0, 2.0]:
    x = logits(40)
    case("top-n-sigma", [n], x, top_n_sigma(x, n))
for t in [0.02, 0.05, 0.1, 0.3]:
    x = logits(40)
    case("xtc", [t], x, xtc(x, t))
for parameters in [(1.3, 0.0, 0.0, 64), (1.0, 0.7, 0.0, 64), (1.0, 0.0, 0.9, 64), (1.2, 0.3, 0.4, 6), (0.8, -0.2, -0.1, 64)]:
    x, h = logits(20), [int(t) for t in rng.integers(0, 20, 12)]
    case("penalties", list(parameters), x, penalties(x, h, *parameters), h)
for breakers in [[], [[0]], [[0, 1], [0]], [[2, 0], [1]]]:
    for allowed in [0, 1, 2]:
        for last in [1000, 9]:
            x, h = logits(6), [int(t) for t in rng.integers(0, 3, 14)]
            case("dry", [0.8, 1.75, allowed, last, breakers], x, dry(x, h, 0.8, 1.75, allowed, last, breakers), h)
x, draws = logits(30), [0, 3, 1, 9, 0, 0, 2, 5]
mirostat = {"logits": [float(v) for v in x], "tau": 3.0, "eta": 0.2, "draws": draws, "limits": mirostat_v2(x, 3.0, 0.2, draws)}
print(json.dumps({"cases": cases, "mirostat": mirostat}))
